"""The rules' pages: their form, and that real Keras does what their examples say."""

import ast
import re
import sys
from pathlib import Path

import pytest

from keraslint import rulebook
from keraslint.config import Settings
from keraslint.engine import check

ROOT = Path(__file__).resolve().parent.parent
REGIMES = ("2", "3.0", "3.10", "3.16")
SECTIONS = ["What it does", "Why is this bad", "Example", "Use instead", "When it is fine", "References"]
CODES = [
    *(f"KER{number}" for number in [*range(101, 117), *range(201, 205), *range(301, 304)]),
    *("KER401", "KER402", "KER501", "KER900", "KER901"),
]
RULES = rulebook.rules()
MARK = re.compile(r"#.*?\b(KER\d{3})(?: in ([\d., ]+))?")
# What makes a layer's mode worth looking at in these pages.
SENSITIVE = ("Dropout", "BatchNormalization", "MCDropout")
# Pages whose example goes wrong in a way that the six entries do not show: see the page.
ELSEWHERE = {"KER112", "KER113", "KER114", "KER203", "KER204", "KER303", "KER501", "KER901"}

# What an example wants of a line, where it is not the usual: code -> {piece of the line: mode}.
MEANT = {
    "KER102": {"self.out(self.drop(self.dense(x)))": "infer"},
    "KER105": {"self.backbone(x, training=False)": "infer"},
    "KER301": {"layers.Dropout(0.5)(x, training=True)": "train"},
    "KER302": {"layers.BatchNormalization()(x)": "infer", "layers.Dropout(0.1)(x)": "infer"},
}


def sections(rule):
    parts = re.split(r"^## (.*)\n", rule.text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def blocks(text):
    return re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)


def marks(block):
    """line number -> (code, regimes or None), from comments such as `# KER101` and `# KER303 in 3.0, 3.10`."""
    found = {}
    for number, line in enumerate(block.splitlines(), 1):
        mark = MARK.search(line)
        if mark and "ignore[" not in line:
            found[number] = (mark[1], tuple(r.strip() for r in mark[2].split(",")) if mark[2] else None)
    return found


def test_there_is_a_page_for_each_code():
    assert list(RULES) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_its_front_matter_and_sections(code):
    rule = RULES[code]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert not rule.summary.endswith(".") and len(rule.summary) <= 90
    assert rule.fix in ("none", "unsafe", "safe")
    assert rule.since == "0.1.0"
    assert rule.regimes and set(rule.regimes) <= set(REGIMES)
    assert list(sections(rule)) == SECTIONS
    assert all(text.strip() for text in sections(rule).values())


@pytest.mark.parametrize("code", CODES)
def test_an_example_is_python_that_marks_the_place(code):
    parts = sections(RULES[code])
    for title in ("Example", "Use instead"):
        found = blocks(parts[title])
        assert found
        for block in found:
            ast.parse(block)
    marked = {mark for block in blocks(parts["Example"]) for mark, _ in marks(block).values()}
    assert marked == ({code} if code != "KER901" else set())
    assert not any(marks(block) for block in blocks(parts["Use instead"]))


def test_links_between_pages_lead_somewhere():
    for rule in RULES.values():
        assert set(re.findall(r"\bKER\d{3}\b", rule.text)) <= set(CODES), rule.code


# ---------------------------------------------------------------- on real Keras


def runnable():
    """name -> (code, is it the example, text), for each block that says how to run it."""
    found = {}
    for code, rule in RULES.items():
        for title in ("Example", "Use instead"):
            for number, block in enumerate(blocks(sections(rule)[title])):
                if block.startswith("# run:"):
                    found[f"{code} {title} {number}"] = (code, title == "Example", block)
    return found


BLOCKS = runnable()


@pytest.fixture(scope="module")
def records(request):
    """What Keras does with every block: one run of the recorder for all."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import keras_envs
        import record
    finally:
        sys.path.pop(0)
    if not all(keras_envs.is_made(regime) for regime in REGIMES):
        pytest.skip("the Keras environments are not made: run `python tools/keras_envs.py`")
    texts = {name: {"filename": "", "text": text} for name, (_, _, text) in BLOCKS.items()}
    on_jax = {name: text for name, text in texts.items() if "# backend: jax" in text["text"]}
    others = {name: text for name, text in texts.items() if name not in on_jax}
    found = record.record_sources(others, [(regime, "tensorflow") for regime in REGIMES])
    found |= record.record_sources(on_jax, [(regime, "jax") for regime in REGIMES if regime != "2"])
    return found


def wrongs(record, text, meant=None):
    """regime -> what goes wrong in it: `line: layer, entry mode` for each sensitive layer, or the error."""
    lines = text.splitlines()
    found = {}
    for model in record["models"].values():
        for target, answer in model["regimes"].items():
            wrong = found.setdefault(target.partition("/")[0], [])
            wrong += [f"{key}: {value}" for key, value in answer.items() if "error" in key]
            for site in answer.get("sites", []):
                line = lines[site["row"] - 1]
                if site["layer"].rpartition(".")[2] not in SENSITIVE or "# frozen" in line:
                    continue
                for entry, modes in site["modes"].items():
                    want = "train" if entry in ("fit", "call_true") else "infer"
                    if line.endswith("# always trains"):
                        want = "train"
                    if line.endswith("# never trains"):
                        want = "infer"
                    want = next((mode for piece, mode in (meant or {}).items() if piece in line), want)
                    if entry != "call_true" and any(mode not in (want, "unreached") for mode in modes):
                        wrong.append(f"{site['row']}: {site['callee']}, {entry} {modes}")
    return found


@pytest.mark.keras
@pytest.mark.parametrize("name", [name for name, (_, example, _) in BLOCKS.items() if not example])
def test_what_to_use_instead_is_right_on_every_keras(name, records):
    found = wrongs(records[name], BLOCKS[name][2])
    assert len(found) >= 3
    assert not any(found.values()), found


@pytest.mark.keras
@pytest.mark.parametrize("name", [name for name, (code, example, _) in BLOCKS.items() if example and code not in ELSEWHERE])
def test_an_example_goes_wrong_where_its_page_says(name, records):
    code, _, text = BLOCKS[name]
    found = wrongs(records[name], text, MEANT.get(code))
    regimes = {r for mark, named in marks(text).values() for r in named or RULES[code].regimes} & set(found)
    wrong = {regime for regime, said in found.items() if said}
    if code == "KER302":  # its example goes wrong in 3.0 and 3.10 as well, by KER301
        wrong -= {"3.0", "3.10"}
    assert wrong == regimes, found


# ---------------------------------------------------------------- in the checker


def checked():
    """(code, is it the example, text) of the blocks that mark what is reported."""
    return [
        pytest.param(code, title == "Example", block, id=f"{code} {title} {number}")
        for code, rule in RULES.items()
        for title in ("Example", "Use instead")
        for number, block in enumerate(blocks(sections(rule)[title]))
        if code not in ("KER900", "KER901")
    ]


@pytest.mark.parametrize(("code", "is_example", "text"), checked())
def test_the_checker_reports_what_a_page_marks(code, is_example, text, tmp_path):
    path = tmp_path / "net.py"
    path.write_text(text, encoding="utf-8")
    backends = ("jax",) if "# backend: jax" in text else ("tensorflow",)
    settings = Settings(root=str(tmp_path), keras=REGIMES, backend=backends, select=("ALL",))
    found = {(f.span.start.row, f.code) for f in check([str(path)], settings).findings}
    wanted = {(row, marked) for row, (marked, _) in marks(text).items()}
    assert {each for each in found if each[1] == code} == wanted
    if not is_example:
        assert not found
