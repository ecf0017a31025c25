# Pages for the tests: results of the real verbs, and documents made by hand where no small run gives them.
import json
import math
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = "examples/gpt2-tinyshakespeare"
COMMANDS = {
    "profile": f"profile -m {MODEL} --tokens 24 --recipe bf16 --effects",
    "profile-overflow": f"profile -m {MODEL} --tokens 6 --recipe pure-fp16,mlp_in=e4m3fn",
    "attribute": f"attribute -m {MODEL} --tokens 10 --probes 3 --run --condition",
    "attribute-bare": f"attribute -m {MODEL} --tokens 6 --target loss --no-bounds",
    "certify": f"certify -m {MODEL} --tokens 32 --candidates 3",
    "certify-random": f"certify -m {MODEL} --tokens 5 --candidates 2 --recipe bf16,head=bf16:stochastic --runs 3",
    "plan": f"plan -m {MODEL} --tokens 10 --probes 4",
    "plan-out-of-reach": f"plan -m {MODEL} --tokens 8 --probes 3 --budget kld=1e-30 --no-run",
    "bounds": "bounds --random d=6,n=4,D=8,L=5,norm=layer --format bf16",
    "bounds-good": "bounds --random d=6,n=4,D=8,L=3 --format bin34",
    "figure1": "figure 1 --trials 40 --arithmetic bin11,bin8 --d 6 --n 6 --D 6 --layers 12",
    "figure2": "figure 2 --trials 20 --arithmetic bin11 --lambda 0.25,1,4 --layers 2,3",
    "figure3": "figure 3 --trials 20 --arithmetic dec4",
    "figure4": "figure 4 --trials 20 --arithmetic bin11 --layers 5 --blocks identical",
    "summation": "experiment summation --trials 4 --powers 5",
    "normalisation": "experiment normalisation --trials 10 --d 6",
    "attention-precision": "experiment attention-precision --trials 24 --d 5 --n 4 --D 5 --layers 3",
    "heads": "experiment heads --trials 24 --d 4 --n 4 --D 4 --layers 1,2 --bound-trials 2",
    "check": "check tests/schema/vectors.json",
    "check-wrong": "check tests/schema/wrong_vectors.json",
    "inspect": f"inspect -m {MODEL}",
    "formats": "formats",
    "eval": "eval layer_norm.round.perturbed --input examples/token.json",
    "eval-matrix": "eval layer_norm.jacobian --input examples/token.json",
    "eval-list": "eval --list",
    "spectra": f"spectra -m {MODEL}",
    "tolerance": "tolerance gemm --k 512 --m 4 --n 4 --absmax 5,0.1",
}


def verbs_of(program):
    out = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^  ([a-z]+) ", out, flags=re.M))


def write_results(program, folder):
    """{name: path} of what each command of COMMANDS prints; verbs that this program has not are left out."""
    verbs, paths = verbs_of(program), {}
    for name, command in COMMANDS.items():
        if command.split()[0] not in verbs:
            continue
        done = subprocess.run([program, *command.split(), "--json"], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode in (0, 1), (command, done.stderr)
        paths[name] = folder / f"{name}.json"
        paths[name].write_text(done.stdout, encoding="utf-8")
    return paths


def report(program, files, page):
    subprocess.run([program, "report", *map(str, files), "-o", str(page)], check=True, capture_output=True)
    return page


ISLAND = re.compile(r'(<script type="application/json" id="documents">)(.*?)(</script>)', flags=re.S)


def with_documents(page, results, to):
    """The page with other documents in it, which no verb need have made: [(name, document)]."""
    data = json.dumps({"version": "test", "results": [{"name": n, "document": d} for n, d in results]})
    data = data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    to.write_text(ISLAND.sub(lambda m: m.group(1) + data + m.group(3), page.read_text(encoding="utf-8")), encoding="utf-8")
    return to


def provenance(verb):
    return {"version": "0.1.0", "commit": "0", "command_line": f"halfulp {verb} -m model", "seed": 0}


def head(layer, number, factor):
    """As spectra_document.cpp writes a head; some numbers are infinite, some heads flagged."""
    condition = math.exp(1 + 3 * math.sin(layer * 0.7 + number) ** 2 + layer / 8) * factor
    top = (1 + number / 8) * (1 + math.cos(layer + number) ** 2)
    circuit = {"sigma_max": top, "sigma_min": top / condition, "smallest_nonzero": top / condition, "radius": 1e-14, "rank": 16,
               "effective_condition": None if (layer, number) == (3, 5) else condition, "stable_rank": 4 + 3 * math.sin(number),
               "nuclear_norm": top * 9, "singular_values": [top * condition ** (-i / 15) for i in range(16)]}
    return {"layer": layer, "head": number, "kv_head": number // 4, **circuit, "abs_sigma_max": {"lower": top * 3, "upper": top * 3.0001},
            "factor_as_printed": None, "factor_as_printed_note": "infinite: W_k^T W_q has rank at most 16", "factor_repaired": condition * 12,
            "logit_bound": top * 40, "gauge_is_free": True, "omega_kq": {"plain": top, "tight": top / 2}, "biased": None,
            "ov": {**circuit, "sigma_max": top / 3, "singular_values": [top / 3 * 0.8 ** i for i in range(16)]},
            "flags": ["rank"] if condition > 1e3 else []}


def spectra(layers=32, heads=32, factor=1.0, compare=False):
    """The keys that DESIGN.md, section 6, promises, and more."""
    places = [(layer, number) for layer in range(layers) for number in range(heads)]
    pair = lambda a, b: {"before": a, "after": b}
    changes = [{"layer": layer, "head": number, "kq_change": 0.01 * layer + 0.001 * number, "sigma_max": pair(1 + number, (1 + number) * 2.0 ** (layer - 2)),
                "flags": pair([], ["hot"] if number == 1 else [])} for layer, number in places]
    model = {"folder": "model", "hash": "0", "family": "llama", "layers": layers, "width": 4096, "heads": heads, "warnings": []}
    return {"schema": "halfulp.spectra/1", "provenance": provenance("spectra"), "model": model, "treatment": ["gains are folded in"],
            "flags": [{"name": "rank", "threshold": 0, "condition": "c", "meaning": "m", "origin": "o", "heads": 1}],
            "layers": [{"layer": layer, "omega_kq": {"plain": 2.0 + layer, "tight": 1.0}, "omega_ud": None} for layer in range(layers)],
            "heads": [head(layer, number, factor) for layer, number in places],
            "compare": {"model": dict(model, folder="other"), "heads": changes} if compare else None, "seconds": 12.5}


def tolerance():
    """As tolerance_document.cpp writes it; the probabilistic value makes no statement."""
    steps = [{"name": "sum", "formula": "gamma(k, u)", "numbers": "k = 512", "value": 3e-5}]
    return {"schema": "halfulp.tolerance/1", "provenance": provenance("tolerance"), "operation": "gemm",
            "sizes": {"k": 512, "m": 4, "n": 4, "d": None}, "entries": 16, "formats": {"in": "bf16", "acc": "fp32", "out": "bf16", "inner": None},
            "order": "recursive", "absmax": [5, 0.1], "against": "binary64", "probability": 1e-6,
            "worst": {"atol": 1e-4, "rtol": 4e-3, "vacuous": False, "lines": {"torch": "torch.testing.assert_close(y, b)"}, "steps": steps},
            "probabilistic": {"atol": None, "rtol": None, "vacuous": False, "lines": None, "steps": []},
            "hypotheses": [{"standing": "checked", "text": "k u < 1"}], "model": [{"standing": "assumed", "text": "roundings have mean 0"}],
            "statements": ["Lemma 4.3"]}


def large_profile(small, layers=32):
    """A profile of as many layers, made of a small one's."""
    sites = [s for s in small["sites"] if s["layer"] == 0]
    outside = [s for s in small["sites"] if s["layer"] is None]
    many = [dict(s, layer=layer) for layer in range(layers) for s in sites]
    return dict(small, sites=outside[:1] + many + outside[1:])
