"""Deliveries become the mode tables of `explain`: sites x entries."""

from __future__ import annotations

from typing import NamedTuple

from keraslint.delivery.entries import ENTRIES, Run
from keraslint.delivery.sensitivity import is_sensitive
from keraslint.delivery.values import Instance, Site
from keraslint.semantics.context import UNKNOWN
from keraslint.summary import text


class Row(NamedTuple):
    """One layer class at one site."""

    site: Site
    within: str
    callee: str
    layer: str | None
    sensitive: bool
    modes: dict[str, str]
    why: str


def rows(m, runs: list[Run], entries=ENTRIES) -> list[Row]:
    """Join the deliveries of several runs, each with an entry, into one table."""
    seen: dict = {}
    complete = {entry: True for entry in entries}
    for run in runs:
        complete[run.entry] = complete[run.entry] and run.complete
        for delivery in run.deliveries:
            if delivery.site is None:
                continue
            key = (delivery.site, delivery.label)
            seen.setdefault(key, []).append((run.entry, delivery))
    table = []
    for (site, layer), found in seen.items():
        first = found[0][1]
        modes = {}
        for entry in entries:
            values = {d.received.value for e, d in found if e == entry}
            modes[entry] = mode(values)
            if modes[entry] == "unreached" and not complete[entry]:
                modes[entry] = "unknown"
        sensitive = any(is_sensitive(d.layer) is not False for _, d in found if isinstance(d.layer, Instance))
        callee = text(first.callee) if not isinstance(first.callee, str) else first.callee
        table.append(Row(site, first.within, callee, layer, sensitive, modes, why(found)))
    return sorted(table, key=lambda row: (row.site.path, row.site.at))


def mode(values: set) -> str:
    """The mode that some training values come to."""
    if not values:
        return "unreached"
    if UNKNOWN in values:
        return "unknown"
    truths = {bool(value) for value in values}
    return "either" if len(truths) == 2 else "train" if True in truths else "infer"


_WHY = {
    "explicit": "passed at the call",
    "context": "from the call context",
    "default": "its own default",
    "direct": "`.call` reads no context",
}


def why(found) -> str:
    """How the layer gets its value, in a few words."""
    return "; ".join(dict.fromkeys(_WHY[delivery.how] for _, delivery in found))
