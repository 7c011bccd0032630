"""The layer tables say what Keras was seen to do: rows of the probe's own table, by version, signature and default."""

import pytest

from keraslint.semantics.context import ABSENT, UNKNOWN
from keraslint.semantics.layers import (
    REQUIRED,
    Signature,
    application_layers,
    layer_facts,
    regime_of_version,
    sensitive_functions,
)

KERAS_3 = {
    "Dropout": Signature(True, False, 1),
    "GaussianNoise": Signature(True, False, 1),
    "BatchNormalization": Signature(True, None, 1),
    "RandomFlip": Signature(True, True, 1),
    "Attention": Signature(True, False, 2),
    "LSTM": Signature(True, False, 3),
    "LSTMCell": Signature(True, False, 2),
    "MultiHeadAttention": Signature(True, None, 8),
    "Bidirectional": Signature(True, None, 3),
    "TimeDistributed": Signature(True, None, 1),
    "Lambda": Signature(True, None, 2),
    "Conv2D": Signature(False),
}
KERAS_2 = {
    "Dropout": Signature(True, None, 1),
    "BatchNormalization": Signature(True, None, 1),
    "RandomFlip": Signature(True, True, 1),
    "LSTM": Signature(True, None, 2),
    "MultiHeadAttention": Signature(True, None, 5),
    "Dense": Signature(False),
    "SpectralNormalization": Signature(True, False, 1),
}


@pytest.mark.parametrize("name", KERAS_3)
@pytest.mark.parametrize("regime", ["3.10", "3.16"])
def test_signatures_of_keras_3(name, regime):
    assert layer_facts(name, regime).signatures == (KERAS_3[name],)


@pytest.mark.parametrize("name", KERAS_2)
def test_signatures_of_keras_2(name):
    assert layer_facts(name, "2").signatures == (KERAS_2[name],)


@pytest.mark.parametrize("name", ["Resizing", "CenterCrop"])
def test_signatures_that_changed_in_3_6(name):
    assert set(layer_facts(name, "3.0").signatures) == {Signature(False), Signature(True, True, 1)}
    assert layer_facts(name, "3.10").signatures == (Signature(True, True, 1),)


@pytest.mark.parametrize("name", ["RandomHeight", "Pipeline", "GroupQueryAttention"])
def test_a_layer_of_the_other_generation_is_known(name):
    assert layer_facts(name, "2").name == layer_facts(name, "3.10").name == name


def test_no_layer():
    assert layer_facts("Nothing") is None and layer_facts("Nothing", "2") is None


@pytest.mark.parametrize(
    "name, sensitive",
    [
        ("Dropout", True),
        ("BatchNormalization", True),
        ("Dense", False),
        ("Resizing", False),
        ("Conv2D", False),
    ],
)
def test_sensitivity(name, sensitive):
    assert (layer_facts(name).sensitive != "never") is sensitive


def test_what_a_layer_is_made_with():
    parameters = {p.name: p.default for p in layer_facts("LSTM").init}
    assert (parameters["units"], parameters["dropout"], parameters["recurrent_dropout"]) == (
        REQUIRED,
        0.0,
        0.0,
    )
    assert set(layer_facts("LSTM").nonzero) == {"dropout", "recurrent_dropout"}
    assert layer_facts("BatchNormalization").trainable and not layer_facts("Dropout").trainable
    assert not any(p.name.startswith("*") for p in layer_facts("Dropout").init)
    assert {p.name for p in layer_facts("Dropout").init} >= {"rate", "noise_shape", "seed"}


@pytest.mark.parametrize(
    "name, forwards",
    [
        ("TimeDistributed", "direct"),
        ("Bidirectional", "explicit"),
        ("SpectralNormalization", "implicit"),
        ("Dense", ""),
    ],
)
def test_what_wrappers_hand_on(name, forwards):  # R15
    assert layer_facts(name).forwards == forwards
    assert bool(layer_facts(name).child) is bool(forwards)


@pytest.mark.parametrize(
    "name, layers",
    [
        ("ResNet50", {"BatchNormalization"}),
        ("VGG16", set()),
        ("EfficientNetB0", {"BatchNormalization", "Dropout"}),
    ],
)
def test_ready_made_models(name, layers):
    assert set(application_layers(name)) == layers


def test_no_ready_made_model():
    assert application_layers("Nothing") is None


@pytest.mark.parametrize(
    "version, regime",
    [
        ("2.4.0", "2"), ("2.15.1", "2"), ("2.21.0", "2"), ("3.0.0", "3.0"), ("3.9.2", "3.0"), ("3.10.0", "3.10"),
        ("3.15.1", "3.10"), ("3.16.0.dev2026102704", "3.16"), ("3.17", "3.16"), ("4.0", "3.16"), ("3", "3.0"), ("2", "2"),
    ],
)  # fmt: skip
def test_the_regime_of_a_version(version, regime):
    assert regime_of_version(version) == regime


@pytest.mark.parametrize("name", ["tf.nn.dropout", "keras.random.dropout"])
def test_functions_that_drop(name):
    assert sensitive_functions()[name]["kind"] == "dropout"
    assert "tf.nn.relu" not in sensitive_functions()


def test_marks_name_themselves():
    assert (repr(ABSENT), repr(UNKNOWN), repr(REQUIRED)) == ("ABSENT", "UNKNOWN", "REQUIRED")


ALIASES = {
    "MaxPool2D": "MaxPooling2D",
    "AvgPool1D": "AveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "Convolution2D": "Conv2D",
}


@pytest.mark.parametrize("alias", ALIASES)
@pytest.mark.parametrize("regime", ["2", "3.10"])
def test_other_names_of_layers(alias, regime):
    assert layer_facts(alias, regime) == layer_facts(ALIASES[alias], regime)
