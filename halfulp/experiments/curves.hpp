// Curves of observed errors with what theorems say beside them, over one axis: what experiments give that
// are not about whole transformers.
//
// A trial says for each point what happened and what every bound allowed.  Points keep samples, not trials,
// so their size does not depend on how many trials there are.
#pragma once

#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "halfulp/base/progress.hpp"
#include "halfulp/experiments/sample.hpp"

namespace halfulp {

/// rigorous: a theorem without remainder, which no trial may exceed.  Others drop O(u^2) or are models.
struct BoundKind {
  std::string name;
  bool rigorous = false;
};
constexpr std::size_t most_bounds = 4;

/// What one trial has to say of one point.
struct Reading {
  double x = 0, observed = 0;
  /// In the order of BoundedCurves::bounds: inf where there is no statement, NaN where the bound is not one
  /// of this curve.
  double bounds[most_bounds] = {};
};

/// One bound at one point.
struct BoundAtPoint {
  Sample value;                            // inf: no statement
  double worst_ratio = 0;                  // largest observed / bound among the trials with a statement
  std::uint64_t stated = 0, exceeded = 0;  // trials with a statement; of these, beyond it (NaN too)

  void add(double observed, double bound);
};

struct CurvePoint {
  Sample x, observed;  // NaN among the observed: the computation gave none
  std::vector<BoundAtPoint> bounds;
};

struct BoundedCurve {
  std::string arithmetic, variant, input;  // which format, which way of computing, which distribution
  double unit_roundoff = 0;
  std::vector<std::string> labels;  // of the points: "2^10", "heads 4"
  std::vector<CurvePoint> points;
};

struct BoundedCurves {
  std::string name, title, x_label, y_label;
  std::uint64_t seed = 1, trials = 0;
  std::vector<BoundKind> bounds;
  std::vector<BoundedCurve> curves;

  /// Places of a trial's readings: curve after curve, point after point.
  std::size_t readings() const;
};

/// Whether no trial exceeded a rigorous bound at this point, in all curves.
bool holds(const BoundedCurves& curves, const CurvePoint& point);
bool holds(const BoundedCurves& curves);

/// An experiment: the curves without trials, and one trial.  trial(t, readings) is a function of t alone.
struct CurveExperiment {
  BoundedCurves blank;
  std::function<void(std::uint64_t trial, std::span<Reading> readings)> trial;
};

/// Trials 0 .. trials - 1 on threads() threads; the same bits for any number of them.
BoundedCurves run_curves(const CurveExperiment& experiment, std::uint64_t trials, const Progress& progress);

}  // namespace halfulp
