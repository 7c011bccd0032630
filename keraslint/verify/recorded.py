"""What `keraslint record` keeps: how a run of the user's own made and first called the project's models."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

from keraslint.config import ConfigError

FILE = ".keraslint_recorded.json"
RECORDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorder")
MOST = 3  # of a model
_VERSION = 1


def collect(folder: str, root: str) -> dict[str, list[dict]]:
    """The notes of a run's processes on what the project's files define: FILE::NAME -> notes, files from the root."""
    found: dict[str, list[dict]] = {}
    for file in sorted(Path(folder).glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                note = _between(json.loads(line), lambda path: _from_root(path, root))
            except ValueError:  # of a process that was ended while it wrote
                continue
            name = note.pop("name")
            notes = found.setdefault(name, []) if name else []
            if note not in notes and len(notes) < MOST:
                notes.append(note)
    return found


@functools.cache
def load(root: str) -> dict[str, list[dict]]:
    """What was kept for a project, with absolute paths. Raises ConfigError for a file that is none of ours."""
    path = os.path.join(root, FILE)
    try:
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        if kept["version"] != _VERSION:
            raise ValueError(f"version {kept['version']}")
        models = kept["models"].items()
        notes = {
            os.path.join(root, name): _between(each, lambda p: os.path.join(root, p)) for name, each in models
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path}: cannot be used ({error}); run `keraslint record` again, or delete it"
        ) from None
    return notes


def save(root: str, notes: dict[str, list[dict]]) -> str:
    """Keep the notes beside those on other models, and say where. Raises ConfigError, as `load` does, and OSError."""
    before = {
        _from_root(name, root): _between(each, lambda p: _from_root(p, root))
        for name, each in load(root).items()
    }
    path = os.path.join(root, FILE)
    models = [
        f" {json.dumps(name)}: [\n{_lines(each)}\n ]" for name, each in sorted({**before, **notes}.items())
    ]
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(f'{{"version": {_VERSION}, "models": {{\n' + ",\n".join(models) + "\n}}\n")
    os.replace(path + ".new", path)
    load.cache_clear()
    return path


def _lines(notes: list[dict]) -> str:
    """A note a line: a repository may keep the file."""
    return ",\n".join(f"  {json.dumps(note)}" for note in notes)


def _from_root(path: str, root: str) -> str:
    """A path of the project's as it is kept; "" for any other."""
    real, top = os.path.realpath(path), os.path.realpath(root)
    return os.path.relpath(real, top).replace(os.sep, "/") if real.startswith(top + os.sep) else ""


def _between(note: Any, changed) -> Any:
    """A note with the paths in it changed."""
    if isinstance(note, list):
        return [_between(each, changed) for each in note]
    if not isinstance(note, dict):
        return note
    return {
        key: changed(value) if _is_path(key, value) else _between(value, changed)
        for key, value in note.items()
    }


def _is_path(key: str, value: Any) -> bool:
    return isinstance(value, str) and (key == "file" and value != "" or key == "name" and "::" in value)
