// A heat map: rows by columns, one number a cell.
//
// columns, rows: [{key, label}].  cell(row, column): nothing where there is no such cell, else
// {value: number | null, lines: [what hovering says]}.  select(row, column) is called by click and Enter; the result has
// choose(row, column), which marks a cell.  missing: what null means.

function heatMap(
    {label, columns, rows, cell, columnTitle, rowTitle, scale: wish, missing = "not finite", format = shown, select}) {
  const cells = [];
  rows.forEach((row, r) => columns.forEach((column, c) => {
    const found = cell(row.key, column.key);
    if (found) cells.push({...found, row, column, r, c});
  }));
  const scale = colourScale(cells.map(({value}) => value), wish);
  const left = 14 + 6.6 * d3.max(rows, ({label: text}) => text.length) + (rowTitle ? 16 : 0);
  // Slanted names reach beyond their columns: the last ones need room at the right.
  const beyond = (size) =>
      Math.max(8, d3.max(columns, ({label: text}, c) => 8 + 5 * text.length - (columns.length - 1 - c + 0.5) * size));
  const broad = (room) => Math.max(16, Math.min(printing() ? 150 : 72, room / columns.length));
  const upright = broad(pictureWidth() - left - 8), slanted = d3.max(columns, ({label: text}) => 6.6 * text.length) > upright - 4;
  const narrower = (size) => broad(pictureWidth() - left - beyond(size) - 1);
  const width = slanted ? narrower(narrower(upright)) : upright, height = rows.length > 20 ? 19 : 26;
  const numbers = width >= 46 && rows.length <= 40;
  const top = (slanted ? 14 + 4.7 * d3.max(columns, ({label: text}) => text.length) : 22) + (columnTitle ? 16 : 0);
  const right = slanted ? beyond(width) : 8;
  const wide = Math.ceil(left + columns.length * width + right), high = Math.ceil(top + rows.length * height + 4);
  const svg = d3.create("svg")
                  .attr("class", "heat-map")
                  .attr("tabindex", 0)
                  .attr("role", "group")
                  .attr("aria-roledescription", "heat map")
                  .attr(
                      "aria-label",
                      `${label}. ${rows.length} by ${
                          columns.length}; arrow keys read the cells, Enter chooses one, the table button lists them.`)
                  .attr("width", wide)
                  .attr("height", high)
                  .attr("viewBox", `0 0 ${wide} ${high}`);
  const hatch = hatching(svg);
  if (columnTitle)
    svg.append("text")
        .attr("class", "axis-title")
        .attr("x", left + (columns.length * width) / 2)
        .attr("y", 11)
        .attr("text-anchor", "middle")
        .text(columnTitle);
  if (rowTitle)
    svg.append("text")
        .attr("class", "axis-title")
        .attr("text-anchor", "middle")
        .attr("transform", `translate(11,${top + (rows.length * height) / 2}) rotate(-90)`)
        .text(rowTitle);
  const every = (size, count, least) => (size >= least ? 1 : Math.ceil(least / size));
  columns.forEach((column, c) => {
    if (!slanted && c % every(width, columns.length, 20) !== 0) return;
    const text = svg.append("text").text(column.label);
    if (slanted) text.attr("transform", `translate(${left + (c + 0.5) * width},${top - 6}) rotate(-42)`);
    else text.attr("x", left + (c + 0.5) * width).attr("y", top - 7).attr("text-anchor", "middle");
  });
  rows.forEach(
      (row, r) => svg.append("text")
                      .attr("x", left - 7)
                      .attr("y", top + (r + 0.5) * height + 4)
                      .attr("text-anchor", "end")
                      .text(row.label));
  const paint = ({value}) => (!isNumber(value) ? hatch : value === 0 && scale.kind === "log" ? null : scale.colour(value));
  const groups = svg.selectAll("g.cell").data(cells).join("g").attr("class", "cell");
  groups.append("rect")
      .attr("x", ({c}) => left + c * width + 0.5)
      .attr("y", ({r}) => top + r * height + 0.5)
      .attr("width", width - 1)
      .attr("height", height - 1)
      .attr(
          "class",
          ({value}) =>
              (!isNumber(value)                        ? "missing" :
                   value === 0 && scale.kind === "log" ? "zero" :
                                                         "full"))
      .attr("data-cell", ({row, column}) => `${row.key}.${column.key}`)
      .attr("fill", paint);
  if (numbers)
    groups.filter(({value}) => isNumber(value))
        .append("text")
        .attr("class", "in-cell")
        .attr("text-anchor", "middle")
        .attr("x", ({c}) => left + (c + 0.5) * width)
        .attr("y", ({r}) => top + (r + 0.5) * height + 3.5)
        .style("fill", ({value}) => (value === 0 && scale.kind === "log" ? null : inkOn(scale.colour(value))))
        .text(({value}) => format(value));

  const frame = (name) =>
      svg.append("rect").attr("class", name).attr("width", width).attr("height", height).attr("visibility", "hidden");
  const chosen = frame("chosen"), cursor = frame("cursor");
  const put = (mark, at) => mark.attr("visibility", at ? "visible" : "hidden")
                                .attr("x", at ? left + at.c * width : 0)
                                .attr("y", at ? top + at.r * height : 0);
  let current;
  const linesOf = ({lines, value}) => [...lines, isNumber(value) ? null : missing];
  groups.on("mousemove", (d) => tooltip.show(linesOf(d), d3.event.clientX, d3.event.clientY))
      .on("mouseleave", () => tooltip.hide())
      .on("click",
          (d) => {
            current = d;
            if (select) select(d.row.key, d.column.key);
          })
      .style("cursor", select ? "pointer" : null);
  function moveTo(next) {
    if (!next) return;
    current = next;
    put(cursor, current);
    tooltip.beside(cursor.node(), linesOf(current));
  }
  // The nearest cell in a direction: rows and columns may have holes.
  function neighbour(dr, dc) {
    if (!current) return cells[0];
    const ahead = cells.filter(
        ({r, c}) => (dr ? (r - current.r) * dr > 0 && c === current.c : (c - current.c) * dc > 0 && r === current.r));
    if (ahead.length)
      return ahead.reduce(
          (a, b) => (
              Math.abs(b.r - current.r) + Math.abs(b.c - current.c) < Math.abs(a.r - current.r) + Math.abs(a.c - current.c) ? b :
                                                                                                                              a));
    const beyond = cells.filter(({r, c}) => (dr ? (r - current.r) * dr > 0 : (c - current.c) * dc > 0));
    return beyond.length ?
        beyond.reduce(
            (a, b) => (Math.hypot(b.r - current.r, b.c - current.c) < Math.hypot(a.r - current.r, a.c - current.c) ? b : a)) :
        current;
  }
  svg.on("keydown",
         () => {
           const step = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[d3.event.key];
           const line = current ? cells.filter(({r}) => r === current.r) : cells;
           if (step) moveTo(neighbour(...step));
           else if (d3.event.key === "Home") moveTo(line[0]);
           else if (d3.event.key === "End") moveTo(line[line.length - 1]);
           else if ((d3.event.key === "Enter" || d3.event.key === " ") && current && select)
             select(current.row.key, current.column.key);
           else return;
           d3.event.preventDefault();
         })
      .on("focus",
          () => {
            if (svg.node().matches(":focus-visible")) moveTo(current || cells[0]);
          })
      .on("blur", () => {
        put(cursor, null);
        tooltip.hide();
      });

  const node = element("div", {}, element("div", {class: "scroll"}, svg.node()), colourLegend(scale, {
                         label,
                         format,
                         missing: cells.some(({value}) => !isNumber(value)) && missing,
                         zero: scale.kind === "log" && cells.some(({value}) => value === 0)
                       }));
  node.choose = (row, column) => {
    const found = cells.find((d) => String(d.row.key) === String(row) && String(d.column.key) === String(column));
    if (found) current = found;
    put(chosen, found);
  };
  return node;
}
