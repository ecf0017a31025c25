// Tables that sort by any column and filter by words and comparisons.
//
// columns: [{key, title, value: row => number | string | null, show: (value, row) => text}].  A column whose values are
// numbers or null is numeric.  Rows of no value come last in either direction.

// `score share>0.01`: rows that hold the word in some cell, and whose column compares so.
function rowFilter(text, columns) {
  const tests = text.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
    const comparison = /^([^<>=]+)(<=|>=|<|>|=)(.+)$/.exec(word);
    const column = comparison &&
        columns.find((c) => [c.key, c.title].some((name) => name.toLowerCase().replace(/\s+/g, "_") === comparison[1]));
    if (!column) return (row) => columns.some((c) => `${c.text(row)}`.toLowerCase().includes(word));
    const limit = Number(comparison[3]);
    const compare = {"<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b}[comparison[2]];
    if (!compare)
      return (row) => `${column.value(row)}`.toLowerCase() === comparison[3] || (isNumber(limit) && column.value(row) === limit);
    return (row) => isNumber(column.value(row)) && compare(column.value(row), limit);
  });
  return (row) => tests.every((test) => test(row));
}

function compareValues(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", {numeric: true});
}

const isEmpty = (value) => value === null || value === undefined || value === "";

function sortedRows(rows, column, descending) {
  if (!column) return rows;
  return rows.map((row, i) => ({row, i, value: column.value(row)}))
      .sort((a, b) => {
        if (isEmpty(a.value) || isEmpty(b.value)) return isEmpty(a.value) - isEmpty(b.value) || a.i - b.i;
        return (descending ? -1 : 1) * compareValues(a.value, b.value) || a.i - b.i;
      })
      .map(({row}) => row);
}

function completeColumns(columns, rows) {
  return columns.map((given) => {
    const column = {value: (row) => row[given.key], ...given};
    column.numeric = rows.every((row) => isEmpty(column.value(row)) || typeof column.value(row) === "number") &&
        rows.some((row) => typeof column.value(row) === "number");
    column.text = (row) => {
      const value = column.value(row);
      if (column.show) return column.show(value, row);
      return typeof value === "number" || typeof value === "boolean" || isEmpty(value) ? shown(value) : String(value);
    };
    return column;
  });
}

// What a sheet holds of a wide table: its first two columns, and some more; the others stand below, with the first two again.
const columnsOnPaper = 12;
function onPaper(node, columns, rows) {
  if (columns.length <= columnsOnPaper) return;
  const own = d3.range(2), rest = d3.range(2, columns.length),
        step = Math.ceil(rest.length / Math.ceil(rest.length / (columnsOnPaper - 2)));
  const cell = (row, c) => element("td", {class: row.cells[c].className}, row.cells[c].textContent);
  const parts = d3.range(0, rest.length, step).map((from) => {
    const chosen = [...own, ...rest.slice(from, from + step)];
    return element(
        "table", {},
        element(
            "thead", {},
            element("tr", {}, chosen.map((c) => element("th", {class: columns[c].numeric ? "number" : ""}, columns[c].title)))),
        element("tbody", {}, rows.map((row) => element("tr", {}, chosen.map((c) => cell(row, c))))));
  });
  node.append(element("div", {class: "parts"}, parts));
}

// select(row): what happens when a person chooses a row.  sort: {key, descending} at first.
function table({caption, columns: given, rows, sort, select, most = 60}) {
  const columns = completeColumns(given, rows);
  const state = {key: sort && sort.key, descending: sort ? sort.descending !== false : false, filter: "", all: false};
  const body = element("tbody");
  const count = element("span", {class: "count", "aria-live": "polite"});
  const more = button("", {class: "more"}, () => {
    state.all = true;
    fill();
  });
  const cut = element("p", {class: "note printed"});
  const heads = columns.map(
      (column) => element(
          "th", {scope: "col", class: column.numeric ? "number" : "", title: column.note},
          button(column.title, {class: "sort"}, () => {
            if (state.key === column.key) state.descending = !state.descending;
            else Object.assign(state, {key: column.key, descending: column.numeric});
            fill();
          })));
  function cells(row) {
    return columns.map((column) => {
      const value = column.value(row);
      const title = typeof value === "number" && column.text(row) !== exact(value) ? exact(value) :
          column.missing && value === null                                         ? column.missing :
                                                                                     null;
      const text = column.text(row);
      return element("td", {class: column.numeric ? "number" : text.length > 48 ? "long" : "", title}, text);
    });
  }
  function line(row) {
    const tr = element("tr", {}, cells(row));
    if (!select) return tr;
    tr.tabIndex = 0;
    tr.className = "choosable";
    tr.addEventListener("click", () => select(row));
    tr.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        select(row);
      }
      const next = {ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling"}[event.key];
      if (next && tr[next]) {
        event.preventDefault();
        tr[next].focus();
      }
    });
    return tr;
  }
  function fill() {
    const kept = rows.filter(rowFilter(state.filter, columns));
    const sorted = sortedRows(kept, columns.find((column) => column.key === state.key), state.descending);
    const visible = state.all ? sorted : sorted.slice(0, most);
    body.replaceChildren(...visible.map(line));
    heads.forEach((head, i) => {
      const active = columns[i].key === state.key;
      head.setAttribute("aria-sort", active ? (state.descending ? "descending" : "ascending") : "none");
    });
    count.textContent =
        kept.length === rows.length ? plural(rows.length, "row") : `${kept.length} of ${plural(rows.length, "row")}`;
    cut.textContent = visible.length === sorted.length ? "" : `The first ${visible.length} of ${sorted.length} rows.`;
    more.textContent = `Show all ${sorted.length}`;
    more.hidden = visible.length === sorted.length;
  }
  const filter = element("input", {
    type: "search",
    placeholder: "filter: words, or column>1e-3",
    "aria-label": `Filter ${caption}`,
    on: {
      input: () => {
        state.filter = filter.value;
        fill();
      }
    }
  });
  fill();
  const node = element(
      "div", {class: "table"}, rows.length > 5 ? element("div", {class: "tools"}, filter, count) : null,
      element(
          "div", {class: "scroll", tabindex: 0, role: "region", "aria-label": caption},
          element(
              "table", {}, element("caption", {class: "unseen"}, caption), element("thead", {}, element("tr", {}, heads)), body)),
      more, cut);
  node.forPaper = () => onPaper(node, columns, [...body.rows]);
  return node;
}
