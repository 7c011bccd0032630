"""keraslint inside flake8: the findings of `keraslint check` for the paths that flake8 was given.

flake8 shows a plugin one file at a time, and a model may be built from files in other places. So the paths are
checked together when flake8 starts, before it forks its workers, and each file takes its findings from there.
"""

from __future__ import annotations

import argparse
import ast
import codecs
import os
from collections.abc import Iterator
from typing import Any, ClassVar

from . import __version__
from .commands import UsageError
from .commands.checking import checked
from .commands.groups import Group, grouped
from .commands.known import leave_out_baselines
from .commands.options import settings_in_force
from .config import OPTIONS, ConfigError
from .finding import Finding
from .source.discover import STDIN
from .source.files import SourceError

# The options that flake8 does not already decide: what is checked, how it is printed and what is left out.
_PASSED_ON = (
    "select", "ignore", "extend-select", "extend-ignore", "keras", "backend", "library", "max-file-size", "require-reason", "baseline",
)  # fmt: skip


class Plugin:
    """What flake8 makes for each file; it yields (row, column from 0, text, type)."""

    name = "keraslint"
    version = __version__
    _args: ClassVar[argparse.Namespace]
    _found: ClassVar[dict[str, list[Finding]] | None] = None  # by absolute path; None if none are wanted

    def __init__(self, tree: ast.AST, filename: str, lines: list[str]):
        self.filename, self.lines = filename, lines

    @staticmethod
    def add_options(manager: Any) -> None:
        """Offer our options as `--keraslint-...`, on flake8's command line and in its configuration files."""
        for name in _PASSED_ON:
            option = OPTIONS[name]
            reading: dict[str, Any] = {"metavar": "VALUES", "comma_separated_list": True}
            if option.kind == "flag":
                reading = {"action": "store_true", "default": None}
            elif option.kind == "text":
                reading = {"metavar": "FILE"}
            elif option.kind == "number":
                reading = {"metavar": "NUMBER", "type": int}
            manager.add_option(f"--keraslint-{name}", help=option.help, parse_from_config=True, **reading)
        manager.add_option(
            "--keraslint-config", metavar="FILE", help="the configuration file to use", parse_from_config=True
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Check the paths that flake8 was given."""
        given = {
            OPTIONS[name].field: getattr(options, f"keraslint_{OPTIONS[name].field}") for name in _PASSED_ON
        }
        cls._args = argparse.Namespace(config=options.keraslint_config, isolated=False, **given)
        if not _is_selected(options):
            return
        cls._found = {}
        paths = [path for path in options.filenames or ["."] if path != STDIN and os.path.exists(path)]
        try:
            groups = grouped(paths, cls._args)
            results = checked(groups)
            leave_out_baselines(groups, results)
        except (UsageError, ConfigError, SourceError) as error:
            from flake8.exceptions import ExecutionError

            raise ExecutionError(f"keraslint: {error}") from None
        for result in results:
            for path in result.files:
                cls._found.setdefault(path, [])
            for finding in result.findings:
                cls._found.setdefault(os.path.abspath(finding.span.filename), []).append(finding)

    def run(self) -> Iterator[tuple[int, int, str, type]]:
        for finding in self._findings():
            start = finding.span.start
            yield start.row, start.column - 1, f"{finding.code} {finding.message}", type(self)

    def _findings(self) -> list[Finding]:
        if self._found is None:
            return []
        found = self._found.get(os.path.abspath(self.filename))
        return found if found is not None else self._check_alone()

    def _check_alone(self) -> list[Finding]:
        """Check standard input, or a file that flake8 found where `keraslint check` would have looked past it."""
        text = (
            codecs.BOM_UTF8 + "".join(self.lines).encode()
        )  # flake8 has decoded it, whatever a comment says
        settings = settings_in_force(self.filename, self._args)
        [result] = checked([Group([], settings, (self.filename, text))])
        return result.findings


def _is_selected(options: argparse.Namespace) -> bool:
    """Whether flake8 would show anything of ours."""
    return not options.select or any(
        code.startswith("KER") or "KER".startswith(code) for code in options.select
    )
