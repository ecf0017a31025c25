#include "halfulp/analysis/plan/selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "halfulp/analysis/plan/standing.hpp"

namespace halfulp {
namespace {

/// Sums that follow lose a few last digits.
bool reaches(double remainder, double target) { return remainder <= target + 1e-12 * std::fabs(target); }

double worth(const Standing::Change& change) {
  return change.cost > 0 ? change.gain / change.cost : std::numeric_limits<double>::infinity();
}

/// The item of the largest gain over cost among those open; none where nothing is gained.
std::optional<std::size_t> next_of(Standing& standing, const Selection& closed) {
  std::optional<std::size_t> best;
  double best_worth = 0, best_gain = 0;
  for (std::size_t i = 0; i < closed.size(); ++i) {
    if (closed[i] || standing.has(i)) continue;
    const auto change = standing.change(i);
    if (!(change.gain > 0)) continue;
    const double w = worth(change);
    if (best && (w < best_worth || (w == best_worth && change.gain <= best_gain))) continue;
    best = i;
    best_worth = w;
    best_gain = change.gain;
  }
  return best;
}

/// Gives back, dearest first, what is not needed.
void drop_superfluous(const SelectionProblem& problem, Standing& standing, double target) {
  for (;;) {
    std::optional<std::size_t> dearest;
    double most = 0;
    const double cost = standing.cost();
    for (std::size_t i = 0; i < problem.items.size(); ++i) {
      if (!standing.has(i)) continue;
      standing.toggle(i);
      const double saved = cost - standing.cost();
      if (reaches(standing.remainder(), target) && (!dearest || saved > most)) {
        dearest = i;
        most = saved;
      }
      standing.toggle(i);
    }
    if (!dearest) return;
    standing.toggle(*dearest);
  }
}

/// From a standing on: every item that would finish it is tried as the last one and then left aside.
std::optional<Selection> completed(const SelectionProblem& problem, Standing standing, double target) {
  if (reaches(standing.remainder(), target)) return standing.selection();
  std::optional<Selection> best;
  double best_cost = std::numeric_limits<double>::infinity();
  Selection closed(problem.items.size());
  while (const auto item = next_of(standing, closed)) {
    standing.toggle(*item);
    if (!reaches(standing.remainder(), target)) continue;
    if (standing.cost() < best_cost) {
      best = standing.selection();
      best_cost = standing.cost();
    }
    standing.toggle(*item);
    closed[*item] = true;
  }
  return best;
}

/// From everything downwards: gives back what gains least for its cost.
Selection reduced(const SelectionProblem& problem, Standing standing, double target) {
  for (;;) {
    std::optional<std::size_t> worst;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < problem.items.size(); ++i) {
      if (!standing.has(i)) continue;
      standing.toggle(i);
      const bool enough = reaches(standing.remainder(), target);
      const double w = worth(standing.change(i));
      standing.toggle(i);
      if (enough && (!worst || w < least)) {
        worst = i;
        least = w;
      }
    }
    if (!worst) return standing.selection();
    standing.toggle(*worst);
  }
}

constexpr double hair = 1 - 1e-9;  // what counts as cheaper

}  // namespace

double remainder_of(const SelectionProblem& problem, const Selection& selection) {
  return Standing(problem, selection).remainder();
}

double cost_of(const SelectionProblem& problem, const Selection& selection) {
  return Standing(problem, selection).cost();
}

Selection least_remainder(const SelectionProblem& problem) {
  Standing standing(problem, Selection(problem.items.size(), true));
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < problem.items.size(); ++i) {
      if (!standing.has(i)) continue;
      standing.toggle(i);
      if (standing.change(i).gain > 0)
        standing.toggle(i);
      else
        changed = true;
    }
  }
  return standing.selection();
}

Selection exchanged(const SelectionProblem& problem, Selection selection, double target) {
  Standing standing(problem, selection);
  drop_superfluous(problem, standing, target);
  for (int round = 0; round < 100; ++round) {
    Selection best = standing.selection();
    double cost = standing.cost();
    const auto offer = [&](Standing other) {
      drop_superfluous(problem, other, target);
      if (other.cost() >= cost * hair) return;
      best = other.selection();
      cost = other.cost();
    };
    for (std::size_t i = 0; i < problem.items.size(); ++i) {
      Standing other = standing;
      other.toggle(i);
      if (other.has(i)) {
        offer(other);
      } else if (const auto refilled = completed(problem, other, target)) {
        offer(Standing(problem, *refilled));
        Standing without = other;  // the same without taking i again
        Selection closed(problem.items.size());
        closed[i] = true;
        for (std::optional<std::size_t> next; !reaches(without.remainder(), target);) {
          if (!(next = next_of(without, closed)) || without.cost() >= cost) break;
          without.toggle(*next);
        }
        if (reaches(without.remainder(), target)) offer(without);
      }
    }
    if (best == standing.selection()) break;
    standing = Standing(problem, best);
  }
  return standing.selection();
}

std::optional<Selection> cheapest(const SelectionProblem& problem, double target) {
  const Selection least = least_remainder(problem);
  if (!reaches(remainder_of(problem, least), target)) return std::nullopt;
  Selection best = exchanged(problem, reduced(problem, Standing(problem, least), target), target);
  if (const auto up = completed(problem, Standing(problem), target)) {
    const Selection other = exchanged(problem, *up, target);
    if (cost_of(problem, other) < cost_of(problem, best)) best = other;
  }
  return best;
}

Selection best_items(const SelectionProblem& problem, std::size_t count) {
  Standing standing(problem);
  for (std::size_t taken = 0; taken < count; ++taken) {
    std::optional<std::size_t> best;
    double most = 0;
    for (std::size_t i = 0; i < problem.items.size(); ++i) {
      if (standing.has(i)) continue;
      const double gain = standing.change(i).gain;
      if (gain > most) {
        best = i;
        most = gain;
      }
    }
    if (!best) break;
    standing.toggle(*best);
  }
  return standing.selection();
}

std::vector<Selection> frontier(const SelectionProblem& problem, std::size_t targets) {
  std::vector<Selection> found;
  Standing standing(problem);
  const double whole = standing.remainder();
  found.push_back(standing.selection());
  const Selection none(problem.items.size());
  while (const auto item = next_of(standing, none)) {
    standing.toggle(*item);
    found.push_back(standing.selection());
  }
  const Selection least = least_remainder(problem);
  found.push_back(least);
  const double lowest = std::max(remainder_of(problem, least), whole * 1e-6);
  for (std::size_t k = 1; k < targets && lowest < whole; ++k) {
    const double share = static_cast<double>(k) / static_cast<double>(targets);
    if (const auto one = cheapest(problem, whole * (1 - share) + lowest * share)) found.push_back(*one);
  }
  std::vector<std::pair<double, double>> places;
  for (const Selection& s : found) places.emplace_back(cost_of(problem, s), remainder_of(problem, s));
  std::vector<std::size_t> order(found.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return places[a] < places[b]; });
  std::vector<Selection> curve;
  double lowest_yet = std::numeric_limits<double>::infinity();
  for (const std::size_t i : order) {
    if (!(places[i].second < lowest_yet)) continue;
    lowest_yet = places[i].second;
    curve.push_back(found[i]);
  }
  return curve;
}

Selection first_items(const SelectionProblem& problem, const std::vector<std::size_t>& order, double most) {
  Standing standing(problem);
  for (const std::size_t item : order) {
    standing.toggle(item);
    if (standing.cost() > most * (1 + 1e-12)) standing.toggle(item);
  }
  return standing.selection();
}

}  // namespace halfulp
