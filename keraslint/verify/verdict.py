"""What a recording says of a finding: confirmed, refuted, context-dependent, broken or inconclusive, and why.

Only what a sensitive layer or operation received, or an error that the finding foretells, confirms; that outputs vary
or that a variable moved confirms nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from keraslint.delivery.entries import WANTED
from keraslint.finding import Finding, Span
from keraslint.report.style import versions
from keraslint.report.verified import how_far

CONFIRMED, REFUTED, CONTEXT, BROKEN, INCONCLUSIVE = (
    "confirmed",
    "refuted",
    "context-dependent",
    "broken",
    "inconclusive",
)
# What Keras says where a finding foretells that it raises.
_RAISES = {
    "KER110": r"positional argument|Only input tensors|multiple values|takes .* positional",
    "KER113": r"variable|only be (created|build)|tf\.function",
    "KER115": r"missing .*'training'|missing .*training",
    "KER401": r"learning_phase|set_learning_phase|in_train_phase|has no attribute",
}


class Verdict(NamedTuple):
    word: str
    reason: str


Place = Callable[[str, int], tuple[int | None, int]]


class Recorded:
    """A result with its places as reports show them. `place` maps a file's row to (cell, row)."""

    def __init__(self, result: dict, place: Place):
        self.result, self.place = result, place
        self.sites = result.get("sites", [])
        self.entries = result.get("entries", {})

    def at(self, spans: list[Span], rows: list[dict]) -> list[dict]:
        """The rows that stand in one of the spans."""
        return [row for row in rows if any(self.stands_in(row, span) for span in spans)]

    def stands_in(self, row: dict, span: Span) -> bool:
        if os.path.abspath(span.filename) != row["filename"]:
            return False
        cell, line = self.place(row["filename"], row["row"])
        start, end = (span.start.row, span.start.column), (span.end.row, span.end.column)
        return cell == span.cell and start <= (line, row["column"]) < max(end, (start[0], start[1] + 1))

    def error(self, entry: str) -> str:
        return self.entries.get(entry, {}).get("error", {}).get("message", "")

    def of_entries(self, key: str, entries) -> Iterator[dict]:
        for entry in entries:
            yield from self.entries.get(entry, {}).get(key, ())


def judge(finding: Finding, result: dict, about: dict, place: Place) -> Verdict:
    """The verdict on a finding by what one model did. about: what the interpreter runs."""
    if finding.regimes and about["regime"] not in finding.regimes:
        return Verdict(
            INCONCLUSIVE, f"it holds in Keras {versions(finding.regimes)}; here is {about['keras']}"
        )
    raised = _raised(finding, result)
    if raised:
        return Verdict(CONFIRMED, f"it raises {raised}")
    if "failed" in result:
        return _not_run(result)
    return _JUDGES.get(finding.code, _wrong_mode)(finding, Recorded(result, place))


def _raised(finding: Finding, result: dict) -> str:
    """The error that the finding foretells, if it came."""
    pattern = _RAISES.get(finding.code)
    if pattern is None:
        return ""
    said = [entry["error"]["message"] for entry in result.get("entries", {}).values() if "error" in entry]
    said += [result["reason"]] if result.get("failed") in ("call", "build") else []
    return next((message for message in said if re.search(pattern, message)), "")


def _not_run(result: dict) -> Verdict:
    said = {line.rpartition(": ")[2] for line in result.get("tried", [])}
    if result["failed"] == "call" and len(said) == 1 and len(result["tried"]) > 3:
        return Verdict(BROKEN, f"every call fails: {result['reason']}")
    return Verdict(INCONCLUSIVE, f"the model {how_far(result)}: {result['reason']}")


# ---------------------------------------------------------------- the wrong mode


def wrong(value, entry: str) -> bool:
    """Whether a received value is not what its entry wants."""
    return value != "symbolic" and bool(value) != WANTED[entry]


def _wrong_mode(finding: Finding, recorded: Recorded) -> Verdict:
    spans = [finding.trace[-1].span] if finding.trace else []
    here = recorded.at([*spans, finding.span], recorded.sites)
    entries = [entry for entry in finding.entries if entry in WANTED] or list(WANTED)
    found = _first_wrong(here, entries)
    if found is None and not _ran(here, entries):
        found = _first_wrong(_within(finding, recorded), entries)
    if found is not None:
        return Verdict(CONFIRMED, _received(*found, recorded))
    return _not_wrong(here, entries, recorded)


def _first_wrong(sites: list[dict], entries) -> tuple | None:
    """The first layer that acts by mode and gets what its entry does not want: (site, entry, value)."""
    return next((got for got in _got(sites, entries) if acts(got[0]) and wrong(got[2], got[1])), None)


def _got(sites: list[dict], entries) -> Iterator[tuple]:
    """(site, entry, value) of all that was received."""
    for entry in entries:
        for site in sites:
            for value in site["values"].get(entry, ()):
                yield site, entry, value


def acts(site: dict) -> bool:
    """Whether the layer is one that acts by mode: by the tables, or, of the source's own, as the finding says."""
    return site["sensitive"] is True or (
        site["sensitive"] is None and site["accepts"] and "." not in site["layer"]
    )


def _within(finding: Finding, recorded: Recorded) -> list[dict]:
    """Built-in layers that are called in the function that the finding names."""
    return [s for s in recorded.sites if s["within"] == finding.symbol and s["sensitive"]]


def _ran(sites: list[dict], entries) -> bool:
    return any(entry in site["values"] for site in sites for entry in entries)


def _not_wrong(here: list[dict], entries, recorded: Recorded) -> Verdict:
    failed = [entry for entry in entries if recorded.error(entry)]
    if failed:
        return Verdict(INCONCLUSIVE, f"`{failed[0]}` stopped: {recorded.error(failed[0])}")
    if not _ran(here, entries):
        return Verdict(
            INCONCLUSIVE, f"the line did not run in {', '.join(entries)} with the inputs that were found"
        )
    if not any(acts(site) for site in here):
        return Verdict(INCONCLUSIVE, "built as it was here, the layer does the same in both modes")
    others = [entry for entry in WANTED if entry not in entries]
    elsewhere = _first_wrong(here, others)
    if elsewhere is not None:
        return Verdict(CONTEXT, f"right in {', '.join(entries)}, but {_received(*elsewhere, recorded)}")
    return Verdict(REFUTED, f"the line ran in {', '.join(entries)} and every value was right")


def _received(site: dict, entry: str, value, recorded: Recorded) -> str:
    where = in_words(*recorded.place(site["filename"], site["row"]))
    layer = site["layer"].rpartition(".")[2]
    return f"{layer} got `training={value}` in `{entry}` ({os.path.basename(site['filename'])}:{where})"


def in_words(cell: int | None, row: int) -> str:
    """`7`, or in a notebook `cell 2:7`."""
    return str(row) if cell is None else f"cell {cell}:{row}"


# ---------------------------------------------------------------- other claims


def _anywhere(entries: tuple[str, ...]):
    """Some sensitive layer of the model gets the wrong mode under one of these entries."""

    def judged(finding: Finding, recorded: Recorded) -> Verdict:
        acting = [site for site in recorded.sites if site["sensitive"]]
        found = _first_wrong(acting, entries)
        if found is not None:
            return Verdict(CONFIRMED, _received(*found, recorded))
        return _not_wrong(acting, entries, recorded)

    return judged


def _bare_loop(finding: Finding, recorded: Recorded) -> Verdict:
    """A loop that trains calls the model bare: what `model(x)` leaves in inference does not train."""
    acting = [site for site in recorded.sites if site["sensitive"] and "call" in site["values"]]
    for site in acting:
        if any(not value for value in site["values"]["call"]):
            return Verdict(CONFIRMED, _received(site, "call", site["values"]["call"][0], recorded))
    if not acting:
        return _not_wrong(acting, ["call"], recorded)
    return Verdict(REFUTED, "a bare call trains every layer that was reached")


def _evaluation(finding: Finding, recorded: Recorded) -> Verdict:
    """A function that evaluates calls the model with `training=True`."""
    if finding.entries:
        return _wrong_mode(finding, recorded)
    for site in recorded.sites:
        if site["sensitive"] and any(site["values"].get("call_true", ())):
            return Verdict(CONFIRMED, _received(site, "call_true", True, recorded))
    return _not_wrong([s for s in recorded.sites if s["sensitive"]], ["call_true"], recorded)


def _operation(finding: Finding, recorded: Recorded) -> Verdict:
    entries = finding.entries or ("evaluate", "predict")
    for entry in entries:
        if recorded.at([finding.span], list(recorded.of_entries("operations", [entry]))):
            return Verdict(CONFIRMED, f"it ran in `{entry}`")
    if all(recorded.error(entry) for entry in entries):
        return _not_wrong([], entries, recorded)
    if recorded.at([finding.span], list(recorded.of_entries("operations", ["fit", "call_true"]))):
        return Verdict(REFUTED, f"it ran in training, and not in {', '.join(entries)}")
    return Verdict(INCONCLUSIVE, "the line did not run with the inputs that were found")


def _built_in_call(finding: Finding, recorded: Recorded) -> Verdict:
    if recorded.at([finding.span], list(recorded.of_entries("built", recorded.entries))):
        return Verdict(CONFIRMED, "the layer is made anew when the model runs, after it was built")
    return Verdict(INCONCLUSIVE, "the line did not run after the first call")


def _never_called(finding: Finding, recorded: Recorded) -> Verdict:
    whole = [entry for entry in recorded.entries if not recorded.error(entry)]
    called = [recorded.entries[entry].get("held", {}).get(finding.symbol) for entry in whole]
    if True in called:
        return Verdict(REFUTED, f"it was called in `{whole[called.index(True)]}`")
    if not whole or None in called:
        return Verdict(
            INCONCLUSIVE, "no entry ran to its end" if not whole else "it is not there as the model was built"
        )
    return Verdict(CONFIRMED, f"no call reached it in {', '.join(whole)}")


def _overridden(finding: Finding, recorded: Recorded) -> Verdict:
    """A graph's pin: the finding says that the layer gets what the trainer wants, not what is pinned."""
    here = recorded.at([finding.span], recorded.sites)
    for site, entry, value in _got(here, finding.entries):
        if not wrong(value, entry):
            return Verdict(CONFIRMED, _received(site, entry, value, recorded))
    if not _ran(here, finding.entries):
        return _not_wrong(here, finding.entries, recorded)
    return Verdict(REFUTED, f"the pin held in {', '.join(finding.entries)}")


def _dropped(finding: Finding, recorded: Recorded) -> Verdict:
    """A value that was passed does not arrive: which one that is says the message, as the entry may want another."""
    said = re.search(r" gets \w+, not (True|False)\b", finding.message)
    if said is None:
        return _wrong_mode(finding, recorded)
    here = recorded.at([finding.trace[-1].span] if finding.trace else [finding.span], recorded.sites)
    for site, entry, value in _got(here, finding.entries):
        if value != "symbolic" and acts(site) and bool(value) != (said[1] == "True"):
            return Verdict(CONFIRMED, f"{_received(site, entry, value, recorded)}, not {said[1]}")
    if not _ran(here, finding.entries):
        return _not_wrong(here, finding.entries, recorded)
    return Verdict(REFUTED, f"the value that was passed arrived in {', '.join(finding.entries)}")


def _torch_style(finding: Finding, recorded: Recorded) -> Verdict:
    lacks = recorded.result.get("lacks", [])
    name = next((name for name in lacks if f".{name}()" in finding.message), None)
    if name is not None:
        return Verdict(CONFIRMED, f"the model has no `{name}`: the call raises AttributeError")
    return Verdict(INCONCLUSIVE, "the model has such a method, and the code that calls it was not run")


def _positional(finding: Finding, recorded: Recorded) -> Verdict:
    """What binds to another parameter may still leave the mode right, by the call context."""
    verdict = _wrong_mode(finding, recorded)
    if verdict.word == REFUTED:
        return Verdict(CONTEXT, "nothing was raised, and the layers that ran got the right mode all the same")
    return verdict


_JUDGES = {
    "KER102": _dropped,
    "KER109": _anywhere(("call",)),
    "KER110": _positional,
    "KER111": _anywhere(("evaluate", "predict", "call_false", "fit", "call_true")),
    "KER112": _operation,
    "KER113": _built_in_call,
    "KER114": _never_called,
    "KER202": _evaluation,
    "KER203": _bare_loop,
    "KER204": _torch_style,
    "KER301": _overridden,
    "KER303": _overridden,
}
