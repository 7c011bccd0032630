"""Starts a model under each entry and notes what its layers received, on models built afresh each time."""

from __future__ import annotations

import contextlib
import gc
import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from keraslint.verify.inside import effects
from keraslint.verify.inside.arrays import Sparse
from keraslint.verify.inside.library import Library, entrance
from keraslint.verify.inside.observer import Event, Observer, Operation
from keraslint.verify.inside.sites import Site
from keraslint.verify.inside.state import state

ENTRIES = ("fit", "evaluate", "predict", "call", "call_true", "call_false")
# How often an entry is started again, to see whether it does the same, and the seconds of the processor for that.
REPEATED = {"predict": 2, "call": 4, "call_true": 4, "call_false": 1}
MOST_AGAIN = 0.3
STEPS = {"fit": "train_step", "evaluate": "test_step", "predict": "predict_step"}
# One model serves these, as long as they leave it as it was. They are started in this order: a call sees nothing that a trainer builds.
SHARING = ("call", "call_false", "call_true", "predict", "evaluate")
CALLS: dict[str, dict] = {"call": {}, "call_true": {"training": True}, "call_false": {"training": False}}


class Recording(NamedTuple):
    """What one start of an entry did.

    built: (where, class) of the layers that were made meanwhile. held: Class.attribute of the layers that are there ->
    were they called. outputs: of starts in a row, on the same data. before, after: moving statistics by the path of
    their layer, around the first start. error: why it stopped early; what is noted happened before.
    """

    events: list[Event]
    operated: list[Operation]
    built: list[tuple[Site, str]]
    held: dict[str, bool]
    outputs: list[Any]
    before: dict[str, list]
    after: dict[str, list]
    error: Exception | None = None


class Spare(NamedTuple):
    """A model that is as it was made, and the observer that saw that. started: in vain."""

    model: Any
    observer: Observer
    started: bool = False


class Session:
    """A model that can be built anew, and the data it is run with.

    build makes a model. data and targets are lists of arrays, or of nested structures of arrays; without targets
    zeros shaped like the output are taken. named: arguments that `call` gets by keyword. batch: inputs, targets and
    weights for steps of the model's own that take other data than `call`. operations: see `Observer`.
    """

    effects = True  # whether to start entries again, to see what stays the same
    named: Mapping[str, Any] = {}
    batch: Sequence = ()
    spare: Spare | None = None

    def __init__(
        self,
        library: Library,
        build: Callable[[], Any],
        sources: Mapping[str, str],
        data: list,
        targets: list | None = None,
        operations: Mapping[Any, str] | None = None,
    ):
        self.library, self.keras = library, library.keras
        self.build, self.sources, self.operations = build, sources, operations or {}
        self.data, self.given = data, targets
        self._expected: Any = None
        self.kept: tuple[Any, Observer] | None = None  # a model that was called and is as it was
        self.host: tuple[Any, list, Any] | None = (
            None  # a layer, the data, and the model around it that takes them
        )

    def fresh(self) -> tuple[Any, Observer]:
        """A new model and the observer that saw it being built."""
        self.host = None
        return observed(self.build, self.library, self.sources, self.operations)

    def model(self):
        """A model to look at."""
        return self.fresh()[0]

    def entries(self, model) -> tuple[str, ...]:
        """The entries that can start a model: without a `call` of its own only those that it has a step for."""
        if not isinstance(model, self.keras.Model):
            return ENTRIES
        if self.has_own(model, "call") or self.has_own(model, "__call__"):
            return ENTRIES
        return tuple(
            entry for entry, step in STEPS.items() if self.has_own(model, step) or self.has_own(model, entry)
        )

    def has_own(self, model, method: str) -> bool:
        """Whether a model has a method of its own in place of the one that every model of Keras has; a layer has none."""
        own = getattr(type(model), method, None)
        return isinstance(model, self.keras.Model) and own is not getattr(self.keras.Model, method, None)

    def first(self, model) -> str:
        """The entry that shows soonest whether a model takes its data. Raises TypeError if nothing can start it."""
        entries = self.entries(model)
        if not entries:
            raise TypeError(f"{type(model).__name__} defines neither `call` nor a step for the trainer")
        return "call" if "call" in entries else entries[0]

    def begin(self, model, entry: str) -> None:
        """Start an entry, to see whether it takes the data. Raises what the model does."""
        if entry == "call":
            output = self.call(model, **self.needed(model))
            with contextlib.suppress(Exception):  # not every output is made of tensors
                self.expect(output)
        else:
            self.starter(entry, model, self.targets(entry)[0])()

    def call(self, layer, **options):
        """`call(self, a, b)` gets its inputs apart, `call(self, inputs)` as a list."""

        def called(values: list, named: dict):
            if self.apart(layer):
                return layer(*values, **named, **options)
            return layer(packed(values), **named, **options)

        try:
            return self.computed(called, self.data, dict(self.named))
        except Exception:
            if not finalized(layer):
                raise
            return self.computed(called, self.data, dict(self.named))

    def needed(self, layer) -> dict[str, bool]:
        """The mode, for a `call` that must be told it: Keras 3 does not give it one."""
        parameter = inspect.signature(entrance(layer)).parameters.get("training")
        asks = parameter is not None and parameter.default is parameter.empty and not self.library.legacy
        return {"training": False} if asks else {}

    def computed(self, function, *data):
        """A function's value for data whose arrays become tensors."""

        def tensor(value):
            return self.library.tensor(value) if hasattr(value, "dtype") else value

        return function(*self.library.mapped(tensor, list(data)))

    def apart(self, layer) -> bool:
        """Whether a layer's `call` takes the inputs as arguments of their own."""
        if len(self.data) < 2 or self.library.is_graph(layer):
            return False
        parameters = inspect.signature(entrance(layer)).parameters.values()
        plain = [
            p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in ("training", "mask")
        ]
        return len(plain) >= len(self.data)

    def expected(self):
        """The targets given, or zeros shaped like the output; None for a model that cannot be called."""
        if self.given:
            return packed(self.given)
        if self._expected is None:
            model = self.model()
            if "call" in self.entries(model):
                self.expect(self.call(model, **self.needed(model)))
        return self._expected

    def expect(self, output) -> None:
        """Take zeros shaped like an output for targets."""
        import numpy

        zeros = self.library.mapped(lambda value: numpy.zeros(getattr(value, "shape", ()), "float32"), output)
        self._expected = packed(list(zeros)) if isinstance(zeros, (list, tuple)) else zeros

    def hosted(self, layer):
        """`fit` needs a model around a plain layer."""
        if self.host is None or self.host[0] is not layer or self.host[1] is not self.data:
            self.host = layer, self.data, self.around(layer)
        return self.host[2]

    def around(self, layer):
        """A functional model of a layer and the inputs that it takes."""
        data, named = self.library.mapped(
            lambda array: (
                self.keras.Input(array.shape[1:], dtype=str(array.dtype), sparse=isinstance(array, Sparse))
                if hasattr(array, "shape")
                else array
            ),
            [self.data, self.fed()],
        )
        options = {**self.named, **named}
        output = layer(*data, **options) if self.apart(layer) else layer(packed(data), **options)
        return self.keras.Model(passed([*data, *named.values()]), output)

    def fed(self) -> dict[str, Any]:
        """The arguments by keyword that hold arrays; the others are constants."""
        return {name: value for name, value in self.named.items() if passed([value])}

    def targets(self, entry: str) -> list:
        """What a step may be given for targets, the likeliest first: its own may want other than the output's shape."""
        import numpy

        if entry not in ("fit", "evaluate"):
            return [None]
        expected = self.expected()
        if expected is None or self.given:
            return [expected]
        rows = batch_size([self.data, self.fed()])
        return [expected, packed(self.data), numpy.zeros(rows, "int32"), None]

    def starter(self, entry: str, model, targets: Any = None) -> Callable[[], Any]:
        """A function that starts the entry once."""
        if entry in CALLS:
            return lambda: self.call(model, **CALLS[entry])
        own = self.has_own(model, STEPS[entry])
        data = packed(self.data)
        if not own and self.takes_more(model):
            model, data = self.hosted(model), packed(passed([*self.data, *self.fed().values()]))
        self.compile(model)
        usual = [data] if targets is None else [data, targets]
        return self.start(entry, model, self.batch if own and self.batch else usual)

    def takes(self, entry: str) -> bool:
        """Whether an entry takes the data with which the model can be called, with some targets."""
        for targets in self.targets(entry):
            with contextlib.suppress(Exception):
                self.starter(entry, self.model(), targets)()
                return True
        return False

    def takes_more(self, model) -> bool:
        """Whether it takes more than a trainer of Keras hands to a model, which is one argument; as a layer may."""
        if not isinstance(model, self.keras.Model):
            return True
        return self.apart(model) or any(
            parameter.default is parameter.empty and name in self.fed()
            for name, parameter in inspect.signature(entrance(model)).parameters.items()
        )

    def start(self, entry: str, model, batch: Sequence) -> Callable[[], Any]:
        """A function that has a compiled model's trainer start the entry once. batch: inputs, targets and weights."""
        batch = batch[:1] if entry == "predict" else batch
        if self.library.backend == "tensorflow" and not self.has_own(model, entry):
            data = self.library.dataset(batch)
            return lambda: getattr(model, entry)(data, verbose=0)
        options = {"batch_size": batch_size(batch), "verbose": 0}
        given = dict(zip(("x", "y", "sample_weight"), self.library.trained_on(batch)))
        return lambda: getattr(model, entry)(**given, **options)

    def compile(self, model):
        """The source's own `compile` stays in force; only how the steps are run is changed."""
        own = getattr(model, "optimizer", None)
        if not getattr(model, "_is_compiled" if self.library.legacy else "compiled"):
            arguments = self.compile_arguments(model)
            model.compile(**arguments if own is None else {**arguments, "optimizer": own})
        model.run_eagerly = True
        if not self.library.legacy:
            model.jit_compile = False

    def compile_arguments(self, model) -> dict[str, Any]:
        """An optimizer and a loss; for a `compile` of the model's own, one for each that it must be given."""
        if type(model).compile is self.keras.Model.compile:
            return {"optimizer": "sgd", "loss": "mse"}
        parameters = list(inspect.signature(model.compile).parameters.values())
        names = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
        given: dict[str, Any] = {}
        for name in names:
            if "optim" in name:
                given[name] = self.keras.optimizers.SGD()
            else:
                given[name] = self.keras.losses.MeanSquaredError() if "loss" in name else 1.0
        passes_on = any(p.kind is p.VAR_KEYWORD for p in parameters) and not given
        return given or ({"optimizer": "sgd", "loss": "mse"} if passes_on else {})

    def observe(self, entry: str) -> Recording:
        """What a start of the entry does, errors and effects included; the model has been called before."""
        targets = self.targets(entry)
        sharing = entry in SHARING
        kept, self.kept = self.kept if sharing else None, None
        gc.collect()  # the models of earlier entries hold themselves
        model, observer = kept or self.fresh()
        observer.events, observer.operated, observer.built = [], [], []
        outputs: list[Any] = []
        before, after, error = {}, {}, None
        observer.start()
        try:
            start = self.prepared(entry, model, targets)
            before = self.statistics(model)
            was = state(model, self.sources) if sharing else None
            observer.recording = True
            outputs.append(start())
            observer.recording = False
        except Exception as raised:
            error = raised
        finally:
            observer.recording = False
            observer.stop()
        if before:
            after = self.statistics(model)
        if error is None and self.effects:
            outputs += self.again(entry, start)
        held = observer.held(model) if error is None else {}
        if sharing and error is None and was is not None and state(model, self.sources) == was:
            self.kept = model, observer
        return Recording(
            observer.events, observer.operated, observer.built, held, outputs, before, after, error
        )

    def again(self, entry: str, start: Callable[[], Any]) -> Iterator[Any]:
        """What more starts on the same data give: at least one more, and fewer of what takes long."""
        end = time.process_time() + MOST_AGAIN
        for _ in range(REPEATED.get(entry, 0)):
            yield start()
            if time.process_time() > end:
                return

    def statistics(self, model) -> dict[str, list]:
        return effects.statistics(model, self.library)

    def prepared(self, entry: str, model, targets: list) -> Callable[[], Any]:
        """The entry, started once if that works: what is built by the first start, and only then, is no evidence."""
        failed: Exception | None = None
        for each in targets:
            try:
                start = self.starter(entry, model, each)
                start()
            except Exception as error:
                failed = failed or error
            else:
                return settled(model)(start)
            finalized(model)
        if failed is not None and entry in STEPS and self.library.backend != "tensorflow":
            raise failed  # these trainers begin with a call on trial, which is no evidence either
        # What a step does until it raises can be seen all the same.
        if "call" in self.entries(model):
            self.call(model, **{**self.needed(model), **CALLS.get(entry, {})})
        return self.starter(entry, model, targets[0])

    def record(self, entry: str) -> list[Event]:
        """The events of one start, the second: the first one builds, and Keras then calls layers on trial."""
        targets = self.expected() if entry in ("fit", "evaluate") else None
        model, observer = self.fresh()
        observer.start()
        try:
            start = self.starter(entry, model, targets)
            start()
            observer.recording = True
            with settled(model):
                start()
        finally:
            observer.stop()
        return observer.events


@contextlib.contextmanager
def settled(model):
    """While a model runs that has run before: what is not built by now never will be.

    Trainers call a model that has such a layer on trial, before each epoch of `fit` and in `predict`
    (`keras.src.backend.jax.trainer`), and what that hands to a layer has no effect.
    """
    waiting = [layer for layer in model._flatten_layers() if not layer.built]
    for layer in waiting:
        layer.built = True
    try:
        yield
    finally:
        for layer in waiting:
            layer.built = False


def finalized(model) -> bool:
    """Whether a model has layers that `adapt` would have been called of; they compute their tensors once more.

    Where that was not done before the first start, a trace of the model makes them, and they are of no use later.
    """
    found = [layer for layer in model._flatten_layers() if hasattr(layer, "finalize_state") and layer.built]
    for layer in found:
        with contextlib.suppress(Exception):  # a table that was made may not be made again
            layer.finalize_state()
    return bool(found)


def observed(
    build: Callable[[], Any], library: Library, sources: Mapping[str, str], operations: Mapping[Any, str]
) -> tuple[Any, Observer]:
    """What is built, as if it were the first thing, and the observer that saw it."""
    library.forget()
    library.weights = 0
    library.keras.mixed_precision.set_global_policy("float32")
    observer = Observer(library, sources, operations)
    observer.start()
    try:
        return build(), observer
    finally:
        observer.stop()


def passed(values: list) -> list:
    """Of the arguments those that hold something: the others are left at what they are by default."""
    return [value for value in values if value is not None and not isinstance(value, bool)]


def packed(values: list):
    return values[0] if len(values) == 1 else values


def batch_size(data) -> int:
    """The length of the first array of a structure, which may also hold None; 1 if that is a number, or there is none."""
    return next((len(each) if each.shape else 1 for each in _held(data) if hasattr(each, "shape")), 1)


def _held(data) -> Iterator[Any]:
    """What nested lists, tuples and dicts hold."""
    if isinstance(data, (dict, list, tuple)):
        for part in data.values() if isinstance(data, dict) else data:
            yield from _held(part)
    else:
        yield data


def mode(value) -> str:
    """What a layer does with a value: None is inference, for every builtin layer of Keras."""
    try:
        return "train" if value else "infer"
    except Exception:  # a symbolic tensor
        return "unknown"
