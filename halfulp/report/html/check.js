// check: does this build compute what the paper and exact arithmetic say?

verbs.check = {
  measured: (d) => [["Files", d.files.join(", ")], ["Quantities", String(d.quantities.length)]],
  answer: (d) =>
      (d.failed ? `${d.failed} of ${plural(d.passed + d.failed, "value")} are wrong.` :
                  `All ${plural(d.passed, "value")} agree${
                      d.skipped ? `; ${d.skipped} ${d.skipped === 1 ? "was" : "were"} skipped` : ""}.`),
  next(d) {
    const items = [], wrong = d.failures[0];
    if (wrong)
      items.push({text: `Begin with ${wrong.quantity}: expected ${wrong.expected}, got ${wrong.got}.`, view: {view: "failures"}});
    if (d.broken.length)
      items.push({text: `${plural(d.broken.length, "entry", "entries")} could not be read.`, view: {view: "broken"}});
    if (d.skipped)
      items.push({text: "See which quantities were skipped: this build does not know them.", view: {view: "quantities"}});
    items.push({text: "Compute a quantity on data of your own.", command: "halfulp eval --list"});
    items.push({text: "See how sharp each bound is.", command: "halfulp bounds --help"});
    if (!wrong) items.push({text: "Use the build: profile a model.", command: "halfulp profile --help"});
    return items;
  },
  views(d) {
    const counts = plotFrame({
      name: "counts",
      data: () => ({rows: d.quantities, columns: ["name", "passed", "failed", "skipped"].map((key) => ({key, title: key}))}),
      draw: () =>
          barChart([["passed", d.passed], ["failed", d.failed], ["skipped", d.skipped]].map(([name, value]) => ({name, value})))
    });
    counts.redraw();
    return [
      {id: "counts", title: "The count", make: () => [counts]},
      d.failures.length ? {id: "failures", title: "Failures", make: () => [tableOf("Failures", d.failures)]} : null,
      d.broken.length ? {id: "broken", title: "Entries that could not be read", make: () => [shownValue("broken", d.broken)]} :
                        null,
      {
        id: "quantities",
        title: "Quantities",
        make: () => [table({
          caption: "Quantities",
          rows: d.quantities,
          sort: {key: "failed"},
          columns: [
            {key: "name", title: "Quantity"}, {key: "passed", title: "Passed"}, {key: "failed", title: "Failed"},
            {key: "skipped", title: "Skipped"}
          ]
        })]
      }
    ];
  },
};
