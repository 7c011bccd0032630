"""What a project calls its models with."""

import contextlib

import pytest

from keraslint.verify.inside import shown as module
from keraslint.verify.inside.arrays import Spec
from keraslint.verify.inside.namespace import Namespace

ARRAY = """
class Array:
    def __init__(self, *shape, dtype="float32"):
        self.shape, self.dtype = shape, dtype

"""


@pytest.fixture(autouse=True)
def nothing_to_quieten(monkeypatch):
    monkeypatch.setattr(module, "quiet", lambda library: contextlib.nullcontext())


def shown(text):
    def assume(name):
        raise LookupError(name)

    namespace = Namespace(ARRAY + "class Net:\n    pass\n\n" + text, "nets.py", "nets", "", assume)
    return module.shown("Net", [namespace], None)


@pytest.mark.parametrize(
    "text",
    [
        "net = Net()\nnet(Array(5, 8, 3))",
        "def run():\n    x = Array(5, 8, 3)\n    return Net()(x)",
        "class Run:\n    def __init__(self):\n        self.net = Net()\n\n    def go(self):\n        self.net(Array(2, 8, 3))",
        "net = Net()\nnet.build((None, 8, 3))",
        "nets = [Net() for _ in range(3)]\nfor each in nets:\n    each(Array(2, 8, 3))",
        "def go(nets=[]):\n    nets.append(Net())\n    nets[0](Array(2, 8, 3))",
    ],
)
def test_positions(text):
    assert shown(text) == [([Spec("float", (2, 8, 3))], {})]


def test_names_and_whole_numbers():
    found = shown("Net()(ids=Array(2, 8, dtype='int32'), training=True)")
    assert found == [([], {"ids": Spec("int", (2, 8), 2)})]


def test_constants():
    assert shown("Net()(Array(2, 8), mask=None, causal=True)") == [
        ([Spec("float", (2, 8))], {"mask": None, "causal": True})
    ]


def test_what_a_model_gives_is_no_model():
    assert shown("x = Net()(Array(2, 8, 3))\nx(Array(2, 4))") == [([Spec("float", (2, 8, 3))], {})]


def test_what_cannot_be_had_is_left_out():
    assert shown("Net()(unknown)") == []


def test_no_more_time_is_spent_than_calls_are_worth(monkeypatch):
    monkeypatch.setattr(module, "MOST_SECONDS", 0.05)
    slow = "import time\ndef slow(n):\n    end = time.process_time() + 0.1\n    while time.process_time() < end:\n        pass\n    return Array(n)\n"
    found = shown(slow + "net = Net()\nnet(Array(2))\nnet(slow(3))\nnet(Array(4))\n")
    assert found == [([Spec("float", (2,))], {})]
