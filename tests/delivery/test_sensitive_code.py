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


# Layers of Keras by what they are made with: whether they act by mode, None where that hangs on what is not known.
MADE = {
    "layers.Dropout(0.5)": True,
    "layers.Dropout(0)": False,
    "layers.Dropout(rate=0.0)": False,
    "layers.Dropout(rate)": None,
    "layers.BatchNormalization()": True,
    "layers.BatchNormalization(trainable=False)": False,
    "layers.LayerNormalization()": False,
    "layers.Dense(1)": False,
    "layers.LSTM(1)": False,
    "layers.LSTM(1, dropout=0.1)": True,
    "layers.LSTM(1, recurrent_dropout=0.1)": True,
    "layers.LSTM(1, dropout=rate)": None,
    "layers.Bidirectional(layers.LSTM(1))": False,
    "layers.Bidirectional(layers.LSTM(1, dropout=0.1))": True,
    "layers.TimeDistributed(layers.Dropout(0.5))": True,
    "layers.TimeDistributed(layers.Dense(1))": False,
    "layers.Lambda(lambda x, training=None: x)": True,
    "layers.Lambda(lambda x: x)": False,
    "layers.RandomFlip()": True,
    "keras.Sequential([layers.Dense(1), layers.Dense(2)])": False,
    "keras.Sequential([layers.Dense(1), layers.Dropout(0.5)])": True,
    "keras.Sequential([layers.Dense(1), layers.Dropout(rate)])": None,
    "[layers.Dense(1), [layers.Dropout(0.5)]]": True,
    "{'a': {'b': (layers.Dropout(0.5),)}}": True,
    "keras.Model(*(lambda i: (i, layers.Dropout(0.5)(i)))(keras.Input((3,))))": True,
    "elsewhere.make()": False,
}


@pytest.mark.parametrize("made", MADE)
def test_what_a_layer_holds(made):
    text = LAYER.format(body="return x").replace("layers.Dense(1)", made)
    assert sensitive(f"rate = elsewhere.rate\n{text}") is MADE[made]
    both = text.replace("super().__init__()", "super().__init__()\n        self.first = layers.Dense(1)")
    assert sensitive(f"rate = elsewhere.rate\n{both}") is MADE[made]
