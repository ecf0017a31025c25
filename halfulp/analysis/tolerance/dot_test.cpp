// No correct product of matrices exceeds its tolerance, in any order; formulas agree with the rooms'.
#include "halfulp/analysis/tolerance/judge_testing.hpp"
#include "halfulp/layers/linear/rounding.hpp"
#include "halfulp/linalg/matmul.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// A sum over a random tree: the order of no implementation, but one of "any".
double sum_of_tree(Simulated& ar, std::vector<double> terms, Numbers& numbers) {
  while (terms.size() > 1) {
    const std::size_t i = numbers.size(0, terms.size() - 1);
    std::swap(terms[i], terms.back());
    const double last = terms.back();
    terms.pop_back();
    const std::size_t j = numbers.size(0, terms.size() - 1);
    terms[j] = ar.add(terms[j], last);
  }
  return terms[0];
}

struct Case {
  ToleranceRequest request;
  Matrix<double> a, b;
};

Case drawn(Numbers& numbers, const Formats& f, const std::string& order, std::size_t k) {
  constexpr std::size_t side = 8;
  const double scale = f.acc == "fp16" || f.out == "fp16" ? 1 : std::ldexp(1, static_cast<int>(k % 5) - 2);
  Case c{{}, Matrix<double>(side, k), Matrix<double>(k, side)};
  for (std::size_t i = 0; i < side; ++i) {
    const auto x = numbers.row(f.in, k, scale), y = numbers.row(f.in, k, 1);
    for (std::size_t l = 0; l < k; ++l) c.a(i, l) = x[l], c.b(l, i) = y[l];
  }
  c.request = {.op = Operation::gemm, .k = k, .in = f.in, .acc = f.acc, .out = f.out, .order = order};
  c.request.absmax = {largest_of(c.a.values()), largest_of(c.b.values())};
  return c;
}

TEST(DotTolerance, NoCorrectProductExceedsTheWorstCase) {
  Numbers numbers(1);
  Judge judge, by_entry;
  Native native;
  DoubleDoubleArithmetic wide;
  for (int trial = 0; trial < trials(40); ++trial) {
    for (const Formats& f : formats_of_kernels()) {
      for (const NamedOrder& order : orders_of_sums()) {
        const std::size_t k = numbers.size(1, trial % 4 == 0 ? 4 : 48);
        const Case c = drawn(numbers, f, order.name, k);
        const auto side = c.a.rows();
        const RoundingRule in = rounding_rule(f.in), acc = rounding_rule(f.acc), out = rounding_rule(f.out);
        Simulated ar({in, acc, out}, order.summation);
        Matrix<double> y(side, side), b(side, side);
        Matrix<DoubleDouble> exact(side, side), x(k, side);
        for (std::size_t i = 0; i < x.values().size(); ++i) x.values()[i] = DoubleDouble{c.b.values()[i]};
        matmul_naive(ar, operand_of(c.a), {}, c.b.view(), y.view());
        matmul_naive(native, operand_of(c.a), {}, c.b.view(), b.view());
        matmul_naive(wide, operand_of(c.a), {}, std::as_const(x).view(), exact.view());
        judge.begin(c.request,
                    numbers.replay() + ", trial " + std::to_string(trial) + ", " + f.acc + ", " + order.name);
        std::array<DataTolerance, 4> data;
        for (std::size_t against = 0; against < 4; ++against) {
          ToleranceRequest request = c.request;
          request.against = static_cast<Reference>(against);
          data[against] = gemm_tolerance(request, c.a, c.b);
        }
        for (std::size_t i = 0; i < side; ++i) {
          for (std::size_t j = 0; j < side; ++j) {
            std::vector<double> products;
            for (std::size_t l = 0; l < k; ++l) products.push_back(ar.mul(c.a(i, l), c.b(l, j)));
            const bool any = order.name == "any";
            const double other = any ? ar.store(sum_of_tree(ar, products, numbers)) : y(i, j);
            const Entry entry{y(i, j), other, b(i, j), exact(i, j)};
            judge.expect(entry, k >= 8 && f.acc == f.out);
            std::array<ToleranceValue, 4> values;
            for (std::size_t against = 0; against < 4; ++against)
              values[against] = {data[against].atol(i, j), data[against].rtol};
            by_entry.begin(values, out, "data, " + f.acc + ", " + order.name);
            by_entry.expect(entry, k >= 8 && f.acc == f.out);
            if (any) by_entry.expect({other, y(i, j), b(i, j), exact(i, j)}, k >= 8 && f.acc == f.out);
          }
        }
        if (judge.has_failed()) return;
      }
    }
  }
  judge.expect_thorough(0.25);
  by_entry.expect_thorough(0.7);
}

/// Tensor cores: B products and the sum are cut below the largest of them, added exactly, and cut.
double aligned_sum(const std::vector<double>& products, std::size_t block, int bits) {
  const auto cut = [&](double x, int exponent) {
    const double last = std::ldexp(1, exponent - bits);
    return std::trunc(x / last) * last;
  };
  const auto exponent_of = [](double x) {
    int exponent;
    std::frexp(x, &exponent);
    return exponent;
  };
  double sum = 0;
  for (std::size_t first = 0; first < products.size(); first += block) {
    const std::size_t last = std::min(first + block, products.size());
    double largest = std::fabs(sum);
    for (std::size_t i = first; i < last; ++i) largest = std::fmax(largest, std::fabs(products[i]));
    if (largest == 0) continue;
    const int exponent = exponent_of(largest);
    double total = cut(sum, exponent);
    for (std::size_t i = first; i < last; ++i) total += cut(products[i], exponent);
    sum = total == 0 ? 0 : cut(total, exponent_of(total));
  }
  return sum;
}

TEST(DotTolerance, AlignedProductsStayWithinTheirs) {
  Numbers numbers(2);
  double worst = 0;
  for (int trial = 0; trial < trials(20000); ++trial) {
    const std::size_t k = numbers.size(1, 70), block = numbers.size(1, 32);
    const auto a = numbers.row("e4m3fn", k, 8), b = numbers.row("e4m3fn", k, 4);
    // e4m3fn products have 8 bits: 14 and 10 keep them whole.
    const int bits = trial % 2 == 0 ? 14 : 10;
    ToleranceRequest request{.op = Operation::dot, .k = k, .in = "e4m3fn", .out = "fp32"};
    request.acc = "bin" + std::to_string(bits);
    request.order = "aligned:" + std::to_string(block);
    request.against = Reference::exact;
    const DataTolerance tolerance = gemm_tolerance(request, {a.data(), 1, k}, {b.data(), k, 1});
    std::vector<double> products;
    double exact = 0;
    for (std::size_t i = 0; i < k; ++i) products.push_back(a[i] * b[i]), exact += a[i] * b[i];
    const double got = aligned_sum(products, block, bits), allowed = tolerance.atol(0, 0);
    ASSERT_LE(std::fabs(got - exact), allowed * (1 + 0x1p-40)) << "trial " << trial;
    worst = std::fmax(worst, std::fabs(got - exact) / allowed);
  }
  EXPECT_GE(worst, 0.3);
}

/// Nearest rounding, all formats the same: Lemma 4.3 as layers/linear/rounding.hpp has it, bit by bit.
TEST(DotTolerance, IsTheRoomsBound) {
  Numbers numbers(3);
  for (const NamedOrder& order : orders_of_sums()) {
    const std::size_t k = 37;
    const auto a = numbers.row("bin11", k, 2), b = numbers.row("bin11", k, 1);
    ToleranceRequest request{.op = Operation::dot, .k = k, .in = "bin11", .acc = "bin11", .out = "bin11"};
    request.order = order.name;
    request.against = Reference::exact;
    const RoundingModel model{0x1p-11, order.name == "any" ? Summation{} : order.summation};
    const Upper room = product_error<double>({a.data(), 1, k}, b, model)[0];
    const DataTolerance mine = gemm_tolerance(request, {a.data(), 1, k}, {b.data(), k, 1});
    EXPECT_NEAR(mine.atol(0, 0) / room.value(), 1, 1e-12) << order.name;
    EXPECT_EQ(mine.rtol, 0);
    request.absmax = {2, 1};
    const Upper constant = model.gamma(model.dot(k));
    EXPECT_EQ(tolerance_of(request).worst.atol, (constant * (Upper(37.0) * 2 * 1)).value()) << order.name;
  }
}

TEST(DotTolerance, ProductsThatFitTheAccumulatorAreNotCounted) {
  ToleranceRequest request{.op = Operation::dot, .k = 1};
  request.against = Reference::exact;
  request.out = "fp32";
  EXPECT_LE(tolerance_of(request).worst.atol, 0x1p-149) << "one bf16 product in fp32: only underflow";
  request.in = "fp16";
  EXPECT_EQ(tolerance_of(request).worst.atol, 0) << "fp16 products do not even underflow";
  request.in = "fp32";
  EXPECT_GT(tolerance_of(request).worst.atol, 0x1p-25);
}

}  // namespace
}  // namespace halfulp
