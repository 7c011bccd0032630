"""Obtains the user's modules: packages by import, scripts as lazy namespaces, with texts that stand in for files."""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext

from keraslint.verify.inside.absent import Absent
from keraslint.verify.inside.errors import frames
from keraslint.verify.inside.namespace import LazyModule, Namespace, climbed
from keraslint.verify.inside.quiet import Started
from keraslint.verify.inside.roots import Roots, folder_spec

_STOPPED = (Exception, SystemExit, Started)  # how a module ends before its end
MOST_ABSENT = 9  # packages that a module of a project imports and that are not installed
# The verifier's own files, which run beside the user's: for a checkout of keraslint they are under the root too.
OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class Project(Mapping):
    """The user's files under `root`, as a mapping from filename to text; texts given stand in for the files.

    quietly: what modules are imported within.
    """

    def __init__(
        self,
        root: str,
        texts: dict[str, str],
        assume: Callable[[str], object],
        quietly: Callable[[], AbstractContextManager] = nullcontext,
    ):
        self.root = root.rstrip(os.sep) + os.sep
        self.assume, self.quietly = assume, quietly
        self._texts: dict[str, str | None] = dict(texts)
        self._known: dict[str, bool] = {}
        self.namespaces: dict[str, Namespace] = {}
        self.absent: set[str] = set()  # packages that are not installed and that something stands in for
        self.folders: dict[str, str] = {}  # that are packages by another name, as theirs is none of Python's
        self.roots = Roots(root)
        self.tops: list[str] = []  # folders to import from, that of the model first

    def __contains__(self, filename) -> bool:
        if filename not in self._known:
            inside = filename in self._texts or (
                filename.startswith(self.root)
                and "site-packages" not in filename[len(self.root) :]
                and not filename.startswith(OWN)
            )
            self._known[filename] = inside
        return self._known[filename]

    def __getitem__(self, filename: str) -> str:
        if filename not in self:  # else what was read of a package would count as the project's
            raise KeyError(filename)
        if filename not in self._texts:
            with open(filename, encoding="utf-8", errors="replace") as file:
                self._texts[filename] = file.read()
        return self._texts[filename] or ""

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def read(self) -> list[str]:
        """The files that what was done depended on."""
        modules = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
        return sorted({path for path in [*self._texts, *modules] if path in self and os.path.isabs(path)})

    def install(self):
        """Make the project's modules importable: those of packages as they are, others lazily."""
        sys.meta_path.insert(0, _Finder(self))

    def namespace(self, filename: str) -> Namespace:
        """The globals of a file. A package's module is imported; where that fails, only what is asked for is run."""
        if filename in self.namespaces:
            return self.namespaces[filename]
        top, name = self._dotted(filename)
        if not self.namespaces:
            self.roots.near = os.path.dirname(filename)
        if top not in sys.path:
            sys.path.insert(len(self.tops), top)
            self.tops.append(top)
        package = name.rpartition(".")[0]
        if package:
            module = self._imported(name, filename)
            if isinstance(module, LazyModule):
                return vars(module)["_namespace"]
            if module is not None:
                found = Namespace(self[filename], filename, name, package, self.assume)
                found.update(vars(module))
                self.namespaces[filename] = found
                return found
        found = self._lazy(name, filename, package)
        sys.modules.setdefault(name, LazyModule(found))
        return found

    def _dotted(self, filename: str) -> tuple[str, str]:
        """(the folder to import from, the module's name): by its packages, and by how far its relative imports climb."""
        folder, base = os.path.split(filename)
        parts, level = [os.path.splitext(base)[0]], climbed(self[filename])
        while os.path.exists(os.path.join(folder, "__init__.py")) or len(parts) <= level:
            place = folder
            folder, package = os.path.split(folder)
            parts.insert(0, re.sub(r"\W", "_", package))
            if parts[0] != package:
                self.folders[parts[0]] = place
        # A folder may hold packages though it is none itself: `from google.nets.layers import Net` says so.
        while (name := os.path.basename(folder)) and re.search(
            rf"^\s*(from|import) {re.escape(name)}\.{parts[0]}\b", self[filename], re.M
        ):
            folder = os.path.dirname(folder)
            parts.insert(0, name)
        if parts[-1] == "__init__":
            parts.pop()
        return folder, ".".join(parts)

    def _imported(self, name: str, filename: str):
        """A package's module, if it can be imported. A package of the same name hides a module."""
        try:
            with self.quietly():
                module = importlib.import_module(name)
        except _STOPPED:
            return None
        return module if module.__file__ == filename else None

    def _lazy(self, name: str, filename: str, package: str = "") -> Namespace:
        # A script is not `__main__` here, but its classes need a module of their own.
        found = Namespace(self[filename], filename, name, package, self.assume)
        self.namespaces[filename] = found
        return found


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the project's modules, which may be anywhere in its folders, and has them loaded as is fit."""

    def __init__(self, project: Project):
        self.project = project

    def find_spec(self, name, path=None, target=None):
        if name in self.project.absent:
            return importlib.util.spec_from_loader(name, Absent(), is_package=True)
        if name in self.project.folders:
            return folder_spec(name, self.project.folders[name])
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or not self._is_meant(spec):
            spec = self.project.roots.find(name) or spec
        origin = spec.origin if spec is not None else None
        if origin is None or not origin.endswith(".py") or origin not in self.project:
            return spec
        in_package = os.path.exists(os.path.join(os.path.dirname(origin), "__init__.py"))
        if not spec.submodule_search_locations and ("." not in name or not in_package):
            spec.submodule_search_locations = []  # there may be a package of the same name elsewhere
            spec.loader = _Lazy(self.project, name, origin)
        else:
            spec.loader = _Whole(self.project, name, origin)
        return spec

    def _is_meant(self, spec) -> bool:
        """Whether it is a module, or a folder of the project; any other folder may be called so by chance."""
        places = spec.submodule_search_locations or ()
        return spec.origin is not None or any(os.path.join(place, "") in self.project for place in places)


class _Lazy(importlib.abc.Loader):
    """Of a script's module only that is run which is asked for."""

    def __init__(self, project: Project, name: str, filename: str):
        self.project, self.name, self.filename = project, name, filename

    def create_module(self, spec):
        is_package = os.path.basename(self.filename) == "__init__.py"
        package = spec.name if is_package else spec.name.rpartition(".")[0]
        return LazyModule(self.project._lazy(spec.name, self.filename, package))

    def exec_module(self, module):
        pass


class _Whole(importlib.machinery.SourceFileLoader):
    """A package's module is run as a whole. Where that fails, what could not be run is run when it is asked for.

    What is not installed need not be what the model needs of it.
    """

    def __init__(self, project: Project, name: str, filename: str):
        super().__init__(name, filename)
        self.project = project

    def exec_module(self, module):
        importing, Absent.importing = Absent.importing, True
        code = ast.parse(self.project[self.path], self.path)
        try:
            for _ in range(MOST_ABSENT):
                try:
                    return exec(compile(code, self.path, "exec", dont_inherit=True), vars(module))
                except ModuleNotFoundError as error:
                    if not error.name or error.name in self.project.absent:
                        break
                    self.project.absent.add(error.name)
                    code = _from_row(code, _row_of(error, self.path))
                except _STOPPED:
                    break
        finally:
            Absent.importing = importing
        found = self.project._lazy(module.__name__, self.path, module.__spec__.parent)
        found.update(vars(module))
        sys.modules[module.__name__] = LazyModule(found)


def _row_of(error: BaseException, path: str) -> int:
    """The row of a module's code, outside of functions, that an error came from; 0 if none did."""
    own = (frame for frame in frames(error) if frame.filename == path)
    return next((frame.lineno or 0 for frame in own if frame.name == "<module>"), 0)


def _from_row(code: ast.Module, row: int) -> ast.Module:
    """What is left to run of a module whose statement in a row failed: that statement, and what follows."""
    left = [each for each in code.body if (each.end_lineno or 0) >= row or _is_future(each)]
    return ast.Module(left, [])


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
