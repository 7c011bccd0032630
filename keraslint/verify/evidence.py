"""What is attached to a finding: the verdict and what it rests on, ready for JSON."""

from __future__ import annotations

from keraslint.verify.verdict import Place, Verdict

# The better answer, where several models can decide a finding.
_ORDER = ("confirmed", "refuted", "context-dependent", "broken", "inconclusive")


def evidence(verdict: Verdict, model, place: Place) -> dict:
    """The verdict on a finding with the run that gave it."""
    result = model.result
    found = {
        "verdict": verdict.word,
        "reason": verdict.reason,
        "model": model.name,
        **_environment(model.about, result),
    }
    for key in ("built", "arguments", "inputs", "batch", "assumed", "tried", "seconds", "memory"):
        if result.get(key):
            found[key] = result[key]
    if "sites" in result:
        found["received"] = [
            _received(site, place) for site in result["sites"] if site["sensitive"] is not False
        ]
        found["effects"] = {entry: _effects(about) for entry, about in result["entries"].items()}
    return found


def better(one: dict | None, other: dict) -> dict:
    """Of two answers the one that says more."""
    if one is None or _ORDER.index(other["verdict"]) < _ORDER.index(one["verdict"]):
        return other
    return one


def _environment(about: dict, result: dict) -> dict:
    found = {key: about[key] for key in ("regime", "keras", "backend", "backend_version", "python")}
    return {**found, "device": result.get("device", "")}


def _received(site: dict, place: Place) -> dict:
    cell, row = place(site["filename"], site["row"])
    return {
        "filename": site["filename"],
        "cell": cell,
        "location": {"row": row, "column": site["column"]},
        "within": site["within"],
        "callee": site["callee"],
        "layer": site["layer"],
        "sensitive": site["sensitive"],
        "values": site["values"],
    }


def _effects(entry: dict) -> dict:
    found = {key: entry[key] for key in ("moved", "repeats") if key in entry}
    if "error" in entry:
        found["error"] = entry["error"]["message"]
    return found
