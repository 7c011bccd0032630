"""What hangs on something that only a run decides: a mode is said only where it holds on every path."""

import pytest
from texts import modes, rows

MODEL = """
import os
UNKNOWN = os.environ.get("UNKNOWN")
class Block(layers.Layer):
    def __init__(self, fixed):
        super().__init__()
        self.drop = layers.Dropout(0.5)
        self.fixed = fixed
    def call(self, x):
        return self.drop(x, training=self.fixed)
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.noise = layers.GaussianNoise(0.5)
        {held}
    def call(self, x, training=None):
        {used}
        return self.noise(x, training=training)
"""


def of(held="pass", used="pass", entry="fit", callee="self.noise", regime="3.10"):
    text = MODEL.format(held=held.replace("\n", "\n        "), used=used.replace("\n", "\n        "))
    return {row[0]: row[2] for row in rows(text, entry, regime, name="Net")}.get(callee, "no such place")


@pytest.mark.parametrize(
    "changed",
    [
        "if UNKNOWN: training = False",
        "modes = [training]\nif UNKNOWN: modes.append(False)\ntraining = modes[-1]",
        "modes = [training]\nif UNKNOWN: modes.insert(0, False)\ntraining = modes[0]",
        "modes = [training, False]\nmodes.pop(int(UNKNOWN))\ntraining = modes[0]",
        "modes = []\nif UNKNOWN: modes.append(1)\ntraining = training if modes else False",
        "modes = {}\nif UNKNOWN: modes['a'] = training\ntraining = modes['a'] if 'a' in modes else False",
        "modes = {'a': training}\nif UNKNOWN: modes.pop('a')\ntraining = modes.get('a', False)",
        "modes = {'a': training}\nmodes[UNKNOWN] = False\ntraining = modes['a']",
        "if UNKNOWN: self.mode = False\ntraining = getattr(self, 'mode', training)",
        "if UNKNOWN: self.mode = False\ntraining = False if hasattr(self, 'mode') else training",
        "training = [training, False][int(UNKNOWN)]",
        *[
            f"{before}\nfor item in UNKNOWN:\n    training = False if {seen} else training\n    {marked}"
            for before, seen, marked in (
                ("pass", "hasattr(self, 'mode')", "self.mode = x"),
                ("class Holder: pass\nholder = Holder()", "hasattr(holder, 'mode')", "holder.mode = x"),
                ("seen = []", "seen", "seen.append(x)"),
                ("seen = {}", "'a' in seen", "seen['a'] = x"),
                ("last = None", "last", "last = [1]"),
                ("last = None", "last is not None", "last = (lambda kept: lambda: kept)([1])"),
                ("item = None\nlast = None", "last is not None", "last = item or 1"),
            )
        ],
    ],
)
def test_a_value_that_hangs_on_the_path_is_either(changed):
    assert of(used=changed) == "either"
    assert of(used=changed, entry="evaluate") == "infer"


@pytest.mark.parametrize(
    "changed",
    [
        "modes = [training]\nif UNKNOWN: modes.append(False)\ntraining = modes[0]",
        "modes = {'a': training}\nif UNKNOWN: modes['b'] = False\ntraining = modes['a']",
        "self.mode = training\nif UNKNOWN: self.other = False\ntraining = getattr(self, 'mode', False)",
        "modes = []\nif UNKNOWN: modes = [1]\nelse: modes = [2]\ntraining = training if modes else False",
    ],
)
def test_what_holds_on_every_path_is_known(changed):
    assert of(used=changed) == "train"


def test_layers_of_one_class_made_otherwise_are_told_apart():
    held = "self.blocks = [Block(True), Block(False)]"
    assert of(held, "x = self.blocks[int(UNKNOWN)](x)", callee="self.drop") == "either"
    assert (
        of(held.replace("False", "True"), "x = self.blocks[int(UNKNOWN)](x)", callee="self.drop") == "train"
    )


def test_objects_that_hold_other_layers_are_told_apart():
    text = """
class Wrap(layers.Layer):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner
    def call(self, x):
        return self.inner(x)
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.wraps = [Wrap(layers.Dropout(0.5)), Wrap(layers.GaussianNoise(0.5))]
    def call(self, x, training=None):
        return self.wraps[unknown()](x, training=training)
"""
    assert {layer for callee, layer, _ in rows(text, name="Net") if callee == "self.inner"} == {
        "Dropout",
        "GaussianNoise",
    }


def test_an_error_on_one_path_does_not_end_the_others():
    """`training` by position raises in Keras 3."""
    used = "if UNKNOWN: x = self.noise(x, training)\nx = self.other(x, training=training)"
    assert of("self.other = layers.Dropout(0.5)", used, callee="self.other") == "train"


def test_what_two_values_leave_in_the_context_is_both():
    """From 3.0 to 3.15 an explicit value stays in the context of the layers that follow."""
    held = "self.stack = keras.Sequential([layers.Dropout(0.5)])\nself.after = layers.Dropout(0.5)"
    used = "x = self.stack(x, training=training if UNKNOWN else False)\nx = self.after(x)"
    assert of(held, used, callee="self.after") == "either"


def test_a_class_attribute_stays_where_the_object_has_none():
    text = """
class Net(keras.Model):
    mode = False
    def __init__(self):
        super().__init__()
        self.noise = layers.GaussianNoise(0.5)
        if unknown(): self.mode = True
    def call(self, x):
        return self.noise(x, training=self.mode)
"""
    assert modes(text) == {"self.noise": "either"}


PINNED = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.stack = keras.Sequential([{first}layers.Dropout(0.5)])
    {build}
    def call(self, x, {parameter}):
        return self.stack(x{passed})
"""
BUILD = "def build(self, input_shape): super().build(input_shape)"


@pytest.mark.parametrize(
    "first, build, parameter, passed, entry, expected",
    [
        ("", BUILD, "training=None", ", training=None", "call_true", "unknown"),
        ("", "pass", "**kwargs", ", training=None", "call_true", "unknown"),
        ("", "pass", "training=None", ", training=None", "call_true", "unknown"),
        ("", BUILD, "training=None", ", training=None", "call_false", "infer"),
        ("keras.Input((4,)), ", BUILD, "training=None", ", training=None", "call_true", "infer"),
        ("layers.RandomFlip(), ", BUILD, "training=None", "", "call", "unknown"),
        ("layers.RandomFlip(), ", BUILD, "training=None", "", "predict", "infer"),
        ("layers.Dense(4), ", BUILD, "training=None", "", "call", "infer"),
    ],
)
def test_a_graph_that_is_made_during_a_call_may_be_pinned(first, build, parameter, passed, entry, expected):
    """A Sequential without input, 3.0 to 3.15: layers/layer.py, `_maybe_build`; its pins count where it gets None."""
    text = PINNED.format(first=first, build=build, parameter=parameter, passed=passed)
    [mode] = [mode for _, layer, mode in rows(text, entry, name="Net") if layer == "Dropout"]
    assert mode == expected


def test_what_a_property_is_set_to_counts():
    held = "self.other = Other()\nself.other.mode = False"
    text = """
class Other:
    _mode = True
    @property
    def mode(self): return self._mode
    @mode.setter
    def mode(self, value): self._mode = value
"""
    model = MODEL.format(held=held.replace("\n", "\n        "), used="training = self.other.mode")
    assert modes(text + model, name="Net")["self.noise"] == "infer"


@pytest.mark.parametrize("made, expected", [("Options(8, False)", "infer"), ("Options(8)", "train")])
def test_the_fields_of_a_dataclass_without_a_default_count(made, expected):
    text = """
from dataclasses import dataclass
@dataclass
class Options:
    units: int
    mode: bool = True
"""
    model = MODEL.format(held=f"self.options = {made}", used="training = self.options.mode")
    assert modes(text + model, name="Net")["self.noise"] == expected


@pytest.mark.parametrize(
    "call, expected",
    [
        ("self.helper(x)", "infer"),
        ("self.helper(*UNKNOWN)", "unknown"),
        ("self.helper(*[x])", "infer"),
        ("self.call(x, **UNKNOWN)", "unknown"),
    ],
)
def test_arguments_of_unknown_number_may_be_any(call, expected):
    text = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.noise = layers.GaussianNoise(0.5)
    def call(self, x, training=False):
        return self.noise(x, training=training)
    def helper(self, x, training=False):
        return self.noise(x, training=training)
    def train_step(self, data):
        with tf.GradientTape() as tape: tape.gradient({call}, self.trainable_variables)
"""
    assert modes("UNKNOWN = unknown()" + text.format(call=call))["self.noise"] == expected


def test_what_a_pin_cannot_change_is_known():
    """The augmentation of a model without `training` runs by its own default, pinned or not."""
    text = PINNED.format(first="layers.RandomFlip(), ", build=BUILD, parameter="y=None", passed="")
    text = text.replace("layers.Dropout(0.5)", "layers.RandomZoom(0.5)")
    found = {layer: mode for _, layer, mode in rows(text, "predict", name="Net")}
    assert found["RandomFlip"] == found["RandomZoom"] == "train"
