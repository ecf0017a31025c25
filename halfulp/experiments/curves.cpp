#include "halfulp/experiments/curves.hpp"

#include <algorithm>
#include <cmath>

#include "halfulp/base/parallel.hpp"

namespace halfulp {
namespace {

void add_trial(BoundedCurves& curves, std::span<const Reading> readings) {
  std::size_t place = 0;
  for (BoundedCurve& curve : curves.curves) {
    for (CurvePoint& point : curve.points) {
      const Reading& reading = readings[place++];
      point.x.add(reading.x);
      point.observed.add(reading.observed);
      for (std::size_t b = 0; b < curves.bounds.size(); ++b)
        point.bounds[b].add(reading.observed, reading.bounds[b]);
    }
  }
  ++curves.trials;
}

}  // namespace

void BoundAtPoint::add(double observed, double bound) {
  value.add(bound);
  if (!std::isfinite(bound)) return;
  ++stated;
  if (!(observed <= bound)) ++exceeded;
  const double ratio = observed == 0 ? 0.0 : observed / bound;
  worst_ratio = std::fmax(worst_ratio, ratio == ratio ? ratio : HUGE_VAL);
}

std::size_t BoundedCurves::readings() const {
  std::size_t count = 0;
  for (const BoundedCurve& curve : curves) count += curve.points.size();
  return count;
}

bool holds(const BoundedCurves& curves, const CurvePoint& point) {
  for (std::size_t b = 0; b < curves.bounds.size(); ++b)
    if (curves.bounds[b].rigorous && point.bounds[b].exceeded > 0) return false;
  return true;
}

bool holds(const BoundedCurves& curves) {
  for (const BoundedCurve& curve : curves.curves)
    for (const CurvePoint& point : curve.points)
      if (!holds(curves, point)) return false;
  return true;
}

BoundedCurves run_curves(const CurveExperiment& experiment, std::uint64_t trials, const Progress& progress) {
  BoundedCurves curves = experiment.blank;
  for (BoundedCurve& curve : curves.curves)
    for (CurvePoint& point : curve.points) point.bounds.resize(curves.bounds.size());
  const std::size_t each = curves.readings();
  const std::uint64_t at_once = std::clamp<std::uint64_t>(4 * threads(), 1, 256);
  std::vector<Reading> readings(at_once * each);
  for (std::uint64_t first = 0; first < trials; first += at_once) {
    const std::uint64_t count = std::min(at_once, trials - first);
    parallel_for(count, 1, [&](std::size_t from, std::size_t to) {
      for (std::size_t t = from; t < to; ++t)
        experiment.trial(first + t, std::span<Reading>(readings).subspan(t * each, each));
    });
    for (std::uint64_t t = 0; t < count; ++t)
      add_trial(curves, std::span<const Reading>(readings).subspan(t * each, each));
    if (progress) progress(static_cast<double>(first + count), static_cast<double>(trials), "trials");
  }
  return curves;
}

}  // namespace halfulp
