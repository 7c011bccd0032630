"""`keraslint check --fix` and its kin: what is written, printed and returned."""

import io
import os
import re
import stat
import sys
from types import SimpleNamespace

import pytest

from keraslint import cli

NET = """\
import keras


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = keras.layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)  # noqa: KER999


def main(x, y):
    net = Net()
    net.compile("sgd", "mse")
    net.fit(x, y)
"""
SAFE = NET.replace("  # noqa: KER999", "")
BOTH = SAFE.replace("(self, x)", "(self, x, training=None)")
OPTIONS = ("--keras", "3.10", "--output-format", "concise")


@pytest.fixture
def run(capfd):
    def run(*argv):
        status = cli.main(["check", *argv, *OPTIONS])
        captured = capfd.readouterr()
        return SimpleNamespace(status=status, out=captured.out, err=captured.err)

    return run


def test_safe_fixes_only_unless_more_is_asked_for(tree, run):
    root = tree({"net.py": NET})
    shown = run("--fix")
    assert (root / "net.py").read_text() == SAFE
    assert shown.status == 1
    assert re.fullmatch(r"net\.py:9:5: KER101 .*\n", shown.out)
    assert shown.err == "Found 2 findings (1 fixed, 1 remaining). (1 more fix with `--unsafe-fixes`)\n"
    shown = run("--fix", "--unsafe-fixes")
    assert (root / "net.py").read_text() == BOTH
    assert (shown.status, shown.out) == (0, "")
    assert shown.err == "Found 1 finding (1 fixed, 0 remaining).\n"


def test_diff_writes_nothing(tree, run):
    root = tree({"net.py": NET})
    shown = run("--diff", "--unsafe-fixes")
    assert (root / "net.py").read_text() == NET
    assert shown.status == 1
    assert shown.err == "Would fix 2 findings in 1 file.\n"
    assert shown.out == (
        "--- net.py\n+++ net.py\n@@ -6,8 +6,8 @@\n"
        "         super().__init__()\n"
        "         self.drop = keras.layers.Dropout(0.5)\n"
        " \n"
        "-    def call(self, x):\n"
        "-        return self.drop(x)  # noqa: KER999\n"
        "+    def call(self, x, training=None):\n"
        "+        return self.drop(x)\n"
        " \n"
        " \n"
        " def main(x, y):\n"
    )
    tree({"net.py": BOTH})
    assert run("--diff", "--unsafe-fixes").status == 0


def test_fix_only_says_nothing_of_what_remains(tree, run):
    tree({"net.py": NET})
    shown = run("--fix-only")
    assert (shown.status, shown.out, shown.err) == (0, "", "Fixed 1 finding.\n")


def test_exit_status_if_anything_was_fixed(tree, run):
    tree({"net.py": NET})
    assert run("--fix", "--unsafe-fixes", "--exit-non-zero-on-fix").status == 1
    assert run("--fix", "--unsafe-fixes", "--exit-non-zero-on-fix").status == 0


def test_show_fixes(tree, run):
    tree({"net.py": NET})
    shown = run("--fix", "--unsafe-fixes", "--show-fixes")
    assert shown.err.startswith(
        "Fixed 2 findings:\n- net.py:\n    1 x KER101 (model-without-training)\n    1 x KER901 (unused-suppression)\n"
    )


@pytest.mark.parametrize(
    "option, expected",
    [
        (("--unfixable", "KER1"), SAFE),
        (("--fixable", "KER101"), NET.replace("(self, x)", "(self, x, training=None)")),
        (("--extend-unsafe-fixes", "KER901", "--no-unsafe-fixes"), NET),
        (("--extend-safe-fixes", "KER101", "--no-unsafe-fixes"), BOTH),
    ],
)
def test_which_rules_are_fixed(option, expected, tree, run):
    root = tree({"net.py": NET})
    run("--fix", "--unsafe-fixes", *option)
    assert (root / "net.py").read_text() == expected


def test_settings_of_the_file(tree, run):
    root = tree(
        {"net.py": NET, "keraslint.toml": "fix = true\nunsafe-fixes = true\nunfixable = ['KER901']\n"}
    )
    run()
    assert (root / "net.py").read_text() == NET.replace("(self, x)", "(self, x, training=None)")


def test_suppressed_findings_stay(tree, run):
    kept = SAFE.replace("call(self, x):", "call(self, x):  # noqa: KER101")
    root = tree({"net.py": kept})
    assert run("--fix", "--unsafe-fixes").status == 0
    assert (root / "net.py").read_text() == kept


def test_stdin_goes_to_stdout(tree, run, monkeypatch):
    tree({})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(NET.encode())))
    shown = run("-", "--stdin-filename", "net.py", "--fix")
    assert shown.out == SAFE
    assert "KER101" in shown.err
    assert not os.path.exists("net.py")


@pytest.mark.parametrize(
    "data",
    [
        NET.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + NET.encode(),
        b"# -*- coding: latin-1 -*-\n# gr\xf6\xdfe\n" + NET.encode(),
        NET.rstrip("\n").encode(),
        NET.replace("    net.fit", "    \f\n    net.fit").encode(),
    ],
    ids=["CRLF", "BOM", "latin-1", "no last newline", "form feed"],
)
def test_bytes_that_are_not_edited_stay(data, tree, run):
    root = tree({"net.py": data})
    run("--fix", "--unsafe-fixes")
    expected = data.replace(b"(self, x)", b"(self, x, training=None)").replace(b"  # noqa: KER999", b"")
    assert (root / "net.py").read_bytes() == expected


def test_mode_and_links_stay(tree, run):
    root = tree({"real.py": NET})
    os.chmod(root / "real.py", 0o755)
    os.symlink("real.py", root / "net.py")
    run("net.py", "--fix")
    assert os.path.islink(root / "net.py")
    assert stat.S_IMODE(os.stat(root / "real.py").st_mode) == 0o755
    assert (root / "real.py").read_text() == SAFE
    assert sorted(set(os.listdir(root)) - {".keraslint_cache"}) == [".git", "net.py", "real.py"]


def test_a_file_that_cannot_be_written(tree, run, monkeypatch):
    root = tree({"net.py": NET})

    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    shown = run("--fix")
    assert (shown.status, shown.err) == (
        2,
        "keraslint: error: net.py: cannot be written: Permission denied\n",
    )
    assert (root / "net.py").read_text() == NET
    assert sorted(set(os.listdir(root)) - {".keraslint_cache"}) == [".git", "net.py"]


def test_a_syntax_error_beside_it_is_reported(tree, run):
    root = tree({"net.py": NET, "broken.py": "import keras\ndef call(:\n"})
    shown = run("--fix")
    assert shown.status == 1
    assert "broken.py:2" in shown.out
    assert (root / "broken.py").read_text() == "import keras\ndef call(:\n"


def test_add_ignore(tree, run):
    root = tree({"net.py": NET})
    shown = run("--add-ignore", "the teacher")
    assert (root / "net.py").read_text() == NET.replace(
        "call(self, x):", "call(self, x):  # keraslint: ignore[KER101] the teacher"
    )
    assert shown.err.startswith("Suppressed 1 finding in 1 file.\n")
    shown = run("--add-ignore", "no #")
    assert (shown.status, shown.out) == (2, "")
    assert "--add-ignore" in shown.err


@pytest.mark.parametrize(
    "option", [("--fix",), ("--diff",), ("--fix-only",), ("--add-ignore", "the teacher")]
)
def test_a_path_that_is_not_there(option, tree, run):
    tree({"net.py": SAFE})
    shown = run("net.py", "gone.py", *option)
    assert shown.status == 2
    assert "gone.py" in shown.err
