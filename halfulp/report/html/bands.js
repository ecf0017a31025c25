// Bands of a line plot: from low to high at each point.  On a logarithmic axis a band that reaches 0 ends at the axis,
// halfway to the neighbours that do not: no edge plunges across the plot.

// What an axis has to hold of the bands: all of it but what is far below every line.
function bandValues(points, log) {
  const least = d3.min(points, ({y, high}) => (y > 0 ? y : high > 0 ? high : undefined));
  return points.flatMap(({low, high}) => (log && !(low > least / 100) ? [high] : [low, high]));
}

function bandPath(points, px, py, log, floor) {
  const ends = points.map(({x, low, high}) => {
    if (!isNumber(low) || !isNumber(high) || (log && high <= 0)) return null;
    const open = log && low <= 0;
    return {x: px(x), high: py(high), low: open ? floor : py(low), open};
  });
  const corners = ends.flatMap((end, i) => {
    const next = ends[i + 1];
    if (!end || !next || end.open === next.open) return [end];
    const between = {x: (end.x + next.x) / 2, high: (end.high + next.high) / 2};
    return [end, {...between, low: end.low}, {...between, low: next.low}];
  });
  return d3.area().defined(Boolean).x(({x}) => x).y0(({low}) => Math.min(low, floor)).y1(({high}) => high)(corners);
}
