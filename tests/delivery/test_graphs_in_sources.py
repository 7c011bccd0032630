"""Functional models as sources build them: whatever is computed between the layers, the layers are found."""

import pytest
from texts import findings, rows

T, F = "train", "infer"
GRAPH = """
def build():
    inputs = keras.Input((8, 8, 3))
    x = layers.Dropout(0.5)(inputs)
    y = layers.GaussianNoise(1.0)(inputs)
    {body}
    return keras.Model(inputs, outputs)
"""
# What stands between the layers and the outputs, with the layers that are then in the model.
BOTH = ("Dropout", "GaussianNoise")
BODIES = {
    "outputs = x": ("Dropout",),
    "outputs = y": ("GaussianNoise",),
    "outputs = [x, y]": BOTH,
    "outputs = (y, x)": BOTH,
    "outputs = {'a': x, 'b': y}": BOTH,
    "outputs = x + y": BOTH,
    "outputs = x * 2 + y[:, 0]": BOTH,
    "outputs = -x - y": BOTH,
    "outputs = tf.concat([x, y], axis=-1)": BOTH,
    "outputs = keras.ops.concatenate([x, y])": BOTH,
    "outputs = tf.nn.relu(x)": ("Dropout",),
    "outputs = layers.add([x, y])": ("Add", *BOTH),
    "outputs = layers.Add()([x, y])": ("Add", *BOTH),
    "outputs = layers.concatenate(inputs=[x, y])": ("Concatenate", *BOTH),
    "outputs = sum([x, y])": BOTH,
    "outputs = [layers.Dense(1)(z) for z in (x, y)]": ("Dense", *BOTH),
    "outputs = x.shape[1] * y": ("GaussianNoise",),
    "outputs = layers.Lambda(lambda z: z[0] + z[1])([x, y])": ("Lambda", *BOTH),
    "outputs = x\n    for layer in (layers.Dense(1), layers.Dense(2)): outputs = layer(outputs)": (
        "Dense",
        "Dropout",
    ),
    "stack = [layers.Dense(1)]\n    outputs = y\n    for layer in stack: outputs = layer(outputs)": (
        "Dense",
        "GaussianNoise",
    ),
}


@pytest.mark.parametrize("body", BODIES)
def test_the_layers_between_inputs_and_outputs(body):
    found = rows(GRAPH.format(body=body))
    assert {layer for _, layer, _ in found} == set(BODIES[body])
    assert {mode for _, _, mode in found} == {T}


WHOLE = (
    "keras.Model(inputs, x)",
    "keras.Model(inputs=inputs, outputs=x)",
    "keras.models.Model([inputs], [x])",
    "keras.Model(inputs=[inputs], outputs={'x': x})",
    "keras.Model(*(inputs, x))",
    "tf.keras.Model(inputs, x)",
)


@pytest.mark.parametrize("model", WHOLE)
def test_ways_to_make_a_model(model):
    text = f"\ndef build():\n    inputs = keras.Input((3,))\n    x = layers.Dropout(0.5)(inputs)\n    return {model}\n"
    for entry, mode in {"fit": T, "predict": F, "call": F, "call_true": T}.items():
        assert {(layer, m) for _, layer, m in rows(text, entry, name="build") if layer == "Dropout"} == {
            ("Dropout", mode)
        }


@pytest.mark.parametrize(
    "inputs, outputs", [("inner.input", "x"), ("inner.inputs", "inner.output"), ("inputs", "inner.outputs")]
)
def test_a_model_made_of_the_ends_of_another(inputs, outputs):
    text = f"""
def build():
    inputs = keras.Input((3,))
    x = layers.Dropout(0.5)(inputs)
    inner = keras.Model(inputs, x)
    return inner


def outer():
    inner = build()
    inputs, x = inner.input, inner.output
    return keras.Model({inputs}, layers.GaussianNoise(1.0)({outputs}))
"""
    found = {layer for _, layer, _ in rows(text, name="outer")}
    assert found == {"Dropout", "GaussianNoise"}


def test_a_layer_of_ones_own_in_a_graph():
    text = """
class Own(layers.Layer):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, mask=None, training=None):
        return self.drop(x, training=training)


def build():
    inputs = keras.Input((3,))
    return keras.Model(inputs, Own()(Own()(inputs), mask=None))
"""
    assert {mode for callee, _, mode in rows(text, name="build") if callee == "self.drop"} == {T}


PINS = """
def build():
    inputs = keras.Input((3,))
    x = layers.Dropout(0.5)(inputs, {pin})
    return keras.Model(inputs, layers.GaussianNoise(1.0)(x))
"""


@pytest.mark.parametrize("pin", ["training=False", "**{'training': False}"])
@pytest.mark.parametrize(
    "regime, pinned, after", [("2", F, T), ("3.0", T, T), ("3.10", T, T), ("3.16", F, F)]
)
def test_a_pin_of_false_in_fit(pin, regime, pinned, after):  # R10
    found = {layer: mode for _, layer, mode in rows(PINS.format(pin=pin), "fit", regime)}
    assert found == {"Dropout": pinned, "GaussianNoise": after}


@pytest.mark.parametrize(
    "regime, pinned, after", [("2", T, F), ("3.0", F, F), ("3.10", F, F), ("3.16", T, T)]
)
def test_a_pin_of_true_in_predict(regime, pinned, after):  # R10
    found = {layer: mode for _, layer, mode in rows(PINS.format(pin="training=True"), "predict", regime)}
    assert found == {"Dropout": pinned, "GaussianNoise": after}


SEQUENTIALS = (
    "keras.Sequential([layers.Dense(1), layers.Dropout(0.5)])",
    "keras.Sequential(layers=[layers.Dropout(0.5)])",
    "keras.Sequential([keras.Input((3,)), layers.Dropout(0.5)])",
    "keras.Sequential([keras.Sequential([layers.Dropout(0.5)])])",
    "keras.Sequential([layers.InputLayer((3,)), *[layers.Dropout(r) for r in (0.1, 0.2)]])",
    "keras.Sequential((layers.Dropout(0.5),))",
    "keras.models.Sequential([layers.Dense(1) if unknown else layers.Dropout(0.5)])",
)


@pytest.mark.parametrize("model", SEQUENTIALS)
def test_ways_to_make_a_sequential(model):
    net = f"""
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.s = {model}

    def call(self, x, training=None):
        return self.s(x)
"""
    for entry, mode in {"fit": T, "predict": F, "call": F}.items():
        found = {m for _, layer, m in rows(net, entry, name="Net") if layer == "Dropout"}
        assert found == {mode}


def test_a_frozen_base_that_is_thawed():  # R14: `functional: frozen + training=False, then base.trainable=True, fit`
    text = """
def main(x, y):
    base = keras.applications.{name}(include_top=False)
    base.trainable = False
    inputs = keras.Input((32, 32, 3))
    model = keras.Model(inputs, layers.Dense(1)(base(inputs, training=False)))
    model.compile("sgd", "mse")
    model.fit(x, y)
    base.trainable = True
    model.compile("sgd", "mse")
    model.fit(x, y)
"""
    assert ("KER303" in {code for _, code in findings(text.format(name="ResNet50"), "3.10")}) is True
    assert ("KER303" in {code for _, code in findings(text.format(name="ResNet50"), "2")}) is False
    assert ("KER303" in {code for _, code in findings(text.format(name="VGG16"), "3.10")}) is False
