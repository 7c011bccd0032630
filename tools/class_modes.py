"""Compares the modes that real classes were recorded in with what keraslint explains of them, as Markdown.

    python tools/verify_sweep.py --json results.jsonl      # runs the classes, on Keras
    python tools/class_modes.py results.jsonl              # judges what is kept, by the keraslint of today, without Keras

A mode is one layer at one place under one entry. The verifier chooses the arguments of a class, and so one of the paths that
it may take: what Keras reached is compared, and nothing is said of the rest. `absent` is what keraslint's table of the
class has no row for, or calls `unreached`; `no start` is that of entries which by keraslint reach nothing, as those of the trainer
with a `call` that needs two arguments, around which the verifier makes a graph.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from agreement import Mode, modes, table
from verify_sweep import Source, settings, table_row

from keraslint import engine
from keraslint.analysis import Sources, in_deep_stack, interpret
from keraslint.delivery.entries import TRAINER
from keraslint.finding import ModelReport
from keraslint.source.files import Source as File

WORDS = ("agree", "wrong", "either", "unknown", "absent", "no start")
NOWHERE = ("unreached", "no such site")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="+", type=Path, help="what `verify_sweep.py --json` wrote")
    parser.add_argument("--name", help="only the classes in whose name this stands")
    options = parser.parse_args()
    judged = {path: judge(path, options.name or "") for path in options.results}
    print("\n".join(report(judged)), flush=True)
    return int(any(word(mode) == "wrong" for found in flat(judged.values()) for mode in found))


def judge(path: Path, name: str) -> dict[str, list[Mode]]:
    """The modes of the classes in a file of results, by the names of the classes."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["class"]: compared(row) for row in rows if row.get("sites") and name in row["class"]}


def flat(judged: Iterable[dict[str, list[Mode]]]) -> list[list[Mode]]:
    return [found for each in judged for found in each.values()]


def compared(row: dict) -> list[Mode]:
    """The modes of a class that Keras reached; none, and a line that says so, where nothing is explained of it."""
    reports = explained(row)
    if len(reports) != 1:
        print(f"class_modes: {row['class']}: explained {len(reports)} times, left out", file=sys.stderr)
        return []
    found = list(modes(record(row), table(reports[0], row["regime"]), Path(row["path"])))
    started = {mode.entry for mode in found if mode.explained not in NOWHERE}
    never = set(TRAINER) - started
    found = [mode._replace(explained="no start") if mode.entry in never else mode for mode in found]
    return [mode for mode in found if mode.recorded not in ("unreached", "unknown")]


@in_deep_stack
def explained(row: dict) -> list[ModelReport]:
    """The mode tables of a class, which should be one, with the files read along from which the verifier took how it is made."""
    told = settings(Source(row["source"], row["kind"], row["regime"], row["root"]))
    origins = [argument["from"].rpartition(":")[0] for argument in row["arguments"]]
    files = dict.fromkeys([row["path"], *filter(os.path.isfile, origins)])
    sources = Sources(told.max_file_size)
    program = interpret(sources, list(files), told.library, told.root)
    return engine.model_reports(sources, program, row["path"], told, row["name"])


def record(row: dict) -> dict:
    """What Keras did with a class, in the form of a fixture's record."""
    files = {site["filename"] for site in row["sites"]}
    sources = {path: File(path, Path(path).read_bytes()) for path in files}
    sites: dict[tuple, dict] = {}
    for site in row["sites"]:
        cell, place = sources[site["filename"]].place(site["row"])
        key = (site["filename"], cell, place, site["column"], site["layer"])
        one = sites.setdefault(
            key, {**dict(zip(("filename", "cell", "row", "column", "layer"), key)), "modes": {}}
        )
        for entry, values in site["values"].items():
            found = one["modes"].setdefault(entry, [])
            found += {mode_of(value) for value in values}.difference(found)
    return {"sites": list(sites.values()), "errors": row["errors"]}


def mode_of(value) -> str:
    return "unknown" if value == "symbolic" else "train" if value else "infer"


def word(mode: Mode) -> str:
    """What a comparison came to."""
    if mode.explained == mode.recorded:
        return "agree"
    if mode.explained in NOWHERE:
        return "absent"
    return mode.explained if mode.explained in WORDS else "wrong"


def report(judged: dict[Path, dict[str, list[Mode]]]) -> list[str]:
    """The sums of each file of results and of all, and what does not agree, by class."""
    lines = [table_row(["results", "classes", "modes", *WORDS]), "|---" * (len(WORDS) + 3) + "|"]
    lines += [sums(path.stem, flat([own])) for path, own in judged.items()]
    if len(judged) > 1:
        lines.append(sums("all", flat(judged.values())))
    for name, found in (pair for own in judged.values() for pair in own.items()):
        other = [mode for mode in found if word(mode) != "agree"]
        if other:
            lines += ["", name, *(f"- {line}" for line in told(other))]
    return lines


def sums(title: str, classes: list[list[Mode]]) -> str:
    counts = Counter(word(mode) for found in classes for mode in found)
    return table_row([title, len(classes), sum(counts.values()), *(counts[each] for each in WORDS)])


def told(found: list[Mode]) -> Iterator[str]:
    """The modes of each place in one line."""
    places: dict[str, dict] = {}
    for mode in found:
        entries = places.setdefault(mode.place, {}).setdefault(
            (word(mode), mode.recorded, mode.explained), []
        )
        entries.append(mode.entry)
    for place, kinds in places.items():
        yield f"{place}: " + "; ".join(
            f"{kind}: {' '.join(entries)} {was}, explained as {explained}"
            for (kind, was, explained), entries in kinds.items()
        )


if __name__ == "__main__":
    raise SystemExit(main())
