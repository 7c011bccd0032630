"""Random programs on real Keras do what is explained. Each run has a fresh seed, which it prints."""

import random

import keras_envs
import program_sweep
import pytest

pytestmark = pytest.mark.keras
PROGRAMS = 15


@pytest.mark.parametrize(
    "version, backend",
    [(version, "tensorflow") for version in keras_envs.VERSIONS] + [("3.10", "jax")],
)
def test_modes_of_random_programs(version, backend, tmp_path):
    sweep = program_sweep.Sweep(version, backend, tmp_path.resolve())
    row = sweep.run(PROGRAMS, random.randrange(10**9))
    print(f"{program_sweep.HEAD}\n{row}")
    assert not sweep.failures, sweep.failures
    assert sweep.counts["agree"] > 10 * PROGRAMS
    assert sweep.counts["unknown"] < 0.02 * sweep.counts["agree"]
