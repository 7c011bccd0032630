import json

import pytest

from keraslint.config import FORMATS
from keraslint.finding import Finding, Location, Span, Step
from keraslint.report import FOR_PEOPLE, Context, render
from keraslint.report.style import holding, painter, place, show, versions, wants_color, width
from keraslint.source.files import Source
from keraslint.targets import REGIMES

SOURCE = """\
import keras


class Net(keras.Model):

    def call(self, x):
        return self.drop(x)


net = Net()
net.fit(x, y)
"""


def span(row, column, end_row, end_column, filename="net.py", cell=None):
    return Span(filename, Location(row, column), Location(end_row, end_column), cell)


def finding(where=None, **changes):
    fields = {
        "code": "KER101",
        "message": "`Net.call` does not take `training`",
        "span": where or span(6, 9, 6, 13),
        "name": "model-without-training",
        "category": "correctness",
        "certainty": "manifest",
        "severity": "error",
        "symbol": "Net.call",
        "holds": (("3.0", ("fit",)), ("3.10", ("fit",))),
        "trace": (Step(span(11, 1, 11, 14), "net.fit starts Net.call"),),
    }
    return Finding(**{**fields, **changes})


def rendered(format, *findings, source=SOURCE, color=False):
    sources = {name: Source(name, source.encode()) for name in ("net.py", "a,b:c.py")}
    return "".join(render(format, findings, Context(sources, color)))


def test_full():
    assert (
        rendered("full", finding())
        == """\
KER101 `Net.call` does not take `training`
  --> net.py:6:9
   |
 4 | class Net(keras.Model):
 5 |
 6 |     def call(self, x):
   |         ^^^^
 7 |         return self.drop(x)
   |
   = holds in: Keras 3.0 to 3.15, under fit
   = help: `keraslint rule KER101` explains model-without-training
note: net.fit starts Net.call
  --> net.py:11:1
   |
11 | net.fit(x, y)
   | ^^^^^^^^^^^^^
   |

"""
    )


@pytest.mark.parametrize(
    "line, marked",
    [
        ("x = self.drop(x)", "self.drop(x)"),
        ('s = "😀é漢"; x = self.drop(x)', "self.drop(x)"),
        ('s = "漢字"', '"漢字"'),
        ("\tx\t= self.drop(x)", "self.drop(x)"),
        ('    s = "e\u0301"; self.drop(x)', "self.drop(x)"),
        ("\x0cx = self.drop(x)", "self.drop(x)"),
    ],
)
def test_carets_line_up_under_wide_characters_and_tabs(line, marked):
    start = line.index(marked)
    where = span(1, start + 1, 1, start + 1 + len(marked))
    lines = rendered("full", finding(where, trace=()), source=line).split("\n")
    text, carets = lines[3], lines[4]
    assert "\t" not in text
    before = text[: text.index(marked)]
    assert carets == "  | " + " " * (width(before) - 4) + "^" * width(marked)


def test_a_long_span_is_marked_in_its_first_lines_from_the_text_of_each():
    source = "f(\n    a,\n    b,\n    c,\n    d,\n)\n"
    text = rendered("full", finding(span(1, 1, 6, 2), trace=()), source=source)
    assert [line for line in text.split("\n") if "^" in line] == ["  | ^^", *["  |     ^^"] * 3]


@pytest.mark.parametrize("row", [0, 99])
def test_a_place_that_is_not_in_the_source_is_named_without_source(row):
    text = rendered("full", finding(span(row, 1, row, 1), trace=()))
    assert f"--> net.py:{row}:1\n" in text and "^" not in text


def test_latent_findings_say_so():
    assert "= latent: " in rendered("full", finding(certainty="latent"))
    assert "latent" not in rendered("full", finding())


def test_concise_and_notebook_places():
    notebook = finding(span(2, 3, 2, 4, "n.ipynb", 3))
    assert rendered("concise", finding(), notebook) == (
        "net.py:6:9: KER101 `Net.call` does not take `training`\n"
        "n.ipynb:cell 3:2:3: KER101 `Net.call` does not take `training`\n"
    )


def test_grouped():
    far = finding(span(100, 1, 100, 2), code="KER102")
    assert rendered("grouped", finding(), far, finding(span(1, 1, 1, 2, "n.ipynb", 3))) == (
        "net.py:\n"
        "  6:9   KER101 `Net.call` does not take `training`\n"
        "  100:1 KER102 `Net.call` does not take `training`\n"
        "\n"
        "n.ipynb:\n"
        "  cell 3:1:1 KER101 `Net.call` does not take `training`\n"
        "\n"
    )


def test_json_is_the_contract():
    [record] = json.loads(rendered("json", finding()))
    assert list(record) == [
        "code", "message", "filename", "cell", "location", "end_location", "noqa_row", "severity", "url", "fix",
        "name", "category", "certainty", "symbol", "regimes", "entries", "trace", "evidence",
    ]  # fmt: skip
    assert record["location"] == {"row": 6, "column": 9}
    assert record["end_location"] == {"row": 6, "column": 13}
    assert record["trace"][0]["location"] == {"row": 11, "column": 1}
    assert record["trace"][0]["message"] == "net.fit starts Net.call"
    assert record["regimes"] == ["3.0", "3.10"]
    assert rendered("json") == "[]\n"


def test_json_lines_are_the_objects_of_json():
    both = (finding(), finding(span(2, 3, 2, 4, "n.ipynb", 3)))
    lines = rendered("json-lines", *both).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(rendered("json", *both))


def test_github_escapes_what_its_runner_would_read():
    text = rendered("github", finding(span(6, 9, 6, 13, "a,b:c.py"), message="50% of\n`x`", trace=()))
    assert text == (
        "::error title=keraslint (KER101),file=a%2Cb%3Ac.py,line=6,col=9,endLine=6,endColumn=13"
        "::a,b:c.py:6:9: KER101 50%25 of%0A`x`\n"
    )
    assert rendered("github", finding(severity="info")).startswith("::notice ")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_renders_nothing_and_something(format):
    assert "KER101" not in rendered(format)
    assert "KER101" in rendered(format, finding())
    if format in FOR_PEOPLE:
        assert rendered(format) == ""


@pytest.mark.parametrize("format", ["full", "concise", "grouped"])
def test_colour_changes_nothing_but_colour(format):
    import re

    colored = rendered(format, finding(), color=True)
    assert "\x1b[1;31m" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == rendered(format, finding())


def test_control_characters_of_a_source_do_not_reach_the_terminal():
    assert show("x = '\x1b[31m'") == "x = '\ufffd[31m'"
    assert "\x1b" not in rendered("full", finding(span(1, 1, 1, 2), trace=()), source="x = '\x1b[2J'")


def test_place():
    assert place(span(1, 2, 1, 3)) == "net.py:1:2"
    assert place(span(1, 2, 1, 3, "n.ipynb", 4)) == "n.ipynb:cell 4:1:2"


@pytest.mark.parametrize(
    "regimes, said",
    [
        (["2"], "2"),
        (["3.10"], "3.10 to 3.15"),
        (["3.0", "3.10"], "3.0 to 3.15"),
        (["3.16", "3.10"], "3.10 and later"),
        (["2", "3.0", "3.10", "3.16"], "2, 3.0 and later"),
        (["3.0", "3.16"], "3.0 to 3.9, 3.16 and later"),
        (["2", "3.10"], "2, 3.10 to 3.15"),
    ],
)
def test_regimes_are_named_by_their_versions(regimes, said):
    assert versions(regimes) == said


def test_the_entries_are_said_for_the_versions_in_which_they_hold():
    by_regime = {"3.0": ("evaluate", "predict"), "3.10": ("evaluate", "predict"), "3.16": ("fit",)}
    found = finding(holds=tuple(by_regime.items()))
    assert holding(found) == "Keras 3.0 to 3.15, under evaluate, predict; Keras 3.16 and later, under fit"
    assert holding(finding(holds=(("2", ()),))) == "Keras 2"
    assert found.entries == ("evaluate", "predict", "fit")


def test_every_regime_has_a_name():
    assert [versions([regime]) for regime in REGIMES] == ["2", "3.0 to 3.9", "3.10 to 3.15", "3.16 and later"]


class Stream:
    def __init__(self, terminal):
        self.isatty = lambda: terminal


@pytest.mark.parametrize(
    "when, terminal, environment, color",
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"FORCE_COLOR": "0"}, False),
        ("auto", False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_when_there_is_colour(monkeypatch, when, terminal, environment, color):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_color(when, Stream(terminal)) is color


def test_paint_without_colour_is_the_text():
    assert painter(False)("x", "red") == "x"
    assert painter(True)("", "red") == ""
