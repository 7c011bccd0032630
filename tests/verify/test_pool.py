"""How work gets to the interpreter that runs Keras, and back. Another program stands in for it, as only the pipes count."""

import subprocess
import sys
import tempfile
import threading

from keraslint.verify.workers import Pool

LARGE = 1 << 18  # more than a pipe holds
ANSWERS = """
import json, sys
for line in sys.stdin:
    job = json.loads(line)
    print(json.dumps({"number": job["number"], "result": {"text": job["text"]}}), flush=True)
"""


def pool():
    made = Pool.__new__(Pool)
    made._process = subprocess.Popen(
        [sys.executable, "-c", ANSWERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    made._errors, made._home = tempfile.TemporaryFile(), tempfile.TemporaryDirectory()
    made.about = {"keras": "3"}
    return made


def within(seconds, function):
    """Whether a function ends in time."""
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


def test_large_jobs_and_large_results_do_not_wait_for_one_another():
    made, found = pool(), []
    jobs = [{"text": "x" * LARGE} for _ in range(4)]
    try:
        assert within(30, lambda: found.extend(made.run(jobs)))
        assert len(found) == 4 and all(job == result for job, result in found)
    finally:
        made._process.kill()


def test_whoever_wants_only_the_first_result_may_leave():
    made = pool()
    next(made.run([{"text": "x" * LARGE} for _ in range(8)]))
    assert within(30, made.close)
