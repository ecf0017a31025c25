#!/usr/bin/env python3
"""What `halfulp attribute` predicts, beside what the recipe's run shows and, where it has the recipe, what PyTorch does.

    predict.py HALFULP DIR [DIR ...] [--recipes bf16,bf16-flash,...] [--torch]

Prints a Markdown table: rms error of the logits and mean KL divergence predicted without running the recipe, and the
ratios predicted / observed; expected and observed changes of greedy tokens; misfit of the signed sum.
"""
import argparse
import json
import pathlib
import sys

from compare import run, tokens_of

RECIPES = "bf16,bf16-flash,fp16,pure-bf16,tf32,fp32,e4m3fn"
DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


def ratio(predicted, observed):
    return f"{predicted / observed:.2f}" if predicted is not None and observed else "-"


def number(x):
    return "not finite" if x is None else f"{x:.3g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("halfulp")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--recipes", default=RECIPES)
    parser.add_argument("--torch", action="store_true", help="run PyTorch, too (see pytorch_peer.py)")
    options = parser.parse_args()
    peer = pathlib.Path(__file__).with_name("pytorch_peer.py")

    print("| model | recipe | logits rms | / observed | / PyTorch | mean KL | / observed | / PyTorch | flips | observed | misfit |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for folder in options.folders:
        ids = tokens_of(folder)
        for recipe in options.recipes.split(","):
            common = [options.halfulp, "attribute", "-m", str(folder), "--ids", ids, "--recipe", recipe, "--run",
                      "--no-bounds", "--json"]
            logits, kld = (run([*common, "--target", target]) for target in ("logits", "kld"))
            torch = [None, None]
            if options.torch and recipe in DTYPES:
                theirs = run([sys.executable, str(peer), str(folder), "--ids", ids, "--dtype", DTYPES[recipe]])["output"]
                torch = [theirs["logit_difference"]["rms"], theirs["kld"]["mean"]]
            misfit = "-"
            if kld["observed"] and kld["signed"] is not None:
                misfit = f"{100 * abs(kld['signed'] / kld['observed'] - 1):.1g} %"
            flips = "-" if kld["expected_flips"] is None else f"{kld['expected_flips']:.1f}"
            print(f"| {folder.name if folder.name != 'bf16' else folder.parent.name} | {recipe} | {number(logits['predicted'])} | "
                  f"{ratio(logits['predicted'], logits['observed'])} | {ratio(logits['predicted'], torch[0])} | "
                  f"{number(kld['predicted'])} | {ratio(kld['predicted'], kld['observed'])} | "
                  f"{ratio(kld['predicted'], torch[1])} | {flips} | {kld['observed_flips']} | {misfit} |", flush=True)


if __name__ == "__main__":
    main()
