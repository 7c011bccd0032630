"""Obtains the user's modules: packages by import, scripts as lazy namespaces, with texts that stand in for files."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Callable, Iterator, Mapping

from keraslint.verify.inside.absent import Absent
from keraslint.verify.inside.namespace import LazyModule, Namespace

MOST_ABSENT = 9  # packages that a project's package imports and that are not installed
# The verifier's own files, which run beside the user's: for a checkout of keraslint they are under the root too.
OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class Project(Mapping):
    """The user's files under `root`, as a mapping from filename to text; texts given stand in for the files."""

    def __init__(self, root: str, texts: dict[str, str], assume: Callable[[str], object]):
        self.root = root.rstrip(os.sep) + os.sep
        self.assume = assume
        self._texts: dict[str, str | None] = dict(texts)
        self._known: dict[str, bool] = {}
        self.namespaces: dict[str, Namespace] = {}
        self._finder: _Finder | None = None

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
        self._finder = _Finder(self)
        sys.meta_path.insert(0, self._finder)

    def namespace(self, filename: str) -> Namespace:
        """The globals of a file. A package's module is imported; where that fails, only what is asked for is run."""
        if filename in self.namespaces:
            return self.namespaces[filename]
        top, name = _dotted(filename)
        if top not in sys.path:
            sys.path.insert(0, top)
        package = name.rpartition(".")[0]
        if package:
            module = self._imported(name)
            if module is not None:
                found = Namespace(self[filename], filename, name, package, self.assume)
                found.update(vars(module))
                self.namespaces[filename] = found
                return found
        found = self._lazy(name, filename, package)
        sys.modules[name] = LazyModule(found)
        return found

    def _imported(self, name: str) -> types.ModuleType | None:
        """A package's module, if it can be imported. What is not installed need not be what the model needs of it."""
        for _ in range(MOST_ABSENT):
            Absent.importing = True
            try:
                return importlib.import_module(name)
            except ModuleNotFoundError as error:
                if self._finder is None or not error.name or error.name in self._finder.absent:
                    return None
                self._finder.absent.add(error.name)
            except (Exception, SystemExit):
                return None
            finally:
                Absent.importing = False
        return None

    def _lazy(self, name: str, filename: str, package: str = "") -> Namespace:
        # A script is not `__main__` here, but its classes need a module of their own.
        found = Namespace(self[filename], filename, name, package, self.assume)
        self.namespaces[filename] = found
        return found


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the project's modules that must not be imported as they stand."""

    def __init__(self, project: Project):
        self.project = project
        self.absent: set[str] = set()

    def find_spec(self, name, path=None, target=None):
        if name in self.absent:
            return importlib.util.spec_from_loader(name, Absent(), is_package=True)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        origin = spec.origin if spec is not None else None
        if origin is None or not origin.endswith(".py") or origin not in self.project:
            return None
        if "." not in name and not spec.submodule_search_locations:
            return importlib.util.spec_from_loader(name, _Lazy(self.project, origin), origin=origin)
        if origin in self.project._texts:
            spec.loader = _Text(name, origin, self.project[origin])
            return spec
        return None


class _Lazy(importlib.abc.Loader):
    def __init__(self, project: Project, filename: str):
        self.project, self.filename = project, filename

    def create_module(self, spec):
        return LazyModule(self.project._lazy(spec.name, self.filename))

    def exec_module(self, module):
        pass


class _Text(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, filename: str, text: str):
        super().__init__(name, filename)
        self.text = text

    def get_code(self, fullname):
        return compile(self.text, self.path, "exec", dont_inherit=True)


def _dotted(filename: str) -> tuple[str, str]:
    """(the folder to import from, the module's name)."""
    folder, base = os.path.split(filename)
    parts = [os.path.splitext(base)[0]]
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        parts.insert(0, package)
    if parts[-1] == "__init__":
        parts.pop()
    return folder, ".".join(parts)
