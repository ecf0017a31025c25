# house_rules.py ROOT: the rules of the house that a compiler does not check.  One line per violation; exit code 1 if
# there is any.
#
#   Includes go down only, and so do the links of the build.  Each third-party library enters on its floor.
#   No transcendental of the C library: its last digit depends on library and processor, and our results must not.
#   No generator or clock behind randomness.  The library never prints and never exits.  No fast-math.
#   A file says what it is in its first line, has at most 600 lines and no tabs.
import pathlib
import re
import sys

FLOORS = ["base", "arith", "linalg", "layers", "models", "analysis", "experiments", "report", "cli", "python"]
MAX_LINES = 600

# Third-party header -> what may include it: a floor, or a prefix of a path.  What is not here may not be included.
LIBRARIES = [
    (r"fmt/", FLOORS),
    (r"oneapi/tbb/|tbb/", ["base"]),
    (r"Random123/", ["base"]),
    (r"(mpi|malloc)\.h", ["base"]),
    (r"hwy/", ["halfulp/arith/pack", "linalg"]),
    (r"nlohmann/", ["models", "report"]),
    (r"xxhash\.h", ["models"]),
    (r"CLI/", ["cli"]),
    (r"nanobind/", ["python"]),
    # POSIX: files are mapped and written whole, terminals and resources are asked for.
    (r"(unistd|fcntl|stdlib|sys/mman|sys/stat|sys/resource|sys/ioctl)\.h", ["base", "models", "report", "cli"]),
    (r"(spawn|sys/wait)\.h", ["report"]),  # pictures are drawn by another program
]
# In tests also the test library and the oracles, in benchmarks what they compare with.
TEST_LIBRARIES = r"gtest/|gmock/|mpfr\.h|gmp\.h|gmpxx\.h"
BENCH_LIBRARIES = r"benchmark/|cblas\.h|openblas|dlfcn\.h|sys/\w+\.h|unistd\.h"

# Correctly rounded, or exact, in every C library: sqrt, fma, fabs, floor, ceil, rint, trunc, ldexp, frexp, scalbn, ...
TRANSCENDENTAL = re.compile(
    r"(?:\bstd::|(?<![\w:>.])::|\b__builtin_)"
    r"((?:exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|cbrt|hypot|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh"
    r"|asinh|acosh|atanh|erf|erfc|lgamma|tgamma|sincos|cyl_bessel_j|beta|riemann_zeta)[fl]?)\s*\("
)
# (file, function): why its last digits do not reach a result.
ALLOWED_TRANSCENDENTALS = {
    ("halfulp/arith/decimal/functions.cpp", "log10"): "a guess of the exponent, corrected by one in either direction",
}
GENERATOR = re.compile(r"\bstd::(random_device|mt19937(?:_64)?|minstd_rand0?|default_random_engine|\w+_distribution"
                       r"|rand|srand)\b|\bstd::time\s*\(")
PRINTS = re.compile(r"\bstd::(cout|cerr|clog|puts|printf|exit|abort|terminate|quick_exit)\b"
                    r"|(?<![\w:.>])(?:printf|puts|exit|abort)\s*\(|\bstd::fprintf\s*\(\s*stderr|\bfmt::print\s*\(")
FAST_MATH = re.compile(r"-ffast-math|-Ofast|-funsafe-math-optimizations|-fassociative-math|-ffp-contract=(?:fast|on)")


def is_test(path):
    """Tests, what only tests include, and the whole tests/ folder."""
    return bool(re.search(r"(_test\.cpp|_testing\.hpp|_oracle\.hpp)$", path)) or path.startswith("tests/")


def is_bench(path):
    return path.endswith(("_bench.cpp", "_bench.hpp")) or path.startswith("bench/")


def floor_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "halfulp" and len(parts) > 2 else None


def code_lines(text):
    """(number, line) with comments and the insides of string literals blanked; #include lines are kept whole."""
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
    for number, line in enumerate(text.split("\n"), 1):
        if not line.lstrip().startswith("#"):
            line = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
        yield number, re.sub(r"//.*", "", line)


def allowed(path, places):
    return any(path.startswith(place) if "/" in place else floor_of(path) == place for place in places)


def include_complaints(path, line):
    own = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
    if own:
        target = own.group(1)
        if not target.startswith("halfulp/"):
            if not path.startswith(("tests/", "bench/")):
                yield f'"{target}": includes start at the root of the repository, "halfulp/..."'
            return
        here, there = floor_of(path), floor_of(target)
        if there not in FLOORS:
            yield f'"{target}" is on no floor'
        elif here in FLOORS and FLOORS.index(there) > FLOORS.index(here):
            yield f'"{target}" goes up, from {here} to {there}'
        if is_test(target) and not is_test(path):
            yield f'"{target}" is for tests'
        return
    system = re.match(r"\s*#\s*include\s*<([^>]+)>", line)
    if not system or re.fullmatch(r"[a-z_0-9]+", system.group(1)):  # the standard library
        return
    header = system.group(1)
    if is_test(path) and re.match(TEST_LIBRARIES, header):
        return
    if is_bench(path) and re.match(BENCH_LIBRARIES, header):
        return
    if not path.startswith("halfulp/"):
        return
    for pattern, places in LIBRARIES:
        if re.match(pattern, header):
            if not allowed(path, places) and not is_test(path):
                yield f"<{header}> enters in {' and '.join(places)} only"
            return
    yield f"<{header}> is in no row of LIBRARIES (tests/house/house_rules.py): say on which floor it enters"


def source_complaints(path, text):
    """Yields (line, what) for one source file; path is relative to the root."""
    lines = text.split("\n")
    if not re.match(r"//|#include|#pragma once", text):
        yield 1, "the first line says what the file is: a comment, or the #include of its header"
    if path.endswith(".hpp") and "#pragma once" not in text:
        yield 1, "no #pragma once"
    if len(lines) - 1 > MAX_LINES:
        yield MAX_LINES + 1, f"{len(lines) - 1} lines: a file that long holds several concepts"
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield number, "a tab"
    for number, line in code_lines(text):
        for what in include_complaints(path, line):
            yield number, what
        if not path.startswith("halfulp/") or is_test(path) or is_bench(path):
            continue
        found = TRANSCENDENTAL.search(line)
        if found and (path, found.group(1)) not in ALLOWED_TRANSCENDENTALS:
            yield number, f"{found.group(1)} of the C library may differ by processor: halfulp/arith/elementary/elementary.hpp has ours"
        if GENERATOR.search(line):
            yield number, "randomness is a function of (seed, stream, counter): halfulp/base/random.hpp"
        if floor_of(path) != "cli" and PRINTS.search(line):
            yield number, "the library never prints and never exits"


def build_complaints(path, text):
    """Yields (line, what) for one CMake file: floors link downwards only, and no fast-math."""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.split("#")[0]
        if FAST_MATH.search(line):
            yield number, "this flag changes results"
        floor = re.match(r"\s*add_floor\((\w+)(?:\s+ABOVE\s+(\w+))?", line)
        if not floor:
            continue
        name, below = floor.groups()
        if name not in FLOORS:
            yield number, f"{name} is on no floor"
        elif below and (below not in FLOORS or FLOORS.index(below) >= FLOORS.index(name)):
            yield number, f"{name} links {below}, which is not below it"
        for other in re.findall(r"\bhalfulp_(\w+)", line):
            if other not in FLOORS or FLOORS.index(other) >= FLOORS.index(name):
                yield number, f"{name} links {other}, which is not below it"


def main(root):
    root = pathlib.Path(root)
    sources = [p for folder in ("halfulp", "tests", "bench", "examples") for p in (root / folder).rglob("*.[ch]pp")]
    builds = [root / "CMakeLists.txt", root / "CMakePresets.json", *(root / "cmake").glob("*.cmake")]
    files = [(p, source_complaints) for p in sources] + [(p, build_complaints) for p in builds]
    violations = 0
    for path, complaints in sorted(files):
        name = path.relative_to(root).as_posix()
        for line, what in complaints(name, path.read_text(encoding="utf-8")):
            print(f"{name}:{line}: {what}")
            violations += 1
    print(f"{len(files)} files, {violations} violations")
    return 1 if violations or not sources else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
