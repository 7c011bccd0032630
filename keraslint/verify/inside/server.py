"""A process that has imported Keras and forks a worker for each job: lines of JSON in, lines of JSON out.

It is started by `keraslint/verify/workers.py`, in the interpreter that has Keras, with its settings as the first line.
"""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import platform
import select
import shutil
import signal
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keraslint.verify.inside import confine
from keraslint.verify.inside.library import Library
from keraslint.verify.inside.run import run
from keraslint.verify.inside.sensitivity import Facts

MOST_ANSWER = 32 << 20
MOST_PROCESSES = 16
MOST_FILE = 64 << 20
# Bytes and seconds after which it is read again what memory a worker has for itself, which takes 10 ms: where it may have
# too much, as it uses that much with what it shares, and else.
NEAR, FAR = (8 << 20, 0.25), (64 << 20, 2.0)
PAUSE, ENDING = 0.1, 0.02  # seconds until the workers are looked at again, and if one of them is about to end
MOST_CRASHES = 3  # of a model, before it is given up
# How native code ends that was called with what it does not expect, as kernels do with an image that is too small.
CRASHES = (signal.SIGFPE, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL)


@dataclass
class Worker:
    """A running job. answer: a line for each thing that it was about to try, and its result at last."""

    job: dict
    pid: int
    pipe: int
    folder: str
    deadline: float
    answer: bytearray = field(default_factory=bytearray)
    silent: bool = False  # it says no more
    ended: str = ""  # why it was ended
    crashed: bool = False
    too_much: bool = False  # memory
    peak: int = 0  # the most bytes of memory that it had for itself
    # When that was read, and once how many bytes are used, with what it shares, it is read again before its time.
    read: float = 0.0
    resident: int = 0


def main() -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    quiet = os.open(os.devnull, os.O_RDWR)
    jobs = os.dup(0)
    for number in (0, 1):
        os.dup2(quiet, number)
    lines = _Lines(jobs)
    settings = json.loads(lines.first())
    offline = confine.leave_network()
    confine.adopt_orphans()
    warnings.simplefilter("ignore")
    library, facts = _warm(settings)
    say = lambda what: print(json.dumps(what), file=out, flush=True)
    say({"ready": _about(library, offline)})
    _serve(
        lines, say, settings, lambda job, trying: _answer(job, library, facts, trying), (jobs, out.fileno())
    )


def _warm(settings: dict):
    logging.disable(logging.CRITICAL)
    library = Library()
    return library, Facts(settings["layers"], settings["functions"], library)


def _about(library, offline: bool) -> dict:
    name = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}.get(library.backend, library.backend)
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        version = getattr(sys.modules.get(name), "__version__", "")
    return {
        "keras": library.version,
        "backend": library.backend,
        "backend_version": version,
        "python": platform.python_version(),
        "offline": offline,
    }


def _answer(job: dict, library, facts, trying) -> dict:
    result = run(job, library, facts, trying)
    result["device"] = _device(library)
    return result


def _device(library) -> str:
    if library.backend == "tensorflow":
        import tensorflow

        gpus = tensorflow.config.list_physical_devices("GPU")
        return "gpu" if gpus else "cpu"
    if library.backend == "jax":
        import jax

        return jax.default_backend()
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


# ---------------------------------------------------------------- workers


def _serve(lines, say, settings: dict, answer, private: tuple[int, ...]) -> None:
    """Run the jobs that come until nobody asks any more. private: file descriptors that are no worker's business."""
    waiting: list[dict] = []
    running: list[Worker] = []
    while not lines.closed:
        while waiting and len(running) < settings["workers"]:
            job = waiting.pop(0)
            running.append(_start(job, settings, answer, private))
            say({"number": job["number"], "started": True})
        for line in lines.ready([worker.pipe for worker in running if not worker.silent], _pause(running)):
            waiting.append({**json.loads(line), "crashed": [], "small": False})
        for worker in list(running):
            _read(worker)
            _guard(worker, settings)
            if not _ended(worker):
                continue
            running.remove(worker)
            result = _result(worker, settings)
            again = _again(worker, result)
            if again is None:
                say({"number": worker.job["number"], "result": result})
            else:
                waiting.insert(0, again)
        if running:
            _end_orphans({worker.pid for worker in running})
    for worker in running:  # whoever asked is gone
        _end(worker, "")
        _ended(worker)


def _pause(running: list[Worker]) -> float | None:
    """The seconds until workers that say nothing are looked at; None if there are none."""
    if not running:
        return None
    return ENDING if any(worker.silent for worker in running) else PAUSE


def _again(worker: Worker, result: dict) -> dict | None:
    """The job, to be done without the inputs that ended it, or smaller; None if it is at its end."""
    job, tried = worker.job, _last(worker)
    too_much = worker.too_much and job["small"]
    if (worker.crashed or too_much) and isinstance(tried, str) and len(job["crashed"]) < MOST_CRASHES:
        return {**job, "crashed": [*job["crashed"], tried]}
    lacked = worker.too_much or result.get("failed") == "memory"
    if (lacked or worker.crashed) and not job["small"]:  # kernels that get no memory may crash
        return {**job, "small": True, "lacked": lacked, "crashed": []}
    return None


def _start(job: dict, settings: dict, answer, private: tuple[int, ...]) -> Worker:
    folder = tempfile.mkdtemp(prefix="keraslint-verify-")
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            for each in (read, *private):
                os.close(each)
            _work({**job, "folder": folder}, settings, answer, write)
        finally:
            os._exit(3)
    os.close(write)
    os.set_blocking(read, False)
    return Worker(job, pid, read, folder, time.monotonic() + settings["seconds"])


def _work(job: dict, settings: dict, answer, pipe: int) -> None:
    os.dup2(0, 2)  # what a model prints is nobody's business
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR"):
        os.environ[name] = job["folder"]
    tempfile.tempdir = job["folder"]
    confine.confine(job["folder"], settings["seconds"], settings["memory"], MOST_FILE)
    try:
        result = answer(job, lambda what: os.write(pipe, json.dumps(what).encode() + b"\n"))
    except MemoryError:
        result = {
            "failed": "memory",
            "reason": f"it needs more than {settings['memory'] >> 20} MB",
            "tried": [],
        }
    except BaseException as error:
        result = {"failed": "internal", "reason": f"{type(error).__name__}: {error}", "tried": []}
        if os.environ.get("KERASLINT_TRACEBACK"):
            import traceback

            result["reason"] = traceback.format_exc()
    data = json.dumps(result).encode()
    while data:
        data = data[os.write(pipe, data) :]
    os._exit(0)


def _read(worker: Worker) -> None:
    while True:
        try:
            data = os.read(worker.pipe, 1 << 16)
        except BlockingIOError:
            return
        if not data:
            worker.silent = True
            return
        worker.answer += data
        if len(worker.answer) > MOST_ANSWER:
            _end(worker, "answers without end")
            return


def _guard(worker: Worker, settings: dict) -> None:
    if worker.ended:
        return
    resident, now = _resident(worker.pid), time.monotonic()
    step, pause = NEAR if resident > settings["memory"] else FAR
    if resident > worker.resident or now > worker.read + pause:
        worker.resident, worker.read = max(worker.resident, resident + step), now
        worker.peak = max(worker.peak, _own(worker.pid))
    if time.monotonic() > worker.deadline:
        _end(worker, f"takes more than {settings['seconds']:g} s")
    elif worker.peak > settings["memory"]:
        _end(worker, _too_much(settings), True)
    elif len(_descendants(worker.pid)) > MOST_PROCESSES:
        _end(worker, f"starts more than {MOST_PROCESSES} processes")


def _too_much(settings: dict) -> str:
    return f"needs more than {settings['memory'] >> 20} MB"


def _end(worker: Worker, why: str, too_much: bool = False) -> None:
    worker.ended, worker.too_much = why, too_much
    for pid in [worker.pid, *_descendants(worker.pid)]:
        _kill(pid)


def _ended(worker: Worker) -> bool:
    pid, status = os.waitpid(worker.pid, os.WNOHANG)
    if not pid:
        return False
    _read(worker)
    os.close(worker.pipe)
    _kill_group(worker.pid)
    shutil.rmtree(worker.folder, ignore_errors=True)
    if not worker.ended and os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        worker.crashed = number in CRASHES
        worker.ended = f"crashed ({signal.Signals(number).name})"
    elif not worker.ended and not worker.answer:
        worker.ended = f"ended the process (exit status {os.WEXITSTATUS(status)})"
    return True


def _result(worker: Worker, settings: dict) -> dict:
    """What came of a worker that is at its end."""
    if worker.ended:
        why = _too_much(settings) if worker.crashed and worker.job.get("lacked") else worker.ended
        tried = [
            f"called with {each}: the process crashed, or needed too much memory"
            for each in worker.job["crashed"]
        ]
        return {"failed": "died", "reason": f"the code {why}", "tried": tried}
    answer = _last(worker)
    if isinstance(answer, dict) and answer.keys() & {"failed", "sites"}:
        return {**answer, "memory": worker.peak >> 20}
    return {"failed": "died", "reason": "the code wrote into the verifier's own answer", "tried": []}


def _last(worker: Worker) -> Any:
    """What a worker said last; None if that is nothing, or not its own."""
    try:
        return json.loads(worker.answer.splitlines()[-1])
    except (ValueError, IndexError):
        return None


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _end_orphans(known: set[int]) -> None:
    """Processes that a worker left behind."""
    for pid in _children(os.getpid()):
        if pid not in known:
            _kill(pid)
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _descendants(pid: int) -> list[int]:
    found = _children(pid)
    for child in found:
        found += _children(child)
    return found


def _own(pid: int) -> int:
    """The bytes of memory that a process has for itself, without what it still shares with the one that it was forked from."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return _resident(pid)
    return sum(int(row.split()[1]) << 10 for row in rows if row.startswith("Private_"))


def _resident(pid: int) -> int:
    """The bytes of memory that a process uses and no file holds; some may be another's too."""
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


class _Lines:
    """Lines from a file descriptor."""

    def __init__(self, descriptor: int):
        self.descriptor, self.rest, self.closed = descriptor, b"", False
        self.found: list[bytes] = []

    def ready(self, others: list[int], timeout: float | None) -> list[bytes]:
        """The lines that came since; waits until some come, there is something in others, or so many seconds are over."""
        if (
            not self.found
            and self.descriptor in select.select([self.descriptor, *others], [], [], timeout)[0]
        ):
            self._read()
        found, self.found = self.found, []
        return found

    def first(self) -> bytes:
        while not self.found and not self.closed:
            self._read()
        return self.found.pop(0) if self.found else b"{}"

    def _read(self):
        data = os.read(self.descriptor, 1 << 16)
        self.closed = not data
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.found += lines


if __name__ == "__main__":
    main()
