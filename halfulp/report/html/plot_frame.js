// What every plot has around it: a caption, its data as CSV, and its data as a table for those who prefer that.

function csvField(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  // A spreadsheet would take these for formulas.
  const text = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

function csvOf(columns, rows) {
  const complete = completeColumns(columns, rows);
  const lines = [
    complete.map((column) => csvField(column.key)), ...rows.map((row) => complete.map((column) => csvField(column.value(row))))
  ];
  return lines.map((line) => line.join(",") + "\n").join("");
}

function save(name, text) {
  const link = element("a", {href: URL.createObjectURL(new Blob([text], {type: "text/csv;charset=utf-8"})), download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// name: of the CSV file.  data(): {columns, rows} as they are now.  draw(): the picture's nodes.  controls: beside the caption.
// The frame has redraw().
function plotFrame({name, title, note, controls = [], data, draw}) {
  const holder = element("div", {class: "holder"});
  let asTable = false;
  const toggle = button("Table", {class: "toggle", "aria-pressed": "false", title: "Show the data as a table"}, () => {
    asTable = !asTable;
    frame.redraw();
  });
  const csv = button("CSV", {class: "csv", title: "Save the data as CSV"}, () => {
    const {columns, rows} = data();
    save(`${name}.csv`, csvOf(columns, rows));
  });
  // Paper has no controls: what they say stands in the caption there.
  const chosen = element("span", {class: "printed"});
  const frame = element(
      "figure", {class: "plot", "data-plot": name},
      element("div", {class: "tools"}, controls, element("span", {class: "spring"}), toggle, csv), holder,
      element("figcaption", {}, title ? element("strong", {}, title, ". ") : null, note ? `${note} ` : null, chosen));
  frame.redraw = () => {
    chosen.textContent = controls.filter(Boolean).map((control) => control.said()).map((text) => `${text}.`).join(" ");
    toggle.setAttribute("aria-pressed", String(asTable));
    toggle.textContent = asTable ? "Picture" : "Table";
    if (asTable) {
      const {columns, rows} = data();
      holder.replaceChildren(table({caption: title || name, columns, rows}));
    } else {
      holder.replaceChildren(...[draw()].flat());
    }
  };
  frame.csv = () => {
    const {columns, rows} = data();
    return csvOf(columns, rows);
  };
  return frame;
}

// How wide a picture in a box of details may be.
const detailWidth = () => pictureWidth() - 36;

// What margins leave of a sheet of A4; style.css shrinks pictures where they leave less.
const paperWidth = 700;
// How wide a picture may be: what the page leaves it.
function pictureWidth() {
  const main = document.getElementById("result");
  const style = getComputedStyle(main);
  if (printing()) return paperWidth;
  return Math.max(280, Math.floor(main.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)));
}
