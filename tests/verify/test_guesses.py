"""What a parameter may be, from its name and annotation."""

import inspect
from typing import Optional

import pytest

from keraslint.verify.inside import guesses


class Library:
    class layer:
        pass

    @classmethod
    def is_keras(cls, kind):
        return kind is cls.layer


class Encoder(Library.layer):
    def __init__(self, num_heads, rate=0.1, **kwargs):
        self.num_heads, self.rate = num_heads, rate


def first(name, annotation=inspect.Parameter.empty):
    parameter = inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)
    return guesses.for_parameter(parameter, Library)[0]


@pytest.mark.parametrize(
    "name, value",
    [
        ("units", 16),
        ("num_layers", 2),
        ("encoder_layers", 2),
        ("upsample_factor", 2),
        ("num_heads", 2),
        ("heads", 2),
        ("dropout_rate", 0.5),
        ("encoder_dim", 16),
        ("initializer_range", 0.02),
        ("out_kernel_initializer", "glorot_uniform"),
        ("n_downsampling", 2),
        ("num_D", 2),
    ],
)
def test_names(name, value):
    assert first(name) == value


@pytest.mark.parametrize("name", ["encoder", "base_model", "layer", "teacher"])
def test_layers_are_layers(name):
    assert isinstance(first(name), guesses.Layer)


@pytest.mark.parametrize(
    "name, kind", [("activation", guesses.Activation), ("embedding_table", guesses.Table)]
)
def test_what_is_made_anew_each_time(name, kind):
    assert isinstance(first(name), kind)


@pytest.mark.parametrize("annotation", [int, "int", Optional[int], "Optional[int]"])
def test_annotations(annotation):
    assert type(first("anything", annotation)) is int


def test_one_choice_is_changed_at_a_time():
    parameters = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY) for n in ("kernel_size", "units")]
    tried = list(guesses.choices(parameters, Library))
    assert tried[0] == {"kernel_size": 3, "units": 16}
    assert all(sum(each[key] != tried[0][key] for key in each) == 1 for each in tried[1:])


def test_a_layer_of_the_project_is_made_as_one():
    made = first("encoder", Encoder).make()
    assert isinstance(made, Encoder) and (made.num_heads, made.rate) == (2, 0.1)
    assert not isinstance(first("encoder", Library.layer), guesses.Instance)
