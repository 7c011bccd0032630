"""Random programs on real Keras do what is explained. Each run has a fresh seed, which it prints."""

import random

import keras_envs
import program_sweep
import pytest

pytestmark = pytest.mark.keras
PROGRAMS = 20


@pytest.mark.parametrize("versions, backend", [([*keras_envs.VERSIONS], "tensorflow"), (["3.10"], "jax")])
def test_modes_of_random_programs(versions, backend, tmp_path):
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    sweep = program_sweep.Sweep(versions, backend, tmp_path.resolve())
    rows = sweep.run(PROGRAMS, seed)
    print("\n".join([program_sweep.HEAD, *rows]))
    assert not sweep.failures, sweep.failures
    for keras in sweep.kerases:
        assert keras.counts["agree"] > 10 * PROGRAMS
        # The long sweeps stay below 2 %; one `Resizing`, which 3.6 changed, is much in twenty programs of Keras 3.0.
        assert keras.counts["unknown"] < 0.1 * keras.counts["agree"]


def test_kept_answers_are_judged_without_keras(tmp_path, monkeypatch):
    kept = tmp_path / "kept"
    first = program_sweep.Sweep(["3.10"], "tensorflow", tmp_path.resolve(), kept).run(5, 7)
    monkeypatch.setattr(program_sweep.Keras, "start", None)
    again = program_sweep.Sweep(["3.10"], "tensorflow", tmp_path.resolve(), kept)
    assert again.run(5, 7)[0].split("|")[:-2] == first[0].split("|")[:-2]  # all but the time
    assert again.kerases[0].counts["programs"] == 5
