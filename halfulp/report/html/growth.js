// Rates of growth in words: what grows, what falls, and what intervals do not tell apart.

const unitOfRate = (unit) => (unit === "power" ? "as the exponent of a power law" : unit);
const rateOf = (r) => `${shown(r.median_rate)} (${shown(r.interval[0])} to ${shown(r.interval[1])})`;
const lineNames = (rows) => listed(rows.map((r) => `\u201c${r.line}\u201d`));

// Of lines that grow: one is the fastest only where its interval is above all others.
function fastestInWords(growing, count, unit) {
  const top = largest(growing, (r) => r.median_rate), near = growing.filter((r) => r.interval[1] >= top.interval[0]);
  if (count === 1) return `The median normwise error grows: ${rateOf(top)} ${unit}.`;
  if (near.length === 1) return `The median normwise error of ${lineNames(near)} grows fastest: ${rateOf(top)} ${unit}.`;
  const [least, most] = shownApart(d3.min(near, (r) => r.median_rate), top.median_rate);
  return `The median normwise error of ${growing.length === count ? `all ${count}` : `${growing.length} of ${count}`} lines grows; the ${
      near.length} fastest are not told apart, at ${least === most ? least : `${least} to ${most}`} ${unit} (${lineNames(near)}).`;
}

// rows: [{line, median_rate, interval, unit}], the rates of medians.
function growthInWords(rows) {
  const told = rows.filter((r) => isNumber(r.median_rate) && r.interval.every(isNumber));
  if (!told.length) return "";
  const growing = told.filter((r) => r.interval[0] > 0), falling = told.filter((r) => r.interval[1] < 0),
        flat = told.filter((r) => r.interval[0] <= 0 && r.interval[1] >= 0), unit = unitOfRate(told[0].unit);
  const parts = growing.length ? [fastestInWords(growing, told.length, unit)] : [];
  if (falling.length) parts.push(`The median normwise error of ${lineNames(falling)} falls: ${listed(falling.map(rateOf))} ${unit}.`);
  if (flat.length === 1)
    parts.push(`The median normwise error of ${lineNames(flat)} does not grow: the interval of its rate, ${rateOf(flat[0])} ${unit}, contains 0.`);
  else if (flat.length)
    parts.push(`The median normwise errors of ${flat.length === told.length ? `all ${flat.length} lines` : lineNames(flat)} do not grow: the intervals of their rates contain 0.`);
  return parts.join(" ");
}
