// Numbers as people read them.  Documents say null for what is not finite or was not measured.

const dash = "\u2013";
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

// As the program's own text does: three digits or so.
function shown(value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (!isNumber(value)) return dash;
  const magnitude = Math.abs(value);
  if (magnitude === 0) return "0";
  if (Number.isInteger(value) && magnitude < 1e5) return String(value);
  if (magnitude < 1e-3 || magnitude >= 1e5) return value.toExponential(2);
  return value.toFixed(magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : magnitude >= 0.1 ? 3 : 4);
}

// All digits of the binary64 number.
function exact(value) {
  if (!isNumber(value)) return dash;
  const magnitude = Math.abs(value);
  return magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e15) ? value.toExponential() : String(value);
}

function percent(value) {
  if (!isNumber(value)) return dash;
  const share = 100 * value;
  if (share !== 0 && Math.abs(share) < 0.05) return share < 0 ? "-0.0\u00a0%" : "< 0.1\u00a0%";
  return `${share.toFixed(Math.abs(share) < 9.95 ? 1 : 0)}\u00a0%`;
}

function inBytes(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.length; ++unit) bytes /= 1024;
  return `${bytes.toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
}

function plural(count, one, many = `${one}s`) { return `${count} ${count === 1 ? one : many}`; }

// Numbers that a reader compares: at least three digits, and so many that their smallest distance has two.
function shownApart(...values) {
  const different = unique(values.filter((v) => isNumber(v) && v !== 0)).sort((a, b) => a - b);
  const gap = d3.min(d3.pairs(different), ([a, b]) => b - a), most = d3.max(different, Math.abs);
  const digits = gap > 0 ? Math.min(17, Math.ceil(Math.log10(most / gap)) + 2) : 3;
  return values.map((v) => {
    if (!isNumber(v) || v === 0 || digits <= 3) return shown(v);
    const magnitude = Math.abs(v);
    return magnitude < 1e-3 || magnitude >= 1e5 ? v.toExponential(digits - 1) : v.toPrecision(digits);
  });
}

// A number of an axis: 10 with its exponent raised, or all of its digits: a tick stands where it says.
function powerOfTen(value) {
  const exponent = Math.round(Math.log10(value)), short = Number(value.toPrecision(12));
  if (Math.abs(exponent) < 3) return String(short);
  if (Math.abs(value / 10 ** exponent - 1) > 1e-9) return short < 1e-3 || short >= 1e5 ? short.toExponential() : String(short);
  const raised = {
    "-": "\u207b",
    0: "\u2070",
    1: "\u00b9",
    2: "\u00b2",
    3: "\u00b3",
    4: "\u2074",
    5: "\u2075",
    6: "\u2076",
    7: "\u2077",
    8: "\u2078",
    9: "\u2079"
  };
  return "10" + [...String(exponent)].map((digit) => raised[digit]).join("");
}

// The numbers at the leaves of an object, {"abs_sigma_max.lower": 3, ...}.
function numericLeaves(object, stem = "") {
  const leaves = {};
  for (const [key, value] of Object.entries(object)) {
    if (value === null || typeof value === "number") leaves[stem + key] = value;
    else if (typeof value === "object" && !Array.isArray(value)) Object.assign(leaves, numericLeaves(value, `${stem}${key}.`));
  }
  return leaves;
}

const sum = (values) => values.reduce((total, value) => total + (value || 0), 0);
// null as soon as one is.
const sumOrNull = (values) => (values.some((value) => !isNumber(value)) ? null : sum(values));
function largest(items, value) {
  return items.reduce(
      (best, item) => (isNumber(value(item)) && (best === undefined || value(item) > value(best)) ? item : best), undefined);
}
const unique = (values) => [...new Set(values)];
const inWords = (key) => key.replace(/[._]/g, " ");
