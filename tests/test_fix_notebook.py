"""Fixes and suppressions in notebooks: only the edited source strings of the file may change, byte for byte."""

import json
import os

import pytest

from keraslint import cli, engine
from keraslint.config import Settings
from keraslint.fix.apply import diff, fix_all
from keraslint.fix.ignore import add_ignores

NET = [
    "%matplotlib inline\n",
    "class Net(keras.Model):\n",
    "    def __init__(self):\n",
    "        super().__init__()\n",
    "        self.drop = keras.layers.Dropout(0.5)\n",
    "\n",
    "    def call(\n",
    "        self,\n",
    "        x,  # größe\n",
    "    ):\n",
    "        return self.drop(x)",
]
CELLS = [
    {"cell_type": "markdown", "metadata": {}, "source": ["# Net"]},
    {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {},
        "outputs": [],
        "source": ["!pip install keras\n", "import keras"],
    },
    {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": NET},
    {
        "cell_type": "code",
        "execution_count": 2,
        "metadata": {},
        "outputs": [],
        "source": ["net = Net()\n", 'net.compile("sgd", "mse")\n', "net.fit(x, y)"],
    },
]


def settings():
    return Settings(root=os.getcwd(), keras=("3.10",), backend=("tensorflow",), unsafe_fixes=True)


def notebook(cells, **how):
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, **how)


STYLES = {
    "Jupyter": dict(indent=1, ensure_ascii=False),
    "Colab": dict(indent=2, ensure_ascii=True),
    "one line": dict(separators=(",", ":"), ensure_ascii=True),
}


def fixed(text):
    with open("net.ipynb", "w", encoding="utf-8") as file:
        file.write(text)
    after = fix_all(engine.check(["net.ipynb"], settings()), settings())
    assert [f.code for f in after.done] == ["KER101"]
    assert after.result.findings == []
    [(before, new)] = after.changed.values()
    return before, new


@pytest.mark.parametrize("style", STYLES)
def test_only_the_edited_string_changes(style, tree):
    tree({})
    text = notebook(CELLS, **STYLES[style]) + "\n"
    _, new = fixed(text)
    before = json.dumps("        x,  # größe\n", ensure_ascii=STYLES[style]["ensure_ascii"])
    added = json.dumps("        training=None,\n")
    at = text.index(before)
    between = text[at + len(before) : text.index('"', at + len(before))]  # the comma and what follows it
    assert new.data.decode() == text.replace(before, before + between + added)


def test_source_as_one_string(tree):
    tree({})
    cells = [{**cell, "source": "".join(cell["source"])} for cell in CELLS]
    text = notebook(cells, indent=1)
    _, new = fixed(text)
    old = json.dumps("".join(NET))
    assert new.data.decode() == text.replace(
        old, json.dumps("".join([*NET[:9], "        training=None,\n", *NET[9:]]))
    )


def test_a_large_notebook_with_outputs(tree):
    """12 MB, nearly all of it output, with escapes that no serialiser would write again as they are."""
    tree({})
    picture = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"image/png": "iVBORw0KGgo" * 1_100_000},
    }
    cells = [CELLS[0], CELLS[1], CELLS[2], {**CELLS[3], "outputs": [picture]}]
    text = notebook(cells, indent=1, ensure_ascii=False).replace("# Net", "\\u0023\\/ Net \\u00e9")
    assert len(text) > 12_000_000
    before, new = fixed(text)
    lines, others = before.data.split(b"\n"), new.data.split(b"\n")
    assert len(others) == len(lines) + 1
    [added] = [row for row, line in enumerate(others) if b"training=None" in line]
    assert others[:added] + others[added + 1 :] == lines


def test_diff_is_told_by_cell(tree):
    tree({})
    shown = list(diff(*fixed(notebook(CELLS, indent=1))))
    assert shown[:3] == ["--- net.ipynb:cell 3\n", "+++ net.ipynb:cell 3\n", "@@ -7,5 +7,6 @@\n"]
    assert [line for line in shown[3:] if line[0] in "+-"] == ["+        training=None,\n"]


def test_json_names_the_cell_and_the_rows_in_it(tree, capfd):
    tree({"net.ipynb": notebook(CELLS, indent=1)})
    assert cli.main(["check", "net.ipynb", "--keras", "3.10", "--output-format", "json"]) == 1
    [finding] = json.loads(capfd.readouterr().out)
    assert finding["cell"] == 3
    [edit] = finding["fix"]["edits"]
    assert (edit["cell"], edit["location"]) == (3, {"row": 9, "column": 20})
    assert edit["content"] == "\n        training=None,"


def test_suppression_in_a_cell(tree):
    tree({"net.ipynb": notebook(CELLS, indent=1)})
    after = add_ignores(engine.check(["net.ipynb"], settings()), settings(), "as meant")
    [(before, new)] = after.changed.values()
    old, comment = '"    def call(\\n"', '"    def call(  # keraslint: ignore[KER101] as meant\\n"'
    assert new.data.decode() == before.data.decode().replace(old, comment)
    assert after.result.findings == []
