"""keraslint verify on small sources: the verdicts, and the ways in which they went wrong once."""

import pytest
import verifying

HEAD = """
import keras
import numpy as np
from keras import layers

"""
USE = """

def main():
    model = Net()
    model.compile("sgd", "mse")
    model.fit(np.zeros((4, 8)), np.zeros((4, 1)))
"""


def model(call, init="", more=""):
    lines = "\n".join(
        f"        {line}"
        for line in ["self.drop = layers.Dropout(0.5)", "self.out = layers.Dense(1)", *init.splitlines()]
    )
    body = "\n".join(f"    {line}" for line in call.splitlines())
    return f"{HEAD}class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n{lines}\n\n{body}\n{more}{USE}"


DROPPED = model("def call(self, x):\n    return self.out(self.drop(x))")


def test_a_finding_is_confirmed_with_what_was_received(tmp_path):
    evidence = verifying.verdicts(tmp_path, DROPPED)["KER101"]
    assert evidence["verdict"] == "confirmed"
    [drop] = [site for site in evidence["received"] if site["layer"] == "keras.layers.Dropout"]
    assert drop["values"]["fit"] == [False]
    assert drop["values"]["call_true"] == [True]
    assert drop["location"] == {"row": 13, "column": 25}
    assert (evidence["regime"], evidence["backend"], evidence["device"]) == ("3.10", "tensorflow", "cpu")
    assert evidence["effects"]["call_true"]["repeats"] is False
    assert evidence["effects"]["predict"]["repeats"] is True


def test_the_fix_is_tried_on_a_copy(tmp_path):
    evidence = verifying.verdicts(tmp_path, DROPPED)["KER101"]
    assert evidence["counterfactual"]["gone"] is True
    assert (tmp_path / "net.py").read_text() == DROPPED


def test_exit_status_and_what_people_see(tmp_path):
    (tmp_path / "net.py").write_text(DROPPED)
    done = verifying.run(tmp_path, "net.py")
    assert done.returncode == 1
    assert "confirmed KER101 net.py:12:5 Dropout got `training=False` in `fit` (net.py:13)" in done.stdout
    (tmp_path / "net.py").write_text(
        model("def call(self, x, training=None):\n    return self.out(self.drop(x))")
    )
    done = verifying.run(tmp_path, "net.py")
    assert (done.returncode, done.stdout) == (0, "")
    done = verifying.run(tmp_path, "net.py::Net")
    assert done.returncode == 0
    assert "self.drop (Dropout)  train  infer" in done.stdout
    done = verifying.run(tmp_path, "net.py::Nat")
    assert done.returncode == 2
    assert "no model or layer named Nat; there is Net" in done.stderr


def test_keras_2_is_run_as_keras_2(tmp_path):
    pinned = model("def call(self, x):\n    return self.out(self.drop(x, training=True))")
    evidence = verifying.verdicts(tmp_path, pinned, regime="2")["KER104"]
    assert (evidence["verdict"], evidence["regime"]) == ("confirmed", "2")
    assert evidence["reason"] == "Dropout got `training=True` in `evaluate` (net.py:13)"


def test_another_version_is_not_claimed(tmp_path):
    (tmp_path / "net.py").write_text(DROPPED)
    verifying.python_of(tmp_path, "2").rename(tmp_path / "python-3.10")
    [finding] = verifying.findings(tmp_path, "net.py", regime="3.10")
    assert finding["evidence"]["verdict"] == "inconclusive"
    assert "holds in Keras 3.10" in finding["evidence"]["reason"]


# ---------------------------------------------------------------- what once gave wrong results


def test_signatures_stay_as_they_are(tmp_path):
    """Keras 2 reads them: `training` by position raised where a layer's `call` had been wrapped."""
    text = (
        HEAD
        + ("class Gate(layers.Layer):\n    def call(self, x, training=None):\n        return x\n\n\n")
        + model(
            "def call(self, x, training=None):\n    x = self.gate(x, training)\n    return self.out(self.drop(x, training=True))",
            init="self.gate = Gate()",
        ).replace(HEAD, "")
    )
    (tmp_path / "net.py").write_text(text)
    found = {f["code"]: f["evidence"] for f in verifying.findings(tmp_path, "net.py", regime="2")}
    assert found["KER104"]["verdict"] == "confirmed"
    assert not any("error" in effects for effects in found["KER104"]["effects"].values())


TRAIN_STEP = """
    def train_step(self, data):
        x, y = data
        import tensorflow as tf
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((y - self(x{training})) ** 2)
        self.optimizer.apply_gradients(zip(tape.gradient(loss, self.trainable_variables), self.trainable_variables))
        return {{"loss": loss{fails}}}
"""
WITH_DEFAULT = "def call(self, x, training=False):\n    return self.out(self.drop(x, training=training))"


def test_the_own_train_step_is_run(tmp_path):
    text = model(WITH_DEFAULT, more=TRAIN_STEP.format(training="", fails=""))
    evidence = verifying.verdicts(tmp_path, text)["KER201"]
    assert evidence["verdict"] == "confirmed"
    text = model(WITH_DEFAULT, more=TRAIN_STEP.format(training=", training=True", fails=""))
    (tmp_path / "net.py").write_text(text)
    assert verifying.run(tmp_path, "net.py").returncode == 0


def test_what_a_train_step_does_before_it_raises_counts(tmp_path):
    text = model(WITH_DEFAULT, more=TRAIN_STEP.format(training="", fails=' + self.no_such["thing"]'))
    evidence = verifying.verdicts(tmp_path, text)["KER201"]
    assert evidence["verdict"] == "confirmed"
    assert "no_such" in evidence["effects"]["fit"]["error"]


def test_randomness_alone_confirms_nothing(tmp_path):
    sampling = model(
        "def call(self, x, training=None):\n    return self.out(self.drop(x)) + keras.random.normal((1,))\n"
    )
    (tmp_path / "net.py").write_text(sampling)
    done = verifying.run(tmp_path, "net.py::Net")
    assert (done.returncode, "confirmed" in done.stdout) == (0, False)


def test_building_is_no_evidence(tmp_path):
    """Keras 3 calls layers once with no value to build them: those values are not the entry's."""
    (tmp_path / "net.py").write_text(
        model("def call(self, x, training=None):\n    return self.out(self.drop(x))")
    )
    (tmp_path / "use.py").write_text("")
    done = verifying.run(tmp_path, "net.py::Net")
    [row] = [line for line in done.stdout.splitlines() if "(Dropout)" in line]
    assert row.split()[-6:] == ["train", "infer", "infer", "infer", "train", "infer"]


def test_a_line_that_did_not_run_is_not_refuted(tmp_path):
    text = model(
        "def call(self, x):\n    if x.shape[-1] == 7:\n        x = self.drop(x)\n    return self.out(x)"
    )
    evidence = verifying.verdicts(tmp_path, text)["KER101"]
    assert evidence["verdict"] == "inconclusive"
    assert "did not run" in evidence["reason"]


def test_scripts_are_not_run(tmp_path):
    witness = tmp_path / "witness"
    text = (
        "import argparse\nimport sys\n"
        + DROPPED.replace("layers.Dense(1)", "layers.Dense(args.units)")
        + f"\nparser = argparse.ArgumentParser()\nparser.add_argument('--units', type=int, required=True)\n"
        f"args = parser.parse_args()\nopen({str(witness)!r}, 'w')\nmodel = Net()\nmodel.fit(data)\ninput()\nsys.exit(1)\n"
    )
    evidence = verifying.verdicts(tmp_path, text)["KER101"]
    assert evidence["verdict"] == "confirmed"
    assert not witness.exists()


def test_what_is_assumed_is_said(tmp_path):
    text = (
        DROPPED.replace("layers.Dense(1)", "layers.Dense(hidden_units)")
        + "\nhidden_units = open('missing.txt').read()\n"
    )
    evidence = verifying.verdicts(tmp_path, text)["KER101"]
    assert list(evidence["assumed"]) == ["hidden_units"]


def test_functions_that_build_and_train_are_stopped_before_they_train(tmp_path):
    text = HEAD + (
        "def make(units):\n"
        "    inputs = keras.Input((8,))\n"
        "    x = layers.Dropout(0.5)(inputs, training=True)\n"
        "    model = keras.Model(inputs, layers.Dense(units)(x))\n"
        "    model.compile('sgd', 'mse')\n"
        "    model.fit(np.zeros((4, 8)), np.zeros((4, units)))\n"
        "    raise SystemExit('trained')\n"
    )
    (tmp_path / "net.py").write_text(text)
    done = verifying.run(tmp_path, "net.py::make")
    assert "make(units=16) called with float(2, 8)" in done.stdout


def test_arguments_come_from_where_the_project_makes_the_model(tmp_path):
    text = (
        DROPPED.replace("def __init__(self):", "def __init__(self, table):")
        .replace("layers.Dense(1)", "layers.Dense(table['units'])")
        .replace("Net()", "Net(options)")
        .replace("def main():", "def main():\n    options = {'units': 3}")
    )
    evidence = verifying.verdicts(tmp_path, text)["KER101"]
    assert evidence["verdict"] == "confirmed"
    [argument] = evidence["arguments"]
    assert (argument["value"], argument["from"]) == (
        "options",
        f"{tmp_path / 'net.py'}:{text[: text.index('Net(options)')].count(chr(10)) + 1}",
    )


@pytest.mark.parametrize(
    "layer, inputs",
    [
        ("layers.Conv2D(4, 3)", "float(2, 32, 32, 3)"),
        ("layers.Embedding(10, 4)", "int(2, 8) < 10"),
        ("layers.LSTM(4)", "float(2, 8, 16)"),
        ("keras.Sequential([keras.Input((5, 3)), layers.Dense(2)])", "float(2, 5, 3)"),
    ],
)
def test_inputs_fit_the_first_layer(tmp_path, layer, inputs):
    text = model("def call(self, x):\n    return self.drop(self.first(x))", init=f"self.first = {layer}")
    evidence = verifying.verdicts(tmp_path, text)["KER101"]
    assert (evidence["verdict"], evidence["inputs"]) == ("confirmed", [inputs])


def test_what_cannot_be_built_says_what_to_do(tmp_path):
    text = DROPPED.replace(
        "super().__init__()", "super().__init__()\n        raise RuntimeError('no licence')"
    )
    (tmp_path / "net.py").write_text(text)
    done = verifying.run(tmp_path, "net.py")
    assert done.returncode == 0
    said = done.stdout.splitlines()
    assert said[1].strip() == "was not built: RuntimeError: no licence"
    assert "[tool.keraslint.verify]" in said[3]


def test_notebooks(tmp_path):
    import json

    cells = [{"cell_type": "markdown", "metadata": {}, "source": "# title"}]
    head, body = DROPPED.split("class Net", 1)
    for source in (head + "\n!pip install thing\n", "class Net" + body, "1 / 0"):
        cells.append(
            {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        )
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "net.ipynb").write_text(json.dumps(notebook))
    [finding] = verifying.findings(tmp_path, "net.ipynb")
    assert finding["evidence"]["verdict"] == "confirmed"
    [drop] = [site for site in finding["evidence"]["received"] if site["layer"] == "keras.layers.Dropout"]
    assert (drop["cell"], drop["location"]["row"]) == (3, 8)
