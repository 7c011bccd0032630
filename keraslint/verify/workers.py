"""Starts the process that has imported Keras, hands it jobs, and takes what comes back."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple

from keraslint.rulebook import folder, load_toml
from keraslint.semantics.layers import regime_of_version, sensitive_functions

# The modules are loaded from where they are; the rest of this installation's packages stays out of the way.
_BOOT = """
import importlib.util, sys
package = sys.argv[1]
spec = importlib.util.spec_from_file_location("keraslint", package + "/__init__.py", submodule_search_locations=[package])
sys.modules["keraslint"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["keraslint"])
del sys.path[0]
from keraslint.verify.inside import server
server.main()
"""
_PROBE = """
import importlib.metadata as m, json, sys
def version(*names):
    for name in names:
        try: return m.version(name)
        except m.PackageNotFoundError: pass
packages = sorted({f"{d.name} {d.version}" for d in m.distributions()})
print(json.dumps({"keras": version("keras", "keras-nightly"), "tf_keras": version("tf_keras", "tf-keras"),
                  "python": sys.version, "packages": packages}))
"""
# What an interpreter needs to find its packages and its hardware; secrets are among the rest.
_KEPT = (
    "PATH",
    "TMPDIR",
    "PYTHONPATH",
    "PYTHONHOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
)
_KEPT_PREFIXES = ("KERAS_BACKEND", "TF_", "XLA_", "JAX_", "CUDA_", "NVIDIA_", "OMP_", "KERASLINT_TRACEBACK")

# Jobs that are with the interpreter at a time, for each of its workers: one that is run, and one that waits for it.
_AHEAD = 2


class NoKeras(Exception):
    """The interpreter cannot run Keras; the text is one line that says why and what to do."""


class Limits(NamedTuple):
    """What one model may take."""

    seconds: float = 60.0
    memory: int = 4 << 30
    workers: int = 2


def regimes_of(python: str) -> dict[str, bool]:
    """The regimes that an interpreter can run -> whether as Keras 2. Raises NoKeras."""
    found = _probed(python)
    regimes = {}
    if found["keras"] and regime_of_version(found["keras"]) != "2":
        regimes[regime_of_version(found["keras"])] = False
    if found["tf_keras"]:
        regimes["2"] = True
    if not regimes:
        raise NoKeras(f"{python}: has no Keras 3 and no tf_keras; name a Python that has with --python PATH")
    if os.environ.get("TF_USE_LEGACY_KERAS") in ("1", "true", "True"):
        return {"2": True}
    return regimes


def interpreter(python: str) -> tuple:
    """All that results depend on besides the sources: the Python, its packages, and the variables that it sees."""
    found = _probed(python)
    return found["python"], *found["packages"], *sorted(environment().items())


@functools.cache
def _probed(python: str) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [python, "-c", _PROBE], env=environment(), capture_output=True, text=True, timeout=60, check=False
        )
        return json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        raise NoKeras(
            f"{python}: is no Python that runs; name one that has Keras with --python PATH"
        ) from None


def environment(legacy: bool = False) -> dict[str, str]:
    """The variables that code under verification sees."""
    kept = {k: v for k, v in os.environ.items() if k in _KEPT or k.startswith(_KEPT_PREFIXES)}
    kept.pop("TF_USE_LEGACY_KERAS", None)
    kept.update(PYTHONDONTWRITEBYTECODE="1", TF_CPP_MIN_LOG_LEVEL="3", PYTHONUNBUFFERED="1")
    if legacy:
        kept["TF_USE_LEGACY_KERAS"] = "1"
    return kept


class Pool:
    """A warm interpreter. `about` says what it runs: keras, backend and their versions."""

    def __init__(self, python: str, legacy: bool, limits: Limits, backend: str = "tensorflow"):
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self._home = tempfile.TemporaryDirectory(prefix="keraslint-home-")
        env = {**environment(legacy), "HOME": self._home.name, "KERAS_HOME": self._home.name}
        env["KERAS_BACKEND"] = "tensorflow" if legacy else backend
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [os.path.abspath(python) if os.path.dirname(python) else python, "-c", _BOOT, package],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=self._home.name,
        )
        # Beside the reading: an interpreter whose results nobody reads yet reads no more jobs.
        self._sender = ThreadPoolExecutor(1)
        self._ahead = _AHEAD * limits.workers
        self._send({**limits._asdict(), "layers": _layers(legacy), "functions": list(sensitive_functions())})
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            said = self._errors.read().strip().splitlines()
            raise NoKeras(f"{python}: Keras does not start: {said[-1] if said else 'no reason given'}")
        self.about: dict[str, Any] = json.loads(line)["ready"]
        self.about["regime"] = regime_of_version(self.about["keras"])

    def run(
        self, jobs: Iterable[dict], started: Callable[[dict], None] = lambda job: None
    ) -> Iterator[tuple[dict, dict]]:
        """(job, result) in the order in which they end. Raises NoKeras if the interpreter is lost, and what `jobs` does.

        jobs: taken as they are needed, so that they are made while others run.
        """
        numbered = enumerate(jobs)
        given: dict[int, dict] = {}
        while True:
            for number, job in islice(numbered, self._ahead - len(given)):
                given[number] = job
                self._send({**job, "number": number})
            if not given:
                return
            line = self._process.stdout.readline()
            if not line:
                names = ", ".join(job["name"] for job in given.values())
                raise NoKeras(
                    f"the interpreter that runs Keras {self.about['keras']} ended while it had {names}; "
                    "run again, with fewer --workers if memory is short"
                )
            message = json.loads(line)
            if "started" in message:
                started(given[message["number"]])
            else:
                yield given.pop(message["number"]), message["result"]

    def _send(self, what: dict) -> None:
        self._sent: Future = self._sender.submit(self._write, json.dumps(what) + "\n")

    def _write(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # what it says of itself is read next
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def close(self) -> None:
        if not self._sent.done():  # whoever wanted the results left
            self._process.kill()
        self._sender.shutdown()
        try:
            self._process.communicate(timeout=10)  # it may wait for somebody to read
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._errors.close()
        self._home.cleanup()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _layers(legacy: bool) -> dict[str, dict]:
    """What the tables say of each layer, in the words of the tables."""
    own, other = ("keras2", "keras3") if legacy else ("keras3", "keras2")
    keys = ("sensitive", "nonzero", "trainable", "child")
    found: dict[str, dict] = {}
    for name in (other, own):
        table = load_toml((folder() / "layers" / f"{name}.toml").read_text(encoding="utf-8"))
        for layer, entry in table["layers"].items():
            facts = {key: entry[key] for key in keys if key in entry}
            found.update(dict.fromkeys([layer, *entry.get("aliases", ())], facts))
    return found
