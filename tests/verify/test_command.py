"""What `keraslint verify` says where nothing can be run. That it runs is tested in tests/keras."""

import sys

import pytest

from keraslint import cli

NET = """
import keras

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = keras.layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)
"""


def test_a_python_that_is_none(tree, capsys):
    tree({"net.py": NET})
    assert cli.main(["verify", "net.py", "--python", "no/such/python"]) == 2
    assert capsys.readouterr().err == (
        "keraslint: error: no/such/python: is no Python that runs; name one that has Keras with --python PATH\n"
    )


@pytest.mark.parametrize("command", [["verify"], ["check", "--verify"]])
def test_a_python_without_keras(tree, capsys, command):
    folder = tree({"net.py": NET})
    # A Python that sees none of the packages of this one.
    bare = folder / "bare"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n')
    bare.chmod(0o755)
    assert cli.main([*command, "net.py", "--python", str(bare)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("has no Keras 3 and no tf_keras; name a Python that has with --python PATH")


def test_a_file_that_is_not_there(tree, capsys):
    tree({})
    assert cli.main(["verify", "none.py", "--python", "no/such/python"]) == 2
