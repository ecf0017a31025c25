// spectra: every attention head, from the weights alone.  Each list of the document whose entries have layer and head is
// a group of heat maps, and each number of an entry is a quantity: the view needs no list of names.

// The singular values of all heads of one layer.
function layerCurves(path, list) {
  const kinds = unique(list.flatMap((h) => curvesOf(h).map(([key]) => key))),
        layers = unique(list.map((h) => h.layer)).sort((a, b) => a - b);
  let layer = layers[0], kind = kinds[0];
  const pick = choice("Layer", layers.map((l) => ({key: String(l), title: String(l)})), String(layer), (key) => {
    layer = Number(key);
    frame.redraw();
  });
  const which = kinds.length > 1 ? choice("Of", kinds.map((key) => ({key, title: inWords(key)})), kind, (key) => {
    kind = key;
    frame.redraw();
  }) : null;
  const frame = lineFigure({
    name: `${viewId(path)}-curves`,
    controls: [pick, which],
    title: "Singular values of the heads of a layer",
    settings: () => ({
      ...curveAxes,
      series:
          list.filter((h) => h.layer === layer)
              .map((h) => ({name: `head ${h.head}`, points: asPoints((curvesOf(h).find(([key]) => key === kind) || [0, []])[1])}))
    })
  });
  return frame;
}

function headMap({path, list}, others, view, d) {
  const quantities = headQuantities(list), byPlace = new Map(list.map((h) => [headKey(h), h])),
        noNumber = "infinite, or does not apply";
  const rivals = others
                     .map(({name: title, document, index}) => {
                       const found = headLists(document).find((l) => l.path === path);
                       return {
                         key: String(index + 1),
                         title: `with ${title}`,
                         byPlace: new Map((found ? found.list : []).map((h) => [headKey(h), h])),
                         quantities: found ? headQuantities(found.list) : []
                       };
                     })
                     .filter(({byPlace: heads}) => heads.size);
  let quantity = quantities[0], rival, selected, map;
  const keys = () => ({quantity: quantity.key, select: selected, against: rival && rival.key});
  const pick = choice("Show", quantities, quantity.key, (key) => view.choose({...keys(), quantity: key}));
  const compare = rivals.length ?
      choice("Compare", [{key: "", title: "no"}, ...rivals], "", (key) => view.choose({...keys(), against: key})) :
      null;
  const detail = element("div", {class: "detail"});
  function ratio(h) {
    const other = rival.byPlace.get(headKey(h)), same = rival.quantities.find((q) => q.key === quantity.key);
    const r = other && same ? quantity.value(h) / same.value(other) : NaN;
    return isNumber(r) && r > 0 ? Math.log2(r) : null;
  }
  const frame = plotFrame({
    name: `${viewId(path)}-layer-by-head`,
    controls: [pick, compare],
    title: "Each cell is a head of a layer",
    note: "Choose one for its numbers and singular values.",
    data: () => ({rows: list, columns: [{key: "layer", title: "layer"}, {key: "head", title: "head"}, ...quantities]}),
    draw: () => {
      map = heatMap({
        label: rival ? `log2 of the ratio, ${quantity.title}` : quantity.title,
        rowTitle: "layer",
        columnTitle: "head",
        scale: rival || quantity.signed ? {kind: "signed"} : {fromZero: false},
        missing: rival ? "no ratio" : noNumber,
        rows: layerRows(list),
        columns: unique(list.map((h) => h.head)).sort((a, b) => a - b).map((head) => ({key: String(head), label: String(head)})),
        cell: (layer, head) => {
          const h = byPlace.get(`${layer}.${head}`);
          return h && {
            value: rival ? ratio(h) : quantity.value(h),
            lines: [
              `${headName(h)}${isNumber(h.kv_head) ? `, key and value head ${h.kv_head}` : ""}`,
              `${quantity.title}: ${exact(quantity.value(h))}`, rival ? `log2 of the ratio: ${exact(ratio(h))}` : null,
              ...flagsOf(h)
            ]
          };
        },
        select: (layer, head) => view.choose({...keys(), select: `${layer}.${head}`})
      });
      if (selected) map.choose(...selected.split("."));
      const note = noteOf(quantity.key),
            change = rival ?
          `log2 of the ratio: above 0 it is larger in this result than in that of ${rival.title.replace(/^with /, "")}` :
          quantity.signed ?
          `log2 of the ratio: above 0 it is larger in ${modelsOf(d).after} than in ${modelsOf(d).before}; 1 is a factor of 2` :
          null;
      return [
        map,
        ...[note && `${titleOf(quantity.key)}: ${note}.`, change && `${capital(change)}.`].filter(Boolean).map(
            (text) => element("p", {class: "note"}, text))
      ];
    }
  });
  view.on(({quantity: key, select, against}) => {
    quantity = quantities.find((q) => q.key === key) || quantities[0];
    rival = rivals.find((r) => r.key === against);
    pick.set(quantity.key);
    if (compare) compare.set(rival ? rival.key : "");
    selected = byPlace.has(select) ? select : undefined;
    frame.redraw();
    detail.replaceChildren(...(selected ? headDetail(byPlace.get(selected), noNumber) : []));
  });
  return [frame, detail];
}

function headTable({path, list}, view) {
  const quantities = headQuantities(list);
  return table({
    caption: `All of ${inWords(path)}`,
    rows: list,
    sort: {key: quantities[0].key},
    select: (h) => view.choose({view: viewId(path), select: headKey(h)}),
    columns: [
      {key: "layer", title: "Layer"}, {key: "head", title: "Head"},
      ...(list.some((h) => flagsOf(h).length) ? [{key: "flags", title: "Flags", value: (h) => flagsOf(h).join("; ")}] : []),
      ...quantities.map((q) => ({...q, missing: "infinite, or does not apply"}))
    ]
  });
}

// The paper's functionals of the weights (weight_functionals.hpp): how strongly a layer may amplify errors.
const layerQuantities = {
  "omega_kq.plain": "scores, as the paper has it: 2 scale || |W_k| e || || |W_q| e ||, largest head",
  "omega_kq.tight": "scores, tighter: 2 scale e' |W_k|' |W_q| e, largest head",
  "omega_ov.plain": "values, as the paper has it: ||W_o|| ||W_v||, infinity norms",
  "omega_ov.tight": "values, tighter: || |W_o| |W_v| ||, infinity norm",
  "omega_ud.plain": "perceptron, as the paper has it: ||W_up|| ||W_down||, infinity norms",
  "omega_ud.tight": "perceptron, tighter: || |W_down| |W_up| ||, infinity norm"
};

// Numbers of whole layers, as lines over depth.
function layerLines(rows) {
  const keys = unique(rows.flatMap((row) => Object.keys(numericLeaves(row))))
                   .filter((key) => key !== "layer" && rows.some((row) => isNumber(numericLeaves(row)[key])));
  return lineFigure({
    name: "layers",
    title: "How strongly each layer may amplify errors, by its weights alone",
    note: "Factors of the paper's bounds; e is the vector of ones.",
    settings: () => ({
      x: {label: "layer", integers: true},
      y: {label: "factor"},
      missing: "infinite, or does not apply",
      series: keys.map(
          (key) => ({
            name: layerQuantities[key] || inWords(key),
            points: rows.map((row) => ({x: row.layer, y: numericLeaves(row)[key] === undefined ? null : numericLeaves(row)[key]}))
          }))
    })
  });
}

// The head with the largest; null is infinite.
const headCalled = (d, key) => (d.heads || []).find((h) => h[key] === null) || largest(d.heads || [], (h) => h[key]);
const sizeOf = (value) => (value === null ? "infinite" : shown(value));

// The two models of a comparison, by folder: `before` is the one after --compare.
const modelsOf = (d) => ({
  before: isRecord(d.compare) && isRecord(d.compare.model) ? folderName(d.compare.model.folder || "") : "",
  after: isRecord(d.model) ? folderName(d.model.folder || "") : ""
});

// What changed most between two checkpoints: the head, and the number whose quotient is farthest from 1.
function changeInWords(d) {
  const heads = isRecord(d.compare) ? d.compare.heads || [] : [], head = largest(heads, (h) => h.kq_change);
  if (!head) return "";
  if (!(head.kq_change > 0)) return "No singular value of any head changed.";
  const quotient = (pair) =>
      (isRecord(pair) && pair.before > 0 && pair.after > 0 ? Math.abs(Math.log2(pair.after / pair.before)) : null);
  const [key, pair] = largest(Object.entries(head), ([, value]) => quotient(value)) || [];
  const [before, after] = pair ? shownApart(pair.before, pair.after) : [];
  return `From ${modelsOf(d).before} to ${modelsOf(d).after} ${
      headName(head)} changed most: its singular values of W_k^T W_q by up to ${percent(head.kq_change)} of the largest${
      pair && quotient(pair) > 0 ? `, its ${inWords(key)} from ${before} to ${after}` : ""}.`;
}

verbs.spectra = {
  measured: (d) =>
      [isRecord(d.model) ? ["Model", `${folderName(d.model.folder || "")}${d.model.family ? `, ${d.model.family}` : ""}`] : null,
       ["Heads", `${(d.heads || []).length} in ${plural(unique((d.heads || []).map((h) => h.layer)).length, "layer")}`],
       isRecord(d.compare) && isRecord(d.compare.model) ? ["Compared with", folderName(d.compare.model.folder || "")] : null]
          .filter(Boolean),
  answer(d) {
    const heads = d.heads || [], worst = headCalled(d, "effective_condition"), hot = headCalled(d, "logit_bound"),
          flags = flagged(d).length;
    if (!heads.length) return "No heads were measured.";
    return [
      changeInWords(d),
      flags ? `${flags} of ${plural(heads.length, "head")} ${flags === 1 ? "is" : "are"} flagged.` :
              `None of ${plural(heads.length, "head")} is flagged.`,
      worst && `${capital(headName(worst))} is the worst conditioned (${sizeOf(worst.effective_condition)}).`,
      hot &&
          `${capital(headName(hot))} may give the largest logit (${
              hot.logit_bound === null ? "no bound" : `at most ${shown(hot.logit_bound)}`}).`
    ].filter(Boolean)
        .join(" ");
  },
  next(d) {
    const worst = headCalled(d, "effective_condition"), hot = headCalled(d, "logit_bound"), items = [], flags = flagged(d),
          first = flags[0];
    const changed = isRecord(d.compare) ? largest(d.compare.heads || [], (h) => h.kq_change) : undefined;
    if (changed)
      items.push({
        text: `See ${headName(changed)}, which changed most between the checkpoints.`,
        view: {view: "compare-heads", select: headKey(changed)}
      });
    if (first)
      items.push({
        text:
            `Look at the ${plural(flags.length, "flagged head")}; the first is ${headName(first)}: ${flagsOf(first).join("; ")}.`,
        view: {view: "heads", select: headKey(first)}
      });
    if (worst)
      items.push({
        text: `See the singular values of ${headName(worst)}, the worst conditioned.`,
        view: {view: "heads", quantity: "effective_condition", select: headKey(worst)}
      });
    if (hot)
      items.push({
        text: `See whether ${headName(hot)} gets hot on your data.`,
        view: {view: "heads", quantity: "logit_bound", select: headKey(hot)}
      });
    if (isRecord(d.model) && d.model.folder)
      items.push({
        text: "Measure which heads lose digits on data.",
        command: `halfulp attribute -m ${quoted(d.model.folder)} --recipe bf16`
      });
    return items;
  },
  views(d, others) {
    const lists = headLists(d),
          layers = Array.isArray(d.layers) && d.layers.length > 1 && d.layers.every((l) => isRecord(l) && isNumber(l.layer));
    const title = (path) => (path === "heads" ? "The heads" : path === "compare.heads" ? "What changed" : capital(inWords(path)));
    return [
      ...lists.map((l) => ({
                     id: viewId(l.path),
                     title: title(l.path),
                     text: "One number of every head; the choice above the map has the others.",
                     make: (view) => headMap(l, others, view, d)
                   })),
      ...lists.filter(({list}) => list.some((h) => curvesOf(h).length))
          .map(({path,
                 list}) => ({id: `${viewId(path)}-curves`, title: "Singular values", make: () => [layerCurves(path, list)]})),
      layers ? {id: "layers", title: "Layers", make: () => [layerLines(d.layers)]} : null,
      ...lists.map((l) => ({
                     id: `${viewId(l.path)}-table`,
                     title: `All of ${title(l.path).toLowerCase().replace("what changed", "the changes")}`,
                     make: (view) => [headTable(l, view)]
                   })),
      ...genericViews(d, ["heads", "layers", "compare"])
    ].filter(Boolean);
  },
};
