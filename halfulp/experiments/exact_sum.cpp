#include "halfulp/experiments/exact_sum.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

constexpr std::uint64_t implicit_bit = std::uint64_t{1} << 52;

}  // namespace

// A binary64 number with biased exponent e is  significand 2^(max(e, 1) - 1)  units of 2^-1074.
void ExactSum::add(double value) {
  assert(value >= 0 && value <= std::numeric_limits<double>::max());
  const auto bits = std::bit_cast<std::uint64_t>(std::fabs(value));  // -0 is a zero too
  const std::uint64_t exponent = bits >> 52, fraction = bits & (implicit_bit - 1);
  const std::uint64_t significand = exponent == 0 ? fraction : fraction | implicit_bit;
  const std::uint64_t shift = exponent == 0 ? 0 : exponent - 1;
  const std::size_t place = shift / 64;
  add_word(place, significand << (shift % 64));
  if (shift % 64 != 0) add_word(place + 1, significand >> (64 - shift % 64));
}

void ExactSum::add_word(std::size_t place, std::uint64_t word) {
  for (; word != 0 && place < words_.size(); ++place) {
    words_[place] += word;
    word = words_[place] < word ? 1 : 0;
  }
}

void ExactSum::merge(const ExactSum& other) {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const std::uint64_t with_carry = other.words_[i] + carry;
    words_[i] += with_carry;
    carry = (with_carry < carry || words_[i] < with_carry) ? 1 : 0;
  }
}

// The bits of a binary64 number, read as an integer, count its units of 2^-1074 while it is below 2^53 units;
// from there on they are the 53-bit significand plus its shift in the exponent's place, and one more is the
// next number above, infinity included.
double ExactSum::value() const {
  std::size_t top = words_.size() - 1;
  while (top > 0 && words_[top] == 0) --top;
  if (words_[top] == 0) return 0;
  const std::size_t highest = 64 * top + 63 - static_cast<std::size_t>(std::countl_zero(words_[top]));
  if (highest <= 52) return std::bit_cast<double>(words_[0]);
  const std::size_t shift = highest - 52;
  if (shift > 2045) return std::numeric_limits<double>::infinity();

  const std::size_t place = shift / 64, offset = shift % 64;
  std::uint64_t significand = words_[place] >> offset;
  if (offset > 11) significand |= words_[place + 1] << (64 - offset);
  const std::size_t half_place = (shift - 1) / 64, half_offset = (shift - 1) % 64;
  const std::uint64_t half = std::uint64_t{1} << half_offset;
  bool above_half = (words_[half_place] & (half - 1)) != 0;
  for (std::size_t i = 0; i < half_place; ++i) above_half |= words_[i] != 0;
  std::uint64_t bits = significand + (std::uint64_t{shift} << 52);
  if ((words_[half_place] & half) != 0 && (above_half || (significand & 1) != 0)) ++bits;
  return std::bit_cast<double>(bits);
}

void ExactSum::append_to(std::vector<std::uint64_t>& words) const {
  const auto is_set = [](std::uint64_t word) { return word != 0; };
  const auto first = std::find_if(words_.begin(), words_.end(), is_set);
  const auto last = std::find_if(words_.rbegin(), std::make_reverse_iterator(first), is_set).base();
  words.push_back(first == last ? 0 : static_cast<std::uint64_t>(first - words_.begin()));
  words.push_back(static_cast<std::uint64_t>(last - first));
  words.insert(words.end(), first, last);
}

ExactSum ExactSum::read(std::span<const std::uint64_t>& words) {
  const std::uint64_t first = take_word(words), count = take_word(words);
  ExactSum sum;
  if (first >= sum.words_.size() || count > sum.words_.size() - first || count > words.size())
    throw input_error("exact sum: it does not fit its place; the file is damaged or cut off");
  std::copy_n(words.begin(), count, sum.words_.begin() + static_cast<std::ptrdiff_t>(first));
  if (count == 0 ? first != 0 : words[0] == 0 || words[count - 1] == 0)
    throw input_error("exact sum: not in its shortest form; the file is damaged");
  words = words.subspan(count);
  return sum;
}

std::uint64_t take_word(std::span<const std::uint64_t>& words, std::uint64_t most) {
  if (words.empty()) throw input_error("the data end too early; the file is damaged or cut off");
  const std::uint64_t word = words.front();
  if (word > most) throw input_error("a number that is too large; the file is damaged");
  words = words.subspan(1);
  return word;
}

}  // namespace halfulp
