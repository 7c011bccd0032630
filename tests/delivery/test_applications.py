"""Ready-made models of `keras.applications`: what they hold is known by name, and they are pieces of larger graphs."""

import pytest
from texts import findings, modes, rows, sensitive

NET = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.base = keras.applications.{name}(include_top=False)
        {init}

    def call(self, x, training=None):
        return self.base(x{argument})
"""


@pytest.mark.parametrize("name, acts", [("ResNet50", True), ("VGG16", False), ("EfficientNetB0", True)])
def test_which_of_them_act_by_mode(name, acts):
    """VGG16 has neither Dropout nor BatchNormalization before its top."""
    assert sensitive(NET.format(name=name, init="pass", argument="")) is acts


def test_a_frozen_one_keeps_its_dropout():
    frozen = NET.format(name="{}", init="self.base.trainable = False", argument="")
    assert sensitive(frozen.format("ResNet50")) is False  # nothing but BatchNormalization
    assert sensitive(frozen.format("EfficientNetB0")) is True


@pytest.mark.parametrize("regime", ["2", "3.0", "3.10", "3.16"])
def test_it_gets_its_mode_like_any_layer(regime):
    text = NET.format(name="ResNet50", init="pass", argument="")
    for entry, mode in {"fit": "train", "predict": "infer", "call": "infer", "call_true": "train"}.items():
        assert set(modes(text, entry, regime, name="Net").values()) == {mode}
    pinned = NET.format(name="ResNet50", init="pass", argument=", training=False")
    assert set(modes(pinned, "fit", regime, name="Net").values()) == {"infer"}


def test_the_layers_inside_are_named():
    text = NET.format(name="EfficientNetB0", init="pass", argument="")
    assert {layer for _, layer, _ in rows(text, name="Net")} >= {
        "EfficientNetB0",
        "BatchNormalization",
        "Dropout",
    }


HEAD_ON_BASE = """
def build():
    base = keras.applications.ResNet50(include_top=False)
    x = layers.Dropout(0.5)(base.output)
    return keras.Model(base.input, x)
"""


def test_a_head_on_its_output():
    for entry, mode in {"fit": "train", "predict": "infer"}.items():
        got = {layer: m for _, layer, m in rows(HEAD_ON_BASE, entry, name="build")}
        assert got == {"Dropout": mode}  # the base is called nowhere in this source


@pytest.mark.parametrize("argument", [", training=True", ", training=False"])
def test_a_constant_at_its_call(argument):
    text = NET.format(name="ResNet50", init="pass", argument=argument) + "\n\nNet().fit(1)\n"
    assert findings(text) == [(9, "KER104")]


def test_a_graph_goes_on_behind_its_preparation():
    """As transfer learning is written; from 3.16 on the pin leaks to the Dropout."""
    text = """
base = keras.applications.ResNet50(include_top=False)
inputs = keras.Input((160, 160, 3))
x = keras.applications.resnet50.preprocess_input(inputs)
x = base(x, training=False)
x = layers.Dropout(0.2)(x)
model = keras.Model(inputs, x)
model.fit(data)
"""
    assert [found[1] for found in findings(text, "3.16")] == ["KER302"]


def test_what_is_frozen_inside_need_not_train():
    text = NET.format(name="{}", init="self.base.trainable = False", argument="")
    text = text.replace(", training=None", "") + "\n\nNet().fit(1)\n"
    assert findings(text.format("ResNet50")) == []
    assert findings(text.format("EfficientNetB0")) == [(8, "KER101")]
    assert findings(text.format("ResNet50").replace("False", "True")) == [(8, "KER101")]
