"""rules/layers/*.toml says what the installed versions of Keras say and do."""

import json
import subprocess
import sys

import keras_envs
import probe_layers
import pytest

pytestmark = pytest.mark.keras

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Prints the names of a list that do not exist.
MISSING = """
import json, os, sys
import tensorflow as tf
if os.environ.get("TF_USE_LEGACY_KERAS"):
    import tf_keras as keras
else:
    import keras
missing = []
for name in json.load(sys.stdin):
    first, *rest = name.split(".")
    value = {"tf": tf, "keras": keras}[first]
    for part in rest:
        value = getattr(value, part, None)
    if not callable(value):
        missing.append(name)
print("@" + json.dumps(missing))
"""


def read(name):
    return tomllib.loads((probe_layers.TABLES / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", probe_layers.VERSIONS)
def test_table_is_what_a_probe_finds(name):
    assert probe_layers.table(name) == (probe_layers.TABLES / f"{name}.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("regime", keras_envs.VERSIONS)
def test_functions_exist(regime):
    names = [
        name
        for name, fact in read("functions").items()
        if regime in fact.get("regimes", [regime]) and not fact.get("removed")
    ]
    python, env = keras_envs.env_for(regime)
    done = subprocess.run(
        [python, "-c", MISSING], env=env, input=json.dumps(names), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.rpartition("@")[2]) == []
