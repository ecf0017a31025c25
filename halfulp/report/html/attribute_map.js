// Maps of an attribution: shares, sigmas and bounds of places, and the steps of one place.

const attributeQuantities = [
  {
    key: "share",
    title: "share of the variance",
    value: (steps) => sumOrNull(steps.map((s) => s.share)),
    format: percent,
    note: "all places sum to 1; negative where a rounding that serves all layers works against the others"
  },
  {
    key: "sigma",
    title: "sigma",
    value: (steps) => (steps.some((s) => !isNumber(s.sigma)) ? null : Math.sqrt(sum(steps.map((s) => s.sigma ** 2)))),
    note: "predicted standard deviation of what the place does, its steps taken as independent"
  },
  {
    key: "deterministic",
    title: "worst case",
    value: (steps) => sumOrNull(steps.map((s) => s.deterministic)),
    missing: "not finite, or not asked for",
    note: "first-order bound on what the place can do"
  },
  {
    key: "signed",
    title: "part of the observed error",
    value: (steps) => sumOrNull(steps.map((s) => s.signed)),
    missing: "needs --run",
    note: "what the place did in the run, with its sign"
  },
];

const stepName = (s) =>
    `${s.site}.${s.step}${s.head === null ? "" : `, head ${s.head}`}${s.layer === null ? "" : `, layer ${s.layer}`}`;
const grouped = (steps, key) => d3.nest().key(key).entries(steps);

function attributeMap(d, view, {steps, column, columns, name, title, note, placed}) {
  let quantity = attributeQuantities[0], selected, map;
  const detail = element("div", {class: "detail"});
  const pick = choice("Show", attributeQuantities, quantity.key, (key) => view.choose({quantity: key, select: selected}));
  const cells = new Map(grouped(steps, (s) => `${layerKey(s.layer)}.${column(s)}`).map(({key, values}) => [key, values]));
  const frame = plotFrame({
    name,
    controls: [pick],
    title,
    note,
    data: () => ({
      rows: [...cells.values()],
      columns: [
        {key: "layer", title: "layer", value: (v) => v[0].layer}, {key: placed, title: placed, value: (v) => column(v[0])},
        ...attributeQuantities.map((q) => ({key: q.key, title: q.title, value: q.value}))
      ]
    }),
    draw: () => {
      map = heatMap({
        label: quantity.title,
        rowTitle: "layer",
        columnTitle: placed === "head" ? "head" : undefined,
        rows: layerRows(steps),
        columns,
        format: quantity.format || shown,
        scale: quantity.key === "share" && [...cells.values()].every((v) => quantity.value(v) >= -0.002) ? {kind: "linear"} :
            quantity.key === "signed"                                                                    ? {kind: "signed"} :
                                                                                                           {},
        missing: quantity.missing || "not finite",
        cell: (layer, key) => {
          const found = cells.get(`${layer}.${key}`);
          return found && {
            value: quantity.value(found),
            lines: [
              placed === "head" ? `head ${key} of layer ${layer}` : placeName(found[0].layer, key),
              `${quantity.title}: ${exact(quantity.value(found))}`,
              `share ${percent(attributeQuantities[0].value(found))} in ${plural(found.length, "step")}`
            ]
          };
        },
        select: (layer, key) => view.choose({quantity: quantity.key, select: `${layer}.${key}`})
      });
      if (selected) map.choose(...selected.split("."));
      return [map, element("p", {class: "note"}, `${quantity.title}: ${quantity.note}.`)];
    }
  });
  view.on(({quantity: key, select}) => {
    quantity = attributeQuantities.find((q) => q.key === key) || attributeQuantities[0];
    pick.set(quantity.key);
    selected = cells.has(select) ? select : undefined;
    frame.redraw();
    detail.replaceChildren(...(selected ? [attributeDetail(cells.get(selected), quantity)] : []));
  });
  return [frame, detail];
}

function attributeDetail(steps, quantity) {
  const value = (s) => quantity.value([s]);
  const rows = [...steps].sort((a, b) => Math.abs(value(b)) - Math.abs(value(a)));
  const frame = plotFrame({
    name: "steps-of-the-choice",
    title: `${quantity.title} of its ${plural(rows.length, "step")}`,
    data: () => ({rows, columns: attributeColumns}),
    draw: () => barChart(
        rows.map((s) => ({
                   name: stepName(s),
                   value: value(s),
                   text: (quantity.format || shown)(value(s)),
                   lines: [
                     stepName(s), `share ${exact(s.share)}`, `sigma ${exact(s.sigma)}`, `worst case ${exact(s.deterministic)}`,
                     s.z === null ? null : `observed over sigma ${exact(s.z)}`
                   ]
                 })),
        {missing: quantity.missing})
  });
  frame.redraw();
  return frame;
}

const attributeColumns = [
  {key: "layer", title: "Layer", show: (v) => (v === null ? dash : String(v))}, {key: "site", title: "Site"},
  {key: "step", title: "Step"}, {key: "head", title: "Head", show: (v) => (v === null ? "" : String(v))},
  {key: "share", title: "Share", show: percent}, {key: "sigma", title: "Sigma"}, {key: "deterministic", title: "Worst case"},
  {key: "signed", title: "Observed part"}, {key: "z", title: "Observed / sigma"}
];
