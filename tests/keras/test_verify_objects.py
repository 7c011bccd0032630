"""Models that take objects and lists: what stands in for them is what the code does with them."""

import pytest
import verifying

# The annotated class cannot be made, and no other has what is asked for.
READER = """
from keras import layers, ops

class Embedding:
    def __init__(self, **kwargs):
        raise NotImplementedError

class Reader(layers.Layer):
    def __init__(self, embedding: Embedding, units):
        super().__init__()
        self.embedding = embedding
        self.drop = layers.Dropout(0.5)
        self.out = layers.Dense(units)

    def call(self, x, training=None):
        if self.embedding.segment:
            x = (x, ops.zeros(x.shape))
        x = self.embedding.embed_model(x)
        return self.out(self.drop(x, training=training))
"""
SEARCH = """
import keras
from keras import layers

class Space:
    def __init__(self, choices, rate):
        self.choices, self.rate = choices, rate

    def sized(self, at):
        return 2 + at

class Net(keras.Model):
    def __init__(self, tuned):
        super().__init__()
        self.inner = [layers.Dense(tuned.sized(at)) for at in range(3)]
        self.drop = layers.Dropout(tuned.rate)

    def call(self, x, training=None):
        for layer in self.inner:
            x = layer(x)
        return self.drop(x, training=training)
"""
STAGES = """
import keras
from keras import layers

def made(name):
    if name == "dense":
        return layers.Dense(4)
    raise ValueError("no such layer: " + name)

class Net(keras.Model):
    def __init__(self, config):
        super().__init__()
        self.inner = []
        for name in config.stages:
            if name == "dense":
                self.inner.append(made(name))
        for width, rate in config.tops:
            self.inner.append(layers.Dense(width))
            self.drop = layers.Dropout(rate)
        assert self.inner[0].units == 4

    def call(self, x, training=None):
        for layer in self.inner:
            x = layer(x)
        return self.drop(x, training=training)
"""

# What the settings hold is read in turn, and only where a name is looked up.
CLASS_SETTINGS = """
import keras
from keras import layers

WIDTHS = {{4: 8}}

class Net(keras.Model):
    {method}
    def __init__(self, params):
        super().__init__()
        known = dict(params.items())
        self.dense = layers.Dense(WIDTHS[known["width_of_it"]], activation=known["how"])

    def call(self, x, training=None):
        return self.dense(x)
"""

# What its `build` leaves to others is said once only: then it is built, and lacks what that would have made.
ABSTRACT = """
from keras import layers

class Base(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = None

    def made(self, shape):
        raise NotImplementedError

    def build(self, shape):
        super().build(shape)
        self.inner = self.made(shape)

    def call(self, x, training=None):
        return self.inner.call(x, training=training)

class Middle(Base):
    pass

class Own(Middle):
    def made(self, shape):
        return layers.Dropout(0.5)
"""
# Its `build`, which stands after its `call`, wants two inputs.
ABSTRACT_PAIR = """
from keras import layers

class Base(layers.Layer):
    def call(self, inputs):
        raise NotImplementedError

    def build(self, shapes):
        self.width = shapes[0][-1] + shapes[1][-1]

class Own(Base):
    def call(self, inputs):
        return inputs[0] + inputs[1]
"""
# What the class takes besides is known by its base alone.
GATES = """
from keras import layers

class Gate(layers.Layer):
    def __init__(self, subnets=None, gating_index=None, **kwargs):
        super().__init__(**kwargs)
        self.count = len(subnets)
        self.gating_index = gating_index
        self.subnets = subnets

    def build(self, shapes):
        if self.gating_index is None:
            raise ValueError("The layer must have a `gating_index`.")
        self.steps = len(shapes[self.gating_index])

class Braid(Gate):
    def __init__(self, subnets=None, **kwargs):
        super().__init__(subnets=subnets, **kwargs)

    def call(self, inputs, training=None):
        weights = inputs[self.gating_index]
        parts = [net(inputs[0], training=training) for net in self.subnets]
        return sum(part * weights[:, :1] for part in parts)
"""
HANDED_ON = """
from keras import layers

class Base(layers.Layer):
    def __init__(self, drop_rate, **kwargs):
        super().__init__(**kwargs)
        self.drop = layers.Dropout(drop_rate)

class Net(Base):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.out = layers.Dense(units)

    def call(self, x, training=None):
        return self.drop(self.out(x), training=training)
"""

CONFIGURED = """
import keras
from keras import layers

class Net(keras.Model):
    def __init__(self, config):
        super().__init__()
        self.inner = [layers.Dense(width, activation=config["kind"]) for width in config["widths"]]
        self.drop = layers.Dropout(config["rate"])
        if config["wide"] != 64 or len(self.inner) != 3:
            raise ValueError("These settings are not the project's.")

    def call(self, x, training=None):
        for layer in self.inner:
            x = layer(x)
        return self.drop(x, training=training)
"""
DEFAULTS = "{'widths': [12, 6, 3], 'kind': 'relu', 'rate': 0.25, 'wide': 512}"
# What is gone through is a list, what others are indexed with are names; a method says how many there are.
TABLE = """
import keras
from keras import layers, ops

class Net(keras.Model):
    def __init__(self, features: list, lookups: dict, encoder=None):
        super().__init__()
        self.features = features
        self.lookups = [lookups[name] for name in features]
        sizes = [lookups[name].vocabulary_size() for name in features]
        self.inner = [layers.Embedding(size, 4) for size in sizes]
        self.drop = layers.Dropout(0.5)

    def call(self, inputs, training=None):
        found = []
        for at, name in enumerate(self.features):
            found.append(self.inner[at](self.lookups[at](inputs[name])))
        return self.drop(ops.concatenate(found, -1), training=training)

class Shared(layers.Layer):
    def __init__(self, encoder=None):
        super().__init__()
        self.encoder = encoder
        self.drop = layers.Dropout(0.5)

    def build(self, shapes):
        self.scale = self.add_weight(shape=(len(shapes), len(shapes)))

    def call(self, inputs, training=None):
        size = inputs[0].shape[-1] // 2
        halves = []
        for x in inputs:
            halves.append(ops.reshape(x[:, :size], [-1]))
        if self.encoder.explained:
            raise ValueError("Too much.")
        return self.drop(self.encoder(ops.matmul(self.scale, ops.stack(halves))), training=training)
"""
SPECIFIED = """
from keras import InputSpec, layers, ops

class Windows(layers.Layer):
    def __init__(self):
        super().__init__()
        self.input_spec = [InputSpec(ndim=4), InputSpec(ndim=0, dtype="int32"), InputSpec(ndim=5, axes={-1: 6})]
        self.drop = layers.Dropout(0.5)

    def call(self, inputs, training=None):
        inputs, size, table = inputs
        return self.drop(ops.mean(inputs) * ops.cast(size, "float32") + table, training=training)
"""


def called(folder, name, text, **options):
    """What a class of a file does, which was made and called."""
    (folder / "nets.py").write_text(text)
    [result] = verifying.recordings(folder, f"nets.py::{name}", **options).values()
    assert result.get("failed") is None, (result["reason"], result["tried"])
    return result


def test_what_is_read_and_called_of_an_argument_is_there(tmp_path):
    result = called(tmp_path, "Reader", READER)
    assert result["built"] == "Reader(embedding=options that are what their names suggest, units=16)"


def test_a_class_of_the_project_that_has_what_is_read_is_made(tmp_path):
    result = called(tmp_path, "Net", SEARCH)
    assert result["built"] == "Net(tuned=Space(...) with what its names suggest)"


def test_what_settings_are_compared_to_and_taken_apart_into(tmp_path):
    result = called(tmp_path, "Net", STAGES)
    assert result["built"] == "Net(config=options that are what their names suggest)"


@pytest.mark.parametrize("regime", ["2", "3.10"])
def test_of_an_abstract_class_the_last_that_derives_from_it(tmp_path, regime):
    result = called(tmp_path, "Base", ABSTRACT, regime=regime)
    assert result["built"] == "Own()"


def test_what_leaves_its_call_to_others_is_made_as_one_of_them(tmp_path):
    result = called(tmp_path, "Base", ABSTRACT_PAIR)
    assert result["built"] == "Own()" and result["inputs"] == ["[float(2, 16), float(2, 16)]"]


def test_a_message_names_what_the_constructor_of_a_base_takes(tmp_path):
    result = called(tmp_path, "Braid", GATES)
    parts = "[keras.layers.Dense(16), keras.layers.Dense(16)]"
    assert result["built"] == f"Braid(gating_index=1, subnets={parts})"
    assert result["inputs"] == ["[float(2, 16), float(2, 16)]"]


def test_a_constructor_is_given_what_the_one_that_it_hands_on_to_needs(tmp_path):
    result = called(tmp_path, "Net", HANDED_ON)
    assert result["built"] == "Net(drop_rate=0.5, units=16)"


@pytest.mark.parametrize(
    "before, built",
    [
        (f"DEFAULT_CONFIG = {DEFAULTS}", "Net(config=DEFAULT_CONFIG, with small sizes)"),
        (f"def get_config():\n    return {DEFAULTS}", "Net(config=get_config(), with small sizes)"),
        ("", "Net(config=net.json, with small sizes)"),
    ],
)
def test_settings_that_the_project_has_are_taken(tmp_path, before, built):
    (tmp_path / "net.json").write_text(DEFAULTS.replace("'", '"') if not before else "{}")
    assert called(tmp_path, "Net", f"{before}\n{CONFIGURED}")["built"] == built


@pytest.mark.parametrize("kind, first", [("staticmethod", ""), ("classmethod", "cls")])
def test_settings_that_the_class_itself_gives_are_taken(tmp_path, kind, first):
    method = f"""
    @{kind}
    def get_default_params({first}):
        return {{"width_of_it": 4, "how": "relu"}}
"""
    code = CLASS_SETTINGS.format(method=method)
    assert called(tmp_path, "Net", code)["built"] == "Net(params=Net.get_default_params(), with small sizes)"


def test_lists_of_names_and_what_methods_give(tmp_path):
    result = called(tmp_path, "Net", TABLE)
    assert result["built"].startswith("Net(features=['a', 'b'], lookups=options that are")
    assert result["inputs"][0].startswith("{'a': ")


def test_what_is_gone_through_is_a_list(tmp_path):
    result = called(tmp_path, "Shared", TABLE)
    assert result["built"] == "Shared(encoder=keras.layers.Dense(16))"
    assert result["inputs"] == ["[float(2, 16), float(2, 16)]"]


def test_a_layer_says_itself_what_it_takes(tmp_path):
    result = called(tmp_path, "Windows", SPECIFIED)
    assert result["inputs"] == ["[float(2, 16, 16, 16), int() < 3, float(2, 8, 8, 8, 6)]"]
    assert not result["tried"]
