"""What the interpreter that runs Keras is told of a model."""

from __future__ import annotations

import ast
import os
import re
from functools import lru_cache

from keraslint.config import ConfigError, Settings
from keraslint.result import Result
from keraslint.source.files import Source
from keraslint.source.patterns import matches
from keraslint.verify import recorded
from keraslint.verify.inside.arrays import recipe
from keraslint.verify.models import Model, statements

# These are about a layer that some classes only make where its rate is not 0.
_MADE_BY_RATE = ("KER114",)
MOST_OTHERS = 6
MOST_HOLDERS = 3
# Functions that do something with a model, and do not make one.
_PROGRAM = re.compile(r"(main|train|test|run|fit|eval|predict|demo)(_|$)")


def job(model: Model, result: Result, settings: Settings, texts: dict[str, str] | None = None) -> dict:
    """What a worker is told of a model. texts: what stands in for files, by absolute path."""
    source = result.read.read[model.path]
    own = {model.path: source.text} if source.is_notebook else {}
    return {
        "filename": model.path,
        "name": model.name,
        "until": model.until,
        "root": project_folder(model.path, settings.root),
        "texts": {**own, **(texts or {})},
        "others": _others(model.path, model.name, result),
        "holders": _holders(model.path, model.name, result),
        "raised": any(f.certainty == "latent" or f.code in _MADE_BY_RATE for f in model.findings),
        "recipe": recipe_for(model, settings),
        "recorded": recorded.load(settings.root).get(model.key, []),
        "effects": True,
    }


def recipe_for(model: Model, settings: Settings) -> str:
    """What the settings say of a model, by `PATTERN::NAME` or else by its name; "" if nothing."""
    for key, text in sorted(settings.verify, key=lambda pair: "::" not in pair[0]):
        pattern, _, name = key.rpartition("::")
        if name == model.name and (not pattern or matches((pattern,), model.path, settings.root)):
            return text
    return ""


def check_recipes(settings: Settings) -> None:
    """Raises ConfigError for what the settings say of models that is no recipe."""
    for key, text in settings.verify:
        try:
            ast.parse(recipe(text).expression, mode="eval")
        except (ValueError, SyntaxError) as error:
            where = settings.sources.get("verify", "the settings")
            raise ConfigError(
                f"{where}: verify: {key}: {error.args[0]}; write `Net(3) <- float(2, 8)`"
            ) from None


def project_folder(path: str, root: str) -> str:
    """The folder whose files are the user's: the project's, or the one that holds the file's package."""
    folder = os.path.dirname(path)
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder if root.startswith(folder) else root


def _others(path: str, name: str, result: Result) -> list[str]:
    """The other files that call something of the name, or derive from it."""
    name = name.rpartition(".")[2]
    found = [p for p in _saying((f"{name}(", f"({name})"), result) if p != path and p.endswith(".py")]
    return sorted(found, key=lambda path: ("test" not in path, path))[:MOST_OTHERS]


def _holders(path: str, name: str, result: Result, depth: int = 2) -> list[dict]:
    """The classes and functions that make something of the name, as jobs of their own: those of its file first."""
    own = name.rpartition(".")[2]
    if not depth or "." in name:
        return []
    files = sorted(_saying((f"{own}(",), result), key=lambda each: (each != path, each))
    found = [
        (file, node.name)
        for file in files[:MOST_OTHERS]
        for node in _tops(result.read.read[file])
        if node.name != own and _makes(node, own)
    ]
    return [
        {
            "filename": file,
            "name": holder,
            "others": _others(file, holder, result),
            "holders": _holders(file, holder, result, depth - 1),
        }
        for file, holder in found[:MOST_HOLDERS]
    ]


def _saying(texts: tuple[str, ...], result: Result) -> list[str]:
    """The files in which one of these texts stands."""
    written = [text.encode() for text in texts]
    return [
        path
        for path, source in result.read.read.items()
        if source is not None and any(each in source.data for each in written)
    ]


@lru_cache(maxsize=256)
def _tops(source: Source) -> list[ast.ClassDef | ast.FunctionDef]:
    """The classes of a module that may be models, and the functions that may give one."""
    return [
        node
        for node in statements(source)
        if (isinstance(node, ast.ClassDef) and node.bases and not node.name.startswith("Test"))
        or (isinstance(node, ast.FunctionDef) and not _PROGRAM.match(node.name) and _gives(node))
    ]


def _gives(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function))


def _makes(node: ast.AST, name: str) -> bool:
    calls = (each.func for each in ast.walk(node) if isinstance(each, ast.Call))
    return any(name in (getattr(callee, "id", ""), getattr(callee, "attr", "")) for callee in calls)


def place(sources: dict[str, Source], path: str, row: int) -> tuple[int | None, int]:
    """(cell, row) of a row of a file's text."""
    source = sources.get(path)
    return source.place(row) if source is not None else (None, row)
