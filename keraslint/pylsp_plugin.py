"""keraslint inside python-lsp-server, for editors that run one server for Python: findings, quick fixes, hovers.

It says what our own server says: that server's documents become ours here, and our answers its JSON.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from lsprotocol import converters
from lsprotocol import types as lsp
from pygls.workspace import PositionCodec
from pylsp import hookimpl
from pylsp.workspace import Cell
from pylsp.workspace import Document as Opened

from . import engine
from .config import ConfigError, settings_for
from .server import actions, diagnostics, hover, options, repairs
from .server.documents import PYTHON, Document, Part, Places
from .server.memory import Packed
from .server.outcome import Outcome, analyse
from .syntax.pieces import Pieces

NAME = "keraslint"

_converter = converters.get_converter()
_working = threading.Lock()  # findings are asked for by threads of their own
_summaries, _pieces = Packed(), Pieces()
_outcomes: dict[str, Outcome] = {}  # by path
_told: set[str] = set()


@hookimpl
def pylsp_settings() -> dict[str, Any]:
    """The settings of `pylsp.plugins.keraslint`; all that our own server has are understood."""
    return {"plugins": {NAME: {"enabled": True}}}


@hookimpl
def pylsp_lint(config, workspace, document, is_saved) -> list[dict]:
    if is_saved:  # and so may be what it depends on
        engine.forget()
        _outcomes.clear()
    outcome = _outcome(config, workspace, document)
    if outcome is None:
        return []
    return _converter.unstructure(diagnostics.of_part(outcome, _part(outcome), _places(outcome)))


@hookimpl
def pylsp_code_actions(config, workspace, document, range, context) -> list[dict]:
    asked = _converter.structure(context, lsp.CodeActionContext)
    outcome = _outcome(config, workspace, document)
    if outcome is None or not actions.wants(asked.only, lsp.CodeActionKind.QuickFix):
        return []
    part, places = _part(outcome), _places(outcome)
    here = actions.in_range(outcome, part, places, _converter.structure(range, lsp.Range))
    with _working:
        found = repairs.repairs(outcome, here)
    able = lsp.ClientCapabilities()
    return _converter.unstructure(
        [
            actions.quick_fix(finding, repair, asked.diagnostics, part, places, able)
            for finding, repair in found
        ]
    )


@hookimpl(tryfirst=True)
def pylsp_hover(config, workspace, document, position) -> dict | None:
    outcome = _outcome(config, workspace, document)
    if outcome is None:
        return None
    part, places = _part(outcome), _places(outcome)
    at = places.location(part, _converter.structure(position, lsp.Position))
    with _working:
        models = outcome.models()
    found = hover.rule_at(part, at, places) or hover.layer_at(outcome, models, part, at, places)
    return _converter.unstructure(found) if found is not None else None


def _outcome(config, workspace, document) -> Outcome | None:
    """What is known of a document; None if it is none of ours, or the settings for it cannot be used."""
    path = _path(workspace, document)
    given = options.read(config.plugin_settings(NAME, document_path=document.path))
    for problem in given.problems:
        _tell(workspace, problem)
    opened = _opened(workspace)
    if path not in opened:
        return None
    with _working:
        for gone in _outcomes.keys() - opened.keys():
            del _outcomes[gone]
        users = frozenset(each for each, known in _outcomes.items() if path in known.imports)
        try:
            settings = settings_for(path, given.overrides, given.configuration)
            before = _outcomes.get(path)
            if before is None or (before.opened, before.users, before.settings) != (opened, users, settings):
                _outcomes[path] = analyse(opened[path], opened, users, settings, _summaries, _pieces)
        except ConfigError as error:
            _tell(workspace, str(error))
            return None
        return _outcomes[path]


def _opened(workspace) -> dict[str, Document]:
    """The open files by their paths; a notebook is one of them, with all of its cells, while it is judged."""
    found = {}
    for each in list(workspace.documents.values()):
        if isinstance(each, Opened) and not isinstance(each, Cell):
            path = _path(workspace, each)
            found[path] = Document(each.uri, path, (Part(each.uri, each.version, each.source, PYTHON),))
    return found


def _path(workspace, document) -> str:
    return os.path.abspath(os.path.join(workspace.root_path or "", document.path))


def _part(outcome: Outcome) -> Part:
    return outcome.document.parts[0]


def _places(outcome: Outcome) -> Places:
    return Places(PositionCodec(), outcome.opened)


def _tell(workspace, problem: str) -> None:
    """Show the user a line, once."""
    if problem not in _told:
        _told.add(problem)
        workspace.show_message(f"{NAME}: {problem}", lsp.MessageType.Warning.value)
