"""Finds a project's modules where nothing says what they are imported from: `src/`, or a folder beside the script."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from functools import cached_property

MOST_FOLDERS = 3000
_PASSED_OVER = frozenset(("node_modules", "site-packages", "__pycache__"))


class Roots:
    """The folders of a project from which its modules may be imported. `ambiguous`: name -> what was taken, of several."""

    def __init__(self, root: str):
        self.root = root.rstrip(os.sep)
        self.ambiguous: dict[str, str] = {}
        self.near = self.root  # the folder of the program: what is nearest to it is taken

    def find(self, name: str) -> importlib.machinery.ModuleSpec | None:
        """A module or package of the project of this dotted name: the one nearest to the program."""
        path, first = name.replace(".", os.sep), name.partition(".")[0]
        holding = [folder for folder, names in self._folders if first in names]
        found = [each for folder in holding if (each := _module(os.path.join(folder, path)))]
        if len(found) > 1:
            taken, other = (os.path.relpath(each, self.root) for each in found[:2])
            self.ambiguous[name] = f"taken from {taken}, not from {other}"
        if found:
            return _spec(name, found[0])
        own = self._called(name)
        return folder_spec(name, own) if own else None

    def _called(self, name: str) -> str | None:
        """The folder around the program that is imported by this name: programs say `name.part`, and the part is in it."""
        if not name.isidentifier() or name in sys.stdlib_module_names:
            return None
        part = re.compile(rf"\b(?:from|import) {name}\.(\w+)")
        programs = [os.path.join(self.near, each) for each in os.listdir(self.near) if each.endswith(".py")]
        named = {found for program in programs for found in part.findall(_text(program))}
        around = (folder for folder in self._around() if any(_module(os.path.join(folder, p)) for p in named))
        return next(around, None)

    def _around(self) -> Iterator[str]:
        """The program's folder and those that it is in, up to the project's."""
        folder = self.near
        while folder.startswith(self.root):
            yield folder
            folder = os.path.dirname(folder)

    @cached_property
    def _folders(self) -> list[tuple[str, frozenset[str]]]:
        """Each folder with the names of what may be modules in it, the nearest first."""
        return sorted(self._walked(), key=lambda pair: self._distance(pair[0]))

    def _walked(self) -> Iterator[tuple[str, frozenset[str]]]:
        count = 0
        for folder, inner, files in os.walk(self.root):
            modules = (file.removesuffix(".py") for file in files if file.endswith(".py"))
            yield folder, frozenset([*inner, *modules])
            inner[:] = sorted(each for each in inner if each not in _PASSED_OVER and not each.startswith("."))
            count += 1
            if count == MOST_FOLDERS:
                return

    def _distance(self, folder: str) -> tuple[int, int]:
        """Steps up from the program's folder, and down again."""
        common = os.path.commonpath([folder, self.near])
        return _steps(os.path.relpath(self.near, common)), _steps(os.path.relpath(folder, common))


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def _steps(path: str) -> int:
    return 0 if path == os.curdir else path.count(os.sep) + 1


def _module(path: str) -> str | None:
    """The file of a module or package, or its folder, if that holds modules."""
    for file in (os.path.join(path, "__init__.py"), f"{path}.py"):
        if os.path.isfile(file):
            return file
    if os.path.isdir(path) and any(each.endswith(".py") for _, _, files in os.walk(path) for each in files):
        return path
    return None


def _spec(name: str, place: str) -> importlib.machinery.ModuleSpec:
    if not place.endswith(".py"):
        return folder_spec(name, place)
    own = [os.path.dirname(place)] if os.path.basename(place) == "__init__.py" else None
    return importlib.util.spec_from_file_location(name, place, submodule_search_locations=own)


def folder_spec(name: str, place: str) -> importlib.machinery.ModuleSpec:
    """Of a folder without an `__init__.py`."""
    spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = [place]
    return spec
