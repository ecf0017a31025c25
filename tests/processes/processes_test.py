# processes_test.py HALFULP: an experiment on 1, 2 and 3 processes gives the same bytes; one that is killed in the
# middle says so and goes on from its checkpoint with nothing lost and nothing counted twice; jobs merge.
# Exit code 77 (skipped) where there is no mpirun, or the program was built without MPI.
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
FIGURE = ["figure", "1", "--arithmetic", "bin11,dec4", "--d", "8", "--n", "8", "--D", "8", "--layers", "6"]
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_btl_base_warn_component_unused="0")


def together(count, arguments):
    return ["mpirun", "-np", str(count), PROGRAM, *arguments, "-t", "1"]


def run(command):
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def check(what, condition):
    print(("ok   " if condition else "FAIL ") + what)
    if not condition:
        sys.exit(1)


def same_bytes(folder):
    first = None
    for count in (1, 2, 3):
        csv, part = folder / f"{count}.csv", folder / f"{count}.part"
        out = run(together(count, FIGURE + ["--trials", "200", "-o", str(csv), "--checkpoint", str(part)]))
        check(f"{count} processes: one of them speaks", out.count("The result is in") == 1)
        made = (csv.read_bytes(), part.read_bytes())
        first = first or made
        check(f"{count} processes: the same bytes", made == first)
    run([PROGRAM, *FIGURE, "--trials", "200", "-o", str(folder / "alone.csv")])
    check("without mpirun: the same bytes", (folder / "alone.csv").read_bytes() == first[0])
    return first[0]


def killed(folder):
    part = folder / "killed.part"
    arguments = FIGURE + ["--trials", "400000", "--checkpoint", str(part)]
    job = subprocess.Popen(together(2, arguments), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True)
    until = time.time() + 120
    while not part.exists() and time.time() < until and job.poll() is None:
        time.sleep(0.05)
    check("a checkpoint is written on the way", part.exists() and job.poll() is None)
    mine = subprocess.run(["pgrep", "-P", str(job.pid), "-f", PROGRAM], capture_output=True, text=True).stdout.split()
    os.kill(int(mine[-1]), signal.SIGKILL)
    _, errors = job.communicate(timeout=120)
    check("a killed process ends the job with an error that says so", job.returncode != 0 and "killed" in errors.lower()
          or "signal 9" in errors)
    # On with what is there, to a number of trials just above, on one process; and the same from nothing.
    made = trials_in(part, folder)
    more = str(made + 40)
    run([PROGRAM, *FIGURE, "--trials", more, "--checkpoint", str(part), "-o", str(folder / "resumed.csv")])
    run(together(3, FIGURE + ["--trials", more, "-o", str(folder / "whole.csv")]))
    check(f"resumed after {made} trials: nothing lost, nothing twice",
          (folder / "resumed.csv").read_bytes() == (folder / "whole.csv").read_bytes())


def trials_in(part, folder):
    import json
    return json.loads(run([PROGRAM, "merge", str(part), "--json"]))["trials"]


def merged(folder, expected):
    parts = []
    for first, count in ((120, 80), (0, 50), (50, 70)):
        parts.append(str(folder / f"from{first}.part"))
        run([PROGRAM, *FIGURE, "--trials", str(count), "--from", str(first), "--checkpoint", parts[-1]])
    run([PROGRAM, "merge", *parts, "-o", str(folder / "merged.csv")])
    check("separate jobs merge to the same bytes", (folder / "merged.csv").read_bytes() == expected)
    twice = subprocess.run([PROGRAM, "merge", parts[0], parts[0]], capture_output=True, text=True)
    check("the same trials twice are refused", twice.returncode == 3 and "counted twice" in twice.stderr)


def main():
    if not shutil.which("mpirun"):
        print("skipped: no mpirun")
        sys.exit(77)
    if "libmpi" not in subprocess.run(["ldd", PROGRAM], capture_output=True, text=True).stdout:
        print("skipped: built without MPI")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        expected = same_bytes(pathlib.Path(folder))
        merged(pathlib.Path(folder), expected)
        killed(pathlib.Path(folder))


main()
