"""`isinstance`: what a value is, as far as that is known."""

from __future__ import annotations

import collections.abc
import numbers

from keraslint.delivery import keras, objects
from keraslint.delivery.values import (
    DATA,
    Builtin,
    ClassValue,
    External,
    Instance,
    Known,
    Mapping,
    Sequence,
    Tensor,
    options,
)
from keraslint.semantics.names import is_installed

_PYTHON = {each.__name__: each for each in (list, tuple, dict, str, int, float, bool, set, object)}
_SIX = {"six.string_types": str, "six.text_type": str, "six.integer_types": int}
_ABSTRACT = {
    "collections": collections.abc,
    "collections.abc": collections.abc,
    "numbers": numbers,
    "typing": collections.abc,
}


def is_instance(m, args, kwargs):
    if len(args) != 2:
        return DATA
    found = {_is_a(option, args[1]) for option in options(args[0])}
    return Known(found.pop()) if len(found) == 1 and None not in found else DATA


def _is_a(value, kinds) -> bool | None:
    if isinstance(kinds, Sequence):
        found = [_is_a(value, kind) for kind in kinds.items]
        return True if True in found else (None if None in found else False)
    wanted = _type_of(kinds)
    if isinstance(value, (Known, Sequence, Mapping)):
        own = _own_type(value)
        if wanted is not None:
            return None if own is None else issubclass(own, wanted)
        other = isinstance(kinds, ClassValue) or (isinstance(kinds, External) and is_installed(kinds.name))
        return False if other else None
    if wanted is object:
        return True
    if isinstance(value, Instance):
        if isinstance(kinds, ClassValue):
            return isinstance(value.cls, ClassValue) and kinds in value.cls.mro
        if isinstance(kinds, External):
            return _is_kind(value.cls, kinds)
        return False if isinstance(kinds, Builtin) else None
    return False if isinstance(value, Tensor) and isinstance(kinds, Builtin) else None


def _type_of(kinds) -> type | None:
    """The type of Python that a value names, abstract ones included; None if it is none of those that are known."""
    if isinstance(kinds, Builtin):
        return _PYTHON.get(kinds.name)
    if not isinstance(kinds, External):
        return None
    module, _, name = kinds.name.rpartition(".")
    found = getattr(_ABSTRACT.get(module), name, None)
    return found if isinstance(found, type) else _SIX.get(kinds.name)


def _own_type(value) -> type | None:
    if isinstance(value, Known):
        return type(value.value)
    return dict if isinstance(value, Mapping) else _PYTHON.get(value.kind)


def _is_kind(cls, kind) -> bool | None:
    if isinstance(cls, ClassValue) and kind in cls.mro:
        return True
    base = objects.base_of(cls)
    if base is None:
        return None if objects.has_unknown_base(cls) else False
    if kind.name == "keras.layers.Layer":
        return True if keras.kind(cls) else None
    if kind.name == "keras.Model" and keras.kind(cls) == "model":
        return True
    if base == kind:
        return True
    extended = base.name.startswith(_EXTENDED_BY.get(kind.name, "?"))
    return None if extended or objects.has_unknown_base(cls) else False


# Classes that others of Keras extend, in some of its versions, and how the names of those begin.
_EXTENDED_BY = {
    "keras.layers.Wrapper": "keras.",
    "keras.layers.RNN": "keras.",
    "tensorflow.Module": "keras.",
    "keras.layers.Dropout": "keras.layers.SpatialDropout",
    "keras.layers.Attention": "keras.layers.AdditiveAttention",
    "keras.layers.Embedding": "keras.layers.ReversibleEmbedding",
    "keras.layers.Conv1D": "keras.layers.Conv1DTranspose",
    "keras.layers.Conv2D": "keras.layers.Conv2DTranspose",
    "keras.layers.Conv3D": "keras.layers.Conv3DTranspose",
}
