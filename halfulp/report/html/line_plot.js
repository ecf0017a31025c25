// Lines over x, with bands; logarithmic axes where the numbers ask for them.
//
// series: [{name, points: [{x, y, low, high, label, ring}], points only (no line): marks, note(point): more text on hovering}].
// A null y is a gap, hatched at the top of the plot: what it means is in `missing`; in `always`, where no y of a line is a
// number. y.from: the axis begins there; what is below is told in words.

function linePlot({
  label,
  series: all,
  x: xAxis,
  y: yAxis,
  height = 320,
  width = pictureWidth(),
  missing = "not finite",
  always,
  hidden = new Set(),
  choose,
  rules = []
}) {
  const logX = Boolean(xAxis.log), placed = ({x}) => isNumber(x) && (!logX || x > 0);
  const series =
      all.map(
             (line, i) =>
                 ({...lineStyle(i, all.length), ...line, i, points: line.points.filter(placed).sort((a, b) => a.x - b.x)}))
          .filter(({name}) => !hidden.has(name));
  const points = series.flatMap((line) => line.points), xs = unique(points.map(({x}) => x)).sort((a, b) => a - b);
  const logY = yAxis.log === undefined ? asksForLog(points.map(({y}) => y)) : yAxis.log;
  const ys = [...points.map(({y}) => y), ...bandValues(points, logY)].filter((y) => yAxis.from === undefined || y >= yAxis.from);
  const margin = {left: 64, right: 14, top: 16, bottom: 44};
  const svg =
      d3.create("svg")
          .attr("class", "line-plot")
          .attr("width", width)
          .attr("height", height)
          .attr("viewBox", `0 0 ${width} ${height}`)
          .attr("tabindex", 0)
          .attr("role", "group")
          .attr("aria-roledescription", "line plot")
          .attr(
              "aria-label",
              `${label}: ${
                  series.map(({name}) => name).join(", ")}. Left and right arrows read the values, the table button lists them.`);
  const px = axisScale(xs, logX, [margin.left + 8, width - margin.right - 8], 0);
  const py = axisScale([...ys, ...rules], logY, [height - margin.bottom, margin.top + 8], 0.05);
  const inside = (v) => isNumber(v) && (!logY || v > 0), floor = height - margin.bottom,
        clip = clipping(svg, margin, width, floor);
  const onPlot = ({y}) => inside(y) && py(y) <= floor;

  for (const tick of axisTicks(py, logY, 7)) {
    svg.append("line")
        .attr("class", "grid")
        .attr("x1", margin.left)
        .attr("x2", width - margin.right)
        .attr("y1", py(tick))
        .attr("y2", py(tick));
    svg.append("text")
        .attr("x", margin.left - 8)
        .attr("y", py(tick) + 4)
        .attr("text-anchor", "end")
        .text(logY ? powerOfTen(tick) : (yAxis.format || tickText(py))(tick));
  }
  const labelOf = xAxis.labels || (logX ? powerOfTen : shown);
  const ticks = xAxis.labels || (logX && asTicks(xs)) ?
      xs :
      axisTicks(px, logX, Math.min(10, width / 70)).filter((v) => !xAxis.integers || Number.isInteger(v));
  const apart = xAxis.labels || logX ?
      Math.ceil((ticks.length * 8.5 * d3.max(ticks, (v) => labelOf(v).length)) / (width - margin.left)) :
      1;
  ticks.forEach((tick, i) => {
    svg.append("line")
        .attr("class", "tick")
        .attr("x1", px(tick))
        .attr("x2", px(tick))
        .attr("y1", height - margin.bottom)
        .attr("y2", height - margin.bottom + 5);
    if (i % apart === 0)
      svg.append("text")
          .attr("x", px(tick))
          .attr("y", height - margin.bottom + 18)
          .attr("text-anchor", "middle")
          .text(xAxis.labels || xAxis.integers || logX ? labelOf(tick) : tickText(px)(tick));
  });
  svg.append("line")
      .attr("class", "axis")
      .attr("x1", margin.left)
      .attr("x2", width - margin.right)
      .attr("y1", height - margin.bottom)
      .attr("y2", height - margin.bottom);
  svg.append("text")
      .attr("class", "axis-title")
      .attr("x", (margin.left + width) / 2)
      .attr("y", height - 6)
      .attr("text-anchor", "middle")
      .text(xAxis.label);
  svg.append("text").attr("class", "axis-title").attr("x", 4).attr("y", 10).text(yAxis.label);
  for (const rule of rules.filter(inside))
    svg.append("line")
        .attr("class", "rule")
        .attr("x1", margin.left)
        .attr("x2", width - margin.right)
        .attr("y1", py(rule))
        .attr("y2", py(rule));

  const someNumber = (line) => line.points.some(({y}) => y !== null);
  const holes = unique(series.filter(someNumber).flatMap((line) => line.points).filter(({y}) => y === null).map(({x}) => x));
  if (holes.length) {
    const hatch = hatching(svg), step = xs.length > 1 ? Math.min(18, (px(xs[xs.length - 1]) - px(xs[0])) / (xs.length - 1)) : 18;
    for (const x of holes)
      svg.append("rect")
          .attr("class", "missing")
          .attr("x", px(x) - step / 2)
          .attr("y", margin.top - 2)
          .attr("width", step)
          .attr("height", 8)
          .attr("fill", hatch);
  }
  const line = d3.line().defined(({y}) => inside(y)).x(({x}) => px(x)).y(({y}) => py(y));
  for (const s of series)
    svg.append("path")
        .attr("class", "band")
        .attr("d", bandPath(s.points, px, py, logY, floor))
        .attr("fill", s.colour)
        .attr("clip-path", clip);
  for (const s of series) {
    if (!s.marks)
      svg.append("path")
          .attr("class", "line")
          .attr("d", line(s.points))
          .attr("clip-path", clip)
          .attr("stroke", s.colour)
          .attr("stroke-dasharray", s.dash || null);
    const dots = s.marks || (s.points.length <= 30 && series.length <= 12) ? s.points.filter(onPlot) : [];
    svg.selectAll(null)
        .data(dots)
        .join("circle")
        .attr("class", "dot")
        .attr("cx", ({x}) => px(x))
        .attr("cy", ({y}) => py(y))
        .attr("r", s.marks ? 4.5 : 2.4)
        .attr("fill", s.colour);
    svg.selectAll(null)
        .data(dots.filter(({ring}) => ring))
        .join("circle")
        .attr("class", "ring")
        .attr("cx", ({x}) => px(x))
        .attr("cy", ({y}) => py(y))
        .attr("r", 8.5);
  }
  pointLabels(
      svg,
      series.flatMap((s) => s.points.filter((p) => p.label && onPlot(p))).map((p) => ({text: p.label, x: px(p.x), y: py(p.y)})),
      width);
  const guide = svg.append("line")
                    .attr("class", "guide")
                    .attr("y1", margin.top)
                    .attr("y2", height - margin.bottom)
                    .attr("visibility", "hidden");
  let at = -1;
  function linesAt(x) {
    const rows = series.map((s) => ({s, point: s.points.find((p) => p.x === x)})).filter(({point}) => point);
    return [
      `${xAxis.label} ${(xAxis.labels || shown)(x)}`,
      ...rows.map(({s, point}) => ({
                    colour: s.colour,
                    text: `${s.name}: ${point.y === null ? missing : exact(point.y)}${
                        isNumber(point.low) && isNumber(point.high) ? ` (${shown(point.low)} to ${shown(point.high)})` :
                                                                      ""}${s.note ? s.note(point) : ""}`
                  }))
    ];
  }
  function mark(index) {
    at = Math.max(0, Math.min(xs.length - 1, index));
    guide.attr("x1", px(xs[at])).attr("x2", px(xs[at])).attr("visibility", "visible");
  }
  const nearest = () =>
      d3.scan(xs, (a, b) => Math.abs(px(a) - d3.mouse(svg.node())[0]) - Math.abs(px(b) - d3.mouse(svg.node())[0]));
  if (xs.length)
    svg.on("mousemove",
           () => {
             mark(nearest());
             tooltip.show(linesAt(xs[at]), d3.event.clientX, d3.event.clientY);
           })
        .on("mouseleave blur",
            () => {
              guide.attr("visibility", "hidden");
              tooltip.hide();
            })
        .on("click", () => choose && choose(xs[nearest()]))
        .on("keydown", () => {
          const step = {ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9}[d3.event.key];
          if (step) {
            mark(at + step);
            tooltip.beside(guide.node(), linesAt(xs[at]));
          } else if (d3.event.key === "Enter" && choose && at >= 0) choose(xs[at]);
          else return;
          d3.event.preventDefault();
        });
  return [
    element("div", {class: "scroll"}, svg.node()),
    ...plotNotes(all.filter(({name}) => !hidden.has(name)), {x: xAxis, y: yAxis, logX, logY, missing, always})
  ];
}

// Buttons that name the lines and switch them on and off.  draw(hidden) is called at every change.
function lineKeys(series, hidden, redraw) {
  return element("div", {class: "keys", role: "group", "aria-label": "Lines"}, series.map((line, i) => {
    const {colour, dash} = {...lineStyle(i, series.length), ...line};
    const mark = d3.create("svg").attr("width", 26).attr("height", 10).attr("aria-hidden", "true");
    if (line.marks) mark.append("circle").attr("cx", 13).attr("cy", 5).attr("r", 4.5).attr("fill", colour);
    else
      mark.append("line")
          .attr("x1", 1)
          .attr("x2", 25)
          .attr("y1", 5)
          .attr("y2", 5)
          .attr("class", "line")
          .attr("stroke", colour)
          .attr("stroke-dasharray", dash || null);
    return button("", {class: "key", "aria-pressed": String(!hidden.has(line.name))}, () => {
             if (hidden.has(line.name)) hidden.delete(line.name);
             else hidden.add(line.name);
             redraw();
           }).appendChild(mark.node()).parentNode.appendChild(document.createTextNode(line.name)).parentNode;
  }));
}

// A framed line plot whose lines can be switched off.  settings(): what linePlot takes, now; width(): where it is not
// as wide as the page; off: lines that are switched off at first.
function lineFigure({name, title, note, controls, width, off = [], settings}) {
  const hidden = new Set(off);
  const frame = plotFrame({
    name,
    title,
    note,
    controls,
    data: () => {
      const {series, x, y} = settings();
      const rows = series.flatMap((s) => s.points.map((p) => ({line: s.name, ...p})));
      const banded = rows.some(({low, high}) => low !== undefined || high !== undefined);
      return {
        rows,
        columns: [
          {key: "line", title: "Line"}, {key: "x", title: x.label}, {key: "y", title: y.label},
          ...(banded ? [{key: "low", title: "From"}, {key: "high", title: "To"}] : [])
        ]
      };
    },
    draw: () => {
      const now = settings();
      return [
        ...linePlot({...now, width: width && width(), label: now.label || title, hidden}),
        lineKeys(now.series, hidden, () => frame.redraw())
      ];
    }
  });
  frame.redraw();
  return frame;
}
