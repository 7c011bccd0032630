"""The plugin inside a real flake8, compared with `keraslint check`."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest.importorskip("flake8")
ROOT = Path(__file__).parent.parent
BASES = """\
from keras import Model, layers


class Base(Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)


class Block(layers.Layer):
    def call(self, x, is_training=False):
        return x
"""
NET = """\
from pkg.bases import Base


class Net(Base):
    s = "é"

    def call(self, x):
        return self.drop(x)


class Quiet(Base):
    def call(self, x):  # noqa: KER101
        return self.drop(x)


class Why(Base):
    def call(self, x):  # keraslint: ignore[KER101] it never trains
        return self.drop(x)
"""
TRAIN = """\
# -*- coding: latin-1 -*-
from pkg.net import Net, Quiet, Why

for make in (Net, Quiet, Why):
    model = make()
    model.compile("adam", "mse")
    model.fit([[1.0]], [[1.0]])
net = Net()
net.compile("adam", "mse")
net.fit([[1.0]], [[1.0]])
x = 1  # noqa: KER101
"""
PROJECT = {"pkg/__init__.py": "", "pkg/bases.py": BASES, "pkg/net.py": NET, "train.py": TRAIN}


def start(*argv, stdin=None):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", *argv],
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def configure(settings=""):
    """Write flake8's configuration, with the plugin in it where it is not installed."""
    installed = entry_points(group="flake8.extension", name="KER")
    local = "" if installed else "[flake8:local-plugins]\nextension = KER = keraslint.flake8_plugin:Plugin\n"
    Path("flake8.cfg").write_text(f"[flake8]\n{settings}\n{local}")


def flake8(*argv, stdin=None, settings=""):
    """What flake8 reports of ours, as (file, row, column, text), and its exit status."""
    configure(settings)
    done = start("flake8", "--config", "flake8.cfg", "--select", "KER", *argv, stdin=stdin)
    assert not done.stderr, done.stderr
    return found(done.stdout), done.returncode


def keraslint(*argv, stdin=None):
    done = start("keraslint", "check", "--output-format", "concise", *argv, stdin=stdin)
    return found(done.stdout), done.returncode


def found(output):
    lines = re.findall(r"^(?:\./)?(.*?):(\d+):(\d+): (KER.*)$", output, re.MULTILINE)
    return sorted(lines)


@pytest.mark.parametrize(
    "paths, jobs", [([], "1"), (["."], "2"), (["pkg/net.py"], "1"), (["pkg", "train.py"], "2")]
)
def test_it_reports_what_keraslint_check_reports(tree, paths, jobs):
    tree(PROJECT)
    ours = keraslint("--select", "ALL", *paths)
    assert flake8("--keraslint-select", "ALL", "--jobs", jobs, *paths) == ours
    rules = {text.split()[0] for _, _, _, text in ours[0]}
    assert "KER101" in rules and ours[1] == 1
    if paths != ["pkg/net.py"]:
        assert "KER901" in rules
        assert len([text for _, _, _, text in ours[0] if text.startswith("KER101")]) == 1


def test_settings_come_from_the_project_and_from_flake8s_configuration(tree):
    tree({**PROJECT, "pyproject.toml": "[tool.keraslint]\nignore = ['KER1']\n"})
    assert {text.split()[0] for _, _, _, text in flake8()[0]} == {"KER901"}
    tree({**PROJECT, "pyproject.toml": "[tool.keraslint]\nkeras = ['2']\n"})
    in_project = flake8()
    assert in_project == keraslint()
    assert flake8(settings="keraslint-keras = 3.15") == keraslint("--keras", "3.15") != in_project


def test_standard_input(tree):
    tree(PROJECT)
    ours = keraslint("-", "--stdin-filename", "pkg/new.py", stdin=NET + "\nNet().fit(1, 2)\n")
    assert ours[0]
    assert flake8("-", "--stdin-display-name", "pkg/new.py", stdin=NET + "\nNet().fit(1, 2)\n") == ours


def test_a_file_that_only_flake8_looks_at_is_checked_alone(tree):
    tree({**PROJECT, "build/net.py": NET + "\nNet().fit(1, 2)\n"})
    assert ("build/net.py", "7", "5") in [each[:3] for each in flake8("--exclude", "none")[0]]
    assert not [each for each in keraslint()[0] if each[0].startswith("build")]


def test_wrong_settings_are_one_line(tree):
    tree({**PROJECT, "pyproject.toml": "[tool.keraslint]\nselekt = []\n"})
    configure()
    done = start("flake8", "--config", "flake8.cfg", ".")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert (
        "keraslint: pyproject.toml: unknown option `selekt`; did you mean `select`?"
        in done.stdout + done.stderr
    )


def test_nothing_is_analysed_where_nothing_of_ours_is_selected(tree):
    tree({"pyproject.toml": "[tool.keraslint]\nselekt = []\n", "a.py": "x = 1\n"})
    configure()
    assert start("flake8", "--config", "flake8.cfg", "--select", "E", ".").returncode == 0
