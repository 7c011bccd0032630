"""Settings that a program puts into a module before it makes its models: `config = None`, and later `module.config = args`."""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Mapping

from keraslint.verify.inside.namespace import LazyModule, Namespace
from keraslint.verify.inside.stand_ins import Asked

_OF_NOTHING = re.compile(r"'NoneType' object has no attribute '(\w+)'")


def supplied(error: BaseException, sources: Mapping[str, str]) -> bool:
    """Whether the error was that such a module has no settings yet, and it has some now: what their names suggest."""
    said = _OF_NOTHING.search(str(error))
    trace, frame = error.__traceback__, None
    while said and trace is not None:
        if trace.tb_frame.f_code.co_filename in sources:
            frame, row = trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next
    if frame is None:
        return False
    tree = ast.parse(sources[frame.f_code.co_filename])
    read = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == said[1])
    for node in (each.value for each in read if each.lineno <= row <= (each.end_lineno or row)):
        if isinstance(node, ast.Name) and node.id not in frame.f_locals:
            return _put(frame.f_globals, node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = frame.f_globals.get(node.value.id)
            if isinstance(module, types.ModuleType):
                lazy = isinstance(module, LazyModule)
                return _put(vars(module)["_namespace"] if lazy else vars(module), node.attr)
    return False


def _put(names: dict, name: str) -> bool:
    if names.get(name, name) is not None:
        return False
    names[name] = Asked()
    if isinstance(names, Namespace):
        names.assumed[name] = "it is None until the program sets it"
    return True
