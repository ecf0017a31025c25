// experiment: bounds against what happens, and what more digits in one place buy.

function curveFigure(curves) {
  const make = explorer({
    items: curves,
    dims: ["arithmetic", "input", "variant"],
    by: [],
    name: "bounds-and-observed",
    title: "What happens, and the bounds",
    settings: ([c]) => {
      const labels = new Map(c.x.map((x, i) => [x, c.labels[i]]));
      return {
        x: {label: c.x_label, log: asksForLog(c.x), labels: asksForLog(c.x) ? undefined : (x) => labels.get(x) || shown(x)},
        y: {label: c.y_label, log: true},
        missing: "not finite, or no statement",
        series: [
          {
            name: "observed: median (to 95 %)",
            points: c.x.map((x, i) => ({x, y: c.observed.median[i], low: c.observed.median[i], high: c.observed.p95[i]}))
          },
          {name: "observed: largest", points: c.x.map((x, i) => ({x, y: c.observed.largest[i]}))},
          ...c.bounds.map((b) => ({
                            name: `${b.name}${b.rigorous ? "" : " (not rigorous)"}`,
                            points: c.x.map((x, i) => ({x, y: b.median[i]})),
                            note: (p) => `, worst ratio ${shown(b.worst_ratio[c.x.indexOf(p.x)])}`
                          }))
        ]
      };
    }
  });
  return make.frame;
}

const boundRows = (d) => d.curves.flatMap(
    (c) => c.bounds.map(
        (b) => ({
          arithmetic: c.arithmetic,
          variant: c.variant,
          input: c.input,
          bound: b.name,
          rigorous: b.rigorous,
          worst: d3.max(b.worst_ratio.filter(isNumber)) === undefined ? null : d3.max(b.worst_ratio.filter(isNumber)),
          exceeded: sum(b.exceeded),
          stated: sum(b.stated)
        })));

function gainFigure(gains) {
  return Object.keys(norms).map((norm) => {
    let statistic = "median";
    const pick = choice("Of the", [{key: "median", title: "median"}, {key: "mean", title: "mean"}], statistic, (key) => {
      statistic = key;
      made.frame.redraw();
    });
    const made = explorer({
      items: gains,
      dims: ["layers"],
      by: ["promoted"],
      name: `gains-${norm}`,
      off: ["everything"],
      title: `What promotion does to the ${norm} error`,
      controls: [pick],
      settings: (chosen, lineName) => ({
        x: {label: chosen[0].x_label, integers: true},
        y: {label: "error without it over error with it", log: true},
        rules: [1],
        series: chosen.map((g) => ({
                             name: lineName(g),
                             points: g.x.map((x, i) => ({
                                               x,
                                               y: g[norm][statistic].factor[i],
                                               low: (g[norm][statistic].interval[i] || [])[0],
                                               high: (g[norm][statistic].interval[i] || [])[1]
                                             }))
                           }))
      })
    });
    return made.frame;
  });
}

const gainFactor = (g) => g.normwise.median.factor[g.normwise.median.factor.length - 1];

verbs.experiment = {
  measured: (d) => [["Experiment", `${d.experiment}: ${d.title}`], ["Trials", `${d.trials}, seed ${d.seed}`]],
  answer(d) {
    const asked = Object.prototype.hasOwnProperty.call(experimentAnswers, d.experiment) ? experimentAnswers[d.experiment](d) : [];
    return [...asked, holdsInWords(d)].filter(Boolean).join(" ") || d.title;
  },
  next(d) {
    const items = [], bad = boundRows(d).find((r) => r.exceeded > 0), worst = largest(boundRows(d), (r) => r.worst);
    if (bad)
      items.push({
        text: `${bad.bound} is exceeded ${plural(bad.exceeded, "time")} (${bad.arithmetic}, ${bad.variant}).`,
        view: {view: "bounds"}
      });
    if (worst)
      items.push({
        text: `See where \u201c${worst.bound}\u201d is sharpest (${
                [worst.arithmetic, worst.variant, worst.input].filter(Boolean).join(", ")}).`,
        view: {view: "curves"}
      });
    if (d.gains.length) items.push({text: "See what each promotion buys, layer by layer.", view: {view: "gains"}});
    if (d.series.length) items.push({text: "See the errors themselves.", view: {view: "series"}});
    items.push({
      text: "Make more trials: intervals shrink with the root of their number.",
      command: again(d, (words) => withOption(words, "--trials", String(10 * d.trials)))
    });
    items.push({text: "See the other experiments.", command: "halfulp experiment --help"});
    return items;
  },
  views: (d) =>
      [d.curves.length ? {
        id: "curves",
        title: "Bounds and what happens",
        text: "One curve at a time; the choices above the plot have the others.",
        make: () => [curveFigure(d.curves)]
      } :
                         null,
       d.gains.length ?
           {id: "gains", title: "What promotion buys", text: "Above the dotted line it helps.", make: () => gainFigure(d.gains)} :
           null,
       d.series.length ? {
         id: "series",
         title: "Errors over many trials",
         make: () => seriesFigures(d.series, {
           xLabel: d.series[0].x_label,
           logX: false,
           dims: ["arithmetic", "blocks", "variant", "layers", "granularity"],
           by: ["promoted"],
           name: d.experiment
         })
       } :
                         null,
       d.curves.length ? {
         id: "bounds",
         title: "All bounds",
         make: () => [table({
           caption: "All bounds",
           rows: boundRows(d),
           sort: {key: "worst"},
           columns: [
             {key: "arithmetic", title: "Arithmetic"}, {key: "variant", title: "Variant"}, {key: "input", title: "Input"},
             {key: "bound", title: "Bound"}, {key: "rigorous", title: "Rigorous"}, {key: "worst", title: "Worst ratio"},
             {key: "exceeded", title: "Exceeded"}, {key: "stated", title: "Stated"}
           ]
         })]
       } :
                         null,
       {id: "options", title: "Options", make: () => [shownValue("options", d.options)]}],
};
