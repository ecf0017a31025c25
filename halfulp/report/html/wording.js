// Words that results of several verbs share.

const verbs = {};  // name -> {measured(d), answer(d), next(d), views(d, others)}

// As a shell reads it.
function quoted(text) { return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${String(text).replace(/'/g, "'\\''")}'`; }

const lastPart = (path) => String(path).replace(/\/+$/, "").split("/").pop() || String(path);
const capital = (text) => text[0].toUpperCase() + text.slice(1);
// "a, b and c"; of many the first two and how many more.
function listed(names) {
  const shortened = names.length > 4 ? [...names.slice(0, 2), `${names.length - 2} more`] : names;
  return shortened.length < 2 ? shortened.join("") :
                                `${shortened.slice(0, -1).join(", ")} and ${shortened[shortened.length - 1]}`;
}
// The folder's name and, because names such as "bf16" say little, that of the folder around it.
const folderName = (path) => String(path).replace(/\/+$/, "").split("/").slice(-2).join("/");

// What a model's result was made from.
function measuredModel(d) {
  const tokens = d.input || (Array.isArray(d.tokens) ? null : d.tokens), m = d.model;
  return [
    [
      "Model",
      `${folderName(m.folder)}: ${plural(m.layers, "layer")}, width ${m.width}, ${plural(m.heads, "head")}, ${
          m.parameters.toLocaleString("en-GB")} parameters`
    ],
    ["Recipe", d.recipe.text],
    tokens && ["Tokens", `${tokens.count} from ${lastPart(tokens.source)}`],
  ].filter(Boolean);
}

// The command that runs a verb on the same model and tokens, as the command line of the result named them.
function commandLike(d, verb, rest) {
  const words = d.provenance.command_line.split(" ");
  const kept =
      ["--ids", "--tokens"].flatMap((option) => (words.includes(option) ? [option, words[words.indexOf(option) + 1]] : []));
  return ["halfulp", verb, "-m", quoted(d.model.folder), ...kept.map((word) => quoted(word)), ...rest].join(" ");
}

// The command that made a result, without what it did with the output; changed by change(words).
function again(d, change = (words) => words) {
  const words = d.provenance.command_line.split(" ");
  const kept = words.filter(
      (word, i) => word !== "--json" && !["-o", "--output"].includes(word) && !["-o", "--output"].includes(words[i - 1]));
  return change(kept).join(" ");
}
// An option's value replaced, or added.
function withOption(words, option, value) {
  const at = words.indexOf(option);
  return at < 0 ? [...words, option, value] : words.map((word, i) => (i === at + 1 ? value : word));
}

// A wider format for a site than the recipe's own.
const widerThan = (recipe) => (/^(pure-)?(fp32|tf32)\b/.test(recipe) ? "fp64" : "fp32");

const layerKey = (layer) => (layer === null ? "-" : String(layer));
const placeName = (layer, site) => (layer === null ? `\u201c${site}\u201d` : `${site} of layer ${layer}`);

// Rows of a map by layer: what comes before the layers and after them stands in rows of its own.
function layerRows(items) {
  const layers = unique(items.map(({layer}) => layer).filter((layer) => layer !== null)).sort((a, b) => a - b);
  const outside = items.some(({layer}) => layer === null);
  return [
    ...layers.map((layer) => ({key: String(layer), label: String(layer)})), ...(outside ? [{key: "-", label: "outside"}] : [])
  ];
}

// Sites in the order of the forward pass.
const siteColumns = (items) => {
  const order = [
    "embed", "attn_norm", "qkv", "rope", "score", "softmax", "pv", "attn_out", "attn_residual", "mlp_norm", "mlp_in", "act",
    "mlp_out", "mlp_residual", "final_norm", "head"
  ];
  const known = (site) => (order.includes(site) ? order.indexOf(site) : order.length);
  return unique(items.map(({site}) => site)).sort((a, b) => known(a) - known(b)).map((site) => ({key: site, label: site}));
};

const definitions = (pairs) => element(
    "dl", {},
    pairs.filter(Boolean).flatMap(
        ([name, value]) => [element("dt", {}, name), element("dd", {}, value instanceof Node ? value : String(value))]));

// The formats of every step, as the recipe was expanded.
const recipeView = (d) => ({
  id: "recipe",
  title: "The recipe, written out",
  text: "Formats of every step: what it reads, in what it adds, what it gives.",
  make: () => [table({
    caption: "Steps of the recipe",
    rows: d.recipe.steps,
    columns: [
      {key: "layers", title: "Layers", show: (v) => v || dash}, {key: "site", title: "Site"}, {key: "step", title: "Step"},
      ...["in", "acc", "out", "stored"]
          .filter((key) => d.recipe.steps.some((s) => s[key] !== undefined))
          .map((key) => ({key, title: key, show: (v) => v || ""}))
    ]
  })],
});
