#include "halfulp/experiments/sample.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

void Sample::add(double value) {
  if (value < 0) throw std::domain_error("Sample: a value is negative");
  if (std::isnan(value)) {
    ++nan_;
    return;
  }
  ++count_;
  if (value == 0 || std::isinf(value)) {
    ++(value == 0 ? zeros_ : infinite_);
    return;
  }
  smallest_ = std::min(smallest_, value);
  largest_ = std::max(largest_, value);
  sum_.add(value);
  if (const double square = value * value; !std::isinf(square)) squares_.add(square);

  const std::uint64_t key = std::bit_cast<std::uint64_t>(value) >> dropped_bits, least = key << count_bits;
  const auto at = std::lower_bound(buckets_.begin(), buckets_.end(), least);
  if (at != buckets_.end() && key_of(*at) == key) {
    ++*at;
  } else {
    buckets_.insert(at, least | 1);
  }
}

void Sample::merge(const Sample& other) {
  if (other.count_ > count_mask - count_ || other.nan_ > count_mask - nan_)
    throw resource_error("Sample: more than 2^43 values in one sample");
  count_ += other.count_;
  zeros_ += other.zeros_;
  infinite_ += other.infinite_;
  nan_ += other.nan_;
  smallest_ = std::min(smallest_, other.smallest_);
  largest_ = std::max(largest_, other.largest_);
  sum_.merge(other.sum_);
  squares_.merge(other.squares_);

  if (other.buckets_.empty()) return;
  std::vector<std::uint64_t> both(buckets_.size() + other.buckets_.size());
  const std::uint64_t *a = buckets_.data(), *const a_end = a + buckets_.size();
  const std::uint64_t *b = other.buckets_.data(), *const b_end = b + other.buckets_.size();
  std::uint64_t* end = both.data();
  while (a != a_end && b != b_end) {  // without branches on the keys, whose order no processor foresees
    const std::uint64_t a_key = key_of(*a), b_key = key_of(*b);
    const bool takes_a = a_key <= b_key, takes_b = b_key <= a_key;
    *end++ = takes_a ? *a + (takes_b ? count_of(*b) : 0) : *b;
    a += takes_a;
    b += takes_b;
  }
  end = std::copy(b, b_end, std::copy(a, a_end, end));
  both.resize(static_cast<std::size_t>(end - both.data()));
  buckets_ = std::move(both);
}

double Sample::sum() const { return infinite_ > 0 ? infinity : sum_.value(); }

double Sample::sum_of_squares() const {
  return infinite_ > 0 || std::isinf(largest_ * largest_) ? infinity : squares_.value();
}

double Sample::value_of(std::uint64_t bucket) const {
  const std::uint64_t middle = key_of(bucket) << dropped_bits | std::uint64_t{1} << (dropped_bits - 1);
  return std::clamp(std::bit_cast<double>(middle), smallest_, largest_);
}

double Sample::order_statistic(std::uint64_t rank) const {
  if (rank < 1 || rank > count_) return std::numeric_limits<double>::quiet_NaN();
  if (rank <= zeros_) return 0;
  if (rank > count_ - infinite_) return infinity;
  rank -= zeros_;
  if (rank == 1) return smallest_;
  if (rank == positive()) return largest_;
  auto bucket = buckets_.begin();
  for (; rank > count_of(*bucket); ++bucket) rank -= count_of(*bucket);
  return value_of(*bucket);
}

double Sample::quantile(double p) const {
  const double rank = std::ceil(p * static_cast<double>(count_));  // exact below 2^53 but for the product
  return order_statistic(std::min(std::max<std::uint64_t>(static_cast<std::uint64_t>(rank), 1), count_));
}

std::vector<Sample::Bucket> Sample::buckets() const {
  std::vector<Bucket> all;
  all.reserve(buckets_.size());
  for (const std::uint64_t bucket : buckets_) all.push_back({value_of(bucket), count_of(bucket)});
  return all;
}

std::vector<std::uint64_t> Sample::histogram(std::span<const double> log10_edges) const {
  if (log10_edges.empty()) return {};
  std::vector<double> edges;
  for (const double e : log10_edges) edges.push_back(halfulp::pow(10.0, e));
  std::vector<std::uint64_t> counts(edges.size() - 1);
  for (const Bucket& bucket : buckets()) {
    const auto above = std::upper_bound(edges.begin(), edges.end(), bucket.value);
    if (above != edges.begin() && above != edges.end())
      counts[static_cast<std::size_t>(above - edges.begin()) - 1] += bucket.count;
  }
  return counts;
}

}  // namespace halfulp
