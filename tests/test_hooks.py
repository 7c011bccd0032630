"""The hooks of .pre-commit-hooks.yaml, installed and run by pre-commit and by prek as their users do.

pip install pre-commit prek && pytest -m hooks
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

pytestmark = pytest.mark.hooks
REPOSITORY = Path(__file__).parent.parent
NET = """\
import keras
from keras import layers


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


model = Net()
model.compile("adam", "mse")
model.fit([[1.0]], [[1.0]])
"""


@pytest.fixture(scope="module", params=["pre-commit", "prek"])
def runner(request, tmp_path_factory):
    """A function that runs a hook in a folder and returns the process; the hook is installed afresh."""
    found = which(request.param, path=os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
    if found is None:
        pytest.skip(f"{request.param} is not installed")
    home = str(tmp_path_factory.mktemp("home"))
    environment = {**os.environ, "PRE_COMMIT_HOME": home, "PREK_HOME": home}
    environment.pop("PYTHONPATH", None)

    def run(folder, hook, *args):
        command = [found, "try-repo", str(REPOSITORY), hook, *args]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)

    return run


@pytest.fixture
def folder(tmp_path):
    """A repository with a Keras file, a notebook, an excluded file and one that is not about Keras."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["A model"]},
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": NET},
    ]
    notebook = {
        "cells": cells,
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "notebook.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "plain.py").write_text("print('hello')\n")
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated" / "net.py").write_text(NET)
    (tmp_path / "keraslint.toml").write_text("extend-exclude = ['generated']\noutput-format = 'concise'\n")
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    return tmp_path


def test_the_hook_reports_files_and_notebooks_and_leaves_out_what_is_excluded(runner, folder):
    shown = runner(folder, "keraslint", "--all-files")
    assert shown.returncode == 1, shown.stdout + shown.stderr
    found = [line.split(" KER101 ")[0].strip() for line in shown.stdout.splitlines() if "KER101" in line]
    assert found == ["net.py:10:5:", "notebook.ipynb:cell 2:10:5:"]


def test_the_hook_passes_a_file_that_is_not_about_keras(runner, folder):
    shown = runner(folder, "keraslint", "--files", "plain.py", "generated/net.py")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "Passed" in shown.stdout


def test_the_fixing_hook_repairs_and_fails_once(runner, folder):
    (folder / "net.py").write_text(NET + "x = 1  # noqa: KER101\n")
    first = runner(folder, "keraslint-fix", "--files", "net.py")
    assert first.returncode == 1 and "files were modified by this hook" in first.stdout
    assert (folder / "net.py").read_text() == NET + "x = 1\n"
    again = runner(folder, "keraslint", "--files", "net.py")
    assert "KER901" not in again.stdout and "KER101" in again.stdout
