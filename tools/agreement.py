"""Whether what keraslint explains is what Keras was recorded to do."""

from __future__ import annotations

from pathlib import Path

from keraslint.delivery.entries import ENTRIES


def table(report, regime, backend="tensorflow"):
    """The table of one regime and backend in an explained model."""
    [found] = [t for t in report.tables if (t.regime, t.backend) == (regime, backend)]
    return found


def compare(record, found, main, one_path=False):
    """(modes that agree, modes that are unknown, a line for each other one) of one table.

    one_path: the record is of one of several paths that the program may take, so that it says nothing of the others.
    """
    recorded = {}
    for site in record["sites"]:
        path = main.parent / site.get("filename", main.name)
        key = (str(path), site["row"], site["column"], site["layer"])
        recorded[key] = {e: "either" if len(modes) > 1 else modes[0] for e, modes in site["modes"].items()}
    ours = {(str(Path(r.span.filename).resolve()), *r.span.start, r.layer): r.modes for r in found.sites}
    assert len(ours) == len(found.sites), "two rows for one layer at one place"
    agree, unknown, wrong = 0, 0, []
    for key in sorted({*recorded, *ours}):
        theirs, mine = recorded.get(key, {}), ours.get(key)
        for entry in ENTRIES:
            if entry not in theirs and entry in record.get("errors", {}):
                continue
            want = theirs.get(entry, "unreached")
            got = "no such site" if mine is None else mine[entry]
            if one_path and (want == "unreached" or got == "either"):
                got = want if want == "unreached" else "unknown"
            if got == want:
                agree += want != "unreached"
            elif got == "unknown":
                unknown += want != "unreached"
            elif (want, got) != ("unreached", "no such site"):
                path, row, column, layer = key
                place = f"{Path(path).name}:{row}:{column} {layer}"
                wrong.append(f"{entry}: {place} is {want}, explained as {got}")
    return agree, unknown, wrong
