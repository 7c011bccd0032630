"""The Keras of this interpreter: its classes, their public names, and the call context's value."""

from __future__ import annotations

import gc
import importlib
import inspect
import os
import sys
from pathlib import Path

from keraslint.verify.inside import bygone
from keraslint.verify.inside.arrays import Sparse
from keraslint.verify.inside.channels import allow_channels_first
from keraslint.verify.inside.quiet import answer_flags
from keraslint.verify.inside.shortcuts import take_shortcuts

_CONTEXT = {True: "tf_keras.src.engine.base_layer_utils", False: "keras.src.backend.common.global_state"}
_NODE = {True: "tf_keras.src.engine.node", False: "keras.src.ops.node"}
_FUNCTIONAL = {True: "tf_keras.src.engine.functional", False: "keras.src.models.functional"}
DEPTH = 4  # of lists in one another, which may hold themselves


def entrance(layer):
    """What takes a layer's inputs: its `call`, or a `__call__` of the source's own that names them."""
    owner = next((base for base in type(layer).__mro__ if "__call__" in vars(base)), None)
    if owner is not None and owner.__module__.partition(".")[0] not in ("keras", "tf_keras"):
        names = inspect.signature(layer.__call__).parameters.values()
        if any(p.kind is p.POSITIONAL_OR_KEYWORD for p in names):
            return layer.__call__
    return layer.call


class Library:
    """Keras 2 where TF_USE_LEGACY_KERAS is set, else the installed `keras`. Nothing is computed yet: it may fork."""

    weights = 0  # numbers in the variables that the model under way has got so far

    def __init__(self):
        self.legacy = bool(os.environ.get("TF_USE_LEGACY_KERAS"))
        self.keras = importlib.import_module("tf_keras" if self.legacy else "keras")
        self.version = self.keras.__version__
        self.backend = "tensorflow" if self.legacy else self.keras.backend.backend()
        if self.backend == "tensorflow":
            import tensorflow

            tensorflow.config.run_functions_eagerly(True)
            tensorflow.get_logger().setLevel("ERROR")
            allow_channels_first()
            answer_flags()
        take_shortcuts(self.keras, self.legacy)
        if self.legacy:
            self._alias()
        self.root = str(Path(self.keras.__file__).parent)
        self.layer = self.keras.layers.Layer
        self.sequential = self.keras.Sequential
        self.functional = importlib.import_module(_FUNCTIONAL[self.legacy]).Functional
        self.node = importlib.import_module(_NODE[self.legacy]).Node
        self._state = importlib.import_module(_CONTEXT[self.legacy])
        self.public = {}
        for name in sorted(dir(self.keras.layers)):
            value = getattr(self.keras.layers, name)
            if inspect.isclass(value) and (value not in self.public or name == value.__name__):
                self.public[value] = f"keras.layers.{name}"
        self.graphs = {
            self.sequential: "keras.Sequential",
            self.functional: "keras.Model",
            self.keras.Model: "keras.Model",
        }
        self.public.update(self.graphs)
        gc.collect()
        gc.freeze()  # every clear_session() would go through all that was imported

    def _alias(self):
        """`import keras`, and the Keras that TensorFlow held up to 2.5, give tf_keras, as for a project of its time.

        What is in `src` now was shown without it up to Keras 2.12: `keras.engine.base_layer`.
        """
        own = {name: module for name, module in sys.modules.items() if f"{name}.".startswith("tf_keras.")}
        within = {name: module for name, module in own.items() if f"{name}.".startswith("tf_keras.src.")}
        for held in ("keras", "tensorflow.python.keras"):
            sys.modules.update(
                {held + name[len("tf_keras.src") :]: module for name, module in within.items()}
            )
            sys.modules.update({held + name[len("tf_keras") :]: module for name, module in own.items()})
        importlib.import_module("tensorflow.python").keras = self.keras
        bygone.publish(own)
        bygone.divide(self.keras.layers, ("keras.layers", "tensorflow.python.keras.layers"))
        bygone.relax(self.keras.layers.Layer)
        bygone.restore()

    def context_value(self):
        """`training` of the current call context."""
        if self.legacy:
            return self._state.call_context().training
        return getattr(self._state.get_global_attribute("current_call_ctx"), "training", None)

    def is_keras(self, cls: type) -> bool:
        """Whether a class is Keras' own."""
        return cls in self.public or cls.__module__.partition(".")[0] in ("keras", "tf_keras")

    def builtin(self, cls: type) -> type | None:
        """The public class of Keras that a class is or derives from."""
        return next((base for base in cls.__mro__ if base in self.public), None)

    def name(self, cls: type) -> str:
        """`keras.layers.Dropout` for Keras' own, the plain name for the source's own."""
        return self.public.get(cls, cls.__name__)

    def kind(self, model) -> str:
        """functional, sequential, model or layer."""
        if type(model) is self.functional:
            return "functional"
        if type(model) is self.sequential:
            return "sequential"
        return "model" if isinstance(model, self.keras.Model) else "layer"

    def is_graph(self, model) -> bool:
        return isinstance(model, (self.functional, self.sequential))

    def is_part(self, value, depth: int = DEPTH) -> bool:
        """Whether a value is, or holds, what a model is made of: layers, and tensors of graphs."""
        if isinstance(value, (list, tuple, dict)):
            parts = list(value.values() if isinstance(value, dict) else value)
            return depth > 0 and any(self.is_part(part, depth - 1) for part in parts)
        return isinstance(value, self.layer) or hasattr(value, "_keras_history")

    def tensor(self, array):
        """A tensor of the backend with the array's values."""
        if isinstance(array, Sparse) and self.backend == "tensorflow":
            import tensorflow

            return tensorflow.sparse.from_dense(array.dense)
        array = array.dense if isinstance(array, Sparse) else array
        if self.legacy:
            import tensorflow

            return tensorflow.constant(array)
        return self.keras.ops.convert_to_tensor(array)

    def trained_on(self, structure):
        """What a trainer is given for arrays: the same, but sparse ones as tensors."""
        return self.mapped(lambda each: self.tensor(each) if isinstance(each, Sparse) else each, structure)

    def dataset(self, batch):
        """A batch for a trainer of TensorFlow, which takes longer to cut arrays into batches than a small model runs."""
        import tensorflow

        parts = _tuples(self.trained_on(batch))
        alone = len(parts) == 1 and not isinstance(parts[0], tuple)
        options = tensorflow.data.Options()
        options.autotune.enabled = False
        options.experimental_optimization.apply_default_optimizations = False
        return tensorflow.data.Dataset.from_tensors(parts[0] if alone else parts).with_options(options)

    def mapped(self, function, structure):
        """`function` of every leaf of nested lists, tuples and dicts."""
        if isinstance(structure, dict):
            return {key: self.mapped(function, value) for key, value in structure.items()}
        if isinstance(structure, (list, tuple)):
            parts = [self.mapped(function, value) for value in structure]
            return type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)
        return function(structure)

    def forget(self):
        """Whatever is built from now on is named as if nothing had been built before."""
        collect, gc.collect = gc.collect, lambda *_: 0  # which would be most of the time of a small model
        try:
            self.keras.backend.clear_session()
        finally:
            gc.collect = collect


def _tuples(structure):
    """With tuples for lists, which TensorFlow takes for arrays."""
    if isinstance(structure, dict):
        return {key: _tuples(value) for key, value in structure.items()}
    return tuple(map(_tuples, structure)) if isinstance(structure, (list, tuple)) else structure
