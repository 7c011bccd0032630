"""`train_step`, `test_step`, `predict_step` and `compute_loss` as they are written for TensorFlow."""

from __future__ import annotations

import re

from .holding import Held
from .writer import Writer, block, called, method

OUTPUTS = {
    "self(x, training=True)": 6,
    "self(x)": 4,
    "self(x, training=False)": 1,
    "self.call(x, training=True)": 1,
    "self.forward(x)": 1,
    "self(x, training=True) + self(x, training=False)": 1,
}
LOSSES = {
    "tf.reduce_mean(tf.square(y - y_pred))": 6,
    "self.compute_loss(x, y, y_pred)": 2,
    "self.compute_loss(y=y, y_pred=y_pred)": 1,
}
COMPUTE_LOSS = {
    "y_pred=None, sample_weight=None": 1,
    "y_pred=None, sample_weight=None, training=True": 2,
    "y_pred=None, sample_weight=None, **kwargs": 1,
}
TRAIN = """\
with tf.GradientTape() as tape:
    y_pred = {output}
    loss = {loss}
gradients = tape.gradient(loss, self.trainable_variables)
self.optimizer.apply_gradients(
    (g, v) for g, v in zip(gradients, self.trainable_variables) if g is not None
)
return {{"loss": loss}}"""
TEST = """\
y_pred = {output}
return {{"loss": {loss}}}"""


def methods(writer: Writer, held: list[Held]) -> list[str]:
    """Some of the steps, and the helpers that they go through."""
    written = {}
    if writer.chance(90):
        written["train_step"] = train_step(writer, held)
    if writer.chance(40):
        written["test_step"] = test_step(writer)
    if writer.chance(25):
        written["predict_step"] = predict_step(writer)
    if not written or writer.chance(20):
        written["compute_loss"] = compute_loss(writer, held)
    if any("self.forward(" in text for text in written.values()):
        suffix = writer.pick(["", ", training=True"])
        written["forward"] = method("def forward(self, x):", [f"return self(x{suffix})"])
    return list(written.values())


def train_step(writer: Writer, held: list[Held]) -> str:
    if writer.chance(8):
        lines = ["logs = super().train_step(data)", "return logs"]
    else:
        train = output(writer)
        if writer.chance(15) and held[0].kind == "one":
            first = called(f"self.{held[0].name}", "x", held[0].part, writer.pick(["", ", training=True"]))
            train = f"{train} + {first}"
        lines = ["x, y = data", *TRAIN.format(output=train, loss=writer.pick(LOSSES)).splitlines()]
    return method("def train_step(self, data):", lines)


def test_step(writer: Writer) -> str:
    lines = TEST.format(output=output(writer), loss=writer.pick(LOSSES)).splitlines()
    return method("def test_step(self, data):", ["x, y = data", *lines])


def predict_step(writer: Writer) -> str:
    predicted = re.sub(r"\bx\b", "data", output(writer))
    lines = [*block("if isinstance(data, tuple):", ["data = data[0]"]), f"return {predicted}"]
    return method("def predict_step(self, data):", lines)


def compute_loss(writer: Writer, held: list[Held]) -> str:
    """A loss that looks at the output through a layer, or not."""
    parameters, y_pred = writer.pick(COMPUTE_LOSS), "y_pred"
    if held[0].kind == "one":
        suffixes = ["", ", training=True", ", training=False"]
        suffixes += [", training=training"] if "training" in parameters else []
        y_pred = called(f"self.{held[0].name}", "y_pred", held[0].part, writer.pick(suffixes))
    head = f"def compute_loss(self, x=None, y=None, {parameters}):"
    return method(head, [f"return tf.reduce_mean(tf.square(y - {y_pred}))"])


def output(writer: Writer) -> str:
    return writer.pick(OUTPUTS)
