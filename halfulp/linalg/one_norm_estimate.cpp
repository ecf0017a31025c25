#include "halfulp/linalg/one_norm_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "halfulp/base/error.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/linalg/norms.hpp"

namespace halfulp {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Sign (i, p) of block number `block`: a function of its arguments.
double random_sign(std::uint64_t seed, std::uint64_t block, std::size_t i, std::size_t p) {
  const auto words = Philox4x32{seed, block << 32 | p}.block(i / 128);
  return words[i / 32 % 4] >> i % 32 & 1 ? 1 : -1;
}

bool is_parallel(Row<const double> s, Row<const double> r) {
  double along = 0;  // of integers up to the number of rows: exact
  for (std::size_t i = 0; i < s.size(); ++i) along += s[i] * r[i];
  return std::fabs(along) == static_cast<double>(s.size());
}

bool is_parallel_to_any(Row<const double> s, const Matrix<double>& others, std::size_t count) {
  for (std::size_t q = 0; q < count; ++q)
    if (is_parallel(s, others.column(q))) return true;
  return false;
}

/// The column j by h_j = ||row j of A^T S||_inf.
struct Candidate {
  double h = 0;
  std::size_t column = 0;
  bool before(const Candidate& other) const { return h > other.h || (h == other.h && column < other.column); }
};

/// The `most` best candidates, best first, whatever the order in which they come.
class Best {
 public:
  explicit Best(std::size_t most) : most_(most) {}
  void offer(Candidate c) {
    if (best_.size() == most_ && !c.before(best_.back())) return;
    if (best_.size() == most_) best_.pop_back();
    best_.insert(std::find_if(best_.begin(), best_.end(), [&](const Candidate& b) { return c.before(b); }),
                 c);
  }
  const std::vector<Candidate>& all() const { return best_; }

 private:
  std::size_t most_;
  std::vector<Candidate> best_;
};

class Estimator {
 public:
  Estimator(const BlockOperator& a, const OneNormOptions& options)
      : a_(a), options_(options), t_(std::min(options.block, a.columns)) {}

  OneNormEstimate run() {
    if (t_ == a_.columns) {
      for (std::size_t j = 0; j < t_; ++j) tried_.push_back(j);
      judge(units());
      return result_;
    }
    Matrix<double> y = start();
    for (;;) {
      if (result_.products == options_.iterations || !next_signs(y) || !next_columns()) break;
      const double before = result_.norm;
      y = units();
      judge(y);
      if (std::isnan(result_.norm) || (result_.products > 2 && result_.norm == before)) break;
    }
    return result_;
  }

 private:
  Matrix<double> product(const BlockEntry& x) {
    ++result_.products;
    Matrix<double> y = a_.times(x, t_);
    if (y.rows() != a_.rows || y.columns() != t_)
      throw shape_error("one_norm_estimate: A X has a wrong shape");
    return y;
  }
  /// The mean of the columns, and means with random signs.
  Matrix<double> start() {
    const double entry = 1 / static_cast<double>(a_.columns);
    return product([&](std::size_t j, std::size_t p) {
      return p == 0 ? entry : entry * random_sign(options_.seed, 0, j, p);
    });
  }
  /// A times the last t unit vectors of tried_.
  Matrix<double> units() {
    const std::size_t* block = tried_.data() + (tried_.size() - t_);
    return product([block](std::size_t j, std::size_t p) { return j == block[p] ? 1.0 : 0.0; });
  }
  void judge(const Matrix<double>& y) {
    for (std::size_t p = 0; p < t_; ++p) {
      const std::size_t column = tried_[tried_.size() - t_ + p];
      const double norm = norm_1(y.column(p));
      if (!std::isfinite(norm)) return give_up();
      const bool first = tried_.size() == t_ && p == 0;
      if (first || norm > result_.norm || (norm == result_.norm && column < result_.column))
        result_.norm = norm, result_.column = column;
    }
  }
  void give_up() {
    result_.norm = unknown;
    result_.column = a_.columns;
  }
  /// S = sign(Y), columns that say nothing new replaced by random ones.  False where none is new.
  bool next_signs(const Matrix<double>& y) {
    const Matrix<double> old = std::move(signs_);
    signs_ = Matrix<double>(a_.rows, t_);
    std::size_t known = 0;
    for (std::size_t p = 0; p < t_; ++p) {
      for (std::size_t i = 0; i < a_.rows; ++i) {
        if (!std::isfinite(y(i, p))) return give_up(), false;
        signs_(i, p) = y(i, p) < 0 ? -1 : 1;
      }
      known += is_parallel_to_any(signs_.column(p), old, old.columns());
    }
    if (known == t_) return false;
    constexpr std::uint64_t most_draws = 8;  // of few rows there are not enough signs
    for (std::size_t p = 0; p < t_ && t_ > 1; ++p)
      for (std::uint64_t draw = 1;
           draw <= most_draws && (is_parallel_to_any(signs_.column(p), signs_, p) ||
                                  is_parallel_to_any(signs_.column(p), old, old.columns()));
           ++draw)
        for (std::size_t i = 0; i < a_.rows; ++i)
          signs_(i, p) = random_sign(options_.seed, result_.products * (most_draws + 1) + draw, i, p);
    return true;
  }
  /// Each column of S proposes the column that it likes best among those not tried before; false where all
  /// like best one that was.
  bool next_columns() {
    ++result_.transposed_products;
    std::vector<Best> best(t_, Best(t_ + tried_.size()));
    bool finite = true;
    a_.transposed_times(signs_, [&](std::size_t j, Row<const double> row) {
      for (std::size_t p = 0; p < t_; ++p) {
        finite = finite && std::isfinite(row[p]);
        best[p].offer({std::fabs(row[p]), j});
      }
    });
    if (!finite) return give_up(), false;
    const auto is_among = [](const std::vector<std::size_t>& some, std::size_t column) {
      return std::find(some.begin(), some.end(), column) != some.end();
    };
    if (std::all_of(best.begin(), best.end(),
                    [&](const Best& b) { return is_among(tried_, b.all()[0].column); }))
      return false;
    for (const Best& proposals : best) {
      std::size_t column = proposals.all()[0].column;  // once more where there are few, nearly all tried
      for (const Candidate& c : proposals.all())
        if (!is_among(tried_, c.column)) {
          column = c.column;
          break;
        }
      tried_.push_back(column);
    }
    return true;
  }

  const BlockOperator& a_;
  const OneNormOptions& options_;
  std::size_t t_;
  OneNormEstimate result_;
  Matrix<double> signs_;
  std::vector<std::size_t> tried_;
};

}  // namespace

OneNormEstimate one_norm_estimate(const BlockOperator& a, const OneNormOptions& options) {
  if (a.rows == 0 || a.columns == 0) throw shape_error("one_norm_estimate: no rows or no columns");
  if (options.block == 0) throw shape_error("one_norm_estimate: no columns in a block");
  if (options.iterations < 2) throw shape_error("one_norm_estimate: fewer than 2 iterations");
  return Estimator(a, options).run();
}

}  // namespace halfulp
