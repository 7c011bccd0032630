"""Names that Python and NumPy had when code for Keras 2 was written, and have no more."""

from __future__ import annotations

import collections
import collections.abc
import functools
import importlib
import inspect
import sys
import types

_OF_LAYERS = (
    "advanced_activations",
    "convolutional",
    "convolutional_recurrent",
    "core",
    "embeddings",
    "local",
    "merge",
    "noise",
    "normalization",
    "pooling",
    "recurrent",
    "wrappers",
)
_OF_ENGINE = ("keras.engine", "keras.engine.topology")
_EXPERIMENTAL = ("tf_keras.layers.experimental", "tf_keras.api._v2.keras.layers.experimental")
# Until NumPy 1.24 these were Python's own types.
_OF_NUMPY = {"bool": bool, "int": int, "float": float, "complex": complex, "object": object, "str": str}


def restore() -> None:
    """Give them back: `collections.Sequence` (until Python 3.10), `numpy.float`, `inspect.getargspec` (until Python 3.11)."""
    import numpy

    for name in collections.abc.__all__:
        _give(collections, name, getattr(collections.abc, name))
    for name, kind in _OF_NUMPY.items():
        _give(numpy, name, kind)
    _give(inspect, "getargspec", lambda function: inspect.getfullargspec(function)[:4])


def relax(layer: type) -> None:
    """Let a layer's weights be set as a list (up to Keras 2.2), and `trainable` be anything (up to TensorFlow 2.3).

    layer: `tf_keras.layers.Layer`.
    """
    for name in ("trainable_weights", "non_trainable_weights"):
        setattr(layer, name, getattr(layer, name).setter(functools.partial(_set_weights, name)))
    strict = layer.__init__

    @functools.wraps(strict)
    def __init__(self, trainable=True, *args, **kwargs):
        strict(self, trainable if hasattr(trainable, "dtype") else bool(trainable), *args, **kwargs)

    layer.__init__ = __init__


def _set_weights(name: str, layer, weights) -> None:
    setattr(layer, f"_{name}", weights)


def publish(modules: dict[str, types.ModuleType]) -> None:
    """Show the modules within a public package of Keras 2, such as `utils.conv_utils`, as they were shown then.

    modules: those of `tf_keras`, by name.
    """
    for name, module in modules.items():
        package = modules.get(name.replace(".src", "", 1))
        for inner, value in vars(module).items() if package is not module and package is not None else ():
            if isinstance(value, types.ModuleType):
                _give(package, inner, value)


def divide(layers: types.ModuleType, packages: tuple[str, ...]) -> None:
    """Show the layers in the modules that held them up to Keras 2.5: `from keras.layers.core import Dense`.

    Some were in `experimental` before, and what they derive from in `engine` (`engine.topology` up to Keras 2.2).

    layers: `tf_keras.layers`. packages: the names under which that is imported.
    """
    shown = {name: value for name, value in vars(layers).items() if not name.startswith("_")}
    names = [*_OF_ENGINE, *(f"{package}.{name}" for package in packages for name in _OF_LAYERS)]
    modules = [sys.modules.setdefault(name, types.ModuleType(name)) for name in names]
    for module in [*modules, *map(importlib.import_module, _EXPERIMENTAL)]:
        for name, value in shown.items():
            _give(module, name, value)


def _give(module, name: str, value) -> None:
    if name not in vars(module):
        setattr(module, name, value)
