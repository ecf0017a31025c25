// The page: chooses the result and the place in it that the address names, and draws again when theme or width change.

const {results, version} = JSON.parse(document.getElementById("documents").textContent);
let drawn;  // {index, above: whether the overview stands above it, views: Map of id -> {section, callbacks}}

const clampFile = (place) => Math.max(0, Math.min(results.length - 1, (Number.parseInt(place.file, 10) || 1) - 1));

// What a view may do: on(callback) hears what the address says about it; choose(parameters) goes to a place in it.
function drawView({id, title, text, make}, index, place, prefix) {
  const callbacks = [], name = `${prefix}view-${id}`;
  const section = element(
      "section", {class: "view", id: name, tabindex: -1, "aria-labelledby": `title-${name}`},
      element("h2", {id: `title-${name}`}, title), text ? element("p", {class: "lead"}, text) : null);
  const view = {
    on: (callback) => callbacks.push(callback),
    choose: (parameters) => {
      keepPlace = !parameters.view || parameters.view === id;
      address.go({file: index + 1, view: id, ...parameters});
    },
  };
  try {
    section.append(...make(view).filter(Boolean));
    callbacks.forEach((callback) => callback(place.view === id ? place : {}));
  } catch (error) {
    section.append(element("p", {class: "flag"}, `This view cannot be drawn: ${error.message}`));
    console.error(error);
  }
  return {section, callbacks};
}

// prefix: of ids, where several results stand in one document.
function drawResult(index, place, prefix = "") {
  const result = results[index], d = result.document;
  const others = results.map((r, i) => ({...r, index: i, name: r.name || resultTitle(r)}))
                     .filter((r, i) => i !== index && r.document.schema === d.schema);
  const node = element("div", {class: "result"}, summary(result, (view) => ({file: index + 1, ...view}), `${prefix}summary`));
  let list;
  try {
    list = verbOf(d).views(d, others).filter(Boolean);
  } catch (error) {
    console.error(error);
    list = genericViews(d);
  }
  const views = new Map(list.map((view) => [view.id, drawView(view, index, place, prefix)]));
  node.append(...[...views.values()].map(({section}) => section), origin(result));
  return {node, views, list};
}

// Links to the results, and to the overview where there are several; beyond five a list to choose from.
function resultLinks(index, above) {
  if (results.length === 1) return [];
  const placeOf = (file) => (file ? {file} : {overview: 1});
  const all = [
    {file: "", title: "Overview", current: above},
    ...results.map((r, i) => ({file: String(i + 1), title: resultTitle(r), name: r.name, current: !above && i === index}))
  ];
  if (results.length > 5)
    return [choice(
        "Result", all.map(({file, title}) => ({key: file, title: file ? `${file}. ${title}` : title})),
        above ? "" : String(index + 1), (file) => address.go(placeOf(file)))];
  return all.map(
      ({file, title, name, current}) =>
          element("a", {href: address.text(placeOf(file)), title: name, "aria-current": current ? "page" : null}, title));
}

function drawPage(index, above) {
  const main = document.getElementById("result"), result = results[index];
  document.title = `${resultTitle(result)} \u2013 Halfulp`;
  const {node, views, list} = drawResult(index, address.read());
  main.replaceChildren(
      ...(above ? [overview(results)] : []), node,
      element(
          "footer", {},
          `Made by halfulp ${version}. Drawn with d3 ${
              d3.version}, copyright Mike Bostock, BSD licence. This page asks no network.`));
  const links = [["summary", "Summary"], ...list.map(({id, title}) => [id, title])];
  document.getElementById("views").replaceChildren(
      ...links.map(([id, title]) => element("a", {href: address.text({file: index + 1, view: id}), "data-view": id}, title)));
  document.querySelector(".skip").setAttribute("href", address.text({file: index + 1, view: "summary"}));
  document.getElementById("files").dataset.file = index + 1;
  document.getElementById("files").replaceChildren(...resultLinks(index, above));
  drawn = {index, above, views};
}

let keepPlace = false;  // the person is at the view already
function goToAddress() {
  const place = address.read(), index = clampFile(place), here = drawn && drawn.index === index;
  // Whoever goes to a view below the overview keeps it.
  const above = results.length > 1 && ((!place.file && !place.view) || Boolean(here && drawn.above && place.view));
  tooltip.hide();
  const fresh = !here || drawn.above !== above;
  if (fresh) drawPage(index, above);
  const target = drawn.views.get(place.view);
  if (target && !fresh) target.callbacks.forEach((callback) => callback(place));
  else if (!fresh)
    for (const view of drawn.views.values()) view.callbacks.forEach((callback) => callback({}));
  const section = target ? target.section : document.getElementById("summary");
  if (!keepPlace && (target || !fresh || place.view)) {
    section.scrollIntoView();
    if (target) target.section.focus({preventScroll: true});
  }
  if (fresh && !target) scrollTo(0, 0);
  keepPlace = false;
  for (const link of document.querySelectorAll("#views a"))
    link.classList.toggle("here", link.dataset.view === (place.view || "summary"));
}

// Pictures alone: what a person has chosen stays.
function redraw() {
  for (const plot of document.querySelectorAll("figure.plot")) plot.redraw();
}

// light, dark, or what the system says.
const darkSystem = matchMedia("(prefers-color-scheme: dark)");
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const other = theme === "dark" ? "light" : "dark";
  const toggle = document.getElementById("theme");
  toggle.textContent = other === "dark" ? "Dark" : "Light";
  toggle.setAttribute("aria-label", `Change to the ${other} theme`);
}
let stored;
try {
  stored = localStorage.getItem("halfulp-theme");
} catch (error) {
  stored = null;
}  // pages from disk may have no storage
setTheme(stored || (darkSystem.matches ? "dark" : "light"));
document.getElementById("theme").addEventListener("click", () => {
  stored = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("halfulp-theme", stored);
  } catch (error) { /* the choice lasts as long as the page */
  }
  setTheme(stored);
  redraw();
});
darkSystem.addEventListener("change", () => {
  if (!stored) {
    setTheme(darkSystem.matches ? "dark" : "light");
    redraw();
  }
});

// Paper is light, as wide as a page, and has all results, in their order.
let paperOnly = [];
function allResults() {
  const own = document.querySelector("#result > .result"), list = document.getElementById("overview") || overview(results);
  const other = (index) => drawResult(index, {}, `result-${index + 1}-`).node;
  const before = results.slice(0, drawn.index).map((_, i) => other(i)),
        after = results.slice(drawn.index + 1).map((_, i) => other(drawn.index + 1 + i));
  paperOnly = [...(list.isConnected ? [] : [list]), ...before, ...after];
  if (!list.isConnected) own.before(list);
  own.before(...before);
  own.after(...after);
}
addEventListener("beforeprint", () => {
  document.documentElement.dataset.printing = "yes";
  redraw();
  if (results.length > 1) allResults();
  for (const table of document.querySelectorAll(".table")) table.forPaper();
});
addEventListener("afterprint", () => {
  delete document.documentElement.dataset.printing;
  [...paperOnly, ...document.querySelectorAll(".parts")].forEach((node) => node.remove());
  paperOnly = [];
  redraw();
});

let width = innerWidth, waiting;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(redraw, 120);
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") tooltip.hide();
});
addEventListener("hashchange", goToAddress);
goToAddress();
document.documentElement.dataset.ready = "yes";
