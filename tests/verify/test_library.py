"""What is said of structures, where no Keras is needed to say it."""

from typing import NamedTuple

import pytest

library = pytest.importorskip("keraslint.verify.inside.library")


class Result(NamedTuple):
    mean: int
    variance: int


class Layer:
    pass


@pytest.fixture
def keras():
    found = object.__new__(library.Library)
    found.layer = Layer
    return found


def test_named_tuples_stay_what_they_are(keras):
    assert keras.mapped(lambda each: each + 1, {"a": Result(1, 2), "b": [3]}) == {"a": Result(2, 3), "b": [4]}


def test_what_holds_itself_has_an_end(keras):
    names: dict = {"rate": 0.5}
    names["names"] = names
    assert not keras.is_part(names)
    assert keras.is_part({"layers": [Layer()]})
