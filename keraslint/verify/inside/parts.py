"""A layer as another model of the project holds it: what no guess makes fit together, that model does."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

from keraslint.verify.inside import effects
from keraslint.verify.inside.arrays import describe
from keraslint.verify.inside.library import Library, entrance
from keraslint.verify.inside.shown import structure

MOST_PARTS = 3  # of one class in a model


class Reached(BaseException):
    """A layer that is watched was called, and the call ran."""


class Watch:
    """What the layers of a class are called with, by the names of their arguments, where the calls run.

    arrays: the values of a call. shown: what those of graphs are, as (positional, named) specifications.
    """

    def __init__(self, cls: type, library: Library):
        self.cls, self.library = cls, library
        self.arrays: dict[str, Any] = {}
        self.shown: list[tuple[list, dict]] = []

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """It is over as soon as a call with arrays ran: the rest of the model need not."""
        original = self.library.layer.__call__

        def called(layer, *args, **kwargs):
            output = original(layer, *args, **kwargs)
            if isinstance(layer, self.cls):
                self._note(layer, args, kwargs)
            return output

        self.library.layer.__call__ = called
        try:
            yield
        except Reached as reached:
            if reached.args != (self,):
                raise
        finally:
            self.library.layer.__call__ = original

    def _note(self, layer, args: tuple, kwargs: dict) -> None:
        names = [name for name in inspect.signature(entrance(layer)).parameters if name != "self"]
        if len(args) > len(names):
            return
        given = {**dict(zip(names, args)), **kwargs}
        given.pop("training", None)  # which each entry passes as it does
        try:
            self.arrays = self.library.mapped(_values, given)
        except Exception:
            with contextlib.suppress(Exception):
                self.shown.append(([], {name: structure(value) for name, value in given.items()}))
            return
        raise Reached(self)

    def told(self) -> list[str]:
        """The arrays as people read them."""
        return [f"{name}={_told(value)}" for name, value in self.arrays.items()]


def _told(value) -> str:
    try:
        return describe(structure(value))
    except Exception:
        return repr(value)


def _values(value):
    """The values of a tensor; what is none stays. Raises what Keras does for a symbolic one."""
    return effects.array(value) if hasattr(value, "shape") else value


def parts(model, cls: type) -> list:
    """The layers of a class in a model."""
    return [layer for layer in model._flatten_layers(include_self=False) if isinstance(layer, cls)][
        :MOST_PARTS
    ]
