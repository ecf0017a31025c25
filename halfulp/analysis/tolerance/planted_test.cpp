// Wrong kernels exceed the probabilistic value, at the sizes that docs/tolerance.md states; right ones do
// not.
#include "halfulp/analysis/tolerance/judge_testing.hpp"
#include "halfulp/linalg/matmul.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

enum class Bug { none, one_term_dropped, narrow_accumulator };

struct Product {
  Matrix<double> a, b, y, exact;
};

/// 16 x 16 entries of k normal products, the last term of every sum left out or the accumulator fp16.
Product product_of(std::uint64_t seed, std::size_t k, const std::string& in, const std::string& out,
                   Bug bug) {
  constexpr std::size_t side = 16;
  Numbers numbers(seed);
  const Rounder stored(rounding_rule(in));
  Product p{Matrix<double>(side, k), Matrix<double>(k, side), Matrix<double>(side, side),
            Matrix<double>(side, side)};
  for (double& x : p.a.values()) x = stored(numbers.gaussian());
  for (double& x : p.b.values()) x = stored(numbers.gaussian());
  Native native;
  matmul(native, operand_of(p.a), {}, p.b.view(), p.exact.view());
  Matrix<double> left = p.a;
  if (bug == Bug::one_term_dropped)
    for (std::size_t i = 0; i < side; ++i) left(i, k - 1) = 0;
  const RoundingRule acc = rounding_rule(bug == Bug::narrow_accumulator ? "fp16" : "fp32");
  Simulated ar({rounding_rule(in), acc, rounding_rule(out)});
  matmul(ar, operand_of(left), {}, std::as_const(p.b).view(), p.y.view());
  return p;
}

ToleranceRequest request_for(const Product& p, const std::string& in, const std::string& out) {
  ToleranceRequest request{.op = Operation::gemm, .in = in, .out = out};
  request.k = p.a.columns(), request.m = request.n = 16;
  request.absmax = {largest_of(p.a.values()), largest_of(p.b.values())};
  return request;
}

bool is_found_by_entry(const Product& p, const std::string& in, const std::string& out) {
  const DataTolerance tolerance = gemm_tolerance(request_for(p, in, out), p.a, p.b, Certainty::probabilistic);
  return !complaint(tolerance, p.y.values().data(), p.exact.values().data()).empty();
}

bool is_found(const Product& p, const std::string& in, const std::string& out) {
  const ToleranceValue value = tolerance_of(request_for(p, in, out)).probabilistic;
  return !complaint(value, p.y.values().data(), p.exact.values().data(), 256).empty();
}

struct Size {
  Bug bug;
  std::string out;
  std::size_t most, data_most;  // from 2 on, by the largest magnitudes alone and by entry
};

/// The table of docs/tolerance.md.
TEST(PlantedBugs, InProductsAreFoundAtTheStatedSizes) {
  const Size sizes[] = {{Bug::one_term_dropped, "bf16", 4096, 16384},
                        {Bug::one_term_dropped, "fp32", 4096, 16384},
                        {Bug::narrow_accumulator, "bf16", 2048, 16384},
                        {Bug::narrow_accumulator, "fp32", 2048, 16384}};
  for (const Size& size : sizes) {
    for (std::size_t k = 2; k <= size.data_most; k *= 2) {
      for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        const Product p = product_of(seed, k, "bf16", size.out, size.bug);
        const std::string replay = "k " + std::to_string(k) + ", out " + size.out + ", bug " +
                                   std::to_string(static_cast<int>(size.bug)) + ", seed " +
                                   std::to_string(seed);
        if (k <= size.most) {
          EXPECT_TRUE(is_found(p, "bf16", size.out)) << replay;
        }
        EXPECT_TRUE(is_found_by_entry(p, "bf16", size.out)) << replay;
      }
    }
  }
}

/// Results of 16 rows of the operation, size numbers each: those of a kernel and exact ones.
struct Rows {
  ToleranceRequest request;
  std::vector<double> y, exact;
  std::vector<std::array<Matrix<double>, 3>> heads;  // q [d, 1], K, V [d, n]: of sdpa
};

template <class A>
std::vector<double> normalised_row(A& ar, const std::vector<double>& x, Bug bug, bool centred) {
  const auto n = static_cast<double>(x.size());
  std::vector<double> c = x, summed = x;
  if (bug == Bug::one_term_dropped) summed.back() = 0;
  const double mean = centred ? ar.div(sum(ar, Row<const double>(summed)), n) : 0;
  for (double& entry : c) entry = centred ? ar.sub(entry, mean) : entry;
  std::vector<double> squared = c;
  if (bug == Bug::one_term_dropped && !centred) squared.back() = 0;
  const double square = ar.div(dot(ar, Row<const double>(squared), Row<const double>(squared)), n);
  const double r = ar.div(1, ar.sqrt(ar.add(square, ar.lift(centred ? 1e-5 : 1e-6))));
  for (double& entry : c) entry = ar.store(ar.mul(entry, r));
  return c;
}

template <class A>
std::vector<double> softmax_row(A& ar, const std::vector<double>& s, Bug bug) {
  const double m = *std::max_element(s.begin(), s.end());
  std::vector<double> e;
  for (const double score : s) e.push_back(ar.exp(ar.sub(score, m)));
  const std::size_t terms = s.size() - (bug == Bug::one_term_dropped ? 1 : 0);
  const double total = sum(ar, Row<const double>(e).part(0, terms));
  for (double& entry : e) entry = ar.store(ar.div(entry, total));
  return e;
}

/// q [64, 1], K, V [64, n].
std::array<Matrix<double>, 3> head_of(Numbers& numbers, std::size_t n) {
  std::array<Matrix<double>, 3> head = {Matrix<double>(64, 1), Matrix<double>(64, n), Matrix<double>(64, n)};
  const Rounder stored(rounding_rule("bf16"));
  for (Matrix<double>& x : head)
    for (double& entry : x.values()) entry = stored(numbers.gaussian());
  return head;
}

/// One query, n keys, heads of 64; the last key left out.
template <class A>
std::vector<double> mean_row(A& ar, const std::array<Matrix<double>, 3>& head, Bug bug) {
  const Matrix<double>&q = head[0], &k = head[1], &v = head[2];  // a lambda captures no binding
  const std::size_t seen = k.columns() - (bug == Bug::one_term_dropped ? 1 : 0);
  std::vector<double> s, y;
  for (std::size_t i = 0; i < seen; ++i) s.push_back(ar.mul(dot(ar, q.column(0), k.column(i)), 0.125));
  const double m = *std::max_element(s.begin(), s.end());
  for (double& score : s) score = ar.exp(ar.sub(score, m));
  const double total = sum(ar, Row<const double>(s));
  for (std::size_t a = 0; a < q.rows(); ++a) {
    const double mean = dot_of(
        ar, seen, [&](std::size_t i) { return ar.load(s[i]); }, [&](std::size_t i) { return v(a, i); });
    y.push_back(ar.store(ar.div(mean, total)));
  }
  return y;
}

Rows rows_of(Operation op, std::size_t size, const std::string& out, Bug bug, std::uint64_t seed) {
  Rows rows{{.op = op, .n = size, .out = out}, {}, {}, {}};
  const bool is_norm = op == Operation::rmsnorm || op == Operation::layernorm;
  rows.request.m = 16;
  if (is_norm)
    rows.request.m.reset(), rows.request.n = 16, rows.request.d = size, rows.request.deviation = 0.5;
  if (op != Operation::layernorm) rows.request.deviation.reset();
  // Results in binary32: queries, keys, values and weights too.
  const std::string inputs = op == Operation::sdpa && out == "fp32" ? "fp32" : "bf16";
  rows.request.in = inputs;
  if (op == Operation::sdpa) rows.request.d = 64, rows.request.order = "recursive";
  Numbers numbers(seed);
  const Rounder in(rounding_rule("bf16"));
  const RoundingRule acc = rounding_rule(bug == Bug::narrow_accumulator ? "fp16" : "fp32");
  Simulated ar({rounding_rule(inputs), acc, rounding_rule(out)});
  Native native;
  double largest[3] = {0, 0, 0};
  for (int row = 0; row < 16; ++row) {
    const auto append = [](std::vector<double>& to, const std::vector<double>& y) {
      to.insert(to.end(), y.begin(), y.end());
    };
    if (op == Operation::sdpa) {
      rows.heads.push_back(head_of(numbers, size));
      append(rows.y, mean_row(ar, rows.heads.back(), bug));
      append(rows.exact, mean_row(native, rows.heads.back(), Bug::none));
      for (std::size_t i = 0; i < 3; ++i)
        largest[i] = std::fmax(largest[i], largest_of(rows.heads.back()[i].values()));
      continue;
    }
    std::vector<double> x(size);
    for (double& entry : x) entry = in(numbers.gaussian());
    largest[0] = std::fmax(largest[0], largest_of(x));
    const auto evaluate = [&](auto& op_ar, Bug b) {
      return is_norm ? normalised_row(op_ar, x, b, op == Operation::layernorm) : softmax_row(op_ar, x, b);
    };
    append(rows.y, evaluate(ar, bug));
    append(rows.exact, evaluate(native, Bug::none));
  }
  rows.request.absmax = {largest[0], 1, 1};
  if (op == Operation::rmsnorm) rows.request.absmax = {largest[0], 1};
  if (op == Operation::softmax) rows.request.absmax = {largest[0]};
  if (op == Operation::sdpa) rows.request.absmax = {largest[0], largest[1], largest[2]};
  return rows;
}

bool is_found(const Rows& rows) {
  return !complaint(tolerance_of(rows.request).probabilistic, rows.y.data(), rows.exact.data(), rows.y.size())
              .empty();
}

/// Attention, by entry.
bool is_found_by_entry(const Rows& rows) {
  for (std::size_t row = 0; row < rows.heads.size(); ++row) {
    const auto& [q, k, v] = rows.heads[row];
    const DataTolerance tolerance = attention_tolerance(rows.request, q, k, v, Certainty::probabilistic);
    if (!complaint(tolerance, &rows.y[row * q.rows()], &rows.exact[row * q.rows()]).empty()) return true;
  }
  return false;
}

/// The table of docs/tolerance.md: sizes between which the bug is found every time, by the largest magnitudes
/// and (attention) by entry.
TEST(PlantedBugs, InOtherOperationsAreFoundAtTheStatedSizes) {
  const struct {
    Operation op;
    Bug bug;
    std::string out;
    std::size_t least, most, data_most;
  } table[] = {
      {Operation::softmax, Bug::one_term_dropped, "bf16", 4, 4096, 0},
      {Operation::softmax, Bug::one_term_dropped, "fp32", 4, 4096, 0},
      {Operation::softmax, Bug::narrow_accumulator, "bf16", 16, 4096, 0},
      {Operation::softmax, Bug::narrow_accumulator, "fp32", 4, 4096, 0},
      {Operation::rmsnorm, Bug::one_term_dropped, "bf16", 4, 1024, 0},
      {Operation::rmsnorm, Bug::one_term_dropped, "fp32", 4, 4096, 0},
      {Operation::rmsnorm, Bug::narrow_accumulator, "bf16", 16, 4096, 0},
      {Operation::rmsnorm, Bug::narrow_accumulator, "fp32", 4, 4096, 0},
      {Operation::layernorm, Bug::one_term_dropped, "bf16", 4, 4096, 0},
      {Operation::layernorm, Bug::one_term_dropped, "fp32", 4, 4096, 0},
      {Operation::layernorm, Bug::narrow_accumulator, "bf16", 16, 4096, 0},
      {Operation::layernorm, Bug::narrow_accumulator, "fp32", 4, 4096, 0},
      {Operation::sdpa, Bug::one_term_dropped, "bf16", 4, 64, 1024},
      {Operation::sdpa, Bug::one_term_dropped, "fp32", 4, 1024, 1024},
      {Operation::sdpa, Bug::narrow_accumulator, "fp32", 4, 16, 1024},
  };
  for (const auto& row : table) {
    for (std::size_t size = row.least; size <= std::max(row.most, row.data_most); size *= 4) {
      for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        const Rows rows = rows_of(row.op, size, row.out, row.bug, seed);
        const std::string replay = std::string(name_of(row.op)) + ", bug " +
                                   std::to_string(static_cast<int>(row.bug)) + ", out " + row.out +
                                   ", size " + std::to_string(size) + ", seed " + std::to_string(seed);
        if (size <= row.most) {
          EXPECT_TRUE(is_found(rows)) << replay;
        }
        if (size <= row.data_most) {
          EXPECT_TRUE(is_found_by_entry(rows)) << replay;
        }
      }
    }
  }
}

TEST(PlantedBugs, CorrectRowsAreNotAccused) {
  for (const Operation op : {Operation::softmax, Operation::rmsnorm, Operation::layernorm, Operation::sdpa})
    for (const std::string out : {"bf16", "fp32"})
      for (std::size_t size = 4; size <= 1024; size *= 4) {
        const Rows rows = rows_of(op, size, out, Bug::none, 3);
        EXPECT_FALSE(is_found(rows) || is_found_by_entry(rows)) << name_of(op) << ", " << size;
      }
}

TEST(PlantedBugs, ACorrectProductIsNotAccused) {
  for (const std::string out : {"bf16", "fp32"}) {
    for (std::size_t k = 2; k <= 4096; k *= 2) {
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const Product p = product_of(seed, k, "bf16", out, Bug::none);
        EXPECT_FALSE(is_found(p, "bf16", out)) << k << ", seed " << seed;
        EXPECT_FALSE(is_found_by_entry(p, "bf16", out)) << k << ", seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace halfulp
