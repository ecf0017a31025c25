// tolerance: the atol and rtol that are right for a kernel's test, and why.

const toleranceKinds = [
  ["worst", "Worst case", "No correct kernel exceeds it."],
  ["probabilistic", "Probabilistic", "A correct kernel exceeds it with the stated probability at most."]
];
const comparedWith = {
  exact: "the exact result",
  binary64: "a binary64 evaluation of the same inputs",
  rounded: "a binary64 evaluation rounded to the result's format",
  kernel: "another kernel of the same formats"
};

// Four digits, never less than the value: a tolerance that was rounded down would fail correct kernels.
function upward(value) {
  const near = Number(value.toExponential(3));
  return near >= value ? near : Number((near + 10 ** (Math.floor(Math.log10(value)) - 3)).toExponential(3));
}

// The very numbers of the line to paste; where there is none, the value rounded up.
function tolerancesOf(value) {
  const line = Object.values(value.lines || {})[0] || "";
  return ["atol", "rtol"]
      .map((key) => {
        const [, digits] = new RegExp(`\\b${key}=([0-9.]+e[-+][0-9]+)`).exec(line) || [];
        return `${key} ${digits ? Number(digits) : upward(value[key])}`;
      })
      .join(", ");
}

// What fails, [{text, remedy: an option of the program}]; the program says both in one line.
const failedHypotheses = (d) => (d.hypotheses || []).filter((h) => h.standing === "failed").map(({text}) => {
  const [said] = text.split(/; --finite\b/);
  return {text: said, remedy: said === text ? null : "--finite"};
});

function toleranceTable(d, key) {
  const value = d[key];
  return [
    isNumber(value.atol) ? definitions([
      ["atol", exact(value.atol)], ["rtol", exact(value.rtol)],
      ...Object.entries(value.lines || {}).map(([name, line]) => [name, element("code", {}, asWords(line))])
    ]) :
                           null,
    Array.isArray(value.steps) && value.steps.length ? tableOf(`Steps of the ${key} value`, value.steps) : null
  ].filter(Boolean);
}

function noStatement(d) {
  const failed = failedHypotheses(d);
  return failed.length ? `because this fails: ${failed.map(({text}) => text).join("; ")}` : "because it would be infinite";
}

verbs.tolerance = {
  measured:
      (d) => [["Operation", d.operation],
              ["Sizes", Object.entries(d.sizes || {}).filter(([, v]) => v !== null).map(([k, v]) => `${k} ${v}`).join(", ")],
              ["Formats", Object.entries(d.formats || {}).filter(([, v]) => v !== null).map(([k, v]) => `${k} ${v}`).join(", ")],
              d.absmax ? ["Magnitudes", `inputs at most ${d.absmax.map(exact).join(", ")}`] : null,
              ["Compared with", comparedWith[d.against] || d.against], d.order ? ["Order", d.order] : null]
                 .filter(Boolean),
  answer(d) {
    const worst = isNumber(d.worst.atol), vacuous = (value) => (value.vacuous ? " That is vacuous: zeros would pass." : "");
    const likely = isNumber(d.probabilistic.atol) ?
        ` But for a chance of ${shown(d.probability)} ${d.against === "kernel" ? "they stay" : "it stays"} within ${
            tolerancesOf(d.probabilistic)}.${worst ? "" : vacuous(d.probabilistic)}` :
        "";
    if (!worst) return `No ${likely ? "worst case" : "tolerance"} is stated for this ${d.operation}, ${noStatement(d)}.${likely}`;
    const never =
        d.against === "kernel" ? `Two correct kernels of ${d.operation} never differ` : `A correct ${d.operation} never differs`;
    return `${never} by more than ${tolerancesOf(d.worst)}.${likely}${vacuous(d.worst)}`;
  },
  next(d) {
    const items = [], failed = failedHypotheses(d), remedy = failed.find((f) => f.remedy);
    const sharper = d.probabilistic.atol < d.worst.atol || d.probabilistic.rtol < d.worst.rtol;
    if (d.probabilistic.vacuous || (d.worst.vacuous && !isNumber(d.probabilistic.atol)))
      items.push({text: "Zeros would pass: say how large the data are (--absmax), or add in a longer format (--acc)."});
    if (remedy)
      items.push({
        text: "If the test knows that nothing overflows, say so: the other hypotheses may be enough.",
        command: again(d, (words) => [...words, remedy.remedy]),
        view: {view: "hypotheses"}
      });
    if (failed.some((f) => !f.remedy) && d.formats && d.formats.acc !== "fp32")
      items.push({text: "Add in a longer format.", command: again(d, (words) => withOption(words, "--acc", "fp32"))});
    if (d.probabilistic.lines && !d.probabilistic.vacuous && (sharper || !d.worst.lines))
      items.push({
        text: "Paste the probabilistic value into the kernel's test: it finds wrong kernels that the worst case lets through.",
        command: Object.values(d.probabilistic.lines)[0],
        view: {view: "probabilistic"}
      });
    if (d.worst.lines)
      items.push({
        text: sharper ? "Or the worst case, which never fails a correct kernel." :
                        "Paste the worst case into the kernel's test: it never fails a correct kernel.",
        command: Object.values(d.worst.lines)[0],
        view: {view: "worst"}
      });
    items.push({text: "Read what is assumed of the data and the kernel.", view: {view: "hypotheses"}});
    items.push({text: "See which operations are known.", command: "halfulp tolerance --help"});
    return items;
  },
  views: (d) =>
      [...toleranceKinds.map(([id, title, text]) => ({
                               id,
                               title,
                               text: isNumber(d[id].atol) ? text :
                                                            `No statement, ${noStatement(d)}.`,
                               make: () => toleranceTable(d, id)
                             })),
       {
         id: "hypotheses",
         title: "What is assumed",
         make: () => [tableOf("Hypotheses", [...(d.hypotheses || []), ...(d.model || [])])]
       },
       ...genericViews(d, ["worst", "probabilistic", "hypotheses", "model"])],
};
