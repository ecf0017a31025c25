// plan: the cheapest set of sites to keep in more digits.

// Of "kld=10%": [kind, number, "%" or ""]; nothing where promotions are counted ("top 3").
const budgetParts = (d) => (/^(kld|flips|logits)=([-+.e\d]+)(%?)/.exec(d.budget) || []).slice(1);

// What the budget asks of a set of sites that was run: {value, limit, text}; nothing where it asks for a number of promotions,
// or where nothing was run.
function budgetMet(d, set) {
  const [kind, number, percentage] = budgetParts(d);
  if (!kind || !set || !set.observed || !d.base.observed) return null;
  const limit = Number(number) / (percentage ? 100 : 1), run = set.observed;
  const value = kind === "flips"   ? run.flips / d.tokens.count :
      kind === "kld" && percentage ? run.kld / d.base.observed.kld :
                                     run[kind];
  if (!isNumber(value)) return null;
  const near = (one, other) => shownApart(one, other)[0];
  const text = {
    flips: `${plural(run.flips, "flip")} in ${plural(d.tokens.count, "token")}`,
    logits: `logits off by ${shown(run.logits)} rms`,
    kld: percentage ? `${near(100 * value, 100 * limit)}\u00a0% of the base's divergence` :
                      `a divergence of ${near(run.kld, limit)}`
  }[kind];
  return {value, limit, text};
}

// The budget whose plan, if runs exceed predictions as much as now, keeps to the one that was asked for.
function tighterBudget(d, {value, limit}) {
  const [kind, number, percentage] = budgetParts(d);
  return `${kind}=${Number((Number(number) * (limit / value) * 0.9).toPrecision(2))}${percentage}`;
}

const planName = (d) => [d.base, d.plan, d.everything, ...d.rules].filter(Boolean);

function planCurve(d) {
  const curve = [...d.curve].sort((a, b) => a.cost.weighted - b.cost.weighted);
  // The mark of each set has its name: on what was observed, where it was run.
  const named = (p, part) => part === "observed" || !(p.observed && isNumber(p.observed.kld));
  const points = (items, part, marks) =>
      items.filter((p) => p[part] && isNumber(p[part].kld)).map((p) => ({
                                                                  x: p.cost.weighted,
                                                                  y: p[part].kld,
                                                                  what: p.name || plural(p.promotions, "promotion"),
                                                                  label: marks && named(p, part) ? p.name : undefined,
                                                                  ring: marks && p === d.plan && named(p, part)
                                                                }));
  // What costs less than promoting everything is what a reader chooses from: the last step to nearly 0 would flatten it.
  const told = [
    ...points(planName(d).filter((p) => p !== d.everything), "predicted"),
    ...points(planName(d).filter((p) => p !== d.everything), "observed")
  ];
  const from = d3.min(told, ({y}) => (y > 0 ? y / 10 : undefined));
  return lineFigure({
    name: "cost-and-divergence",
    title: "What more digits cost and buy",
    note: `The plan is ringed. Cost: ${d.weights.byte} a byte and ${
        d.weights.multiplication} a multiplication, above those of the base.`,
    settings: () => ({
      x: {label: "weighted cost"},
      y: {label: "mean KL divergence", log: true, from},
      series: [
        {name: "best for each cost, predicted", points: points(curve, "predicted"), note: (p) => `, ${p.what}`}, {
          name: "plan and rules of thumb, predicted",
          marks: true,
          points: points(planName(d), "predicted", true),
          note: (p) => `, ${p.what}`
        },
        {
          name: "plan and rules of thumb, run",
          marks: true,
          points: points(planName(d), "observed", true),
          note: (p) => `, ${p.what}`
        }
      ]
    })
  });
}

const planColumns = (observed) =>
    [{key: "name", title: "Set of sites"}, {key: "promotions", title: "Promotions"},
     {key: "weighted", title: "Weighted cost", value: (p) => p.cost.weighted},
     {key: "bytes", title: "Bytes", value: (p) => p.cost.bytes},
     {key: "multiplications", title: "Multiplications", value: (p) => p.cost.multiplications},
     {key: "kld", title: "KL, predicted", value: (p) => p.predicted.kld},
     ...(observed ? [{key: "kld_observed", title: "KL, observed", value: (p) => p.observed && p.observed.kld}] : []),
     {key: "flips", title: "Flips, predicted", value: (p) => p.predicted.flips},
     ...(observed ? [{key: "flips_observed", title: "Flips, observed", value: (p) => p.observed && p.observed.flips}] : [])];

function planMap(d, view) {
  const byPlace = new Map(d.sites.map((s) => [`${layerKey(s.layer)}.${s.site}`, s]));
  const detail = element("div", {class: "detail"});
  let map, selected;
  const frame = plotFrame({
    name: "promotions",
    title: "What each promotion of the plan gains",
    note: "Predicted fall of the divergence. Empty: not promoted. Choose a cell for the reason.",
    data: () => ({
      rows: d.sites.map((s) => ({...s, bytes: s.cost.bytes, multiplications: s.cost.multiplications})),
      columns: ["layer", "site", "gain", "share", "bytes", "multiplications", "reason"].map((key) => ({key, title: key}))
    }),
    draw: () => {
      map = heatMap({
        label: "gain by layer and site",
        rowTitle: "layer",
        rows: layerRows(d.sites),
        columns: siteColumns(d.sites),
        cell: (layer, site) => {
          const s = byPlace.get(`${layer}.${site}`);
          return s &&
              {value: s.gain, lines: [placeName(s.layer, site), `gain ${exact(s.gain)}`, `share ${percent(s.share)}`, s.reason]};
        },
        select: (layer, site) => view.choose({select: `${layer}.${site}`})
      });
      if (selected) map.choose(...selected.split("."));
      return map;
    }
  });
  view.on(({select}) => {
    const s = byPlace.get(select);
    selected = s && select;
    frame.redraw();
    detail.replaceChildren(
        ...(s ?
                [
                  element("h3", {}, placeName(s.layer, s.site)), element("p", {}, s.reason), definitions([
                    ["Gain", exact(s.gain)], ["Share", percent(s.share)], ["Bytes", exact(s.cost.bytes)],
                    ["Multiplications", exact(s.cost.multiplications)]
                  ])
                ] :
                []));
  });
  return [frame, detail];
}

verbs.plan = {
  measured: (d) => [...measuredModel(d), ["Promote to", d.promote], ["Budget", d.budget]],
  answer(d) {
    if (!d.plan) return `No set of sites in ${d.promote} meets ${d.budget}.`;
    const part = d.everything && d.everything.cost.weighted > 0 ?
        ` for ${percent(d.plan.cost.weighted / d.everything.cost.weighted)} of the cost of promoting everything` :
        "";
    const before = d.base.observed && d.base.observed.kld, after = d.plan.observed && d.plan.observed.kld;
    const met = budgetMet(d, d.plan);
    const [seenBefore, seenAfter] = shownApart(before, after),
                       [from, to] = shownApart(d.base.predicted.kld, d.plan.predicted.kld);
    const verdict = !met      ? "" :
        met.value > met.limit ? `; that exceeds the budget of ${d.budget}: ${met.text}` :
                                `, within the budget of ${d.budget}`;
    const observed = isNumber(before) && isNumber(after) ?
        ` In the run it fell from ${seenBefore} to ${seenAfter}${
            d.plan.observed.kld_se > 0 ? ` (standard error ${shown(d.plan.observed.kld_se)})` : ""}${verdict}.` :
        "";
    return `${d.reached ? "" : "The budget is out of reach. "}${plural(d.plan.promotions, "promotion")} to ${d.promote} ${
        d.plan.promotions === 1 ? "is" : "are"} predicted to take the KL divergence from ${from} to ${to}${part}.${observed}`;
  },
  next(d) {
    const items = [], met = budgetMet(d, d.plan);
    if (d.reached && met && met.value > met.limit)
      items.push({
        text: `Ask for a smaller budget, so that the run keeps to ${d.budget} too.`,
        command: again(d, (words) => withOption(words, "--budget", tighterBudget(d, met)))
      });
    const best = (d.best && d.best[0]) || d.sites[0];
    if (d.plan)
      items.push({
        text: "Profile the plan to see what is left.",
        command: commandLike(d, "profile", ["--recipe", quoted(d.plan.recipe)])
      });
    if (best)
      items.push({
        text: `Begin with ${placeName(best.layer, best.site)}: ${best.reason}.`,
        view: {view: "sites", select: `${layerKey(best.layer)}.${best.site}`}
      });
    if (d.hints && d.hints[0])
      items.push({
        text: `Tell ${d.hints[0].engine} to keep ${d.hints[0].sites} in more digits.`,
        command: d.hints[0].setting,
        view: {view: "hints"}
      });
    if (!d.reached)
      items.push({
        text: "Promote to a wider format.",
        command: commandLike(d, "plan", ["--base", quoted(d.recipe.text), "--promote", "fp64", "--budget", quoted(d.budget)])
      });
    if (d.plan)
      items.push({
        text: "See which tokens the plan makes certain.",
        command: commandLike(d, "certify", ["--recipe", quoted(d.plan.recipe)])
      });
    return items;
  },
  views: (d) =>
      [{
        id: "curve",
        title: "Cost and divergence",
        text: "The curve is the best for each cost; rules of thumb stand beside the plan.",
        make: () => [planCurve(d)]
      },
       d.sites.length ? {id: "sites", title: "The promotions", make: (view) => planMap(d, view)} : null, {
         id: "rules",
         title: "Plans and rules",
         make: () => [table(
             {caption: "Plans and rules", rows: planName(d), columns: planColumns(planName(d).some((p) => p.observed))})]
       },
       {
         id: "recipes",
         title: "Their recipes",
         make: () => [definitions(planName(d).map((p) => [p.name, element("code", {}, p.recipe)]))]
       },
       d.hints && d.hints.length ?
           {id: "hints", title: "How engines say it", make: () => [tableOf("How engines say it", d.hints)]} :
           null,
       {id: "table", title: "All promotions", make: () => [tableOf("All promotions", d.sites)]}, recipeView(d)],
};
