"""What running a model changes and whether it repeats itself: supporting evidence, never the verdict."""

from __future__ import annotations

import math
from typing import Any

SHOWN = 8  # numbers of an array


def statistics(model, library) -> dict[str, list]:
    """The moving statistics of a model's layers: path of the layer -> arrays."""
    found: dict[str, list] = {}
    for layer in _layers(model, library):
        held = [v for v in getattr(layer, "non_trainable_weights", ()) if "moving_" in _path(v)]
        own = [
            v
            for v in held
            if any(getattr(layer, name, None) is v for name in ("moving_mean", "moving_variance"))
        ]
        if own:
            found[_path(own[0]).rpartition("/")[0] or layer.name] = [array(v) for v in own]
    return found


def moved(before: dict[str, list], after: dict[str, list]) -> dict[str, bool]:
    """Which statistics are not what they were."""
    import numpy

    return {
        path: any(not numpy.array_equal(a, b) for a, b in zip(before[path], after[path]))
        for path in before
        if path in after
    }


def shown(before: dict[str, list], after: dict[str, list]) -> dict[str, list]:
    """Path -> (before, after) of the first statistics of each layer, for pictures."""
    return {path: [_first(before[path]), _first(after[path])] for path in before if path in after}


def numbers(output: Any) -> list[float | None]:
    """The first numbers of an output, for pictures."""
    while isinstance(output, (dict, list, tuple)) and output:
        output = next(iter(output.values() if isinstance(output, dict) else output))
    try:
        return _first([array(output)])[0]
    except Exception:  # no numbers
        return []


def _first(arrays: list) -> list[list[float | None]]:
    """The first numbers of each array; None for what JSON cannot say."""
    return [[_number(value) for value in array.ravel()[:SHOWN]] for array in arrays]


def _number(value) -> float | None:
    number = float(value)
    return round(number, 6) if math.isfinite(number) else None


def same(one: Any, other: Any) -> bool | None:
    """Whether two outputs are equal; None where they cannot be compared."""
    import numpy

    if isinstance(one, dict) and isinstance(other, dict):
        return alike([same(one[key], other[key]) for key in one if key in other])
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return alike([same(a, b) for a, b in zip(one, other)])
    try:
        a, b = array(one), array(other)
        return bool(a.shape == b.shape and numpy.allclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True))
    except Exception:
        return None


def alike(answers: list) -> bool | None:
    """Whether all are the same; None where that is not known of some."""
    if None in answers or not answers:
        return None
    return all(answers)


def _layers(model, library):
    flatten = getattr(model, "_flatten_layers", None)
    return [layer for layer in (flatten() if flatten else [model]) if isinstance(layer, library.layer)]


def _path(variable) -> str:
    return str(getattr(variable, "path", None) or variable.name)


def array(value):
    import numpy

    value = getattr(value, "value", value) if hasattr(value, "path") else value
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return numpy.array(value)
