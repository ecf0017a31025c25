// What a line plot puts around its lines: the clip at its axes, and names beside points.

// Nothing is drawn outside the axes.
let clips = 0;
function clipping(svg, margin, width, floor) {
  const id = `clip-${++clips}`;
  svg.append("clipPath")
      .attr("id", id)
      .append("rect")
      .attr("x", margin.left)
      .attr("y", 0)
      .attr("width", width - margin.left)
      .attr("height", floor);
  return `url(#${id})`;
}

// Names beside points; where they would lie on each other the lower one goes down.
function pointLabels(svg, labels, width) {
  const placed = [];
  for (const {text, x, y} of labels.sort((a, b) => a.y - b.y)) {
    const long = 6.4 * text.length, left = x + 12 + long > width, from = left ? x - 12 - long : x + 12;
    let at = y + 4;
    for (const other of placed)
      if (at - other.at < 14 && from < other.from + other.long && other.from < from + long) at = other.at + 14;
    placed.push({at, from, long});
    svg.append("text")
        .attr("class", "point-label")
        .attr("x", left ? x - 12 : x + 12)
        .attr("y", at)
        .attr("text-anchor", left ? "end" : "start")
        .text(text);
  }
}
