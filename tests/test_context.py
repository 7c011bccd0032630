"""How a call gets its training value: `resolve` against what was measured on every version of docs/versions.md.

Each case is a small program over the layers a to z, whose `call` has `training` with the default None (N), False (F)
or True (T), lacks it and holds one N child called i (X), or has only `**kwargs` (K). It is run by the few lines of
`Context`, which add to `resolve` only the stack or cell that holds the context.
"""

import pickle

import pytest

from keraslint.semantics.context import ABSENT, EMPTY, NOTHING, UNKNOWN, Given, resolve
from keraslint.semantics.regimes import REGIMES

DEFAULTS = {"N": None, "F": False, "T": True}
LETTERS = {True: "T", False: "F", None: "N", ABSENT: "-", UNKNOWN: "?"}


class Context:
    """The call context of one outermost call, and what each layer received, as `a=T b=N`."""

    def __init__(self, regime):
        self.regime = REGIMES[regime]
        self.value = EMPTY
        self.seen = []

    def call(self, name, kind, explicit=ABSENT, inside=None):
        """Call a layer; `inside` is run as its body, with what its parameter holds."""
        accepts = kind in DEFAULTS or (kind == "K" and self.regime.kwargs_accept)
        default = Given(DEFAULTS.get(kind))
        before = self.value
        received, self.value = resolve(self.regime, accepts, default, Given(explicit), before)
        value = received.value
        if value is ABSENT and kind in DEFAULTS:
            value = default.value
        if kind in DEFAULTS:
            self.seen.append(f"{name}={LETTERS[value]}")
        if kind in "XK":
            self.call(f"{name}.i", "N")
        if inside is not None:
            inside(self, value)
        if self.regime.stack:
            self.value = before


def run(regime, program, given):
    """The outermost layer o is called with `given`, and its body is `program`."""
    context = Context(regime)
    context.call("o", "N", given, lambda c, value: program(c, value) if program else None)
    return " ".join(context.seen[1:])


def calls(*steps):
    """A body of calls in turn, as `a:N` (implicit) or `a:N=T` (explicit)."""

    def body(context, _):
        for step in steps:
            layer, _, value = step.partition("=")
            name, kind = layer.split(":")
            context.call(name, kind, {"T": True, "F": False, "N": None, "": ABSENT}[value])

    return body


def within(layer, *steps):
    """A body that calls one layer, whose own body is `steps`, and nothing else."""
    name, kind = layer.split(":")
    return lambda context, _: context.call(name, kind, ABSENT, calls(*steps))


def then(*bodies):
    def body(context, value):
        for each in bodies:
            each(context, value)

    return body


O, T, F, N = ABSENT, True, False, None  # what the outermost layer is called with

# what it is, the body, the outermost value, and what is received in 2, 3.0, 3.10 and 3.16
CASES = [
    # Implicit calls
    ("nothing", calls("a:N"), O, "a=N", "a=N", "a=N", "a=N"),
    ("true", calls("a:N"), T, "a=T", "a=T", "a=T", "a=T"),
    ("false", calls("a:N"), F, "a=F", "a=F", "a=F", "a=F"),
    ("nothing over False", calls("a:F"), O, "a=F", "a=F", "a=F", "a=F"),
    ("true over False", calls("a:F"), T, "a=T", "a=T", "a=T", "a=T"),
    ("nothing over True", calls("a:T"), O, "a=T", "a=T", "a=T", "a=T"),
    ("false over True", calls("a:T"), F, "a=F", "a=F", "a=F", "a=F"),
    ("through layers without it", lambda c, _: c.call("x", "X", O, within("y:X", "a:N")), T,
     *["x.i=T y.i=T a=T"] * 4),
    # An explicit None
    ("None to False", calls("f:F=N"), O, "f=F", "f=N", "f=N", "f=N"),
    ("None to True", calls("t:T=N"), O, "t=T", "t=N", "t=N", "t=N"),
    ("None under true", calls("a:N=N", "b:N"), T, "a=T b=T", "a=T b=T", "a=N b=N", "a=N b=N"),
    ("None under false", calls("a:N=N", "b:N"), F, "a=F b=F", "a=F b=F", "a=N b=N", "a=N b=N"),
    ("None to True under true", calls("a:T=N", "b:N"), T, "a=T b=T", "a=T b=T", "a=N b=N", "a=N b=N"),
    ("None to True under nothing", calls("a:T=N", "b:N"), O, "a=T b=N", "a=N b=N", "a=N b=N", "a=N b=N"),
    ("a default True given None", lambda c, _: c.call("p", "T", N, calls("i:N", "f:F")), O,
     "p=T i=T f=T", "p=N i=N f=F", "p=N i=N f=F", "p=N i=N f=F"),
    # Layers without `training`
    ("without it, nothing", calls("x:X"), O, "x.i=N", "x.i=N", "x.i=N", "x.i=N"),
    ("without it, true", calls("x:X=T"), O, "x.i=T", "x.i=N", "x.i=T", "x.i=T"),
    ("without it, false", calls("x:X=F"), O, "x.i=F", "x.i=N", "x.i=F", "x.i=F"),
    ("without it, then implicit", calls("x:X=F", "b:N"), T, "x.i=F b=T", "x.i=T b=T", "x.i=F b=F", "x.i=F b=F"),
    ("**kwargs, true", calls("k:K=T"), O, "k.i=T", "k.i=N", "k.i=T", "k.i=T"),
    ("**kwargs under true", calls("k:K"), T, "k.i=T", "k.i=T", "k.i=T", "k.i=T"),
    # What an explicit value does to siblings
    ("false under true", calls("a:N=F", "b:N", "c:F"), T,
     "a=F b=T c=T", "a=F b=F c=F", "a=F b=F c=F", "a=F b=F c=F"),
    ("false under nothing", calls("a:N=F", "b:N", "c:F"), O,
     "a=F b=N c=F", "a=F b=F c=F", "a=F b=F c=F", "a=F b=F c=F"),
    ("true under false", calls("a:N=T", "b:N", "c:F"), F,
     "a=T b=F c=F", "a=T b=T c=T", "a=T b=T c=T", "a=T b=T c=T"),
    ("two levels down", then(within("m:N", "deep:N=F"), calls("cousin:N")), T,
     "m=T deep=F cousin=T", "m=T deep=F cousin=F", "m=T deep=F cousin=F", "m=T deep=F cousin=F"),
    ("the second of three", calls("a:N", "b:N=F", "c:N"), T,
     "a=T b=F c=T", "a=T b=F c=F", "a=T b=F c=F", "a=T b=F c=F"),
    ("one layer twice", calls("a:N=F", "a:N"), T, "a=F a=T", "a=F a=F", "a=F a=F", "a=F a=F"),
    ("a teacher", then(lambda c, _: c.call("t", "N", F, calls("t.i:N")), calls("a:N")), T,
     "t=F t.i=F a=T", "t=F t.i=F a=F", "t=F t.i=F a=F", "t=F t.i=F a=F"),
    ("forwarded everywhere", calls("a:N=T", "b:N=T", "c:N=T"), T, *["a=T b=T c=T"] * 4),
    # What a signature default does to siblings
    ("True, None, False", calls("a:T", "b:N", "c:F"), O,
     "a=T b=N c=F", "a=T b=T c=T", "a=T b=T c=T", "a=T b=N c=F"),
    ("False, None, True", calls("a:F", "b:N", "c:T"), O,
     "a=F b=N c=T", "a=F b=F c=F", "a=F b=F c=F", "a=F b=N c=T"),
    ("True, None, False under true", calls("a:T", "b:N", "c:F"), T, *["a=T b=T c=T"] * 4),
    # An outer layer's own default
    ("its default True", lambda c, _: c.call("p", "T", O, calls("i:N", "f:F")), O,
     "p=T i=T f=T", "p=T i=T f=T", "p=T i=T f=T", "p=T i=N f=F"),
    ("its default False", lambda c, _: c.call("p", "F", O, calls("i:N", "f:F")), O,
     "p=F i=F f=F", "p=F i=F f=F", "p=F i=F f=F", "p=F i=N f=F"),
]  # fmt: skip


@pytest.mark.parametrize("number, regime", list(enumerate(REGIMES)))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_what_layers_receive(case, number, regime):
    _, program, given, *received = case
    assert run(regime, program, given) == received[number]


@pytest.mark.parametrize("regime", REGIMES.values(), ids=REGIMES)
@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("context", [True, False, None])
@pytest.mark.parametrize("value", [True, False])
def test_what_is_not_known_covers_what_it_may_be(regime, accepts, context, value):
    """Whatever an unknown argument turns out to be, the answer for it is that one or unknown."""
    known = resolve(regime, accepts, EMPTY, Given(value), Given(context))
    unknown = resolve(regime, accepts, EMPTY, Given(UNKNOWN), Given(context))
    for one, other in zip(known, unknown):
        assert other.value in (one.value, UNKNOWN)


@pytest.mark.parametrize("regime", REGIMES.values(), ids=REGIMES)
def test_a_value_keeps_its_origin(regime):
    explicit, context, default = Given(True, "argument"), Given(True, "context"), Given(True, "default")
    assert resolve(regime, True, default, explicit, context).received.origin == "argument"
    assert resolve(regime, True, default, NOTHING, context).received.origin == "context"
    received = resolve(regime, True, default, NOTHING, EMPTY).received
    assert received.origin == ("default" if regime.default_latches else None)


def test_the_marks_stay_themselves():
    assert (repr(ABSENT), repr(UNKNOWN)) == ("ABSENT", "UNKNOWN")
    assert pickle.loads(pickle.dumps((ABSENT, UNKNOWN))) == (ABSENT, UNKNOWN)
