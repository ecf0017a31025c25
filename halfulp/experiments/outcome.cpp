#include "halfulp/experiments/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"

namespace halfulp {
namespace {

constexpr std::uint64_t most_ranges = 1 << 20, most_cells = 1 << 22, most_text = 1 << 20;

}  // namespace

std::uint64_t Outcome::trials() const {
  std::uint64_t count = 0;
  for (const TrialRange& r : done_) count += r.last - r.first;
  return count;
}

bool Outcome::has(std::uint64_t trial) const {
  return std::any_of(done_.begin(), done_.end(),
                     [=](const TrialRange& r) { return r.first <= trial && trial < r.last; });
}

std::vector<TrialRange> Outcome::missing(TrialRange wanted) const {
  std::vector<TrialRange> gaps;
  for (const TrialRange& r : done_) {
    if (r.last <= wanted.first) continue;
    if (r.first >= wanted.last) break;
    if (wanted.first < r.first) gaps.push_back({wanted.first, r.first});
    wanted.first = r.last;
  }
  if (wanted.first < wanted.last) gaps.push_back(wanted);
  return gaps;
}

void Outcome::mark(TrialRange range) {
  if (range.first == range.last) return;
  auto at = std::lower_bound(done_.begin(), done_.end(), range,
                             [](const TrialRange& a, const TrialRange& b) { return a.first < b.first; });
  if ((at != done_.end() && at->first < range.last) || (at != done_.begin() && (at - 1)->last > range.first))
    throw input_error(fmt::format("trials {} to {} are counted twice", range.first, range.last - 1));
  at = done_.insert(at, range);
  if (at + 1 != done_.end() && at->last == (at + 1)->first) {
    at->last = (at + 1)->last;
    done_.erase(at + 1);
  }
  if (at != done_.begin() && (at - 1)->last == at->first) {
    (at - 1)->last = at->last;
    done_.erase(at);
  }
}

void Outcome::add(TrialRange range, const double* errors) {
  mark(range);
  const std::size_t cells = cells_.size();
  const auto add_to = [&](std::size_t first, std::size_t last) {
    for (std::size_t c = first; c < last; ++c)
      for (std::uint64_t t = range.first; t < range.last; ++t)
        cells_[c].add(t, errors[(t - range.first) * cells + c]);
  };
  parallel_for(cells, 64, add_to, Interruptible::no);
}

void Outcome::merge(const Outcome& other) {
  if (plan_ != other.plan_) throw input_error("outcomes of different experiments do not merge");
  for (const TrialRange& r : other.done_) mark(r);
  const auto merge_in = [&](std::size_t first, std::size_t last) {
    for (std::size_t c = first; c < last; ++c) cells_[c].merge(other.cells_[c]);
  };
  parallel_for(cells_.size(), 64, merge_in, Interruptible::no);
}

void Outcome::append_to(std::vector<std::uint64_t>& words) const {
  words.push_back(plan_.size());
  for (std::size_t i = 0; i < plan_.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 8 && i + k < plan_.size(); ++k)
      word |= std::uint64_t{static_cast<unsigned char>(plan_[i + k])} << (8 * k);
    words.push_back(word);
  }
  words.push_back(done_.size());
  for (const TrialRange& r : done_) {
    words.push_back(r.first);
    words.push_back(r.last);
  }
  words.push_back(cells_.size());
  for (const GroupedSample& cell : cells_) cell.append_to(words);
}

Outcome Outcome::read(std::span<const std::uint64_t>& words) {
  Outcome outcome;
  outcome.plan_.resize(take_word(words, std::min<std::uint64_t>(most_text, 8 * words.size())));
  for (std::size_t i = 0; i < outcome.plan_.size(); i += 8) {
    const std::uint64_t word = take_word(words);
    for (std::size_t k = 0; k < 8 && i + k < outcome.plan_.size(); ++k)
      outcome.plan_[i + k] = static_cast<char>(word >> (8 * k) & 255);
  }
  const std::uint64_t ranges = take_word(words, std::min<std::uint64_t>(most_ranges, words.size() / 2));
  for (std::uint64_t r = 0; r < ranges; ++r) {
    TrialRange range;
    range.first = take_word(words);
    range.last = take_word(words);
    if (range.first >= range.last || (r > 0 && range.first <= outcome.done_.back().last))
      throw input_error("the outcome of an experiment is damaged");
    outcome.done_.push_back(range);
  }
  const std::uint64_t cells = take_word(words, std::min<std::uint64_t>(most_cells, words.size()));
  const std::uint64_t trials = outcome.trials();
  for (std::uint64_t c = 0; c < cells; ++c) {
    outcome.cells_.push_back(GroupedSample::read(words));
    std::uint64_t counted = 0;
    for (const Sample& group : outcome.cells_.back().groups()) counted += group.count() + group.nan();
    if (counted != trials)
      throw input_error(
          fmt::format("cell {} of the experiment counts {} trials, not {}", c, counted, trials));
  }
  return outcome;
}

}  // namespace halfulp
