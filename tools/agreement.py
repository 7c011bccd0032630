"""Whether what keraslint explains is what Keras was recorded to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from keraslint.delivery.entries import ENTRIES
from keraslint.semantics.layers import layer_facts


class Mode(NamedTuple):
    """What Keras did at one place under one entry, and what is explained."""

    entry: str
    path: str
    place: str
    recorded: str
    explained: str

    def __str__(self) -> str:
        return f"{self.entry}: {self.place} is {self.recorded}, explained as {self.explained}"


def table(report, regime, backend="tensorflow"):
    """The table of one regime and backend in an explained model."""
    [found] = [t for t in report.tables if (t.regime, t.backend) == (regime, backend)]
    return found


def canonical(layer: str) -> str:
    """A layer's name by which its table knows it: `MaxPool2D` is `MaxPooling2D`."""
    package, _, name = layer.rpartition(".")
    facts = layer_facts(name) if package == "keras.layers" else None
    return layer if facts is None else f"{package}.{facts.name}"


def modes(record, found, main: Path) -> Iterator[Mode]:
    """Every mode of a record and a table, without those of entries that ended in an error before."""
    recorded = {}
    for site in record["sites"]:
        path = (main.parent / site.get("filename", main.name)).resolve()
        key = (str(path), site.get("cell"), site["row"], site["column"], canonical(site["layer"]))
        recorded[key] = {e: "either" if len(modes) > 1 else modes[0] for e, modes in site["modes"].items()}
    ours = {
        (str(Path(r.span.filename).resolve()), r.span.cell, *r.span.start, canonical(r.layer)): r.modes
        for r in found.sites
    }
    assert len(ours) == len(found.sites), "two rows for one layer at one place"
    for key in sorted({*recorded, *ours}, key=str):
        theirs, mine = recorded.get(key, {}), ours.get(key)
        path, cell, row, column, layer = key
        place = f"{Path(path).name}:{f'cell {cell}:' if cell else ''}{row}:{column} {layer}"
        for entry in ENTRIES:
            if entry in theirs or entry not in record.get("errors", {}):
                got = "no such site" if mine is None else mine[entry]
                yield Mode(entry, path, place, theirs.get(entry, "unreached"), got)


def compare(record, found, main, one_path=False):
    """(modes that agree, modes that are unknown, a line for each other one) of one table.

    one_path: the record is of one of several paths that the program may take, so that it says nothing of the others.
    """
    agree, unknown, wrong = 0, 0, []
    for mode in modes(record, found, main):
        want, got = mode.recorded, mode.explained
        if one_path and (want == "unreached" or got == "either"):
            got = want if want == "unreached" else "unknown"
        if got == want:
            agree += want != "unreached"
        elif got == "unknown":
            unknown += want != "unreached"
        elif (want, got) != ("unreached", "no such site"):
            wrong.append(str(mode))
    return agree, unknown, wrong
