"""What is left of TensorFlow 1 is reported where the versions that are meant no longer have it."""

import pytest
from texts import findings

PHASE = "{keras}.backend.set_learning_phase(1)\n"


@pytest.mark.parametrize(
    "regimes, found", [("2", []), ("3.10", [(1, "KER401")]), ("2,3.16", [(1, "KER401")])]
)
def test_the_learning_phase_is_gone_in_keras_3(regimes, found):
    assert findings(PHASE.format(keras="tf.keras"), regimes) == found


def test_tf_keras_keeps_the_learning_phase():
    assert findings("import tf_keras\n" + PHASE.format(keras="tf_keras"), "2,3.10") == []


MIXED = """{imported}

class Block({base}):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.drop(x, training=training)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.block = Block()

    def call(self, x, training=None):
        return self.block(x, training)
"""


@pytest.mark.parametrize(
    "imported, base, found",
    [
        ("from keras import layers", "layers.Layer", [(18, "KER110")]),
        ("from tensorflow.python.keras import layers", "layers.Layer", []),
        ("from tensorflow.python import keras as old", "old.layers.Layer", []),
        ("import tensorflow.python.keras.layers as old", "old.Layer", []),
        ("from tensorflow.python.keras.engine.base_layer import Layer", "Layer", []),
        ("from tensorflow.python.keras import layers as old", "layers.Layer", [(18, "KER110")]),
    ],
)
def test_a_layer_of_the_copy_of_keras_2_in_tensorflow_is_none_of_keras_3(imported, base, found):
    """Keras 3.15.1 with TensorFlow 2.21 runs such a layer by the rules of Keras 2: `training` by position does not raise."""
    assert findings(MIXED.format(imported=imported, base=base), "2,3.10") == found


def test_functions_of_layers_need_keras_2():
    text = "x = tf.compat.v1.layers.dropout(tf.zeros((1, 2)), 0.5)\n"
    assert findings(text, "2") == [(1, "KER402")]
    assert findings(text, "3.10") == []
