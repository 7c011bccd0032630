"""The interpreter's values by themselves: what joins to what, and when two say the same."""

import itertools

import pytest
from test_python_random import allows

from keraslint.delivery import values
from keraslint.delivery.values import (
    ANYTHING,
    DATA,
    LONGEST,
    MISSING,
    TENSOR,
    Entries,
    Instance,
    Items,
    Known,
    Mapping,
    Node,
    Sequence,
    Tensor,
    join,
    options,
    same,
    truth,
    union,
)

LAYER, OTHER = Instance(None), Instance(None)
SYMBOLIC, NEXT = Tensor(Node(None, ())), Tensor(Node(None, ()))
UNLIKE = (
    Known(1), Known(2), Known(1.0), Known(True), Known("1"), Known(None), DATA, ANYTHING, TENSOR, SYMBOLIC, NEXT, LAYER, OTHER,
    Items((Known(1),), False, 1), Items((Known(1),), True, 1), Items((Known(1),), True, 0), Items((Known(2),), False, 1),
    Items((), False, 0), Items((Known(1), Known(1)), False, 2), Items((LAYER,), False, 1), Items((OTHER,), False, 1),
    Entries({"a": Known(1)}, False, frozenset()), Entries({"a": Known(2)}, False, frozenset()), Entries({}, False, frozenset()),
    Entries({"a": Known(1)}, True, frozenset()), Entries({"a": Known(1)}, False, frozenset("a")),
    Entries({"b": Known(1)}, False, frozenset()), True, False, (Known(1),), (Known(1), Known(1)), 1, 2,
)  # fmt: skip


def test_what_is_unlike_is_never_the_same():
    assert [(one, other) for one, other in itertools.permutations(UNLIKE, 2) if same(one, other)] == []
    assert all(same(value, value) for value in UNLIKE)
    assert same(Known(1), Known(1)) and same(Items((Known(1),), True, 0), Items((Known(1),), True, 0))
    assert same(Tensor(), TENSOR)


# Python's values, with what the interpreter has for them.
REAL = [
    (1, Known(1)), (2, Known(2)), (True, Known(True)), ("a", Known("a")), ([], Sequence("list")), ((), Sequence("tuple")),
    ([1], Sequence("list", [Known(1)])), ([2], Sequence("list", [Known(2)])), ([1, 2], Sequence("list", [Known(1), Known(2)])),
    ({}, Mapping()), ({"a": 1}, Mapping({"a": Known(1)})), ({"b": 1}, Mapping({"b": Known(1)})), (None, Known(None)),
    (1.5, DATA), ([3], ANYTHING), ([1, 9], Sequence("list", [Known(1)], True, 1)), ({"a": 2}, Mapping({"a": Known(2)}, True)),
]  # fmt: skip


@pytest.mark.parametrize("count", [2, 3])
def test_a_union_allows_all_of_its_values(count):
    for chosen in itertools.combinations(REAL, count):
        value = union([one for _, one in chosen])
        assert all(allows(value, real) for real, _ in chosen)
        assert truth(value) in (None, *[bool(real) for real, _ in chosen])
        if len({bool(real) for real, _ in chosen}) == 2:
            assert truth(value) is None


@pytest.mark.parametrize("kind", [list, dict])
def test_what_is_joined_in_a_container_allows_both(kind):
    held = [(real, value) for real, value in REAL if type(real) is kind and not isinstance(value, type(DATA))]
    for (one, a), (other, b) in itertools.product(held, held):
        container = Sequence("list") if kind is list else Mapping()
        container.slots["held"] = join(a.slots["held"], b.slots["held"])
        assert allows(container, one) and allows(container, other)


def test_unions():
    known = [Known(n) for n in range(20)]
    assert options(union([Known(1), Known(1), union([Known(2), Known(1)])])) == (Known(1), Known(2))
    assert union([Known(1), DATA]) is DATA and union([LAYER, LAYER]) is LAYER and union([]) is ANYTHING
    assert options(union([Known(None), DATA])) == (Known(None), DATA)  # whether it is None may matter
    assert union([TENSOR, DATA, Tensor()]) is TENSOR
    assert union(known[:8]).options == tuple(known[:8]) and union(known) is DATA
    layers = [Instance(None) for _ in range(30)]
    assert union(layers).options[-1] is ANYTHING and set(union(layers).options) <= {*layers, ANYTHING}
    assert join(MISSING, LAYER) is join(LAYER, MISSING) is LAYER


def test_a_long_list_is_known_at_its_beginning():
    whole, longer = Items.of([DATA] * LONGEST, False, 0), Items.of([DATA] * (LONGEST + 1), False, 0)
    assert (whole.open, whole.sure) == (False, LONGEST)
    assert (longer.open, longer.sure, len(longer.items)) == (True, LONGEST, LONGEST)
    assert Items.of([DATA] * (LONGEST + 1), True, 3).sure == 3


@pytest.mark.parametrize("name", ["DATA", "ANYTHING", "MISSING"])
def test_marks_name_themselves(name):
    """Objects are compared by how their arguments read."""
    assert repr(getattr(values, name)) == name
