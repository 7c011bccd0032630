"""Models that are too big to run are recorded without weights, and what is recorded is what Keras does with small ones."""

import pytest
import verifying

from keraslint.verify.workers import Limits

# 7.8 billion weights as `Big()`; the same code with few as `Big(64, 2, 50)`.
SOURCE = """
import keras
import numpy as np
from keras import layers


class Block(layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.norm = layers.BatchNormalization()
        self.up, self.down = layers.Dense(4 * width, activation="gelu"), layers.Dense(width)
        self.drop = layers.Dropout(0.1)

    def call(self, x, training=None):
        return x + self.drop(self.down(self.up(self.norm(x, training=training))), training=training)


class Big(keras.Model):
    def __init__(self, width=8192, depth=14, vocabulary=32000):
        super().__init__()
        self.embed = layers.Embedding(vocabulary, width)
        self.blocks = [Block(width) for _ in range(depth)]
        self.drop = layers.Dropout(0.1)
        self.head = layers.Dense(vocabulary)

    def call(self, tokens{parameter}):
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x{passed})
        return self.head(self.drop(x{passed}))
{step}

def main():
    model = Big({arguments})
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(np.zeros((4, 8), "int32"), np.zeros((4, 8), "int32"))
"""
STEP = """
    def train_step(self, data):
        x, y = data
        predictions = self(x)
        loss = self.compute_loss(x, y, predictions)
        return {"loss": loss}
"""
KINDS = {
    "dropped": {"parameter": "", "passed": "", "step": ""},
    "passed": {"parameter": ", training=None", "passed": ", training=training", "step": ""},
    "own_step": {"parameter": ", training=False", "passed": ", training=training", "step": STEP},
}


def source(kind, arguments=""):
    text = SOURCE
    for name, value in {**KINDS[kind], "arguments": arguments}.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@pytest.mark.parametrize(
    "regime, backend",
    [("3.0", "tensorflow"), ("3.10", "tensorflow"), ("3.10", "jax"), ("3.16", "tensorflow")],
)
def test_billions_of_weights_do_what_a_few_do(tmp_path, regime, backend):
    kinds = [kind for kind in KINDS if (kind, backend) != ("own_step", "jax")]  # whose steps are others
    for kind in kinds:
        (tmp_path / f"{kind}_big.py").write_text(source(kind))
        (tmp_path / f"{kind}_few.py").write_text(source(kind, "64, 14, 50"))
    targets = [f"{path.name}::Big" for path in tmp_path.glob("*.py")]
    limits = Limits(seconds=200, memory=1 << 30)
    found = verifying.recordings(tmp_path, *targets, regime=regime, backend=backend, limits=limits)
    for kind in kinds:
        big, few = (found[f"{kind}_{size}.py::Big"] for size in ("big", "few"))
        assert big.get("weights", 0) > 7_500_000_000, big
        assert "failed" not in few, few
        assert "weights" not in few
        assert received(big) == received(few)
        assert not any("moved" in entry or "outputs" in entry for entry in big["entries"].values())


def received(result):
    return [(s["within"], s["row"], s["layer"], s["values"]) for s in result["sites"]]
