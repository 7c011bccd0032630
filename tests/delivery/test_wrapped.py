"""Layers and functions that go through something on their way: what copies, compiles, wraps or picks them."""

import pytest
from test_python import UNKNOWN, interpreted
from texts import modes

NET = """
import copy
import functools
import jax


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
        self.other = {other}

    def call(self, x, training=None):
        return {value}
"""


def found(value, entry="fit", other="None", **more):
    return modes(NET.format(value=value, other=other), entry, **more)


HANDED_ON = (
    "keras.models.clone_model",
    "copy.copy",
    "copy.deepcopy",
    "tf.function",
    "jax.jit",
    "jax.checkpoint",
    "tf.recompute_grad",
    "keras.remat",
    "tf.custom_gradient",
)


@pytest.mark.parametrize("through", HANDED_ON)
def test_what_gives_back_the_same(through):
    assert found("self.other(x)", other=f"{through}(self.drop)") == {"self.other": "train"}
    assert found(f"{through}(self.drop)(x)", "predict") == {f"{through}(self.drop)": "infer"}
    inner = f"{through}(lambda y: self.drop(y, training=True))(x)"
    assert found(inner, "predict") == {"self.drop": "train"}


def test_what_gives_back_something_else():
    assert found("self.other(x)", other="elsewhere.wrap(self.drop)") == {}


@pytest.mark.parametrize("value", ["keras.ops.stop_gradient(training)", "tf.get_static_value(training)"])
def test_a_mode_that_is_handed_on(value):
    assert found(f"self.drop(x, training={value})") == {"self.drop": "train"}
    assert found(f"self.drop(x, training={value})", "predict") == {"self.drop": "infer"}


def test_a_partial_call():
    partial = "functools.partial(self.drop, training=True)"
    assert found("self.other(x)", "predict", partial) == {"self.other": "train"}
    assert found("self.other(x, training=False)", "fit", partial) == {"self.other": "infer"}
    assert found(f"{partial}(x)", "predict") == {partial: "train"}


# Which parameters hold the condition and the two functions.
CONDITIONALS = {
    "tf.cond": ("pred", "true_fn", "false_fn"),
    "tf.compat.v1.cond": ("pred", "true_fn", "false_fn"),
    "tf.__internal__.smart_cond.smart_cond": ("pred", "true_fn", "false_fn"),
    "tensorflow.python.framework.smart_cond.smart_cond": ("pred", "true_fn", "false_fn"),
    "keras.ops.cond": ("pred", "true_fn", "false_fn"),
    "jax.lax.cond": ("pred", "true_fun", "false_fun"),
}


@pytest.mark.parametrize("cond", CONDITIONALS)
def test_a_conditional_by_the_names_of_its_parameters(cond):
    pred, yes, no = CONDITIONALS[cond]
    other = "layers.GaussianNoise(1.0)"
    functions = f"{yes}=lambda: self.drop(x), {no}=lambda: self.other(x)"
    value = f"{cond}({functions}, {pred}=training)"
    text = "import tensorflow\n" + NET.format(value=value, other=other)
    assert modes(text, "fit") == {"self.drop": "train", "self.other": "unreached"}
    assert modes(text, "predict") == {"self.drop": "unreached", "self.other": "infer"}
    either = text.replace(f"{pred}=training", f"{pred}=x[0] > 0")
    assert modes(either, "fit") == {"self.drop": "train", "self.other": "train"}


# A function of Keras or another library calls what it is given: a function, a layer or a method.
CALLED_BACK = ("self.drop", "lambda y: self.drop(y)", "self.own", "functools.partial(self.drop)")


@pytest.mark.parametrize("called", CALLED_BACK)
@pytest.mark.parametrize(
    "caller",
    ["tf.map_fn({}, x)", "tf.scan(fn={}, elems=x)", "jax.vmap({})", "keras.ops.vectorized_map({}, x)"],
)
def test_what_a_library_is_given_to_call(called, caller):
    value = caller.format(called) + "\n\n    def own(self, y):\n        return self.drop(y)"
    assert set(found(value).values()) == {"train"}
    assert set(found(value, "predict").values()) == {"infer"}


MERGES = ("add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract")


@pytest.mark.parametrize("merge", MERGES)
def test_the_functions_that_merge_make_a_layer(merge):
    text = f"""
def build():
    inputs = keras.Input((3,))
    x = layers.Dropout(0.5)(inputs)
    return keras.Model(inputs, layers.{merge}([x, inputs]))
"""
    assert modes(text, "fit", name="build") == {"layers.Dropout(0.5)": "train", f"layers.{merge}": "train"}
    by_name = text.replace("([x, inputs])", "(inputs=[x, inputs])")
    assert modes(by_name, "predict", name="build")[f"layers.{merge}"] == "infer"


@pytest.mark.parametrize("target", ["layers.Add()", "layers.Lambda(sum)"])
def test_a_layer_that_is_no_function(target):
    text = f"""
def build():
    inputs = keras.Input((3,))
    x = layers.Dropout(0.5)(inputs)
    return keras.Model(inputs, {target}([x, inputs]))
"""
    assert modes(text, "fit", name="build") == {"layers.Dropout(0.5)": "train", target: "train"}


@pytest.mark.parametrize("call", ["self.drop.__call__(x)", "layers.Dropout.__call__(self.drop, x)"])
def test_the_call_by_its_own_name(call):
    assert set(found(call).values()) == {"train"}
    assert set(found(call, "predict").values()) == {"infer"}


def test_what_jax_gives_back():
    differentiated = "import jax\nresult = jax.{}(lambda weights: 3)(1)"
    assert interpreted(differentiated.format("value_and_grad") + "[0]") == 3
    assert interpreted(differentiated.format("value_and_grad") + "[1]") is UNKNOWN
    assert interpreted(differentiated.format("grad")) is UNKNOWN
    assert interpreted(differentiated.format("grad") + "[0]") is UNKNOWN


def test_a_layer_with_a_call_of_its_own():
    """What overrides `__call__` is run as it is written: no context is made for it."""
    own = """
class Own(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = layers.Dropout(0.5)

    def __call__(self, x, **more):
        return self.inner(x, **more)
"""
    text = own + NET.format(value="self.other(x, training={})", other="Own()")
    assert modes(text.format("training"), "fit", name="Net") == {"self.inner": "train"}
    assert modes(text.format("False"), "fit", name="Net") == {"self.inner": "infer"}
