"""Parsing in several processes is quicker and nothing else."""

import os

import pytest

from keraslint import ahead, cli
from keraslint.ahead import parse_ahead
from keraslint.analysis import Sources, summary_key

MODEL = "import keras\n\n\nclass Net{n}(keras.Model):\n    def call(self, x):\n        return keras.layers.Dropout({n})(x)\n"
CELL = '{"cell_type": "code", "metadata": {}, "source": "import keras%s"}'
NOTEBOOK = '{"cells": [%s, %s], "metadata": {}, "nbformat": 4}'


@pytest.fixture
def project(tree, monkeypatch):
    monkeypatch.setattr(ahead, "FILES_EACH", 1)
    files = {f"net{n}.py": MODEL.format(n=n) for n in range(4)}
    files["broken.py"] = MODEL.format(n=9) + "("
    files["deep.py"] = "import keras\nx = " + "(" * 300 + ")" * 300 + "\n"
    files["good.ipynb"] = NOTEBOOK % (CELL % "", CELL % "")
    files["broken.ipynb"] = NOTEBOOK % (CELL % "", CELL % "(")
    folder = tree(files)
    return [str(folder / name) for name in files]


def test_what_it_learns_is_what_is_learned_without_it(project):
    sources = Sources(1 << 20, summaries={})
    parse_ahead(sources, project, jobs=2)
    assert sources.problems == []
    serial = Sources(1 << 20)
    for path in project:
        known = sources.summaries.get(summary_key(sources.source(path)))
        if "broken" in path:
            assert known is None
        elif "deep" not in path:
            assert known == serial.summary(path) is not None


def test_with_one_process_or_few_files_it_does_nothing(project, monkeypatch):
    for jobs, each in ((1, 1), (2, 1000)):
        monkeypatch.setattr(ahead, "FILES_EACH", each)
        sources = Sources(1 << 20, summaries={})
        parse_ahead(sources, project, jobs)
        assert sources.summaries == {}


def test_the_number_of_processes_changes_nothing_that_is_found(project, capfd):
    answers = set()
    for jobs in ("1", "2"):
        status = cli.main(
            ["check", "--no-cache", "--jobs", jobs, "--output-format", "json", "--select", "ALL"]
        )
        answers.add((status, capfd.readouterr().out))
    assert len(answers) == 1
    assert "KER900" in answers.pop()[1]


def test_processors():
    assert 1 <= ahead.processors() <= os.cpu_count()
