"""Findings that are known, from a baseline or from a git revision, are left out."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from keraslint import cli, config

NET = """\
from keras import Model, layers


class {name}(Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)
"""
FIT = """

model = {name}()
model.compile("adam", "mse")
model.fit([[1.0]], [[1.0]])
"""
GOOD = NET.replace("call(self, x)", "call(self, x, training=None)").replace(
    "drop(x)", "drop(x, training=training)"
)


PINNED = """\
from keras import Model, layers


class P(Model):
    def __init__(self):
        super().__init__()
        self.one = layers.Dropout(0.5)
        self.two = layers.Dropout(0.5)

    def call(self, x, training=None):
        x = self.one(x, training={one})
        return self.two(x, training={two})
"""


def net(name, text=NET):
    return (text + FIT).format(name=name)


def pinned(one, two):
    return (PINNED + FIT).format(name="P", one=one, two=two)


@pytest.fixture
def run(capfd):
    def run(*argv, stdin=None):
        config.forget()
        status = cli.main(["check", "--output-format", "concise", *argv])
        captured = capfd.readouterr()
        found = [line.split(" KER")[0] for line in captured.out.splitlines()]
        return SimpleNamespace(status=status, found=found, err=captured.err)

    return run


@pytest.fixture
def known(tree, run):
    """A project with two known findings, and what its baseline says."""
    tree(
        {
            "a.py": net("A"),
            "b/net.py": net("B"),
            "pyproject.toml": "[tool.keraslint]\nbaseline = 'known.json'\n",
        }
    )
    assert run("--write-baseline").err == "known.json: 2 known findings (before: 0).\n"

    def counts():
        return json.loads(open("known.json").read())["findings"]

    assert counts() == {"a.py": {"KER101 A.call": 1}, "b/net.py": {"KER101 B.call": 1}}
    return counts


def test_what_is_known_is_not_reported_wherever_its_line_is(known, run):
    assert (run().status, run().found) == (0, [])
    with open("a.py", "w") as file:
        file.write("# one\n\n# two\n" + net("A"))
    os.mkdir("elsewhere")
    assert run().found == []


def test_what_is_new_is_reported_and_not_added(known, run):
    before = known()
    with open("c.py", "w") as file:
        file.write(net("C"))
    shown = run()
    assert (shown.status, shown.found) == (1, ["c.py:9:5:"])
    assert known() == before
    run("--write-baseline")
    assert set(known()) == {"a.py", "b/net.py", "c.py"}
    assert run().status == 0


def test_where_there_are_more_of_a_kind_all_are_shown(tree, run):
    tree({"p.py": pinned("True", "training")})
    run("--write-baseline", "--baseline", "known.json")
    assert run("--baseline", "known.json").found == []
    (Path.cwd() / "p.py").write_text(pinned("True", "True"))
    assert run("--baseline", "known.json").found == ["p.py:11:13:", "p.py:12:16:"]


def test_it_shrinks_by_itself(known, run):
    with open("a.py", "w") as file:
        file.write(net("A", GOOD))
    shown = run()
    assert shown.status == 0
    assert "known.json: 1 known finding gone, and removed from it.\n" in shown.err
    assert known() == {"b/net.py": {"KER101 B.call": 1}}
    os.remove("b/net.py")
    run()
    assert known() == {}
    with open("a.py", "w") as file:
        file.write(net("A"))
    assert run().status == 1


@pytest.mark.parametrize(
    "argv",
    [["a.py"], ["b"], ["--ignore", "KER1"], ["--keras", "2"], ["--exclude", "a.py"], ["--backend", "jax"]],
)
def test_a_check_of_less_than_what_wrote_it_does_not_shrink_it(known, run, argv):
    before = known()
    with open("a.py", "w") as file:
        file.write(net("A", GOOD))
    run(*argv)
    assert known() == before
    run()
    assert known() != before


def test_a_file_that_cannot_be_read_does_not_shrink_it(known, run):
    before = known()
    with open("a.py", "w") as file:
        file.write(net("A") + "(")
    assert run().status == 1
    assert known() == before


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="needs rights that can be taken away"
)
def test_a_baseline_that_cannot_be_written_is_a_warning(known, run):
    with open("a.py", "w") as file:
        file.write(net("A", GOOD))
    os.chmod(".", 0o555)
    try:
        shown = run()
    finally:
        os.chmod(".", 0o755)
    assert shown.status == 0 and "warning: known.json: 1 finding gone" in shown.err


@pytest.mark.parametrize(
    "content, said",
    [
        (None, "--baseline: there is no file known.json; --write-baseline writes it"),
        ("{", "--baseline: known.json is not JSON"),
        ("[]", "--baseline: known.json is no baseline of this version"),
        ('{"version": 99}', "--baseline: known.json is no baseline of this version"),
    ],
)
def test_a_wrong_baseline_is_one_line(tree, run, content, said):
    tree({"a.py": net("A")} | ({"known.json": content} if content else {}))
    shown = run("--baseline", "known.json")
    assert shown.status == 2
    assert said in shown.err and shown.err.count("\n") == 1


def test_a_baseline_to_write_needs_a_name(tree, run):
    tree({"a.py": net("A")})
    assert (run("--write-baseline").status, run("--write-baseline").err.count("--baseline keraslint")) == (
        2,
        1,
    )


# A git revision


def git(*argv):
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *argv], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "a.py").write_text(net("A"))
    (tmp_path / "pkg" / "b.py").write_text(NET.format(name="B"))
    (tmp_path / "requirements.txt").write_text("keras==3.15.1\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    return tmp_path


def test_only_what_came_after_a_revision_is_reported(repository, run):
    assert run("--diff-base", "HEAD").found == []
    a = repository / "pkg" / "a.py"
    a.write_text("import os\n\n" + a.read_text())
    (repository / "new.py").write_text(net("C"))
    assert run("--diff-base", "HEAD").found == ["new.py:9:5:"]
    assert run("--diff-base", "HEAD", "pkg").found == []
    # The cause may be in a file whose own lines did not change: B is trained only now.
    (repository / "train.py").write_text("from pkg.b import B\n" + FIT.format(name="B"))
    before = run().found
    assert run("--diff-base", "HEAD").found == sorted({*before} - {"pkg/a.py:11:5:"})


def test_an_upgrade_of_keras_makes_findings_new(repository, run):
    (repository / "requirements.txt").write_text("tf-keras==2.16\n")
    git("commit", "-q", "-a", "-m", "back then")
    (repository / "requirements.txt").write_text("keras==3.15.1\n")
    assert run("--diff-base", "HEAD").found == run().found != []


def test_a_renamed_file_has_no_new_findings(repository, run):
    git("mv", "pkg/a.py", "pkg/z.py")
    assert "pkg/z.py:9:5:" in run().found
    assert run("--diff-base", "HEAD").found == []


def test_of_several_findings_of_a_kind_the_one_that_came_is_reported(repository, run):
    (repository / "p.py").write_text(pinned("True", "training"))
    git("add", ".")
    git("commit", "-q", "-m", "second")
    (repository / "p.py").write_text(pinned("True", "True"))
    assert len(run("p.py").found) == 2
    assert run("p.py", "--diff-base", "HEAD").found == ["p.py:12:16:"]


def test_what_git_cannot_answer_is_one_line(repository, run, tmp_path_factory, monkeypatch):
    for revision in ("nonsense", "--all"):
        shown = run(f"--diff-base={revision}")
        assert shown.status == 2
        assert f"--diff-base: git knows no revision '{revision}'" in shown.err and shown.err.count("\n") == 1
    outside = tmp_path_factory.mktemp("outside")
    (outside / "a.py").write_text(net("A"))
    monkeypatch.chdir(outside)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(outside.parent))
    shown = run("--diff-base", "HEAD")
    assert shown.status == 2 and "is not in a git repository" in shown.err


def test_the_repository_is_left_as_it_was(repository, run):
    status = subprocess.run(["git", "status", "--porcelain"], capture_output=True, check=True).stdout
    (repository / "pkg" / "a.py").write_text(net("A") + "\n")
    git("add", ".")
    run("--diff-base", "HEAD")
    staged = subprocess.run(["git", "status", "--porcelain"], capture_output=True, check=True).stdout
    assert (status, staged) == (b"", b"M  pkg/a.py\n")
