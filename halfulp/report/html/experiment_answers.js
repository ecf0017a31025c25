// What each experiment asks, answered in its numbers.

const lastOf = (values) => values[values.length - 1];
const asPower = (label) => String(label).replace(/\^-0$/, "^0");

// Where a bound speaks: at all points, at none, or down to which one.
function reachOf(curve, bound) {
  const first = bound.stated.findIndex((count) => count < curve.trials), name = `\u201c${bound.name}\u201d`;
  if (bound.stated.every((count) => count === 0)) return `${name} never makes a statement`;
  return first < 0 ? `${name} makes one throughout` :
      first === 0 ? `${name} makes one in some trials only` :
                    `${name} makes its last in every trial at ${asPower(curve.labels[first - 1])}`;
}

// RMS norm against layer norm as tokens become constant.
function normalisationAnswer(d) {
  function errors(c) {
    const median = c.observed.median, lost = median.indexOf(null), most = d3.max(median.filter(isNumber));
    if (most === undefined) return `${c.variant} has no finite error`;
    if (lost < 0 && most < 10 * median[0]) return `${c.variant} errs by ${shown(most)} at most`;
    return `${c.variant} errs by ${shown(median[0])} at eps = ${asPower(c.labels[0])} and up to ${shown(most)}${
        lost > 0 ? `, infinite or NaN below ${asPower(c.labels[lost - 1])}` : ""}`;
  }
  return unique(d.curves.map((c) => c.arithmetic)).slice(0, 2).map((arithmetic) => {
    const own = d.curves.filter((c) => c.arithmetic === arithmetic);
    const reach = own.filter((c) => /layer/i.test(c.variant)).flatMap((c) => c.bounds.map((b) => reachOf(c, b)));
    return `In ${arithmetic} ${own.map(errors).join(", ")} (medians)${
        reach.length ? `; of layer norm's bounds ${reach.join(", ")}` : ""}.`;
  });
}

// Which order of additions errs least at the largest n, and by how much the others err more.
function summationAnswer(d) {
  const last = (c) => lastOf(c.observed.median), variants = unique(d.curves.map((c) => c.variant));
  const cases =
      grouped(d.curves.filter((c) => last(c) > 0), (c) => `${c.arithmetic} ${c.input}`).filter(({values}) => values.length > 1);
  if (!cases.length) return [];
  const least = cases.map(({values}) => d3.scan(values, (a, b) => last(a) - last(b))).map((at, i) => cases[i].values[at].variant);
  const wins = (variant) => least.filter((v) => v === variant).length, best = largest(variants, wins);
  const others = variants.filter((v) => v !== best)
                     .map((variant) => {
                       const ratios = cases.flatMap(({values}) => {
                         const [own, other] = [best, variant].map((v) => values.find((c) => c.variant === v));
                         return own && other ? [last(other) / last(own)] : [];
                       });
                       return {variant, low: d3.min(ratios), high: d3.max(ratios)};
                     })
                     .filter(({low}) => isNumber(low))
                     .sort((a, b) => a.high - b.high);
  return [`At n = ${asPower(lastOf(d.curves[0].labels))} \u201c${best}\u201d errs least, in ${wins(best)} of ${
      plural(cases.length, "pair")} of format and input; the others' medians, relative to it: ${
      others.map(({variant, low, high}) => `\u201c${variant}\u201d ${shown(low)} to ${shown(high)} times`).join(", ")}.`];
}

// How the error changes from one head to the most.
function headsAnswer(d) {
  return unique(d.series.map((s) => s.arithmetic)).slice(0, 2).map((arithmetic) => {
    const own = d.series.filter((s) => s.arithmetic === arithmetic), kept = own.length > 2 ? [own[0], lastOf(own)] : own;
    const told = kept.map((s) => {
      const n = s.normwise, first = n.median[0], most = lastOf(n.median), [a, b] = [n.median_ci[0], lastOf(n.median_ci)];
      const overlap = isNumber(a[0]) && isNumber(b[0]) && a[0] <= b[1] && b[0] <= a[1];
      return `after ${plural(s.layers, "layer")} from ${shown(first)} to ${shown(most)} (${
          overlap ? "their intervals overlap" : `${shown(most / first)} times`})`;
    });
    return `From ${plural(own[0].x[0], "head")} to ${lastOf(own[0].x)} the median normwise error in ${arithmetic} goes ${
        told.join(" and ")}.`;
  });
}

// What promoting scores and softmax buys, and what else is needed.
function attentionPrecisionAnswer(d) {
  const deep = d.gains.filter((g) => g.layers === 0), gains = deep.length ? deep : d.gains;
  const at = gains.length ? `${gains[0].x_label} ${lastOf(gains[0].x)}` : "";
  const said = (g) => {
    const {factor, interval} = g.normwise.median, [low, high] = lastOf(interval) || [];
    return `${shown(lastOf(factor))} (${
        isNumber(low) && isNumber(high) ? `${shown(low)} to ${shown(high)}${low <= 1 && high >= 1 ? ": no gain is shown" : ""}` :
                                          "too few trials for an interval"})`;
  };
  const named =
      ["score", "softmax", "score + softmax", "attention"].map((name) => gains.find((g) => g.promoted === name)).filter(Boolean);
  const best = largest(gains.filter((g) => g.promoted !== "everything"), gainFactor),
        all = gains.find((g) => g.promoted === "everything");
  const parts = named.map((g) => `\u201c${g.promoted}\u201d ${said(g)}`);
  if (!parts.length) return [];
  return [
    `Promotion to ${d.options.high || "more digits"} divides the median normwise error at ${at} by: ${parts.join(", ")}.`,
    best ? `Short of everything${all ? `, which buys ${shown(gainFactor(all))},` : ""} the largest factor is that of \u201c${
               best.promoted}\u201d, ${said(best)}.` :
           ""
  ];
}

const experimentAnswers = {
  normalisation: normalisationAnswer,
  summation: summationAnswer,
  heads: headsAnswer,
  "attention-precision": attentionPrecisionAnswer
};

// A bound is one only where it makes a statement.
function holdsInWords(d) {
  const speaking = boundRows(d).filter((r) => r.stated > 0), silent = boundRows(d).length - speaking.length;
  if (d.holds === null || !boundRows(d).length) return "";
  const bad = speaking.filter((r) => r.exceeded > 0);
  if (d.holds === false || bad.some((r) => r.rigorous))
    return `${plural(bad.length, "bound")} ${bad.length === 1 ? "is" : "are"} exceeded.`;
  return `No observation exceeds ${bad.length ? "a rigorous bound" : "a bound"}: ${speaking.length} make a statement, ${
      speaking.filter((r) => r.rigorous).length} of them rigorous${
      silent ? `; ${silent} ${silent === 1 ? "makes" : "make"} none` : ""}.`;
}
