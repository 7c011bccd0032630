"""What a finding says is about the code that it points at: for every finding in the fixtures and the rules' pages."""

import ast
import re
from functools import cache

import pytest
from test_fixtures import BACKENDS, RECORDS, REGIMES, files_of, header, settings, source_of

from keraslint import engine

# Words in backticks that are about Keras, not from the source.
WORDS = re.compile(
    r"fit|evaluate|predict|call|test|train|(training|trainable)(=(True|False|None|training))?|if training|"
    r"\.call|\.train\(\)|\.eval\(\)|__init__|layer\(x\)|model\(x\)|set_learning_phase|learning_phase|in_train_phase|Layer"
)
EXPECTING = [name for name in RECORDS if "# expect:" in source_of(name).read_text(encoding="utf-8")]


@cache
def findings(name):
    files = files_of(name)
    text = files[0].read_text(encoding="utf-8")
    only = header(text, "only", ", ".join(REGIMES)).split(", ")
    target = str(files[0].parent if len(files) > 1 else files[0])
    backend = header(text, "backend", BACKENDS[0])
    return engine.check([target], settings(only, backend)).findings


@cache
def text_of(filename):
    with open(filename, encoding="utf-8") as file:
        return file.read()


def around(filename, row):
    """The dotted path of the innermost class and function around a row, as Python's own parser sees it."""
    path, body = [], ast.parse(text_of(filename)).body
    while True:
        for node in body:
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and first <= row <= node.end_lineno:
                path.append(node.name)
                body = node.body
                break
        else:
            return path


def loosely(text):
    return re.sub(r"[\s'\"]", "", text)


@pytest.mark.parametrize("name", EXPECTING)
def test_a_message_speaks_of_the_code(name):
    assert findings(name)
    for finding in findings(name):
        source = loosely("".join(text_of(str(path)) for path in files_of(name)))
        assert re.fullmatch(r"[`.A-Z].*[.\]]", finding.message), finding.message
        for quoted in re.findall(r"`([^`]+)`", finding.message):
            known = WORDS.fullmatch(quoted) or loosely(quoted.rpartition(".")[2]) in source
            assert known, f"`{quoted}` of {finding.message!r}"
        for layer in re.findall(r"\((\w+)(?: inside)?\)", finding.message):
            assert layer in ("AttributeError", "x") or layer in source, finding.message
        assert not re.search(r": None |`None`|None, not None|unknown", finding.message), finding.message


# Rules whose symbol is the step or model that starts what they point at, or the attribute, and not what stands around.
STARTED = ("KER102", "KER114", "KER115", "KER201", "KER302")


@pytest.mark.parametrize("name", EXPECTING)
def test_the_symbol_is_what_stands_around(name):
    for finding in findings(name):
        path = around(finding.span.filename, finding.span.start.row)
        last = finding.symbol.rpartition(".")[2]
        if finding.code in STARTED:
            assert any(
                re.search(rf"(def|class|self\.) ?{last}\b", text_of(str(path))) for path in files_of(name)
            )
        else:
            assert last in path or finding.symbol == ".".join(path)


@pytest.mark.parametrize("name", EXPECTING)
def test_entries_regimes_and_steps(name):
    for finding in findings(name):
        assert set(finding.regimes) <= set(REGIMES) and len(set(finding.regimes)) == len(finding.regimes)
        assert set(finding.entries) <= {"fit", "evaluate", "predict", "call"}
        named = set(re.findall(r" in `(fit|evaluate|predict|call)`", finding.message))
        assert named <= set(finding.entries) or not finding.entries
        for step in finding.trace:
            line = text_of(step.span.filename).splitlines()[step.span.start.row - 1]
            assert line.strip() and step.message
        for model in finding.models:
            path, _, model_name = model.partition("::")
            assert re.search(rf"\b(class|def) {model_name}\b|\b{model_name}\s*=", text_of(path)), model
