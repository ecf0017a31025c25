// Which items to take so that what remains is at most a target, as cheaply as possible.
//
// The whole is a sum of parts.  A part has three values, and items move it from one to another: the value of
// its highest level asked for counts.  Taking an item charges it with what it needs; what several items need
// is charged once.  With parts and charges of their own (nothing shared) this is the knapsack problem turned
// round: min cost subject to sum of gains >= what must go.
//
// Greedy by gain over cost, every item that would finish it tried as the last one, then exchange.  Where
// nothing is shared the greedy part alone costs at most twice the optimum (Gens, Levner 1979; Csirik, Frenk,
// Labbe, Zhang 1991); exchange only lowers it.  Where things are shared no factor is proved.
#pragma once

#include <array>
#include <optional>
#include <vector>

namespace halfulp {

struct SelectionProblem {
  struct Move {
    std::size_t part = 0, level = 0;
  };
  struct Item {
    std::vector<Move> moves;           // parts raised to a level, 1 or 2
    std::vector<std::size_t> charges;  // what it needs
  };
  std::vector<std::array<double, 3>> parts;  // by level; a value may be below 0
  std::vector<double> charges;               // each >= 0
  std::vector<Item> items;
};

/// Whether each item is taken.
using Selection = std::vector<bool>;

/// What remains of the whole, and what the selection costs.
double remainder_of(const SelectionProblem& problem, const Selection& selection);
double cost_of(const SelectionProblem& problem, const Selection& selection);

/// The smallest remainder that was found: everything that lowers it is taken.
Selection least_remainder(const SelectionProblem& problem);

/// A cheap selection whose remainder is at most target; none where least_remainder() has more.
std::optional<Selection> cheapest(const SelectionProblem& problem, double target);

/// The `count` items that lower the remainder most, taken one after another; fewer where nothing more does.
Selection best_items(const SelectionProblem& problem, std::size_t count);

/// Selections of which none is both dearer and worse than another, from nothing to least_remainder(), by
/// rising cost: the steps of the greedy one, and the cheapest of `targets` targets between.
std::vector<Selection> frontier(const SelectionProblem& problem, std::size_t targets = 12);

/// Takes items in the order given as long as the cost stays at most `most`; dearer ones are passed over.
Selection first_items(const SelectionProblem& problem, const std::vector<std::size_t>& order, double most);

/// Cheaper by exchange, the remainder still at most target: an item more and the superfluous dropped; an item
/// less and others, together cheaper, in its place.
Selection exchanged(const SelectionProblem& problem, Selection selection, double target);

}  // namespace halfulp
