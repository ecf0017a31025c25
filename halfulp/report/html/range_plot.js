// Distributions that are known by quantiles: 5 % to 95 % as a line, median, mean and largest as marks, on one log axis.

// rows: [{name, p05, median, mean, p95, max, normwise}]
function rangePlot(rows, {label, unit}) {
  const width = printing() ? detailWidth() : Math.min(820, detailWidth()), line = 34,
        margin = {left: 96, right: 20, top: 8, bottom: 42};
  const height = margin.top + rows.length * line + margin.bottom;
  const all =
      rows.flatMap((row) => [row.p05, row.median, row.mean, row.p95, row.max, row.normwise]).filter((v) => isNumber(v) && v > 0);
  const svg = d3.create("svg")
                  .attr("class", "range-plot")
                  .attr("role", "img")
                  .attr("width", width)
                  .attr("height", height)
                  .attr("viewBox", `0 0 ${width} ${height}`)
                  .attr("aria-label", `${label}: ranges; the table button lists the numbers.`);
  if (!all.length) return element("p", {class: "note"}, "All of these errors are 0 or not finite.");
  const px = axisScale(all, true, [margin.left, width - margin.right], 0.04);
  for (const tick of axisTicks(px, true, Math.min(8, width / 80))) {
    svg.append("line")
        .attr("class", "grid")
        .attr("x1", px(tick))
        .attr("x2", px(tick))
        .attr("y1", margin.top)
        .attr("y2", height - margin.bottom);
    svg.append("text")
        .attr("x", px(tick))
        .attr("y", height - margin.bottom + 15)
        .attr("text-anchor", "middle")
        .text(powerOfTen(tick));
  }
  const [colour, other] = lineColours();
  const shape = {median: d3.symbolCircle, mean: d3.symbolDiamond, max: d3.symbolTriangle, normwise: d3.symbolSquare};
  const symbol = (name, x, y) => svg.append("path")
                                     .attr("class", "symbol")
                                     .attr("d", d3.symbol().type(shape[name]).size(62)())
                                     .attr("transform", `translate(${x},${y})`)
                                     .attr("fill", name === "normwise" ? other : colour);
  rows.forEach((row, i) => {
    const y = margin.top + (i + 0.5) * line, drawable = (v) => isNumber(v) && v > 0;
    svg.append("text").attr("x", margin.left - 10).attr("y", y + 4).attr("text-anchor", "end").text(row.name);
    const low = drawable(row.p05) ? px(row.p05) : margin.left;
    if (drawable(row.p95))
      svg.append("line")
          .attr("class", "range")
          .attr("x1", low)
          .attr("x2", px(row.p95))
          .attr("y1", y)
          .attr("y2", y)
          .attr("stroke", colour);
    for (const name of ["median", "mean", "max", "normwise"])
      if (drawable(row[name])) symbol(name, px(row[name]), y);
    svg.append("rect")
        .attr("class", "catch")
        .attr("x", 0)
        .attr("y", y - line / 2)
        .attr("width", width)
        .attr("height", line)
        .on("mousemove",
            () => tooltip.show(
                [row.name, ...["p05", "median", "mean", "p95", "max", "normwise"].map((key) => `${key}: ${exact(row[key])}`)],
                d3.event.clientX, d3.event.clientY))
        .on("mouseleave", () => tooltip.hide());
  });
  svg.append("text")
      .attr("class", "axis-title")
      .attr("x", (margin.left + width) / 2)
      .attr("y", height - 8)
      .attr("text-anchor", "middle")
      .text(unit);
  const key = (name, text) => {
    const mark = d3.create("svg").attr("width", 14).attr("height", 14).attr("aria-hidden", "true");
    mark.append("path")
        .attr("d", d3.symbol().type(shape[name]).size(62)())
        .attr("transform", "translate(7,7)")
        .attr("fill", name === "normwise" ? other : colour);
    return element("span", {class: "key"}, mark.node(), text);
  };
  return [
    element("div", {class: "scroll"}, svg.node()),
    element(
        "div", {class: "legend-row"}, key("median", "median"), key("mean", "mean"), key("max", "largest"),
        key("normwise", "in the 2-norm"), element("span", {}, "the line goes from 5 % to 95 % of the entries"))
  ];
}
