// Tokens in reading order, coloured by how sure each is.

// tokens: [{text, kind: a class, colour, lines}].  select(i).  choose(i) marks one.  Arrow keys go from token to token.
function tokenText(tokens, select) {
  const nodes = tokens.map((token, i) => {
    const node = element(
        "button",
        {type: "button", class: `token ${token.kind || ""}`, tabindex: i === 0 ? 0 : -1, "aria-label": token.lines.join(", ")},
        token.text);
    if (token.colour) {
      node.style.background = token.colour;
      node.style.color = inkOn(token.colour);
    }
    node.addEventListener("mousemove", (event) => tooltip.show(token.lines, event.clientX, event.clientY));
    node.addEventListener("mouseleave", tooltip.hide);
    node.addEventListener("blur", tooltip.hide);
    node.addEventListener("click", () => select(i));
    node.addEventListener("keydown", (event) => {
      const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -1e9, End: 1e9}[event.key];
      if (!step) return;
      event.preventDefault();
      const next = Math.max(0, Math.min(nodes.length - 1, i + step));
      node.tabIndex = -1;
      nodes[next].tabIndex = 0;
      nodes[next].focus();
      tooltip.beside(nodes[next], tokens[next].lines);
    });
    return node;
  });
  const text =
      element("div", {class: "tokens", role: "group", "aria-label": "Tokens; arrow keys go from one to the next"}, nodes);
  text.choose = (chosen) => nodes.forEach((node, i) => node.setAttribute("aria-pressed", String(i === chosen)));
  return text;
}
