"""What one part of a script or notebook does to a model that another part built."""

import json
from pathlib import Path

import pytest

from keraslint.config import Settings
from keraslint.engine import check

EXAMPLE = Path(__file__).resolve().parent.parent / "fixtures" / "examples" / "transfer_learning.py"


def notebook(*cells):
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": [
                {"cell_type": "code", "id": str(n), "metadata": {}, "outputs": [], "execution_count": None, "source": cell}
                for n, cell in enumerate(cells)
            ],
        }
    )


def cells():
    """The example in cells: imports, functions, and the lines of `main` in two parts."""
    text = EXAMPLE.read_text(encoding="utf-8")
    start, functions = text.split("\n\n\ndef make_base", 1)
    functions, main = functions.split("\n\n\ndef main():\n", 1)
    lines = [line.removeprefix("    ") for line in main.split("\n\n\nif __name__")[0].splitlines()]
    fitted = lines.index("")
    return start, "def make_base" + functions, "\n".join(lines[:fitted]), "\n".join(lines[fitted + 1 :])


def found(tmp_path, *cells):
    path = tmp_path / "transfer.ipynb"
    path.write_text(notebook(*cells), encoding="utf-8")
    result = check([str(path)], Settings(root=str(tmp_path), keras=("3.10",), backend=("tensorflow",)))
    return [(f.code, f.span.cell) for f in result.findings]


def test_a_base_that_thaws_in_a_later_cell(tmp_path):
    assert found(tmp_path, *cells()) == [("KER303", 2)]


@pytest.mark.parametrize("left_out", ["base_model.trainable = True", "model.fit(x, y)"])
def test_a_base_that_is_not_trained_thawed(left_out, tmp_path):
    start, functions, first, last = cells()
    last = "\n".join(line for line in last.splitlines() if not line.startswith(left_out))
    assert ("KER303", 2) not in found(tmp_path, start, functions, first, last)
