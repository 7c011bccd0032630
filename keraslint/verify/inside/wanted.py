"""What is to be made, what is wished of it, and one way to make it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from inspect import Parameter
from typing import Any, NamedTuple

from keraslint.verify.inside.namespace import Namespace
from keraslint.verify.inside.scope import Callers


class NotBuilt(Exception):
    """The model could not be made; the text says why."""


class Wish(NamedTuple):
    """raised: rates that are off by default are put on. small: what the project makes is made smaller."""

    raised: bool = False
    small: bool = False


class Wanted(NamedTuple):
    """A class or function that makes a model.

    modules: those that may call it, its own first. sources: the filenames of the project. callers: gives the modules
    that may call what calls it. takes_more: it has `**kwargs`.
    """

    name: str
    target: Callable
    parameters: list[Parameter]
    modules: list[Namespace]
    library: Any
    wish: Wish = Wish()
    sources: Container[str] = ()
    callers: Callers = tuple
    takes_more: bool = False

    @property
    def required(self) -> list[Parameter]:
        return [p for p in self.parameters if p.default is p.empty]


class Chosen(NamedTuple):
    """What is not known and was chosen: arguments, and what settings hold, by their names."""

    arguments: Mapping[str, Any] = {}
    settings: Mapping[str, Any] = {}

    def said(self) -> list[tuple[str, str, str]]:
        """As the arguments of a way are told."""
        both = {**self.arguments, **self.settings}
        return [(name, repr(value), "an error asked for it") for name, value in both.items()]


class Way(NamedTuple):
    """One way to make a model.

    arguments: (name, value as text, where it came from). guessed: those that are no more than a guess, which is known
    when it was made. fixed: those that a call gives. settings: what was chosen for what settings hold.
    """

    make: Callable[[], Any]
    expression: str
    arguments: list[tuple[str, str, str]]
    guessed: dict[str, Any] = {}
    fixed: Collection[str] = ()
    settings: Mapping[str, Any] = {}


class Failure(NamedTuple):
    """Why a way did not lead to a model that runs. made: it led to a model, which could not be called."""

    error: BaseException
    made: bool = False
