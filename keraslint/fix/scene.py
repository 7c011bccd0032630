"""Sources under check and what the interpreter says of them, asked for by who edits them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from keraslint.analysis import Sources
from keraslint.checks.collect import JUDGED
from keraslint.config import Settings
from keraslint.delivery import layers, objects
from keraslint.delivery.entries import Run, run_entries
from keraslint.delivery.program import Program
from keraslint.delivery.values import FunctionValue, Instance, Site
from keraslint.engine import Result, recheck, targets_of
from keraslint.fix.edits import Editor
from keraslint.fix.text import Change, edited_sources, offset_of
from keraslint.fix.tree import Tree, tree_of
from keraslint.semantics.regimes import REGIMES
from keraslint.source.files import Source


@dataclass
class Scene:
    """Some files of a check with what imports them, as they are in `sources`. `whole` is the check that they are of."""

    whole: Result
    sources: Sources
    files: list[str]
    settings: Settings
    changed: bool = False

    @classmethod
    def of(cls, whole: Result, paths: Iterable[str], settings: Settings) -> Scene:
        """The files at these paths and all files of the check that import them."""
        strict = replace(
            settings, select=("ALL",), ignore=(), extend_ignore=(), per_file_ignores=(), origin=()
        )
        files = whole.program.project.importers(paths).intersection(whole.files)
        return cls(whole, whole.read.edited({}), sorted(files), strict)

    @cached_property
    def result(self) -> Result:
        """What a check finds here under every rule; it is run when somebody asks."""
        return recheck(self.sources, self.files, self.settings)

    def around(self, paths: set[str]) -> Scene:
        """This scene, or the one that has these files too."""
        return (
            self if paths <= set(self.files) else Scene.of(self.whole, paths | set(self.files), self.settings)
        )

    def after(self, changes: Iterable[Change]) -> Scene:
        """The scene after some changes. Raises SourceError if a file cannot be written so."""
        changed = edited_sources(self.sources, changes)
        return replace(self, sources=self.sources.edited(changed), changed=True)

    # ------------------------------------------------------------ text

    def source(self, path: str) -> Source | None:
        return self.sources.source(path)

    def text(self, path: str) -> str:
        return self.source(path).text

    def tree(self, path: str) -> Tree:
        return tree_of(self.text(path))

    def editor(self, path: str) -> Editor:
        return Editor(path, self.tree(path))

    def node(self, site):
        path, at = site
        return self.tree(path).numbered[at]

    def path_of(self, filename: str) -> str | None:
        """The path of the source that reports call `filename`."""
        given = self.sources.given
        return next((path for path, source in given.items() if source.filename == filename), None)

    def places(self, result: Result) -> dict[tuple, list]:
        """The findings of a check of these sources that are in these files, by (code, path, offset)."""
        found: dict[tuple, list] = {}
        for finding in result.findings:
            path = self.path_of(finding.span.filename)
            if path in self.files:
                place = offset_of(self.source(path), finding.span.start, finding.span.cell)
                found.setdefault((finding.code, path, place), []).append(finding)
        return found

    # ------------------------------------------------------------ runs

    @property
    def known(self) -> Result:
        """A check of these sources: the whole one, as long as they are as they were."""
        return self.result if self.changed else self.whole

    @property
    def program(self) -> Program:
        return self.known.program

    @cached_property
    def runs(self) -> list[tuple[str, Run]]:
        """Every entry of everything that the files define, with its regime, in every version meant."""
        targets = targets_of(self.known.read, self.program, self.settings)
        return [
            (regime, run)
            for path in self.files
            for subject in self.program.subjects(path)
            for regime, backend in targets(subject)
            for run in run_entries(self.program.machine, subject.instances, JUDGED, regime, backend)
        ]

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
            for noted in run.noted:
                if noted.kind == "positional":
                    note(noted.site, noted.layer)
                frames.append(noted.frame)
        for noted in self.program.machine.noted:
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
        machine = self.program.machine
        before = machine.regime
        try:
            for regime in {regime for regime, _ in self.runs}:
                machine.regime = REGIMES[regime]
                if not all(signature.accepts for signature in layers.signatures(machine, callee)):
                    return False
        finally:
            machine.regime = before
        return True

    def positional(self, site: Site) -> list[str]:
        """The names of the positional parameters of the one function that runs when this place calls; none if unknown."""
        found = {
            tuple(p.name for p in own.params if p.kind == "positional")[1:]
            for own in map(self.own_call, self.callees.get(site, []))
            if own is not None
        }
        return list(found.pop()) if len(found) == 1 else []

    def own_call(self, layer) -> FunctionValue | None:
        """The `call` that the source defines for a layer."""
        if not isinstance(layer, Instance):
            return layer if isinstance(layer, FunctionValue) else None
        found = objects.class_attribute(layer.cls, "call")
        return found if isinstance(found, FunctionValue) else None
