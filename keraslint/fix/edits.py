"""Single edits of a text: a parameter more, an argument set or left out, a statement gone.

Each returns the changes to make, or None where the code is written so that it cannot be done simply.
"""

from __future__ import annotations

import re

import libcst as cst

from keraslint.fix.text import Change, line_end, newline
from keraslint.fix.tree import Tree, keyword, parameter, parameters, walk

_IMPORTS_OPTIONAL = re.compile(r"^from typing import (?:\([^)]*|[^\n(]*)\bOptional\b", re.MULTILINE)
_REST_OF_ITEM = re.compile(r"[ \t]*,?[ \t]*(#.*)?$")


class Editor:
    """Writes changes of one file."""

    def __init__(self, path: str, tree: Tree):
        self.path, self.tree = path, tree

    def change(self, start: int, end: int, content: str) -> Change:
        return Change(self.path, start, end, content)

    def replace(self, node, content: str) -> list[Change]:
        return [self.change(*self.tree.span(node), content)]

    # ------------------------------------------------------------ parameters

    def add_training(self, function: cst.FunctionDef) -> list[Change] | None:
        """`training=None` after the other parameters, in the file's own style."""
        if parameter(function, "training") or _has_local(function, "training") or _has_signature(function):
            return None
        params = function.params
        last = (
            params.kwonly_params[-1]
            if params.kwonly_params
            else params.star_arg
            if isinstance(params.star_arg, cst.Param)
            else params.params[-1]
            if params.params
            else None
        )
        annotated = any(p.annotation is not None for p in parameters(function))
        written = f"training: {self.optional_bool()} = None" if annotated else "training=None"
        if last is None:
            return self._after_slash(function, written)
        return self._append(last, last.comma, self.tree.span(function.name)[0], written)

    def _after_slash(self, function, written):
        slash = function.params.posonly_ind
        if not isinstance(slash, cst.ParamSlash):
            return None
        end = self.tree.text.index("/", self.tree.span(function.params.posonly_params[-1])[1]) + 1
        return [self.change(end, end, f", {written}")]

    def optional_bool(self) -> str:
        """How the file would annotate a flag that may be None."""
        return "Optional[bool]" if _IMPORTS_OPTIONAL.search(self.tree.text) else "bool | None"

    def set_default(self, param: cst.Param, default: str) -> list[Change]:
        if param.default is None:
            end = self.tree.span(param)[1]
            return [self.change(end, end, f" = {default}" if param.annotation else f"={default}")]
        changes = self.replace(param.default, default)
        annotation = param.annotation.annotation if param.annotation else None
        if default == "None" and isinstance(annotation, cst.Name) and annotation.value == "bool":
            changes += self.replace(annotation, self.optional_bool())
        return changes

    # ------------------------------------------------------------ arguments

    def set_argument(self, call: cst.Call, name: str, value: str) -> list[Change] | None:
        """The call with `name=value`, instead of what it gives by that name or after its other arguments."""
        given = keyword(call, name)
        if given is not None:
            return self.replace(given.value, value)
        if any(arg.star == "**" and not self._lacks(call, arg, name) for arg in call.args):
            return None
        named = [arg for arg in call.args if arg.star != "**"]
        if not call.args:
            at = self.tree.span(call)[1] - 1
            return [self.change(at, at, f"{name}={value}")]
        if isinstance(call.args[0].value, cst.GeneratorExp) and not call.args[0].value.lpar:
            return None
        if not named:
            at = self.tree.span(call.args[0])[0]
            return [self.change(at, at, f"{name}={value}, ")]
        return self._append(named[-1], named[-1].comma, self.tree.span(call.func)[1], f"{name}={value}")

    def _lacks(self, call, arg, name) -> bool:
        """Whether `**kwargs` cannot hold the argument: the function's own, where it names it as a parameter."""
        function = self.tree.around(call, cst.FunctionDef)
        rest = function.params.star_kwarg if function is not None else None
        return (
            rest is not None
            and isinstance(arg.value, cst.Name)
            and arg.value.value == rest.name.value
            and (parameter(function, name) is not None or function.name.value == "call")
        )

    def name_argument(self, arg: cst.Arg, name: str) -> list[Change]:
        """A positional argument as a keyword argument."""
        at = self.tree.span(arg)[0]
        return [self.change(at, at, f"{name}=")]

    def remove_argument(self, call: cst.Call, arg: cst.Arg) -> list[Change] | None:
        at = next(i for i, each in enumerate(call.args) if each is arg)
        start, end = self.tree.span(arg)
        if at > 0:
            start = self.tree.span(call.args[at - 1])[1]
        elif len(call.args) > 1:
            end = self.tree.span(call.args[1])[0]
        else:
            end = self.tree.span(call)[1] - 1
        return None if "#" in self.tree.text[start:end] else [self.change(start, end, "")]

    # ------------------------------------------------------------ statements

    def remove_statement(self, line: cst.SimpleStatementLine) -> list[Change] | None:
        """A statement without its lines; without the `if` around it where it is all that this does."""
        if len(line.body) != 1:
            return None
        node: cst.CSTNode = line
        block = self.tree.parent(line)
        if len(block.body) == 1:
            node = self.tree.parent(block)
            if not isinstance(node, cst.If) or node.orelse is not None or self._is_elif(node):
                return None
            if len(self.tree.parent(node).body) == 1:
                return None
        start, end = self.tree.span(node)
        text = self.tree.text
        first, last = text.rfind("\n", 0, start) + 1, _next_line(text, end)
        siblings = self.tree.parent(node).body
        opens = siblings[0] is node or text[:first].endswith(("\n\n", "\r\n\r\n"))
        if opens and siblings[-1] is not node:
            # Blank lines behind it would open the block, or follow others.
            while not text[last : line_end(text, last)].strip():
                last = _next_line(text, last)
        return [self.change(first, last, "")]

    def _is_elif(self, node) -> bool:
        parent = self.tree.parent(node)
        return isinstance(parent, cst.If) and parent.orelse is node

    # ------------------------------------------------------------ items of a list in brackets

    def _append(self, last, comma, opened: int, written: str) -> list[Change]:
        """One more item after the last: on a line of its own if that has one."""
        text = self.tree.text
        start, end = self.tree.span(last)
        first = text.rfind("\n", 0, start) + 1
        indent = text[first:start]
        stop = line_end(text, end)
        alone = not indent.strip() and first > opened and _REST_OF_ITEM.fullmatch(text[end:stop])
        if not alone:
            return [self.change(end, end, f", {written}")]
        has_comma = isinstance(comma, cst.Comma)
        item = f"{newline(text)}{indent}{written}{',' if has_comma else ''}"
        if has_comma or stop == end:
            return [self.change(stop, stop, item if has_comma else f",{item}")]
        return [self.change(end, end, ","), self.change(stop, stop, item)]


def _next_line(text: str, offset: int) -> int:
    """Where the line after the one around an offset starts; the end of the text if there is none."""
    end = line_end(text, offset)
    return end + len(newline(text[end:])) if end < len(text) else end


def _has_local(function: cst.FunctionDef, name: str) -> bool:
    """Whether the function's body uses this name for something else, as far as it is not a parameter of an inner one."""
    return any(isinstance(node, cst.Name) and node.value == name for node in names_in(function.body, name))


def names_in(node, name: str):
    """The uses of a variable below a node; those in inner functions that have a parameter of this name are others."""
    if isinstance(node, cst.Name):
        if node.value == name:
            yield node
        return
    if isinstance(node, (cst.FunctionDef, cst.Lambda)) and parameter(node, name) is not None:
        for param in parameters(node):
            if param.default is not None:
                yield from names_in(param.default, name)
        return
    if isinstance(node, cst.Attribute):
        yield from names_in(node.value, name)
        return
    if isinstance(node, cst.Arg):
        yield from names_in(node.value, name)
        return
    for child in node.children:
        yield from names_in(child, name)


def _has_signature(function: cst.FunctionDef) -> bool:
    """Whether a decorator fixes the arguments, as `tf.function(input_signature=...)` does."""
    return any(
        isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "input_signature"
        for decorator in function.decorators
        for node in walk(decorator)
    )
