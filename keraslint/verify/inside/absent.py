"""Stands in for a package that is not installed: it can be imported, and its first use says what is missing."""

from __future__ import annotations

import importlib.abc
import types
from typing import Any


class Absent(importlib.abc.Loader):
    """Makes the module of a package that is not there. What modules do with it while they are imported need not matter."""

    importing = False

    def create_module(self, spec):
        return _Module(spec.name)

    def exec_module(self, module):
        pass


class _Module(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Thing(self.__name__)


class _Thing:
    """Something of an absent package."""

    def __init__(self, package: str):
        self._package = package

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Thing(self._package)

    def __call__(self, *args, **kwargs):
        return self if Absent.importing else self.__mro_entries__(())

    def __instancecheck__(self, value) -> bool:
        return False

    __subclasscheck__ = __instancecheck__

    def __mro_entries__(self, bases):
        raise ModuleNotFoundError(
            f"needs the package {self._package!r}, which is not installed", name=self._package
        )
