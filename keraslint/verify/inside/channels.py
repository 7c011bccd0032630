"""Lets a CPU run what TensorFlow has only for GPUs: convolutions, poolings and normalizations with the channels first.

They are done with the channels last, which comes to the same.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable

_LAST = {"NCHW": "NHWC", "NCDHW": "NDHWC"}
_TENSORS = ("input", "value", "out_backprop", "x")
_PER_AXIS = ("strides", "ksize", "dilations")
_OPERATIONS = (
    "conv2d",
    "conv2d_backprop_input",
    "conv3d",
    "conv3d_backprop_input_v2",
    "depthwise_conv2d_native",
    "max_pool",
    "avg_pool",
    "max_pool3d",
    "avg_pool3d",
    "fused_batch_norm_v3",
)


def allow_channels_first() -> None:
    """Replace TensorFlow's operations by ones that take both."""
    operations = importlib.import_module("tensorflow.python.ops.gen_nn_ops")
    for name in _OPERATIONS:
        setattr(operations, name, _either(getattr(operations, name)))


@functools.cache
def _has_gpu() -> bool:
    """Asked only when a model runs: a process that has asked may not be forked."""
    import tensorflow

    return bool(tensorflow.config.list_physical_devices("GPU"))


def _either(operation: Callable) -> Callable:
    signature = inspect.signature(operation)

    @functools.wraps(operation)
    def done(*args, **named):
        given = signature.bind(*args, **named).arguments
        form = given.get("data_format")
        form = form.decode() if isinstance(form, bytes) else form
        if form not in _LAST or _has_gpu():
            return operation(*args, **named)
        import tensorflow

        last = [0, *range(2, len(form)), 1]
        for name in _TENSORS:
            if name in given:
                given[name] = tensorflow.transpose(given[name], last)
        for name in _PER_AXIS:
            if given.get(name):
                given[name] = [given[name][axis] for axis in last]
        if "input_sizes" in given:
            given["input_sizes"] = tensorflow.gather(given["input_sizes"], last)
        if given.get("explicit_paddings"):
            given["explicit_paddings"] = [
                given["explicit_paddings"][2 * axis + side] for axis in last for side in (0, 1)
            ]
        output = operation(**{**given, "data_format": _LAST[form]})
        first, *rest = output if isinstance(output, tuple) else (output,)
        first = tensorflow.transpose(first, [0, len(form) - 1, *range(1, len(form) - 1)])
        return (first, *rest) if rest else first

    return done
