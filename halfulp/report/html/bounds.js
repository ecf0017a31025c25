// bounds: each theorem's bound beside what happens, layer by layer.

const boundLines = [
  ["observed", (l) => l.observed.max, "observed, worst entry"], ["median", (l) => l.observed.median, "observed, median entry"],
  ["running", (l) => l.running, "running error bound"], ["a_priori", (l) => l.a_priori, "a-priori bound"],
  ["repaired", (l) => l.repaired, "Theorem 4.30, repaired"], ["as_printed", (l) => l.as_printed, "Theorem 4.30, as printed"]
];

function boundsPlot(d) {
  const lines = boundLines.filter(([, value]) => d.layers.some((l) => isNumber(value(l))));
  return lineFigure({
    name: "bounds",
    title: "Relative error after each layer and what bounds it",
    note: "A bound that is not there makes no statement: its hypotheses fail, or it is infinite.",
    settings: () => ({
      x: {label: "layer", integers: true},
      y: {label: "relative error", log: true},
      missing: "no statement",
      rules: [],
      series: lines.map(([, value, name]) => ({name, points: d.layers.map((l) => ({x: l.layer, y: value(l)}))}))
    })
  });
}

function factorsPlot(d) {
  const names = unique(d.layers.flatMap((l) => Object.keys(l.factors)));
  return lineFigure({
    name: "factors",
    title: "Factors of Theorem 4.30's bound",
    settings: () => ({
      x: {label: "layer", integers: true},
      y: {label: "factor", log: true},
      missing: "infinite",
      series: names.map((name) => ({
                          name: inWords(name),
                          points: d.layers.map((l) => ({x: l.layer, y: l.factors[name] === undefined ? null : l.factors[name]}))
                        }))
    })
  });
}

function hypothesesMap(d) {
  const names = unique(d.layers.flatMap((l) => Object.keys(l.margins)));
  // Margins reach over many powers of ten: their sign is the answer, so the colour follows the sign of the cube root.
  const bent = (v) => (isNumber(v) ? Math.sign(v) * Math.cbrt(Math.abs(v)) : null);
  const frame = plotFrame({
    name: "hypotheses",
    title: "By how much each hypothesis holds",
    note: "Orange holds, blue fails; colours follow the cube root. An orange margin near 0 holds barely.",
    data: () => ({
      rows: d.layers.flatMap(
          (l) => names.map(
              (name) =>
                  ({layer: l.layer, hypothesis: name, margin: l.margins[name], failed: l.failed_hypotheses.includes(name)}))),
      columns: ["layer", "hypothesis", "margin", "failed"].map((key) => ({key, title: key}))
    }),
    draw: () => heatMap({
      label: "margins of hypotheses by layer",
      columnTitle: "layer",
      scale: {kind: "signed"},
      missing: "not computed",
      format: (v) => shown(v ** 3),
      rows: names.map((name) => ({key: name, label: inWords(name)})),
      columns: d.layers.map((l) => ({key: String(l.layer), label: String(l.layer)})),
      cell: (name, layer) => {
        const l = d.layers.find((one) => String(one.layer) === layer), margin = l.margins[name];
        return margin === undefined ? undefined : {
          value: bent(margin),
          lines: [
            `${inWords(name)}, layer ${layer}`, `margin ${exact(margin)}`, l.failed_hypotheses.includes(name) ? "fails" : "holds"
          ]
        };
      }
    })
  });
  frame.redraw();
  return frame;
}

verbs.bounds = {
  measured: (d) => [
      ["Model", folderName(d.model)], ["Format", `${d.format}, unit roundoff ${shown(d.unit_roundoff)}, exponent ${d.exponent}`],
      ["Shape", `d ${d.d}, n ${d.n}, D ${d.D}, ${plural(d.layers.length, "layer")}, ${d.norm} norm`]],
  answer(d) {
    const last = d.layers[d.layers.length - 1];
    if (!last) return "No layer was measured.";
    const sharpest = Object.entries(last.over_observed).filter(([, v]) => isNumber(v)).sort((a, b) => a[1] - b[1])[0];
    return `After layer ${last.layer} the worst entry is off by ${shown(last.observed.max)}; ${
        sharpest ? `the sharpest bound (${inWords(sharpest[0])}) is ${shown(sharpest[1])} times that` :
                   "no bound makes a statement"}.${
        last.dominating ? ` Of the factors of Theorem 4.30's bound, \u201c${inWords(last.dominating)}\u201d is the largest.` :
                          ""}`;
  },
  next(d) {
    const items = [], failing = d.layers.find((l) => l.failed_hypotheses.length),
          vacuous = d.layers.find((l) => l.running === null);
    if (failing)
      items.push({
        text:
            `${inWords(failing.failed_hypotheses[0])} fails in layer ${failing.layer}: the bound as printed says nothing there.`,
        view: {view: "hypotheses"}
      });
    const dominating = d.layers.length && d.layers[d.layers.length - 1].dominating;
    if (dominating)
      items.push({
        text: `See how \u201c${inWords(dominating)}\u201d, the largest factor of Theorem 4.30's bound, changes over the layers.`,
        view: {view: "factors"}
      });
    if (vacuous)
      items.push({
        text: `The running error bound says nothing from layer ${vacuous.layer} on: try a longer format.`,
        command: again(d, (words) => withOption(words, "--format", "bin34"))
      });
    const gap = d.layers.length && d.layers[d.layers.length - 1].over_observed.running;
    if (gap > 10)
      items.push({
        text: `See by how much each bound exceeds what happens (the running one ${shown(gap)} times).`,
        view: {view: "bounds"}
      });
    items.push({
      text: "See how much of it a longer format takes away.",
      command: again(d, (words) => withOption(words, "--format", d.unit_roundoff > 2 ** -24 ? "bin24" : "bin53"))
    });
    if (d.tokens)
      items.push({
        text: "See which roundings matter rather than what they could do.",
        command: `halfulp attribute -m ${quoted(d.model)} --ids ${quoted(d.tokens.source)} --tokens ${d.n} --recipe bf16`
      });
    else items.push({text: "See the numbers of every layer.", view: {view: "table"}});
    return items;
  },
  views: (d) =>
      [{id: "bounds", title: "Bounds and what happens", make: () => [boundsPlot(d)]},
       d.layers.some((l) => Object.keys(l.factors).length) ?
           {id: "factors", title: "What dominates", make: () => [factorsPlot(d)]} :
           null,
       d.layers.some((l) => Object.keys(l.margins).length) ?
           {id: "hypotheses", title: "Do the hypotheses hold?", make: () => [hypothesesMap(d)]} :
           null,
       {
         id: "table",
         title: "All layers",
         make: () => [tableOf("All layers", d.layers.map(({factors, margins, ...rest}) => rest))]
       }],
};
