"""What the tests of the verifier share: `keraslint verify` started on sources, with an environment's Python."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import keras_envs

ROOT = Path(__file__).resolve().parents[2]


def python_of(folder, regime, backend="tensorflow"):
    """A file that starts the Python of a regime, as a project's own would be."""
    python, env = keras_envs.env_for(regime, backend)
    file = folder / f"python-{regime}"
    settings = " ".join(f"{key}={shlex.quote(env[key])}" for key in ("PYTHONPATH", "CUDA_VISIBLE_DEVICES"))
    file.write_text(f'#!/bin/sh\n{settings} exec {shlex.quote(python)} "$@"\n')
    file.chmod(0o755)
    return file


def run(folder, *arguments, regime="3.10", backend="tensorflow", isolated=True, **options):
    """The finished process of `keraslint verify` in a folder."""
    if not (folder / f"python-{regime}").exists():
        python_of(folder, regime, backend)
    command = [sys.executable, "-m", "keraslint", "verify", "--python", str(folder / f"python-{regime}")]
    command += ["--isolated"] if isolated else []
    command += ["--keras", regime, "--backend", backend, *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, **options
    )


def findings(folder, *arguments, **options):
    """What it prints for programs."""
    done = run(folder, *arguments, "--output-format", "json", **options)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def recordings(folder, *targets, regime="3.10", backend="tensorflow", limits=None, holders=()):
    """What models did, found or not: FILE::NAME -> the result of its job. holders: models that hold them, as in a job."""
    from keraslint.verify.workers import Limits, Pool

    names = [target.split("::") for target in targets]
    jobs = [
        {"filename": str(folder / file), "name": name, "root": str(folder), "texts": {}, "others": [], "holders": [*holders], "raised": False,
         "recipe": "", "recorded": [], "effects": True}
        for file, name in names
    ]  # fmt: skip
    with Pool(str(python_of(folder, regime, backend)), regime == "2", limits or Limits(), backend) as pool:
        return {f"{Path(job['filename']).name}::{job['name']}": result for job, result in pool.run(jobs)}
