"""What code compares its settings to."""

import ast
import textwrap

import pytest

from keraslint.verify.inside.compared import keys_of_keywords, settings_for, spared_by

NET = ast.parse(
    textwrap.dedent("""
    class Net:
        def __init__(self, size, version, kind, deep=False, **kwargs):
            units = kwargs["units"]
            rate = kwargs.pop("rate")
            name = kwargs.pop("name", None)
            if size == 56:
                self.steps = [1, 2, 3]
            elif size == 14:
                if version in (3, 4) and not deep:
                    self.steps = [1]
            if not deep and size > 8:
                self.head = 1
            if kind != "plain":
                pass
            else:
                self.body = 2
            self.always = 4
    """)
)


@pytest.mark.parametrize(
    "attribute, settings",
    [
        ("steps", [{"size": 56}, {"size": 14, "version": 3, "deep": False}]),
        ("head", [{"deep": False, "size": 9}]),
        ("body", [{"kind": "plain"}]),
        ("always", []),
        ("nowhere", []),
    ],
)
def test_with_which_settings_an_attribute_is_there(attribute, settings):
    assert list(settings_for(NET, "Net", attribute)) == settings
    assert list(settings_for(NET, "Other", attribute)) == []


def test_what_keywords_must_hold():
    assert keys_of_keywords(NET, "Net") == ["units", "rate"]


CHECKS = textwrap.dedent("""\
    def make(width, kind):
        assert width == 64, "no other width"
        if kind == "mean":
            return 1
        elif kind == "max":
            return 2
        else:
            raise ValueError(kind)
        if width != 32:
            raise ValueError(width)
    """)


@pytest.mark.parametrize(
    "row, spared",
    [(2, {"width": [64]}), (8, {"kind": ["max", "mean"]}), (10, {"width": [32]}), (4, {}), (40, {})],
)
def test_with_which_values_a_row_would_not_raise(row, spared):
    assert spared_by(CHECKS, row) == spared


def test_what_cannot_be_parsed_says_nothing():
    assert spared_by("%matplotlib inline\nassert x == 3", 2) == {}
