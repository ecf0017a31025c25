// tolerance: the atol and rtol that are right for a kernel's test, and why.

const toleranceKinds = [
  ["worst", "Worst case", "No correct kernel exceeds it."],
  ["probabilistic", "Probabilistic", "A correct kernel exceeds it with the stated probability at most."]
];

// Four digits, never less than the value: a tolerance that was rounded down would fail correct kernels.
function upward(value) {
  const near = Number(value.toExponential(3));
  return near >= value ? near : Number((near + 10 ** (Math.floor(Math.log10(value)) - 3)).toExponential(3));
}

function toleranceTable(d, key) {
  const value = d[key];
  return [
    definitions([
      ["atol", exact(value.atol)], ["rtol", exact(value.rtol)],
      ...Object.entries(value.lines || {}).map(([name, line]) => [name, element("code", {}, asWords(line))])
    ]),
    Array.isArray(value.steps) && value.steps.length ? tableOf(`Steps of the ${key} value`, value.steps) : null
  ].filter(Boolean);
}

verbs.tolerance = {
  measured:
      (d) => [["Operation", d.operation],
              ["Sizes", Object.entries(d.sizes || {}).filter(([, v]) => v !== null).map(([k, v]) => `${k} ${v}`).join(", ")],
              ["Formats", Object.entries(d.formats || {}).filter(([, v]) => v !== null).map(([k, v]) => `${k} ${v}`).join(", ")],
              d.order ? ["Order", d.order] : null]
                 .filter(Boolean),
  answer(d) {
    if (!isNumber(d.worst.atol)) return `No theorem gives a tolerance for ${d.operation} of this shape and format.`;
    const chance = isNumber(d.probabilistic.atol) ? ` But for a chance of ${shown(d.probability)} it stays within atol ${
                                                        upward(d.probabilistic.atol)}, rtol ${upward(d.probabilistic.rtol)}.` :
                                                    "";
    const vacuous = d.worst.vacuous ? " That is vacuous: zeros would pass." : "";
    return `A correct ${d.operation} never differs by more than atol ${upward(d.worst.atol)}, rtol ${upward(d.worst.rtol)}.${
        chance}${vacuous}`;
  },
  next(d) {
    const items = [];
    const sharper = d.probabilistic.atol < d.worst.atol;
    if (d.probabilistic.lines && (sharper || !d.worst.lines))
      items.push({
        text: "Paste the probabilistic value into the kernel's test: it finds wrong kernels that the worst case lets through.",
        command: Object.values(d.probabilistic.lines)[0],
        view: {view: "probabilistic"}
      });
    if (d.worst.lines)
      items.push({
        text: "Or the worst case, which never fails a correct kernel.",
        command: Object.values(d.worst.lines)[0],
        view: {view: "worst"}
      });
    items.push({text: "Read what is assumed of the data and the kernel.", view: {view: "hypotheses"}});
    items.push({text: "See which operations are known.", command: "halfulp tolerance --help"});
    return items;
  },
  views:
      (d) =>
          [...toleranceKinds.map(([id, title, text]) => ({id, title, text, make: () => toleranceTable(d, id)})), {
            id: "hypotheses",
            title: "What is assumed",
            make: () => [tableOf("Hypotheses", [...(d.hypotheses || []), ...(d.model || [])])]
          },
           ...genericViews(d, ["worst", "probabilistic", "hypotheses", "model"])],
};
