// Whether a step errs by more than chance: the largest of many normal numbers is large by itself.

// What a normal number exceeds with this small probability (Abramowitz and Stegun, 26.2.23; good to 4.5e-4).
function normalUpperQuantile(probability) {
  const t = Math.sqrt(-2 * Math.log(probability));
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

// The step whose |z| is beyond what the largest of all reaches with probability 1 %, and which matters: 1 % of the variance or
// of the observed error.
function systematicStep(d) {
  const tested = d.sites.filter((s) => isNumber(s.z)), limit = normalUpperQuantile(0.01 / (2 * Math.max(1, tested.length)));
  const matters = (s) => s.share >= 0.01 || Math.abs(s.signed) >= 0.01 * Math.abs(d.observed);
  const worst = largest(tested.filter((s) => matters(s) && Math.abs(s.z) > limit), (s) => Math.abs(s.z));
  return worst && {...worst, limit, count: tested.length};
}
