# sources_test.py ROOT: docs/sources.md points somewhere.
#
# Each row names files (below halfulp/), after a file the names that it must define or use, and after a test file the
# tests in it (Suite.Name).  Every statement of the paper's sections 3 and 4 has a row.
import pathlib
import re
import sys

STATEMENTS = [
    "3.1", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9", "3.10", "3.12", "3.13", "3.14", "3.15",
    "4.1", "4.2", "4.3", "4.5", "4.6", "4.8", "4.9", "4.10", "4.11", "4.12", "4.13", "4.14", "4.16", "4.17", "4.18", "4.19",
    "4.20", "4.21", "4.22", "4.23", "4.25", "4.26", "4.27", "4.28", "4.29", "4.30",
]


def problems(root, text):
    """One line for each name that is not where its row says."""
    said = set()
    for number, line in enumerate(text.split("\n"), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or len(cells) != 3 or cells[0] == "statement":
            continue
        said.update(re.findall(r"\b[34]\.\d+", cells[0]))
        for cell in cells[1:]:
            content = None
            names = re.findall(r"`([^`]+)`", cell)
            if not names:
                yield f"line {number}: a cell names nothing: {cell[:60]}"
            for name in names:
                if "/" in name:
                    path = root / "halfulp" / name
                    content = path.read_text(encoding="utf-8") if path.is_file() else None
                    if content is None:
                        yield f"line {number}: no file halfulp/{name}"
                elif content is None:
                    yield f"line {number}: '{name}' stands after no file"
                elif "." in name:
                    suite, test = name.split(".", 1)
                    if not re.search(rf"\bTEST(_F|_P)?\({suite},\s*{test}\)", content):
                        yield f"line {number}: no test {name}"
                elif not re.search(rf"\b{re.escape(name)}\b", content):
                    yield f"line {number}: no name '{name}' there"
    for statement in STATEMENTS:
        if statement not in said:
            yield f"no row for statement {statement}"


def main(root):
    root = pathlib.Path(root)
    text = (root / "docs" / "sources.md").read_text(encoding="utf-8")
    found = list(problems(root, text))
    # The test can fail: a row that points nowhere, and a statement without a row.
    planted = text.replace("`rms_norm_error`", "`rms_norm_eror`").replace("Lemma 4.17", "Lemma")
    if len(list(problems(root, planted))) < len(found) + 2:
        found.append("planted mistakes were not found")
    for line in found:
        print(f"docs/sources.md: {line}")
    print(f"{text.count(chr(10) + '| ')} rows, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
