"""What a name suggests: `dropout_rate` a rate, `num_heads` a small number, `encoder` a layer, `config` settings."""

from __future__ import annotations

import re

SMALL = 16  # one size for all dimensions, so that what is added to each other fits

ACTIVATION = r"act(ivation)?(_fn|_func)?$|nonlinearity"
# The first pattern that is found in a name decides; the values are tried in order.
_BY_NAME: tuple[tuple[str, tuple], ...] = (
    (
        r"(^|_)(hidden_units|units_list|layer_sizes|hidden_sizes|dims|widths|filters_list|channels_list|depths)$",
        ([SMALL, SMALL], SMALL),
    ),
    (r"initializer(?!_range)|^init$", ("glorot_uniform",)),
    (r"regularizer|constraint|dtype|mask", (None,)),
    (r"stride|dilation", (1, 2)),
    (r"float_?type", ("float32",)),
    (r"growth_rate|sampl\w*_rate|frame_rate", (SMALL,)),
    (r"drop|rate$|(^|_)(prob|keep)", (0.5,)),
    (r"(up|down|scal|stride)\w*_factor$", (2,)),
    (
        r"(^|_)(lr|learning_rate|eps|epsilon|alpha|beta|gamma|momentum|temperature|scale|factor|ratio|decay|lambda|weight)\b|_(factor|ratio|scale|weight|decay)$",
        (0.5, 2),
    ),
    (r"vocabular(y|ies)$|vocab_list$", (["a", "b", "c"], SMALL)),
    (r"heads?$", (2,)),
    (r"kernel|window|filter_size", (3, (3, 3), [3, 3])),
    (r"groups|expansion|cardinality|reduction", (1, 2)),
    (r"pool", (2,)),
    (r"patch", (4, 2)),
    (r"(input|image|img|target|output)_?shape|^shape$", ((32, 32, 3), (SMALL,), (8, SMALL))),
    (r"(image|img|input)_?(size|res|h|w|height|width)$|resolution", (32, (32, 32))),
    (ACTIVATION, ("relu",)),
    (r"_range$|std(dev)?$|variance$", (0.02,)),
    (r"data_format", ("channels_last",)),
    (r"padding", ("same", 1)),
    (r"(^|_)name$", ("name",)),
    (r"axis", (-1,)),
    (r"(^|_)(index|idx)$", (1, 0)),
    (r"class|label|categor|outputs?$|targets?$", (4, SMALL)),
    (
        r"(num|n)_?(layers?|blocks?|stages?|convs?|repeats?|steps?|stacks?|scales?|levels?|(up|down)_?sampl)|(^|_)n(um)?_[dg]($|_)|levels$|depth|repeat|layers_num|iterations",
        (2, [2, 2]),
    ),
    (r"(encoder|decoder|transformer)_(layers|blocks)$", (2, [SMALL, SMALL])),
    (r"seed", (1,)),
    (
        r"(^|_)(use|is|has|with|include|return|apply|add|enable|do)_|^(bias|causal|training|trainable|residual|first|last)",
        (False, True),
    ),
    (r"optimizer", ("sgd",)),
    (r"loss", ("mse",)),
    (r"(^|_)d_|dims?$|units$", (SMALL, [SMALL, SMALL])),
    (r"mode(?!l)|type|norm", ("batch", None)),
    (
        r"filters|channels|units|dim|size|width|hidden|embed|vocab|len|num|count|max|min|features|rank|latent|tokens|^n_|_n$|^[a-z]$",
        (SMALL, [SMALL, SMALL]),
    ),
)
_LAYER_NAMES = re.compile(
    r"model|backbone|encoder|decoder|generator|discriminator|critic|layer|network|net$|block|module|student|teacher|base|body|head$|submodel|_fn$|fn$"
)
_SEVERAL_LAYERS = re.compile(r"(net|network|model|expert|encoder|decoder|backbone|generator|discriminator)s$")
_SETTINGS = re.compile(
    r"config$|(^|_)(cfg|conf|cfg_node|info|settings?|hparams|hyper_?params|params|args|flags|options|opts?)$"
)
_SECTION = re.compile(
    r"model|net(work)?|backbone|encoder|decoder|generator|discriminator|head|neck|transformer|train(ing)?|data(set)?|"
    r"config|cfg|h?params|arch|settings|vision|text|audio"
)


def for_name(name: str) -> list:
    """Values that a name suggests; none if it suggests nothing."""
    low = name.lower()
    return next((list(values) for pattern, values in _BY_NAME if re.search(pattern, low)), [])


def holds_layer(name: str) -> bool:
    """`encoder` and `base_model`, not `num_layers` or `encoder_dim`."""
    return bool(_LAYER_NAMES.search(name)) and not re.search(
        r"num|(^|_)[nd]_|dim|size|count|rate|type|name|index|_id|use|weights|depth|len|kernel|ratio|"
        r"(units|filters|channels|heads|hidden|layers|blocks|steps|shape|activation|dropout|scale|path)$",
        name,
    )


def holds_layers(name: str) -> bool:
    """`subnets` and `experts`, not `layers`, which may be their sizes."""
    return bool(_SEVERAL_LAYERS.search(name))


def is_rate(name: str) -> bool:
    """Whether a parameter says how much is dropped."""
    return "drop" in name or name.endswith("rate")


def holds_settings(name: str) -> bool:
    """`config`, `model_args` and `hparams`."""
    return bool(_SETTINGS.search(name.lower()))


def is_section(name: str) -> bool:
    """Whether settings of this name hold settings again."""
    return bool(_SECTION.fullmatch(name.lower()))
