# validate_output.py HALFULP ROOT: what each verb prints with --json is valid by docs/schema/VERB.json.
#
# A schema that accepts everything is found out: it must refuse each document as soon as one of its keys is missing.
# A verb that is not in COMMANDS, or has no schema, fails the test.  Exit code 1, a limit exceeded, has a document too.
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "examples"))
from run_examples import verbs_of

try:
    import jsonschema
except ImportError:
    print("skipped: the Python module jsonschema is missing (Debian: python3-jsonschema)")
    sys.exit(77)

MODEL = "-m examples/gpt2-tinyshakespeare"
PROFILE = f"profile {MODEL} --ids examples/gpt2-tinyshakespeare/tokens.json --tokens 16 --json"
COMMANDS = {
    "formats": ["formats --json", "formats bin8 dec4 e5m10 --json"],
    "inspect": [f"inspect {MODEL} --json", "inspect -m SPECTRA_ONLY --json"],
    "profile": [
        f"{PROFILE} --recipe bf16",
        f"{PROFILE} --recipe bf16 --effects",
        f"{PROFILE} --recipe pure-fp16 --ref dd --layers 0-1",
        f"{PROFILE} --recipe fp32 --ref fp64 --seed 7",
    ],
    "plan": [
        f"plan {MODEL} --tokens 12 --probes 4 --json",
        f"plan {MODEL} --tokens 12 --probes 4 --base pure-bf16 --promote fp32 --top 2 --no-run --json",
        f"plan {MODEL} --tokens 12 --probes 4 --base e4m3fn --promote bf16 --budget flips=90% --no-run --json",
        f"plan {MODEL} --tokens 12 --probes 4 --budget kld=1e-30 --no-run --json",
    ],
    "certify": [
        f"certify {MODEL} --tokens 6 --candidates 2 --json",
        f"certify {MODEL} --tokens 4 --candidates 1 --recipe fp32,head=bf16:stochastic --runs 2 --json",
    ],
    "spectra": [
        f"spectra {MODEL} --json",
        f"spectra {MODEL} --layers 1-2 --compare {MODEL.split()[1]} --json",
    ],
    "attribute": [
        f"attribute {MODEL} --tokens 12 --probes 2 --json",
        f"attribute {MODEL} --tokens 12 --probes 2 --recipe fp16-flash --target loss --run --json",
        f"attribute {MODEL} --tokens 12 --target token=5 --no-bounds --condition --run --json",
    ],
    "check": ["check tests/schema/vectors.json --json", "check tests/schema/wrong_vectors.json --json"],
    "eval": ["eval --list --json", "eval layer_norm.round.perturbed --input examples/token.json --json",
             "eval layer_norm.jacobian --input examples/token.json --json"],
    "bounds": ["bounds --random d=6,n=4,D=8,L=2 --format bin24 --json",
               "bounds --random d=6,n=4,D=8,L=3,norm=layer --format bf16 --json"],
    "experiment": ["experiment normalisation --trials 20 --d 8 --json",
                   "experiment summation --trials 5 --powers 6 --json",
                   "experiment attention-precision --trials 32 --d 6 --n 4 --D 6 --layers 3 --json",
                   "experiment heads --trials 32 --d 4 --n 4 --D 4 --layers 1,2 --bound-trials 2 --json"],
    "figure": [
        "figure 1 --trials 60 --arithmetic bin11 --d 4 --n 4 --D 4 --layers 5 --json",
        "figure 1 --trials 20 --arithmetic e4m3,fp64 --d 4 --n 4 --D 4 --layers 1 --norm none --lambda 900 --json",
        "figure 2 --trials 20 --arithmetic bin11 --layers 2,3 --lambda 0.5,1,2 --granularity array --json",
        "figure 3 --trials 20 --arithmetic dec4 --json",
        "figure 4 --trials 20 --arithmetic bin11 --layers 4 --blocks identical --include-weights --json",
    ],
    "tolerance": [
        "tolerance gemm --k 4096 --m 8 --n 8 --absmax 5,0.1 --json",
        "tolerance dot --k 512 --in e4m3fn --acc e8m13 --order aligned:32 --absmax 8 --json",
        "tolerance gemm --k 4096 --acc fp16 --absmax 100 --json",
        "tolerance softmax --n 100 --order flash:8 --against exact --json",
        "tolerance layernorm --d 64 --absmax 3,1,1 --inner bf16 --json",
        "tolerance rope --position 4096 --absmax 4 --against kernel --json",
    ],
    "merge": None,  # the document of the figure that was merged
    "report": None,  # writes a page; tests/report/ looks at it
    "round": None,  # prints lines of text, no document
}


def strictly(text):
    """JSON as the standard has it: Python alone would accept NaN and Infinity, and keys that come twice."""

    def refuse(word):
        raise ValueError(f"{word} is not JSON")

    def once(pairs):
        keys = [key for key, _ in pairs]
        if len(set(keys)) != len(keys):
            raise ValueError(f"a key comes twice among {keys}")
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)


def problems(document, schema):
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    errors = list(validator(schema).iter_errors(document))
    for error in errors[:5]:
        yield f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
    if errors:
        return
    for key in document:
        if validator(schema).is_valid({k: v for k, v in document.items() if k != key}):
            yield f"the schema does not ask for '{key}'"


def write_spectra_only(root, folder):
    """The bundled model with a key that says that it cannot be run, though its attention can be read."""
    bundled = (root / "examples" / "gpt2-tinyshakespeare").resolve()
    config = json.loads((bundled / "config.json").read_text(encoding="utf-8"))
    config["scale_attn_by_inverse_layer_idx"] = True
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "model.safetensors").symlink_to(bundled / "model.safetensors")


def main(halfulp, root):
    with tempfile.TemporaryDirectory() as folder:
        write_spectra_only(pathlib.Path(root), pathlib.Path(folder))
        return validate(halfulp, root, folder)


def validate(halfulp, root, spectra_only):
    halfulp, root = pathlib.Path(halfulp).resolve(), pathlib.Path(root)
    failures = validated = 0

    def fail(what):
        nonlocal failures
        failures += 1
        print(f"FAILED  {what}")

    for verb in verbs_of(halfulp):
        if verb not in COMMANDS:
            fail(f"{verb}: say in COMMANDS how to run it")
            continue
        if COMMANDS[verb] is None:
            continue
        path = root / "docs" / "schema" / f"{verb}.json"
        if not path.exists():
            fail(f"{verb}: docs/schema/{verb}.json is missing")
            continue
        schema = strictly(path.read_text(encoding="utf-8"))
        for command in COMMANDS[verb]:
            arguments = command.replace("SPECTRA_ONLY", spectra_only).split()
            done = subprocess.run([halfulp, *arguments], cwd=root, capture_output=True, text=True)
            if done.returncode not in (0, 1):
                fail(f"halfulp {command}: exit code {done.returncode}: {done.stderr[-500:]}")
                continue
            try:
                wrong = list(problems(strictly(done.stdout), schema))
            except (ValueError, jsonschema.SchemaError) as error:
                wrong = [str(error)[:500]]
            validated += 1
            print(f"{'ok' if not wrong else 'FAILED':7} halfulp {command}", flush=True)
            for line in wrong:
                print(f"        {line}")
            failures += bool(wrong)
    print(f"{validated} documents validated, {failures} failures")
    return 1 if failures or not validated else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
