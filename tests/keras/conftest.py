"""The tests of this folder start real Keras, in the environments that tools/keras_envs.py makes."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items):
    """Without the environments there is nothing to run, whatever `-m` says."""
    import keras_envs

    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        item.add_marker(pytest.mark.keras)
        if not all(keras_envs.is_made(pin) for pins in keras_envs.VERSIONS.values() for pin in pins):
            item.add_marker(pytest.mark.skip(reason="run `python tools/keras_envs.py` first"))
