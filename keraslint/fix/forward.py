"""Passing `training` on: what has to be written so that it is there, and so that it is taken."""

from __future__ import annotations

import libcst as cst

from keraslint.finding import Finding
from keraslint.fix.scene import Scene
from keraslint.fix.text import Change
from keraslint.fix.tree import Tree, keyword, parameter, walk

Changes = list[Change]
# What a step wants of the models that it runs.
_STEP_VALUES = {"train_step": "True", "test_step": "False", "predict_step": "False"}


def forward(scene: Scene, site) -> Changes | None:
    """The call at this place with the mode of the code around it; None if that has none or the callee takes none."""
    path, node = site[0], scene.node(site)
    if not isinstance(node, cst.Call):
        return None
    here, callee = passed(scene, path, node), accepted(scene, site)
    if here is None or callee is None:
        return None
    value, changes = here
    argument = scene.editor(path).set_argument(node, "training", value)
    return None if argument is None else _united(changes, callee, argument)


def passed(scene: Scene, path: str, node) -> tuple[str, Changes] | None:
    """What says the mode at this node, and the changes that bring it there; None if nothing can."""
    step = _method(scene.tree(path), node)
    if step is not None and step.name.value in _STEP_VALUES:
        return _STEP_VALUES[step.name.value], []
    changes = _visible(scene, path, node, ())
    return None if changes is None else ("training", changes)


def accepted(scene: Scene, site) -> Changes | None:
    """The changes by which everything called at this place takes `training`; None if something cannot."""
    callees = scene.callees.get(site)
    if not callees:
        return None
    groups = []
    for callee in callees:
        if scene.accepts(callee):
            continue
        own = scene.own_call(callee)
        definition = scene.node(own.site) if own is not None else None
        if not isinstance(definition, cst.FunctionDef) or parameter(definition, "training") is not None:
            return None
        groups.append(scene.editor(own.site.path).add_training(definition))
    return None if None in groups else _united(*groups)


def told_callers(scene: Scene, finding: Finding) -> Changes | None:
    """`training=training` in the calls, in this file, of the helper that the finding names."""
    path = finding.site[0]
    tree, name = scene.tree(path), finding.symbol.rpartition(".")[2]
    groups = [
        _told(scene, path, call)
        for call in walk(tree.module)
        if isinstance(call, cst.Call) and _called_name(call) == name and keyword(call, "training") is None
    ]
    return None if not groups or None in groups else _united(*groups)


def _told(scene: Scene, path: str, call: cst.Call) -> Changes | None:
    """One call of a function of the source with `training=training`."""
    here = passed(scene, path, call)
    argument = scene.editor(path).set_argument(call, "training", here[0]) if here is not None else None
    return None if argument is None else _united(here[1], argument)


def _visible(scene: Scene, path: str, node, helpers: tuple) -> Changes | None:
    """What makes `training` a name at this node: a parameter of its `call`, handed on by the helpers between."""
    tree = scene.tree(path)
    function = tree.around(node, cst.FunctionDef)
    while function is not None and parameter(function, "training") is None:
        outer = tree.around(function, cst.FunctionDef, cst.ClassDef)
        if not isinstance(outer, cst.FunctionDef):
            break
        function = outer
    if function is None or parameter(function, "training") is not None:
        return None if function is None else []
    owner, name = tree.around(function, cst.ClassDef), function.name.value
    if owner is None or name in helpers or name.startswith("__"):
        return None
    changes = scene.editor(path).add_training(function)
    if changes is None or name == "call":
        return changes
    groups = [changes]
    for call in walk(owner):
        if isinstance(call, cst.Call) and _called_name(call) == name:
            argument = scene.editor(path).set_argument(call, "training", "training")
            groups += [_visible(scene, path, call, (*helpers, name)), argument]
    return None if len(groups) == 1 or None in groups else _united(*groups)


def _method(tree: Tree, node) -> cst.FunctionDef | None:
    """The method in which a node stands, inner functions included."""
    function = tree.around(node, cst.FunctionDef)
    while function is not None and isinstance(
        tree.around(function, cst.FunctionDef, cst.ClassDef), cst.FunctionDef
    ):
        function = tree.around(function, cst.FunctionDef)
    return function


def _called_name(call: cst.Call) -> str:
    """`f` of `f(...)` and of `self.f(...)`."""
    function = call.func
    if isinstance(function, cst.Name):
        return function.value
    own = isinstance(function, cst.Attribute) and isinstance(function.value, cst.Name)
    return function.attr.value if own and function.value.value == "self" else ""


def _united(*groups: Changes) -> Changes:
    return list(dict.fromkeys(change for group in groups for change in group))
