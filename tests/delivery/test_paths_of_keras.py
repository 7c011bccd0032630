"""Rare ways of a mode through Keras, by the rules that Keras was run for (R1 to R12)."""

import pytest
from test_no_layers import NET as PLAIN
from texts import modes, rows, sensitive

REGIMES = ("2", "3.0", "3.10", "3.16")
NET = """
from os import environ as unknown


class Block(layers.Layer):
    def __init__(self, fixed=None):
        super().__init__()
        self.leaf = layers.GaussianNoise(1.0)
        self.fixed = fixed

    def call(self, x, training={default}):
        return self.leaf(x, training=training)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
        self.other = layers.Dropout(0.5)
        self.block = Block()
        {init}

    def call(self, x, training=None):
        {body}

    {more}
"""
T, F = "train", "infer"


def found(body, entry="fit", regime="3.10", default="None", init="pass", more="pass"):
    text = NET.format(body=body, default=default, init=init, more=more.replace("\n", "\n    "))
    return modes(text, entry, regime, name="Net")


@pytest.mark.parametrize("regime", REGIMES)
def test_nothing_is_left_for_the_next_outermost_call(regime):  # R4
    step = (
        "def train_step(self, data):\n    self.drop(data, training={})\n    self.other(data)\n    return {{}}"
    )
    for value, mode in ((True, T), (False, F)):
        assert found("return x", regime=regime, more=step.format(value)) == {
            "self.drop": mode,
            "self.other": F,
        }


def test_nothing_is_left_by_a_call_that_cannot_be_followed():
    step = "def train_step(self, data):\n    self(data)\n    self.other(data)\n    return {}"
    body = "self.made(x, training=x)\n        return self.drop(x)"
    got = found(body, init="self.made = elsewhere.make()", more=step)
    assert (got["self.drop"], got["self.other"]) == ("unknown", F)


@pytest.mark.parametrize("default, mode", [("None", "either"), ("False", "either"), ("True", T)])
def test_a_default_where_the_context_may_be_empty(default, mode):  # R1: the context, else the default
    body = "if unknown: x = self.drop(x, training=True)\n        return self.block(x)"
    assert found(body, "call", "3.16", default)["self.leaf"] == mode


@pytest.mark.parametrize("regime", REGIMES)
def test_a_value_by_position_ends_the_call_in_keras_3(regime):  # R8
    got = found("x = self.drop(x, training)\n        return self.other(x)", regime=regime)
    assert got == dict.fromkeys(("self.drop", "self.other"), T if regime == "2" else "unreached")


@pytest.mark.parametrize("step, entry, own, mode", [
    ("train_step", "fit", "test_step", F), ("train_step", "fit", "predict_step", F), ("test_step", "evaluate", "train_step", T),
    ("predict_step", "predict", "test_step", F), ("train_step", "fit", "train_step", T),
])  # fmt: skip
def test_a_step_that_runs_another_of_keras(step, entry, own, mode):
    for owner in ("super()", *(["self"] if own != step else [])):
        more = f"def {step}(self, data):\n    return {owner}.{own}(data)"
        assert found("return self.drop(x)", entry, more=more)["self.drop"] == mode


GOT_BY_NAME = {
    "getattr(self, unknown)(x, training=True)": {"Dropout", "GaussianNoise"},
    "getattr(self, 'drop')(x, training=True)": {"Dropout"},
    "getattr(self, unknown['name'], None)(x, training=True)": {"Dropout", "GaussianNoise"},
}


@pytest.mark.parametrize("call", GOT_BY_NAME)
def test_a_layer_by_a_name_that_is_not_known_is_any(call):
    text = NET.format(body=f"return {call}", default="None", init="pass", more="pass")
    text = text.replace("Block()", "layers.GaussianNoise(1.0)")
    assert {layer for _, layer, mode in rows(text, "predict", name="Net") if mode == T} == GOT_BY_NAME[call]


def test_layers_of_unlike_classes_are_told_apart():
    """Of layers that may be called at one place, only those are followed once that are switched alike."""
    text = """
class A(layers.Layer):
    def call(self, x):
        return drop(x, training=True)
class B(layers.Layer):
    def call(self, x):
        return drop(x, training=False)
drop = layers.Dropout(0.5)
class Net(keras.Model):
    def __init__(self, config):
        super().__init__()
        self.one = {one} if config else {other}
    def call(self, x):
        return self.one(x)
"""
    both = text.format(one="A()", other="B()")
    assert {mode for callee, _, mode in rows(both, name="Net") if callee == "drop"} == {T, F}
    alike = text.format(one="A(name='a')", other="A(name='b')")
    assert {mode for callee, _, mode in rows(alike, name="Net") if callee == "drop"} == {T}


DECORATORS = (
    "tf.function",
    "tf.function(jit_compile=True)",
    "tf.function()",
    "tf.autograph.experimental.do_not_convert",
)


@pytest.mark.parametrize("decorator", DECORATORS)
def test_a_decorated_method(decorator):
    more = f"@{decorator}\ndef help(self, x, training):\n    return self.drop(x, training=training)"
    assert found("return self.help(x, training)", more=more) == {"self.drop": T}
    assert found("return self.help(x, False)", more=more) == {"self.drop": F}


def test_layers_that_hold_one_another():
    body = "return self.drop(x)"
    init = "self.block.parent = self; self.block.twin = Block(); self.block.twin.twin = self.block"
    assert found(body, init=init) == {"self.drop": T}
    assert found(body, init=init + "; self.trainable = False") == {"self.drop": T}
    assert sensitive(
        """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.me = self
        self.drop = layers.Dropout(0.5)
    def call(self, x):
        return self.drop(x)
"""
    )


# How a base is written that nobody can follow: a method that it may give may be a layer, and change the context (R4, R5).
BASES = ("unknown['base']", "unknown[0]", "elsewhere.Base", "make()", "elsewhere.Base if x else object")


@pytest.mark.parametrize("base", BASES)
def test_a_base_that_is_not_known_may_give_any_method(base):
    text = PLAIN.format(
        before="self.other(x)",
        imports="import elsewhere, os\nunknown = os.environ\nmake = elsewhere.make\nx = unknown['x']",
    )
    assert modes(text, "call") == {"self.drop": F}
    text = text.replace("Net(keras.Model)", f"Net({base}, keras.Model)")
    assert modes(text, "call") == {"self.drop": "unknown"}


@pytest.mark.parametrize(
    "init",
    [
        "self.made = elsewhere.make()",
        "self.made = [elsewhere.make()]",
        "self.made = layers.Dense(1) if unknown else None",
        "self.made = layers.Dense(1); self.made = None",
        "self.made = []; self.one = layers.Dense(1); self.made.append(layers.Dense(1))",
        "self.made = {'b': layers.Dense(1), 'a': layers.Dense(1)}",
    ],
)
def test_how_many_layers_a_model_has_is_known_if_its_attributes_are(init):
    """Keras 2, 3.5 and 3.15 say 3, with a metric and a loss beside them too.

    On the last three they differ, or on the order.
    """
    body = "return self.drop(x, training=len(self.layers) == 3)"
    assert found(body)["self.drop"] == T
    assert found(body, init=init)["self.drop"] == "unknown"


@pytest.mark.parametrize("function", ["tf.map_fn", "tf.vectorized_map", "keras.ops.map"])
def test_a_function_that_is_called_back_gets_tensors(function):
    assert found(f"return {function}(lambda y: self.drop(y, training=y is None), x)") == {"self.drop": F}
    assert found(f"return {function}(lambda y, z=1: self.drop(y, training=z == 1), x)") == {"self.drop": T}
    assert found(f"return {function}(self.block, x)", "predict")["self.leaf"] == F


@pytest.mark.parametrize("regime", REGIMES)
def test_the_copy_of_keras_2_in_tensorflow_has_a_context_of_its_own(regime):
    """Keras 3.15.1 and tf_keras 2.21 run `self.old(x)` in inference; where TensorFlow is older the copy is Keras itself."""
    init = "from tensorflow.python.keras.layers import Dropout as Old\n        self.old = Old(0.5)"
    body = "x = self.old(x)\n        return self.drop(x)"
    assert found(body, "fit", regime, init=init) == {"self.old": "unknown", "self.drop": T}
    given = found("return self.old(x, training=training)", "fit", regime, init=init)
    assert given == {"self.old": T}


@pytest.mark.parametrize("regime", REGIMES)
def test_a_graph_of_the_copy_of_keras_2_in_tensorflow_is_its_own_context(regime):
    text = """
from tensorflow.python import keras
from tensorflow.python.keras import layers


def build():
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dropout(0.5)(inputs))
"""
    for entry, mode in (("fit", T), ("predict", F), ("call", F)):
        assert modes(text, entry, regime, name="build") == {"layers.Dropout(0.5)": mode}
