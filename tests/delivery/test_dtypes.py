"""Graphs of Keras 3.10 to 3.15 keep a layer's default only where the layer need not convert the dtype of its input.

What is expected is what keras 3.15.1 does when the model is called: `infer` is the Dropout's own default, kept by the
graph, and `train` is what the augmentation before it leaves in the context.
"""

import pytest
from texts import modes, rows

HALF = ', dtype="float16"'


@pytest.mark.parametrize(
    "first, last, mode",
    [("", "", "infer"), (HALF, "", "train"), ("", HALF, "train"), (HALF, HALF, "infer")],
)
@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_the_dtype_decides_whether_a_default_is_kept(kind, first, last, mode):
    first, last = f"layers.RandomBrightness(0.1{first})", f"layers.Dropout(0.3{last})"
    text = f"first, last = {first}, {last}\n" + (
        "inputs = keras.Input((8, 8, 3))\nmodel = keras.Model(inputs, last(first(inputs)))"
        if kind == "functional"
        else "model = keras.Sequential([keras.Input((8, 8, 3)), first, last])"
    )
    assert [found for _, layer, found in rows(text, "call") if layer == "Dropout"] == [mode]


@pytest.mark.parametrize(
    "between, mode",
    [
        ("layers.Dense(3)(x) * 2.0", "infer"),
        ('layers.Dense(3, dtype="float16")(x) * 2.0', "train"),
        ("layers.Dense(3, dtype=chosen)(x)", "either"),
    ],
)
def test_what_comes_between(between, mode):
    text = f"""
import os
chosen = os.environ["DTYPE"]
inputs = keras.Input((8, 8, 3))
x = layers.RandomBrightness(0.1)(inputs)
x = {between}
drop = layers.Dropout(0.3)
model = keras.Model(inputs, drop(x))
"""
    assert modes(text, "call")["drop"] == mode
    assert modes(text, "fit")["drop"] == "train"
    assert modes(text, "call", "3.16")["drop"] == "infer"
