"""What a recording says of a finding."""

from dataclasses import replace

import pytest

from keraslint.finding import Finding, Location, Span, Step
from keraslint.verify.verdict import judge

ABOUT = {"regime": "3.10", "keras": "3.15.1", "backend": "tensorflow"}
LINE = Span("/net.py", Location(5, 9), Location(5, 25))


def finding(code="KER101", entries=("fit",), regimes=("3.10",), symbol="Net.call"):
    return Finding(
        code, "", Span("/net.py", Location(3, 5), Location(3, 12)), "", "correctness", "manifest", "error",
        symbol=symbol, holds=tuple((regime, entries) for regime in regimes), trace=(Step(LINE, ""),),
    )  # fmt: skip


def site(values, sensitive=True, row=5, layer="keras.layers.Dropout"):
    return {
        "filename": "/net.py", "row": row, "column": 9, "within": "Net.other", "callee": "self.drop", "layer": layer,
        "sensitive": sensitive, "accepts": True, "values": values,
    }  # fmt: skip


def word(found, *sites, entries=None, about=ABOUT):
    result = {"sites": list(sites), "entries": entries or {}}
    return judge(found, result, about, lambda path, row: (None, row)).word


def test_the_wrong_value_on_the_line_confirms():
    assert word(finding(), site({"fit": [False]})) == "confirmed"
    assert word(finding(), site({"fit": [None]})) == "confirmed"
    assert word(finding(entries=("predict",)), site({"predict": [True]})) == "confirmed"


def test_the_right_value_refutes():
    assert word(finding(), site({"fit": [True]})) == "refuted"


def test_none_is_as_good_as_false():
    assert word(finding(entries=("predict",)), site({"predict": [None]})) == "refuted"


def test_a_line_that_did_not_run_decides_nothing():
    assert word(finding(), site({"fit": [True]}, row=7)) == "inconclusive"
    assert word(finding(), site({"predict": [False]})) == "inconclusive"


def test_a_layer_that_does_the_same_in_both_modes_decides_nothing():
    assert word(finding(), site({"fit": [False]}, sensitive=False)) == "inconclusive"
    assert (
        word(finding(), site({"fit": [False]}, sensitive=None, layer="keras.layers.Wrapper"))
        == "inconclusive"
    )


def test_wrong_elsewhere_is_context_dependent():
    found = finding(entries=("predict",))
    assert word(found, site({"predict": [False], "call": [True]})) == "context-dependent"


def test_other_versions_are_not_judged():
    assert word(finding(regimes=("2",)), site({"fit": [False]})) == "inconclusive"


def test_a_dropped_value_is_judged_by_what_was_passed():
    found = replace(
        finding("KER102"), message="`self.drop` (Dropout) gets True, not False. Add `training=None`."
    )
    assert word(found, site({"fit": [True]})) == "confirmed"
    assert word(found, site({"fit": [False]})) == "refuted"
    assert word(found, site({"fit": [True]}, row=7)) == "inconclusive"


def test_effects_confirm_nothing():
    entries = {"predict": {"repeats": False}, "fit": {"moved": {"norm": True}}}
    assert word(finding(entries=("predict",)), entries=entries) == "inconclusive"


@pytest.mark.parametrize(
    "code, message, expected",
    [
        ("KER115", "TypeError: call() missing 1 required positional argument: 'training'", "confirmed"),
        ("KER115", "TypeError: call() missing 1 required positional argument: 'mask'", "inconclusive"),
        ("KER110", "ValueError: Only input tensors may be passed as positional arguments.", "confirmed"),
        ("KER101", "ValueError: Only input tensors may be passed as positional arguments.", "inconclusive"),
    ],
)
def test_only_the_error_that_is_foretold_confirms(code, message, expected):
    failed = {"failed": "call", "reason": message, "tried": [f"float(2, 16): {message}"]}
    assert judge(finding(code), failed, ABOUT, lambda path, row: (None, row)).word == expected


def test_operations_count_where_they_run():
    found = finding("KER112", entries=("predict",))
    here = {"filename": "/net.py", "row": 3, "column": 5, "name": "tf.nn.dropout"}
    assert word(found, entries={"predict": {"operations": [here]}}) == "confirmed"
    assert word(found, entries={"fit": {"operations": [here]}, "predict": {}}) == "refuted"
    assert word(found, entries={"predict": {}}) == "inconclusive"
