// Any document as nested lists and tables: for what has no picture of its own.

const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

function flattened(record, stem = "") {
  const flat = {};
  for (const [key, value] of Object.entries(record)) {
    if (isRecord(value)) Object.assign(flat, flattened(value, `${stem}${key}.`));
    else
      flat[stem + key] = Array.isArray(value) ?
          value.map((item) => (isRecord(item) || Array.isArray(item) ? JSON.stringify(item) : item)).join(", ") :
          value;
  }
  return flat;
}

function tableOf(caption, records) {
  const rows = records.map((record) => flattened(record));
  const keys = unique(rows.flatMap(Object.keys));
  return table({caption, rows, columns: keys.map((key) => ({key, title: inWords(key), value: (row) => row[key]}))});
}

function shownValue(key, value) {
  if (Array.isArray(value)) {
    if (value.length === 0) return element("span", {}, "none");
    if (value.every(isRecord)) return tableOf(inWords(key), value);
    if (value.every(Array.isArray))
      return tableOf(inWords(key), value.map((row) => Object.fromEntries(row.map((item, i) => [i, item]))));
    return element("span", {}, value.map((item) => (typeof item === "number" ? shown(item) : String(item))).join(", "));
  }
  if (isRecord(value)) return definitions(Object.entries(value).map(([name, inner]) => [inWords(name), shownValue(name, inner)]));
  if (typeof value === "number") return element("span", {title: exact(value)}, shown(value));
  return element(
      "span", {},
      value === null                 ? "none, or not finite" :
          typeof value === "boolean" ? (value ? "yes" : "no") :
                                       value);
}

// Lists of records in sections of their own, the rest together.
function genericViews(d, except = []) {
  const entries = Object.entries(d).filter(([key]) => !["schema", "provenance", ...except].includes(key));
  const large = ([, value]) => Array.isArray(value) && value.length > 0 && value.some((item) => typeof item === "object");
  const small = entries.filter((entry) => !large(entry));
  return [
    small.length ? {
      id: "values",
      title: "Values",
      make: () => [definitions(small.map(([key, value]) => [inWords(key), shownValue(key, value)]))]
    } :
                   null,
    ...entries.filter(large).map(
        ([key, value]) =>
            ({id: key, title: inWords(key)[0].toUpperCase() + inWords(key).slice(1), make: () => [shownValue(key, value)]})),
  ].filter(Boolean);
}
