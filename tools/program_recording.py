"""Records many small programs quickly: one warm process, one model for all the entries of a program.

Runs inside one of the environments of `keras_envs.py`; reads a line of JSON for each program and answers with one.
Two things differ from the records of the fixtures (`recording.py`), both for speed:

- `fit`, `evaluate` and `predict` are started by `train_on_batch`, `test_on_batch` and `predict_on_batch`, which run the
  same steps without the input pipeline around them, unless the request says "whole";
- one model serves all entries, after a first call that builds it. There is still a fresh one for each entry where the first
  call would fix the model (a Sequential that does not know its input) or fails, and for a plain layer without TensorFlow.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import warnings

import recording

from keraslint.verify.inside.session import Session, packed, settled


class WholeSession(Session):
    """Records as the fixtures are."""

    def keep(self):
        """No model serves more than one entry."""


class QuickSession(Session):
    """Records with one model for all the entries, where that can be."""

    kept = None

    def model(self):
        return self.kept[0] if self.kept else super().model()

    def starter(self, entry, model, targets=None):
        if entry.startswith("call"):
            return super().starter(entry, model, targets)
        if not isinstance(model, self.keras.Model):
            model = self.hosted(model)
        self.compile(model)
        data = packed(self.data)
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
            self.call(model)
        finally:
            observer.stop()
        if self.sequentials(model) == before:
            self.kept = model, observer


def answer(request: dict, library: recording.Library) -> dict:
    """What Keras does with a program: `{"name", "record"}`, or an error."""
    text, filename = request["text"], request["filename"]
    [run] = recording.runs(text)
    kind = WholeSession if request["whole"] else QuickSession
    program = recording.Program(text, filename)
    session = recording.session_of(program, run, library, kind)
    with contextlib.suppress(Exception):  # what raises here is told by the entries, each with a fresh model
        session.keep()
    name, _, record = recording.table(program, run, library, session)
    return {"name": name, "record": record}


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    out, library = sys.stdout, recording.Library()
    for line in sys.stdin:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found = answer(json.loads(line), library)
        print(json.dumps(found), file=out, flush=True)


if __name__ == "__main__":
    main()
