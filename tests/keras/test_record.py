"""keraslint record on real programs: what it keeps reaches models that no guess can, and the program notices nothing."""

import json
import subprocess
import sys

import pytest
import verifying

NETS = """
import dataclasses
import enum

import keras
from keras import layers


class Kind(enum.Enum):
    SECRET = 1


@dataclasses.dataclass
class Config:
    units: int
    kind: Kind
    activation: object = keras.activations.relu


class Gate(layers.Layer):
    def __init__(self, key):
        super().__init__()
        assert key == "sesame"
        self.drop = layers.Dropout(0.3)

    def call(self, x, scale):
        return self.drop(x) * scale


class Net(keras.Model):
    def __init__(self, config, gate, *, head):
        super().__init__()
        assert config.kind is Kind.SECRET and isinstance(gate, Gate) and isinstance(head, layers.Dense)
        self.embed = layers.Embedding(50, config.units)
        self.gate, self.head = gate, head
        self.drop = layers.Dropout(0.5)

    def call(self, inputs, flag=False):
        assert inputs[0].shape[1] == 7 and inputs[1].shape[1:] == (7, 1)
        x = self.embed(inputs[0]) * inputs[1]
        return self.head(self.drop(self.gate(x, scale=inputs[1])))


def make(table):
    x = keras.Input((5,))
    return keras.Model(x, layers.Dense(table["units"])(layers.Dropout(0.5)(x, training=True)))
"""
TRAIN = """
import os
import sys

import numpy as np
from nets import *

net = Net(Config(8, Kind.SECRET), Gate("sesame"), head=layers.Dense(3))
x = (np.random.randint(0, 50, (32, 7)), np.ones((32, 7, 1), "float32"))
net(x, flag=True)
net.compile("sgd", "mse")
net.fit(x, np.zeros((32, 7, 3)), verbose=0)
make({"units": 3})
print("trained")
sys.stdout.flush()
os._exit(7)
"""


def record(folder, *command, regime="3.10"):
    python = verifying.python_of(folder, regime)
    # What a project's own environment would be; the recorder's folder has to stay first.
    python.write_text(python.read_text().replace("PYTHONPATH=", "PYTHONPATH=$PYTHONPATH:"))
    return subprocess.run(
        [sys.executable, "-m", "keraslint", "record", "--", str(python), *command],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(params=["3.10", "2"], scope="module")
def recorded(tmp_path_factory, request):
    """(folder, regime, the finished process) of a recorded training."""
    folder = tmp_path_factory.mktemp("recorded")
    own = NETS.replace("import keras", "import tf_keras as keras").replace("from keras", "from tf_keras")
    (folder / "pyproject.toml").touch()
    (folder / "nets.py").write_text(own if request.param == "2" else NETS)
    (folder / "train.py").write_text(TRAIN)
    return folder, request.param, record(folder, "train.py", regime=request.param)


def test_what_was_recorded_is_what_verify_starts_from(recorded):
    folder, regime, done = recorded
    if regime == "2":
        pytest.skip("Keras 2 trains a model whose `call` takes no `training`: nothing is found")
    assert (done.stdout, done.returncode) == ("trained\n", 7), done.stderr
    assert "Recorded 3 models in .keraslint_recorded.json" in done.stderr
    [finding] = [
        each for each in verifying.findings(folder, ".", regime=regime) if each["symbol"] == "Net.call"
    ]
    evidence = finding["evidence"]
    assert (finding["code"], evidence["verdict"], evidence["model"]) == ("KER101", "confirmed", "Net")
    assert {argument["from"] for argument in evidence["arguments"]} == {"a recorded run"}


def test_a_model_and_its_call_are_made_as_they_were(recorded):
    folder, regime, _ = recorded
    done = verifying.run(folder, "nets.py::Net", "nets.py::make", "--explain-build", regime=regime)
    assert "Net(Config(...), Gate(...), head=Dense(...)) called with" in done.stdout, (
        done.stdout + done.stderr
    )
    assert "flag=True" in done.stdout
    assert "make(table={'units': 3}) called with" in done.stdout


def test_every_note_is_of_the_project(recorded):
    folder, _, _ = recorded
    kept = json.loads((folder / ".keraslint_recorded.json").read_text())
    assert sorted(kept["models"]) == ["nets.py::Gate", "nets.py::Net", "nets.py::make"]
    assert str(folder) not in json.dumps(kept)


def test_a_program_without_models(tmp_path):
    (tmp_path / "none.py").write_text("print('done')")
    done = record(tmp_path, "none.py")
    assert (done.returncode, done.stdout) == (2, "done\n")
    assert "nothing was recorded" in done.stderr
    assert not (tmp_path / ".keraslint_recorded.json").exists()
