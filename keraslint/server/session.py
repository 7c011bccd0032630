"""What the server knows between two messages: settings, summaries, and what came of each open document."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import monotonic

from pygls.workspace import Workspace

from .. import engine
from ..config import ConfigError, Settings, settings_for
from ..syntax.pieces import Pieces
from .documents import Document, document, documents
from .memory import Packed
from .options import Options
from .outcome import Outcome, analyse

# How long nothing must have changed, in seconds, before an analysis that nobody waits for starts. A document
# that takes longer than that to analyse waits as long as it takes.
QUIET = 0.1


class Session:
    """The state of the server. Everything but the analysis itself happens on the event loop.

    complain: shows the user one line about something that cannot be used.
    """

    def __init__(self, complain: Callable[[str], None]):
        self.complain = complain
        self.options = Options()
        self.options_of: dict[str, Options] = {}  # by workspace folder
        self.outcomes: dict[str, Outcome] = {}  # by path
        self._summaries = Packed()
        self._pieces = Pieces()
        self._good_settings: dict[str, Settings] = {}  # by folder: the last that could be read
        self._worker = ThreadPoolExecutor(1, "keraslint")
        self._turn = asyncio.Lock()
        self._ticks = 0  # counts changes
        self._changed: dict[str, int] = {}  # by path: the tick of its last change
        self._everything = 0  # the tick of the last change of who knows what
        self._seen: dict[str, int] = {}  # by path: the tick that its outcome knows
        self._moment: dict[str, float] = {}  # by path: when it was edited last
        self._took: dict[str, float] = {}  # by path: how long its analysis takes, in seconds

    # ------------------------------------------------------------ what changes

    def touch(self, path: str) -> None:
        """A file's text is another one now."""
        self._ticks += 1
        self._changed[path] = self._ticks
        self._moment[path] = monotonic()

    def touch_all(self) -> None:
        """Anything may be another now: configuration, files outside the editor."""
        self._ticks += 1
        self._everything = self._ticks
        engine.forget()

    def close(self, path: str) -> None:
        for known in (self.outcomes, self._seen, self._moment, self._took):
            known.pop(path, None)

    def depending(self, path: str) -> list[str]:
        """The open documents, other than the one there, that what is in a file may say something about."""
        return [each for each, outcome in self.outcomes.items() if path in outcome.reads and each != path]

    def misjudged(self, opened: dict[str, Document]) -> list[str]:
        """The open documents that were judged without one that imports them, or with one that does no longer."""
        return [
            path
            for path, outcome in self.outcomes.items()
            if path in opened and outcome.users != self._users(path, opened)
        ]

    # ------------------------------------------------------------ what is known

    async def outcome(self, workspace: Workspace, uri: str, patient: bool = False) -> Outcome | None:
        """What is known of the document that a URI belongs to, as it is now; None if it is not one of ours.

        patient: wait until nobody has typed for a moment.
        """
        while True:
            now = document(workspace, uri)
            if now is None:
                return None
            if patient and not self._is_fresh(now, documents(workspace)):
                await self._quiet(now.path)
            async with self._turn:
                opened = documents(workspace)
                now = document(workspace, uri)
                if now is None:
                    return None
                if not self._is_fresh(now, opened):
                    if patient and self._quiet_in(now.path) > 0:
                        continue
                    await self._analyse(now, opened)
                after = document(workspace, uri)
                if after is None:
                    self.close(now.path)
                    return None
                if self._is_fresh(after, documents(workspace)):
                    return self.outcomes[after.path]

    async def work(self, function: Callable, *args):
        """What takes as long as an analysis, done by the worker."""
        async with self._turn:
            return await asyncio.get_running_loop().run_in_executor(self._worker, function, *args)

    def options_for(self, path: str) -> Options:
        """The client's options for a file: those of the innermost workspace folder that it is in."""
        inside = [folder for folder in self.options_of if path.startswith(folder.rstrip(os.sep) + os.sep)]
        return self.options_of[max(inside, key=len)] if inside else self.options

    def settings(self, path: str) -> Settings:
        """The settings for a file; the last good ones while what the user writes into a file makes no sense."""
        options = self.options_for(path)
        folder = os.path.dirname(path)
        try:
            found = settings_for(path, options.overrides, options.configuration)
            # Without their origin nobody asks for them again, for a file that may not make sense by then.
            self._good_settings[folder] = replace(found, origin=())
        except ConfigError as error:
            self.complain(str(error))
        return self._good_settings.get(folder) or settings_for(path, isolated=True)

    async def _quiet(self, path: str) -> None:
        while (left := self._quiet_in(path)) > 0:
            await asyncio.sleep(left)

    def _quiet_in(self, path: str) -> float:
        wanted = max(QUIET, self._took.get(path, 0.0))
        return self._moment.get(path, 0.0) + wanted - monotonic()

    def _is_fresh(self, now: Document, opened: dict[str, Document]) -> bool:
        outcome = self.outcomes.get(now.path)
        return (
            outcome is not None
            and outcome.document.state == now.state
            and self._knows_others(outcome, opened)
        )

    def _knows_others(self, outcome: Outcome, opened: dict[str, Document]) -> bool:
        """Whether all that an outcome is made of, but for the document's own text, is still the same."""
        path = outcome.document.path
        seen = self._seen[path]
        return (
            self._everything <= seen
            and all(self._changed.get(each, 0) <= seen for each in outcome.reads if each != path)
            and outcome.users == self._users(path, opened)
        )

    def _differs_only_in_text(self, before: Outcome, opened: dict[str, Document], settings: Settings) -> bool:
        """Whether nothing but the document's own text may have changed since an outcome."""
        same = before.settings == settings and before.opened.keys() == opened.keys()
        return same and self._knows_others(before, opened)

    def _users(self, path: str, opened: dict[str, Document]) -> frozenset[str]:
        """The open documents that are known to import a file."""
        return frozenset(
            each
            for each, outcome in self.outcomes.items()
            if each in opened and each != path and path in outcome.imports
        )

    async def _analyse(self, now: Document, opened: dict[str, Document]) -> None:
        seen, users, settings = self._ticks, self._users(now.path, opened), self.settings(now.path)
        started = monotonic()
        before = self.outcomes.get(now.path)
        if before is not None and not self._differs_only_in_text(before, opened, settings):
            before = None
        run = asyncio.get_running_loop().run_in_executor(
            self._worker, analyse, now, opened, users, settings, self._summaries, self._pieces, before
        )
        try:
            outcome = await run
        except ConfigError as error:
            self.complain(str(error))
            outcome = Outcome(now, opened, settings, users)
        self._took[now.path] = monotonic() - started
        self.outcomes[now.path] = outcome
        self._seen[now.path] = seen
