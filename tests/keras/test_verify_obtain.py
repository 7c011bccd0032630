"""Models that no guess makes at once: what errors teach, what the models that hold them show, and code of its time."""

import pytest
import verifying

from keraslint.verify.workers import Limits

UNKNOWN = """
import keras

class Net(keras.Model):
    def __init__(self, n_dims):
        super().__init__()
        first = n_dims[0]
        self.dense = layers.Dense(first)

def main():
    return Net([4, 8])
"""
# What the block gets fits together only as the model makes it: the offsets are those of the lengths.
PARTS = """
import keras
import numpy as np
from keras import layers, ops

class Block(layers.Layer):
    def __init__(self, table):
        super().__init__()
        self.table = table
        self.drop = layers.Dropout(0.5)

    def call(self, values, lengths, offsets, training=None):
        if int(ops.sum(lengths)) != values.shape[1] or int(offsets[1]) != int(lengths[0]):
            raise ValueError("These do not belong together.")
        return self.drop(values, training=training) * self.table[7]

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.block = Block({7: 3.0})
        self.out = layers.Dense(2)

    def call(self, images, training=None):
        values = ops.reshape(images, (-1, 64, 3))
        lengths = ops.convert_to_tensor([40, 24])
        return self.out(self.block(values, lengths, ops.cumsum(lengths) - lengths, training=training))

net = Net()
net(np.zeros((2, 8, 8, 3)))
"""
SETTINGS = """
import json
import keras
from keras import layers

class Net(keras.Model):
    def __init__(self, config, columns, units):
        super().__init__()
        head = config["head_of_it"]
        if config.unfinished > 1:
            raise NotImplementedError("Not yet.")
        dense, sparse = columns
        self.inner = [layers.Dense(column["embed_dim"]) for column in sparse]
        self.pool = layers.GlobalAveragePooling1D(data_format=config.data_format)
        self.drop = layers.Dropout(head["rate_of_drops"])
        self.out = layers.Dense(units)

    def call(self, x, training=None):
        for layer in self.inner:
            x = layer(x)
        return self.out(self.drop(self.pool(x), training=training))

def main():
    with open("nowhere.json") as file:
        setup = json.load(file)
    return Net(setup, setup.columns, 5)
"""
MASKED = """
import keras
from keras import layers, ops

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.attention = layers.Dense(8)
        self.drop = layers.Dropout(0.5)

    def call(self, x, look_ahead_mask, training=None):
        b, n, c = x.shape
        assert n == self.steps, "wrong number of steps"
        scores = ops.matmul(x, ops.transpose(x, (0, 2, 1)))[:, None]
        if look_ahead_mask is not None:
            scores += look_ahead_mask * -1e9
        return self.drop(self.attention(x), training=training), scores

    steps = 37
"""
BYGONE = """
import collections
import numpy as np
import tensorflow as tf
from absl import flags
from keras.engine import InputSpec
from keras.engine.base_layer import Layer
from keras.engine.topology import Layer as Older
from keras.layers.advanced_activations import LeakyReLU
from tensorflow.python.keras.layers.normalization import LayerNormalization
from tensorflow.python.keras.utils import conv_utils

flags.DEFINE_integer("units", 6, "Units.")
FLAGS = flags.FLAGS

class Scale(Layer):
    def __init__(self, **kwargs):
        super().__init__(kwargs)

    def build(self, shape):
        self.kernel = tf.Variable(2.0)
        self.trainable_weights = [self.kernel]
        super().build(shape)

    def call(self, x):
        return x * self.kernel

class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        assert isinstance([1], collections.Sequence) and conv_utils.normalize_padding("same") == "same"
        self.scale = np.float(2)
        experimental = tf.keras.layers.experimental.LayerNormalization()
        parts = [tf.keras.layers.Dense(FLAGS.units), LeakyReLU(), LayerNormalization(), experimental, Scale()]
        self.out = tf.keras.Sequential(parts)
        assert isinstance(self.out, (Layer, Older)) and InputSpec(ndim=2)
        self.drop = tf.keras.layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.drop(self.out(x) * self.scale * FLAGS.number_of_heads, training=training)
"""
# What it is called with first is None.
EITHER = """
from keras import layers

class Encoder(layers.Layer):
    def __init__(self):
        super().__init__()
        self.embedding = layers.Embedding(10, 4)
        self.drop = layers.Dropout(0.5)
        self.out = layers.Dense(3)

    def call(self, input_ids: list | None = None, inputs_embeds=None, training=None):
        if input_ids is not None:
            raise ValueError("The embeddings are wanted.")
        return self.drop(self.out(inputs_embeds), training=training)
"""
# What its `call` says of itself in its error.
STUBBORN = """
import keras
from keras import layers

class Stubborn(keras.Model):
    made = 0

    def __init__(self):
        super().__init__()
        Stubborn.made += 1
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        raise ValueError(f"made: {Stubborn.made}")

class Forgetful(Stubborn):
    def call(self, x, training=None):
        if getattr(self, "shape", x.shape) != x.shape:
            raise ValueError("It was called with others before.")
        self.shape = x.shape
        if x.shape[1:] == (3,):
            return self.drop(x, training=training)
        raise ValueError(f"{x.shape[1:]} and (3,) differ")
"""
ORTHOGONAL = """
import keras
import numpy as np
from keras import layers

def off(size):
    matrix = np.array(keras.initializers.Orthogonal(gain=2.0, seed=1)((size, size))) / 2
    return np.abs(matrix.T @ matrix - np.eye(size)).max()

class Net(layers.Layer):
    def __init__(self):
        super().__init__()
        assert off(16) < 1e-4 < off(1024) < 0.3
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.drop(x, training=training)
"""
# Settings that are made anew each time lack each time what they lack.
LACKING = """
import types
import keras
from keras import layers

class Made(keras.Model):
    def __init__(self):
        super().__init__()
        settings = types.SimpleNamespace()
        self.drop = layers.Dropout(settings.rate)

    def call(self, x, training=None):
        return self.drop(x, training=training)

class Called(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        settings = types.SimpleNamespace()
        return self.drop(x, training=training) * settings.scale
"""
# The first start of a recurrent layer makes it what it is: what it holds later is new, and says the same.
MADE = """
import tf_keras
from tf_keras import layers

class Net(tf_keras.Model):
    made = 0

    def __init__(self):
        super().__init__()
        Net.made += 1
        self.rnn = layers.LSTM(4)
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        x = self.drop(self.rnn(x), training=training)
        self.add_loss(0.0 * x[0, 0])
        return x + 1000.0 * Net.made
"""
# Memory that is shared in name only is no business of the system's limit.
LARGE = """
import mmap
import time
import keras
from keras import layers, ops

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        if len(x.shape) != 3:
            held = mmap.mmap(-1, 400 << 20)
            for start in range(0, len(held), 4096):
                held[start] = 1
            time.sleep(2)
            raise ValueError("Other inputs are meant.")
        return self.drop(x, training=training)
"""
# In a batch of one, which is tried after that.
CRASHES = """if x.shape[0] == 1:
            import os
            os.kill(os.getpid(), 11)
        if True:"""


def modes(result):
    """What the Dropouts received in training and in inference."""
    assert result.get("failed") is None, (result["reason"], result["tried"])
    [site] = [site for site in result["sites"] if site["layer"] == "keras.layers.Dropout"]
    return site["values"]["call_true"], site["values"]["call_false"]


def test_a_layer_is_made_and_called_as_the_model_that_holds_it_does(tmp_path):
    (tmp_path / "parts.py").write_text(PARTS)
    holder = {"filename": str(tmp_path / "parts.py"), "name": "Net", "others": [], "holders": []}
    [result] = verifying.recordings(tmp_path, "parts.py::Block", holders=[holder]).values()
    assert modes(result) == ([True], [False])
    assert result["built"] == "Block of Net()"
    assert result["inputs"] == ["values=float(2, 64, 3)", "lengths=int(2,) < 41", "offsets=int(2,) < 41"]


def test_errors_teach_what_settings_hold_and_what_a_call_gives_stays(tmp_path):
    (tmp_path / "settings.py").write_text(SETTINGS)
    [result] = verifying.recordings(tmp_path, "settings.py::Net").values()
    assert modes(result) == ([True], [False])
    assert result["built"] == "Net(setup, setup.columns, 5)"
    learned = {each["name"] for each in result["arguments"] if each["from"] == "an error asked for it"}
    assert learned >= {"head_of_it", "unfinished"}


def test_masks_may_be_none_and_sizes_are_those_that_the_code_checks(tmp_path):
    (tmp_path / "masked.py").write_text(MASKED)
    [result] = verifying.recordings(tmp_path, "masked.py::Net").values()
    assert modes(result) == ([True], [False])
    assert result["inputs"] == ["float(2, 37, 16)", "None"]


def test_code_for_keras_2_finds_what_there_was_then(tmp_path):
    (tmp_path / "bygone.py").write_text(BYGONE)
    [result] = verifying.recordings(tmp_path, "bygone.py::Net", regime="2").values()
    assert modes(result) == ([True], [False])


def test_the_first_argument_may_be_none(tmp_path):
    (tmp_path / "either.py").write_text(EITHER)
    [result] = verifying.recordings(tmp_path, "either.py::Encoder").values()
    assert modes(result) == ([True], [False])
    assert result["inputs"][0] == "None"
    assert not any("error" in about for about in result["entries"].values())


def test_a_model_that_a_call_left_as_it_was_is_called_again(tmp_path):
    (tmp_path / "nets.py").write_text(STUBBORN)
    results = verifying.recordings(tmp_path, "nets.py::Stubborn", "nets.py::Forgetful")
    assert results["nets.py::Stubborn"]["tried"][-1].endswith("ValueError: made: 1")
    assert modes(results["nets.py::Forgetful"]) == ([True], [False])


@pytest.mark.parametrize("regime", ["2", "3.10"])
def test_no_time_is_spent_on_large_matrices_being_orthogonal(tmp_path, regime):
    (tmp_path / "nets.py").write_text(ORTHOGONAL)
    [result] = verifying.recordings(tmp_path, "nets.py::Net", regime=regime).values()
    assert modes(result) == ([True], [False])


def test_settings_are_not_asked_for_without_end(tmp_path):
    (tmp_path / "nets.py").write_text(LACKING)
    results = verifying.recordings(tmp_path, "nets.py::Made", "nets.py::Called")
    assert [result["failed"] for result in results.values()] == ["build", "call"]
    assert "has no attribute 'rate'" in results["nets.py::Made"]["reason"]


def test_the_reason_of_most_ways_is_told(tmp_path):
    (tmp_path / "nets.py").write_text(UNKNOWN)
    [result] = verifying.recordings(tmp_path, "nets.py::Net").values()
    assert any("not subscriptable" in line for line in result["tried"])
    assert result["reason"] == "NameError: name 'layers' is not defined"


def test_a_model_that_only_runs_serves_all_entries_that_only_run_it(tmp_path):
    (tmp_path / "nets.py").write_text(MADE)
    [result] = verifying.recordings(tmp_path, "nets.py::Net", regime="2").values()
    assert modes(result) == ([True], [False])
    outputs = (result["entries"][entry]["outputs"][0][0] for entry in ("call", "call_false", "predict"))
    assert len({round(number, -3) for number in outputs}) == 1


def test_a_model_that_crashes_for_want_of_memory_is_said_to_want_it(tmp_path):
    (tmp_path / "large.py").write_text(LARGE.replace("if len(x.shape) != 3:", CRASHES))
    [result] = verifying.recordings(
        tmp_path, "large.py::Net", limits=Limits(seconds=120, memory=300 << 20)
    ).values()
    assert result["reason"] == "the code needs more than 300 MB"


def test_inputs_that_need_too_much_memory_are_left_out(tmp_path):
    (tmp_path / "large.py").write_text(LARGE)
    limits = Limits(seconds=120, memory=300 << 20)
    [result] = verifying.recordings(tmp_path, "large.py::Net", limits=limits).values()
    assert modes(result) == ([True], [False])
    assert len(result["inputs"]) == 1 and result["inputs"][0].count(",") == 2 and result["memory"] < 300


TRAINS = """
import argparse
import keras
import numpy as np
from keras import layers

options = argparse.ArgumentParser()
options.add_argument("folder")
options = options.parse_args()

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop, self.out = layers.Dropout(0.5), layers.Dense(1)

    def call(self, x, training=None):
        return self.out(self.drop(x, training=training))

net = Net()
net.compile("sgd", "mse")
net.fit(np.zeros((64, 8)), np.zeros((64, 1)), epochs=10**9)
"""


def test_a_package_that_trains_where_it_is_imported_is_left_there(tmp_path):
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "__init__.py").write_text("")
    (tmp_path / "nets" / "net.py").write_text(TRAINS)
    [result] = verifying.recordings(tmp_path, "nets/net.py::Net").values()
    assert result.get("reason") is None
    assert result["built"] == "Net()"
