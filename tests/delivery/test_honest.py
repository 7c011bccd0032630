"""Where a mode cannot be told it is `unknown`; what can be told beside it still is."""

import pytest
from test_python import UNKNOWN, interpreted
from texts import HEAD, PATH, findings, modes, rows, run, settings

from keraslint import engine
from keraslint.checks import collect
from keraslint.delivery import names

NET = """
class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.leaf = layers.GaussianNoise(1.0)

    def call(self, x{parameter}):
        return self.leaf(x{argument})


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.block = Block()
        self.drop = layers.Dropout(0.5)
        {init}

    def call(self, x, training=None):
        {body}
        return self.drop(x)
"""


def found(
    body,
    entry="call",
    regime="3.10",
    init="pass",
    parameter=", training=None",
    argument=", training=training",
):
    text = NET.format(body=body, init=init, parameter=parameter, argument=argument)
    return modes(text, entry, regime, name="Net")


# In a bare call nothing is in the context, so what an unknown layer leaves there counts (R4, R5).
MAY_BE_LAYERS = {
    "self.made(x)": "self.made = elsewhere.make()",
    "self.made[0](x)": "self.made = elsewhere.make()",
    "self.made['a'][1](x)": "self.made = elsewhere.make()",
    "layer = self.made; layer(x)": "self.made = elsewhere.make()",
    "for layer in self.made: layer(x)": "self.made = elsewhere.make()",
    "[layer(x) for layer in self.made]": "self.made = elsewhere.make()",
    "self.made(x) ": "self.made = keras.models.load_model('x')",
    "self.made(x)  ": "self.made = keras.layers.deserialize({})",
    "self.made(x, training=x)": "self.made = elsewhere.make()",
    "self.own(x)": "self.own = Own()",
}


@pytest.mark.parametrize("body", MAY_BE_LAYERS)
@pytest.mark.parametrize("regime, mode", [("2", "infer"), ("3.0", "unknown"), ("3.10", "unknown")])
def test_after_what_may_be_a_layer(body, regime, mode):  # Keras 2 restores the context after each layer
    assert found(body, "call", regime, MAY_BE_LAYERS[body])["self.drop"] == mode


@pytest.mark.parametrize("entry, mode", [("fit", "train"), ("predict", "infer")])
def test_an_implicit_call_changes_nothing_once_the_mode_is_known(entry, mode):
    assert found("self.made(x)", entry, "3.10", "self.made = elsewhere.make()")["self.drop"] == mode
    assert (
        found("self.made(x, training=x)", entry, "3.10", "self.made = elsewhere.make()")["self.drop"]
        == "unknown"
    )


GIVEN = ("x", "elsewhere.flag", "self.flag()", "tf.constant(1) > 0", "x if training is None else x")


@pytest.mark.parametrize("value", GIVEN)
@pytest.mark.parametrize("regime", ["2", "3.10"])
def test_a_value_that_is_not_known(value, regime):
    got = found(f"x = self.block(x, training={value})", "call", regime)
    assert got["self.block"] == got["self.leaf"] == "unknown"
    assert got["self.drop"] == ("infer" if regime == "2" else "unknown")


def test_a_value_that_is_one_of_two():
    got = found("x = self.block(x, training=True if x[0] else False)")
    assert got == {"self.block": "either", "self.leaf": "either", "self.drop": "either"}


@pytest.mark.parametrize("entry", ["fit", "predict"])
def test_keywords_that_may_hold_a_mode(entry):
    assert found("x = self.block(x, **elsewhere.options())", entry)["self.leaf"] == "unknown"
    body = "options = {}\n        if x[0]: options['training'] = True\n        x = self.block(x, **options)"
    assert found(body, "predict")["self.leaf"] == "unknown"
    body = "options = {'training': False}\n        options['mask'] = x\n        x = self.block(x, **options)"
    assert found(body, "fit", parameter=", mask=None, training=None")["self.leaf"] == "infer"


def test_an_attribute_that_only_one_path_sets():
    """The class's own value counts on the other."""
    text = """
class Net(keras.Model):
    frozen = False

    def __init__(self, config):
        super().__init__()
        self.drop = layers.Dropout(0.5)
        if config.frozen:
            self.frozen = True

    def call(self, x, training=None):
        return self.drop(x, training=training and not self.frozen)
"""
    assert modes(text, "fit") in ({"self.drop": "either"}, {"self.drop": "unknown"})
    assert modes(text, "predict") == {"self.drop": "infer"}


# A `call` that no one can read: what it leaves is not known, but in Keras 2 it leaves nothing.
@pytest.mark.parametrize("call", ["elsewhere.call", "make()"])
def test_a_call_that_cannot_be_read(call):
    own = f"\nclass Own(layers.Layer):\n    call = {call}\n"
    text = own + NET.format(
        parameter="", argument="", init="self.own = Own()", body="x = self.own(x, training=True)"
    )
    for regime, mode in {"2": "infer", "3.10": "unknown", "3.16": "unknown"}.items():
        assert modes(text, "predict", regime, name="Net")["self.drop"] == mode


DIRECT = {
    "x = self.block.call(x, training)": {"fit": "train", "predict": "infer", "call": "infer"},
    "x = self.block.call(x, training=True)": {"fit": "train", "predict": "train", "call": "train"},
    "x = self.block.call(x, x)": {"fit": "unknown", "predict": "unknown", "call": "unknown"},
}


@pytest.mark.parametrize("body", DIRECT)
@pytest.mark.parametrize("regime", ["2", "3.0", "3.10", "3.16"])
def test_a_mode_that_is_handed_past_the_call(body, regime):  # R7
    for entry, mode in DIRECT[body].items():
        got = found(body, entry, regime)
        assert got["self.block.call"] == got["self.leaf"] == mode


def test_a_required_mode_that_is_left_out():
    got = found("x = self.block.call(x)", "fit", parameter=", training")
    assert got["self.block.call"] == "unknown"


# Programs that are too long or too deep to follow: what lies behind is not said to be unreached.
ENDLESS = {
    "long": "for i in range(60):\n            for j in range(60):\n                for k in range(60): x = x + 1",
    "deep": "x = self.down(x, 100)\n\n    def down(self, x, n): return self.down1(x)\n"
    + "\n".join(f"    def down{n}(self, x): return self.down{n + 1}(x)" for n in range(1, 90))
    + "\n    def down90(self, x):",
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_lies_behind_what_cannot_be_followed(kind):
    got = modes(
        NET.format(
            body=f"y = self.block(x)\n        {ENDLESS[kind]}", init="pass", parameter="", argument=""
        ),
        "fit",
        name="Net",
    )
    assert got["self.block"] == "train"
    assert got.get("self.drop", "unknown") == "unknown"


def test_a_recursion_is_followed_a_few_times():
    body = "x = self.again(x)\n\n    def again(self, x):\n        if x[0]: return self.again(self.block(x))"
    got = found(body, "fit")
    assert got["self.block"] == "train" and got["self.drop"] == "train"


@pytest.mark.parametrize(
    "failing", ["None()", "raise ValueError", "f(1, 2, *3)", "assert False", "[][0].x.y()"]
)
def test_a_statement_that_fails_does_not_hide_what_follows(failing):
    got = modes(
        f"\ndef f(a): return a\n\n\n{failing}\n"
        + NET.format(body="pass", init="pass", parameter="", argument=""),
        name="Net",
    )
    assert got == {"self.drop": "train"}


def test_unknown_layers_in_a_graph():
    text = """
def build():
    inputs = keras.Input((3,))
    x = layers.Dropout(0.5)(inputs)
    x = elsewhere.layer()(x)
    return keras.Model(inputs, layers.GaussianNoise(1.0)({between}))
"""
    for between in ("x", "elsewhere.layer(x)", "layer(x, training=True)", "x[0]", "self.layer[0](x)"):
        got = {layer: mode for _, layer, mode in rows(text.format(between=between), "fit", name="build")}
        assert (got["Dropout"], got["GaussianNoise"]) == ("train", "train"), between


def test_shared_and_nested_layers_are_frozen_once():
    text = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.BatchNormalization()
        self.again = self.first
        self.stack = [self.first, {"a": self.first, "b": self}]
        self.trainable = False

    def call(self, x, training=None):
        return self.first(x) if not self.first.trainable else x
"""
    assert modes(text, "fit") == {"self.first": "train"}


@pytest.mark.parametrize(
    "more", ["a, b = x, x", "a, b = (x, x) if x[0] else x", "a, *b = x", "(a, b), c = x", "a = b = x"]
)
def test_taking_tensors_apart(more):
    assert found(f"{more}\n        x = self.block(a)", "fit")["self.leaf"] == "train"


CLASSES = """
import elsewhere
class Plain: pass
class Mixed(elsewhere.Base): pass
class Layer(layers.Layer): pass
class Drop(layers.Dropout): pass
class Net(keras.Model): pass
class Both(elsewhere.Base, keras.Model): pass
result = isinstance({made}, {kind})
"""
KINDS = {
    "Plain()": {
        "layers.Layer": False,
        "keras.Model": False,
        "layers.Dropout": False,
        "Plain": True,
        "Net": False,
    },
    "Mixed()": {"layers.Layer": UNKNOWN, "keras.Model": UNKNOWN, "Plain": False, "elsewhere.Base": True},
    "Layer()": {"layers.Layer": True, "keras.Model": False, "layers.Dropout": False, "Drop": False},
    "Drop(0.5)": {"layers.Layer": True, "layers.Dropout": True, "layers.Dense": False, "Drop": True},
    "Net()": {
        "keras.Model": True,
        "layers.Layer": True,
        "layers.Dropout": False,
        "keras.layers.Wrapper": UNKNOWN,
    },
    "Both()": {"keras.Model": True, "layers.Dropout": UNKNOWN, "elsewhere.Base": True},
    "layers.Dense(1)": {"layers.Dense": True, "layers.Layer": True, "keras.Model": False, "Layer": False},
    "keras.Sequential()": {"keras.Model": True, "layers.Layer": True, "layers.Dense": False, "Net": False},
    "tf.zeros(3)": {"layers.Layer": UNKNOWN, "Plain": UNKNOWN, "list": UNKNOWN},
    "[1]": {"layers.Layer": False, "Plain": False},
    "1": {"layers.Layer": False, "Plain": False, "elsewhere.kind": UNKNOWN},
}


@pytest.mark.parametrize("made, kind", [(made, kind) for made, kinds in KINDS.items() for kind in kinds])
def test_what_kind_an_object_is(made, kind):
    assert interpreted(CLASSES.format(made=made, kind=kind)) is KINDS[made][kind]


BARE = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)
"""


def test_a_defect_of_the_interpreter_costs_one_file_and_says_so(monkeypatch):
    def broken(machine, module):
        raise KeyError("what")

    monkeypatch.setattr(names, "run_module", broken)
    with pytest.raises(AssertionError):
        run(BARE)
    found = engine.check(["-"], settings("3.10"), (PATH, (HEAD + BARE).encode())).findings
    assert [(one.code, one.message) for one in found] == [
        ("KER900", "not analysed: internal error, please report it: KeyError: 'what'")
    ]


def test_a_defect_of_a_rule_costs_one_model_and_says_so(monkeypatch):
    def broken(case):
        if case.subject.name == "Net":
            raise ValueError("no")
        return []

    monkeypatch.setattr(collect, "RULES", (*collect.RULES, broken))
    text = HEAD + BARE + BARE.replace("Net", "Other")
    found = engine.check(["-"], settings("3.10"), (PATH, text.encode())).findings
    assert [one.code for one in found] == ["KER900", "KER101"]
    assert found[0].message == "not analysed: Net: internal error, please report it: ValueError: no"
    assert found[1].symbol == "Other.call"


ONCE = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
        self.seen, self.list, self.dict = False, [], {}

    def call(self, x, training=None):
        if self.seen or self.list or self.dict:
            x = self.drop(x)
        self.seen = True
        self.list.append(1)
        self.dict["a"] = 1
        self.other = layers.GaussianNoise(1.0)
        return x


net = Net()
"""


@pytest.mark.parametrize("entry", ["fit", "evaluate", "predict", "call", "call_true", "call_false"])
def test_each_entry_starts_from_the_model_as_it_was_built(entry):
    assert modes(ONCE, entry) == {}


def test_what_one_model_does_is_nothing_to_another():
    text = ONCE.replace("self.seen or self.list or self.dict", "True") + ONCE.replace("Net", "Other")
    assert modes(text, name="Net") == {"self.drop": "train"}
    assert modes(text, name="Other") == {}


def test_an_attribute_that_a_base_behind_keras_sets():
    text = """
class Prepared:
    def prepare(self):
        self.leaf = layers.Dropout(0.5)


class Net(keras.Model, Prepared):
    def call(self, x, training=None):
        return self.leaf(x)
"""
    assert modes(text, "fit") == {"self.leaf": "train"}


@pytest.mark.parametrize("parameter", ["", ", training=None", ", mode=False"])
@pytest.mark.parametrize("regime", ["3.0", "3.10", "3.16"])
def test_a_mode_that_is_not_known_is_no_finding(parameter, regime):
    text = NET.format(
        body="x = self.block(x, training=x[0])",
        init="pass",
        parameter=", training=None",
        argument=", training=training",
    )
    text = text.replace(
        "x, training=None):\n        x = self.block", f"x{parameter}):\n        x = self.block"
    )
    assert modes(text, "predict", regime, name="Net")["self.drop"] == "unknown"
    assert findings(text + "\n\nnet = Net()\nnet.fit(1)\nnet.predict(1)\n", regime) == []


HANDED_ON = """
import random
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = [layers.RandomFlip()]
        self.norm = layers.BatchNormalization()

    def call(self, x):
        {body}
        return self.norm(x)
"""


@pytest.mark.parametrize(
    "body",
    [
        "x = random.choice(self.first)(x)",
        "layer = random.choice(self.first); x = layer(x)",
        "x = tf.nest.map_structure(lambda layer: layer(x), self.first)[0]",
        "x = [layer(x) for layer in random.sample(self.first, 1)][0]",
    ],
)
def test_layers_that_a_function_from_outside_hands_on_may_be_called(body):
    """In 3.10 such a layer leaves its default in the context: `fixtures/forwarding/augmentation_through_reduce.py`."""
    assert modes(HANDED_ON.format(body=body), "call")["self.norm"] == "unknown"
    assert modes(HANDED_ON.format(body=body), "call", "3.16")["self.norm"] == "infer"


def test_any_number_of_layers_is_followed():
    body = "import functools; x = functools.reduce(lambda value, layer: layer(value), unknown(self.first), x)"
    assert modes(HANDED_ON.format(body=body), "call")["self.norm"] == "unknown"


TWO_UNKNOWN = """
import elsewhere

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = keras.Sequential([keras.Input((8,)), elsewhere.Norm(), elsewhere.Norm()])
        self.second = keras.Sequential([keras.Input((8,)), layers.BatchNormalization()])

    def call(self, x):
        return self.second(self.first(x))

net = Net()
"""


def test_no_finding_hangs_on_what_the_default_of_an_unknown_layer_may_be():
    assert modes(TWO_UNKNOWN, "evaluate", "3.10", name="Net")["self.second"] == "unknown"
    assert findings(TWO_UNKNOWN, "3.10") == []
