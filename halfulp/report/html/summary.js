// The first screen: what was measured, the answer, and what to do next; then where the result comes from.

const titles = {
  profile: "Profile",
  attribute: "Attribution",
  certify: "Certificates",
  plan: "Plan",
  spectra: "Spectra",
  bounds: "Bounds",
  figure: "Figure",
  experiment: "Experiment",
  check: "Check",
  inspect: "Checkpoint",
  formats: "Formats",
  eval: "Evaluation",
  tolerance: "Tolerance"
};
const verbName = (d) => d.schema.replace(/^halfulp\.|\/.*$/g, "");
const verbOf = (d) => (Object.prototype.hasOwnProperty.call(verbs, verbName(d)) ? verbs[verbName(d)] : anyVerb);

// "Profile of gpt2-tinyshakespeare in bf16"
function resultTitle({document: d}) {
  const name = titles[verbName(d)] || verbName(d);
  if (verbName(d) === "figure") return d.figure[0].toUpperCase() + d.figure.slice(1);
  if (verbName(d) === "experiment") return `Experiment: ${inWords(d.experiment)}`;
  const of = isRecord(d.model) && d.model.folder ? ` of ${folderName(d.model.folder)}` :
      d.folder ? ` of ${folderName(d.folder)}` :
      typeof d.quantity === "string" ? ` of ${d.quantity}` :
      typeof d.operation === "string" ? ` of ${d.operation}` :
                                        "";
  return `${name}${of}${isRecord(d.recipe) ? ` in ${d.recipe.text}` : ""}`;
}

// A command that breaks between its options, and within one only where it is longer than the line.
function asWords(command) {
  const groups = [];
  for (const word of command.split(" ")) {
    const last = groups[groups.length - 1];
    if (last && /^--?[A-Za-z][\w-]*$/.test(last) && !word.startsWith("-")) groups[groups.length - 1] += ` ${word}`;
    else groups.push(word);
  }
  return groups.flatMap((group, i) => [i ? " " : "", element("span", {class: "word"}, group)]);
}

function nextItem({text, command, view}, go) {
  const copy = command && button("Copy", {class: "copy"}, () => {
                 const done = () => {
                   copy.textContent = "Copied";
                   speak("Copied");
                 };
                 if (navigator.clipboard)
                   navigator.clipboard.writeText(command).then(done, () => {
                     copy.textContent = "Select it";
                   });
               });
  return element(
      "li", {}, element("p", {}, text, " ", view ? element("a", {href: address.text(go(view)), class: "show"}, "Show it") : null),
      command ? element("div", {class: "command"}, element("code", {}, asWords(command)), copy) : null);
}

// id: of the section, as there may be several on paper.
function summary(result, go, id = "summary") {
  const d = result.document, verb = verbOf(d);
  const items = verb.next(d).slice(0, 3);
  return element(
      "section", {class: "summary", id, "aria-labelledby": `${id}-title`},
      element("h1", {id: `${id}-title`}, resultTitle(result)), element("p", {class: "answer"}, verb.answer(d)),
      element(
          "div", {class: "columns"}, element("div", {}, element("h2", {}, "What was measured"), definitions(verb.measured(d))),
          element(
              "div", {}, element("h2", {}, "What to do next"),
              element("ol", {class: "next"}, items.map((item) => nextItem(item, go))))));
}

// Several results in a row each: what it is of, and its answer.
function overview(results) {
  const answer = ({document: d}) => {
    try {
      return verbOf(d).answer(d);
    } catch (error) {
      console.error(error);
      return "";
    }
  };
  return element(
      "section", {class: "overview", id: "overview", "aria-labelledby": "overview-title"},
      element("h1", {id: "overview-title"}, plural(results.length, "result")),
      element(
          "ol", {},
          results.map(
              (r, i) => element(
                  "li", {}, element("a", {href: address.text({file: i + 1}), title: r.name}, resultTitle(r)),
                  element("p", {}, answer(r))))));
}

function origin(result) {
  const d = result.document, p = d.provenance;
  return element(
      "section", {class: "view"}, element("h2", {}, "Where this comes from"), definitions([
        result.name ? ["File", result.name] : null, ["Schema", d.schema], ["Program", `halfulp ${p.version}, commit ${p.commit}`],
        ["Command", element("code", {}, asWords(p.command_line))], p.seed === undefined ? null : ["Seed", p.seed],
        isRecord(d.model) ? ["Model's hash", d.model.hash] : null,
        isRecord(d.tokens)    ? ["Tokens' hash", d.tokens.hash] :
            isRecord(d.input) ? ["Tokens' hash", d.input.hash] :
                                null,
        isNumber(d.seconds) ? ["Took", `${shown(d.seconds)} s`] : null
      ]));
}
