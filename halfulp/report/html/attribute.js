// attribute: which roundings cause the error of the output, to first order.

// What a target measures: a divergence or an rms has no sign, other targets have one and are predicted by their deviation.
function targetOf(d) {
  const position = d.target.replace("token=", "");
  return {
    kld: {name: "mean KL divergence", unit: "nats", ladder: "square root of twice the divergence"},
    logits: {name: "rms error of the logits", unit: "logits", ladder: "rms error of the logits"},
    loss: {name: "change of the loss", unit: "nats", signed: true, ladder: "error of the loss, nats"},
    margin: {name: "rms error of the top-1 margins", unit: "logits", ladder: "rms error of the top-1 margins"}
  }[d.target] ||
      {
        name: `change of the margin of the top token at position ${position}`,
        unit: "logits",
        signed: true,
        ladder: `error of the margin at position ${position}, logits`
      };
}

function predictionInWords(d) {
  const {name, unit, signed} = targetOf(d), seen = isNumber(d.observed);
  if (!isNumber(d.predicted)) return `${d.recipe.text} overflows: nothing can be predicted.`;
  if (!signed)
    return `${d.recipe.text} is predicted to make ${shown(d.predicted)} ${unit} (${name})${
        seen ? `; ${shown(d.observed)} ${unit} were observed` : ""}.`;
  const sigmas = d.predicted > 0 ? ` (${shown(Math.abs(d.observed) / d.predicted)} standard deviations)` : "";
  return `${capital(name)} by ${d.recipe.text}: predicted standard deviation ${shown(d.predicted)} ${unit}${
      seen ? `; observed difference ${shown(d.observed)} ${unit}${sigmas}` : ""}.`;
}

function attributeLadder(d) {
  const place = (after) =>
      (after === "embed"    ? 0 :
           after === "head" ? d.model.layers + 1 :
                              Number(after.replace(/\D+/g, "")) + 1);
  const lines = [
    ["observed", "observed"], ["sigma", "predicted"], ["probabilistic", `bound with probability ${1 - d.delta}`],
    ["deterministic", "worst case, first order"], ["entrywise", "entrywise bounds of the run"]
  ].filter(([key]) => d.ladder.some((rung) => isNumber(rung[key])));
  const names = new Map(d.ladder.map((rung) => [place(rung.after), rung.after]));
  return lineFigure({
    name: "error-ladder",
    title: "Error of the output that is there at each depth, carried on without rounding",
    note: `In each of them: ${targetOf(d).ladder}.`,
    settings: () => ({
      x: {label: "after", labels: (x) => names.get(x) || String(x)},
      y: {label: targetOf(d).ladder, log: true},
      missing: "not finite, or not asked for",
      series: lines.map(([key, name]) => ({name, points: d.ladder.map((rung) => ({x: place(rung.after), y: rung[key]}))}))
    })
  });
}

const sitesByShare = (d) => grouped(d.sites, (s) => s.site)
                                .map(({key, values}) => ({site: key, share: sumOrNull(values.map((s) => s.share))}))
                                .sort((a, b) => b.share - a.share);

verbs.attribute = {
  measured: (d) => [...measuredModel(d), ["Target", `${targetOf(d).name}, ${targetOf(d).unit}`]],
  answer(d) {
    const first = sitesByShare(d)[0];
    const said = predictionInWords(d);
    return first && isNumber(first.share) ?
        `${said} Of all sites \u201c${first.site}\u201d has the largest share of what is predicted: ${percent(first.share)}.` :
        said;
  },
  next(d) {
    const items = [], sites = sitesByShare(d);
    const wide = widerThan(d.recipe.text), systematic = systematicStep(d);
    if (isNumber(d.observed) && Math.abs(d.signed - d.observed) > 0.3 * Math.abs(d.observed))
      items.push({
        text: `The parts that were observed sum to ${shown(d.signed)}, not to ${
            shown(d.observed)}: errors are too large for first order, so rely on no share.`,
        view: {view: "totals"}
      });
    if (sites[0])
      items.push({
        text: `Keep \u201c${sites[0].site}\u201d in ${wide}: ${percent(sites[0].share)} of the variance, all layers together.`,
        command: commandLike(d, "profile", ["--recipe", quoted(`${d.recipe.text},${sites[0].site}=${wide}`)]),
        view: {view: "sites"}
      });
    if (systematic)
      items.push({
        text: `Look for a systematic error in ${stepName(systematic)}: it errs ${
            shown(Math.abs(systematic.z))} standard deviations, and the largest of ${systematic.count} random ones exceeds ${
            shown(systematic.limit)} with probability 1\u00a0% only.`,
        view: {view: "table"}
      });
    const head = largest(
        grouped(d.sites.filter((s) => s.head !== null), (s) => `${s.layer}.${s.head}`),
        ({values}) => sumOrNull(values.map((s) => s.share)));
    if (head)
      items.push({
        text: `Look at head ${head.values[0].head} of layer ${head.values[0].layer}, the most sensitive one: ${
            percent(sumOrNull(head.values.map((s) => s.share)))}.`,
        view: {view: "heads", select: head.key}
      });
    if (d.observed === null)
      items.push(
          {text: "Run the recipe too, to see whether the prediction holds.", command: again(d, (words) => [...words, "--run"])});
    items.push({
      text: "Let a plan choose the cheapest sites to keep in more digits.",
      command: commandLike(d, "plan", ["--base", quoted(d.recipe.text), "--promote", wide, "--budget", "kld=10%"])
    });
    return items;
  },
  views: (d) => {
    const headed = d.sites.filter((s) => s.head !== null);
    return [
      {
        id: "sites",
        title: "Where the error of the output comes from",
        text: "Shares of sites, their steps and heads together.",
        make: (view) => attributeMap(d, view, {
          steps: d.sites,
          column: (s) => s.site,
          columns: siteColumns(d.sites),
          name: "layer-by-site",
          placed: "site",
          title: "Each cell is a site of a layer",
          note: "Choose one to see its steps."
        })
      },
      headed.length ? {
        id: "heads",
        title: "Which heads",
        text: "The steps that belong to one head: scores, softmax, and the sum of values.",
        make: (view) => attributeMap(d, view, {
          steps: headed,
          column: (s) => s.head,
          columns: unique(headed.map((s) => s.head)).sort((a, b) => a - b).map((h) => ({key: String(h), label: String(h)})),
          name: "layer-by-head",
          placed: "head",
          title: "Each cell is a head of a layer",
          note: "Choose one to see its steps."
        })
      } :
                      null,
      {
        id: "ladder",
        title: "The error ladder",
        text: "From what happened to what could at most happen.",
        make: () => [attributeLadder(d)]
      },
      {
        id: "table",
        title: "All steps",
        make: () => [table({caption: "All steps", rows: d.sites, sort: {key: "share"}, columns: attributeColumns})]
      },
      {
        id: "totals",
        title: "Totals",
        make: () => [definitions(Object
                                     .entries({
                                       predicted: d.predicted,
                                       "standard error": d.predicted_se,
                                       observed: d.observed,
                                       "sum of observed parts": d.signed,
                                       sigma: d.sigma,
                                       margin: d.margin,
                                       "expected flips": d.expected_flips,
                                       "observed flips": d.observed_flips,
                                       "probabilistic bound": d.bound.probabilistic,
                                       "deterministic bound": d.bound.deterministic
                                     })
                                     .filter(([, v]) => v !== null)
                                     .map(([k, v]) => [k, element("span", {title: exact(v)}, shown(v))])),
                     d.condition ? shownValue("condition", d.condition) : null]
                        .filter(Boolean)
      },
      recipeView(d)
    ];
  },
};
