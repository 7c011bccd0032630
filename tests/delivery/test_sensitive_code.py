"""What a class of the source does with `training` in its own code: act on it, or only hand it on."""

import pytest
from texts import sensitive

LAYER = """
class Own(layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, x, training=None):
        {body}
"""
HANDS_ON = (
    "return self.dense(x)",
    "return self.dense(x, training=training)",
    "return keras.ops.cast(self.dense(x, training=training), 'float32')",
    "return tf.nn.relu(1 + self.dense(x, training=training) * 2)",
    "return super().call(x, training=training)",
    "return [self.dense(x, training=training) for _ in range(2)]",
)
ACTS = (
    "return self.dense(x) if training else x",
    "if training: x = x + 1\n        return x",
    "while training and x < 2: x = x + 1\n        return x",
    "return tf.where(training, x, 0)",
    "return tf.nn.relu(tf.cast(training, 'float32') * x)",
    "return keras.ops.add(self.dense(x), Draw(training)(x))",
    "return smart_cond(training, lambda: x, lambda: 0)",
)


@pytest.mark.parametrize("body", HANDS_ON)
def test_a_layer_that_hands_its_value_on(body):
    assert sensitive(LAYER.format(body=body)) is False


@pytest.mark.parametrize("body", ACTS)
def test_a_layer_that_acts_on_its_value(body):
    assert sensitive(LAYER.format(body=body)) is True
