"""What the code of a function says of its argument: the rank it must have, and that it holds numbers of rows."""

from __future__ import annotations

import ast
import copy
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from keraslint.verify.inside import documented
from keraslint.verify.inside.calls import last_name

_SHAPES = {"shape", "int_shape", "get_shape", "shape_list", "as_list"}
_SAYS_SHAPE = {*_SHAPES, "len", "ndim", "rank", "size"}
_ORDERS = {"transpose", "permute_dimensions", "permute"}
_TAKES_INDICES = {"gather": 1, "take": 1, "embedding_lookup": 1, "one_hot": 0, "segment_sum": 1}
_TAKES_SIZES = {
    "normal",
    "uniform",
    "truncated_normal",
    "randn",
    "zeros",
    "ones",
    "fill",
    "full",
    "range",
    "arange",
}
_SHAPES_ANOTHER = {"reshape", "broadcast_to"}  # to the sizes that come second
_OTHER_RANK = re.compile(
    r"embed|flatten|reshape|rearrange|global|expand|squeeze|reduce_|one_hot|stack|gather|lookup|pool|einsum|token",
    re.I,
)
_LEFT_OUT = re.compile(r"mask|past|cache", re.I)
_DEPTH = 2


class Hint(NamedTuple):
    """ranks: those it is said to have, the likeliest first. least: the rank it has at least.

    indices: it holds numbers of rows. count: it is a number, of rows or of steps. flag: it is tested for its truth.
    """

    ranks: tuple[int, ...]
    least: int
    indices: bool
    count: bool = False
    flag: bool = False


def hint(owner: type, function: ast.FunctionDef | None, name: str, sources, depth: int = _DEPTH) -> Hint:
    """What a method of a class says of one of its arguments, by how it uses it and by its docstring."""
    if function is None:
        return Hint((), 0, False)
    function = _while_it_is(function, name)
    names = aliases(function, name)
    shapes = {target for target, value in assigned(function) if is_shape(value, names)}
    ranks, least, indices, count, flag = [], 0, False, False, False
    for node in ast.walk(function):
        ranks += _exact(node, names, shapes)
        least = max(least, _at_least(node, names, shapes))
        indices = indices or _is_index(node, names)
        count = count or _is_size(node, names)
        flag = flag or _is_tested(node, names)
    if depth:
        for helper, parameter in handed_on(owner, function, names, sources):
            inner = hint(owner, helper, parameter, sources, depth - 1)
            ranks += inner.ranks
            least, indices = max(least, inner.least), indices or inner.indices
            count, flag = count or inner.count, flag or inner.flag
    ranks += documented.ranks(documented.documentation(owner, function), name)
    return Hint(tuple(dict.fromkeys(r for r in ranks if least <= r <= 5)), least, indices, count, flag)


def _while_it_is(function: ast.FunctionDef, name: str) -> ast.FunctionDef:
    """The function up to where a name is bound to what has another rank: `x = self.embedding(x)`."""
    for at, statement in enumerate(function.body):
        for target, value in assigned(statement) if isinstance(statement, ast.Assign) else ():
            if target == name and isinstance(value, ast.Call) and _OTHER_RANK.search(last_name(value.func)):
                cut = copy.copy(function)
                cut.body = function.body[: at + 1]
                return cut
    return function


def definition(owner: type, method: str, sources: Mapping[str, str]) -> ast.FunctionDef | None:
    """The syntax tree of the method that runs, if it is one of the sources'. sources: filename -> text."""
    try:
        code = inspect.unwrap(getattr(owner, method)).__code__
        functions = _functions(sources[code.co_filename]) if code.co_filename in sources else {}
    except (AttributeError, KeyError, OSError, SyntaxError, ValueError):
        return None
    return functions.get((method, code.co_firstlineno))


@lru_cache(maxsize=64)
def _functions(text: str) -> dict[tuple[str, int], ast.FunctionDef]:
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    lines = text.splitlines()
    for node in found:
        node.comments = documented.comments(node, lines)
    return {(node.name, min([node.lineno, *(d.lineno for d in node.decorator_list)])): node for node in found}


def aliases(function: ast.FunctionDef, name: str) -> set[str]:
    """The argument's names: `x = inputs`, `x = tf.cast(inputs, ...)`."""
    found = {name}
    for target, value in assigned(function):
        if isinstance(value, ast.Call) and value.args and not of_self(value.func):
            value = value.args[0] if last_name(value.func) not in _SAYS_SHAPE else value
        if isinstance(value, ast.Name) and value.id in found:
            found.add(target)
    return found


def parts_of(function: ast.FunctionDef, name: str) -> tuple[ast.FunctionDef, list[str], list[str]]:
    """The names of the parts that a function takes its argument apart into, and a function in which those are names.

    `a, b = inputs` and `[x, y] = [f(i) for i in inputs]` name them; what is only indexed is called `inputs[0]`.
    The last are the keys, where the parts have some.
    """
    names = aliases(function, name)
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Tuple, ast.List)):
            value = node.value.generators[0].iter if isinstance(node.value, ast.ListComp) else node.value
            if _is_name(value, names) and not any(
                isinstance(part, ast.Starred) for part in node.targets[0].elts
            ):
                return function, [ast.unparse(part) for part in node.targets[0].elts], []
    renamed = _Indexed(names, name)
    function = renamed.visit(copy.deepcopy(function))
    keys = [key for key in renamed.keys if isinstance(key, str)]
    count = max((key + 1 for key in renamed.keys if isinstance(key, int)), default=0)
    if keys:
        return function, [f"{name}[{key!r}]" for key in keys], keys
    return function, [f"{name}[{at}]" for at in range(count)] if count > 1 else [], []


def gone_through(function: ast.FunctionDef, name: str) -> str:
    """What a loop of a function calls each of the argument's parts: `x` of `for x in inputs`; "" if there is none."""
    loops = (node for node in ast.walk(function) if isinstance(node, (ast.For, ast.comprehension)))
    found = (
        loop.target.id for loop in loops if _is_name(loop.iter, {name}) and isinstance(loop.target, ast.Name)
    )
    return next(found, "")


class _Indexed(ast.NodeTransformer):
    """Makes `inputs[0]` and `inputs["x"]` names, and notes the keys."""

    def __init__(self, names: set[str], name: str):
        self.names, self.name = names, name
        self.keys: dict = {}

    def visit_Subscript(self, node: ast.Subscript):
        self.generic_visit(node)
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if not _is_name(node.value, self.names) or type(key) not in (int, str):
            return node
        self.keys[key] = None
        return ast.copy_location(ast.Name(f"{self.name}[{key!r}]", node.ctx), node)


def may_be_none(function: ast.FunctionDef, name: str) -> bool:
    """`if past is not None:`; a mask, and what was kept of calls before, mostly may be None."""
    compared = (
        node.left
        for node in ast.walk(function)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Is, ast.IsNot))
    )
    return bool(_LEFT_OUT.search(name)) or any(_is_name(left, {name}) for left in compared)


def rank_of_shape(function: ast.FunctionDef, name: str) -> int:
    """The rank of a shape, by how a function takes it apart or indexes it; 0 if that says nothing.

    Where `shape[2]` and `shape[-1]` are two things, there are four.
    """
    if name.startswith("("):
        return name.count(",") + (not name.endswith(",)"))
    indexed, parts, _ = parts_of(function, name)
    last = any(
        isinstance(node, ast.Subscript)
        and _is_name(node.value, {name})
        and isinstance(node.slice, ast.UnaryOp)
        for node in ast.walk(indexed)
    )
    return len(parts) + (last and len(parts) > 1)


def assigned(function: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that are bound alone, each with the value."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def of_self(node) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def is_shape(node: ast.AST, names: set[str]) -> bool:
    """`x.shape`, `tf.shape(x)`, `tf.unstack(tf.shape(x))`, but not one number of it."""
    if isinstance(node, ast.Attribute):
        return node.attr in _SHAPES and _is_name(node.value, names)
    if isinstance(node, ast.Call):
        callee = last_name(node.func)
        if callee in _SHAPES | {"shape"} and node.args and _is_name(node.args[0], names):
            return True
        inner = [*node.args[:1], *([node.func] if isinstance(node.func, ast.Attribute) else [])]
        return callee in _SHAPES | {"unstack", "list", "tuple"} and any(
            is_shape(part.value if part is node.func and callee == "as_list" else part, names)
            for part in inner
        )
    return False


def _exact(node: ast.AST, names: set[str], shapes: set[str]) -> list[int]:
    """`b, n, d = x.shape`, `transpose(x, (0, 2, 1))`, `einsum("bnd,bmd->bnm", x, y)`."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Tuple, ast.List)):
        parts = node.targets[0].elts
        if is_shape(node.value, names) or _is_name(node.value, shapes):
            return [] if any(isinstance(part, ast.Starred) for part in parts) else [len(parts)]
    if not isinstance(node, ast.Call):
        return []
    callee = last_name(node.func)
    if callee in _ORDERS and node.args and _is_name(node.args[0], names):
        orders = [*node.args[1:], *(k.value for k in node.keywords)]
        return [len(order.elts) for order in orders[:1] if isinstance(order, (ast.Tuple, ast.List))]
    if callee == "einsum" and node.args and isinstance(node.args[0], ast.Constant):
        terms = str(node.args[0].value).split("->")[0].split(",")
        return [
            len(term.replace(" ", ""))
            for term, operand in zip(terms, node.args[1:])
            if _is_name(operand, names) and "." not in term
        ]
    return []


def _at_least(node: ast.AST, names: set[str], shapes: set[str]) -> int:
    """`x.shape[2]`, `x[:, :, 0]`, `[x.shape[i] for i in range(3)]`, `reduce_mean(x, axis=[1, 2])`."""
    if isinstance(node, ast.Subscript):
        if is_shape(node.value, names) or _is_name(node.value, shapes):
            return _after(node.slice)
        if _is_name(node.value, names) and isinstance(node.slice, ast.Tuple):
            parts = node.slice.elts
            plain = [p for p in parts if not (isinstance(p, ast.Constant) and p.value in (None, ...))]
            return len([p for p in plain if last_name(p) != "newaxis"])
    if isinstance(node, ast.ListComp) and _indexes_shape(node.elt, names):
        of = node.generators[0].iter
        counted = (
            isinstance(of, ast.Call)
            and last_name(of.func) == "range"
            and isinstance(of.args[-1], ast.Constant)
        )
        return of.args[-1].value if counted and type(of.args[-1].value) is int else 0
    if isinstance(node, ast.Call) and node.args and _is_name(node.args[0], names):
        if last_name(node.func) not in ("expand_dims", "stack", "repeat"):
            return max((_after(k.value) for k in node.keywords if k.arg == "axis"), default=0)
    return 0


def _indexes_shape(node: ast.expr, names: set[str]) -> bool:
    return isinstance(node, ast.Subscript) and is_shape(node.value, names)


def _after(node: ast.expr) -> int:
    """The rank that an axis, or the greatest of several, needs."""
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List)) else [node]
    sign = {ast.USub: -1}
    found = [0]
    for part in parts:
        if isinstance(part, ast.UnaryOp) and isinstance(part.operand, ast.Constant):
            part, factor = part.operand, sign.get(type(part.op), 1)
        else:
            factor = 1
        if isinstance(part, ast.Constant) and type(part.value) is int:
            found.append(part.value + 1 if factor > 0 else part.value)
    return max(found)


def _is_index(node: ast.AST, names: set[str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    position = _TAKES_INDICES.get(last_name(node.func))
    return position is not None and len(node.args) > position and _is_name(node.args[position], names)


def _is_size(node: ast.AST, names: set[str]) -> bool:
    """`zeros((n, 4))`, `range(n)`, `reshape(x, (-1, n * m, 4))`."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    if last_name(node.func) in _SHAPES_ANOTHER:
        listed = [each for each in node.args[1:2] if isinstance(each, (ast.Tuple, ast.List))]
        return any(_is_factor(part, names) for each in listed for part in each.elts)
    first = node.args[0]
    sizes = first.elts if isinstance(first, (ast.Tuple, ast.List)) else [first]
    return last_name(node.func) in _TAKES_SIZES and any(_is_name(part, names) for part in sizes)


def _is_factor(node: ast.expr, names: set[str]) -> bool:
    """`n`, and `n * m`."""
    if isinstance(node, ast.BinOp):
        return _is_factor(node.left, names) or _is_factor(node.right, names)
    return _is_name(node, names)


def _is_tested(node: ast.AST, names: set[str]) -> bool:
    """`if x:`, `x and y`, `not x`."""
    if isinstance(node, (ast.If, ast.IfExp)):
        return _is_name(node.test, names)
    if isinstance(node, ast.BoolOp):
        return any(_is_name(value, names) for value in node.values)
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and _is_name(node.operand, names)


def handed_on(owner: type, function, names: set[str], sources) -> Iterator[tuple[ast.FunctionDef, str]]:
    """The methods of the object that the argument is handed to, and what they call it."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not of_self(node.func) or node.func.attr == function.name:
            continue
        helper = definition(owner, node.func.attr, sources)
        if helper is None:
            continue
        parameters = [a.arg for a in helper.args.args]
        parameters = parameters[1:] if parameters[:1] == ["self"] else parameters
        for parameter, given in zip(parameters, node.args):
            if _is_name(given, names):
                yield helper, parameter


def _is_name(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names
