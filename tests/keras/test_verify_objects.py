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


def test_a_constructor_is_given_what_the_one_that_it_hands_on_to_needs(tmp_path):
    result = called(tmp_path, "Net", HANDED_ON)
    assert result["built"] == "Net(drop_rate=0.5, units=16)"
