// HTML elements made from data.  Text goes in as text nodes: nothing on this page parses markup.

// element("p", {class: "note"}, "text", child, ...).  Properties: attributes; on: {event: listener}.
function element(name, properties, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key === "on")
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value);
  }
  for (const child of children.flat())
    if (child !== undefined && child !== null) node.append(child);
  return node;
}

function button(text, properties, press) { return element("button", {type: "button", ...properties, on: {click: press}}, text); }

// A labelled choice; options: [{key, title}].  chosen(key) is called when a person chooses.
let choices = 0;
function choice(label, options, value, chosen) {
  const id = `choice-${++choices}`;
  const select = element(
      "select", {id, on: {change: () => chosen(select.value)}},
      options.map((option) => element("option", {value: option.key}, option.title)));
  select.value = value;
  const node = element("span", {class: "choice"}, element("label", {for: id
                       }, label), select);
  node.set = (key) => {
    select.value = key;
  };
  node.said = () => `${label}: ${select.selectedOptions.length ? select.selectedOptions[0].textContent : ""}`;
  return node;
}

const printing = () => Boolean(document.documentElement.dataset.printing);

// Said by screen readers, now.
function speak(text) { document.getElementById("spoken").textContent = text; }
