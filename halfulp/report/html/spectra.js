// spectra: every attention head, from the weights alone.  Each list of the document whose entries have layer and head is
// a group of heat maps, and each number of an entry is a quantity: the view needs no list of names.

const headLists = (d) => Object.entries(d).filter(([, list]) => Array.isArray(list) && list.length > 0 && list.every((h) => isRecord(h) && isNumber(h.layer) && isNumber(h.head)));
const headKey = (h) => `${h.layer}.${h.head}`;
const notQuantities = ["layer", "head", "kv_head"];

const quantityNotes = {
  sigma_max: "largest singular value of W_k^T W_q", sigma_min: "smallest non-zero singular value of W_k^T W_q", effective_condition: "sigma_1 / sigma_d_head: the product has rank d_head, so its own condition number is infinite",
  stable_rank: "squared Frobenius norm over squared 2-norm", nuclear_norm: "sum of the singular values", logit_bound: "the largest logit that this head can give",
  "abs_sigma_max.lower": "from below, of |W_k|^T |W_q|", "abs_sigma_max.upper": "from above, of |W_k|^T |W_q|", factor_as_printed: "the paper's amplification factor; infinite where the product is singular", factor_repaired: "the amplification factor with its repaired hypothesis"};

function headQuantities(list) {
  const keys = unique(list.flatMap((h) => Object.keys(numericLeaves(h)))).filter((key) => !notQuantities.includes(key));
  const used = keys.filter((key) => list.some((h) => isNumber(numericLeaves(h)[key])));
  const order = ["effective_condition", "logit_bound", "sigma_max"];
  return [...order.filter((key) => used.includes(key)), ...used.filter((key) => !order.includes(key)), ...keys.filter((key) => !used.includes(key))].map((key) => ({key, title: inWords(key)}));
}

const flagsOf = (h) => (Array.isArray(h.flags) ? h.flags.map((flag) => (typeof flag === "string" ? flag : flag.name || JSON.stringify(flag))) : []);
const flagged = (d) => headLists(d).flatMap(([, list]) => list.filter((h) => flagsOf(h).length));

// Singular values of a head under any of the names they may have.
function curvesOf(h) {
  return Object.entries(h).filter(([, v]) => Array.isArray(v) && v.length > 1 && v.every((x) => x === null || typeof x === "number"));
}

function headDetail(h) {
  const numbers = Object.entries(numericLeaves(h)).filter(([key]) => !["layer", "head"].includes(key));
  const facts = table({caption: `Numbers of head ${h.head} of layer ${h.layer}`, rows: numbers.map(([name, value]) => ({name, value, means: quantityNotes[name] || ""})),
    columns: [{key: "name", title: "Quantity", show: inWords}, {key: "value", title: "Value", show: (v) => (v === null ? "infinite, or none" : exact(v))}, {key: "means", title: ""}]});
  const curves = curvesOf(h);
  const plot = curves.length ? lineFigure({name: `singular-values-${headKey(h)}`, title: `Singular values of head ${h.head} of layer ${h.layer}`,
    settings: () => ({x: {label: "index", integers: true}, y: {label: "singular value", log: true}, missing: "none", series: curves.map(([name, values]) => ({name: inWords(name), points: values.map((y, i) => ({x: i + 1, y}))}))})}) : null;
  const text = Object.entries(h).filter(([, v]) => typeof v === "string");
  return [element("h3", {}, `Head ${h.head} of layer ${h.layer}`), flagsOf(h).length ? element("p", {class: "flag"}, flagsOf(h).join("; ")) : null, text.length ? definitions(text.map(([k, v]) => [inWords(k), v])) : null, plot, facts].filter(Boolean);
}

// The singular values of all heads of one layer.
function layerCurves(name, list) {
  const curved = list.filter((h) => curvesOf(h).length);
  if (!curved.length) return null;
  const layers = unique(curved.map((h) => h.layer)).sort((a, b) => a - b);
  let layer = layers[0];
  const pick = choice("Layer", layers.map((l) => ({key: String(l), title: String(l)})), String(layer), (key) => { layer = Number(key); frame.redraw(); });
  const frame = lineFigure({name: `${name}-curves`, controls: [pick], title: "Singular values of the heads of a layer",
    settings: () => ({x: {label: "index", integers: true}, y: {label: "singular value", log: true}, missing: "none",
      series: curved.filter((h) => h.layer === layer).map((h) => ({name: `head ${h.head}`, points: curvesOf(h)[0][1].map((y, i) => ({x: i + 1, y}))}))})});
  return frame;
}

function headMap(name, list, others, view) {
  const quantities = headQuantities(list), byPlace = new Map(list.map((h) => [headKey(h), h]));
  const rivals = others.map(({name: title, document, index}) => ({key: String(index), title: `log2 of this over ${title}`, byPlace: new Map((document[name] || []).map((h) => [headKey(h), h]))})).filter(({byPlace: heads}) => heads.size);
  let quantity = quantities[0], against, selected, map;
  const value = (h) => numericLeaves(h)[quantity.key];
  const pick = choice("Show", quantities, quantity.key, (key) => view.choose({quantity: key, select: selected, against}));
  const compare = rivals.length ? choice("Compare", [{key: "", title: "no"}, ...rivals], "", (key) => view.choose({quantity: quantity.key, select: selected, against: key})) : null;
  const detail = element("div", {class: "detail"});
  const frame = plotFrame({name: `${name}-layer-by-head`, controls: [pick, compare], title: "Each cell is a head of a layer", note: "Choose one for its numbers and singular values.",
    data: () => ({rows: list, columns: [{key: "layer", title: "layer"}, {key: "head", title: "head"}, ...quantities.map((q) => ({key: q.key, title: q.title, value: (h) => numericLeaves(h)[q.key]}))]}),
    draw: () => {
      const rival = rivals.find(({key}) => key === against);
      const shownValueOf = (h) => {
        if (!rival) return value(h);
        const other = rival.byPlace.get(headKey(h)), ratio = other ? value(h) / value(other) : NaN;
        return ratio > 0 && isNumber(ratio) ? Math.log2(ratio) : null;
      };
      map = heatMap({label: rival ? `log2 of the ratio, ${quantity.title}` : quantity.title, rowTitle: "layer", columnTitle: "head", scale: rival ? {kind: "signed"} : {fromZero: false}, missing: rival ? "no ratio" : "infinite, or does not apply",
        rows: layerRows(list), columns: unique(list.map((h) => h.head)).sort((a, b) => a - b).map((head) => ({key: String(head), label: String(head)})),
        cell: (layer, head) => {
          const h = byPlace.get(`${layer}.${head}`);
          return h && {value: shownValueOf(h), lines: [`head ${head} of layer ${layer}${isNumber(h.kv_head) ? `, key and value head ${h.kv_head}` : ""}`, `${quantity.title}: ${exact(value(h))}`, rival ? `log2 of the ratio: ${exact(shownValueOf(h))}` : null, ...flagsOf(h)]};
        },
        select: (layer, head) => view.choose({quantity: quantity.key, select: `${layer}.${head}`, against})});
      if (selected) map.choose(...selected.split("."));
      return [map, quantityNotes[quantity.key] ? element("p", {class: "note"}, `${quantity.title}: ${quantityNotes[quantity.key]}.`) : null].filter(Boolean);
    }});
  view.on(({quantity: key, select, against: rival}) => {
    quantity = quantities.find((q) => q.key === key) || quantities[0];
    against = rival;
    pick.set(quantity.key);
    if (compare) compare.set(against || "");
    selected = byPlace.has(select) ? select : undefined;
    frame.redraw();
    detail.replaceChildren(...(selected ? headDetail(byPlace.get(selected)) : []));
  });
  return [frame, detail];
}

function headTable(name, list, view) {
  const quantities = headQuantities(list);
  return table({caption: `All of ${inWords(name)}`, rows: list, sort: {key: quantities[0].key}, select: (h) => view.choose({view: name, select: headKey(h)}),
    columns: [{key: "layer", title: "Layer"}, {key: "head", title: "Head"}, ...quantities.map((q) => ({key: q.key, title: q.title, value: (h) => numericLeaves(h)[q.key], missing: "infinite, or does not apply"})),
      ...(list.some((h) => flagsOf(h).length) ? [{key: "flags", title: "Flags", value: (h) => flagsOf(h).join("; ")}] : [])]});
}

const headName = (h) => `head ${h.head} of layer ${h.layer}`;

verbs.spectra = {
  measured: (d) => [["Heads", headLists(d).map(([name, list]) => `${list.length} in ${plural(unique(list.map((h) => h.layer)).length, "layer")} (${inWords(name)})`).join("; ")], isRecord(d.model) ? ["Model", lastPart(d.model.folder || "")] : ["Model", String(d.model || "")]],
  answer(d) {
    const heads = (d.heads || []), worst = largest(heads, (h) => h.effective_condition), hot = largest(heads, (h) => h.logit_bound), flags = flagged(d).length;
    if (!heads.length) return "No heads were measured.";
    return [flags ? `${flags} of ${plural(heads.length, "head")} are flagged.` : `None of ${plural(heads.length, "head")} is flagged.`,
      worst && `${headName(worst)[0].toUpperCase()}${headName(worst).slice(1)} is the worst conditioned (${shown(worst.effective_condition)})`, hot && `${worst ? ", " : ""}${headName(hot)} can give the largest logit (at most ${shown(hot.logit_bound)}).`].filter(Boolean).join(" ").replace(" , ", ", ");
  },
  next(d) {
    const heads = d.heads || [], worst = largest(heads, (h) => h.effective_condition), hot = largest(heads, (h) => h.logit_bound), items = [], first = flagged(d)[0];
    if (first) items.push({text: `Look at ${headName(first)}: ${flagsOf(first).join("; ")}.`, view: {view: "heads", select: headKey(first)}});
    if (worst) items.push({text: `See the singular values of ${headName(worst)}.`, view: {view: "heads", quantity: "effective_condition", select: headKey(worst)}});
    if (hot) items.push({text: `See whether ${headName(hot)} gets hot on your data.`, view: {view: "heads", quantity: "logit_bound", select: headKey(hot)}});
    const folder = isRecord(d.model) ? d.model.folder : undefined;
    if (folder) items.push({text: "Measure which heads lose digits on data.", command: `halfulp attribute -m ${quoted(folder)} --recipe bf16`});
    return items;
  },
  views: (d, others) => {
    const lists = headLists(d);
    return [
      ...lists.map(([name, list]) => ({id: name, title: name === "heads" ? "The heads" : inWords(name), text: "One number of every head; the choice above the map has the others.", make: (view) => headMap(name, list, others, view)})),
      ...lists.filter(([, list]) => list.some((h) => curvesOf(h).length)).map(([name, list]) => ({id: `${name}-curves`, title: "Singular values, layer by layer", make: () => [layerCurves(name, list)]})),
      ...lists.map(([name, list]) => ({id: `${name}-table`, title: `All of ${inWords(name)}`, make: (view) => [headTable(name, list, view)]})),
      ...genericViews(d, lists.map(([name]) => name).concat("recipe")),
    ];
  },
};
