"""libcst's tree becomes a summary, by an own walk over the nodes that mean something.

libcst's visitors and metadata wrappers cost several times the parse itself, so there are none here:
each node type has one function, looked up by type.
"""

from __future__ import annotations

import ast
from itertools import chain

import libcst as cst

from keraslint import summary as s


class _Lowering:
    """The nodes that got a number, in order."""

    def __init__(self, first):
        self.nodes = []
        self.next = first

    def number(self, node) -> int:
        self.nodes.append(node)
        self.next += 1
        return self.next - 1


def lower(tree: cst.Module, first: int = 0) -> tuple[s.Summary, list[cst.CSTNode]]:
    """The module's summary, and the nodes that the numbers in it, from `first` on, stand for."""
    low = _Lowering(first)
    body = _body(low, tree.body)
    return s.Summary(body, len(low.nodes)), low.nodes


# ---------------------------------------------------------------- statements


def _body(low, statements) -> tuple:
    out = []
    for statement in statements:
        if type(statement) is cst.SimpleStatementLine:
            _simple(low, statement, out)
        else:
            out.append(_COMPOUND[type(statement)](low, statement))
    return tuple(out)


def _suite(low, suite) -> tuple:
    if type(suite) is cst.IndentedBlock:
        return _body(low, suite.body)
    out: list = []
    _simple(low, suite, out)
    return tuple(out)


def _simple(low, line, out):
    for small in line.body:
        lowered = _SMALL.get(type(small), _nothing)(low, small)
        if lowered is not None:
            out.append(lowered)


def _nothing(low, node):
    return None


def _assign(low, node):
    at = low.number(node)
    value = _expr(low, node.value)
    return s.Assign(tuple(_expr(low, t.target) for t in node.targets), value, at)


def _ann_assign(low, node):
    if node.value is None:
        return None
    at = low.number(node)
    value = _expr(low, node.value)
    return s.Assign((_expr(low, node.target),), value, at)


def _aug_assign(low, node):
    at = low.number(node)
    op = _AUGMENTED.get(type(node.operator), "?")
    return s.AugAssign(_expr(low, node.target), op, _expr(low, node.value), at)


def _eval(low, node):
    value = node.value
    if isinstance(value, (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis)):
        return None
    at = low.number(node)
    return s.Eval(_expr(low, value), at)


def _return(low, node):
    at = low.number(node)
    return s.Return(_expr(low, node.value) if node.value else s.Const(None), at)


def _raise(low, node):
    at = low.number(node)
    return s.Raise(_expr(low, node.exc) if node.exc else None, at)


def _import(low, node):
    return s.Import(tuple((_dotted(n.name), _alias(n)) for n in node.names))


def _import_from(low, node):
    module = _dotted(node.module) if node.module else ""
    level = len(node.relative)
    if isinstance(node.names, cst.ImportStar):
        return s.ImportFrom(module, level, None)
    return s.ImportFrom(module, level, tuple((_dotted(n.name), _alias(n)) for n in node.names))


def _alias(node):
    return node.asname.name.value if node.asname else None


def _dotted(node) -> str:
    if type(node) is cst.Name:
        return node.value
    return f"{_dotted(node.value)}.{node.attr.value}"


def _delete(low, node):
    target = node.target
    parts = [e.value for e in target.elements] if type(target) is cst.Tuple else [target]
    return s.Delete(tuple(_expr(low, p) for p in parts))


def _scope(low, node):
    return s.Scope(tuple(item.name.value for item in node.names))


def _if(low, node):
    at = low.number(node)
    test = _expr(low, node.test)
    body = _suite(low, node.body)
    orelse: tuple = ()
    if type(node.orelse) is cst.If:
        orelse = (_if(low, node.orelse),)
    elif node.orelse is not None:
        orelse = _suite(low, node.orelse.body)
    return s.If(test, body, orelse, at)


def _for(low, node):
    at = low.number(node)
    target, iterated = _expr(low, node.target), _expr(low, node.iter)
    return s.For(target, iterated, _suite(low, node.body), _orelse(low, node), at)


def _while(low, node):
    at = low.number(node)
    return s.While(_expr(low, node.test), _suite(low, node.body), _orelse(low, node), at)


def _orelse(low, node) -> tuple:
    return _suite(low, node.orelse.body) if node.orelse else ()


def _with(low, node):
    at = low.number(node)
    items = tuple((_expr(low, i.item), _expr(low, i.asname.name) if i.asname else None) for i in node.items)
    return s.With(items, _suite(low, node.body), at)


def _try(low, node):
    body = _suite(low, node.body)
    handlers = tuple(
        (h.name.name.value if h.name and type(h.name.name) is cst.Name else None, _suite(low, h.body))
        for h in node.handlers
    )
    final = _suite(low, node.finalbody.body) if node.finalbody else ()
    return s.Try(body, handlers, _orelse(low, node), final)


def _function(low, node):
    at = low.number(node)
    decorators = tuple(_expr(low, d.decorator) for d in node.decorators)
    params = _params(low, node.params)
    return s.Function(node.name.value, params, _suite(low, node.body), decorators, at)


def _params(low, params) -> tuple:
    out = []
    for param in (*params.posonly_params, *params.params):
        out.append(_param(low, param, "positional"))
    if isinstance(params.star_arg, cst.Param):
        out.append(_param(low, params.star_arg, "star"))
    for param in params.kwonly_params:
        out.append(_param(low, param, "keyword"))
    if params.star_kwarg is not None:
        out.append(_param(low, params.star_kwarg, "starstar"))
    return tuple(out)


def _param(low, param, kind):
    default = _expr(low, param.default) if param.default is not None else None
    annotation = param.annotation
    written = s.text(_expr(low, annotation.annotation)) if annotation is not None else None
    return s.Param(param.name.value, kind, default, written)


def _class(low, node):
    at = low.number(node)
    decorators = tuple(_expr(low, d.decorator) for d in node.decorators)
    bases = tuple(_arg(low, a) for a in (*node.bases, *node.keywords))
    return s.Class(node.name.value, bases, _suite(low, node.body), decorators, at, _annotated(node))


def _annotated(node) -> tuple[str, ...]:
    """The names that a class body annotates: the fields of a dataclass."""
    lines = [line.body for line in node.body.body if isinstance(line, cst.SimpleStatementLine)]
    found = [part for line in lines for part in line if isinstance(part, cst.AnnAssign)]
    return tuple(part.target.value for part in found if isinstance(part.target, cst.Name))


def _match(low, node):
    subject = _expr(low, node.subject)
    return s.Match(subject, tuple(_case(low, case) for case in node.cases))


def _case(low, case):
    bound, tests = _bound(case.pattern), _pattern_tests(low, case.pattern)
    if case.guard is None:
        return s.Case(bound, _suite(low, case.body), tests, False)
    at = low.number(case.guard)
    return s.Case(bound, (s.If(_expr(low, case.guard), _suite(low, case.body), (), at),), tests, True)


def _pattern_tests(low, pattern) -> tuple | None:
    if isinstance(pattern, cst.MatchAs):
        return _pattern_tests(low, pattern.pattern) if pattern.pattern is not None else ()
    if isinstance(pattern, cst.MatchOr):
        found = [_pattern_tests(low, part.pattern) for part in pattern.patterns]
        return None if None in found else () if () in found else tuple(chain(*found))
    if isinstance(pattern, (cst.MatchSingleton, cst.MatchValue)):
        return (("is" if isinstance(pattern, cst.MatchSingleton) else "==", _expr(low, pattern.value)),)
    return None


def _bound(pattern) -> tuple:
    """The names that a pattern binds."""
    names, stack = [], [pattern]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.MatchAs, cst.MatchStar)) and node.name is not None:
            names.append(node.name.value)
        stack.extend(child for child in node.children if not isinstance(child, cst.Name))
    return tuple(names)


_SMALL = {
    cst.Assign: _assign,
    cst.AnnAssign: _ann_assign,
    cst.AugAssign: _aug_assign,
    cst.Expr: _eval,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.Del: _delete,
    cst.Global: _scope,
    cst.Nonlocal: _scope,
    cst.Assert: lambda low, n: s.Assert(_expr(low, n.test)),
    cst.Break: lambda low, n: s.Break(),
    cst.Continue: lambda low, n: s.Continue(),
}
_COMPOUND = {
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
    cst.Match: _match,
}

# ---------------------------------------------------------------- expressions


def _expr(low, node):
    return _EXPR.get(type(node), _opaque)(low, node)


def _opaque(low, node):
    parts = [getattr(node, name, None) for name in ("value", "expression", "item")]
    parts = [part.item if type(part) is cst.From else part for part in parts]
    return s.Opaque(tuple(_expr(low, p) for p in parts if isinstance(p, cst.BaseExpression)))


def _call(low, node):
    at = low.number(node)
    func = _expr(low, node.func)
    return s.Call(func, tuple([_arg(low, a) for a in node.args]), at)


def _arg(low, node):
    keyword = node.keyword
    return s.Arg(_expr(low, node.value), keyword.value if keyword is not None else None, node.star)


def _literal(low, node):
    try:
        return s.Const(ast.literal_eval(node.value))
    except (ValueError, SyntaxError):
        return s.Opaque(())


def _concatenated(low, node):
    left, right = _expr(low, node.left), _expr(low, node.right)
    if isinstance(left, s.Const) and isinstance(right, s.Const) and type(left.value) is type(right.value):
        return s.Const(left.value + right.value)
    return s.FString(_string_parts(left) + _string_parts(right))


def _string_parts(expr) -> tuple:
    if isinstance(expr, s.FString):
        return expr.parts
    return (expr.value,) if isinstance(expr, s.Const) and isinstance(expr.value, str) else (expr,)


def _fstring(low, node):
    parts: list = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            parts.append(part.value)
        elif part.format_spec or part.conversion:
            parts.append(s.Opaque((_expr(low, part.expression),)))
        else:
            parts.append(_expr(low, part.expression))
    return s.FString(tuple(parts))


def _elements(low, node) -> tuple:
    return tuple([_element(low, e) for e in node.elements])


def _element(low, element):
    value = _expr(low, element.value)
    return s.Star(value) if type(element) is cst.StarredElement else value


def _dict(low, node):
    pairs = []
    for element in node.elements:
        value = _expr(low, element.value)
        key = _expr(low, element.key) if type(element) is cst.DictElement else None
        pairs.append((key, value))
    return s.Map(tuple(pairs))


def _subscript(low, node):
    value = _expr(low, node.value)
    parts = [_slice(low, e.slice) for e in node.slice]
    return s.Sub(value, parts[0] if len(parts) == 1 else s.Seq("tuple", tuple(parts)))


def _slice(low, node):
    if type(node) is cst.Index:
        return _expr(low, node.value)
    bounds = (node.lower, node.upper, node.step)
    return s.Slice(*(_expr(low, b) if b is not None else None for b in bounds))


def _clauses(low, clause) -> tuple:
    out = []
    while clause is not None:
        target, iterated = _expr(low, clause.target), _expr(low, clause.iter)
        out.append(s.Clause(target, iterated, tuple(_expr(low, i.test) for i in clause.ifs)))
        clause = clause.inner_for_in
    return tuple(out)


def _comp(kind):
    def lower_comp(low, node):
        clauses = _clauses(low, node.for_in)
        return s.Comp(kind, _expr(low, node.elt), None, clauses)

    return lower_comp


def _dict_comp(low, node):
    clauses = _clauses(low, node.for_in)
    return s.Comp("dict", _expr(low, node.key), _expr(low, node.value), clauses)


def _boolean(low, node):
    op = "and" if type(node.operator) is cst.And else "or"
    return s.Bool(op, _expr(low, node.left), _expr(low, node.right))


def _unary(low, node):
    value = _expr(low, node.expression)
    if type(node.operator) is cst.Not:
        return s.Not(value)
    return s.Neg(value) if type(node.operator) is cst.Minus else s.Opaque((value,))


def _compare(low, node):
    left = _expr(low, node.left)
    return s.Compare(
        left,
        tuple((_COMPARED.get(type(t.operator), "?"), _expr(low, t.comparator)) for t in node.comparisons),
    )


def _lambda(low, node):
    at = low.number(node)
    return s.Lambda(_params(low, node.params), _expr(low, node.body), at)


def _named(low, node):
    value = _expr(low, node.value)
    return s.Walrus(node.target.value, value) if type(node.target) is cst.Name else value


_COMPARED = {
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.In: "in",
    cst.NotIn: "not in",
}
_BINARY = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
}
_AUGMENTED = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.BitOrAssign: "|",
    cst.BitAndAssign: "&",
}
_NAMED_CONSTANTS = {"True": s.Const(True), "False": s.Const(False), "None": s.Const(None)}
_EXPR = {
    cst.Name: lambda low, n: _NAMED_CONSTANTS.get(n.value) or s.Name(n.value),
    cst.Attribute: lambda low, n: s.Attr(_expr(low, n.value), n.attr.value),
    cst.Call: _call,
    cst.Integer: _literal,
    cst.Float: _literal,
    cst.SimpleString: _literal,
    cst.ConcatenatedString: _concatenated,
    cst.FormattedString: _fstring,
    cst.Ellipsis: lambda low, n: s.Const(...),
    cst.Tuple: lambda low, n: s.Seq("tuple", _elements(low, n)),
    cst.List: lambda low, n: s.Seq("list", _elements(low, n)),
    cst.Set: lambda low, n: s.Seq("set", _elements(low, n)),
    cst.Dict: _dict,
    cst.Subscript: _subscript,
    cst.ListComp: _comp("list"),
    cst.SetComp: _comp("set"),
    cst.GeneratorExp: _comp("generator"),
    cst.DictComp: _dict_comp,
    cst.IfExp: lambda low, n: s.IfExp(_expr(low, n.test), _expr(low, n.body), _expr(low, n.orelse)),
    cst.BooleanOperation: _boolean,
    cst.UnaryOperation: _unary,
    cst.BinaryOperation: lambda low, n: s.Bin(
        _BINARY.get(type(n.operator), "?"), _expr(low, n.left), _expr(low, n.right)
    ),
    cst.Comparison: _compare,
    cst.Lambda: _lambda,
    cst.NamedExpr: _named,
    cst.Await: lambda low, n: _expr(low, n.expression),
}
