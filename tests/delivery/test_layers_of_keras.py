"""What Keras' own layers and methods do with `training`; R7 and the like are the rules of the notes that Keras was run for."""

import pytest
from test_python import UNKNOWN, interpreted
from texts import modes, rows

REGIMES = ("2", "3.0", "3.10", "3.16")
NET = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        {init}

    def call(self, x, training=None):
        {body}
"""
BLOCK = """
class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.leaf = layers.BatchNormalization()

    def call(self, x{parameter}):
        return self.leaf(x{argument})
"""
PLAIN = BLOCK.format(parameter="", argument="")
FORWARDING = BLOCK.format(parameter=", training=None", argument=", training=training")
T, F = "train", "infer"


def net(init, body):
    return NET.format(init=init, body=body)


def agrees(text, callee, want, entry="fit", backend="tensorflow"):
    """Whether a callee has these modes, one for each regime."""
    found = [modes(text, entry, regime, backend, "Net").get(callee) for regime in REGIMES]
    assert found == list(want), f"{entry}: {found}"


# A subclass of Dropout: `super().call` reads no context (R7).
SUBCLASSES = {
    "call(self, x)": ("super().call(x)", F, F, F, F),
    "call(self, x, training=None)": ("super().call(x)", F, F, F, F),
    "call(self, x, **kw)": ("super().call(x, **kw)", T, F, F, F),
    "call(self, x, training)": ("super().call(x, training=training)", T, None, None, None),
    "call(self, x, training=False)": ("super().call(x, training=training)", T, T, T, T),
}


@pytest.mark.parametrize("signature", SUBCLASSES)
def test_super_call_of_a_layer_of_keras(signature):
    body, *want = SUBCLASSES[signature]
    drop = f"\nclass Drop(layers.Dropout):\n    def {signature}:\n        return {body}\n"
    agrees(drop + net("self.drop = Drop(0.5)", "return self.drop(x)"), "super().call", want)


@pytest.mark.parametrize("base, want", [("RandomFlip", T), ("GaussianNoise", F), ("BatchNormalization", F)])
def test_super_call_takes_the_default_of_the_layer_of_keras(base, want):  # R7
    own = f"\nclass Own(layers.{base}):\n    def call(self, x):\n        return super().call(x)\n"
    for entry in ("fit", "predict"):
        agrees(own + net("self.own = Own(*unknown)", "return self.own(x)"), "super().call", [want] * 4, entry)


def test_monte_carlo_dropout_always_drops():
    drop = "\nclass Drop(layers.Dropout):\n    def call(self, x):\n        return super().call(x, training=True)\n"
    text = drop + net("self.drop = Drop(0.5)", "return self.drop(x)")
    agrees(text, "super().call", (T, T, T, T), "predict")


@pytest.mark.parametrize("block", [PLAIN, FORWARDING])
def test_time_distributed_hands_its_mode_to_what_it_holds(block):  # R15
    text = block + net("self.td = layers.TimeDistributed(Block())", "return self.td(x)")
    agrees(text, "self.leaf", (T, T, T, T), "fit")
    agrees(text, "self.leaf", (F, F, F, F), "predict")
    agrees(text, "self.leaf", (F, F, F, F), "call")


def test_time_distributed_gives_none_to_a_layer_that_defaults_to_training():  # R15, `TD(F), ()`
    block = BLOCK.format(parameter=", training=True", argument=", training=training")
    text = block + net("self.td = layers.TimeDistributed(Block())", "return self.td(x, training=False)")
    agrees(text, "self.leaf", (F, F, F, F), "fit")


LAMBDA = "self.leaf = layers.Dropout(0.5); self.fn = layers.Lambda({})"


@pytest.mark.parametrize(
    "function",
    ["lambda x: self.leaf(x)", "lambda x, training=True: self.leaf(x, training=training)"],
)
def test_a_lambda_layer_hands_its_own_mode_on(function):  # R15: the function's own default is never used
    text = net(LAMBDA.format(function), "return self.fn(x)")
    for entry, mode in {"fit": T, "predict": F, "call": F}.items():
        agrees(text, "self.leaf", (mode,) * 4, entry)


def test_a_lambda_layer_that_is_given_a_mode():
    text = net(
        LAMBDA.format("lambda x, training: self.leaf(x, training=training)"),
        "return self.fn(x, training=True)",
    )
    agrees(text, "self.leaf", (T, T, T, T), "predict")


WITHOUT = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.leaf = {layer}

    def call(self, x):
        return self.leaf(x)
"""


@pytest.mark.parametrize(
    "layer", ["layers.LSTM(4, dropout=0.5)", "layers.MultiHeadAttention(2, 2, dropout=0.1)"]
)
def test_layers_that_drop_by_themselves(layer):  # R15 "LSTM(dropout) in BX called with T"; R12
    text = WITHOUT.format(layer=layer)
    agrees(text, "self.leaf", (T, F, T, T), "call_true")
    agrees(text, "self.leaf", (T, F, F, F), "fit")


@pytest.mark.parametrize("name, kinds", [("ResNet50", {"BatchNormalization"}), ("VGG16", set())])
def test_a_ready_made_model(name, kinds):  # section 5, R11
    text = net(f"self.base = keras.applications.{name}()", "return self.base(x)")
    for entry, mode in {"fit": T, "evaluate": F, "predict": F, "call": F}.items():
        found = rows(text, entry)
        assert {callee for callee, _, _ in found} <= {"self.base"}
        assert {layer for _, layer, _ in found if layer != name} == kinds
        assert {m for _, layer, m in found if layer in kinds} <= {mode}


def test_a_ready_made_model_with_dropout_too():
    text = net("self.base = keras.applications.EfficientNetB0()", "return self.base(x, training=False)")
    found = {(layer, mode) for _, layer, mode in rows(text) if layer != "EfficientNetB0"}
    assert found == {("BatchNormalization", F), ("Dropout", F)}


def test_a_ready_made_model_on_jax_at_the_top_level():  # R12: no context there from 3.0 to 3.15
    text = net("self.base = keras.applications.ResNet50()", "return self.base(x)")
    found = [modes(text, "fit", regime, "jax") for regime in ("3.0", "3.10", "3.16")]
    assert found == [{"self.base": F}, {"self.base": F}, {"self.base": T}]


def test_layers_of_a_sequential_are_taken_off_and_put_on():
    init = (
        "self.s = keras.Sequential([layers.BatchNormalization(), layers.Dropout(0.5)]); self.s.pop(); "
        "self.s.add(layers.GaussianNoise(1.0))"
    )
    found = {layer for _, layer, _ in rows(net(init, "return self.s(x)"))}
    assert found == {"Sequential", "BatchNormalization", "GaussianNoise"}


@pytest.mark.parametrize("argument", ["'b'", "name='b'"])
def test_a_layer_is_got_by_its_name(argument):
    init = "self.s = keras.Sequential([layers.BatchNormalization(name='a'), layers.Dropout(0.5, name='b')])"
    body = f"return self.s.get_layer({argument})(x, training=True)"
    assert [(layer, mode) for _, layer, mode in rows(net(init, body), "predict")] == [("Dropout", T)]


STATELESS = """
    def train_step(self, state, data):
        return self.stateless_call([], [], data, training=True)
"""


def test_stateless_call_enters_the_context_from_3_16_on():  # R18
    text = net("self.leaf = layers.Dropout(0.5)", "return self.leaf(x)") + STATELESS
    found = [modes(text, "fit", regime)["self.leaf"] for regime in ("3.0", "3.10", "3.16")]
    assert found == [F, F, T]


def test_stateless_call_of_a_sequential():  # R18
    text = net("self.s = keras.Sequential([layers.Dropout(0.5)])", "return self.s(x)")
    text += STATELESS.replace("self.stateless_call", "self.s.stateless_call")
    for regime in ("3.0", "3.10", "3.16"):
        assert ("self.s.stateless_call", "Dropout", T) in rows(text, "fit", regime)


LOSS = """
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None{parameter}):
        return self.extra(x{argument})
"""


def test_a_layer_in_compute_loss_has_no_context():  # R12
    text = net("self.leaf = layers.Dropout(0.5); self.extra = layers.Dropout(0.5)", "return self.leaf(x)")
    implicit = text + LOSS.format(parameter=", training=True", argument="")
    agrees(implicit, "self.extra", (F, F, F, F))
    agrees(implicit, "self.leaf", (T, T, T, T))
    told = text + LOSS.format(parameter=", training=False", argument=", training=training")
    agrees(told, "self.extra", (F, T, T, T))


MAKER = """
    def make_train_function(self, force=False):
        def step(iterator):
            return self(next(iterator){argument})

        return step
"""


@pytest.mark.parametrize("argument, mode", [(", training=True", T), ("", F), (", training=False", F)])
def test_a_train_function_of_ones_own(argument, mode):  # R12, custom steps
    text = net("self.leaf = layers.Dropout(0.5)", "return self.leaf(x)") + MAKER.format(argument=argument)
    agrees(text, "self.leaf", (mode,) * 4)


DECORATED = """
import functools

def decorated(function):
    {wraps}
    def wrapper(self, *args, **kwargs):
        return function(self, *args, **kwargs)
    return wrapper

class Outer(layers.Layer):
    def __init__(self):
        super().__init__()
        self.leaf = layers.Dropout(0.5)

    @decorated
    def call(self, x, training=None):
        return self.leaf(x, training=training)
"""


def test_a_decorator_hides_the_parameter_unless_it_wraps():  # R8, and R2 for the None that is passed on
    text = net("self.outer = Outer()", "return self.outer(x)")
    agrees(DECORATED.format(wraps="") + text, "self.leaf", (T, T, F, F))
    agrees(DECORATED.format(wraps="@functools.wraps(function)") + text, "self.leaf", (T, T, T, T))


def test_a_traced_call_is_not_known_in_keras_3():  # R16
    text = net("self.leaf = layers.Dropout(0.5)", "return self.leaf(x)")
    traced = text.replace("    def call", "    @tf.function\n    def call")
    agrees(traced, "self.leaf", (T, "unknown", "unknown", "unknown"))


PLACES = {
    "self.leaf.call(x)": (F, F, F, F),
    "self.leaf.call(x, training=True)": (T, T, T, T),
    "self.leaf.call(x, training)": (T, T, T, T),
    "self.leaf(inputs=x)": (T, T, T, T),
    "self.leaf.__call__(x)": (T, T, T, T),
    "layers.Dropout.__call__(self.leaf, x)": (T, T, T, T),
    "self.leaf(x, **{'training': False})": (F, F, F, F),
    "self.leaf(x, **unknown())": ("unknown",) * 4,
    "self.leaf(*[x])": (T, T, T, T),
    "(self.leaf or None)(x)": (T, T, T, T),
    "tf.map_fn(self.leaf, x)": (T, T, T, T),
    "tf.map_fn(lambda one: self.leaf(one), x)": (T, T, T, T),
    "[self.leaf(one) for one in x]": (T, T, T, T),
    "self.leaf(x) if unknown() else x": (T, T, T, T),
}


@pytest.mark.parametrize("body", PLACES)
def test_ways_to_call_a_layer(body):  # R1, R7, R16
    text = net("self.leaf = layers.Dropout(0.5)", f"return {body}")
    for regime, want in zip(REGIMES, PLACES[body]):
        assert [mode for _, _, mode in rows(text, "fit", regime)] == [want]


# Whether a class extends another in tf_keras 2.21, Keras 3.9, 3.15 and 3.16, as `issubclass` said there.
EXTENDS = {
    ("SpatialDropout1D", "Dropout"): "TTTT",
    ("SpatialDropout3D", "Dropout"): "TTTT",
    ("AdditiveAttention", "Attention"): "FTTT",
    ("ReversibleEmbedding", "Embedding"): "  TT",
    ("Conv1DTranspose", "Conv1D"): "TFFF",
    ("Conv2DTranspose", "Conv2D"): "TFFF",
    ("Conv3DTranspose", "Conv3D"): "TFFF",
    ("TimeDistributed", "Wrapper"): "TTTT",
    ("Bidirectional", "Wrapper"): "TFFF",
    ("LSTM", "RNN"): "TTTT",
    ("SimpleRNN", "RNN"): "TTTT",
    ("ConvLSTM2D", "RNN"): "TTTT",
    ("GRU", "LSTM"): "FFFF",
    ("SeparableConv1D", "Conv1D"): "FFFF",
    ("DepthwiseConv2D", "Conv2D"): "FFFF",
    ("GaussianDropout", "Dropout"): "FFFF",
    ("LayerNormalization", "BatchNormalization"): "FFFF",
    ("Dot", "Add"): "FFFF",
}


@pytest.mark.parametrize("name, other", EXTENDS)
def test_classes_of_keras_that_extend_others(name, other):
    """Where versions differ it is not known."""
    got = interpreted(f"result = isinstance(layers.{name}(1, 1), layers.{other})")
    assert got is (False if EXTENDS[name, other] == "FFFF" else UNKNOWN)


def test_what_extends_a_module_of_tensorflow():
    assert interpreted("result = isinstance(layers.Dense(1), tf.Module)") is UNKNOWN
    assert interpreted("result = isinstance(layers.Dense(1), layers.Layer)") is True
    assert interpreted("result = isinstance(layers.Dense(1), keras.Model)") is False
