"""Renaming a parameter to `training`, with its uses and with the callers that name it."""

from __future__ import annotations

import libcst as cst

from keraslint import summary as s
from keraslint.delivery import objects
from keraslint.delivery.values import FunctionValue, Instance, Site
from keraslint.fix.edits import names_in
from keraslint.fix.scene import Scene
from keraslint.fix.text import Change
from keraslint.fix.tree import keyword, parameter


def renamed(scene: Scene, site, function: cst.FunctionDef, old: str) -> list[Change] | None:
    """The function with `training` instead of `old`; None if some caller or override cannot be told."""
    if parameter(function, "training") is not None or any(names_in(function.body, "training")):
        return None
    if _overridden(scene, site, old):
        return None
    editor = scene.editor(site[0])
    changes = editor.replace(parameter(function, old).name, "training")
    for name in names_in(function.body, old):
        changes += editor.replace(name, "training")
    for caller in _keyword_callers(scene, old):
        callees = scene.callees.get(caller, [])
        ours = [_definition(scene, callee) == Site(*site) for callee in callees]
        if not ours or any(ours) != all(ours):
            return None
        if ours[0]:
            argument = keyword(scene.node(caller), old)
            changes += scene.editor(caller.path).replace(argument.keyword, "training")
    return list(dict.fromkeys(changes))


def _overridden(scene: Scene, site, old: str) -> bool:
    """Whether a class has its own version of this method, with the old name, beside the one at this place."""
    for cls in scene.program.project.classes:
        own = [value for value in cls.names.values() if isinstance(value, FunctionValue)]
        mine = next((value for value in own if value.site == Site(*site)), None)
        if mine is not None:
            return any(
                other is not cls and cls in other.mro and _takes(other.names.get(mine.name), old)
                for other in scene.program.project.classes
            )
    return False


def _takes(function, name: str) -> bool:
    return isinstance(function, FunctionValue) and any(p.name == name for p in function.params)


def _definition(scene: Scene, callee) -> Site | None:
    """Where the function stands that runs when this is called."""
    own = objects.class_attribute(callee.cls, "call") if isinstance(callee, Instance) else callee
    return own.site if isinstance(own, FunctionValue) else None


def _keyword_callers(scene: Scene, name: str) -> list[Site]:
    """The calls, in the files of the scene, that give an argument of this name."""
    found: list[Site] = []
    for path in scene.files:
        module = scene.program.project.modules.get(path)
        if module is not None:
            found += [Site(path, call.at) for call in s.walk(module.summary.body) if _gives(call, name)]
    return found


def _gives(node, name: str) -> bool:
    return isinstance(node, s.Call) and any(arg.name == name for arg in node.args)
