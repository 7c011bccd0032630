"""What code does with what it has by a name."""

import ast

import pytest

from keraslint.verify.inside.uses import Use, merged, use

CODE = ast.parse("""
class Net:
    def __init__(self, embedding, kinds, pairs, sizes, norm, table, other):
        self.inner = embedding
        for at, kind in enumerate(kinds):
            if kind == "conv":
                pass
        for size, rate in pairs:
            pass
        self.layers = [Dense(each) for each in sizes] + [norm(n) for n in range(len(table))]
        self.first = table[0] if not isinstance(other, int) else other["key"]

    def call(self, x):
        if self.inner.segment:
            x = self.inner.model(x)
        return x.kinds + self.kinds
""")
[NET] = CODE.body
INIT = NET.body[0]


@pytest.mark.parametrize(
    "name, done",
    [
        ("embedding", Use(attributes=frozenset({"segment", "model"}))),
        ("kinds", Use(parts=Use(texts=("conv",)))),
        ("pairs", Use(parts=Use(), apart=("size", "rate"))),
        ("sizes", Use(parts=Use())),
        ("norm", Use(called=frozenset({"__init__"}))),
        ("table", Use(keys=frozenset({0}), parts=Use())),
        ("other", Use(keys=frozenset({"key"}), checked=True)),
        ("nowhere", Use()),
    ],
)
def test_what_a_constructor_does_with_its_arguments(name, done):
    assert use(INIT, name, NET) == done


def test_settings_are_known_by_their_names_alone():
    assert use(CODE, "model") == Use(called=frozenset({"call"}))
    assert use(CODE, "segment") == Use(tested=True)


def test_what_several_classes_do():
    assert merged(Use(texts=("a", "b")), Use(texts=("b", "c"), tested=True)) == Use(
        texts=("a", "b", "c"), tested=True
    )
