"""Records many small programs quickly: one warm process, one model for all the entries of a program.

Runs inside one of the environments of `keras_envs.py`; reads a line of JSON for each program and answers with one.
What differs from the records of the fixtures (`recording.py`), all of it for speed:

- one model serves all entries, after a first call that builds it. There is still a fresh one for each entry where the first
  call would fix the model (a Sequential that does not know its input) or fails, and for a plain layer without TensorFlow;
- on TensorFlow `fit`, `evaluate` and `predict` are started by `train_step`, `test_step` and `predict_step`, which is where
  their modes are decided; on other backends by `train_on_batch` and its like, which run the same steps without the input
  pipeline around them. The loss is constant and the optimizer moves nothing;
- every `call` tells when it begins (`reporting.py`), where a profiler would be told of every function.

None of it holds for a request that says "whole": that program is recorded as the fixtures are.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import logging
import sys
import time
import types
import warnings
from pathlib import Path

import recording
import reporting

from keraslint.verify.inside.observer import Observer
from keraslint.verify.inside.session import Session, packed, settled

FORGETTING = 20  # programs between two times that Keras is told to forget what was built


class WholeSession(Session):
    """Records as the fixtures are."""

    def keep(self):
        """No model serves more than one entry."""


class QuickObserver(Observer):
    """Listens to what reports itself, and sets no profiler."""

    recording = False

    @staticmethod
    def told(frame):
        """A function begins."""
        listening = Observer.active
        if listening is not None and listening.recording:
            listening.profile(frame, "call", None)


class QuickProgram(recording.Program):
    """A program of one file whose `call`s report themselves."""

    def __init__(self, text: str, filename: str):
        self.text, self.filename, self.sources = text, filename, {filename: text}
        self.code = reporting.reporting(text, filename, "call")

    def load(self) -> dict:
        module = sys.modules["fixture"] = types.ModuleType("fixture")
        module.__file__ = self.filename
        exec(self.code, module.__dict__)
        return module.__dict__


class QuickSession(Session):
    """Records with one model for all the entries, where that can be."""

    kept = None

    def fresh(self):
        observer = QuickObserver(self.library, self.sources)
        observer.start()
        try:
            return self.build(), observer
        finally:
            observer.stop()

    def model(self):
        return self.kept[0] if self.kept else super().model()

    def compile_arguments(self, model):
        return {"optimizer": self.library.optimizer, "loss": self.library.loss}

    def starter(self, entry, model, targets=None):
        if entry.startswith("call"):
            return super().starter(entry, model, targets)
        if not isinstance(model, self.keras.Model):
            model = self.hosted(model)
        self.compile(model)
        data = packed(self.data)
        if self.library.backend == "tensorflow":
            data = self.library.mapped(self.library.tensor, data)
            if entry == "predict":
                return lambda: model.predict_step((data,))
            step = model.train_step if entry == "fit" else model.test_step
            return lambda: step((data, self.library.tensor(targets)))
        if entry == "predict":
            return lambda: model.predict_on_batch(data)
        start = model.train_on_batch if entry == "fit" else model.test_on_batch
        return lambda: start(data, targets)

    def record(self, entry):
        if self.kept is None:
            return super().record(entry)
        model, observer = self.kept
        observer.events = []
        start = self.starter(entry, model, self.expected() if entry in ("fit", "evaluate") else None)
        tried = self.library.backend != "tensorflow" and entry in ("fit", "evaluate")
        if tried or not all(layer.built for layer in model._flatten_layers()):
            start()  # a layer is built by a call on trial; JAX's and PyTorch's trainers start with one of the model
        observer.recording = True
        observer.start()
        try:
            with settled(model):
                start()
        finally:
            observer.stop()
            observer.recording = False
        return observer.events

    def sequentials(self, model) -> dict[int, bool]:
        """The Sequentials in a model: do they have their graph?"""
        layers = model._flatten_layers()
        return {id(layer): layer.built for layer in layers if isinstance(layer, self.keras.Sequential)}

    def keep(self):
        """Build the model that serves all entries, if one can."""
        model, observer = self.fresh()
        if self.library.backend != "tensorflow" and not isinstance(model, self.keras.Model):
            return
        before = self.sequentials(model)
        observer.start()
        try:
            output = self.call(model)
        finally:
            observer.stop()
        self.expect(output)
        if self.sequentials(model) == before:
            self.kept = model, observer


def observed(library: recording.Library) -> list:
    """The functions of Keras that an observer wants to see: each `call`."""
    functions, waiting = [], [library.layer]
    while waiting:
        layer = waiting.pop()
        waiting += layer.__subclasses__()
        if "call" in vars(layer) and library.is_keras(layer):
            functions.append(vars(layer)["call"])
    return functions


def quick(library: recording.Library):
    """Prepare a Keras for many programs."""
    keras = library.keras

    class Still(keras.optimizers.SGD):
        def apply_gradients(self, *args, **kwargs):
            """Move nothing."""

        apply = minimize = apply_gradients

    class Constant(keras.losses.Loss):
        def __call__(self, y_true, y_pred, sample_weight=None):
            return zero

        call = __call__

    library.optimizer, library.loss, zero = "sgd", "mse", None
    if library.backend == "tensorflow":
        tensorflow = importlib.import_module("tensorflow")
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
        tensorflow.debugging.disable_traceback_filtering()
        zero = library.tensor(0.0)
        library.optimizer, library.loss = Still(), Constant()
    if not library.legacy:
        keras.config.disable_traceback_filtering()
    reporting.report(observed(library), QuickObserver.told)
    gc.collect()
    gc.freeze()
    gc.disable()


def answer(request: dict, library: recording.Library) -> dict:
    """What Keras does with a program: `{"name", "record"}`, or an error."""
    text, filename = request["text"], request["filename"]
    [run] = recording.runs(text)
    Path(filename).write_text(text, encoding="utf-8")  # AutoGraph reads it
    program, kind = (
        (recording.Program(text, filename), WholeSession)
        if request["whole"]
        else (QuickProgram(text, filename), QuickSession)
    )
    session = recording.session_of(program, run, library, kind)
    with contextlib.suppress(Exception):  # what raises here is told by the entries, each with a fresh model
        session.keep()
    name, _, record = recording.table(program, run, library, session)
    return {"name": name, "record": record}


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    out, library = sys.stdout, recording.Library()
    quick(library)
    for number, line in enumerate(sys.stdin):
        if number % FORGETTING == 0:
            library.forget()
            gc.collect()
        begun = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found = answer(json.loads(line), library)
        found["seconds"] = round(time.process_time() - begun, 4)
        print(json.dumps(found), file=out, flush=True)


if __name__ == "__main__":
    main()
