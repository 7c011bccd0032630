"""`train_step`, `test_step`, `predict_step` and `compute_loss` as they are written for TensorFlow."""

from __future__ import annotations

from .holding import Held
from .writer import Writer, block, called, method

OUTPUTS = {
    "self(x, training=True)": 6,
    "self(x)": 4,
    "self(x, training=False)": 1,
    "self.call(x, training=True)": 1,
    "self.forward(x)": 1,
}
TRAIN = """\
with tf.GradientTape() as tape:
    y_pred = {output}
    loss = tf.reduce_mean(tf.square(y - y_pred))
gradients = tape.gradient(loss, self.trainable_variables)
self.optimizer.apply_gradients(
    (g, v) for g, v in zip(gradients, self.trainable_variables) if g is not None
)
return {{"loss": loss}}"""
TEST = """\
y_pred = {output}
return {{"loss": tf.reduce_mean(tf.square(y - y_pred))}}"""


def methods(writer: Writer, held: list[Held]) -> list[str]:
    """Some of the steps, and the helper that they go through."""
    out = []
    train = output(writer)
    if writer.chance(15) and held[0].kind == "one":
        first = called(f"self.{held[0].name}", "x", held[0].part, writer.pick(["", ", training=True"]))
        train = f"{train} + {first}"
    out.append(
        method("def train_step(self, data):", ["x, y = data", *TRAIN.format(output=train).splitlines()])
    )
    test = None
    if writer.chance(40):
        test = output(writer)
        lines = ["x, y = data", *TEST.format(output=test).splitlines()]
        out.append(method("def test_step(self, data):", lines))
    predict = None
    if writer.chance(25):
        predict = output(writer)
        lines = [
            *block("if isinstance(data, tuple):", ["data = data[0]"]),
            f"return {predict.replace('x', 'data', 1)}",
        ]
        out.append(method("def predict_step(self, data):", lines))
    if "forward" in f"{train}{test}{predict}":
        suffix = writer.pick(["", ", training=True"])
        out.append(method("def forward(self, x):", [f"return self(x{suffix})"]))
    return out


def output(writer: Writer) -> str:
    return writer.pick(OUTPUTS)
