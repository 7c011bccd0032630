"""What docstrings say of the arrays that a layer takes: `- nodes (Tensor): features of shape ([N], F)`."""

from __future__ import annotations

import ast
import inspect
import re
from functools import lru_cache
from typing import NamedTuple

from keraslint.verify.inside.arrays import Spec
from keraslint.verify.inside.by_name import SMALL

LARGEST = 2048  # a number in a shape that is taken as it is said
BATCH, STEPS, SIDE = 2, 8, 32

_TITLE = re.compile(r"[*#=_:\s-]*([A-Za-z][A-Za-z ]*?)[*#=_:\s-]*")
_INPUTS = re.compile(r"(call |input )?(arg(ument)?s?|param(eter)?s?)|inputs?( shapes?\b.*| tensors?)?", re.I)
_OTHERS = re.compile(
    r"(return|yield|output|raise|example|reference|note|usage|attribute|constructor)s?\b.*", re.I
)
_ENTRY = re.compile(
    r"\s*(?:[-*]\s+|:param\s+(?:\w+\s+)?)?[`*]*((?:\w+, )*\w+)[`*]*\s*(\([^()]*\)\s*)?:(?:\s(.*)|$)"
)
_COMMENT = re.compile(
    r"\s*#+ *(\w+)(?: ?\([^()]*\))?(?:\.shape| shape)? *(?:==?|:|->) *(?:shape )?([(\[][\w, +*/-]+,[\w, +*/-]*[)\]])"
)
_BULLET = re.compile(r"\s*[-*]\s+(.*)")
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_SIZE = re.compile(r"\s*\[?[\w*+/. -]+\]?\s*")
_LIST = re.compile(r"^\W*(?:\w+ of |\w+ )?[\[(](\w+(?:, \w+)+)[\])]")
_RANK = re.compile(r"(\d)-?D\b")
_BATCH = re.compile(
    r"\W*[\[(](b|bs|n|none|batch\w*|\?|-1)\s*,", re.I
)  # how a shape that is not said to be one begins
_EITHER = re.compile(r"\b(or|if|else|otherwise)\b")
_NUMBERS = re.compile(r"\b(ind(ex|ices)|ids?|tokens?|integers?|int(32|64))\b|_(ids?|index|indices)\b", re.I)
_LENGTHS = re.compile(r"(^|_)len(gths?)?$", re.I)
_SIDES = re.compile(r"h|w|height|width|rows|cols|columns", re.I)


class Said(NamedTuple):
    """named: by the argument's name. listed: of the parts of what is taken as one argument, in order, where they are said."""

    named: dict[str, Spec]
    listed: list[Spec | None]


def documentation(owner: type, function: ast.FunctionDef | None) -> str:
    """The docstrings of a method and of its class, and what comments in the method say, as one text."""
    own = ast.get_docstring(function) if function is not None else None
    parts = (own, inspect.cleandoc(owner.__doc__ or ""), getattr(function, "comments", ""))
    return "\n".join(filter(None, parts))


def comments(function: ast.FunctionDef, lines: list[str]) -> str:
    """What comments in a function say of its arguments, while they are what was passed: `# features.shape == (batch, 64, units)`.

    As docstrings say it. lines: of the module.
    """
    bound: dict[str, int] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound[node.id] = min(node.lineno, bound.get(node.id, node.lineno))
    names = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
    found = {}
    for row in range(function.lineno, function.end_lineno + 1):
        said = _COMMENT.match(lines[row - 1])
        if said and said[1] in names and row <= bound.get(said[1], row):
            found.setdefault(said[1], f"{said[1]}: of shape ({said[2][1:-1]})")
    return "\n".join(["Args:", *found.values()]) if found else ""


@lru_cache(maxsize=64)
def said(text: str) -> Said:
    """The arrays that a docstring describes by their shape. A size that has a name is the same wherever it is named."""
    named: dict[str, Spec] = {}
    bullets: list[Spec | None] = []
    entries = list(_entries(text))
    symbols = [_symbols(words) for _, words, _ in entries]
    rows = (
        next((each for each in shape[:2] if not each.isdigit()), None) for shape in symbols
    )  # of (N, 3), of (2, M)
    channels = {
        shape[-1] for shape in symbols if len(shape) > 2
    }  # of (batch, steps, F), and then also of (F,)
    sizes = {symbol: BATCH for symbol in rows if symbol is not None and symbol not in channels}
    for name, words, is_input in entries:
        spec = _spec(words, name, sizes)
        for each in name.split(", ") if name and spec is not None else ():
            named.setdefault(each, spec)
        if is_input and not name and (bullets or spec is not None):
            bullets.append(spec)
    for _, words, _ in entries:
        parts = _LIST.match(words)
        if parts and any(name in named for name in parts[1].split(", ")):
            return Said(named, list(map(named.get, parts[1].split(", "))))
    return Said(named, bullets)


def _entries(text: str):
    """(name or "", words, whether it stands under a title for what goes in) of what is explained, but no outputs."""
    name, words, title = "", [], ""
    for line in [*text.splitlines(), "Returns:"]:
        heading = _TITLE.fullmatch(line)
        entry, bullet = _ENTRY.match(line), _BULLET.match(line)
        is_title = heading and (_INPUTS.fullmatch(heading[1]) or _OTHERS.fullmatch(heading[1]))
        if (is_title or entry or bullet) and any(words) and not _OTHERS.fullmatch(title):
            yield name, " ".join(words), bool(_INPUTS.fullmatch(title))
        if is_title:
            name, words, title = "", [], heading[1]
        elif entry:
            name, words = entry[1], [entry[2] or "", entry[3] or ""]
        elif bullet:
            name, words = "", [bullet[1]]
        elif not name and _INPUTS.fullmatch(title) and _is_another(words, line):
            yield "", " ".join(words), True
            words = [line.strip()]
        elif words or title:
            words.append(line.strip())


def _is_another(words: list[str], line: str) -> bool:
    """Whether a line says the shape of one more input, and not another one of the same."""
    before = " ".join(words)
    return bool(_symbols(before) and _symbols(line)) and not _EITHER.search(f"{before} {line}")


def _symbols(words: str) -> list[str]:
    """The sizes of a shape, as they are written."""
    if not re.search(r"shape|tensor|array", words, re.I) and not _BATCH.match(words):
        return []
    for match in _BRACKETS.finditer(words):
        parts = (match[1] or match[2] or "").rstrip(", ").split(",")
        if "," in match[0] and all(map(_SIZE.fullmatch, parts)):
            return [part.strip(" []") for part in parts]
    return []


def _spec(words: str, name: str, sizes: dict[str, int]) -> Spec | None:
    symbols = _symbols(words)
    numbers = _NUMBERS.search(words) or _NUMBERS.search(name) or _LENGTHS.search(name)
    shape = tuple(_size(symbol, at, len(symbols), sizes) for at, symbol in enumerate(symbols))
    kind = "int" if numbers else "sparse" if re.search(r"\bsparse\b", words, re.I) else "float"
    return Spec(kind, shape) if 0 < len(shape) < 6 else None


def _size(symbol: str, at: int, rank: int, sizes: dict[str, int]) -> int:
    if symbol.isdigit():
        return min(int(symbol), LARGEST)
    if "+" in symbol:
        return sum(_size(part.strip(), at, rank, sizes) for part in symbol.split("+"))
    is_side = rank < 5 and _SIDES.fullmatch(symbol)  # of one image; of many or of a volume it would be slow
    usual = SIDE if is_side else SMALL if at == rank - 1 else STEPS
    return sizes.setdefault(symbol, usual)


def ranks(text: str, name: str) -> list[int]:
    """`x: states of shape (batch, steps, units)`, `x: a 3D tensor`."""
    shapes = [said(text).named[name].shape] if name in said(text).named else []
    words = next((words for each, words, _ in _entries(text) if name in each.split(", ")), "")
    found = _RANK.search(words)
    return [*map(len, shapes), *([int(found[1])] if found else [])]
