"""figure1.py HALFULP [--layers L] [--trials T]: Figure 1 (independent blocks, every operation rounded) by a
straightforward NumPy script, one trial at a time and in batches of 50, beside `halfulp figure 1`, in one run.

Needs NumPy.  Prints milliseconds per trial and arithmetic (the reference is counted once), and the ratios."""
import argparse
import json
import subprocess
import time

import numpy as np

D = N = WIDTH = 20


def to_digits(p):
    def rounded(x):
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = 10.0 ** (p - 1 - np.floor(np.log10(np.abs(x))))
            return np.where(x == 0, 0.0, np.rint(x * scale) / scale)

    return rounded


def to_bits(t):
    def rounded(x):
        significand, exponent = np.frexp(x)
        return np.ldexp(np.rint(np.ldexp(significand, t)), exponent - t)

    return rounded


def exact(x):
    return x


def total(r, x, axis):
    """Left to right."""
    x = np.moveaxis(x, axis, 0)
    s = x[0]
    for term in x[1:]:
        s = r(s + term)
    return s


def product(r, a, b):
    """a [.., m, k] times b [.., k, n], every product and every sum rounded."""
    s = r(a[..., :, 0:1] * b[..., 0:1, :])
    for k in range(1, a.shape[-1]):
        s = r(s + r(a[..., :, k : k + 1] * b[..., k : k + 1, :]))
    return s


def layer_norm(r, x):
    d = x.shape[-2]
    c = r(x - r(total(r, x, -2) / d)[..., None, :])
    length = r(np.sqrt(total(r, r(c * c), -2)))
    return r(r(np.sqrt(d) * c) / length[..., None, :])


def attention(r, wq, wk, wv, x):
    d, n = x.shape[-2:]
    q, k, v = product(r, wq, x), product(r, wk, x), product(r, wv, x)
    scores = r(product(r, np.swapaxes(k, -1, -2), q) / np.sqrt(d))
    seen = np.triu(np.ones((n, n), bool))
    # A power of the radix that is common to a column changes no digit; without it exp overflows.
    shift = np.where(seen, scores, -np.inf).max(axis=-2, keepdims=True) if r is exact else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.where(seen, r(np.exp(scores - shift)), 0.0)
        weights = r(e / total(r, e, -2)[..., None, :])
    return product(r, v, weights)


def layer(r, w, x):
    y = r(x + attention(r, w[0], w[1], w[2], layer_norm(r, x)))
    hidden = np.maximum(product(r, w[3], layer_norm(r, y)), 0)
    return r(y + product(r, w[4], hidden))


def draw(rng, shape):
    def diagonal():
        return rng.uniform(0.25, 4, shape + (1, D))

    w = [rng.standard_normal(shape + (D, D)) for _ in range(3)]
    w[0], w[1] = w[0] * diagonal(), w[1] * diagonal()
    deviation = D**-0.25
    w.append(deviation * rng.standard_normal(shape + (WIDTH, D)))
    w.append(deviation * rng.standard_normal(shape + (D, WIDTH)))
    return w


def seconds_per_trial(rounding, layers, batch, batches):
    rng = np.random.default_rng(1)
    shape = (batch,) if batch > 1 else ()
    begun = time.perf_counter()
    for _ in range(batches):
        reference = rng.standard_normal(shape + (D, N))
        rounded = rounding(reference)
        for _ in range(layers):
            w = draw(rng, shape)
            reference, rounded = layer(exact, w, reference), layer(rounding, w, rounded)
            np.max(np.abs(rounded - reference) / np.abs(reference), axis=(-1, -2))
    return (time.perf_counter() - begun) / (batch * batches)


def ours(program, arithmetics, layers, trials, threads):
    command = [program, "figure", "1", "--blocks", "independent", "--arithmetic", arithmetics, "--layers", str(layers),
               "--trials", str(trials), "-t", str(threads), "--json"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return result["seconds"] / trials


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--layers", type=int, default=40)
    parser.add_argument("--trials", type=int, default=1024)
    options = parser.parse_args()
    print(f"milliseconds per trial of {options.layers} layers, one arithmetic with its reference")
    print(f"{'':8} {'NumPy, one at a time':>21} {'batches of 50':>14} {'halfulp -t 1':>13} {'ratios':>9} {'-t 2':>7} {'ratios':>9}")
    for name, rounding in [("bin8", to_bits(8)), ("bin11", to_bits(11)), ("dec4", to_digits(4)), ("dec8", to_digits(8))]:
        seconds_per_trial(rounding, options.layers, 1, 2)  # warm
        single = seconds_per_trial(rounding, options.layers, 1, 20)
        batched = seconds_per_trial(rounding, options.layers, 50, 1)
        line = f"{name:8} {1e3 * single:21.1f} {1e3 * batched:14.2f}"
        for threads, width in [(1, 13), (2, 7)]:
            mine = ours(options.program, name, options.layers, options.trials, threads)
            line += f" {1e3 * mine:{width}.3f} {single / mine:5.0f} {batched / mine:3.0f}"
        print(line)
    for what, arithmetics in [("three binary", "bin8,bin11,bin24"), ("three decimal", "dec4,dec6,dec8")]:
        one = ours(options.program, arithmetics, options.layers, options.trials, 1)
        two = ours(options.program, arithmetics, options.layers, options.trials, 2)
        print(f"{what} arithmetics: {1e3 * one:.2f} ms a trial on one thread, {1e3 * two:.2f} on two ({one / two:.2f} times)")


if __name__ == "__main__":
    main()
