#!/usr/bin/env python3
"""Halfulp's recipe beside what PyTorch really does, on the same checkpoint and tokens, in the same run.

    compare.py HALFULP DIR [DIR ...] [--dtypes bfloat16,float16,float32] [--recipe-bfloat16 bf16,norm.stats=bf16]

Needs PyTorch (see pytorch_peer.py); prints a Markdown table: rms difference of the logits from the fp64 reference, mean
KL divergence, changed greedy tokens, and the ratio recipe / PyTorch of the first two.
"""
import argparse
import json
import pathlib
import subprocess
import sys

RECIPES = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32"}


def run(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def tokens_of(folder):
    for place in (folder, folder.parent, folder.parent.parent):
        if (place / "tokens.json").exists():
            return str(place / "tokens.json")
    sys.exit(f"{folder}: no tokens.json in it or above it")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("halfulp")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--dtypes", default="bfloat16,float16,float32")
    parser.add_argument("--peer", default="", help="further options of pytorch_peer.py")
    for dtype in RECIPES:
        parser.add_argument(f"--recipe-{dtype}", default=RECIPES[dtype])
    options = parser.parse_args()
    peer = pathlib.Path(__file__).with_name("pytorch_peer.py")

    print("| model | recipe | logits rms: recipe | PyTorch | ratio | mean KL: recipe | PyTorch | ratio | flips | PyTorch |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for folder in options.folders:
        ids = tokens_of(folder)
        for dtype in options.dtypes.split(","):
            recipe = getattr(options, f"recipe_{dtype}")
            ours = run([options.halfulp, "profile", "-m", str(folder), "--ids", ids, "--recipe", recipe,
                        "--ref", "fp64", "--no-effects", "--json"])["output"]
            theirs = run([sys.executable, str(peer), str(folder), "--ids", ids, "--dtype", dtype,
                          *options.peer.split()])["output"]
            rms = ours["logit_difference"]["rms"], theirs["logit_difference"]["rms"]
            kld = ours["kld"]["mean"], theirs["kld"]["mean"]
            name = folder.parent.name + "/bf16" if folder.name == "bf16" else folder.name
            print(f"| {name} | {recipe} | {rms[0]:.4g} | {rms[1]:.4g} | {rms[0] / rms[1]:.3f} | {kld[0]:.3g} | "
                  f"{kld[1]:.3g} | {kld[0] / kld[1]:.3f} | {ours['top1_flips']} | {theirs['top1_flips']} |", flush=True)


if __name__ == "__main__":
    main()
