// An experiment as a paper prints it.
#pragma once

#include <nlohmann/json.hpp>

#include "halfulp/report/plot.hpp"

namespace halfulp {

/// Of a document of schema halfulp.figure/1.  Columns: componentwise and normwise errors, each for both
/// readings of "identical blocks" where both are there, panels of one measure on one axis.  Rows: the mean,
/// the median with the band from the 5th to the 95th percentile, and, where x is the layer, the histogram
/// after the last layer with its mean marked.  Colours are arithmetics, strokes are depths or variants (the
/// other way round where there is one arithmetic).
/// As in the paper, Figures 3 and 4 have one standard deviation shaded around the mean (at most down to a
/// tenth of it: the axis is logarithmic), Figures 2 and 3 slope triangles, and Figure 4 its variants a) and
/// b) side by side, with a row for each measure.
Picture figure_picture(const nlohmann::ordered_json& document);

}  // namespace halfulp
