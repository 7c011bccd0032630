"""keraslint verify on small sources: the verdicts, and the ways in which they went wrong once.

All sources of a version are verified in one run, as most of the time goes into starting Keras.
"""

import json
import re

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


def model(call, init="", more="", head=HEAD):
    """A source with one model: what `call` is, what `__init__` also makes, and what else the class has."""
    made = ["self.drop = layers.Dropout(0.5)", "self.out = layers.Dense(1)", *init.splitlines()]
    lines = "".join(f"        {line}\n" for line in made)
    body = "".join(f"    {line}\n" for line in call.splitlines())
    return f"{head}class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n{lines}\n{body}{more}{USE}"


RIGHT = model("def call(self, x, training=None):\n    return self.out(self.drop(x))")
DROPPED = model("def call(self, x):\n    return self.out(self.drop(x))")
WITH_DEFAULT = "def call(self, x, training=False):\n    return self.out(self.drop(x, training=training))"
TRAIN_STEP = """
    def train_step(self, data):
        x, y = data
        import tensorflow as tf
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((y - self(x{training})) ** 2)
        self.optimizer.apply_gradients(zip(tape.gradient(loss, self.trainable_variables), self.trainable_variables))
        return {{"loss": loss{fails}}}
"""
FIRST = {
    "conv": ("layers.Conv2D(4, 3)", "float(2, 32, 32, 3)"),
    "embedding": ("layers.Embedding(10, 4)", "int(2, 8) < 10"),
    "lstm": ("layers.LSTM(4)", "float(2, 8, 16)"),
    "sequential": ("keras.Sequential([keras.Input((5, 3)), layers.Dense(2)])", "float(2, 5, 3)"),
}
BUILDS_AND_TRAINS = (
    HEAD
    + """
def make(units):
    inputs = keras.Input((8,))
    x = layers.Dropout(0.5)(inputs, training=True)
    model = keras.Model(inputs, layers.Dense(units)(x))
    model.compile('sgd', 'mse')
    model.fit(np.zeros((4, 8)), np.zeros((4, units)))
    raise SystemExit('trained')
"""
)
SCRIPT = (
    "import argparse\nimport sys\n"
    + DROPPED.replace("layers.Dense(1)", "layers.Dense(args.units)")
    + """
parser = argparse.ArgumentParser()
parser.add_argument('--units', type=int, required=True)
args = parser.parse_args()
open('witness', 'w')
model = Net()
model.fit(data)
input()
sys.exit(1)
"""
)
GIVEN = (
    DROPPED.replace("def __init__(self):", "def __init__(self, table):")
    .replace("layers.Dense(1)", "layers.Dense(table['units'])")
    .replace("Net()", "Net(options)")
    .replace("def main():", "def main():\n    options = {'units': 3}")
)
# A model that has no `call`: only the trainer can start it.
STEP_ALONE = (
    HEAD
    + """
import tensorflow as tf


class Net(keras.Model):
    def __init__(self, encoder, head):
        super().__init__()
        self.head, self.encoder = head, encoder

    def train_step(self, data):
        {take}
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean({loss} ** 2)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return {{"loss": loss}}


def main(data):
    encoder = keras.Sequential([keras.Input((7,)), layers.Dense(3), layers.Dropout(0.5)])
    model = Net(encoder, layers.Dense(1))
    model.compile("sgd")
    model.fit(data)
"""
)
TWO_ARGUMENTS = model(
    "def call(self, x, other, training=None):\n    return self.out(self.drop(x, training=False) + other)"
)
UNUSED_WHERE_OFF = (
    HEAD
    + """
class Block(layers.Layer):
    def __init__(self, rate=0.0):
        super().__init__()
        self.out = layers.Dense(3)
        if rate > 0:
            self.drop = layers.Dropout(rate)

    def call(self, x):
        return self.out(x)


class Net(keras.Model):
    def __init__(self, rate=0.0):
        super().__init__()
        self.block = Block(rate=rate)

    def call(self, x):
        return self.block(x)
"""
)
MADE_BY_A_METHOD = (
    HEAD
    + """
import tensorflow as tf


class Trainer:
    def __init__(self, width):
        self.width = width
        self.net = self.make(2)

    def make(self, units):
        return keras.Sequential([keras.Input((self.width,)), layers.Dropout(0.5), layers.Dense(units)])

    def step(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.net(x) ** 2)
        return tape.gradient(loss, self.net.trainable_variables)


trainer = Trainer(7)
trainer.step(np.zeros((4, 7)))
"""
)
LOOP_OF_ITS_OWN = (
    HEAD
    + """
import tensorflow as tf


class Critic(keras.Model):
    def __init__(self):
        super().__init__()
        self.steps = [layers.Dense(3), layers.BatchNormalization()]

    def call(self, x):
        for step in self.steps:
            x = step(x)
        return x

    def learn(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.call(x) ** 2)
        return tape.gradient(loss, self.trainable_variables)


critic = Critic()
critic.learn(np.zeros((4, 7)))
"""
)
# How a model may count its calls, beside one that does not: what it holds, what `call` does with that, and the count.
COUNTS = {
    "number": ("self.calls = 0", "self.calls += 1", "self.calls"),
    "list": ("self.calls = []", "self.calls.append(1)", "len(self.calls)"),
    "array": ("self.calls = np.zeros(1)", "self.calls[0] += 1", "self.calls[0]"),
    "object": ("self.calls = Counter()", "self.calls.count += 1", "self.calls.count"),
}
SOURCES = {
    "dropped": DROPPED,
    "loop_of_its_own": LOOP_OF_ITS_OWN,
    "step_alone": STEP_ALONE.format(
        take="data = tf.cast(data, 'float32')", loss="self.head(self.encoder(data))"
    ),
    "step_takes_apart": STEP_ALONE.format(
        take="one, two = data", loss="(self.head(self.encoder(one)) - self.head(self.encoder(two)))"
    ),
    "step_alone_right": STEP_ALONE.format(
        take="one, two = data", loss="self.head(self.encoder(one, training=True)) + two"
    ),
    "step_takes_other_data": model(
        WITH_DEFAULT,
        more=TRAIN_STEP.format(training="", fails="").replace("x, y = data", "(x, y), names = data"),
    ),
    # Its `adapt` is called of what only the project has.
    "adapted": model(
        "def call(self, x):\n    return self.out(self.drop(self.norm(x)))",
        init="self.norm = layers.Normalization()",
    ),
    "made_by_a_method": MADE_BY_A_METHOD,
    "right": RIGHT,
    "step_bare": model(WITH_DEFAULT, more=TRAIN_STEP.format(training="", fails="")),
    "step_own_optimizer": model(
        WITH_DEFAULT,
        init="self.optimizer = keras.optimizers.Adam()",
        more=TRAIN_STEP.format(training="", fails=""),
    ),
    "step_right": model(WITH_DEFAULT, more=TRAIN_STEP.format(training=", training=True", fails="")),
    "step_raises": model(WITH_DEFAULT, more=TRAIN_STEP.format(training="", fails=' + self.no_such["thing"]')),
    "sampling": model(
        "def call(self, x, training=None):\n    return self.out(self.drop(x)) + keras.random.normal((1,))"
    ),
    "not_reached": model(
        "def call(self, x):\n    if x.shape[-1] == 7:\n        x = self.drop(x)\n    return self.out(x)"
    ),
    "script": SCRIPT,
    "assumed": DROPPED.replace("layers.Dense(1)", "layers.Dense(hidden_units)")
    + "\nhidden_units = open('missing.txt').read()\n",
    "given": GIVEN,
    "fails": DROPPED.replace("super().__init__()", "super().__init__()\n        open('licence.key')"),
    "operation": model(
        "def call(self, x, training=None):\n    return self.out(keras.random.dropout(self.drop(x), 0.5))"
    ),
    "unused": model("def call(self, x, training=None):\n    return self.out(x)"),
    "unused_where_off": UNUSED_WHERE_OFF,
    "built_in_call": model("def call(self, x, training=None):\n    return self.out(layers.Dropout(0.5)(x))"),
    **{
        name: model("def call(self, x):\n    return self.drop(self.first(x))", init=f"self.first = {layer}")
        for name, (layer, _) in FIRST.items()
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with all the sources."""
    made = tmp_path_factory.mktemp("sources")
    for name, text in SOURCES.items():
        (made / f"{name}.py").write_text(text)
    (made / "notebook.ipynb").write_text(json.dumps(notebook()))
    (made / "builds_and_trains.py").write_text(BUILDS_AND_TRAINS)
    return made


def notebook():
    head, body = DROPPED.split("class Net", 1)
    cells = [{"cell_type": "markdown", "metadata": {}, "source": "# title"}]
    for source in (
        head + "\n!pip install thing\n",
        "class Net" + body,
        "1 / 0",
        "class Net(keras.Model): pass\n",
    ):
        cells.append(
            {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        )
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="module")
def evidence(folder):
    """(file, code) -> evidence."""
    found = verifying.findings(folder, ".")
    return {(each["filename"], each["code"]): each["evidence"] for each in found}


def verdict(evidence, name, code="KER101"):
    return evidence[f"{name}.py", code]["verdict"]


def test_a_finding_is_confirmed_with_what_was_received(evidence):
    found = evidence["dropped.py", "KER101"]
    assert found["verdict"] == "confirmed"
    [drop] = [site for site in found["received"] if site["layer"] == "keras.layers.Dropout"]
    assert drop["values"]["fit"] == [False]
    assert drop["values"]["call_true"] == [True]
    assert drop["location"] == {"row": 13, "column": 25}
    assert (found["regime"], found["backend"], found["device"]) == ("3.10", "tensorflow", "cpu")
    assert found["effects"]["call_true"]["repeats"] is False
    assert found["effects"]["predict"]["repeats"] is True
    assert 0 < found["memory"] < 1024


def test_the_fix_is_tried_on_a_copy(evidence, folder):
    assert evidence["dropped.py", "KER101"]["counterfactual"]["gone"] is True
    assert (folder / "dropped.py").read_text() == DROPPED


def test_what_people_see(folder):
    done = verifying.run(folder, "right.py::Net", "dropped.py", "fails.py", "builds_and_trains.py::make")
    assert done.returncode == 1
    assert (
        "confirmed KER101 dropped.py:12:5 Dropout got `training=False` in `fit` (dropped.py:13)"
        in done.stdout
    )
    # The first start builds the layers with no value at all: what they got then is not the entry's.
    assert re.search("─ self.drop \\(Dropout\\) +train +infer +infer +infer +train +infer", done.stdout)
    said = done.stdout[done.stdout.index("\nNet fails.py") :].splitlines()
    assert (
        said[2].strip()
        == "was not built: FileNotFoundError: [Errno 2] No such file or directory: 'licence.key'"
    )
    assert said[3].strip() == "tried: Net(); --explain-build shows all"
    assert "[tool.keraslint.verify]" in said[4] and "keraslint record" in said[4]
    # The function trains and then ends the process: it is left where it starts to train.
    assert (
        "make(units=4) called with float(2, 8)" in done.stdout
        or "make(units=16) called with float(2, 8)" in done.stdout
    )


def test_nothing_to_confirm(folder):
    done = verifying.run(folder, "right.py", "step_right.py", "step_alone_right.py", "sampling.py")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_name_that_is_not_there(folder):
    done = verifying.run(folder, "right.py::Nat")
    assert done.returncode == 2
    assert "no model or layer named Nat; there is Net" in done.stderr


def test_a_model_that_was_asked_for_by_name_and_cannot_be_built(tmp_path):
    (tmp_path / "net.py").write_text(
        RIGHT.replace("super().__init__()", "super().__init__()\n        open('licence.key')")
    )
    done = verifying.run(tmp_path, "net.py::Net")
    name, why, tried, more, *_ = map(str.strip, done.stdout.splitlines())
    assert name == "Net net.py:6:1" and why.startswith("was not built: FileNotFoundError")
    assert tried.startswith("tried: Net()") and "keraslint record" in more
    assert done.returncode == 2
    assert "keraslint: error: net.py::Net was not built: FileNotFoundError" in done.stderr
    assert verifying.run(tmp_path, "net.py").returncode == 0


@pytest.mark.parametrize("name", ["step_bare", "step_own_optimizer"])
def test_the_own_train_step_is_run(evidence, name):
    assert verdict(evidence, name, "KER201") == "confirmed"


def test_layers_of_a_loop_are_made_with_their_model(evidence):
    found = evidence["loop_of_its_own.py", "KER203"]
    assert (found["verdict"], found["model"], found["inputs"]) == ("confirmed", "Critic", ["float(2, 16)"])


def test_what_a_train_step_does_before_it_raises_counts(evidence):
    found = evidence["step_raises.py", "KER201"]
    assert found["verdict"] == "confirmed"
    assert "no_such" in found["effects"]["fit"]["error"]


@pytest.mark.parametrize("name", ["step_alone", "step_takes_apart"])
def test_a_model_without_a_call_is_started_from_fit(evidence, name):
    found = evidence[f"{name}.py", "KER201"]
    assert found["verdict"] == "confirmed"
    assert found["inputs"] == ["float(2, 7)"] * (2 if name == "step_takes_apart" else 1)
    assert list(found["effects"]) == ["fit"]


def test_what_only_the_step_takes_is_found_too(evidence):
    found = evidence["step_takes_other_data.py", "KER201"]
    assert (found["verdict"], found["inputs"]) == ("confirmed", ["float(2, 16)"])
    assert "error" not in found["effects"]["fit"]
    assert found["batch"] == ["[float(2, 16), float(2, 16)]", "float(2, 16)"]


def test_layers_that_are_adapted_elsewhere_do_no_harm(evidence):
    assert verdict(evidence, "adapted") == "confirmed"


def test_a_method_makes_a_model_of_the_object_that_the_project_makes(evidence):
    found = evidence["made_by_a_method.py", "KER203"]
    assert (found["verdict"], found["inputs"]) == ("confirmed", ["float(2, 7)"])
    assert found["built"] == "self.make(2)"


def test_a_model_that_takes_two_arguments_is_trained_as_a_part_of_another(tmp_path):
    (tmp_path / "net.py").write_text(TWO_ARGUMENTS)
    [result] = verifying.recordings(tmp_path, "net.py::Net").values()
    assert not any("error" in about for about in result["entries"].values())
    values = {site["layer"]: site["values"]["fit"] for site in result["sites"]}
    assert values["keras.layers.Dropout"] == [False]


@pytest.mark.parametrize("regime", ["2", "3.10"])
def test_a_model_that_calls_change_is_made_anew_for_each_entry(tmp_path, regime):
    head = HEAD + "class Counter:\n    count = 0\n\n\n"
    for name, (init, count, counted) in COUNTS.items():
        body = f"def call(self, x):\n    {count}\n    return self.out(self.drop(x, training=bool({counted} > 4)))"
        (tmp_path / f"{name}.py").write_text(model(body, init=init, head=head))
    results = verifying.recordings(tmp_path, *(f"{name}.py::Net" for name in COUNTS), regime=regime)
    for name, result in results.items():
        [values] = [each["values"] for each in result["sites"] if each["layer"] == "keras.layers.Dropout"]
        assert values == dict.fromkeys(
            ("fit", "evaluate", "predict", "call", "call_true", "call_false"), [False]
        ), name


def test_a_line_that_did_not_run_is_not_refuted(evidence):
    found = evidence["not_reached.py", "KER101"]
    assert found["verdict"] == "inconclusive"
    assert "did not run" in found["reason"]


def test_scripts_are_not_run(evidence, folder):
    assert verdict(evidence, "script") == "confirmed"
    assert not (folder / "witness").exists()


def test_what_is_assumed_is_said(evidence):
    assert list(evidence["assumed.py", "KER101"]["assumed"]) == ["hidden_units"]


def test_arguments_come_from_where_the_project_makes_the_model(evidence, folder):
    [argument] = evidence["given.py", "KER101"]["arguments"]
    row = GIVEN[: GIVEN.index("Net(options)")].count("\n") + 1
    assert (argument["value"], argument["from"]) == ("options", f"{folder / 'given.py'}:{row}")


@pytest.mark.parametrize("name", FIRST)
def test_inputs_fit_the_first_layer(evidence, name):
    found = evidence[f"{name}.py", "KER101"]
    assert (found["verdict"], found["inputs"]) == ("confirmed", [FIRST[name][1]])


def test_operations_that_drop_count_as_layers_do(evidence):
    assert verdict(evidence, "operation", "KER112") == "confirmed"


def test_layers_that_are_never_called_or_made_in_call(evidence):
    assert verdict(evidence, "unused", "KER114") == "confirmed"
    assert verdict(evidence, "unused_where_off", "KER114") == "confirmed"
    assert verdict(evidence, "built_in_call", "KER113") == "confirmed"


def test_notebooks(evidence):
    found = evidence["notebook.ipynb", "KER101"]
    assert found["verdict"] == "confirmed"
    [drop] = [site for site in found["received"] if site["layer"] == "keras.layers.Dropout"]
    assert (drop["cell"], drop["location"]["row"]) == (3, 8)


# ---------------------------------------------------------------- Keras 2

GATE = HEAD + "class Gate(layers.Layer):\n    def call(self, x, training=None):\n        return x\n\n\n"


def test_keras_2_and_signatures_that_it_reads(tmp_path):
    """Keras 2 reads signatures: `training` by position raised where a layer's `call` had been wrapped."""
    text = model(
        "def call(self, x, training=None):\n    x = self.gate(x, training)\n    return self.out(self.drop(x, training=True))",
        init="self.gate = Gate()",
        head=GATE,
    )
    (tmp_path / "net.py").write_text(text)
    found = {f["code"]: f["evidence"] for f in verifying.findings(tmp_path, "net.py", regime="2")}
    assert (found["KER104"]["verdict"], found["KER104"]["regime"]) == ("confirmed", "2")
    assert not any("error" in effects for effects in found["KER104"]["effects"].values())


ABSTRACT = (
    HEAD
    + """
class Base(layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(self.inner(x), training=True)

class Net(Base):
    def __init__(self, units):
        super().__init__(units)
        self.inner = layers.Dense(units)
"""
)


def test_a_class_that_lacks_what_others_have_is_made_as_one_of_them(tmp_path):
    (tmp_path / "net.py").write_text(ABSTRACT)
    [result] = verifying.recordings(tmp_path, "net.py::Base").values()
    assert result["built"].startswith("Net(")
    assert {site["within"] for site in result["sites"]} == {"Base.call"}


NAMED = (
    HEAD
    + """
class Told(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training):
        return self.drop(x, training=training)

class Packs(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def __call__(self, states, weights, **kwargs):
        return super().__call__([states, weights], **kwargs)

    def call(self, inputs):
        states, weights = inputs
        return self.drop(states) * weights
"""
)


def test_what_a_call_must_be_told(tmp_path):
    (tmp_path / "net.py").write_text(NAMED)
    found = verifying.recordings(tmp_path, "net.py::Told", "net.py::Packs")
    told, packs = found["net.py::Told"], found["net.py::Packs"]
    [site] = told["sites"]
    assert site["values"] == {
        "fit": [True],
        "evaluate": [False],
        "predict": [False],
        "call_true": [True],
        "call_false": [False],
    }
    assert "training" in told["entries"]["call"]["error"]["message"]
    assert len(packs["inputs"]) == 2


CHANNELS_FIRST = """
import tensorflow as tf
from tensorflow import keras

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = keras.layers.Conv2D(4, 3, strides=2, padding="same", data_format="channels_first")
        self.up = keras.layers.Conv2DTranspose(4, 3, strides=2, data_format="channels_first")
        self.norm = keras.layers.BatchNormalization(axis=1)
        self.pool = keras.layers.MaxPooling2D(data_format="channels_first")
        self.kernel = tf.random.normal((3, 3, 4, 2))

    def call(self, images, training=None):
        x = self.pool(self.norm(self.up(self.conv(images)), training=training))
        return tf.nn.conv2d(x, self.kernel, [1, 1, 2, 1], [[0, 0], [0, 0], [1, 0], [2, 2]], data_format="NCHW")
"""


def test_a_cpu_runs_what_has_its_channels_first(tmp_path):
    (tmp_path / "net.py").write_text(CHANNELS_FIRST)
    [result] = verifying.recordings(tmp_path, "net.py::Net", regime="2").values()
    assert result.get("failed") is None, result["reason"]
    assert not any("error" in about for about in result["entries"].values())
    moved = {entry: any(about["moved"].values()) for entry, about in result["entries"].items()}
    assert moved["fit"] and not moved["predict"]


def test_the_python_may_be_named_from_the_current_folder(tmp_path):
    (tmp_path / "net.py").write_text(DROPPED)
    verifying.python_of(tmp_path, "3.10")
    done = verifying.run(tmp_path, "net.py", "--python", "./python-3.10")
    assert done.returncode == 1, done.stderr


def test_another_version_is_not_claimed(tmp_path):
    (tmp_path / "net.py").write_text(DROPPED)
    verifying.python_of(tmp_path, "2").rename(tmp_path / "python-3.10")
    [finding] = verifying.findings(tmp_path, "net.py", regime="3.10")
    assert finding["evidence"]["verdict"] == "inconclusive"
    assert "holds in Keras 3.10" in finding["evidence"]["reason"]


def test_recipes(tmp_path):
    (tmp_path / "net.py").write_text(
        DROPPED.replace(
            "def __init__(self):", "def __init__(self, cipher):\n        assert cipher == 'sesame'"
        ).replace("Net()", "Net(read())")
    )
    (tmp_path / "keraslint.toml").write_text("[verify]\nNet = \"Net('sesame') <- float(3, 5)\"\n")
    [finding] = verifying.findings(tmp_path, "net.py", isolated=False)
    assert finding["evidence"]["verdict"] == "confirmed"
    assert finding["evidence"]["inputs"] == ["float(3, 5)"]
    (tmp_path / "keraslint.toml").write_text('[verify]\nNet = "Net( <- float(3"\n')
    done = verifying.run(tmp_path, "net.py", isolated=False)
    assert done.returncode == 2
    assert "keraslint.toml: verify: Net:" in done.stderr
