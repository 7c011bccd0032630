"""Fixes copies of folders, and prints how many findings of each rule there were, remain, and are new.

    python tools/fix_sweep.py FOLDER ... [--keras 2,3.0,3.10,3.16] [--diffs FOLDER]

The folders themselves are not touched; of each, its copy is checked, fixed, written and checked again. The table is
Markdown. The lines below it say how many files changed, how many of them are Python or a notebook no more or, beside
their code, another notebook, how many findings a second run would fix, and whether files came or went.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from keraslint.config import Settings
from keraslint.engine import check
from keraslint.finding import Finding
from keraslint.fix.apply import fix_all, write
from keraslint.result import Result


def checked(settings: Settings) -> Result:
    """The check of the current folder. Raises SystemExit where it does not come to an end."""
    result = check(["."], settings)
    if result.errors:
        raise SystemExit("fix_sweep: " + "; ".join(result.errors))
    return result


def key(finding: Finding) -> tuple[str, str, str]:
    """What stays of a finding when lines move."""
    return finding.code, finding.span.filename, finding.symbol


def counted(findings: list[Finding]) -> Counter:
    return Counter(finding.code for finding in findings)


def whole(path: Path, before: bytes, after: bytes) -> bool:
    """Whether a file is still Python if it was Python, and a notebook what it was beside its code."""
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
    shown = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stdout
    return shown.replace(str(fixed), "")


def sweep(folder: Path, keras: str, diffs: Path | None) -> tuple[dict[str, Counter], dict[str, int]]:
    """(found, remaining and new findings by code, figures about files and a second run) of one folder."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        shutil.copytree(folder, copy, symlinks=True)
        os.chdir(copy)
        settings = Settings(root=str(copy), keras=(keras,), unsafe_fixes=True)
        texts, before = contents(copy), checked(settings)
        for path, (old, new) in fix_all(before, settings).changed.items():
            write(path, old, new)
        fixed, after = contents(copy), checked(settings)
        again = fix_all(after, settings).done
        if diffs is not None:
            (diffs / f"{folder.name}.diff").write_text(patch(folder, copy))
    changed = [path for path, data in fixed.items() if texts.get(path) != data]
    broken = [path for path in changed if path in texts and not whole(path, texts[path], fixed[path])]
    new = Counter(map(key, after.findings)) - Counter(map(key, before.findings))
    counts = {
        "found": counted(before.findings),
        "remain": counted(after.findings),
        "new": Counter(code for code, _, _ in new.elements()),
    }
    return counts, {
        "files changed": len(changed),
        "broken": len(broken),
        "fixed by a second run": len(again),
        "files created or lost": len(set(texts) ^ set(fixed)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--keras", default="2,3.0,3.10,3.16")
    parser.add_argument("--diffs", type=Path, metavar="FOLDER", help="keep here what changed, to be read")
    args = parser.parse_args()
    folders, diffs = [folder.resolve() for folder in args.folders], args.diffs and args.diffs.resolve()
    if diffs is not None:
        diffs.mkdir(parents=True, exist_ok=True)
    total: dict[str, Counter] = {name: Counter() for name in ("found", "remain", "new")}
    lines = []
    for folder in folders:
        counts, figures = sweep(folder, args.keras, diffs)
        for name, counter in counts.items():
            total[name] += counter
        said = [f"{counter.total()} {name}" for name, counter in counts.items()]
        said += [f"{count} {name}" for name, count in figures.items()]
        lines.append(f"- {folder.name}: {', '.join(said)}")
        print(lines[-1], file=sys.stderr, flush=True)
    print("| rule | found | fixed | remain | new |\n|---|---|---|---|---|")
    for code in sorted(total["found"] + total["remain"]):
        found, remain, new = (counter[code] for counter in total.values())
        print(f"| {code} | {found} | {found - remain} | {remain} | {new} |")
    print("\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
