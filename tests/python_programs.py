"""Random Python programs without any layer, whose results hang on an `unknown` that only a run decides."""

from hypothesis import strategies as st

NAMES = {"list": ("a", "b"), "dict": ("d", "e"), "bool": ("t", "u"), "int": ("n", "m")}
# Expressions by type; {list}, {dict}, {bool}, {int} stand for others.
EXPRESSIONS = {
    "bool": (
        "True",
        "False",
        "None",
        "unknown",
        "not {bool}",
        "{bool} and {bool}",
        "{bool} or {bool}",
        "{bool} is None",
        "bool({bool})",
        "{int} > {int}",
        "{int} == 1",
        "{int} in {list}",
        "'x' in {dict}",
        "len({list}) > 1",
        "bool({list})",
        "bool({dict})",
        "{list} == []",
        "({bool} if {bool} else {bool})",
        "any([{bool}, {bool}])",
        "all(bool(i) for i in {list})",
        "isinstance({bool}, bool)",
        "hasattr(o, 'x')",
        "getattr(o, 'y', {bool})",
        "{dict}.get('t', {bool})",
        "o.z",
        "f({bool})",
    ),
    "int": (
        "0",
        "1",
        "2",
        "int(bool(unknown))",
        "len({list})",
        "len({dict})",
        "{int} + 1",
        "{int} * 2",
        "max({int}, {int})",
        "({int} if {bool} else {int})",
        "{list}[0]",
        "{list}[-1]",
        "{list}[{int}]",
        "{dict}['x']",
        "{dict}.get('x', {int})",
        "{dict}.get('y', 3)",
        "sum({list})",
        "[0, 1, 2][{int}]",
        "o.count",
        "getattr(o, 'x', {int})",
        "next(iter({list}))",
    ),
    "list": (
        "[]",
        "[{int}]",
        "[{int}, {int}]",
        "[1, *{list}]",
        "[*{list}, 2]",
        "{list} + {list}",
        "{list} + [{int}]",
        "{list} * min({int}, 3)",
        "[{int}] * min({int}, 3)",
        "{list}[{int}:]",
        "{list}[:1]",
        "{list}[::-1]",
        "({list} if {bool} else {list})",
        "[i for i in {list} if {bool}]",
        "[i + 1 for i in {list}]",
        "[i for i in range(min({int}, 4))]",
        "[i for i in {list} if i > 1]",
        "list({dict}.values())",
        "list({list})",
        "sorted({list})",
        "list(reversed({list}))",
        "[i for i, _ in enumerate({list}, {int})]",
        "[i + k for i, k in zip({list}, {list})]",
        "list(map(lambda i: i + {int}, {list}))",
        "list(filter(None, {list}))",
        "list({dict}.get('l', {list}))",
        "sum([{list}, {list}], [])",
    ),
    "dict": (
        "{{}}",
        "{{'x': {int}}}",
        "{{'x': {int}, 'y': {int}}}",
        "{{**{dict}, 'x': {int}}}",
        "{{'x': {int}, **{dict}}}",
        "{dict} | {dict}",
        "dict({dict}, x={int})",
        "({dict} if {bool} else {dict})",
        "{{k: v for k, v in {dict}.items() if {bool}}}",
        "{{k: v + 1 for k, v in {dict}.items()}}",
        "dict(zip(['x', 'y'], {list}))",
        "{dict}.copy()",
        "{{str(i): i for i in {list}}}",
    ),
}
STATEMENTS = (
    "{NAME} = {VALUE}",
    "{LIST}.append({int})",
    "{LIST}.insert({int}, {int})",
    "{LIST}.insert(0, {int})",
    "{LIST}.extend({list})",
    "{LIST} += {list}",
    "{LIST}.pop()",
    "{INT} = {LIST}.pop({int})",
    "{LIST}.remove({int})",
    "{LIST}.reverse()",
    "{LIST}.sort()",
    "{LIST}.clear()",
    "{LIST}[{int}] = {int}",
    "{LIST}[-1] = {int}",
    "{LIST}[1:] = {list}",
    "del {LIST}[0]",
    "del {LIST}[{int}:]",
    "{LIST} = {LIST2}",
    "{INT}, *{LIST} = {list}",
    "{INT}, {INT2} = {list}",
    "{INT} += {int}",
    "{DICT}['x'] = {int}",
    "{DICT}[str({int})] = {int}",
    "{DICT}.update({dict})",
    "{DICT}.update(y={int})",
    "{INT} = {DICT}.setdefault('x', {int})",
    "{INT} = {DICT}.pop('x', {int})",
    "del {DICT}['x']",
    "{DICT} = {DICT2}",
    "o.x = {int}",
    "o.y = {bool}",
    "setattr(o, 'x', {int})",
    "del o.x",
    "o.add({int})",
    "o = C({int})",
    "C.z = {bool}",
    "assert {bool}",
    "if (v := {bool}): {BOOL} = v",
)
COMPOUND = (
    ("if {bool}:",),
    ("if {bool}:", "else:"),
    ("if unknown:", "else:"),
    ("if unknown:",),
    ("for i in {list}[:3]:",),
    ("for i in range(min({int}, 3)):",),
    ("for k in {dict}:", "else:"),
    ("for {INT} in {list}[:3]:",),
    ("try:", "except Exception:"),
    ("try:", "except Exception:", "else:"),
    ("try:", "finally:"),
    ("def g():",),
    ("def g(a={list}, t={bool}):",),
)
ENDS = ("break", "continue", "raise ValueError", "return {bool}", "pass")
HEAD = """\
class C:
    z = True
    def __init__(self, count=1):
        self.count = count
        if unknown: self.x = count
    def add(self, n):
        self.count += n
def f(x=None):
    if x is None:
        return False
    return x
o = C()
a, b, d, e, t, u, n, m = [1, 2], [], {'x': 1}, {}, None, True, 1, 0
"""


@st.composite
def programs(draw) -> str:
    """A program that leaves what it came to in `result`."""

    def pick(options):
        return draw(st.sampled_from(options))

    def expression(kind: str, depth: int) -> str:
        if depth == 0 or draw(st.integers(0, 2)) == 0:
            return pick(NAMES[kind])
        return filled(pick(EXPRESSIONS[kind]), depth - 1)

    def filled(text: str, depth: int) -> str:
        out = text
        for kind, names in NAMES.items():
            for hole in (f"{{{kind.upper()}}}", f"{{{kind.upper()}2}}"):
                out = out.replace(hole, pick(names)) if hole in out else out
        for kind in NAMES:
            while f"{{{kind}}}" in out:
                out = out.replace(f"{{{kind}}}", expression(kind, depth), 1)
        return out.replace("{{", "{").replace("}}", "}")

    def statement() -> str:
        text = pick(STATEMENTS)
        if text.startswith("{NAME}"):
            kind = pick(list(NAMES))
            return f"{pick(NAMES[kind])} = {filled(pick(EXPRESSIONS[kind]), 1)}"
        return filled(text, 1)

    def block(depth: int, looped: bool, inside: bool) -> list[str]:
        lines = []
        for _ in range(draw(st.integers(1, 3))):
            if depth and draw(st.integers(0, 2)) == 0:
                lines += compound(depth - 1, looped, inside)
            else:
                lines.append(statement())
        if depth < 2 and draw(st.integers(0, 5)) == 0:
            end = filled(pick(ENDS), 1)
            if not (end in ("break", "continue") and not looped) and not (
                end.startswith("return") and not inside
            ):
                lines.append(end)
        return lines

    def compound(depth: int, looped: bool, inside: bool) -> list[str]:
        lines = []
        heads = pick(COMPOUND)
        defines = heads[0].startswith("def")
        for head in heads:
            own = block(depth, (looped or head.startswith("for")) and not defines, inside or defines)
            lines += [filled(head, 1), *("    " + line for line in own)]
        if defines:
            lines += ["    return n", f"{pick(NAMES['int'])} = g()"]
        return lines

    body = block(2, False, False) + block(2, False, False)
    result = pick(
        [
            "(a, b)",
            "(d, e)",
            "(t, u)",
            "(n, m)",
            "a",
            "d",
            "t",
            "n",
            "(len(a), len(d))",
            "(a, hasattr(o, 'x'))",
            "(n, o.count, o.z)",
        ]
    )
    return HEAD + "\n".join(body) + f"\nresult = {result}\n"
