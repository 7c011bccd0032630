"""What a model is at a moment, to be compared with what it is later."""

from __future__ import annotations

import sys
from collections.abc import Container
from typing import Any

from keraslint.verify.inside.stand_ins import Asked

DEPTH = 3  # of what holds one another
# Made anew by each start of a trainer; by each call; and what Keras 2 keeps a second time, for checkpoints.
_OF_TRAINERS = ("history",)
_OF_EACH_CALL = ("_losses", "_loss_ids")
_OF_CHECKPOINTS = ("_self_tracked_trackables", "_self_unconditional_checkpoint_dependencies", "_self_unconditional_dependency_names")  # fmt: skip
# What Keras notes of a layer as it is called for the first time, whether or not the call runs.
_OF_CALLS = ("built", "_build_input_shape", "_build_shapes_dict", "_called", "_path", "_parent_path", "_saved_model_inputs_spec", "_tracked")  # fmt: skip
_NOTED = {*_OF_TRAINERS, *_OF_EACH_CALL, *_OF_CHECKPOINTS, *_OF_CALLS}
_TOLD = ("InputSpec", "TensorShape")  # are what they say
_PLAIN = (bool, int, float, str, type(None))


def state(model, sources: Container[str]) -> tuple | None:
    """The numbers in a model's arrays and what its layers hold: values, and which objects. None if it cannot be had.

    sources: the filenames of what the user wrote; objects of classes in these count by what they hold.
    """
    import numpy

    try:
        arrays = [(id(each), each, hash(numpy.asarray(each).tobytes())) for each in model.weights]
    except Exception:  # a part that was never called has none yet
        return None
    return arrays, held(model, sources)


def held(model, sources: Container[str]) -> list:
    """What a model's layers hold: values, and which objects, apart from what Keras notes of calls."""
    return [(id(layer), _held(vars(layer), sources, DEPTH)) for layer in model._flatten_layers()]


def _held(value: Any, sources: Container[str], depth: int) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if type(value).__name__ in _TOLD:
        return repr(value)
    if not isinstance(value, Asked) and callable(getattr(value, "tobytes", None)):
        return id(value), hash(value.tobytes())
    if depth and isinstance(value, dict):
        return {k: _held(each, sources, depth - 1) for k, each in value.items() if k not in _NOTED}
    if depth and isinstance(value, (list, tuple, set)):
        return [_held(each, sources, depth - 1) for each in value]
    # With the object itself, so that no other gets its id.
    return id(value), value, depth and _is_own(value, sources) and _held(vars(value), sources, depth - 1)


def _is_own(value: Any, sources: Container[str]) -> bool:
    """Whether it is an object of a class that the user wrote, and no layer, which is seen by itself."""
    module = sys.modules.get(type(value).__module__)
    written = (getattr(module, "__file__", None) or "") in sources
    return written and hasattr(value, "__dict__") and not hasattr(value, "_flatten_layers")
