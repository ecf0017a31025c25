// Samples as 64-bit words:
//   count, zeros, infinite, nan, smallest and largest (bits of binary64), number n of buckets, n buckets,
//   exact sum, exact sum of squares.
#include <bit>
#include <cmath>
#include <string>

#include "halfulp/base/error.hpp"
#include "halfulp/experiments/sample.hpp"

namespace halfulp {
namespace {

void require(bool holds, const char* what) {
  if (!holds) throw input_error(std::string("sample: ") + what + "; the file is damaged");
}

/// n values between smallest and largest have such a sum: rounding is monotone, so this needs no tolerance.
bool is_between(const ExactSum& sum, double n, double smallest, double largest) {
  return n * smallest <= sum.value() && largest <= sum.value() && sum.value() <= n * largest;
}

}  // namespace

void Sample::append_to(std::vector<std::uint64_t>& words) const {
  words.insert(words.end(),
               {count_, zeros_, infinite_, nan_, std::bit_cast<std::uint64_t>(smallest_),
                std::bit_cast<std::uint64_t>(largest_), static_cast<std::uint64_t>(buckets_.size())});
  words.insert(words.end(), buckets_.begin(), buckets_.end());
  sum_.append_to(words);
  squares_.append_to(words);
}

Sample Sample::read(std::span<const std::uint64_t>& words) {
  Sample sample;
  for (std::uint64_t* counter : {&sample.count_, &sample.zeros_, &sample.infinite_, &sample.nan_})
    *counter = take_word(words, count_mask);
  const std::uint64_t smallest = take_word(words), largest = take_word(words);
  const std::uint64_t buckets = take_word(words, words.size() - 1);
  const auto last = words.begin() + static_cast<std::ptrdiff_t>(buckets);
  sample.buckets_.assign(words.begin(), last);
  words = words.subspan(buckets);
  sample.smallest_ = std::bit_cast<double>(smallest);
  sample.largest_ = std::bit_cast<double>(largest);
  sample.sum_ = ExactSum::read(words);
  sample.squares_ = ExactSum::read(words);
  sample.check();
  return sample;
}

void Sample::check() const {
  std::uint64_t values = zeros_ + infinite_;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    require(i == 0 || key_of(buckets_[i - 1]) < key_of(buckets_[i]), "buckets out of order");
    require(count_of(buckets_[i]) > 0, "an empty bucket");
    values += count_of(buckets_[i]);
    require(values <= count_, "more values than counted");
  }
  require(values == count_, "fewer values than counted");
  if (buckets_.empty()) {
    const Sample none;
    require(smallest_ == none.smallest_ && largest_ == 0 && sum_ == none.sum_ && squares_ == none.squares_,
            "no values, yet a sum of them");
    return;
  }
  const auto key = [](double value) { return std::bit_cast<std::uint64_t>(value) >> dropped_bits; };
  require(0 < smallest_ && smallest_ <= largest_ && !std::isinf(largest_) &&
              key(smallest_) == key_of(buckets_.front()) && key(largest_) == key_of(buckets_.back()),
          "the extreme values are not in the extreme buckets");
  const auto n = static_cast<double>(positive());
  require(is_between(sum_, n, smallest_, largest_), "a sum that these values cannot have");
  const double square = largest_ * largest_;
  require(std::isinf(square) || is_between(squares_, n, smallest_ * smallest_, square),
          "a sum of squares that these values cannot have");
}

}  // namespace halfulp
