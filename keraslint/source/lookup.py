"""What an import names on the disk."""

from __future__ import annotations

import os
from collections.abc import Collection

_ENDINGS = (".py", "/__init__.py", ".pyi")


def module_at(stem: str, unsaved: Collection[str] = ()) -> str | None:
    """The module, or the folder, that a path without its ending names; None if there is none.

    unsaved: paths of files that need not be on the disk.
    """
    for path in (stem + ending for ending in _ENDINGS):
        if path in unsaved or os.path.isfile(path):
            return path
    return stem if os.path.isdir(stem) else None
