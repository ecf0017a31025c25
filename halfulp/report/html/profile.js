// profile: which site of which layer makes error, and which passes it on.

const profileQuantities = [
  {
    key: "total",
    title: "total error",
    value: (s) => s.total.normwise,
    note: "relative error in the 2-norm of what the site gives, in the recipe's run"
  },
  {key: "local", title: "made here", value: (s) => s.local.normwise, note: "error of the recipe's site on the reference's input"},
  {
    key: "inherited",
    title: "came in",
    value: (s) => s.inherited.normwise,
    note: "error of the reference's site on the recipe's input"
  },
  {
    key: "amplification",
    title: "amplification",
    value: (s) => s.amplification,
    missing: "the input has no error",
    note: "inherited error over the error of the site's input"
  },
  {
    key: "share",
    title: "predicted share",
    value: (s) => s.share,
    format: percent,
    missing: "not predicted",
    note: "of the predicted KL divergence of the output, all sites rounded"
  },
  {
    key: "median",
    title: "total, median entry",
    value: (s) => s.total.componentwise.median,
    note: "median relative error over the entries"
  },
  {key: "max", title: "total, worst entry", value: (s) => s.total.componentwise.max, note: "largest relative error of an entry"},
  {
    key: "overflow",
    title: "overflows and NaN",
    value: (s) => s.events.overflow + s.events.nan,
    note: "events in the recipe's run"
  },
];

// Shares of sites over all layers, largest first: of the sum of what each does alone, where that was measured, else predicted.
function profileSites(d) {
  if (d.effects.length) {
    const all = sumOrNull(d.effects.map((e) => e.kld_mean));
    return d.effects.map((e) => ({site: e.site, share: all ? e.kld_mean / all : null, measured: true}));
  }
  const shares = d3.nest().key((s) => s.site).entries(d.sites).map(({key, values}) => ({
                                                                     site: key,
                                                                     share: sumOrNull(values.map((s) => s.share))
                                                                   }));
  return shares.filter(({share}) => isNumber(share)).sort((a, b) => b.share - a.share);
}

const overflowing = (d) => d.sites.filter((s) => s.events.overflow + s.events.nan > 0);

function profileDetail(s) {
  const parts = ["local", "inherited", "total"]
                    .concat(s.weight ? ["weight"] : [])
                    .map((part) => ({
                           name: {local: "made here", inherited: "came in", total: "total", weight: "stored weights"}[part],
                           ...s[part].componentwise,
                           normwise: s[part].normwise
                         }));
  const frame = plotFrame({
    name: `errors-of-${s.site}-${layerKey(s.layer)}`,
    title: placeName(s.layer, s.site),
    note: `Amplification ${shown(s.amplification)}, predicted share of the output's error ${percent(s.share)}; ${
              plural(s.events.overflow, "overflow")}, ${plural(s.events.underflow, "underflow")}, ${s.events.nan} NaN.` +
        (s.trusted === false ? " The reference's own error is not small against this one: do not rely on it." : ""),
    data: () => ({
      rows: parts,
      columns: ["name", "p05", "median", "mean", "p95", "max", "infinite", "normwise"].map((key) => ({key, title: key}))
    }),
    draw: () => rangePlot(parts, {label: placeName(s.layer, s.site), unit: "relative error of an entry"})
  });
  frame.redraw();
  return [frame, errorHistogram(s, parts)].filter(Boolean);
}

// The entries of one site by the size of their errors, a bar for a bit.
function errorHistogram(s, parts) {
  const kept = parts.filter((p) => p.histogram && p.histogram.counts.length).map((p) => ({...p, key: p.name, title: p.name}));
  if (!kept.length) return null;
  let chosen = kept.find((p) => p.key === "total") || kept[0];
  const edge = (i) => chosen.histogram.log2_first + i;
  const pick = choice("Of", kept, chosen.key, (key) => {
    chosen = kept.find((p) => p.key === key);
    frame.redraw();
  });
  const frame = plotFrame({
    name: `histogram-of-${s.site}-${layerKey(s.layer)}`,
    controls: [pick],
    title: `How the errors of ${placeName(s.layer, s.site)} are spread`,
    note: "Entries by relative error: a bar for each power of two, a bit more to the right.",
    data: () => ({
      rows: chosen.histogram.counts.map((count, i) => ({from: 2 ** edge(i), to: 2 ** edge(i + 1), count})),
      columns: ["from", "to", "count"].map((key) => ({key, title: key}))
    }),
    draw: () => {
      const {counts, zeros} = chosen.histogram, {median, infinite} = chosen;
      return [
        histogram({
          label: `${chosen.name}, ${placeName(s.layer, s.site)}`,
          edges: d3.range(counts.length + 1).map(edge),
          counts,
          unit: ["entry", "entries"],
          xLabel: "relative error of an entry",
          whole: true,
          xText: (k) => shown(2 ** k),
          marks: median > 0 ? [{x: Math.log2(median), name: "median"}] : []
        }),
        zeros + infinite > 0 ? element("p", {class: "note"}, `Not drawn: ${zeros} exact, ${infinite} infinite.`) : null
      ].filter(Boolean);
    }
  });
  frame.redraw();
  return frame;
}

function profileMap(d, view) {
  let quantity = profileQuantities[0], selected, map;
  const detail = element("div", {class: "detail"});
  const pick = choice("Show", profileQuantities, quantity.key, (key) => view.choose({quantity: key, select: selected}));
  const find = (select) => d.sites.find((s) => `${layerKey(s.layer)}.${s.site}` === select);
  const frame = plotFrame({
    name: "layer-by-site",
    controls: [pick],
    title: "Each cell is a site of a layer",
    note: "Choose one to see how its errors are spread over the entries.",
    data: () => ({
      rows: d.sites,
      columns: [
        {key: "layer", title: "layer"}, {key: "site", title: "site"},
        ...profileQuantities.map((q) => ({key: q.key, title: q.title, value: q.value}))
      ]
    }),
    draw: () => {
      const byPlace = new Map(d.sites.map((s) => [`${layerKey(s.layer)}.${s.site}`, s]));
      map = heatMap({
        label: quantity.title,
        rowTitle: "layer",
        rows: layerRows(d.sites),
        columns: siteColumns(d.sites),
        format: quantity.format || shown,
        scale: quantity.key === "share" ? {kind: "linear"} : {},
        missing: quantity.missing || "not finite",
        cell: (layer, site) => {
          const s = byPlace.get(`${layer}.${site}`);
          return s && {
            value: quantity.value(s),
            lines: [
              placeName(s.layer, site), `${quantity.title}: ${exact(quantity.value(s))}`,
              `made here ${shown(s.local.normwise)}, came in ${shown(s.inherited.normwise)}`,
              s.trusted === false ? "below what the reference supports" : null
            ]
          };
        },
        select: (layer, site) => view.choose({quantity: quantity.key, select: `${layer}.${site}`})
      });
      if (selected) map.choose(...selected.split("."));
      return [map, element("p", {class: "note"}, `${quantity.title}: ${quantity.note}.`)];
    }
  });
  view.on(({quantity: key, select}) => {
    quantity = profileQuantities.find((q) => q.key === key) || profileQuantities[0];
    pick.set(quantity.key);
    selected = select && find(select) ? select : undefined;
    frame.redraw();
    detail.replaceChildren(...(selected ? profileDetail(find(selected)) : []));
  });
  return [frame, detail];
}

// The residual stream, after each layer: what has gathered so far, and what each layer's additions make.
function profileDepth(d) {
  const stream = d.sites.filter((s) => s.site === "embed" || s.site === "mlp_residual");
  const points = (value, more = () => ({})) =>
      stream.map((s) => ({x: s.layer === null ? 0 : s.layer + 1, y: value(s), ...more(s)}));
  return lineFigure({
    name: "growth-over-depth",
    title: "Error of the residual stream after each layer",
    note: "0 is the embedding. The band holds 90 % of the entries.",
    settings: () => ({
      x: {label: "layers passed", integers: true},
      y: {label: "relative error", log: true},
      series: [
        {name: "total, 2-norm", points: points((s) => s.total.normwise)},
        {
          name: "total, median entry (5 % to 95 %)",
          points: points(
              (s) => s.total.componentwise.median, (s) => ({low: s.total.componentwise.p05, high: s.total.componentwise.p95}))
        },
        {name: "made by the last addition", points: points((s) => s.local.normwise)},
      ]
    })
  });
}

function profileEffects(d) {
  const all = sumOrNull(d.effects.map((e) => e.kld_mean));
  const frame = plotFrame({
    name: "effects",
    title: "KL divergence of the output when one site alone is rounded, in all layers",
    note:
        "Divergences of independent roundings add up, nearly. Percentages are of the sum of these bars, not of the predicted divergence.",
    data: () => ({
      rows: d.effects,
      columns: [
        {key: "site", title: "Site"}, {key: "kld_mean", title: "KL divergence"}, {key: "logit_rms", title: "Logits, rms"},
        {key: "top1_flips", title: "Flips"}
      ]
    }),
    draw: () => barChart(d.effects.map(
        (e) => ({
          name: e.site,
          value: e.kld_mean,
          text: `${shown(e.kld_mean)}${all ? `  ${percent(e.kld_mean / all)}` : ""}`,
          lines: [
            e.site, `KL divergence ${exact(e.kld_mean)}`, `logits off by ${exact(e.logit_rms)} rms`, plural(e.top1_flips, "flip")
          ]
        })))
  });
  frame.redraw();
  return frame;
}

function crossEntropies({reference, recipe}) {
  const [before, after] = shownApart(reference, recipe);
  return `${before} nats in the reference, ${after} in the recipe`;
}

const profileTable = (d, view) => table({
  caption: "All sites",
  sort: {key: d.sites.some((s) => isNumber(s.share)) ? "share" : "total"},
  rows: d.sites,
  select: (s) => view.choose({view: "sites", select: `${layerKey(s.layer)}.${s.site}`}),
  columns: [
    {key: "layer", title: "Layer", show: (v) => (v === null ? dash : String(v))}, {key: "site", title: "Site"},
    {key: "share", title: "Predicted share", show: percent, missing: "not predicted"},
    {key: "total", title: "Total", value: (s) => s.total.normwise},
    {key: "local", title: "Made here", value: (s) => s.local.normwise},
    {key: "inherited", title: "Came in", value: (s) => s.inherited.normwise},
    {key: "amplification", title: "Amplified", missing: "the input has no error"},
    {key: "worst", title: "Worst entry", value: (s) => s.total.componentwise.max},
    {key: "events", title: "Overflows, NaN", value: (s) => s.events.overflow + s.events.nan},
    {key: "trusted",
     title: "Supported",
     show: (v) =>
         (v === null ? "unchecked" :
              v      ? "yes" :
                       "no")}
  ]
});

verbs.profile = {
  measured: (d) => [...measuredModel(d), ["Reference", `${d.reference.kind === "fp64" ? "binary64" : "double-double"}, logits good to ${shown(d.reference.radius)}`]],
  answer(d) {
    const o = d.output, bad = overflowing(d);
    if (bad.length) return `${d.recipe.text} overflows: ${placeName(bad[0].layer, bad[0].site)} is the first of ${plural(bad.length, "site")} with overflow or NaN.`;
    const first = profileSites(d)[0];
    const cause = first ? ` ${first.measured ? `Rounded alone, \u201c${first.site}\u201d does most: ${percent(first.share)} of the sum over all sites` : `Of all sites \u201c${first.site}\u201d has the largest predicted share: ${percent(first.share)}`}.` : "";
    return `${d.recipe.text} costs ${shown(o.kld.mean)} nats a token and changes the greedy token at ${o.top1_flips} of ${d.tokens.count} positions.${cause}`;
  },
  next(d) {
    const items = [], sites = profileSites(d), bad = overflowing(d), wide = widerThan(d.recipe.text);
    if (bad.length) items.push({text: `Give ${bad[0].site} a format with more range.`, command: commandLike(d, "profile", ["--recipe", quoted(`${d.recipe.text},${bad[0].site}=${wide}`)]), view: {view: "table"}});
    const untrusted = d.sites.filter((s) => s.trusted === false).length;
    if (untrusted) items.push({text: `${plural(untrusted, "site")} err less than the reference supports: use a longer reference.`, command: commandLike(d, "profile", ["--recipe", quoted(d.recipe.text), "--ref", "dd"])});
    if (sites[0]) items.push({text: `Keep \u201c${sites[0].site}\u201d in ${wide}: ${sites[0].measured ? `alone it does ${percent(sites[0].share)} of what all sites do alone` : `${percent(sites[0].share)} of the divergence is predicted to be its`}.`, command: commandLike(d, "profile", ["--recipe", quoted(`${d.recipe.text},${sites[0].site}=${wide}`)]), view: {view: "sites", quantity: "share"}});
    const worst = largest(d.sites, (s) => s.amplification);
    if (worst) items.push({text: `Look at ${placeName(worst.layer, worst.site)}, which amplifies what comes in ${shown(worst.amplification)} times.`, view: {view: "sites", quantity: "amplification", select: `${layerKey(worst.layer)}.${worst.site}`}});
    items.push({text: "Let a plan choose the cheapest sites to keep in more digits.", command: commandLike(d, "plan", ["--base", quoted(d.recipe.text), "--promote", wide, "--budget", "kld=10%"])});
    items.push({text: "See which tokens are certain in spite of it.", command: commandLike(d, "certify", ["--recipe", quoted(d.recipe.text)])});
    return items;
  },
  views: (d) => [
    {id: "sites", title: "Where the error is", text: "Made here, came in and total, for each site of each layer.", make: (view) => profileMap(d, view)},
    d.sites.some((s) => s.site === "mlp_residual") ? {id: "depth", title: "How it grows", text: "The error that layers hand on.", make: () => [profileDepth(d)]} : null,
    d.effects.length ? {id: "effects", title: "What each site does to the output", text: "Measured, one site at a time.", make: () => [profileEffects(d)]} : null,
    {id: "output", title: "The output", make: () => [definitions([
      ["KL divergence", `${shown(d.output.kld.mean)} nats a token (standard error ${shown(d.output.kld.se)}; 90 % ${shown(d.output.kld.p90)}, 99 % ${shown(d.output.kld.p99)}, largest ${shown(d.output.kld.max)})`],
      ["Greedy token", `changes at ${d.output.top1_flips} of ${d.tokens.count} positions`],
      ["Logits", `off by ${shown(d.output.logit_difference.rms)} rms, ${shown(d.output.logit_difference.max)} at most; their own rms is ${shown(d.output.reference_logit_rms)}`],
      isNumber(d.output.cross_entropy.reference) && ["Cross-entropy", crossEntropies(d.output.cross_entropy)]])]},
    {id: "table", title: "All sites", text: "Choose a row to see it in the map.", make: (view) => [profileTable(d, view)]},
    recipeView(d),
  ],
};
