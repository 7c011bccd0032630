"""The mode tables of `explain`: for each model the places where layers are called, and the mode of each entry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ..finding import ModelReport, SiteRow, Table
from .style import Paint, location, painter, place, show, versions, width

# The entries in the order of their columns; any other stands behind them.
ENTRIES = ("fit", "evaluate", "predict", "call", "call_true", "call_false")
STYLES = {"train": "green", "infer": "blue", "either": "amber", "unknown": "dim", "unreached": "dim"}
_CHANGED = "*"


def render(models: Iterable[ModelReport], color: bool = False, all_sites: bool = False) -> Iterator[str]:
    """The tables as text. Layers that act the same in both modes are left out unless `all_sites`."""
    paint = painter(color)
    for model in models:
        yield f"{paint(model.name, 'bold')} ({model.kind}) {paint(place(model.span), 'cyan')}\n"
        before: Table | None = None
        hidden = 0
        changed = False
        for group in _same(model.tables):
            sites = [site for site in group[0].sites if all_sites or site.sensitive]
            hidden = max(hidden, len(group[0].sites) - len(sites))
            yield f"\n  {paint(_title(group), 'frame')}\n"
            if sites:
                changes = _changes(before, group[0])
                changed = changed or any(
                    (id(site), entry) in changes for site in sites for entry in site.modes
                )
                yield from _table(model, sites, changes, paint)
            elif model.made:
                yield "    it calls no layer that is known to act differently by mode\n"
            else:
                yield "    it could not be made, so what it calls is not known\n"
            before = group[0]
        yield "\n"
        if changed:
            yield paint(f"  {_CHANGED} differs from the table above it", "dim") + "\n"
        if hidden:
            sites = (
                "1 place calls a layer that does" if hidden == 1 else f"{hidden} places call layers that do"
            )
            yield paint(f"  {sites} the same in both modes; --all shows them", "dim") + "\n"
        if changed or hidden:
            yield "\n"


def document(models: Iterable[ModelReport]) -> str:
    """The tables as the JSON document of the command line's contract."""
    return json.dumps({"version": 1, "models": [_model(model) for model in models]}, indent=2) + "\n"


def _same(tables: list[Table]) -> list[list[Table]]:
    """The tables, neighbours with the same sites and modes together."""
    groups: list[list[Table]] = []
    for table in tables:
        if groups and groups[-1][0].sites == table.sites:
            groups[-1].append(table)
        else:
            groups.append([table])
    return groups


def _title(group: list[Table]) -> str:
    """The versions and backends that a table is about: `Keras 3.0 to 3.15 (tensorflow), 3.16 and later (jax)`."""
    backends: dict[str, list[str]] = {}
    for table in group:
        backends.setdefault(table.regime, []).append(table.backend)
    regimes: dict[str, list[str]] = {}
    for regime, names in backends.items():
        regimes.setdefault(", ".join(names), []).append(regime)
    return "Keras " + ", ".join(f"{versions(each)} ({names})" for names, each in regimes.items())


def _changes(before: Table | None, table: Table) -> set[tuple[int, str]]:
    """Which modes, by the site's identity and the entry, are not those of the table before."""
    if before is None:
        return set()
    known = {_key(site): site.modes for site in before.sites}
    return {
        (id(site), entry)
        for site in table.sites
        for entry, mode in site.modes.items()
        if _key(site) in known and known[_key(site)].get(entry) != mode
    }


def _key(site: SiteRow) -> tuple:
    return (site.span, site.within, site.callee, site.layer)


def _table(model: ModelReport, sites: list[SiteRow], changes: set, paint: Paint) -> Iterator[str]:
    """The rows in columns, and under them why each mode is what it is."""
    used = {entry: None for site in sites for entry in site.modes}
    entries = [entry for entry in ENTRIES if entry in used] + [
        entry for entry in used if entry not in ENTRIES
    ]
    heads = ["place", "in", "layer", *entries]
    rows = []
    for site in sites:
        where = place(site.span).removeprefix(model.span.filename).lstrip(":")
        cells = [(where, "cyan"), (site.within, ""), (_layer(site), "")]
        for entry in entries:
            mode = site.modes.get(entry, "")
            mark = _CHANGED if (id(site), entry) in changes else ""
            cells.append((mode + mark, STYLES.get(mode, "")))
        rows.append(cells)
    widths = [
        max(width(text) for text in column)
        for column in zip(heads, *([text for text, _ in row] for row in rows))
    ]
    yield "    " + paint(_line([(head, "") for head in heads], widths, paint), "dim") + "\n"
    for cells in rows:
        yield "    " + _line(cells, widths, paint) + "\n"
    whys = [(cells[0][0], _layer(site), site.why) for cells, site in zip(rows, sites) if site.why]
    if whys:
        yield "\n"
    for where, layer, why in dict.fromkeys(whys):
        yield f"    {paint(where, 'cyan')} {layer}: {why}\n"


def _layer(site: SiteRow) -> str:
    """The expression that is called and the layer that it is; a Sequential's layers have no call of their own."""
    layer = site.layer.rpartition(".")[2] if site.layer else ""
    callee = show(site.callee)
    return f"{callee} ({layer})" if callee and layer else callee or layer


def _line(cells: list[tuple[str, str]], widths: list[int], paint: Paint) -> str:
    pieces = []
    for (text, style), size in zip(cells, widths):
        painted = paint(text, style) if style else text
        pieces.append(painted + " " * (size - width(text)))
    return "  ".join(pieces).rstrip()


def _model(model: ModelReport) -> dict[str, Any]:
    return {
        "name": model.name,
        "kind": model.kind,
        "filename": model.span.filename,
        "cell": model.span.cell,
        "location": location(model.span.start),
        "tables": [
            {"regime": table.regime, "backend": table.backend, "sites": [_site(site) for site in table.sites]}
            for table in model.tables
        ],
    }


def _site(site: SiteRow) -> dict[str, Any]:
    return {
        "filename": site.span.filename,
        "cell": site.span.cell,
        "location": location(site.span.start),
        "within": site.within,
        "callee": site.callee,
        "layer": site.layer,
        "sensitive": site.sensitive,
        "modes": site.modes,
        "why": site.why,
    }
