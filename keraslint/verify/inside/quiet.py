"""While a user's model is built nothing trains, nothing is loaded from the network, and nobody is asked anything."""

from __future__ import annotations

import argparse
import builtins
import contextlib
import importlib
import logging
import os
import signal
import sys
import time
import urllib.error
import urllib.request

from keraslint.verify.inside.by_name import SMALL, for_name
from keraslint.verify.inside.guesses import assumed

STARTERS = ("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch")
_RETRY = ("urllib3", "huggingface_hub")  # modules that wait between their tries


class Started(BaseException):
    """The code that builds a model has come to where it starts it."""

    def __init__(self, model, data):
        super().__init__("started")
        self.model, self.data = model, data


class TooLong(BaseException):
    """What a project's own code computes takes longer than it is worth."""


@contextlib.contextmanager
def limited(seconds: float):
    """Raise TooLong where what is run in it has taken that long, of the processor."""

    def stop(*_):
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _starts(model, *args, **kwargs):
    raise Started(model, args[0] if args else kwargs.get("x"))


def _parse(parser, args=None, namespace=None):
    """Every option at its default; one that has none gets what its name suggests."""
    for action in parser._actions:
        action.required = False
    found, _ = parser.parse_known_args([], namespace)
    for action in parser._actions:
        if getattr(found, action.dest, 0) is None and action.type in (int, float):
            values = for_name(action.dest) or [SMALL]
            setattr(found, action.dest, action.type(values[0] if isinstance(values[0], (int, float)) else 2))
    return found


def stay() -> None:
    """What would end the program is an error like others, and a log that cannot be written is not written."""

    def ends(*_):
        raise RuntimeError("the code ends the program")

    sys.exit = builtins.exit = builtins.quit = ends
    opened = logging.FileHandler._open

    def log(handler):
        try:
            return opened(handler)
        except OSError:
            return open(os.devnull, "a")

    logging.FileHandler._open = log


def answer_flags() -> None:
    """Flags of absl are at their defaults; those that are defined where nothing runs are what their names suggest."""
    from absl import flags

    def flag(values, name: str):
        held = values._flags()
        if name in held:
            return held[name].value
        try:
            if not name.startswith("_"):
                return assumed(name)
        except LookupError:
            pass
        raise AttributeError(name)

    flags.FlagValues.__getattr__ = flag


def _unreachable(*args, **kwargs):
    """What a download comes to in the end, at once."""
    raise urllib.error.URLError("keraslint verify does not let a model use the network")


def _no_pause(sleep):
    """Without what libraries wait for between their tries, where there is no network."""

    def slept(seconds):
        if not sys._getframe(1).f_globals.get("__name__", "").startswith(_RETRY):
            sleep(seconds)

    return slept


@contextlib.contextmanager
def quiet(library):
    """Replace what trains, downloads, asks or loads weights, for as long as models are built."""
    model = library.keras.Model
    files = importlib.import_module(
        "tf_keras.src.utils.data_utils" if library.legacy else "keras.src.utils.file_utils"
    )
    changes = [(model, name, _starts) for name in STARTERS]
    changes += [
        (model, "load_weights", lambda *args, **kwargs: None),
        (model, "save", lambda *args, **kwargs: None),
        (files, "get_file", lambda *args, **kwargs: "not-downloaded.h5"),
        (argparse.ArgumentParser, "parse_args", _parse),
        (urllib.request.AbstractHTTPHandler, "do_open", _unreachable),
        (time, "sleep", _no_pause(time.sleep)),
    ]
    before = [(owner, name, owner.__dict__.get(name)) for owner, name, _ in changes]
    arguments, sys.argv = sys.argv, sys.argv[:1]
    try:
        for owner, name, value in changes:
            setattr(owner, name, value)
        yield
    finally:
        sys.argv = arguments
        for owner, name, value in before:
            delattr(owner, name) if value is None else setattr(owner, name, value)
