"""Fixes copies of folders, and prints how many findings of each rule could be fixed, were, and remain.

    python tools/fix_sweep.py FOLDER ... [--keras 2,3.0,3.10,3.16]

The folders themselves are not touched. The table is Markdown; the lines below it say whether every file that changed
still parses, whether a second run changes nothing, and whether lines changed in any other file.
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
    """What `keraslint check` prints about a folder."""
    command = [sys.executable, "-m", "keraslint", "check", ".", "--isolated", "--keras", keras, *options]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    if done.returncode > 1:
        raise SystemExit(f"fix_sweep: {folder.name}: keraslint ended with {done.returncode}")
    return done.stdout


def findings(folder: Path, keras: str) -> list[dict]:
    """The findings with their fixes."""
    return json.loads(run(folder, keras, "--output-format", "json"))


def parses(data: bytes) -> bool:
    try:
        ast.parse(data)
    except (SyntaxError, ValueError):
        return False
    return True


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def sweep(folder: Path, keras: str) -> tuple[dict[str, Counter], dict[str, int]]:
    """(found, fixable and remaining findings by code, figures about the files) of one folder."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        shutil.copytree(folder, copy, symlinks=True)
        before, texts = findings(copy, keras), contents(copy)
        run(copy, keras, "--fix", "--unsafe-fixes", "--quiet")
        fixed = contents(copy)
        changed = [path for path, data in fixed.items() if texts.get(path) != data]
        again = run(copy, keras, "--diff", "--unsafe-fixes", "--quiet")
        after = findings(copy, keras)
        broken = [
            path
            for path in changed
            if path.suffix == ".py" and parses(texts[path]) and not parses(fixed[path])
        ]
    counts = {
        "found": Counter(each["code"] for each in before),
        "fixable": Counter(each["code"] for each in before if each["fix"]),
        "remain": Counter(each["code"] for each in after),
    }
    return counts, {
        "changed": len(changed),
        "broken": len(broken),
        "unsettled": len(again.splitlines()),
        "created or lost": len(set(texts) ^ set(fixed)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--keras", default="2,3.0,3.10,3.16")
    args = parser.parse_args()
    total: dict[str, Counter] = {"found": Counter(), "fixable": Counter(), "remain": Counter()}
    lines = []
    for folder in args.folders:
        counts, files = sweep(folder.resolve(), args.keras)
        for name, counter in counts.items():
            total[name] += counter
        said = ", ".join(f"{count} {name}" for name, count in files.items())
        found, fixable, remain = (sum(counter.values()) for counter in counts.values())
        lines.append(f"- {folder.name}: {found} found, {fixable} fixable, {remain} remain; files: {said}")
        print(lines[-1], file=sys.stderr, flush=True)
    print("| rule | found | fixable | fixed | remain |\n|---|---|---|---|---|")
    for code in sorted(total["found"] + total["remain"]):
        found, fixable, remain = (total[name][code] for name in ("found", "fixable", "remain"))
        print(f"| {code} | {found} | {fixable} | {found - remain} | {remain} |")
    print("\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
