// The key of a colour scale: a bar with numbers, and what hatching and emptiness mean.

let patterns = 0;
// A hatched fill, for what has no number: nobody takes it for a colour of the scale.
function hatching(svg) {
  const id = `hatching-${++patterns}`;
  const pattern = svg.append("defs")
                      .append("pattern")
                      .attr("id", id)
                      .attr("width", 6)
                      .attr("height", 6)
                      .attr("patternUnits", "userSpaceOnUse")
                      .attr("patternTransform", "rotate(45)");
  pattern.append("rect").attr("width", 6).attr("height", 6).attr("class", "hatch-paper");
  pattern.append("rect").attr("width", 2).attr("height", 6).attr("class", "hatch-line");
  return `url(#${id})`;
}

function scaleTicks(scale) {
  if (scale.kind === "log" && scale.high > scale.low) return axisTicks(d3.scaleLog().domain([scale.low, scale.high]), true, 6);
  return d3.ticks(scale.low, scale.high, 4);
}

function colourLegend(scale, {label, format = shown, missing, zero} = {}) {
  const width = Math.min(260, pictureWidth() - 24);
  const svg = d3.create("svg").attr("class", "legend").attr("width", width + 32).attr("height", 44).attr("aria-hidden", "true");
  const place = scale.kind === "log" ?
      d3.scaleLog().domain([scale.low, scale.high === scale.low ? scale.low * 10 : scale.high]).range([16, width + 16]) :
      d3.scaleLinear().domain([scale.low, scale.high === scale.low ? scale.low + 1 : scale.high]).range([16, width + 16]);
  const steps = 48;
  for (let i = 0; i < steps; ++i)
    svg.append("rect")
        .attr("x", 16 + (i * width) / steps)
        .attr("y", 2)
        .attr("width", width / steps + 0.5)
        .attr("height", 11)
        .attr("fill", scale.colour(place.invert(16 + ((i + 0.5) * width) / steps)));
  for (const tick of scaleTicks(scale)) {
    svg.append("line").attr("x1", place(tick)).attr("x2", place(tick)).attr("y1", 13).attr("y2", 17).attr("class", "tick");
    svg.append("text")
        .attr("x", place(tick))
        .attr("y", 29)
        .attr("text-anchor", "middle")
        .text(
            scale.kind === "log" && format === shown ? powerOfTen(tick) :
                format === shown                     ? tickText(place)(tick) :
                                                       format(tick));
  }
  const notes = [];
  const note = (kind, text) => {
    const mark = d3.create("svg").attr("width", 16).attr("height", 13).attr("aria-hidden", "true");
    mark.append("rect")
        .attr("x", 0.5)
        .attr("y", 0.5)
        .attr("width", 15)
        .attr("height", 12)
        .attr("class", kind)
        .attr("fill", kind === "missing" ? hatching(mark) : null);
    notes.push(element("span", {class: "key"}, mark.node(), text));
  };
  if (missing) note("missing", missing);
  if (zero) note("zero", "exactly 0");
  return element(
      "div", {class: "legend-row"}, scale.kind === "none" ? null : element("span", {class: "legend-title"}, label || ""),
      scale.kind === "none" ? null : svg.node(), notes);
}
