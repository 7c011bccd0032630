"""Sources under check and what the interpreter says of them, asked for by who edits them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from keraslint.config import Settings
from keraslint.delivery import layers, objects
from keraslint.delivery.entries import run_entry
from keraslint.delivery.values import FunctionValue, Instance, Site
from keraslint.engine import Result, recheck, targets_of
from keraslint.fix.edits import Editor
from keraslint.fix.text import Change, edited_sources, offset_of
from keraslint.fix.tree import Tree, tree_of
from keraslint.semantics.regimes import REGIMES

ENTRIES = ("fit", "evaluate", "predict", "call")


@dataclass
class Scene:
    """Some files of a check with what imports them, checked under every rule. `whole` is the check that they are of."""

    whole: Result
    result: Result
    settings: Settings

    @classmethod
    def of(cls, whole: Result, paths: Iterable[str], settings: Settings) -> Scene:
        """The files at these paths and all files of the check that import them."""
        strict = replace(
            settings, select=("ALL",), ignore=(), extend_ignore=(), per_file_ignores=(), origin=()
        )
        files = whole.program.project.importers(paths).intersection(whole.files)
        return cls(whole, recheck(whole.read.edited({}), sorted(files), strict), strict)

    @property
    def files(self) -> list[str]:
        return self.result.files

    def around(self, paths: set[str]) -> Scene:
        """This scene, or the one that has these files too."""
        return (
            self if paths <= set(self.files) else Scene.of(self.whole, paths | set(self.files), self.settings)
        )

    def after(self, changes: Iterable[Change]) -> Scene:
        """The scene after some changes. Raises SourceError if a file cannot be written so."""
        sources = self.result.read.edited(edited_sources(self.result.read, changes))
        return Scene(self.whole, recheck(sources, self.files, self.settings), self.settings)

    # ------------------------------------------------------------ text

    def source(self, path: str):
        return self.result.read.read[path]

    def text(self, path: str) -> str:
        return self.source(path).text

    def tree(self, path: str) -> Tree:
        return tree_of(self.text(path))

    def editor(self, path: str) -> Editor:
        return Editor(path, self.tree(path))

    def node(self, site):
        path, at = site
        return self.tree(path).numbered[at]

    def site_of(self, path: str, node) -> Site | None:
        number = self.tree(path).number(node)
        return None if number is None else Site(path, number)

    def path_of(self, filename: str) -> str | None:
        """The path of the source that reports call `filename`."""
        read = self.result.read.read
        return next((path for path, source in read.items() if source and source.filename == filename), None)

    def keys(self) -> dict[tuple, list]:
        """The findings by (code, path, offset)."""
        found: dict[tuple, list] = {}
        for finding in self.result.findings:
            path = self.path_of(finding.span.filename)
            place = offset_of(self.source(path), finding.span.start, finding.span.cell)
            found.setdefault((finding.code, path, place), []).append(finding)
        return found

    # ------------------------------------------------------------ runs

    @property
    def machine(self):
        return self.result.program.machine

    @cached_property
    def runs(self) -> list[tuple[tuple, object]]:
        """Every entry of everything that the files define, in every version meant: (what, run) pairs."""
        program = self.result.program
        targets = targets_of(self.result.read, program, self.settings)
        found = []
        for path in self.files:
            for subject in program.subjects(path):
                for regime, backend in targets(subject):
                    for number, instance in enumerate(subject.instances):
                        for entry in ENTRIES:
                            what = (path, subject.name, number, regime, backend, entry)
                            found.append((what, run_entry(self.machine, instance, entry, regime, backend)))
        return found

    @cached_property
    def stuck(self) -> set[tuple]:
        """The runs that raise, or that cannot be followed to their end."""
        return {what for what, run in self.runs if run.raised or not run.complete}

    @cached_property
    def callees(self) -> dict[Site, list]:
        """What is called at each place: layers, and functions of the source."""
        found: dict[Site, list] = {}

        def note(site, callee):
            known = found.setdefault(site, [])
            if callee is not None and all(callee is not other for other in known):
                known.append(callee)

        seen: set[int] = set()
        frames = []
        for _, run in self.runs:
            for delivery in run.deliveries:
                # The layers of a graph have no calls of their own: they stand at the graph's.
                if delivery.site not in delivery.inside:
                    note(delivery.site, delivery.layer)
                frames.append(delivery.frame)
            frames += [each.frame for each in run.noted]
        for noted in self.machine.noted:
            if noted.kind in ("call", "stateless_call"):
                note(noted.site, noted.layer)
            frames.append(noted.frame)
        for frame in frames:
            while frame is not None and id(frame) not in seen:
                seen.add(id(frame))
                if isinstance(frame.function, FunctionValue):
                    note(frame.site, frame.function)
                frame = frame.parent
        return found

    def accepts(self, callee) -> bool:
        """Whether what is called takes `training`, in every version meant."""
        if isinstance(callee, FunctionValue):
            return any(p.name == "training" for p in callee.params)
        machine, before = self.machine, self.machine.regime
        try:
            for regime in {what[3] for what, _ in self.runs}:
                machine.regime = REGIMES[regime]
                if not all(signature.accepts for signature in layers.signatures(machine, callee)):
                    return False
        finally:
            machine.regime = before
        return True

    def own_call(self, layer) -> FunctionValue | None:
        """The `call` that the source defines for a layer."""
        if not isinstance(layer, Instance):
            return layer if isinstance(layer, FunctionValue) else None
        found = objects.class_attribute(layer.cls, "call")
        return found if isinstance(found, FunctionValue) else None
