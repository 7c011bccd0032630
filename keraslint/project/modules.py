"""The modules of a project, loaded when something asks for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from typing import Any

from keraslint.delivery.values import Environment
from keraslint.source.lookup import module_at
from keraslint.summary import Attr, Name


class Module:
    """One source file as a module. `env` holds its names once it has run."""

    def __init__(self, path: str, summary):
        self.path = path
        self.summary = summary
        self.env = Environment(None, self)
        self.began = False  # whether its statements have been run, or are under way
        self.stars: list = []  # outside packages that it star-imports
        self.legacy = False  # imports tf_keras
        self.old_names: set[str] = set()  # what it imports of the copy of Keras 2 in TensorFlow
        self.policy = None  # the policy for dtypes that it sets, as a value
        self.is_package = os.path.basename(path) == "__init__.py"

    def __repr__(self):
        return f"Module({self.path})"


class Project:
    """Finds and loads modules.

    load: path -> Summary, or None if the file cannot be analysed.
    libraries: folders of installed packages whose source may be followed.
    unsaved: paths of files that need not be on the disk.
    """

    def __init__(
        self,
        load: Callable[[str], Any],
        libraries: tuple[str, ...] = (),
        root: str = "",
        unsaved: Collection[str] = (),
    ):
        self.load = load
        self.libraries = libraries
        self.root = root
        self.unsaved = unsaved
        self.looked_up: dict[str, str | None] = {}  # by path without ending: what it names on the disk
        self.modules: dict[str, Module | None] = {}
        self.classes: list = []  # every class that a module defined
        self._read_outside: frozenset | None = None
        self.assigned: dict[int, frozenset] = {}  # by method: the attributes that it assigns
        self.imports: dict[str, set[str]] = {}  # by file: the files that its imports name

    def module(self, path: str) -> Module | None:
        """The module of a file; None if it cannot be analysed."""
        path = os.path.abspath(path)
        if path not in self.modules:
            self.modules[path] = None
            summary = self.load(path)
            if summary is not None:
                self.modules[path] = Module(path, summary)
        return self.modules[path]

    def find(self, importer: Module, dotted: str, level: int = 0) -> str | None:
        """The path of the module (or folder) that an import names, if it is among the sources; the import is noted."""
        found = self.where(importer, dotted, level)
        if found:
            file = os.path.join(found, "__init__.py") if os.path.isdir(found) else found
            self.imports.setdefault(importer.path, set()).add(file)
        return found

    def importers(self, paths) -> set[str]:
        """The files that import some of these, directly or through others, and these themselves."""
        found, grown = set(paths), True
        while grown:
            more = {path for path, named in self.imports.items() if path not in found and named & found}
            found, grown = found | more, bool(more)
        return found

    def where(self, importer: Module, dotted: str, level: int) -> str | None:
        """The path of the module (or folder) that an import would name, if it is among the sources.

        Absolute names are looked for beside the importing file, in the folders above it up to the
        project's root, and in the configured libraries.
        """
        relative = dotted.replace(".", "/")
        folder = os.path.dirname(importer.path)
        if level:
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self._existing(os.path.join(folder, relative) if relative else folder)
        for base in (*self._above(folder), *self.libraries):
            found = self._existing(os.path.join(base, relative))
            if found and (found != importer.path or _is_itself(importer, base)):
                return found
        return None

    def read_outside(self) -> frozenset:
        """The attribute names that any loaded module reads of an object other than `self`."""
        if self._read_outside is None:
            found: set = set()
            for module in self.modules.values():
                if module is not None:
                    _attributes_read(module.summary.body, found)
            self._read_outside = frozenset(found)
        return self._read_outside

    def _existing(self, stem: str) -> str | None:
        if stem not in self.looked_up:
            self.looked_up[stem] = module_at(stem, self.unsaved)
        return self.looked_up[stem]

    def _above(self, folder: str):
        yield folder
        while folder != self.root and os.path.dirname(folder) != folder:
            folder = os.path.dirname(folder)
            yield folder
            if not self.root and not os.path.exists(os.path.join(folder, "__init__.py")):
                return


def _is_itself(importer: Module, base: str) -> bool:
    """Whether a module that is found for its own import, from a folder, is a package that imports itself by its full name."""
    return importer.is_package and not os.path.exists(os.path.join(base, "__init__.py"))


def _attributes_read(node, found: set):
    if isinstance(node, Attr) and node.value != Name("self"):
        found.add(node.name)
    for part in node:
        if isinstance(part, tuple):
            _attributes_read(part, found)
