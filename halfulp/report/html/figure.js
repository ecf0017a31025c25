// figure: errors of random transformers over many trials; the paper's plots, and what the paper does not show.

// Values that tell items apart become choices; `by` makes the lines.
function explorer({items, dims, by, name, title, controls = [], off, settings, after}) {
  const state = {};
  const varied = dims.map((dim) => ({dim, values: unique(items.map((item) => item[dim]))}))
                     .filter(({values, dim}) => values.length > 1 && !by.includes(dim));
  for (const {dim, values} of varied) state[dim] = values[0];
  const matching = () => items.filter((item) => varied.every(({dim}) => item[dim] === state[dim]));
  const picks = varied.map(
      ({dim, values}) => choice(
          inWords(dim), values.map((value, i) => ({
                                     key: String(i),
                                     title: value === ""                 ? "plain" :
                                         dim === "layers" && value === 0 ? "along the axis" :
                                         value === null                  ? "none" :
                                                                           String(value)
                                   })),
          "0", (key) => {
            state[dim] = values[Number(key)];
            frame.redraw();
            if (after) after(matching());
          }));
  const lineName = (item) => by.map((dim) => [dim, item[dim]])
                                 .filter(
                                     ([dim, value]) => value !== "" && value !== null && value !== undefined &&
                                         unique(items.map((other) => other[dim])).length > 1)
                                 .map(([dim, value]) => (typeof value === "number" ? `${inWords(dim)} ${value}` : String(value)))
                                 .join(", ") ||
      title;
  const frame = lineFigure({name, title, controls: [...picks, ...controls], off, settings: () => settings(matching(), lineName)});
  return {frame, matching, lineName};
}

const statisticsOf = {
  mean: {
    title: "mean, two standard errors",
    y: (s, i) => s.mean[i],
    low: (s, i) => (isNumber(s.mean[i]) && isNumber(s.mean_se[i]) ? s.mean[i] - 2 * s.mean_se[i] : null),
    high: (s, i) => (isNumber(s.mean[i]) && isNumber(s.mean_se[i]) ? s.mean[i] + 2 * s.mean_se[i] : null)
  },
  median: {
    title: "median, its interval",
    y: (s, i) => s.median[i],
    low: (s, i) => (s.median_ci[i] || [])[0],
    high: (s, i) => (s.median_ci[i] || [])[1]
  },
  spread: {title: "median, 5 % to 95 %", y: (s, i) => s.median[i], low: (s, i) => s.p05[i], high: (s, i) => s.p95[i]},
  geomean: {
    title: "geometric mean, its interval",
    y: (s, i) => s.geomean[i],
    low: (s, i) => (s.geomean_ci[i] || [])[0],
    high: (s, i) => (s.geomean_ci[i] || [])[1]
  },
  largest: {title: "largest", y: (s, i) => s.largest[i], low: () => undefined, high: () => undefined}
};
const norms = {
  componentwise: "largest entry, relative",
  normwise: "Frobenius norm, relative"
};

// How many points' means a few trials carry.
const carriedByFew = (s, norm) => (s[norm].carried_by_few || []).filter(Boolean).length;
const notFinite = (s, norm, i) => s[norm].infinite[i] + s[norm].nan[i];

function seriesFigures(series, {xLabel, logX, dims, by, name}) {
  return Object.entries(norms).map(([norm, yLabel]) => {
    let statistic = series.some((s) => carriedByFew(s, norm)) ? "median" : "mean";
    const tell = element("p", {class: "note"});
    const pick = choice("Statistic", Object.entries(statisticsOf).map(([key, {title}]) => ({key, title})), statistic, (key) => {
      statistic = key;
      made.frame.redraw();
    });
    const made = explorer({
      items: series,
      dims,
      by,
      name: `${name}-${norm}`,
      title: `${norm === "componentwise" ? "Componentwise" : "Normwise"} error`,
      controls: [pick],
      settings: (chosen, lineName) => {
        const {y, low, high} = statisticsOf[statistic];
        const heavy = chosen.filter((s) => carriedByFew(s, norm));
        tell.textContent = statistic === "mean" && heavy.length ?
            `Heavy tails: a few trials carry the mean at ${
                heavy.map((s) => `${carriedByFew(s, norm)} of ${s.x.length} points of ${lineName(s)}`)
                    .join("; ")}. The median is steadier.` :
            "";
        return {
          x: {label: xLabel, log: logX, integers: !logX && xLabel === "layer"},
          y: {label: yLabel, log: true},
          missing: statistic === "mean" || statistic === "geomean" ? "infinite or NaN in some trial" :
                                                                     "infinite or NaN in too many trials",
          always: chosen.every((s) => s[norm].median.some(isNumber) || s.x.every((x, i) => notFinite(s, norm, i) === s.trials)) ?
              "infinite or NaN in every trial" :
              undefined,
          series: chosen.map(
              (s) => ({
                name: lineName(s),
                note: (p) =>
                    (notFinite(s, norm, s.x.indexOf(p.x)) ?
                         `, infinite or NaN in ${notFinite(s, norm, s.x.indexOf(p.x))} of ${plural(s.trials, "trial")}` :
                         ""),
                points: s.x.map((x, i) => ({x, y: y(s[norm], i), low: low(s[norm], i), high: high(s[norm], i)}))
              }))
        };
      }
    });
    made.frame.append(tell);
    return made.frame;
  });
}

// Histograms of the last point, one line of the plot at a time.
function histogramFigure(series, lineName) {
  const kept = series.flatMap(
      (s, i) => Object.keys(norms)
                    .filter((norm) => s[norm].histogram && s[norm].histogram.counts.length)
                    .map((norm) => ({s, norm, key: `${i}.${norm}`, title: `${lineName(s)}, ${norm}`})));
  if (!kept.length) return null;
  let chosen = kept[0];
  const pick = choice("Of", kept, chosen.key, (key) => {
    chosen = kept.find((k) => k.key === key);
    frame.redraw();
  });
  const frame = plotFrame({
    name: "histogram",
    controls: [pick],
    title: "How the trials are spread at the last point",
    note: "Relative errors on a logarithmic axis; the line is the mean.",
    data: () => ({
      rows: chosen.s[chosen.norm].histogram.counts.map((count, i) => ({
                                                         from: 10 ** chosen.s[chosen.norm].histogram.log10_edges[i],
                                                         to: 10 ** chosen.s[chosen.norm].histogram.log10_edges[i + 1],
                                                         count
                                                       })),
      columns: ["from", "to", "count"].map((key) => ({key, title: key}))
    }),
    draw: () => {
      const {log10_edges: edges, counts, mean, zeros, infinite} = chosen.s[chosen.norm].histogram;
      return [
        histogram({
          label: chosen.title,
          edges,
          counts,
          xLabel: norms[chosen.norm],
          whole: true,
          xText: (e) => (Number.isInteger(e) ? powerOfTen(10 ** e) : shown(10 ** e)),
          marks: mean > 0 ? [{x: Math.log10(mean), name: "mean"}] : []
        }),
        zeros + infinite > 0 ? element("p", {class: "note"}, `Not drawn: ${zeros} zeros, ${infinite} infinite.`) : null
      ].filter(Boolean);
    }
  });
  frame.redraw();
  return frame;
}

const figureBy = ["arithmetic", "blocks", "variant", "layers", "granularity"];
const figureName = (d) => (s) =>
    figureBy.map((dim) => [dim, s[dim]])
        .filter(([dim, v]) => v !== "" && v !== null && unique(d.series.map((o) => o[dim])).length > 1)
        .map(([dim, v]) => (dim === "layers" ? `${v} layers` : v))
        .join(", ") ||
    d.series[0].arithmetic;

// One row for each line and norm: what it grows by, and what a reader should doubt.
function growthRows(d) {
  return d.series.flatMap((s) => Object.keys(norms).map((norm) => {
    const g = s[norm].growth, last = s.x.length - 1;
    return {
      line: figureName(d)(s),
      norm,
      last_mean: s[norm].mean[last],
      last_median: s[norm].median[last],
      tail_index: s[norm].tail_index[last],
      few: carriedByFew(s, norm),
      points: s.x.length,
      mean_rate: g && g.mean && g.mean[0] ? g.mean[0].rate : null,
      median_rate: g && g.median && g.median[0] ? g.median[0].rate : null,
      interval: g && g.median && g.median[0] ? g.median[0].interval : [null, null],
      unit: g ? g.unit : ""
    };
  }));
}

verbs.figure =
    {
      measured: (d) => [["Experiment", `${d.figure}: ${d.title}`], ["Trials", `${d.trials}, seed ${d.seed}`]],
      answer(d) {
        const rows = growthRows(d).filter((r) => r.norm === "normwise"), last = largest(rows, (r) => r.last_median),
              dead =
                  rows.filter((r) => d.series.find((s) => figureName(d)(s) === r.line).normwise.median.every((m) => m === null));
        return [
          growthInWords(rows), last ? `At the last point the largest median is ${shown(last.last_median)} (${last.line}).` : "",
          dead.length ? `${lineNames(dead)} ${dead.length === 1 ? "has" : "have"} no number at any point: infinite or NaN.` : ""
        ].filter(Boolean)
            .join(" ");
      },
      next(d) {
        const items = [], few = sum(growthRows(d).map((r) => r.few)), points = sum(growthRows(d).map((r) => r.points)),
              usual = {"figure 1": 5000, "figure 2": 5000, "figure 3": 1000, "figure 4": 1000}[d.figure];
        if (few)
          items.push({
            text: `A few trials carry the mean at ${few} of ${points} points (of each line, in both norms): read medians there.`,
            view: {view: "growth"}
          });
        if (usual && d.trials < usual)
          items.push({
            text: `The paper makes ${usual} trials, this result ${d.trials}: make all.`,
            command: again(d, (words) => withOption(words, "--trials", String(usual)))
          });
        if (!d.reference.sufficient)
          items.push({
            text: "The reference's own error is not small against the errors shown: do not rely on the smallest ones.",
            view: {view: "reference"}
          });
        items.push({text: "See how the trials are spread at the last point.", view: {view: "histogram"}});
        items.push({text: "Compare with the paper's figure as the program tells it.", command: "halfulp experiment --help"});
        return items;
      },
      views:
          (d) =>
              [{
                id: "figure",
                title: d.title,
                text: "The paper's plot: switch lines off below it, choose another statistic above it.",
                make:
                    () =>
                        seriesFigures(
                            d.series, {
                              xLabel: d.x_label,
                              logX: d.log_x,
                              dims: ["blocks", "granularity"],
                              by: ["arithmetic", "blocks", "variant", "layers", "granularity"],
                              name: d.figure.replace(" ", "-")
                            })
              },
               {
                 id: "histogram",
                 title: "The trials",
                 make: () =>
                     [histogramFigure(d.series, figureName(d)) ||
                      element("p", {class: "note"}, "This result holds no histograms.")]
               },
               {
                 id: "growth",
                 title: "Growth and tails",
                 make: () => [table({
                   caption: "Growth and tails",
                   rows: growthRows(d),
                   columns: [
                     {key: "line", title: "Line"}, {key: "norm", title: "Error"}, {key: "mean_rate", title: "Rate, mean"},
                     {key: "median_rate", title: "Rate, median"}, {key: "unit", title: "Unit"},
                     {key: "last_mean", title: "Last mean"}, {key: "last_median", title: "Last median"},
                     {key: "tail_index", title: "Tail index"},
                     {key: "few", title: "Means carried by few", show: (v, r) => `${v} of ${r.points}`}
                   ]
                 })]
               },
               {
                 id: "reference",
                 title: "Reference and options",
                 make: () => [definitions([
                   ["Plan", d.plan], ["Reference", shownValue("reference", d.reference)],
                   ["Options", shownValue("options", d.options)]
                 ])]
               }],
    };
