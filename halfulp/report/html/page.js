// The page: chooses the result and the place in it that the address names, and draws again when theme or width change.

const {results, version} = JSON.parse(document.getElementById("documents").textContent);
let drawn;  // {index, views: Map of id -> {section, callbacks}}

const clampFile = (place) => Math.max(0, Math.min(results.length - 1, (Number.parseInt(place.file, 10) || 1) - 1));

// What a view may do: on(callback) hears what the address says about it; choose(parameters) goes to a place in it.
function drawView({id, title, text, make}, index, place) {
  const callbacks = [];
  const section = element(
      "section", {class: "view", id: `view-${id}`, tabindex: -1, "aria-labelledby": `title-${id}`},
      element("h2", {id: `title-${id}`}, title), text ? element("p", {class: "lead"}, text) : null);
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

function drawResult(index) {
  const result = results[index], d = result.document, main = document.getElementById("result");
  document.title = `${resultTitle(result)} \u2013 Halfulp`;
  main.replaceChildren(summary(result, (view) => ({file: index + 1, ...view})));
  const others = results.map((r, i) => ({...r, index: i, name: r.name || resultTitle(r)}))
                     .filter((r, i) => i !== index && r.document.schema === d.schema);
  const views = new Map();
  let list;
  try {
    list = verbOf(d).views(d, others).filter(Boolean);
  } catch (error) {
    console.error(error);
    list = genericViews(d);
  }
  for (const view of list) {
    const made = drawView(view, index, address.read());
    views.set(view.id, made);
    main.append(made.section);
  }
  main.append(
      origin(result),
      element(
          "footer", {},
          `Made by halfulp ${version}. Drawn with d3 ${
              d3.version}, copyright Mike Bostock, BSD licence. This page asks no network.`));
  const links = [["summary", "Summary"], ...list.map(({id, title}) => [id, title])];
  document.getElementById("views").replaceChildren(
      ...links.map(([id, title]) => element("a", {href: address.text({file: index + 1, view: id}), "data-view": id}, title)));
  document.getElementById("files").dataset.file = index + 1;
  document.getElementById("files").replaceChildren(
      ...(results.length > 5 ?
              [choice(
                  "Result", results.map((r, i) => ({key: String(i + 1), title: `${i + 1}. ${resultTitle(r)}`})),
                  String(index + 1), (file) => address.go({file}))] :
              results.length > 1 ?
              results.map(
                  (r, i) => element(
                      "a", {href: address.text({file: i + 1}), title: r.name, "aria-current": i === index ? "page" : null},
                      resultTitle(r))) :
              []));
  drawn = {index, views};
}

let keepPlace = false;  // the person is at the view already
function goToAddress() {
  const place = address.read(), index = clampFile(place);
  tooltip.hide();
  const fresh = !drawn || drawn.index !== index;
  if (fresh) drawResult(index);
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

function redraw() {
  const top = scrollY;
  drawn = undefined;
  keepPlace = true;
  goToAddress();
  scrollTo(0, top);
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

// Paper is light, and as wide as a page.
function forPrint(printing) {
  if (printing) document.documentElement.dataset.printing = "yes";
  else delete document.documentElement.dataset.printing;
  redraw();
}
addEventListener("beforeprint", () => forPrint(true));
addEventListener("afterprint", () => forPrint(false));

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
