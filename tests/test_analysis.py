"""What a program that runs for long needs of the analysis: summaries kept, files that are only given."""

import os

from keraslint import analysis, engine
from keraslint.config import Settings
from keraslint.source.files import Source
from keraslint.syntax import lower as lowering

NET = """\
import keras
from keras import layers


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)
"""
USE = "from net import Net\n\nNet().fit([1])\n"


def codes(folder, sources, *names):
    """The codes found in files of a folder."""
    paths = [str(folder / name) for name in names]
    program = analysis.interpret(sources, paths, (), str(folder))
    settings = Settings(root=str(folder), keras=("3.10",), backend=("tensorflow",))
    found = engine.findings(sources, program, paths, settings)
    return [(os.path.basename(finding.span.filename), finding.code) for finding in found]


def test_what_was_learned_of_a_source_is_used_again(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "use.py").write_text(USE)
    learned = {}
    first = codes(tmp_path, analysis.Sources(1 << 20, summaries=learned), "net.py", "use.py")
    assert first == [("net.py", "KER101")]
    assert len(learned) == 2

    (tmp_path / "use.py").write_text(USE + "# another comment\n")
    lowered = []
    lower = lowering.lower
    monkeypatch.setattr(lowering, "lower", lambda tree: lowered.append(tree) or lower(tree))
    assert codes(tmp_path, analysis.Sources(1 << 20, summaries=learned), "net.py", "use.py") == first
    assert len(lowered) == 1


def test_a_file_that_is_only_given_is_found_by_those_who_import_it(tmp_path):
    (tmp_path / "use.py").write_text(USE)
    given = {str(tmp_path / "net.py"): Source("net.py", NET.encode())}
    assert codes(tmp_path, analysis.Sources(1 << 20, given), "use.py", "net.py") == [("net.py", "KER101")]


def test_a_file_that_appears_later_is_found(tmp_path):
    (tmp_path / "use.py").write_text(USE)
    assert codes(tmp_path, analysis.Sources(1 << 20), "use.py") == []
    (tmp_path / "net.py").write_text(NET)
    sources = analysis.Sources(1 << 20)
    codes(tmp_path, sources, "use.py")
    assert str(tmp_path / "net.py") in sources.read


def test_engine_forgets_what_a_project_declares(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["tf-keras"]\n')
    settings = Settings(root=str(tmp_path))
    assert engine.regimes_for(_Subject, settings) == ("2",)
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["keras>=3.12"]\n')
    engine.forget()
    assert engine.regimes_for(_Subject, settings) == ("3.10",)


class _Subject:
    """What a model says of itself when its regimes are asked for."""

    legacy = False


def test_edited_sources_stay_edited_when_they_are_edited_again(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    path = str(tmp_path / "net.py")
    changed = Source("net.py", b"import keras\n")
    sources = analysis.Sources(1 << 20).edited({path: changed}).edited({})
    assert sources.source(path) is changed
