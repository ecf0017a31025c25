// Colours that people with any kind of colour vision can order: viridis for magnitudes, blue to orange for signs,
// Okabe and Ito's set for lines.  Yellow is the largest, in both themes and in the pictures (heat_map.cpp).

const isDark = () => document.documentElement.dataset.theme === "dark" && !printing();

// Lines differ by dash as well: colours alone do not reach far enough.
const lineColours = () =>
    (isDark() ? ["#6cb6e8", "#f0a63c", "#3fc29a", "#e78ac0", "#f5dd5d", "#5f9fff", "#ef7d4a", "#b9c0c8"] :
                ["#0072b2", "#c76a00", "#00815c", "#b5508a", "#7a6a00", "#2b5fb8", "#b3400f", "#5b646d"]);
const lineDashes = ["", "6 3", "2 3", "8 3 2 3"];
// Beyond 16 lines the order of the lines is told, no longer each line.
function lineStyle(i, count = 1) {
  if (count > 16) return {colour: d3.interpolateViridis((isDark() ? 0.25 : 0) + (0.75 * i) / (count - 1)), dash: ""};
  const colours = lineColours();
  return {colour: colours[i % colours.length], dash: lineDashes[Math.floor(i / colours.length) % lineDashes.length]};
}

const magnitudeColour = (t) => d3.interpolateViridis(isDark() ? 0.1 + 0.9 * t : t);
const blueToOrange = d3.interpolateRgbBasis(["#0b4f8a", "#4a93c7", "#a9cfe6", "#f4f1ea", "#f6c48a", "#e08a2c", "#9a4f00"]);
const blueToOrangeOnDark = d3.interpolateRgbBasis(["#8cc8f2", "#4a8fc4", "#2b567a", "#2a2f35", "#7a5220", "#c9822f", "#ffc374"]);
const signedColour = (t) => (isDark() ? blueToOrangeOnDark : blueToOrange)(t);

// Ink that is read on a colour: black and white are equally far from luminance 0.179, 4.58 to 1.
function inkOn(colour) {
  const {r, g, b} = d3.rgb(colour);
  const linear = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) > 0.179 ? "#000000" : "#ffffff";
}

// The scale that numbers ask for: {kind: "log" | "linear" | "signed", colour(value), low, high}.
// log where the positive ones span more than a factor of 30; signed where both signs matter.  signed about `centre`.
function colourScale(values, wish = {}) {
  const finite = values.filter(isNumber), positive = finite.filter((v) => v > 0);
  const low = d3.min(finite), high = d3.max(finite);
  if (finite.length === 0) return {kind: "none", colour: () => "none", low: 0, high: 0};
  const bothSigns = low < 0 && -low > 0.02 * high;
  if (wish.kind === "signed" || (bothSigns && wish.kind === undefined)) {
    const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
    return {
      kind: "signed",
      low: -reach,
      high: reach,
      colour: (v) => signedColour(0.5 + 0.5 * Math.max(-1, Math.min(1, v / reach)))
    };
  }
  const least = d3.min(positive);
  if (wish.kind === "log" || (wish.kind === undefined && !bothSigns && positive.length > 1 && high / least > 30)) {
    const from = Math.log10(least), span = Math.log10(high) - from || 1;
    return {kind: "log", low: least, high, colour: (v) => magnitudeColour((Math.log10(Math.max(v, least)) - from) / span)};
  }
  const base = wish.fromZero === false ? low : Math.min(0, low), reach = high - base || 1;
  return {kind: "linear", low: base, high, colour: (v) => magnitudeColour((v - base) / reach)};
}
