"""fixtures/recorded/ says what real Keras does with the fixtures.

Each regime and backend runs its own share of the fixtures, so that each fixture is run once and the whole takes a few
minutes. With KERASLINT_ALL_RECORDS=1 all run them all, as `python tools/record.py --check` does.
"""

import json
import os

import pytest
import record

pytestmark = pytest.mark.keras


def sources(target):
    """The share of one (regime, backend)."""
    files = record.fixtures([])
    if os.environ.get("KERASLINT_ALL_RECORDS") != "1":
        files = files[record.TARGETS.index(target) :: len(record.TARGETS)]
    return {record.name_of(file): {"filename": str(file), "text": file.read_text(encoding="utf-8")} for file in files}


def recorded(name, target):
    """expression -> what the record has for one regime and backend."""
    record_of_file = json.loads((record.RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return {
        model["run"]: model["regimes"][target]
        for model in record_of_file["models"].values()
        if target in model["regimes"]
    }


@pytest.mark.parametrize("regime, backend", record.TARGETS)
def test_fixtures_run_as_recorded(regime, backend):
    answers = record.ask(sources((regime, backend)), regime, backend)
    differing = [
        name
        for name, models in answers.items()
        if {entry["run"]: entry["record"] for entry in models.values()} != recorded(name, f"{regime}/{backend}")
    ]
    assert differing == []


# A text that is no file: the way the examples of the rules' pages are run.
EXAMPLE = """
# run: Net() <- float(2, 4)
import keras


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = keras.layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)
"""


@pytest.mark.parametrize("regime, fit", [("2", "train"), ("3.10", "infer")])
def test_text_without_file(regime, fit):
    records = record.record_sources({"example": {"filename": "example", "text": EXAMPLE}}, [(regime, "tensorflow")])
    [site] = records["example"]["models"]["Net"]["regimes"][f"{regime}/tensorflow"]["sites"]
    assert (site["row"], site["column"], site["within"], site["callee"]) == (12, 16, "Net.call", "self.drop")
    assert (site["layer"], site["modes"]["fit"]) == ("keras.layers.Dropout", [fit])
