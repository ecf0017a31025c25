// The heads of a document of spectra: where they stand, their numbers, and one of them in full.

// [{path: "compare.heads", list}]: at the top and one level below it.
function headLists(d) {
  const isHeads = (list) =>
      Array.isArray(list) && list.length > 0 && list.every((h) => isRecord(h) && isNumber(h.layer) && isNumber(h.head));
  return Object.entries(d).flatMap(
      ([key, value]) =>
          (isHeads(value) ?
               [{path: key, list: value}] :
               isRecord(value) ?
               Object.entries(value).filter(([, inner]) => isHeads(inner)).map(([inner,
                                                                                 list]) => ({path: `${key}.${inner}`, list})) :
               []));
}
const headKey = (h) => `${h.layer}.${h.head}`;
const headName = (h) => `head ${h.head} of layer ${h.layer}`;
const viewId = (path) => path.replace(/\./g, "-");

const quantityNotes = {
  sigma_max: "largest singular value of W_k^T W_q",
  sigma_min: "the d_head-th singular value of W_k^T W_q, the smallest that can differ from 0",
  effective_condition:
      "sigma_1 over sigma_d_head of W_k^T W_q, whose rank is d_head at most; further singular values, if there are any, are 0",
  kq_change: "largest change of a singular value of W_k^T W_q over the larger sigma_max of the two",
  ov_change: "largest change of a singular value of W_o W_v over the larger sigma_max of the two",
  "omega_kq.plain":
      "as the paper has it: 2 scale || |W_k| e ||_2 || |W_q| e ||_2, e the vector of ones; how strongly scores may amplify errors",
  "omega_kq.tight": "the tighter form: 2 scale e^T |W_k|^T |W_q| e",
  frobenius_norm: "root of the sum of squares of the entries of W_k^T W_q",
  rank: "singular values that are proved to be above 0",
  radius: "every singular value is within this of its exact value, proved",
  smallest_nonzero: "the smallest singular value that is proved to be above 0",
  stable_rank: "squared Frobenius norm over squared 2-norm",
  nuclear_norm: "sum of the singular values",
  logit_bound: "the largest logit that this head can give",
  abs_sigma_max: "largest singular value of |W_k|^T |W_q|",
  "abs_sigma_max.lower": "largest singular value of |W_k|^T |W_q|, from below",
  "abs_sigma_max.upper": "largest singular value of |W_k|^T |W_q|, from above",
  factor_as_printed: "the paper's amplification factor; infinite where the product is singular",
  factor_repaired: "the amplification factor with its repaired hypothesis",
  gauge_slack: "the current proxy over its optimum: what a better basis of keys and queries would gain",
  typical_logit: "rms logit of independent isotropic inputs"
};

// Names of the document that say too little.
const quantityTitles = {
  "omega_kq.plain": "amplification of scores, as the paper has it",
  "omega_kq.tight": "amplification of scores, tighter",
  kq_change: "change of keys and queries",
  ov_change: "change of values and output"
};
const titleOf = (key) => quantityTitles[key] || inWords(key);

// What a number means; those of W_o W_v and of products with biases as those of W_k^T W_q.
function noteOf(key) {
  const [, of, stem] = /^(ov\.|biased\.)?(.*?)(?:\.before|\.after)?$/.exec(key), note = quantityNotes[stem] || "";
  return of === "ov." ? note.replace(/W_k\^T W_q/g, "W_o W_v") : of && note ? `${note}, biases included` : note;
}

// {key, title, value(h), signed}: the numbers of the entries; of a pair {before, after}, the change.
const quantitiesKnown = new WeakMap();
function headQuantities(list) {
  if (!quantitiesKnown.has(list)) quantitiesKnown.set(list, quantitiesOfHeads(list));
  return quantitiesKnown.get(list);
}
function quantitiesOfHeads(list) {
  const leaves = new Map(list.map((h) => [h, numericLeaves(h)]));
  const keys =
      unique(list.flatMap((h) => Object.keys(leaves.get(h)))).filter((key) => !["layer", "head", "kv_head"].includes(key));
  const quantities =
      keys.map((key) => ({key, title: titleOf(key), value: (h) => (key in leaves.get(h) ? leaves.get(h)[key] : null)}));
  const changes = keys.filter((key) => key.endsWith(".after") && keys.includes(key.replace(/after$/, "before"))).map((key) => {
    const stem = key.slice(0, -6), ratio = (h) => leaves.get(h)[key] / leaves.get(h)[`${stem}.before`];
    return {
      key: stem,
      title: `change of ${inWords(stem)}, log2`,
      signed: true,
      value: (h) => (isNumber(ratio(h)) && ratio(h) > 0 ? Math.log2(ratio(h)) : null)
    };
  });
  const first = ["effective_condition", "logit_bound", "sigma_max"],
        rank = ({key}) => (first.includes(key) ? first.indexOf(key) : first.length);
  const empty = (q) => !list.some((h) => isNumber(q.value(h)));
  return [...changes, ...quantities].sort((a, b) => empty(a) - empty(b) || rank(a) - rank(b));
}

const flagsOf = (h) => (Array.isArray(h.flags)                                ? h.flags :
                            isRecord(h.flags) && Array.isArray(h.flags.after) ? h.flags.after :
                                                                                [])
                           .map((flag) => inWords(typeof flag === "string" ? flag : flag.name || JSON.stringify(flag)));
const flagged = (d) => (d.heads || []).filter((h) => flagsOf(h).length);

// Lists of numbers, at any depth: singular values.
function curvesOf(record, stem = "") {
  return Object.entries(record).flatMap(
      ([key, v]) =>
          (Array.isArray(v) && v.length > 1 && v.every((x) => x === null || typeof x === "number") ? [[stem + key, v]] :
               isRecord(v) ? curvesOf(v, `${stem}${key}.`) :
                             []));
}
const asPoints = (values) => values.map((y, i) => ({x: i + 1, y}));
const curveAxes = {
  x: {label: "index", integers: true},
  y: {label: "singular value", log: true},
  missing: "none"
};

function headDetail(h, noNumber) {
  const numbers = Object.entries(numericLeaves(h)).filter(([key]) => !["layer", "head"].includes(key)), curves = curvesOf(h);
  const notes = Object.entries(h).filter(([, v]) => typeof v === "string" || typeof v === "boolean");
  return [
    element("h3", {}, `Head ${h.head} of layer ${h.layer}`),
    flagsOf(h).length ? element("p", {class: "flag"}, `Flagged: ${flagsOf(h).join("; ")}`) : null,
    curves.length ? lineFigure({
      name: `singular-values-${headKey(h)}`,
      title: `Singular values of ${headName(h)}`,
      width: detailWidth,
      settings: () => ({...curveAxes, series: curves.map(([name, values]) => ({name: inWords(name), points: asPoints(values)}))})
    }) :
                    null,
    notes.length ? definitions(notes.map(([k, v]) => [inWords(k), typeof v === "boolean" ? shown(v) : v])) : null, table({
      caption: `Numbers of ${headName(h)}`,
      most: 200,
      rows: numbers.map(([name, value]) => ({name, value, means: noteOf(name)})),
      columns: [
        {key: "name", title: "Quantity", show: titleOf},
        {key: "value", title: "Value", show: (v) => (v === null ? noNumber : exact(v))},
        {key: "means", title: "Meaning", show: (v) => v}
      ]
    })
  ].filter(Boolean);
}
