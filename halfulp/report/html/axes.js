// Axes: linear or logarithmic, their ticks, and what is written at them.

function axisTicks(scale, log, count) {
  if (!log) return scale.ticks(count);
  const [low, high] = scale.domain(), from = Math.ceil(Math.log10(low) - 1e-9), to = Math.floor(Math.log10(high) + 1e-9);
  if (to - from < 2) {
    // Less than two powers of ten: some of their multiples.
    for (const multiples of [[1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]]) {
      const found =
          d3.range(from - 1, to + 1).flatMap((e) => multiples.map((m) => m * 10 ** e)).filter((v) => v >= low && v <= high);
      if (found.length > 1) return found;
    }
    return d3.ticks(low, high, 4);
  }
  const step = Math.max(1, Math.ceil((to - from + 1) / count));
  return d3.range(Math.floor(from / step) * step, to + 1, step).filter((e) => e >= from).map((e) => 10 ** e);
}

// The values themselves where each can be written exactly, in few digits.
const asTicks = (values) => values.length <= 12 && values.every((v) => String(v).length <= 6);

function axisScale(values, log, range, pad) {
  const usable = values.filter((v) => isNumber(v) && (!log || v > 0));
  let [low, high] = usable.length ? d3.extent(usable) : [log ? 0.1 : 0, 1];
  if (low === high) [low, high] = log ? [low / 3, high * 3] : [low - 0.5, high + 0.5];
  else if (pad)
    [low, high] = log ? [low / (high / low) ** pad, high * (high / low) ** pad] :
                        [low - (low < 0 ? pad * (high - low) : Math.min(low, pad * (high - low))), high + pad * (high - low)];
  return (log ? d3.scaleLog() : d3.scaleLinear()).domain([low, high]).range(range);
}

// As many digits as the steps between ticks ask for.
function tickText(scale) {
  const ticks = scale.ticks(7), most = d3.max(ticks, Math.abs);
  if (most >= 1e5 || most < 1e-3) return (v) => (v === 0 ? "0" : v.toExponential(1).replace(".0e", "e"));
  return scale.tickFormat(7);
}

const asksForLog = (values) => {
  const positive = values.filter((v) => isNumber(v) && v > 0);
  return positive.length > 1 && !values.some((v) => v < 0) && d3.max(positive) / d3.min(positive) > 20;
};
