"""What must hold for any source: nothing crashes, what does not matter changes nothing, the two commands agree."""

import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keraslint import engine
from keraslint.config import Settings
from keraslint.delivery.entries import ENTRIES

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SOURCES = sorted(path for path in FIXTURES.rglob("*.py") if not path.parent.name.startswith("pkg_"))
REGIMES = ("2", "3.0", "3.10", "3.16")
ANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
# Rules about a mode: what the finding says is to be seen in the mode table, at its place or at one of its trace.
ABOUT_MODES = ("KER101", "KER102", "KER104", "KER105", "KER106", "KER107", "KER108", "KER301", "KER302")


def of(root, regimes=REGIMES):
    return Settings(root=str(root), keras=regimes, backend=("tensorflow",))


def checked(data: bytes, regimes=("3.10",)):
    """The findings in a text that is no file."""
    return engine.check(["-"], of("/", regimes), stdin=("program.py", data)).findings


def assert_analysed(findings):
    told = [f.message for f in findings if f.code == "KER900" and "internal error" in f.message]
    assert not told


@cache
def text_of(path):
    return path.read_text(encoding="utf-8")


sources = st.sampled_from(SOURCES).map(text_of)

# ---------------------------------------------------------------- nothing crashes

WORDS = (
    "import keras\n", "from keras import layers\n", "class A(keras.Model):\n", "    def call(self, x, training=None):\n",
    "    def __init__(self):\n", "        super().__init__()\n", "        self.d = layers.Dropout(0.5)\n",
    "        return self.d(x, training=training)\n", "        x = self.d(x)\n", "        if training:\n", "    ", "\n",
    "model = A()\n", "model.fit(x, y)\n", "model(x, training=True)\n", "for i in range(3):\n", "self", "training", "(",
    ")", "[", "]", "lambda x: ", "*", "**kwargs", "=", ":", ",", ".", "not ", " or ", "keras.Sequential([", "None",
    "def train_step(self, data):\n", "with tf.GradientTape() as t:\n", "return ", "yield ", "await ", "@", "# noqa\n",
)  # fmt: skip


@ANY
@given(st.one_of(st.text(), st.binary(max_size=300), st.lists(st.sampled_from(WORDS)).map("".join)))
def test_any_text_is_checked(text):
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    assert_analysed(checked(b"import keras\n" + data))


@st.composite
def mutated(draw):
    """A fixture with lines left out, repeated or moved, or with words exchanged for others of it."""
    lines = draw(sources.filter(str.strip)).splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 4))):
        at, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["delete", "repeat", "move", "word"]))
        if how == "delete":
            lines[at] = ""
        elif how == "repeat":
            lines.insert(at, lines[other])
        elif how == "move":
            lines[at], lines[other] = lines[other], lines[at]
        else:
            words = re.findall(r"\w+", "".join(lines)) or ["x"]
            old, new = draw(st.sampled_from(words)), draw(st.sampled_from(words))
            lines[at] = re.sub(rf"\b{old}\b", new, lines[at])
    return "".join(lines)


@ANY
@given(mutated())
def test_mutated_fixtures_are_checked_and_explained(text):
    findings = checked(text.encode())
    assert_analysed(findings)


@pytest.mark.parametrize("receiver", ["super(dict, given())", "super()"])
def test_super_of_something_unknown(receiver):
    """Found in a package: a super whose object is not known, at the top of a module and in a function of its own."""
    text = f"import keras\nfrom elsewhere import given\n\n\ndef run():\n    return {receiver}.start(1)\n\n\nrun()\n"
    assert checked(text.encode()) == []


# ---------------------------------------------------------------- what changes nothing


def told(findings, text):
    """Findings without their rows: the rule, what is said, and the line of the source."""
    lines = text.splitlines()
    return sorted(
        (f.code, f.message, f.regimes, f.entries, lines[f.span.start.row - 1].strip()) for f in findings
    )


@FEW
@given(sources)
def test_line_ends_change_nothing(text):
    as_is = checked(text.encode(), REGIMES)
    assert checked(text.replace("\n", "\r\n").encode(), REGIMES) == as_is


@FEW
@given(text=sources, seed=st.randoms(use_true_random=False))
def test_comments_and_empty_lines_change_nothing(text, seed):
    inside = multiline_rows(text)
    lines = []
    for row, line in enumerate(text.splitlines(), 1):
        if row not in inside and seed.random() < 0.3:
            lines += ["", f"{line[: len(line) - len(line.lstrip())]}# a comment"]
        lines.append(line)
    other = "\n".join(lines) + "\n"
    assert told(checked(other.encode(), REGIMES), other) == told(checked(text.encode(), REGIMES), text)


def multiline_rows(text) -> set[int]:
    """The rows that begin inside a string."""
    rows = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        rows.update(range(token.start[0] + 1, token.end[0] + 1))
    return rows


@FEW
@given(st.lists(st.sampled_from(SOURCES), min_size=2, max_size=4, unique=True))
def test_the_order_of_files_changes_nothing(paths):
    names = [str(path) for path in paths]
    there, back = (engine.check(each, of(FIXTURES)).findings for each in (names, names[::-1]))
    assert there == back


@FEW
@given(st.lists(st.sampled_from(SOURCES), min_size=2, max_size=3, unique=True))
def test_other_files_change_nothing(paths):
    """Fixtures do not import one another: together they say what each says alone.

    But for KER114, which trusts that an attribute of that name is called where any other file reads one.
    """
    together = engine.check([str(path) for path in paths], of(FIXTURES)).findings
    alone = [finding for path in paths for finding in engine.check([str(path)], of(FIXTURES)).findings]
    together, alone = ([f for f in found if f.code != "KER114"] for found in (together, alone))
    assert sorted(together, key=lambda f: f.sort_key) == sorted(alone, key=lambda f: f.sort_key)


# ---------------------------------------------------------------- check and explain agree


def seen(finding, regime, entry, reports) -> bool:
    """Whether the mode table of some model has the wrong mode at one of the places of a finding.

    KER301 is about a pin that is not kept: there the mode that the entry wants is the wrong one. KER101 stands at a
    `call`, for all the layers of the model; its trace shows the first of them.
    """
    wrong = "infer" if (entry == "fit") != (finding.code == "KER301") else "train"
    places = {finding.span.start, *(step.span.start for step in finding.trace)}
    rows = [row for r in reports for table in r.tables if table.regime == regime for row in table.sites]
    anywhere = finding.code == "KER101"
    return any(
        (anywhere or row.span.start in places) and row.modes[entry] in (wrong, "either") for row in rows
    )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_findings_are_seen_in_the_mode_table(path):
    """Each regime of a finding in some of its entries, and each entry in some of its regimes."""
    findings = [f for f in engine.check([str(path)], of(FIXTURES)).findings if f.code in ABOUT_MODES]
    findings = [f for f in findings if f.certainty == "manifest" and set(f.entries) & set(ENTRIES)]
    if not findings:
        return
    reports = engine.explain(str(path), of(FIXTURES))
    for finding in findings:
        entries = set(finding.entries) & set(ENTRIES)
        shown = {(r, e) for r in finding.regimes for e in entries if seen(finding, r, e, reports)}
        assert {regime for regime, _ in shown} == set(finding.regimes), finding
        if entries == set(finding.entries):
            assert {entry for _, entry in shown} == entries, finding
