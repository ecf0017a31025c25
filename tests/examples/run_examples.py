# run_examples.py HALFULP: runs every example that a reader may copy, as the reader would.
#
# Examples are the blocks of README.md, CONTRIBUTING.md and docs/*.md fenced as ```sh, and the commands in the help of
# halfulp and of its verbs.  They run in a scratch folder (one for each document, so that a block may read what an
# earlier one wrote) with halfulp on the path and the repository's folders of inputs in sight.  A command that is meant
# to end with another code than 0 says so:   halfulp check wrong.json   # exit 1
# Blocks that install, clone or build (they begin with one of NOT_HERE) are listed, not run.
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_HERE = ("./dev", "git ", "cmake ", "ctest ", "sudo ", "apt", "python3 bench/", "bench/", "build/")
INPUTS = ("examples", "tests", "docs")
TIMEOUT = 600


def blocks_of(text):
    """(line, script) for each fenced block tagged sh."""
    for match in re.finditer(r"^```sh[ \t]*\n(.*?)^```[ \t]*$", text, flags=re.S | re.M):
        yield text.count("\n", 0, match.start()) + 1, match.group(1)


def commands_of(help_text):
    """The commands among the examples of a help text: indented lines, each with its explanation after two spaces."""
    for line in help_text.split("\n"):
        if re.match(r"  (halfulp |[a-z]+ .*\| *halfulp )", line):
            yield re.split(r"\s{2,}(?:# )?", line.strip())[0]


def is_for_elsewhere(script):
    commands = [line for line in script.split("\n") if line.strip() and not line.startswith("#")]
    return any(line.startswith(NOT_HERE) for line in commands)


def with_expected_codes(script):
    """Replaces `command  # exit N` by a check that it ends so."""
    return re.sub(
        r"^(.*?)\s+# exit (\d+)\s*$",
        r'code=0; { \1; } || code=$?; [ $code = \2 ] || { echo "exit code $code instead of \2" >&2; exit 99; }',
        script, flags=re.M)


# A script ends at the first command that fails, wherever it stands in a pipe; but a command whose reader has had enough
# (141: `yes | head`) has not failed.
ON_ERROR = """trap 'for code in "${PIPESTATUS[@]}"; do case $code in 0 | 141) ;; *) exit "$code" ;; esac; done' ERR\n"""


def run(script, folder, halfulp):
    """None, or what went wrong."""
    environment = dict(os.environ, PATH=f"{halfulp.parent}:{os.environ['PATH']}", LC_ALL="C.UTF-8")
    command = ["bash", "-Euo", "pipefail", "-c", ON_ERROR + with_expected_codes(script) + "\n:"]
    try:
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, timeout=TIMEOUT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    except subprocess.TimeoutExpired:
        return f"still running after {TIMEOUT} s"
    return None if done.returncode == 0 else f"exit code {done.returncode}\n{done.stdout[-2000:]}"


def run_all(examples, halfulp, source):
    """Runs (where, script) pairs in one scratch folder; returns how many ran and how many failed."""
    ran = failed = 0
    with tempfile.TemporaryDirectory(prefix="halfulp-examples-") as folder:
        for name in INPUTS:
            if (ROOT / name).exists():
                (pathlib.Path(folder) / name).symlink_to(ROOT / name)
        for where, script in examples:
            title = f"{source}{where}: {script.strip().splitlines()[0] if script.strip() else '(empty)'}"
            if is_for_elsewhere(script):
                print(f"listed   {title}")
                continue
            start = time.monotonic()
            wrong = run(script, folder, halfulp)
            print(f"{'FAILED' if wrong else 'ok':8} {title}  ({time.monotonic() - start:.1f} s)", flush=True)
            ran += 1
            if wrong:
                failed += 1
                print("    " + f"{script.strip()}\n{wrong.strip()}".replace("\n", "\n    "))
    return ran, failed


def help_of(halfulp, *verb):
    return subprocess.run([halfulp, *verb, "--help"], check=True, capture_output=True, text=True).stdout


def verbs_of(halfulp):
    listing = help_of(halfulp).split("Subcommands:")[-1].split("\n\n")[0]
    return re.findall(r"^  (\w+)\s", listing, flags=re.M)


def main(halfulp):
    halfulp = pathlib.Path(halfulp).resolve()
    sources = []
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    for path in documents:
        if path.exists():
            examples = [(f":{line}", script) for line, script in blocks_of(path.read_text(encoding="utf-8"))]
            sources.append((path.relative_to(ROOT).as_posix(), examples))
    failed = 0
    for verb in [(), *((v,) for v in verbs_of(halfulp))]:
        examples = [("", command) for command in commands_of(help_of(halfulp, *verb))]
        sources.append((" ".join(["halfulp", *verb, "--help"]), examples))
        if not examples:
            failed += 1
            print(f"FAILED   {sources[-1][0]} has no example")
    ran = 0
    for source, examples in sources:
        more_ran, more_failed = run_all(examples, halfulp, source)
        ran, failed = ran + more_ran, failed + more_failed
    print(f"{ran} examples ran, {failed} failed")
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
