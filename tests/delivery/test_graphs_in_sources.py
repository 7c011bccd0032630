"""Functional models as sources build them: whatever is computed between the layers, the layers are found."""

import pytest
from texts import PATH, findings, rows, run

from keraslint.delivery.entries import run_entry

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
        found = rows(net, entry, name="Net")
        assert {m for _, layer, m in found if layer == "Dropout"} == {mode}
        assert "InputLayer" not in {layer for _, layer, _ in found}


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


# Which of them trains in `model(x)` behind a GaussianNoise, which leaves its False, as Keras 3.10.0 and 3.15.1 did: a node
# keeps the default of `training` where the layer need not convert the dtype. Keras 3.9.2 keeps it always.
DTYPES = {
    "": "FRCZ",
    ", dtype='float32'": "FRCZ",
    ", dtype=None": "FRCZ",
    ", dtype='uint8'": "FC",
    ", dtype='float16'": "FC",
}
AUGMENTING = {"F": "RandomFlip()", "R": "Resizing(8, 8)", "C": "RandomCrop(8, 8)", "Z": "RandomZoom(0.1)"}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("letter", AUGMENTING)
def test_a_default_that_a_node_keeps(dtype, letter):
    text = f"""
inputs = keras.Input((8, 8, 3){dtype})
noise = layers.GaussianNoise(0.1)(inputs)
model = keras.Model(inputs, layers.Add()([noise, layers.{AUGMENTING[letter]}(inputs)]))
"""
    name = AUGMENTING[letter].partition("(")[0]
    found = {
        regime: {layer: mode for _, layer, mode in rows(text, "call", regime)}[name]
        for regime in ("3.0", "3.10")
    }
    assert found == {
        "3.0": "unknown" if letter == "R" else T,  # before 3.6 it took no `training`
        "3.10": T if letter in DTYPES[dtype] else F,
    }


# The order in which Keras 3.9.2, 3.10.0 and 3.15.1 ran the layers: by their distance from the outputs, operations counted.
ORDERS = {
    "b(a(i) * 2) + c(i)": "abc",
    "d(c(b(i) * 2) * 2) + a(i) * 2": "bcad",
    "a(i) * 2 + d(c(b(i) * 2) * 2)": "bcad",
    "a(i * 2) + d(c(b(i)))": "bcad",
    "[a(i) * 2, d(c(i * 3))]": "cad",
}


@pytest.mark.parametrize("outputs", ORDERS)
def test_the_order_of_layers_in_a_graph(outputs):
    made = "\n".join(f"{name} = layers.Dropout(0.5, name='{name}')" for name in "abcd")
    _, program = run(f"{made}\ni = keras.Input((3,))\nmodel = keras.Model(i, {outputs})\n")
    [model] = [subject.instances[0] for subject in program.subjects(PATH)]
    deliveries = run_entry(program.machine, model, "call", "3.10").deliveries
    named = [each.layer.slots["name"].value for each in deliveries if each.layer is not model]
    assert "".join(named) == ORDERS[outputs]


def test_which_graphs_are_models_of_their_own():
    """One that is a part of another is shown with that."""
    text = """
def build(units):
    inner = keras.Sequential([layers.Dense(units), keras.Sequential([layers.Dropout(0.5)])])
    inputs = keras.Input((3,))
    return keras.Model(inputs, layers.Dense(1)(inner(inputs)))


first = keras.Sequential([layers.Dropout(0.5)])
second = keras.Sequential([build(1)])
third = build(2)
"""
    _, program = run(text)
    assert [(subject.name, subject.kind) for subject in program.subjects(PATH)] == [
        ("build", "functional"),
        ("first", "sequential"),
        ("second", "sequential"),
    ]


MERGES = ("add", "average", "concatenate", "maximum", "minimum", "multiply", "subtract")


@pytest.mark.parametrize("name", MERGES)
def test_layers_that_are_made_and_called_at_once(name):
    for call in (
        f"layers.{name}([x, y])",
        f"layers.{name}(inputs=[x, y])",
        f"keras.layers.{name}([x, y], name='z')",
    ):
        found = rows(GRAPH.format(body=f"outputs = {call}"))
        assert {layer for _, layer, _ in found} == {name.capitalize(), *BOTH}


ENDS = ("layers[2]", "layers[-1]", "get_layer(index=2)", "get_layer('b')", "get_layer(name='b')")


@pytest.mark.parametrize("kept", ENDS)
def test_parts_of_a_graph(kept):
    """Layers in the order of the graph, its input first; a layer of another graph may be called again."""
    text = f"""
def build():
    inputs = keras.Input((3,))
    x = layers.GaussianNoise(1.0, name='a')(inputs)
    return keras.Model(inputs, layers.Dropout(0.5, name='b')(x))


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.part = build().{kept}

    def call(self, x, training=None):
        return self.part(x, training=True)
"""
    assert [(layer, mode) for _, layer, mode in rows(text, "predict", name="Net")] == [("Dropout", T)]
