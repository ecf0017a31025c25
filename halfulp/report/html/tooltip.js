// The box beside the pointer, or beside the mark that the keyboard is on: exact numbers.

const tooltip = {
  // lines: text, or {colour, text}; the first is the title.
  show(lines, x, y) {
    const box = document.getElementById("tooltip");
    box.replaceChildren(...lines.filter(Boolean).map((line, i) => {
      const row = element("div", {class: i === 0 ? "title" : ""});
      if (line.colour) {
        const swatch = element("span", {class: "swatch"});
        swatch.style.background = line.colour;
        row.append(swatch);
      }
      row.append(line.text === undefined ? String(line) : line.text);
      return row;
    }));
    box.hidden = false;
    const {width, height} = box.getBoundingClientRect();
    const left = x + 14 + width > innerWidth ? Math.max(4, x - 14 - width) : x + 14;
    const top = y + 14 + height > innerHeight ? Math.max(4, y - 14 - height) : y + 14;
    box.style.left = `${left}px`;
    box.style.top = `${top}px`;
  },
  beside(node, lines) {
    const place = node.getBoundingClientRect();
    tooltip.show(lines, place.right - 6, place.bottom - 6);
    speak(lines.filter(Boolean).map((line) => (line.text === undefined ? line : line.text)).join(", "));
  },
  hide() { document.getElementById("tooltip").hidden = true; },
};
