"""The engine against fixtures/: what Keras was recorded to do, what the rules should report, and other spellings."""

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest
from agreement import compare, table

from keraslint import engine
from keraslint.config import Settings
from keraslint.rulebook import rules

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
RECORDED = FIXTURES / "recorded"
RECORDS = sorted(path.relative_to(RECORDED).with_suffix("").as_posix() for path in RECORDED.rglob("*.json"))
REGIMES = ("2", "3.0", "3.10", "3.16")
BACKENDS = ("tensorflow", "jax")

# Fixtures whose comments the rules do not live up to yet. Each is a strict xfail: whoever mends one takes it out.
KNOWN_MISSING: dict[str, str] = {}


def settings(keras=REGIMES, backend="tensorflow", root=FIXTURES):
    return Settings(root=str(root), keras=tuple(keras), backend=(backend,))


def source_of(name):
    return FIXTURES / f"{name}.py"


def files_of(name):
    """The files of a fixture: one, or all of a package's, its main.py first."""
    main = source_of(name)
    if main.name != "main.py":
        return [main]
    return [main, *sorted(path for path in main.parent.rglob("*.py") if path != main)]


def test_every_fixture_is_recorded():
    packages = [path.parent for path in FIXTURES.glob("pkg_*/main.py")]
    mains = [p for p in FIXTURES.rglob("*.py") if p.name == "main.py" or not {*packages} & {*p.parents}]
    assert sorted(path.relative_to(FIXTURES).with_suffix("").as_posix() for path in mains) == RECORDS


# ---------------------------------------------------------------- modes


@cache
def compared(name):
    """(modes that agree, modes that are unknown, a line for each that is wrong) of one fixture."""
    models = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))["models"]
    files = files_of(name)
    agree = unknown = 0
    wrong = []
    for backend in BACKENDS:
        if not any(
            target.endswith(f"/{backend}") for model in models.values() for target in model["regimes"]
        ):
            continue
        reports = [r for path in files for r in engine.explain(str(path), settings(backend=backend))]
        for key, model in models.items():
            if not written(model["run"], files[0]):
                continue
            report = named(key, model["run"], files[0], reports)
            for regime in REGIMES:
                record = model["regimes"].get(f"{regime}/{backend}")
                if record is None:
                    continue
                found = table(report, regime, backend)
                right, open_, lines = compare(record, found, files[0])
                agree, unknown = agree + right, unknown + open_
                wrong += [f"{name} {model['run']} {regime}/{backend} {line}" for line in lines]
    return agree, unknown, wrong


def written(run, main):
    """Whether the source makes what a run line makes, which may be another one of a class, with arguments."""
    lines = main.read_text(encoding="utf-8").splitlines()
    return "(" not in run or "()" in run or any(run in line for line in lines if not line.startswith("#"))


def named(name, run, main, reports):
    """The report about a model of a record: under its name, its class's where imported as another, or its builder's."""
    names, modules = {name}, set()
    made = re.match(r"\w+", run)[0]
    for node in ast.parse(main.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.targets[0].id == made:
            names.add(ast.unparse(node.value.func))
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            if made == (alias.asname or alias.name):
                names.add(alias.name)
                modules.add(node.module.rpartition(".")[2])
    found = [report for report in reports if report.name in names]
    if len(found) > 1:
        found = [report for report in found if Path(report.span.filename).stem in modules]
    assert len(found) == 1, f"{run}: {len(found)} reports named {names} among {[r.name for r in reports]}"
    return found[0]


@pytest.mark.parametrize("name", RECORDS)
def test_modes_are_those_recorded(name):
    agree, unknown, wrong = compared(name)
    assert not wrong, "\n".join(wrong)
    assert agree + unknown


@pytest.mark.parametrize("name", RECORDS)
def test_functions_around_are_those_recorded(name):
    models = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))["models"]
    main = files_of(name)[0]
    reports = engine.explain(str(main), settings())
    found = {(row.span.start[:2], row.within) for r in reports for t in r.tables for row in t.sites}
    places = {place for place, _ in found}
    for record in (record for model in models.values() for record in model["regimes"].values()):
        for site in record.get("sites", ()):
            within = site["within"].rpartition("<locals>.")[2].replace("<module>", "")
            place = (site["row"], site["column"])
            assert place not in places or "filename" in site or (place, within) in found


def test_hardly_any_mode_is_unknown():
    agree = sum(compared(name)[0] for name in RECORDS)
    unknown = sum(compared(name)[1] for name in RECORDS)
    assert agree > 25_000
    assert unknown < 0.02 * (agree + unknown), f"{unknown} of {agree + unknown}"


@pytest.mark.parametrize("name", ["holders/conditional_dropout_off", "holders/dropout_default_rate_zero"])
def test_modes_of_a_second_instance(name, tree):
    """The sites of a class are joined over all instances that the source makes."""
    models = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))["models"].values()
    last = list(models)[-1]["run"]
    text = source_of(name).read_text(encoding="utf-8")
    assert not written(last, source_of(name))
    root = tree({"net.py": f"{text}\n\nother = {last}\n"})
    [report] = engine.explain(str(root / "net.py"), settings(root=root))
    for regime in REGIMES:
        record = {"sites": [site for m in models for site in m["regimes"][f"{regime}/tensorflow"]["sites"]]}
        assert compare(record, table(report, regime), root / "net.py")[1:] == (0, [])


# ---------------------------------------------------------------- findings

_REGIMES = r"\d[\d.]*(?:, \d[\d.]*)*"
_ITEM = rf"(KER\d{{3}})(?: in ({_REGIMES}))?"
_EXPECT = re.compile(r"#\s*expect: (.*)")


def expected(text):
    """What the comments of a fixture want: (row, code, regimes) of each, in order."""
    only = re.search(r"^# only: (.*)", text, re.M)
    ran = only[1].split(", ") if only else REGIMES
    found = []
    for row, line in enumerate(text.splitlines(), 1):
        comment = _EXPECT.search(line)
        if comment is None:
            continue
        assert re.fullmatch(rf"{_ITEM}(?:, {_ITEM})*", comment[1]), f"row {row}: cannot read {comment[0]!r}"
        for code, regimes in re.findall(_ITEM, comment[1]):
            meant = regimes.split(", ") if regimes else rules()[code].regimes
            found.append((row, code, tuple(r for r in meant if r in ran)))
    return sorted(found)


def test_expect_comments():
    text = "drop(x)  # expect: KER301 in 3.0, 3.10, KER302 in 3.16, KER101\nx\ny  # expect: KER113"
    assert expected(text) == [
        (1, "KER101", ("3.0", "3.10", "3.16")),
        (1, "KER301", ("3.0", "3.10")),
        (1, "KER302", ("3.16",)),
        (3, "KER113", REGIMES),
    ]
    assert expected("# only: 3.0, 3.16\nx  # expect: KER101") == [(2, "KER101", ("3.0", "3.16"))]
    with pytest.raises(AssertionError, match="row 1: cannot read"):
        expected("x  # expect: KER101 in 3.0; KER102")


def header(text, key, default):
    found = re.search(rf"^# {key}: (.*)", text, re.M)
    return found[1] if found else default


def known_missing(name):
    reason = KNOWN_MISSING.get(name)
    return pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=reason)) if reason else name


@pytest.mark.parametrize("name", [known_missing(name) for name in RECORDS])
def test_findings_are_those_expected(name):
    files = files_of(name)
    texts = {str(path): path.read_text(encoding="utf-8") for path in files}
    text = texts[str(files[0])]
    only = header(text, "only", ", ".join(REGIMES)).split(", ")
    target = str(files[0].parent if len(files) > 1 else files[0])
    result = engine.check([target], settings(only, header(text, "backend", "tensorflow")))
    found = {path: [] for path in texts}
    for finding in result.findings:
        path = str(Path(finding.span.filename).resolve())
        found[path].append((finding.span.start.row, finding.code, finding.regimes))
    assert {path: sorted(rows) for path, rows in found.items()} == {
        path: expected(text) for path, text in texts.items()
    }
    certainty = header(text, "certainty", "manifest")
    assert {finding.certainty for finding in result.findings} <= {certainty}
    assert not result.errors


# ---------------------------------------------------------------- other spellings


def tf_keras_dotted(text):
    """`tf.keras.layers.Dense`"""
    text = re.sub(r"^import keras$|^from keras import layers$", "import tensorflow as tf", text, flags=re.M)
    return dotted(text, "tf.keras", "tf.keras.layers")


def from_tensorflow(text):
    """`from tensorflow import keras`, `from tensorflow.keras import layers as L`"""
    text = re.sub(r"^import keras$", "from tensorflow import keras", text, flags=re.M)
    text = re.sub(r"^from keras import layers$", "from tensorflow.keras import layers as L", text, flags=re.M)
    return dotted(text, "keras", "L")


def tensorflow_keras(text):
    """`import tensorflow.keras as K2`, `tensorflow.keras.layers.Dense`"""
    text = re.sub(r"^import keras$", "import tensorflow.keras as K2", text, flags=re.M)
    text = re.sub(r"^from keras import layers$", "import tensorflow", text, flags=re.M)
    return dotted(text, "K2", "tensorflow.keras.layers")


def bare_names(text):
    """`from keras.layers import Dense`, each name where it is used"""
    used = sorted(set(re.findall(r"(?<![\w.])layers\.(\w+)", text)))
    names = "from keras.layers import " + ", ".join(used)
    text = re.sub(r"^from keras import layers$", names, text, flags=re.M) if used else text
    text = re.sub(r"^import keras$", "import keras; from keras import Model, Sequential", text, flags=re.M)
    text = re.sub(r"(?<![\w.])keras\.(Model|Sequential)\b", r"\1", text)
    return re.sub(r"(?<![\w.])layers\.(?=[A-Z])", "", text)


def legacy_package(text):
    """`import tf_keras as keras`, `from tf_keras import layers`"""
    text = re.sub(r"^import keras$", "import tf_keras as keras", text, flags=re.M)
    return dotted(text, "keras", "layers", "tf_keras")


def legacy_dotted(text):
    """`tf_keras.layers.Dense`"""
    text = re.sub(r"^import keras$|^from keras import layers$", "import tf_keras", text, flags=re.M)
    return dotted(text, "tf_keras", "tf_keras.layers", "tf_keras")


def dotted(text, keras, layers, package="tensorflow.keras"):
    """The text with other names for keras and layers, and other imports of them from `package`."""
    text = re.sub(r"(?<![\w.])keras\.(?=\w)(?!layers import)", f"{keras}.", text)
    text = re.sub(r"^from keras(?=[ .])", f"from {package}", text, flags=re.M)
    return re.sub(r"(?<![\w.])layers\.(?=\w)", f"{layers}.", text)


# Each with the regimes that its tables are compared in: all of them together, and some more than once.
SPELLINGS = {
    tf_keras_dotted: ("2", "3.10"),
    from_tensorflow: ("2", "3.16"),
    tensorflow_keras: ("3.0",),
    bare_names: ("3.10",),
    legacy_package: ("2",),
    legacy_dotted: ("2",),
}
ALONE = [name for name in RECORDS if source_of(name).name != "main.py"]


@cache
def tables_as_written(name, regime):
    return tables(source_of(name), regime)


def tables(path, keras):
    """model -> the rows of its table in each regime, without columns, which other spellings shift."""
    reports = engine.explain(str(path), settings([keras], root=path.parent))
    return [
        (
            report.name,
            report.kind,
            report.span.start.row,
            [(t.regime, sorted(_row(row) for row in t.sites)) for t in report.tables],
        )
        for report in reports
    ]


def _row(row):
    modes = tuple(row.modes.items())
    return (row.span.start.row, row.callee, row.within, row.layer or "", row.sensitive, modes)


def respelled(found, spelling):
    """Tables as they should be under another spelling: only the callees are written so."""
    out = []
    for name, kind, row, by_regime in found:
        own = [(regime, sorted((r[0], spelling(r[1]), *r[2:]) for r in rows)) for regime, rows in by_regime]
        out.append((name, kind, row, own))
    return out


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda f: f.__name__)
def test_other_spellings_change_nothing(name, spelling, tmp_path):
    text = source_of(name).read_text(encoding="utf-8")
    other = spelling(text)
    ast.parse(other)
    assert other != text and tables_as_written(name, SPELLINGS[spelling][0])
    path = tmp_path / source_of(name).name
    path.write_text(other, encoding="utf-8")
    for regime in SPELLINGS[spelling]:
        if regime in header(text, "only", regime).split(", "):
            assert tables(path, regime) == respelled(tables_as_written(name, regime), spelling)


@pytest.mark.parametrize("spelling", [legacy_package, legacy_dotted])
def test_tf_keras_is_keras_2_whatever_is_asked_for(spelling, tmp_path):
    name = "basics/model_without_training"
    path = tmp_path / "net.py"
    path.write_text(spelling(source_of(name).read_text(encoding="utf-8")), encoding="utf-8")
    assert tables(path, "3.10") == respelled(tables_as_written(name, "2"), spelling)
    assert engine.check([str(path)], settings(root=tmp_path)).findings == []
