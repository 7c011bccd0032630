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


POLICY = """
import os
{before}
def build():
    inputs = keras.Input((8, 8, 3))
    bright = layers.RandomBrightness(0.1)(inputs)
    return keras.Model(inputs, layers.Concatenate()([bright, layers.Dropout(0.3)(inputs)]))

{after}
"""
HALVES = 'keras.mixed_precision.set_global_policy("mixed_float16")'
FLOATS = HALVES.replace("mixed_float16", "float32")
PREPARE = f"def prepare():\n    {HALVES}\n"


@pytest.mark.parametrize(
    "before, after, mode",
    [  # without a policy the Dropout keeps its default; one of halves makes it convert its input
        ("", "", "infer"),
        (HALVES, "", "train"),
        (f"tf.{HALVES}", "", "train"),
        (HALVES.replace("float16", "bfloat16"), "", "train"),
        (FLOATS, "", "infer"),
        (HALVES + "\n" + FLOATS, "", "infer"),
        ("", HALVES + "\nmodel = build()", "train"),
        ("", "model = build()\n" + HALVES, "infer"),
        ("", f"{PREPARE}\nprepare()\nmodel = build()", "train"),
        ("", f"def main():\n    {HALVES}\n    return build()", "either"),  # others may call `build` as well
        ("", f"{PREPARE}\nif __name__ == '__main__':\n    prepare()\n    model = build()", "train"),
        (f"if os.environ['HALF']: {HALVES}", "", "either"),
        ("policy = os.environ['POLICY']\n" + HALVES.replace('"mixed_float16"', "policy"), "", "either"),
    ],
)
def test_a_policy_for_all_layers(before, after, mode):
    assert (
        modes(POLICY.format(before=before, after=after), "call", name="build")["layers.Dropout(0.3)"] == mode
    )
