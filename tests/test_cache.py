"""What is kept between runs makes them quick and changes nothing that they find."""

import os
import pickle
import random
import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

import keraslint
from keraslint import cache, cli, engine
from keraslint.finding import Location, Span

BASE = """\
from keras import Model, layers


class Base(Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.{layer}(0.5)
"""
NET = """\
from base import Base


class Net(Base):
    def call(self, x{training}):
        return self.drop(x)
"""
TRAIN = """\
from net import Net

model = Net()
model.compile("adam", "mse")
model.{entry}([[1.0]], [[1.0]])
"""
PROJECT = {
    "base.py": BASE.format(layer="Dropout"),
    "net.py": NET.format(training=""),
    "train.py": TRAIN.format(entry="fit"),
    "plain.py": "x = 1\n",
    "keraslint.toml": "keras = ['3.15']\n",
}


@pytest.fixture
def check(capfd):
    def check(*argv):
        engine.forget()
        status = cli.main(["check", "--output-format", "json", *argv])
        return status, capfd.readouterr().out

    return check


@pytest.fixture
def same(check):
    """Check with and without the cache, twice, and give what all agree on."""

    def same(*argv):
        fresh = check("--no-cache", *argv)
        assert check(*argv) == fresh
        assert check(*argv) == fresh
        return fresh

    return same


def start(*argv):
    root = os.path.dirname(os.path.dirname(keraslint.__file__))
    return subprocess.Popen(
        [sys.executable, *argv], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root}, text=True
    )


def test_a_warm_check_imports_no_parser_and_no_interpreter(tree, check):
    tree(PROJECT)
    first = check()
    assert first[0] == 1
    program = "import sys; from keraslint.cli import main; main(['check', '--output-format', 'json']); "
    known = "print([name for name in ('libcst', 'keraslint.engine', 'keraslint.delivery') if name in sys.modules])"
    assert start("-c", program + known).communicate()[0] == first[1] + "[]\n"


def test_a_file_that_is_not_about_keras_needs_no_parser(tree):
    tree({"plain.py": "x = 1\n"})
    program = "import sys; from keraslint.cli import main; main(['check', '--no-cache', '-q']); print('libcst' in sys.modules)"
    assert start("-c", program).communicate()[0] == "False\n"


def test_whatever_changes_changes_what_is_found(tree, same):
    tree(PROJECT)
    seen = [same()]

    def now(**files):
        for name, text in files.items():
            path = Path(name.replace("__", "/").replace("_py", ".py").replace("_toml", ".toml"))
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True) if text is None else path.write_text(text)
        seen.append(same())
        return seen[-1] != seen[-2]

    assert now(net_py=NET.format(training=", training=None"))
    assert now(net_py=NET.format(training=""))
    assert now(base_py=BASE.format(layer="Dense"))
    assert now(base_py=BASE.format(layer="Dropout"))
    assert now(train_py=TRAIN.format(entry="predict"))
    assert now(train_py=TRAIN.format(entry="fit"))
    assert now(keraslint_toml="keras = ['2']\n")
    assert now(keraslint_toml="keras = ['3.16']\n")
    assert now(keraslint_toml="keras = ['3.15']\nignore = ['KER1']\n")
    assert now(keraslint_toml="keras = ['3.15']\n")
    # A package of the same name is not looked at as long as there is a module, and one beside the importer is.
    assert not now(base__x_py="")
    assert now(base_py=None)
    assert now(base_py=PROJECT["base.py"])
    assert now(net_py=PROJECT["net.py"] + "# noqa: KER101\n")
    assert now(net_py=PROJECT["net.py"] + "(")


def test_what_a_project_declares_counts(tree, same):
    tree({**PROJECT, "keraslint.toml": "", "requirements.txt": "keras==3.15.1\n"})
    before = same()
    Path("requirements.txt").write_text("tf-keras==2.16\n")
    assert same() != before


def test_a_file_that_appears_shadows_another(tree, same):
    tree(
        {
            "keraslint.toml": "keras = ['3.15']\n",
            "base.py": BASE.format(layer="Dropout"),
            "pkg/__init__.py": "",
            "pkg/net.py": NET.format(training="") + "\n\nmodel = Net()\nmodel.fit(1, 2)\n",
        }
    )
    assert same("pkg")[0] == 1
    Path("pkg/base.py").write_text(BASE.format(layer="Dense"))
    assert same("pkg")[0] == 0
    os.remove("pkg/base.py")
    assert same("pkg")[0] == 1


def test_outside_modules_and_options_count(tree, same):
    tree({**PROJECT, "libs/base.py": BASE.format(layer="Dense")})
    assert same("net.py", "train.py")[0] == 1
    os.rename("base.py", "elsewhere.py")
    alone = same("net.py", "train.py")
    Path("libs/base.py").write_text(BASE.format(layer="Dropout"))
    assert same("net.py", "train.py", "--library", "libs") != alone
    Path("libs/base.py").write_text(BASE.format(layer="Dense"))
    assert same("net.py", "train.py", "--library", "libs")[0] == 0
    assert same("net.py", "train.py", "--library", "libs", "--select", "KER9")[1] == "[]\n"


def test_a_limit_counts_for_what_is_known(tree, same):
    cell = '{"cells": [{"cell_type": "code", "metadata": {}, "source": "%s"}], "metadata": {}, "nbformat": 4}'
    source = (NET.format(training="") + BASE.format(layer="Dropout")).replace(
        "from base import Base", "import keras"
    )
    tree({"n.ipynb": cell % source.replace("\n", "\\n"), "a.py": "x = 1\n"})
    same()
    assert "larger than 20 bytes" not in same()[1]
    Path("keraslint.toml").write_text("max-file-size = 20\n")
    assert "larger than 20 bytes" in same()[1]


@pytest.mark.parametrize("seed", range(3))
def test_many_changes_in_any_order(tree, same, seed):
    """A walk through states of a project, each of which was seen before or not, in whole or in part."""
    tree(PROJECT)
    texts = {
        "base.py": [BASE.format(layer=each) for each in ("Dropout", "Dense", "GaussianNoise")] + [None, "("],
        "net.py": [NET.format(training=each) for each in ("", ", training=None", ", train=False")],
        "train.py": [TRAIN.format(entry=each) for each in ("fit", "predict", "evaluate")] + [None],
        "pkg/base.py": [BASE.format(layer="Dense"), None],
        "keraslint.toml": ["keras = ['3.15']\n", "keras = ['2', '3.16']\n", "select = ['ALL']\n"],
    }
    walk = random.Random(seed)
    answers = set()
    for _ in range(12):
        name = walk.choice(list(texts))
        path, text = Path(name), walk.choice(texts[name])
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True) if text is None else path.write_text(text)
        answers.add(same(*walk.choice([[], ["net.py", "train.py"], ["--keras", "3.0"]]))[1])
    assert len(answers) > 3


def test_processes_at_once_agree(tree):
    tree(PROJECT)
    argv = ["-m", "keraslint", "check", "--output-format", "json"]
    running = [start(*argv) for _ in range(4)]
    answers = {process.communicate()[0] for process in running}
    assert len(answers) == 1 and "KER101" in answers.pop()
    assert {process.returncode for process in running} == {1}


def database():
    return os.path.join(".keraslint_cache", cache.FILE)


@pytest.mark.parametrize("damage", [b"", b"garbage" * 1000, "truncate", "values"])
def test_a_damaged_cache_is_no_cache(tree, check, damage):
    tree(PROJECT)
    fresh = check()
    if damage == "truncate":
        os.truncate(database(), os.path.getsize(database()) // 2)
    elif damage == "values":
        with sqlite3.connect(database()) as connection:
            connection.execute("UPDATE kept SET value = ?", (b"nothing",))
    else:
        Path(database()).write_bytes(damage)
    assert check() == fresh
    assert check() == fresh
    with sqlite3.connect(database()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone()[0] >= 1


def test_a_cache_that_cannot_be_written_is_no_cache(tree, check):
    tree({**PROJECT, "occupied": "not a folder"})
    assert check("--cache-dir", "occupied") == check("--no-cache")
    assert Path("occupied").read_text() == "not a folder"


def test_a_locked_cache_is_not_waited_for_long(tree, check, monkeypatch):
    monkeypatch.setattr(cache, "PATIENCE", 0.1)
    tree(PROJECT)
    fresh = check()
    other = sqlite3.connect(database(), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    Path("plain.py").write_text("y = 1\n")
    assert check() == fresh
    other.execute("ROLLBACK")
    other.close()


def test_a_cache_that_came_with_a_repository_runs_nothing(tree, check):
    tree(PROJECT)
    fresh = check()

    class Evil:
        def __reduce__(self):
            return os.mkdir, ("was_here",)

    with sqlite3.connect(database()) as connection:
        connection.execute("UPDATE kept SET value = ?", (zlib.compress(pickle.dumps(Evil())),))
    assert check() == fresh
    assert not os.path.exists("was_here")


def test_without_a_cache_nothing_is_written(tree, check):
    tree(PROJECT)
    check("--no-cache")
    assert not os.path.exists(".keraslint_cache")
    check("--cache-dir", "elsewhere")
    assert not os.path.exists(".keraslint_cache")
    assert sorted(os.listdir("elsewhere")) == [".gitignore", "CACHEDIR.TAG", cache.FILE]


def test_another_program_knows_nothing_of_it(tree, check, monkeypatch):
    tree(PROJECT)
    check()
    known = os.path.getsize(database())
    monkeypatch.setattr(cache, "program", lambda: "another")
    check()
    with sqlite3.connect(database()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone()[0] % 2 == 0
    assert known


def test_what_nobody_asks_for_is_dropped(tree, check):
    tree(PROJECT)
    check()
    with sqlite3.connect(database()) as connection:
        before = connection.execute("SELECT count(*) FROM kept").fetchone()[0]
        connection.execute("UPDATE kept SET day = day - 1")
        connection.execute("INSERT INTO kept VALUES (x'00', x'00', 1)")
    check()
    with sqlite3.connect(database()) as connection:
        days = [row[0] for row in connection.execute("SELECT day FROM kept ORDER BY day")]
    assert len(days) == before and days[-1] - days[0] == 1


def test_records_are_kept_and_nothing_else(tmp_path):
    kept = cache.Cache(str(tmp_path / "c"))
    kept.put(b"a", Span("x", Location(1, 2), Location(3, 4)))
    kept.put(b"b", ...)
    kept.put(b"c", Path("x"))
    kept.save()
    kept = cache.Cache(str(tmp_path / "c"))
    assert kept.get(b"a") == Span("x", Location(1, 2), Location(3, 4))
    assert kept.get(b"b") is ...
    assert kept.get(b"c") is None
