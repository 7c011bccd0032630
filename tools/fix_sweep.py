"""Fixes copies of folders, and prints how many findings of each rule could be fixed, were, and remain.

    python tools/fix_sweep.py FOLDER ... [--keras 2,3.0,3.10,3.16] [--diffs FOLDER]

The folders themselves are not touched. The table is Markdown; the lines below it say how many files changed, whether
any of them parses no more or is another notebook beside its code, how many lines a second run would change, and
whether files came or went.
"""

from __future__ import annotations

import argparse
import ast
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path


def run(folder: Path, keras: str, *options: str) -> str:
    """What `keraslint check` prints about a folder; its cache is beside it."""
    command = [sys.executable, "-m", "keraslint", "check", ".", "--isolated", "--cache-dir", "../cache"]
    command += ["--keras", keras, *options]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    if done.returncode > 1:
        raise SystemExit(f"fix_sweep: {folder.name}: keraslint ended with {done.returncode}")
    return done.stdout


def findings(folder: Path, keras: str) -> list[dict]:
    """The findings with their fixes."""
    return json.loads(run(folder, keras, "--output-format", "json"))


def key(finding: dict) -> tuple[str, str, str]:
    """What stays of a finding when lines move."""
    return finding["code"], finding["filename"], finding["symbol"]


def whole(path: Path, before: bytes, after: bytes) -> bool:
    """Whether a file is, after it was edited, still what it was: Python if it was Python, a notebook with the same rest."""
    if path.suffix == ".ipynb":
        return besides_code(before) == besides_code(after)
    return parses(after) or not parses(before)


def parses(data: bytes) -> bool:
    try:
        ast.parse(data)
    except (SyntaxError, ValueError):
        return False
    return True


def besides_code(data: bytes) -> dict:
    notebook = json.loads(data)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            del cell["source"]
    return notebook


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def patch(folder: Path, fixed: Path) -> str:
    """What git shows between two folders."""
    command = ["git", "diff", "--no-index", "--no-color", str(folder), str(fixed)]
    shown = subprocess.run(command, capture_output=True, text=True, errors="replace").stdout
    return shown.replace(str(fixed), "")


def sweep(folder: Path, keras: str, diffs: Path | None) -> tuple[dict[str, Counter], dict[str, int]]:
    """(found, fixable, remaining and new findings by code, figures about the files) of one folder."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        shutil.copytree(folder, copy, symlinks=True)
        before, texts = findings(copy, keras), contents(copy)
        run(copy, keras, "--fix", "--unsafe-fixes", "--quiet")
        fixed = contents(copy)
        changed = [path for path, data in fixed.items() if texts.get(path) != data]
        again = run(copy, keras, "--diff", "--unsafe-fixes", "--quiet")
        after = findings(copy, keras)
        broken = [path for path in changed if path in texts and not whole(path, texts[path], fixed[path])]
        if diffs is not None:
            (diffs / f"{folder.name}.diff").write_text(patch(folder, copy))
    new = Counter(map(key, after)) - Counter(map(key, before))
    counts = {
        "found": Counter(each["code"] for each in before),
        "fixable": Counter(each["code"] for each in before if each["fix"]),
        "remain": Counter(each["code"] for each in after),
        "new": Counter(code for code, _, _ in new.elements()),
    }
    return counts, {
        "changed": len(changed),
        "broken": len(broken),
        "lines of a second run": len(again.splitlines()),
        "created or lost": len(set(texts) ^ set(fixed)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--keras", default="2,3.0,3.10,3.16")
    parser.add_argument("--diffs", type=Path, metavar="FOLDER", help="keep here what changed, to be read")
    args = parser.parse_args()
    if args.diffs is not None:
        args.diffs.mkdir(parents=True, exist_ok=True)
    total: dict[str, Counter] = {name: Counter() for name in ("found", "fixable", "remain", "new")}
    lines = []
    for folder in args.folders:
        counts, files = sweep(folder.resolve(), args.keras, args.diffs)
        for name, counter in counts.items():
            total[name] += counter
        findings_said = ", ".join(f"{counter.total()} {name}" for name, counter in counts.items())
        files_said = ", ".join(f"{count} {name}" for name, count in files.items())
        lines.append(f"- {folder.name}: {findings_said}; files: {files_said}")
        print(lines[-1], file=sys.stderr, flush=True)
    print("| rule | found | fixable | fixed | remain | new |\n|---|---|---|---|---|---|")
    for code in sorted(total["found"] + total["remain"]):
        found, fixable, remain, new = (counter[code] for counter in total.values())
        print(f"| {code} | {found} | {fixable} | {found - remain} | {remain} | {new} |")
    print("\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
