"""Which models findings are about, where a name is defined several times."""

import json

from keraslint.config import settings_for
from keraslint.engine import check
from keraslint.verify.models import models

START = "import keras\nimport numpy as np\nfrom keras import layers\n"
FIT = "model.compile('sgd', 'mse')\nmodel.fit(np.zeros((4, 8)), np.zeros((4, 8)))\n"
NET = """class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x{parameter}):
        return self.drop(x)
"""
BAD, GOOD = NET.format(parameter=""), NET.format(parameter=", training=None")
PINNED = "x = keras.Input((8,))\ny = layers.Dropout(0.5)(x, training=False)\nmodel = keras.Model(x, y)\n"


def notebook(*cells):
    cells = [
        {"cell_type": "code", "source": c, "metadata": {}, "outputs": [], "execution_count": None}
        for c in cells
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def found(tree, *cells, wanted=()):
    """(name, cell of the definition, last row of its name, codes found) of each model."""
    path = tree({"net.ipynb": notebook(*cells)}) / "net.ipynb"
    result = check([str(path)], settings_for("."))
    wanted = [f"{path}::{name}" for name in wanted]
    return [
        (model.name, model.span.cell, model.until, [finding.code for finding in model.findings])
        for model in models(result, wanted)
    ]


def test_the_definition_that_a_finding_is_in(tree):
    fit = "model = Net()\n" + FIT
    assert found(tree, START, BAD, fit, GOOD, fit) == [("Net", 2, 16, ["KER101"])]
    assert found(tree, START, GOOD, fit, BAD, fit) == [("Net", 4, 0, ["KER101"])]
    assert found(tree, START, BAD, fit) == [("Net", 2, 0, ["KER101"])]


def test_the_last_definition_where_one_is_asked_for_by_name(tree):
    fit = "model = Net()\n" + FIT
    assert found(tree, START, BAD, fit, GOOD, fit, wanted=["Net"]) == [
        ("Net", 4, 0, []),
        ("Net", 2, 16, ["KER101"]),
    ]


def test_a_graph_whose_name_is_given_to_another_later(tree):
    assert found(tree, START, PINNED + FIT, "model = None\n") == [("model", 2, 10, ["KER301"])]
