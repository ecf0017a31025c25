// What a line plot cannot draw, said in words below it.

// all: the series that are switched on; y: {label, log, from}; missing: what a null y means, `always` where every one is null.
function plotNotes(all, {x: xAxis, y: yAxis, logX, logY, missing, always = missing}) {
  const has = (test) => all.some((line) => line.points.some(test));
  const empty = all.filter(({points}) => points.length && points.every(({y}) => y === null)),
        holes = all.some((line) => !empty.includes(line) && line.points.some(({y}) => y === null));
  const below = all.flatMap(({points}) => points.filter(({y}) => y > 0 && y < yAxis.from));
  return [
    ...empty.map(({name}) => `\u201c${name}\u201d has no number at any point: ${always}.`),
    holes ? `Hatched at the top: ${missing}.` : null,
    has(({x}) => !isNumber(x)) ? `Points whose ${xAxis.label} is infinite are in the table only.` : null,
    logX && has(({x}) => x === 0) ? `Points whose ${xAxis.label} is 0 have no place on this axis: they are in the table only.` :
                                    null,
    logX && has(({x}) => x < 0) ?
        `Points whose ${xAxis.label} is negative have no place on this axis: they are in the table only.` :
        null,
    logY && has(({y}) => y === 0) ? `Values of exactly 0 have no place on this axis: they are in the table only.` : null,
    below.length ? `Below the plot, in the table: ${plural(below.length, "value")} down to ${shown(d3.min(below, ({y}) => y))}.` :
                   null
  ].filter(Boolean)
      .map((text) => element("p", {class: "note"}, text));
}
