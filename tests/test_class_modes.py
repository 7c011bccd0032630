"""What `tools/class_modes.py` makes of a class that ran; the modes are those recorded of a fixture."""

import json
from collections import Counter

import pytest
from class_modes import compared, told, word
from test_fixtures import FIXTURES, RECORDED

NAME = "holders/conditional_dropout_on"


def row(change=lambda site: site):
    """A result of `tools/verify_sweep.py --json` that says what the fixture's record does."""
    [(name, model)] = json.loads((RECORDED / f"{NAME}.json").read_text(encoding="utf-8"))["models"].items()
    path = FIXTURES / f"{NAME}.py"
    sites = [
        {**site, "filename": str(path), "values": {e: [m[0] == "train"] for e, m in site["modes"].items()}}
        for site in model["regimes"]["3.10/tensorflow"]["sites"]
    ]
    about = {"source": "fixtures", "kind": "script", "regime": "3.10", "root": str(FIXTURES), "arguments": []}
    return {
        **about,
        "class": name,
        "path": str(path),
        "name": name,
        "errors": {},
        "sites": list(map(change, sites)),
    }


def words(row):
    return Counter(map(word, compared(row)))


def test_what_keras_did_agrees():
    found = row()
    assert words(found) == {"agree": sum(len(site["values"]) for site in found["sites"])}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda values: {**values, "fit": [not values["fit"][0]]}, "wrong"),
        (lambda values: {**values, "fit": [True, None]}, "wrong"),
        (lambda values: {**values, "fit": ["symbolic"]}, None),
    ],
)
def test_another_mode_is_wrong(change, expected):
    changed = row(lambda site: {**site, "values": change(site["values"])})
    found = [mode for mode in compared(changed) if word(mode) != "agree"]
    assert {word(mode) for mode in found} == ({expected} if expected else set())
    assert {mode.entry for mode in found} <= {"fit"}


def test_a_place_that_is_not_explained_is_absent():
    [*_, last] = row()["sites"]
    elsewhere = row(lambda site: {**site, "row": 1} if site == last else site)
    found = [mode for mode in compared(elsewhere) if word(mode) == "absent"]
    assert {mode.entry for mode in found} == set(last["values"])
    [line] = told(found[:1])
    assert line.startswith(f"conditional_dropout_on.py:1:{last['column']} {last['layer']}: absent: fit ")
