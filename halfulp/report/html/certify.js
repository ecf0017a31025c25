// certify: which greedy tokens are certain in spite of rounding.

const verdictKinds = [
  {verdict: "certain", kind: "proved", text: "proved"},
  {verdict: "certain to first order", kind: "first-order", text: "no roundings can change it, to first order"},
  {verdict: "certain with probability", kind: "probable", text: "certain with the stated probability"},
  {verdict: "at risk", kind: "risky", text: "none of these"},
];
const kindOf = (verdict) => verdictKinds.find((k) => k.verdict === verdict) || verdictKinds[3];
const riskOf = (t) => (t.verdict === "at risk" ? (isNumber(t.flip_probability) ? t.flip_probability : 1) : 0);
// Margin over probabilistic radius: above 1 the token is certain.
const certaintyOf = (t) => (t.radius.probabilistic > 0 && isNumber(t.margin) ? t.margin / t.radius.probabilistic : null);

// What the token reads, white space made visible; its id where the result does not say.
function wordOf(t) {
  if (!t.text) return String(t.token);
  const marked = t.text.replace(/\n/g, "\u21b5").replace(/\t/g, "\u2192");
  return marked.trim() === "" ? marked.replace(/ /g, "\u2423") : marked;
}
const nameOf = (t) => (t.text ? `token ${t.token} "${wordOf(t)}"` : `token ${t.token}`);

function tokenDetail(t) {
  const facts = definitions([
    ["Verdict", t.verdict], ["Margin over the next token", exact(t.margin)],
    ["Radius, proved", t.radius.rigorous === null ? "infinite: no statement" : exact(t.radius.rigorous)],
    ["Radius, first order", exact(t.radius.first_order)], ["Radius, probabilistic", exact(t.radius.probabilistic)],
    ["Chance of a flip", exact(t.flip_probability)], ["Flips observed", t.flips]
  ]);
  return [
    element("h3", {}, `Position ${t.position}: ${nameOf(t)}`), facts,
    t.competitors.length ? table({
      caption: `Competitors at position ${t.position}`,
      rows: t.competitors,
      columns: [
        {key: "token", title: "Competitor"}, {key: "text", title: "Reads", value: (c) => (c.text ? wordOf(c) : null)},
        {key: "margin", title: "Margin"}, {key: "sigma", title: "Sigma"}, {key: "first_order", title: "First-order radius"},
        {key: "probabilistic", title: "Probabilistic radius"}, {key: "flip_probability", title: "Chance of winning"}
      ]
    }) :
                           null
  ].filter(Boolean);
}

function certifyTokens(d, view) {
  let colouring = "verdict", selected, text;
  const ways = [
    {key: "verdict", title: "verdict"}, {key: "certainty", title: "radius / margin"}, {key: "flip", title: "chance of a flip"}
  ];
  const pick = choice("Colour by", ways, colouring, (key) => view.choose({quantity: key, select: selected}));
  const detail = element("div", {class: "detail"});
  const value = {
    certainty: (t) => {
      const c = certaintyOf(t);
      return c > 0 ? -Math.log2(c) : null;
    },
    flip: (t) => t.flip_probability
  };
  const columns = [
    {key: "position", title: "Position"}, {key: "token", title: "Token"}, {key: "margin", title: "Margin"},
    {key: "rigorous", title: "Proved radius", value: (t) => t.radius.rigorous},
    {key: "first_order", title: "First-order radius", value: (t) => t.radius.first_order},
    {key: "probabilistic", title: "Probabilistic radius", value: (t) => t.radius.probabilistic},
    {key: "verdict", title: "Verdict"}, {key: "flip_probability", title: "Chance of a flip"}, {key: "flips", title: "Flips"}
  ];
  const frame = plotFrame({
    name: "tokens",
    controls: [pick],
    title: "The greedy token at every position",
    note: d.tokens.some((t) => t.text) ?
        "Choose one for its margin and competitors." :
        "Numbers are token ids: this result holds no text. Choose one for its margin and competitors.",
    data: () => ({rows: d.tokens, columns}),
    draw: () => {
      const scale = colouring === "verdict" ?
          null :
          colourScale(d.tokens.map(value[colouring]), colouring === "certainty" ? {kind: "signed"} : {kind: "linear"});
      text = tokenText(
          d.tokens.map((t) => {
            const number = scale && value[colouring](t);
            return {
              text: wordOf(t),
              kind: `${scale ? "scaled" : kindOf(t.verdict).kind}${t.flips ? " flipped" : ""}${
                  scale && !isNumber(number) ? " hatched" : ""}`,
              colour: scale && isNumber(number) ? scale.colour(number) : null,
              lines: [
                `position ${t.position}, ${nameOf(t)}`, t.verdict, `margin ${exact(t.margin)}`,
                `probabilistic radius ${exact(t.radius.probabilistic)}`, `chance of a flip ${exact(t.flip_probability)}`,
                t.flips ? `flipped ${plural(t.flips, "time")}` : null
              ].filter(Boolean)
            };
          }),
          (i) => view.choose({quantity: colouring, select: d.tokens[i].position}));
      const keys = verdictKinds.map(
          ({verdict, kind, text: meaning}) =>
              element("span", {class: "key"}, element("span", {class: `token sample ${kind}`}, "12"), `${verdict}: ${meaning}`));
      const legend = scale ?
          colourLegend(scale, {
            label: colouring === "certainty" ? "probabilistic radius over margin, log2: below 0 certain" : "chance of a flip"
          }) :
          element(
              "div", {class: "legend-row"}, keys,
              element("span", {class: "key"}, element("span", {class: "token sample flipped"}, "12"), "flipped in the run"));
      text.choose(d.tokens.findIndex((t) => String(t.position) === String(selected)));
      return [text, legend];
    }
  });
  view.on(({quantity, select}) => {
    colouring = ways.some(({key}) => key === quantity) ? quantity : "verdict";
    pick.set(colouring);
    const token = d.tokens.find((t) => String(t.position) === String(select));
    selected = token && token.position;
    frame.redraw();
    detail.replaceChildren(...(token ? tokenDetail(token) : []));
  });
  return [frame, detail];
}

function certifyVerdicts(d) {
  const frame = plotFrame({
    name: "verdicts",
    title: "How sure the greedy tokens are",
    data: () => ({
      rows: d.summary.verdicts,
      columns: [
        {key: "verdict", title: "Verdict"}, {key: "tokens", title: "Tokens"}, {key: "flips", title: "Flips"},
        {key: "decisions", title: "Decisions against a competitor"}
      ]
    }),
    draw: () => barChart(d.summary.verdicts.map((v) => ({
                                                  name: v.verdict,
                                                  value: v.tokens,
                                                  text: `${v.tokens}  ${percent(v.tokens / d.tokens.length)}`,
                                                  lines: [v.verdict, plural(v.tokens, "token"), plural(v.flips, "flip")]
                                                })))
  });
  frame.redraw();
  return frame;
}

function certifyCalibration(d) {
  const bins = d.summary.calibration.filter((bin) => bin.decisions > 0 && isNumber(bin.predicted));
  return lineFigure({
    name: "calibration",
    title: "Predicted chance of a flip against what happened",
    note: `Bins of decisions against a competitor, in ${
        plural(d.runs, "run")}. On the line the prediction is right; the band is two standard errors.`,
    settings: () => ({
      x: {label: "predicted"},
      y: {label: "observed", log: false},
      series: [
        {
          name: "prediction is right",
          points: [{x: 0, y: 0}, ...bins.map((bin) => ({x: bin.predicted, y: bin.predicted}))].sort((a, b) => a.x - b.x)
        },
        {
          name: "observed",
          marks: true,
          note: (p) => ` of ${plural(p.decisions, "decision")}`,
          points: bins.map((bin) => {
                        const rate = bin.flips / bin.decisions,
                              se = Math.sqrt((bin.predicted * (1 - bin.predicted)) / bin.decisions);
                        return {
                          x: bin.predicted,
                          y: rate,
                          low: Math.max(0, bin.predicted - 2 * se),
                          high: bin.predicted + 2 * se,
                          decisions: bin.decisions
                        };
                      })
                      .sort((a, b) => a.x - b.x)
        }
      ]
    })
  });
}

verbs.certify = {
  measured: (d) =>
      [...measuredModel(d), ["Stated probability", String(1 - d.delta)],
       ["Runs", `${d.runs}${d.at_random ? ", rounding at random" : ""}`]],
  answer(d) {
    const found =
        verdictKinds.map(({verdict}) => [verdict, d.tokens.filter((t) => t.verdict === verdict).length])
            .filter(([, count]) => count)
            .map(
                ([verdict, count]) => `${count} ${
                    verdict === "certain with probability" ? `certain with probability ${shown(1 - d.delta)}` : verdict}`);
    const flips = d.summary.observed_flips;
    return `Of ${plural(d.tokens.length, "greedy token")} in ${d.recipe.text}: ${found.join(", ")}. ${
        d.runs === 1 ? "In the run" : `In the mean of ${d.runs} runs`} ${flips === 0 ? "none" : shown(flips)} flipped; ${
        shown(d.summary.expected_flips)} ${d.summary.expected_flips === 1 ? "was" : "were"} expected.`;
  },
  next(d) {
    const risky = d.tokens.filter((t) => t.verdict === "at risk").sort((a, b) => riskOf(b) - riskOf(a)), items = [],
          wide = widerThan(d.recipe.text);
    if (risky[0]) {
      const likely = d.summary.expected_flips >= 0.5;
      items.push({
        text: `Look at position ${risky[0].position}, the likeliest to flip (${percent(riskOf(risky[0]))}).`,
        view: {view: "tokens", select: risky[0].position}
      });
      items.push({
        text: "See which roundings put that token at risk.",
        command: commandLike(d, "attribute", ["--recipe", quoted(d.recipe.text), "--target", `token=${risky[0].position}`])
      });
      items.push({
        text: `Let a plan find what to keep in more digits so that ${
            likely ? "half as many tokens flip" : "the output moves less"}.`,
        command: commandLike(
            d, "plan",
            [
              "--base", quoted(d.recipe.text), "--promote", wide, "--budget",
              likely ? `flips=${shown(50 * d.summary.expected_flips / d.tokens.length)}%` : "kld=10%"
            ])
      });
    } else {
      items.push(
          {text: "No token is at risk: a cheaper recipe may do.", command: commandLike(d, "certify", ["--recipe", "bf16"])});
    }
    if (d.extrapolated)
      items.push({
        text: `Radii of all but the ${d.candidates} closest competitors are extrapolated: compute more.`,
        command: commandLike(d, "certify", ["--recipe", quoted(d.recipe.text), "--candidates", String(4 * d.candidates)])
      });
    if (!d.at_random)
      items.push({
        text: "Round the head at random, to see how often a token flips.",
        command: commandLike(d, "certify", ["--recipe", quoted(`${d.recipe.text},head=bf16:stochastic`), "--runs", "20"])
      });
    return items;
  },
  views: (d) =>
      [{
        id: "tokens",
        title: "The tokens",
        text: "Coloured by how sure each is; arrow keys go from token to token.",
        make: (view) => certifyTokens(d, view)
      },
       {id: "verdicts", title: "How many are certain", make: () => [certifyVerdicts(d)]},
       d.summary.calibration.some((bin) => bin.decisions > 0) ?
           {id: "calibration", title: "Are the predicted flips right?", make: () => [certifyCalibration(d)]} :
           null,
       {
         id: "table",
         title: "All tokens",
         text: "Choose a row to see its competitors.",
         make: (view) => [table({
           caption: "All tokens",
           rows: d.tokens,
           sort: {key: "flip_probability"},
           select: (t) => view.choose({view: "tokens", select: t.position}),
           columns: [
             {key: "position", title: "Position"}, {key: "token", title: "Token"}, {key: "verdict", title: "Verdict"},
             {key: "flip_probability", title: "Chance of a flip"}, {key: "margin", title: "Margin"},
             {key: "probabilistic", title: "Probabilistic radius", value: (t) => t.radius.probabilistic},
             {key: "first_order", title: "First-order radius", value: (t) => t.radius.first_order},
             {key: "rigorous", title: "Proved radius", value: (t) => t.radius.rigorous, missing: "infinite: no statement"},
             {key: "flips", title: "Flips"}
           ]
         })]
       },
       recipeView(d)],
};
