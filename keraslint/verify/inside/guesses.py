"""What a parameter or a missing name may be, from its annotation, its default and its name."""

from __future__ import annotations

import functools
import inspect
import re
import types
from collections.abc import Iterator
from typing import Any

SMALL = 16  # one size for all dimensions, so that what is added to each other fits

_ACTIVATION = r"act(ivation)?(_fn|_func)?$|nonlinearity"
# The first pattern that is found in a name decides; the values are tried in order.
_BY_NAME: tuple[tuple[str, tuple], ...] = (
    (
        r"(^|_)(hidden_units|units_list|layer_sizes|hidden_sizes|dims|widths|filters_list|channels_list|depths)$",
        ([SMALL, SMALL], SMALL),
    ),
    (r"drop|rate$|(^|_)(prob|keep)", (0.5,)),
    (
        r"(^|_)(lr|learning_rate|eps|epsilon|alpha|beta|gamma|momentum|temperature|scale|factor|ratio|decay|lambda|weight)\b|_(factor|ratio|scale|weight|decay)$",
        (0.5, 2),
    ),
    (r"vocabular(y|ies)$|vocab_list$", (["a", "b", "c"], SMALL)),
    (r"heads?$", (2,)),
    (r"kernel|window|filter_size", (3, (3, 3), [3, 3])),
    (r"stride|dilation|groups|expansion|cardinality|reduction", (1, 2)),
    (r"pool", (2,)),
    (r"patch", (4, 2)),
    (r"(input|image|img|target|output)_?shape|^shape$", ((32, 32, 3), (SMALL,), (8, SMALL))),
    (r"(image|img|input)_?(size|res|h|w|height|width)$|resolution", (32, (32, 32))),
    (_ACTIVATION, ("relu",)),
    (r"_range$|std(dev)?$|variance$", (0.02,)),
    (r"initializer|^init$", ("glorot_uniform",)),
    (r"regularizer|constraint|dtype|mask", (None,)),
    (r"padding", ("same", 1)),
    (r"(^|_)name$", ("name",)),
    (r"axis", (-1,)),
    (r"class|label|categor|outputs?$|targets?$", (4, SMALL)),
    (
        r"(num|n)_?(layers?|blocks?|stages?|convs?|repeats?|steps?|stacks?)|depth|repeat|layers_num|iterations",
        (2, [2, 2]),
    ),
    (r"seed", (1,)),
    (
        r"(^|_)(use|is|has|with|include|return|apply|add|enable|do)_|^(bias|causal|training|trainable|residual|first|last)",
        (False, True),
    ),
    (r"optimizer", ("sgd",)),
    (r"loss", ("mse",)),
    (r"mode|type|norm", ("batch", None)),
    (
        r"filters|channels|units|dim|size|width|hidden|embed|vocab|len|num|count|max|min|features|rank|latent|tokens|^n_|_n$|^d_|^[a-z]$",
        (SMALL, [SMALL, SMALL]),
    ),
)
_LAYER_NAMES = re.compile(
    r"model|backbone|encoder|decoder|generator|discriminator|critic|layer|network|net$|block|module|student|teacher|base|body|head$|submodel|_fn$|fn$"
)
_SETTINGS = re.compile(r"config$|(^|_)(cfg|conf|hparams|hyper_?params|params|args|flags|options|opts?)$")
_SECTION = re.compile(
    r"model|net(work)?|backbone|encoder|decoder|generator|discriminator|head|neck|transformer|train(ing)?|data(set)?|"
    r"config|cfg|h?params|arch|settings|vision|text|audio"
)
_BY_ANNOTATION: dict[Any, tuple] = {
    bool: (False, True),
    int: (SMALL, 2),
    float: (0.5,),
    str: ("relu",),
    list: ([SMALL, SMALL],),
    tuple: ((SMALL, SMALL),),
    dict: ({},),
}


def for_name(name: str) -> list:
    """Values that a name suggests; none if it suggests nothing."""
    low = name.lower()
    return next((list(values) for pattern, values in _BY_NAME if re.search(pattern, low)), [])


def for_parameter(parameter: inspect.Parameter, library) -> list:
    """Values to try for a parameter without a default, the likeliest first."""
    plain = _plain_annotation(parameter.annotation)
    named = for_name(parameter.name)
    if plain in (int, float):
        fitting = [
            value for value in named if type(value) is plain or (plain is float and type(value) is int)
        ]
        return fitting or list(_BY_ANNOTATION[plain])
    if plain in _BY_ANNOTATION:
        fitting = [value for value in named if isinstance(value, plain)]
        return fitting + [value for value in _BY_ANNOTATION[plain] if value not in fitting]
    if _SETTINGS.search(parameter.name.lower()):
        known = inspect.isclass(plain) and plain is not parameter.empty
        return [*([Config(library, plain)] if known else []), Options(library), {}]
    if re.search(_ACTIVATION, parameter.name.lower()) and plain is parameter.empty:
        return [Activation(library), *named]  # layers take a function as well as its name, and code calls it
    if re.search(r"(^|_)(table|matrix)$", parameter.name.lower()) and plain is parameter.empty:
        return [Table(library), SMALL]
    layered = [Layer(library), Factory(library)] if _holds_layer(parameter.name.lower()) else []
    if inspect.isclass(plain) and issubclass(plain, library.layer):
        layered, named = [Layer(library)], []
    if isinstance(plain, types.FunctionType):
        layered, named = [], []
    return [*layered, *named] or [SMALL, Layer(library), [SMALL, SMALL], 0.5, None]


def _holds_layer(name: str) -> bool:
    """`encoder` and `base_model`, not `num_layers` or `encoder_dim`."""
    return bool(_LAYER_NAMES.search(name)) and not re.search(
        r"num|(^|_)n_|dim|size|count|rate|type|name|index|_id|use|weights|depth|len|kernel|ratio", name
    )


class Made:
    """A stand-in that is made anew for each model, as layers cannot be shared."""

    def __init__(self, library):
        self.library = library


class Layer(Made):
    """For a layer that someone passes in, whatever else it is called with."""

    def make(self):
        return _any_layer(self.library.keras)(SMALL)

    def __repr__(self):
        return f"keras.layers.Dense({SMALL})"


@functools.cache
def _any_layer(keras):
    class Dense(keras.layers.Dense):
        def call(self, inputs, *args, **kwargs):
            return super().call(inputs)

    return Dense


class Factory(Made):
    """For a class or function that makes a layer."""

    def make(self):
        return lambda *args, **kwargs: self.library.keras.layers.LayerNormalization()

    def __repr__(self):
        return "lambda *args, **kwargs: keras.layers.LayerNormalization()"


class Activation(Made):
    """For a function that is applied to an array."""

    def make(self):
        return self.library.keras.activations.relu

    def __repr__(self):
        return "keras.activations.relu"


class Table(Made):
    """For an array of weights that someone passes in."""

    def make(self):
        return self.library.keras.initializers.Ones()((SMALL, SMALL))

    def __repr__(self):
        return f"keras.initializers.Ones()(({SMALL}, {SMALL}))"


class Options(Made):
    """For an object or a dict with settings: whatever is asked for is what its name suggests."""

    def make(self):
        return Asked()

    def __repr__(self):
        return "options that are what their names suggest"


class Asked(dict):
    """Settings that are what their names suggest, as attributes and by key."""

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __missing__(self, name: str):
        section = _SECTION.fullmatch(name.lower())
        self[name] = Asked() if section else next(iter(for_name(name)), SMALL)
        return self[name]

    def get(self, name: str, default=None):
        return self[name]

    def __contains__(self, name) -> bool:
        return True


class Config(Made):
    """For an instance of a class of the project's that holds settings: small ones."""

    def __init__(self, library, cls: type):
        super().__init__(library)
        self.cls = cls

    def make(self):
        parameters = inspect.signature(self.cls).parameters.values()
        named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        return self.cls(**{p.name: value for p in named for value in _smaller(p)})

    def __repr__(self):
        return f"{self.cls.__name__}(...) with small sizes"


def _smaller(parameter: inspect.Parameter) -> list:
    """What a setting is instead of a default that is larger; [] if the default may stay."""
    values = for_name(parameter.name)[:1]
    if parameter.default is parameter.empty:
        return values or [SMALL]
    if type(parameter.default) is not int or not values or type(values[0]) is not int:
        return []
    return values if values[0] < parameter.default else []


def is_rate(name: str) -> bool:
    """Whether a parameter says how much is dropped."""
    return "drop" in name or name.endswith("rate")


def _plain_annotation(annotation):
    """`int` of `int`, `"int"`, `Optional[int]` and `int | None`."""
    if isinstance(annotation, str):
        names = re.findall(r"[\w.]+", annotation)
        known = {kind.__name__: kind for kind in _BY_ANNOTATION}
        known.update(List=list, Tuple=tuple, Sequence=list, Dict=dict)
        return next((known[name] for name in names if name in known), None)
    options = [kind for kind in getattr(annotation, "__args__", ()) if kind is not type(None)]
    origin = getattr(annotation, "__origin__", None)
    if origin in _BY_ANNOTATION:
        return origin
    if options and (origin is not None or isinstance(annotation, getattr(types, "UnionType", ()))):
        return _plain_annotation(options[0])
    return annotation


def choices(
    parameters: list[inspect.Parameter], library, known: dict[str, list] = {}, limit: int = 40
) -> Iterator[dict]:
    """Values for the parameters: the likeliest of all, then others, one parameter changed at a time.

    known: values that the code says of some.
    """
    values = {p.name: [*known.get(p.name, ()), *for_parameter(p, library)] for p in parameters}
    first = {name: options[0] for name, options in values.items()}
    yield dict(first)
    count = 1
    for rank in range(1, max((len(options) for options in values.values()), default=1)):
        for name, options in values.items():
            if rank < len(options) and count < limit:
                count += 1
                yield {**first, name: options[rank]}
