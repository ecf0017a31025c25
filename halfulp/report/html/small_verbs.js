// Verbs whose result is a list: said in a sentence, shown as lists and tables.

verbs.inspect = {
  measured: (d) => [
      ["Checkpoint", folderName(d.folder)],
      [
        "Architecture",
        `${d.architecture.family}: ${plural(d.architecture.layers, "layer")}, width ${d.architecture.width}, ${
            plural(d.architecture.heads, "head")}`
      ]],
  answer: (d) => `${folderName(d.folder)} has ${d.architecture.parameters.toLocaleString("en-GB")} parameters in ${
      plural(d.tensors.length, "tensor")}, ${inBytes(d.bytes)}.`,
  next: (d) =>
      [{text: "Measure where it loses digits.", command: `halfulp profile -m ${quoted(d.folder)}`}, {
        text: "Ask which roundings would matter, without running them.",
        command: `halfulp attribute -m ${quoted(d.folder)} --recipe bf16`
      },
       d.ignored_keys.length ? {
         text: `${plural(d.ignored_keys.length, "key")} of its config ${
             d.ignored_keys.length === 1 ? "is" : "are"} ignored: see whether they matter.`,
         view: {view: "values"}
       } :
                               {text: "See which sites a recipe may change.", view: {view: "sites"}}],
  views(d) {
    const bars = plotFrame({
      name: "tensors",
      title: "The largest tensors",
      data: () => ({
        rows: d.tensors,
        columns: [
          {key: "name", title: "Tensor"}, {key: "dtype", title: "Format"},
          {key: "shape", title: "Shape", value: (t) => t.shape.join(" x ")}, {key: "bytes", title: "Bytes"}
        ]
      }),
      draw: () => barChart([...d.tensors]
                               .sort((a, b) => b.bytes - a.bytes)
                               .slice(0, 12)
                               .map((t) => ({
                                      name: t.name,
                                      value: t.bytes,
                                      text: inBytes(t.bytes),
                                      lines: [t.name, `${t.dtype}, ${t.shape.join(" x ")}`, `${t.bytes} bytes`]
                                    })))
    });
    bars.redraw();
    return [{id: "largest", title: "Where the bytes are", make: () => [bars]}, ...genericViews(d)];
  },
};

verbs.formats = {
  measured: (d) => [["Formats", d.formats.map((f) => f.name).join(", ")]],
  answer: (d) => `${plural(d.formats.length, "format")}, from ${d.formats[d.formats.length - 1].name} to ${d.formats[0].name}.`,
  next: (d) =>
      [{text: "Round a number to one of them.", command: `echo 65519 | halfulp round --format ${quoted(d.formats[0].name)}`},
       {text: "See what happens on overflow, mode by mode.", view: {view: "formats"}},
       {text: "Profile a model in one of them.", command: "halfulp profile --help"}],
  views: (d) => [{id: "formats", title: "Formats", make: () => [tableOf("Formats", d.formats)]}],
};

verbs.eval = {
  measured: (d) =>
      (d.quantities ? [["Quantities", String(d.quantities.length)]] :
                      [["Quantity", d.quantity], ["Statement", d.statement], ["Data", d.file]]),
  answer: (d) =>
      (d.quantities ? `${plural(d.quantities.length, "quantity", "quantities")} can be computed.` :
           typeof d.value === "string" || typeof d.value === "number" ? `${d.quantity} is ${d.value}.` :
                                                                        `${d.quantity}, good to ${shown(d.radius)}.`),
  next: (d) => [{text: "See all quantities of the paper.", command: "halfulp eval --list"},
                {text: "Check this build against test vectors.", command: "halfulp check --help"},
                {text: "Hold the bounds against a whole network.", command: "halfulp bounds --help"}]
                   .filter((item) => !(d.quantities && item.command.includes("--list"))),
  views: (d) => genericViews(d),
};

// What has no view of its own yet.
const anyVerb = {
  measured: (d) => Object.entries(d)
                       .filter(([key, value]) => typeof value === "string" && key !== "schema")
                       .slice(0, 4)
                       .map(([key, value]) => [inWords(key), value]),
  answer(d) {
    const passed =
        Object.entries(d).filter(([, value]) => isNumber(value)).slice(0, 3).map(([key,
                                                                                   value]) => `${inWords(key)} ${shown(value)}`);
    return passed.length ? `${passed.join(", ")}.` : `A result of halfulp ${d.schema.replace(/^halfulp\.|\/.*$/g, "")}.`;
  },
  next: (d) =>
      [{text: "Read what the verb measures.", command: `halfulp ${quoted(d.schema.replace(/^halfulp\.|\/.*$/g, ""))} --help`},
       {text: "Make the result again.", command: again(d)}],
  views: (d) => genericViews(d),
};
