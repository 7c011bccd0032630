"""What can start a model at all."""

import pytest
from texts import findings, modes

NET = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
    def call(self, {inputs}):
        return self.drop(x)
    {step}
"""
STEP = "def train_step(self, data): return self(data[0], data[1], training=True)"


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize("entry", ["fit", "evaluate", "predict"])
def test_a_trainer_cannot_feed_a_second_input(entry, backend):
    """Keras raises: 2.21 and 3.15.1 on TensorFlow, 3.15.1 on JAX, 3.16 (trainer.fit with a tuple, list or dict)."""
    for inputs, mode in (("x, memory", "unreached"), ("x, memory=None", "infer"), ("x, training", None)):
        found = modes(NET.format(inputs=inputs, step=""), entry, "3.10", backend)["self.drop"]
        assert found == mode or mode is None and found != "unreached"


def test_a_step_of_its_own_can():
    text = NET.format(inputs="x, memory", step=STEP)
    assert modes(text, "fit")["self.drop"] == "train"
    assert modes(text, "evaluate")["self.drop"] == "unreached"


def test_what_no_trainer_can_start_is_not_said_to_lack_training():
    assert findings(NET.format(inputs="x, memory", step="")) == []
    assert findings(NET.format(inputs="x", step="")) == [(6, "KER101")]


RECOMMENDER = """
import tensorflow_recommenders as tfrs
class Net(tfrs.{base}):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
    def call(self, features):
        return self.drop(features)
    def compute_loss(self, features, training=False):
        return self({passed})
Net().fit(data)
"""


@pytest.mark.parametrize("base", ["Model", "models.Model"])
def test_the_steps_of_recommenders_hand_the_mode_to_compute_loss(base):
    """`tensorflow_recommenders/models/base.py` 0.7.7, and `Ranking` of the package as it was recorded."""
    text = RECOMMENDER.format(base=base, passed="features, training=training")
    found = {entry: modes(text, entry, "2")["self.drop"] for entry in ("fit", "evaluate", "predict", "call")}
    assert found == {"fit": "train", "evaluate": "infer", "predict": "infer", "call": "infer"}
    assert findings(text, "2") == []


def test_what_recommenders_call_without_the_mode_is_not_trained():
    text = RECOMMENDER.format(base="Model", passed="features")
    assert modes(text, "fit", "2")["self.drop"] == "infer"
    assert findings(text, "2") == [(10, "KER201")]


def test_recommenders_without_compute_loss_raise():
    text = RECOMMENDER.format(base="Model", passed="features").replace("compute_loss", "other")
    assert modes(text, "fit", "2")["self.drop"] == "unreached"
    assert findings(text, "2") == []
