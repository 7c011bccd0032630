"""What could be written instead, for each rule: candidates, the smallest first, which nobody has checked yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import libcst as cst

from keraslint.checks.causes import MISNAMED
from keraslint.finding import Finding
from keraslint.fix.comments import without_code
from keraslint.fix.forward import accepted, forward, passed, told_callers
from keraslint.fix.rename import renamed
from keraslint.fix.scene import Scene
from keraslint.fix.text import Change
from keraslint.fix.tree import keyword, parameter, walk

Changes = list[Change]


class Candidate(NamedTuple):
    """A fix that may be right. applicability: safe or unsafe, as in `finding.Fix`."""

    applicability: str
    message: str
    changes: Changes


def candidates(scene: Scene, finding: Finding) -> Iterator[Candidate]:
    """The candidates for a finding of this scene's text."""
    if finding.code == "KER901":
        changes = without_code(scene, finding)
        if changes:
            yield Candidate(proposed(finding), "Remove what suppresses nothing", changes)
        return
    maker = MAKERS.get(finding.code)
    if maker is None or finding.site is None:
        return
    for message, changes in maker(scene, finding, scene.node(finding.site)):
        if changes:
            yield Candidate(proposed(finding), message, changes)


def proposed(finding: Finding) -> str:
    """The applicability of a fix for a finding. What only ever raises has no mode that could change."""
    raises = finding.code in ("KER110", "KER115") and "2" not in finding.regimes
    return "safe" if raises or finding.code == "KER901" else "unsafe"


def _parameter(scene, finding, node):
    """KER101"""
    if isinstance(node, cst.FunctionDef):
        message = (
            f"Add `training=None` to `{finding.symbol}`: its layers then get the mode that the trainer starts"
        )
        yield message, scene.editor(finding.site[0]).add_training(node)


def _callee_parameter(scene, finding, node):
    """KER102"""
    message = f"Add `training=None` to `{finding.symbol}`: the value given to it then arrives"
    yield message, accepted(scene, finding.site)


def _rename(scene, finding, node):
    """KER103"""
    if not isinstance(node, cst.FunctionDef):
        return
    old = next((name for name in MISNAMED if parameter(node, name) is not None), None)
    if old is not None:
        message = f"Rename `{old}` to `training`, which Keras sets: `{finding.symbol}` then follows `fit`"
        changes = renamed(scene, finding.site, node, old)
        yield message, changes
        if changes is not None:
            default = scene.editor(finding.site[0]).set_default(parameter(node, old), "None")
            yield message, [*changes, *default]


def _unpinned(scene, finding, node):
    """KER104"""
    if isinstance(node, cst.Call) and keyword(node, "training") is not None:
        message = "Pass `training=training`: the layer then follows the mode of the model"
        yield message, forward(scene, finding.site)


def _not_leaked(scene, finding, node):
    """KER105"""
    yield from _forwarded(scene, finding, node)
    # Up to 3.9 a None that is passed gives way to the context: what came into it has to be kept out.
    path, tree = finding.site[0], scene.tree(finding.site[0])
    function = tree.around(node, cst.FunctionDef)
    for site in reversed([site for site in scene.callees if site is not None and site < finding.site]):
        call = scene.node(site) if site[0] == path else None
        if (
            isinstance(call, cst.Call)
            and function is not None
            and function is tree.around(call, cst.FunctionDef)
        ):
            message = "Pass `training=training` to a layer before it, whose default then stays out of the call context"
            yield message, forward(scene, site) if keyword(call, "training") is None else None


def _forwarded(scene, finding, node):
    """KER116"""
    message = "Pass `training=training`: the layer then gets the mode of its own `call`"
    yield message, forward(scene, finding.site)


def _not_reset(scene, finding, node):
    """KER106"""
    if isinstance(node, cst.Call) and keyword(node, "training") is not None:
        editor = scene.editor(finding.site[0])
        message = "Leave out `training=None`: the call context then carries the mode"
        yield message, editor.remove_argument(node, keyword(node, "training"))
        yield from _forwarded(scene, finding, node)
    yield from _told(scene, finding, node)


def _not_overwritten(scene, finding, node):
    """KER107"""
    if isinstance(node, cst.Call) and keyword(node, "training") is not None:
        yield from _unpinned(scene, finding, node)
    if isinstance(node, (cst.Assign, cst.AnnAssign, cst.AugAssign)):
        tree = scene.tree(finding.site[0])
        line = tree.parent(node)
        if isinstance(line, cst.SimpleStatementLine):
            message = (
                f"Remove `{tree.written(node)}`: the mode that `{finding.symbol}` was called with then stays"
            )
            yield message, scene.editor(finding.site[0]).remove_statement(line)
    yield from _told(scene, finding, node)


def _told(scene, finding, node):
    """KER106, KER107: a helper that is called without the mode."""
    message = f"Pass `training=training` to `{finding.symbol}`, instead of its default"
    yield message, told_callers(scene, finding)


def _called(scene, finding, node):
    """KER108"""
    if not isinstance(node, cst.Call):
        return
    yield "Pass `training=training`, which `.call` does not look up", forward(scene, finding.site)
    function = node.func
    if isinstance(function, cst.Attribute) and function.attr.value == "call":
        tree, editor = scene.tree(finding.site[0]), scene.editor(finding.site[0])
        layer_end, end = tree.span(function.value)[1], tree.span(function)[1]
        if not tree.written(function.value).startswith("super()"):
            yield (
                "Call the layer itself, which looks up the mode",
                [editor.change(layer_end, end, "")],
            )


def _default_none(scene, finding, node):
    """KER109, KER115"""
    param = parameter(node, "training") if isinstance(node, cst.FunctionDef) else None
    if param is not None:
        message = f"Let `training` of `{finding.symbol}` default to None: the mode is then Keras's to say"
        yield message, scene.editor(finding.site[0]).set_default(param, "None")


def _by_name(scene, finding, node):
    """KER110"""
    editor = scene.editor(finding.site[0])
    given = [arg for arg in node.args if not arg.star and arg.keyword is None]
    names = scene.positional(finding.site)
    starred = any(arg.star for arg in node.args)
    if "training" in names[: len(given)] and len(names) >= len(given) and not starred:
        # What follows an argument by name has to be given by name too.
        at = names.index("training")
        changes = [editor.name_argument(arg, name) for arg, name in zip(given[at:], names[at:])]
        followed = " and what follows it" if len(changes) > 1 else ""
        yield f"Pass `training`{followed} by name", [change for each in changes for change in each]
    named = [arg for arg in given[1:] if isinstance(arg.value, cst.Name) and arg.value.value == "training"]
    for arg in named[:1] or given[1:][-1:]:
        if all(other.keyword is not None for other in node.args[node.args.index(arg) + 1 :]):
            yield "Pass `training` by name", editor.name_argument(arg, "training")


def _truth(scene, finding, node):
    """KER111"""
    if isinstance(node, (cst.If, cst.IfExp)):
        tree, editor = scene.tree(finding.site[0]), scene.editor(finding.site[0])
        message = "Test the truth of `training`: None and False then take the right branch"
        same = [
            each
            for branch in _branches(tree, node)
            for each in walk(branch.test)
            if isinstance(each, cst.Comparison) and tree.written(each) == tree.written(node.test)
        ]
        yield message, [change for each in same for change in editor.replace(each, "training")]


def _branches(tree, node) -> list:
    """The `if` and all `elif` of which a node is one."""
    while isinstance(tree.parent(node), cst.If):
        node = tree.parent(node)
    found = [node]
    while isinstance(getattr(found[-1], "orelse", None), cst.If):
        found.append(found[-1].orelse)
    return found


def _no_phase(scene, finding, node):
    """KER401: `training = K.learning_phase()` in a function that is told `training`"""
    tree, editor = scene.tree(finding.site[0]), scene.editor(finding.site[0])
    assign, function = tree.parent(node), tree.around(node, cst.FunctionDef)
    if not isinstance(assign, cst.Assign) or function is None or parameter(function, "training") is None:
        return
    if [tree.written(target.target) for target in assign.targets] != ["training"]:
        return
    line, branch = tree.parent(assign), tree.around(assign, cst.If, cst.FunctionDef)
    if isinstance(branch, cst.If) and tree.written(branch.test) == "training is None":
        message = (
            "Let `training` be False where nothing says it, which is what Keras 2's learning phase is then"
        )
        yield message, editor.replace(node, "False")
    elif isinstance(line, cst.SimpleStatementLine):
        message = f"Remove `{tree.written(assign)}`: the mode is in `training` itself"
        yield message, editor.remove_statement(line)


def _training(scene, finding, node):
    """KER201, KER203"""
    yield from _with_value(scene, finding, node, "True", "the model then trains")


def _inferring(scene, finding, node):
    """KER202"""
    yield from _with_value(scene, finding, node, "False", "the model then infers")


def _with_value(scene, finding, node, value, consequence):
    if not isinstance(node, cst.Call):
        return
    callee = accepted(scene, finding.site)
    if callee is None:
        return
    editor = scene.editor(finding.site[0])
    here = passed(scene, finding.site[0], node)
    values = [value] if here is None or here[1] or here[0] == value else [here[0], value]
    for each in values:
        changes = editor.set_argument(node, "training", each)
        if changes is not None:
            yield f"Pass `training={each}`: {consequence}", [*changes, *callee]


MAKERS: dict[str, Callable] = {
    "KER101": _parameter,
    "KER102": _callee_parameter,
    "KER103": _rename,
    "KER104": _unpinned,
    "KER105": _not_leaked,
    "KER106": _not_reset,
    "KER107": _not_overwritten,
    "KER108": _called,
    "KER109": _default_none,
    "KER110": _by_name,
    "KER111": _truth,
    "KER115": _default_none,
    "KER116": _forwarded,
    "KER201": _training,
    "KER202": _inferring,
    "KER203": _training,
    "KER401": _no_phase,
}
FIXED = frozenset((*MAKERS, "KER901"))
