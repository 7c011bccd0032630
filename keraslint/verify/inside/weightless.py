"""Records models that are too big to run: their variables have shapes and no values, and calls compute shapes alone.

Keras 3 can do both, but keeps how to itself (`keras.src`): where it has changed, such a model is not run, and says so.
"""

from __future__ import annotations

import contextlib
import importlib
import math
from functools import cached_property, partial
from typing import Any, NamedTuple

from keraslint.verify.inside.session import CALLS, STEPS, Recording, Session

MOST_WEIGHTS = (
    60_000_000  # numbers in the variables of a model that is run as it is; four bytes each, and its gradients
)
SMALL = 100_000  # a variable of so many is given values all the same
# What a step of JAX's trainer is given beside the data.
_STATES: dict[str, tuple[str, ...]] = {
    "fit": ("trainable_variables", "non_trainable_variables", "optimizer.variables", "metrics_variables"),
    "evaluate": ("trainable_variables", "non_trainable_variables", "metrics_variables"),
    "predict": ("trainable_variables", "non_trainable_variables"),
}


class TooBig(BaseException):
    """A model has more weights than are run. No Exception: nobody between here and there may take it for one of theirs."""


@contextlib.contextmanager
def weighed(library):
    """Raise TooBig as soon as a model of Keras 3 has too many weights, before they take memory."""

    def make(original, variable, size, *args, **kwargs):
        library.weights += size
        if library.weights > MOST_WEIGHTS:
            raise TooBig
        original(variable, *args, **kwargs)

    with _variables(library, make):
        yield


@contextlib.contextmanager
def deferred(library):
    """Give no values to the big variables that are made meanwhile."""
    keep = importlib.import_module("keras.src.backend.common.global_state")
    scope = importlib.import_module("keras.src.backend.common.stateless_scope").StatelessScope

    ops = library.keras.ops

    def zeros(shape, dtype=None):
        return ops.zeros(shape, dtype)

    def make(original, variable, size, *args, **kwargs):
        if size <= SMALL:
            original(variable, *args, **kwargs)
            return
        with scope(initialize_variables=False):
            original(variable, zeros, *args[1:], **kwargs)
        # Keras gives values to all of these when it leaves a scope.
        waiting = keep.get_global_attribute("uninitialized_variables", [])
        waiting[:] = [each for each in waiting if each is not variable]

    with _variables(library, make):
        yield


@contextlib.contextmanager
def _variables(library, make):
    """Have `make(original, variable, size, ...)` make the variables whose values an initializer gives."""
    if library.legacy:
        yield
        return
    cls = next(base for base in library.keras.Variable.__mro__ if "__init__" in vars(base))
    original = cls.__init__

    def __init__(self, initializer, shape=None, *args, **kwargs):
        if shape is None or not (callable(initializer) or isinstance(initializer, str)):
            original(self, initializer, shape, *args, **kwargs)
        else:
            make(original, self, math.prod(shape), initializer, shape, *args, **kwargs)

    cls.__init__ = __init__
    try:
        yield
    finally:
        cls.__init__ = original


class _Slot(NamedTuple):
    """Where an array stands among arguments."""

    index: int


class Weightless(Session):
    """A session whose calls compute shapes alone; its trainers' steps are run without their loops."""

    def computed(self, function, *data):
        arrays: list = []

        def slot(value):
            if not hasattr(value, "dtype"):
                return value
            arrays.append(self.keras.KerasTensor(value.shape, str(value.dtype)))
            return _Slot(len(arrays) - 1)

        slots = self.library.mapped(slot, list(data))

        def filled(*tensors):
            return function(*_filled(slots, tensors))

        backend = importlib.import_module("keras.src.backend")
        with backend.StatelessScope(initialize_variables=False):
            if self.library.backend == "torch":
                return _on_meta_device(filled, arrays)
            return backend.compute_output_spec(filled, *arrays)

    def observe(self, entry: str) -> Recording:
        """What one start of the entry does; no start changes anything, so that one model serves them all."""
        best = None
        for targets in self.targets(entry):
            recording = self._observed(entry, targets)
            if best is None or len(recording.events) > len(best.events):
                best = recording
            if recording.error is None:
                return recording
        # What a step of Keras' own does after the model has run is of no interest, and may need values.
        own = entry in CALLS or self.has_own(self._built[0], STEPS[entry])
        return best if own or not best.events else best._replace(error=None)

    def _observed(self, entry: str, targets) -> Recording:
        model, observer = self._built
        observer.events, observer.operated, observer.built, error = [], [], [], None
        try:
            start = self.starter(entry, model, targets)
            observer.recording = True
            observer.start()
            start()
        except Exception as raised:
            error = raised
        finally:
            observer.stop()
            observer.recording = False
        held = observer.held(model) if error is None else {}
        return Recording(observer.events, observer.operated, observer.built, held, [], {}, {}, error)

    def start(self, entry: str, model, batch):
        """The trainer's step alone: its loop needs values."""
        given = batch[:1] if entry == "predict" else batch
        return partial(self.computed, partial(self._step, entry, model), *given)

    def _step(self, entry: str, model, *batch) -> None:
        # What has no targets is handed on as it is, as trainers do.
        alone = len(batch) == 1 and not isinstance(batch[0], (list, tuple))
        data = batch[0] if alone else batch
        step = getattr(model, STEPS[entry])
        if self.library.backend != "jax":
            step(data)
            return
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        state = [[v.value for v in _attribute(model, path)] for path in _STATES[entry]]
        step(tuple(state), data)

    @cached_property
    def _built(self):
        model, observer = self.fresh()
        self.begin(model, self.first(model))
        return model, observer

    @property
    def weights(self) -> int:
        """How many numbers the model's variables would have."""
        return sum(math.prod(variable.shape) for variable in self._built[0].variables)


def _on_meta_device(function, specs):
    """What `compute_output_spec` does on PyTorch, but for this: where it fails it goes on with real tensors."""
    import torch

    core = importlib.import_module("keras.src.backend.torch.core")
    scope = importlib.import_module("keras.src.backend.common.symbolic_scope").SymbolicScope
    with scope(), torch.no_grad(), core.device_scope("meta"):
        return function(
            *[torch.ones(s.shape, dtype=core.to_torch_dtype(s.dtype), device="meta") for s in specs]
        )


def _filled(slots, tensors):
    if isinstance(slots, _Slot):
        return tensors[slots.index]
    if isinstance(slots, dict):
        return {key: _filled(value, tensors) for key, value in slots.items()}
    if isinstance(slots, (list, tuple)):
        return type(slots)([_filled(value, tensors) for value in slots])
    return slots


def _attribute(model, path: str) -> Any:
    for name in path.split("."):
        model = getattr(model, name)
    return model
