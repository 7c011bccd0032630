"""The search for inputs; the messages are what Keras 3.15 and TensorFlow 2.21 said."""

import math

import pytest

from keraslint.verify.inside.arrays import Spec, describe
from keraslint.verify.inside.inputs import structures
from keraslint.verify.inside.search import MOST_ELEMENTS, search


def found(start, accepts):
    """The arguments on which a search ends; `accepts` raises what is wrong with some."""

    def attempt(arguments):
        try:
            accepts(*arguments)
        except Exception as error:
            return 0, error
        return 1, None

    return search([start], attempt).arguments


VECTOR = Spec("float", (2, 16))


@pytest.mark.parametrize(
    "message, wanted",
    [
        (
            "Input 0 of layer 'conv' is incompatible with the layer: expected min_ndim=4, found ndim=2.",
            lambda s: len(s.shape) == 4,
        ),
        (
            'Input 0 of layer "dense" is incompatible with the layer: expected axis -1 of input shape to have value 5, '
            "but received input with shape (2, 16)",
            lambda s: s.shape == (2, 5),
        ),
        ("Matrix size-incompatible: In[0]: [2,16], In[1]: [8,4] [Op:MatMul]", lambda s: s.shape == (2, 8)),
        (
            "Value for attr 'Tindices' of float is not in the list of allowed values: int32, int64",
            lambda s: s.kind == "int",
        ),
    ],
)
def test_a_message_leads_to_what_it_asks_for(message, wanted):
    def accepts(spec):
        if not wanted(spec):
            raise ValueError(message)

    [answer] = found([VECTOR], accepts)
    assert wanted(answer)


def test_structures_are_found():
    def pair(value):
        _, _ = value if isinstance(value, list) else ()

    assert isinstance(found([VECTOR], pair)[0], list)

    def keyed(value):
        if not isinstance(value, dict) or "image" not in value:
            raise KeyError("image")

    assert list(found([VECTOR], keyed)[0]) == ["image"]


def test_nothing_is_made_that_does_not_fit_into_memory():
    tried = []

    def grows(arguments):
        tried.append(arguments)
        return 0, ValueError("Negative dimension size caused by subtracting")

    answer = search([[Spec("float", (2, 32, 32, 3))]], grows)
    assert answer.arguments is None
    assert all(math.prod(leaf.shape) < MOST_ELEMENTS for [leaf] in tried)


def test_structures_are_shown_as_they_are_written_in_recipes():
    assert describe([VECTOR, {"ids": Spec("int", (2, 8), 10)}]) == "[float(2, 16), {'ids': int(2, 8) < 10}]"


def test_lists_are_as_long_as_is_asked_for():
    def three(value):
        if not isinstance(value, list) or len(value) != 3:
            raise ValueError("A `Pooling` layer should be called on a list of 3 inputs")

    assert len(found([VECTOR], three)[0]) == 3

    def built_of_a_list(value):
        if not isinstance(value, list):
            raise TypeError("'int' object is not subscriptable")

    assert len(found([VECTOR], built_of_a_list)[0]) == 2


def test_a_model_without_a_call_of_its_own_can_be_started_all_the_same():
    class Library:
        layer = sequential = type("Layer", (), {})

        def is_graph(self, model):
            return False

    class Gan:
        def call(self, *args, **kwargs):
            raise NotImplementedError

    assert structures(Gan(), Library(), {})[0] == [VECTOR]


def test_an_argument_that_is_taken_apart_into_its_own_name(tmp_path):
    class Library:
        layer = sequential = type("Layer", (), {})

        def is_graph(self, model):
            return False

    text = "class Net:\n    def call(self, x):\n        x, t = x\n        return x + t\n"
    path, names = tmp_path / "nets.py", {"__name__": "nets"}
    exec(compile(text, str(path), "exec"), names)
    first = structures(names["Net"](), Library(), {str(path): text})[0]
    assert [len(each) for each in first] == [2]
