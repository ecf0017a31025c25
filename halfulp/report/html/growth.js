// Rates of growth in words: what grows, what falls, and what intervals do not tell apart.

const unitOfRate = (unit) => (unit === "power" ? "as the exponent of a power law" : unit);
const rateOf = (r) => `${shown(r.median_rate)} (${shown(r.interval[0])} to ${shown(r.interval[1])})`;
const lineNames = (rows) => listed(rows.map((r) => `\u201c${r.line}\u201d`));

// Of lines that grow: one is the fastest only where its interval is above all others, those of lines that do not grow too.
function fastestInWords(growing, told, unit) {
  const top = largest(growing, (r) => r.median_rate), near = told.filter((r) => r.interval[1] >= top.interval[0]);
  if (told.length === 1) return `The median normwise error grows: ${rateOf(top)} ${unit}.`;
  if (near.length === 1) return `The median normwise error of ${lineNames(near)} grows fastest: ${rateOf(top)} ${unit}.`;
  const [least, most] = shownApart(d3.min(near, (r) => r.median_rate), top.median_rate);
  const which = growing.length === told.length ? `all ${told.length}` : `${growing.length} of ${told.length}`;
  return `The median normwise error of ${which} lines grows; which of ${near.length} grows fastest is not told apart, at ${
      least === most ? least : `${least} to ${most}`} ${unit} (${lineNames(near)}).`;
}

// rows: [{line, median_rate, interval, unit}], the rates of medians.
function growthInWords(rows) {
  const told = rows.filter((r) => isNumber(r.median_rate) && r.interval.every(isNumber));
  if (!told.length) return "";
  const growing = told.filter((r) => r.interval[0] > 0), falling = told.filter((r) => r.interval[1] < 0),
        flat = told.filter((r) => r.interval[0] <= 0 && r.interval[1] >= 0), unit = unitOfRate(told[0].unit);
  const parts = growing.length ? [fastestInWords(growing, told, unit)] : [];
  if (falling.length)
    parts.push(`The median normwise error of ${lineNames(falling)} falls: ${listed(falling.map(rateOf))} ${unit}.`);
  if (flat.length === 1)
    parts.push(`The median normwise error of ${lineNames(flat)} does not grow: the interval of its rate, ${rateOf(flat[0])} ${
        unit}, contains 0.`);
  else if (flat.length)
    parts.push(`The median normwise errors of ${
        flat.length === told.length ? `all ${flat.length} lines` :
                                      lineNames(flat)} do not grow: the intervals of their rates contain 0.`);
  return parts.join(" ");
}
