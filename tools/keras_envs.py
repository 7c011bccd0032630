"""Makes the environments in which real Keras is run: one per Keras version of `VERSIONS`.

    python tools/keras_envs.py             # make what is missing
    python tools/keras_envs.py 3.10        # only the versions of one regime (or one exact version)
    python tools/keras_envs.py --torch     # PyTorch as well, for the slower sweeps
    python tools/keras_envs.py --list      # what there is, and where

TensorFlow and JAX are heavy and the same for all, so they are installed once, in a virtual environment called
`base`; each Keras version is a folder beside it, put first on PYTHONPATH. Everything is in `.keras-envs/` of the
checkout, or in the folder that the environment variable KERASLINT_ENVS names.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(os.environ.get("KERASLINT_ENVS") or Path(__file__).resolve().parent.parent / ".keras-envs")

# regime -> the exact distributions that are run for it; the first one is the one that records are made with.
VERSIONS = {
    "2": ["tf_keras==2.21.0"],
    "3.0": ["keras==3.9.2", "keras==3.5.0"],
    "3.10": ["keras==3.15.1", "keras==3.10.0"],
    "3.16": ["keras-nightly==3.16.0.dev2026102704"],
}
# Keras 3.9 and older need a JAX that still has `jax.spmd_mode`.
ALONGSIDE = {"3.0": ["jax==0.4.38", "jaxlib==0.4.38"]}
TORCH = "torch==2.13.0"
PYTHON = "3.11"
BASE = ["tensorflow-cpu==2.21.*", "jax[cpu]==0.10.2", "absl-py", "rich", "namex", "optree", "h5py", "ml-dtypes", "packaging"]


def distribution(name: str) -> str:
    """`"3.10"` or `"3.15.1"` -> `"keras==3.15.1"`."""
    if name in VERSIONS:
        return VERSIONS[name][0]
    for pins in VERSIONS.values():
        for pin in pins:
            if name in (pin, pin.partition("==")[2]):
                return pin
    known = ", ".join([*VERSIONS, *(pin.partition("==")[2] for pins in VERSIONS.values() for pin in pins)])
    raise SystemExit(f"keras_envs: no environment called {name!r}; there are {known}")


def regime_of(name: str) -> str:
    """The regime that an environment's name (a regime or an exact version) belongs to."""
    pin = distribution(name)
    return next(regime for regime, pins in VERSIONS.items() if pin in pins)


def folder(pin: str) -> Path:
    """Where a distribution's own files, and those of `ALONGSIDE`, are."""
    return ROOT / pin.replace("==", "-")


def base_python() -> Path:
    return ROOT / "base" / "bin" / "python"


def env_for(name: str, backend: str = "tensorflow") -> tuple[str, dict[str, str]]:
    """The interpreter, and the whole set of environment variables, that run Keras `name` (a regime or a version)."""
    pin = distribution(name)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("KERAS_", "TF_", "PYTHON"))}
    folders = [folder(pin), folder(TORCH)] if backend == "torch" else [folder(pin)]
    env.update(
        PYTHONPATH=os.pathsep.join(map(str, folders)),
        PYTHONDONTWRITEBYTECODE="1",
        PYTHONHASHSEED="0",
        KERAS_HOME=str(ROOT / "home"),  # a user's ~/.keras/keras.json would choose the backend
        KERAS_BACKEND=backend,
        JAX_PLATFORMS="cpu",
        # The same tiny models are compiled again and again.
        JAX_COMPILATION_CACHE_DIR=str(ROOT / "jax-cache"),
        JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0",
        JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES="-1",
        CUDA_VISIBLE_DEVICES="",
        OMP_NUM_THREADS="1",  # the threads of PyTorch would wait for one another longer than they compute
        TF_CPP_MIN_LOG_LEVEL="3",
        TF_ENABLE_ONEDNN_OPTS="0",
    )
    if pin.startswith("tf_keras"):
        env["TF_USE_LEGACY_KERAS"] = "1"
    return str(base_python()), env


def is_made(name: str) -> bool:
    return (ROOT / "base" / "made").exists() and folder(distribution(name)).is_dir()


@contextlib.contextmanager
def locked():
    """Two runs at once would install into the same folder."""
    import fcntl

    ROOT.mkdir(parents=True, exist_ok=True)
    with open(ROOT / "lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def interpreter() -> str:
    """A Python of the version that every pinned wheel exists for."""
    if sys.version_info[:2] == tuple(int(part) for part in PYTHON.split(".")):
        return sys.executable
    found = shutil.which("python" + PYTHON)
    if found is None:
        raise SystemExit(f"keras_envs: needs python{PYTHON} on PATH: it is the version the pinned TensorFlow runs on")
    return found


def make_base() -> None:
    if (ROOT / "base" / "made").exists():
        return
    print("making base: TensorFlow and JAX", flush=True)
    subprocess.run([interpreter(), "-m", "venv", "--clear", str(ROOT / "base")], check=True)
    subprocess.run([str(base_python()), "-m", "pip", "install", "-q", *BASE], check=True)
    # The Keras that TensorFlow brings along must never be picked up by accident.
    subprocess.run([str(base_python()), "-m", "pip", "uninstall", "-q", "-y", "keras"], check=True)
    (ROOT / "base" / "made").touch()


def make(pin: str, *options: str) -> None:
    """Install a distribution into its folder, if it is not there."""
    if folder(pin).is_dir():
        return
    print("making", pin, flush=True)
    new = Path(f"{folder(pin)}.new")  # renamed at the end, so that a folder that is there is whole
    shutil.rmtree(new, ignore_errors=True)
    command = [str(base_python()), "-m", "pip", "install", "-q", "--target", str(new), pin, *options]
    if subprocess.run(command).returncode:
        raise SystemExit(f"keras_envs: {pin} could not be installed; if the index no longer has it, change VERSIONS")
    new.rename(folder(pin))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="REGIME", help="a regime or an exact version; all by default")
    parser.add_argument("--torch", action="store_true", help="make PyTorch as well")
    parser.add_argument("--list", action="store_true", help="print the environments and stop")
    options = parser.parse_args()
    names = [pin for name in options.names or VERSIONS for pin in VERSIONS.get(name) or [distribution(name)]]
    if options.list:
        for pin in names:
            print(f"{regime_of(pin):5} {pin:40} {folder(pin) if is_made(pin) else 'not made'}")
        return
    with locked():
        make_base()
        for pin in names:
            make(pin, "--no-deps", *ALONGSIDE.get(regime_of(pin), []))
        if options.torch:
            make(TORCH)


if __name__ == "__main__":
    main()
