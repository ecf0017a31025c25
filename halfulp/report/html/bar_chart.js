// Bars: by name, and histograms.

// bars: [{name, value, text, lines, select}]; a value that is null has hatching in place of a bar.
function barChart(bars, {missing = "not finite"} = {}) {
  const most = d3.max(bars, ({value}) => (isNumber(value) ? Math.abs(value) : 0)) || 1;
  return element("div", {class: "bars", role: "list"}, bars.map(({name, value, text, lines, select}) => {
    const bar = element("span", {class: isNumber(value) ? (value < 0 ? "bar negative" : "bar") : "bar hatched"});
    bar.style.width = isNumber(value) ? `${(100 * Math.abs(value)) / most}%` : "100%";
    const row = element(
        "div", {class: select ? "bar-row choosable" : "bar-row", role: "listitem", tabindex: select ? 0 : null},
        element("span", {class: "bar-name"}, name), element("span", {class: "bar-track"}, bar),
        element("span", {class: "bar-value"}, isNumber(value) ? text || shown(value) : missing));
    const said = lines || [name, isNumber(value) ? exact(value) : missing];
    row.addEventListener("mousemove", (event) => tooltip.show(said, event.clientX, event.clientY));
    row.addEventListener("mouseleave", tooltip.hide);
    if (select) {
      row.addEventListener("click", select);
      row.addEventListener("keydown", (event) => {
        if (event.key === "Enter") select();
      });
    }
    return row;
  }));
}

// edges: n + 1 places, counts: n, of what unit says.  marks: [{x, name}] stand as lines.  whole: ticks at whole numbers, where
// there are two.
function histogram({label, edges, counts, unit = ["trial"], xLabel, xText = shown, whole = false, marks = []}) {
  const width = printing() ? pictureWidth() : Math.min(720, pictureWidth()), height = 220,
        margin = {left: 52, right: 14, top: 26, bottom: 42};
  const svg = d3.create("svg")
                  .attr("class", "histogram")
                  .attr("role", "img")
                  .attr("width", width)
                  .attr("height", height)
                  .attr("viewBox", `0 0 ${width} ${height}`)
                  .attr("aria-label", `${label}: histogram of ${sum(counts)} values; the table button lists the counts.`);
  const places = [...edges, ...marks.map(({x}) => x)];
  const px = d3.scaleLinear().domain(d3.extent(places)).range([margin.left, width - margin.right]);
  const py = d3.scaleLinear().domain([0, d3.max(counts) || 1]).range([height - margin.bottom, margin.top]);
  for (const tick of py.ticks(4).filter(Number.isInteger)) {
    svg.append("line")
        .attr("class", "grid")
        .attr("x1", margin.left)
        .attr("x2", width - margin.right)
        .attr("y1", py(tick))
        .attr("y2", py(tick));
    svg.append("text").attr("x", margin.left - 8).attr("y", py(tick) + 4).attr("text-anchor", "end").text(tick);
  }
  svg.selectAll("rect")
      .data(counts)
      .join("rect")
      .attr("class", "count-bar")
      .attr("x", (_, i) => px(edges[i]) + 0.5)
      .attr("y", (n) => py(n))
      .attr("width", (_, i) => Math.max(1, px(edges[i + 1]) - px(edges[i]) - 1))
      .attr("height", (n) => py(0) - py(n))
      .on("mousemove",
          (n, i) => tooltip.show(
              [plural(n, ...unit), `${xText(edges[i])} to ${xText(edges[i + 1])}`], d3.event.clientX, d3.event.clientY))
      .on("mouseleave", () => tooltip.hide());
  const ticks = px.ticks(Math.min(8, width / 70)), wholes = ticks.filter(Number.isInteger);
  for (const tick of whole && wholes.length > 1 ? wholes : ticks)
    svg.append("text").attr("x", px(tick)).attr("y", height - margin.bottom + 16).attr("text-anchor", "middle").text(xText(tick));
  marks.forEach(({x, name}) => {
    svg.append("line")
        .attr("class", "guide")
        .attr("x1", px(x))
        .attr("x2", px(x))
        .attr("y1", margin.top - 8)
        .attr("y2", height - margin.bottom);
    svg.append("text")
        .attr("x", px(x))
        .attr("y", margin.top - 12)
        .attr("text-anchor", px(x) > width - 60 ? "end" : "middle")
        .text(name);
  });
  svg.append("text")
      .attr("class", "axis-title")
      .attr("x", (margin.left + width) / 2)
      .attr("y", height - 6)
      .attr("text-anchor", "middle")
      .text(xLabel);
  return element("div", {class: "scroll"}, svg.node());
}
