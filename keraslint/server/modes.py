"""The modes of the layer calls in a document, by place, for hovers and inlay hints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..delivery.entries import WANTED
from ..finding import ModelReport, SiteRow, Span
from ..report.style import versions

# The entries that a hint is about.
HINTED = ("fit", "predict")
# What stands in the head of a hover's table.
HEADS = {
    "fit": "fit",
    "evaluate": "evaluate",
    "predict": "predict",
    "call": "model(x)",
    "call_true": "training=True",
    "call_false": "training=False",
}


class Row(NamedTuple):
    """What one model does at a place, in one regime on one backend."""

    model: str
    regime: str
    backend: str
    site: SiteRow


def places(models: Iterable[ModelReport], filename: str) -> dict[Span, list[Row]]:
    """The places of a file where sensitive layers are called, with what each model does there."""
    found: dict[Span, list[Row]] = {}
    for model in models:
        for table in model.tables:
            for site in table.sites:
                if site.sensitive and site.span.filename == filename:
                    row = Row(model.name, table.regime, table.backend, site)
                    found.setdefault(site.span, []).append(row)
    return found


def hint(rows: list[Row], only_divergent: bool) -> str:
    """What an inlay hint says of a place: its modes under fit and predict; nothing if there is nothing to say."""
    said = []
    for entry in HINTED:
        by_regime: dict[str, str] = {}
        for regime in dict.fromkeys(row.regime for row in rows):
            by_regime[regime] = joined(r.site.modes[entry] for r in rows if r.regime == regime)
        if not only_divergent or any(_diverges(entry, mode) for mode in by_regime.values()):
            said.append(f"{entry}: {_by_mode(by_regime)}")
    if all(text.endswith(": unreached") for text in said):
        return ""
    return ", ".join(said)


def joined(modes: Iterable[str]) -> str:
    """The mode that several models' modes at one place come to."""
    found = {mode for mode in modes if mode != "unreached"}
    if "unknown" in found:
        return "unknown"
    return "either" if len(found) > 1 else found.pop() if found else "unreached"


def table(rows: list[Row]) -> str:
    """A Markdown table of what each model does at a place; models and versions that agree share a line."""
    several = len({row.backend for row in rows}) > 1
    layers = len({row.site.layer for row in rows}) > 1
    lines: dict[tuple, dict[tuple[str, str], list[str]]] = {}
    for row in rows:
        found = tuple(row.site.modes.get(entry, "") for entry in HEADS)
        of = (
            f"{layer_name(row)} in `{row.model}`" if layers else f"`{row.model}`",
            row.backend if several else "",
        )
        lines.setdefault(found, {}).setdefault(of, []).append(row.regime)
    text = [["", *HEADS.values()], [":--"] * (1 + len(HEADS))]
    for found, of in lines.items():
        text.append([_subjects(of), *found])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in text)


def layer_name(row: Row) -> str:
    """The layer's class, or what is called where that is not known."""
    return row.site.layer.rpartition(".")[2] if row.site.layer else row.site.callee


def _subjects(of: dict[tuple[str, str], list[str]]) -> str:
    """`Net`, `Other`, Keras 3.10 to 3.15: who has a line's modes, and in which versions."""
    by_versions: dict[tuple[str, str], list[str]] = {}
    for (name, backend), regimes in of.items():
        by_versions.setdefault((versions(regimes), backend), []).append(name)
    return "; ".join(
        f"{', '.join(names)}, Keras {keras}" + (f" ({backend})" if backend else "")
        for (keras, backend), names in by_versions.items()
    )


def _diverges(entry: str, mode: str) -> bool:
    return mode in (("infer" if WANTED[entry] else "train"), "either")


def _by_mode(by_regime: dict[str, str]) -> str:
    """`infer`, or `train (2), infer (3.10 to 3.15)` where the versions differ."""
    modes = dict.fromkeys(by_regime.values())
    if len(modes) == 1:
        return next(iter(modes))
    regimes = {mode: [regime for regime, own in by_regime.items() if own == mode] for mode in modes}
    return ", ".join(f"{mode} ({versions(regimes[mode])})" for mode in modes)
