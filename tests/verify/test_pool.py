"""How work gets to the interpreter that runs Keras, and back. Another program stands in for it, as only the pipes count."""

import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from keraslint.verify.workers import Pool

LARGE = 1 << 18  # more than a pipe holds
ANSWERS = """
import json, sys
for line in sys.stdin:
    job = json.loads(line)
    print(json.dumps({"number": job["number"], "result": {"text": job["text"]}}), flush=True)
"""


def pool(program=ANSWERS, ahead=4):
    made = Pool.__new__(Pool)
    made._process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    made._errors, made._home = tempfile.TemporaryFile(), tempfile.TemporaryDirectory()
    made._sender, made._ahead = ThreadPoolExecutor(1), ahead
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


def test_jobs_are_made_while_others_run():
    made, events = pool(ahead=2), []

    def jobs():
        for number in range(6):
            events.append("made")
            yield {"text": str(number)}

    for _, result in made.run(jobs()):
        events.append(result["text"])
    made.close()
    assert events[:3] == ["made", "made", "0"]
    assert [each for each in events if each != "made"] == list("012345")
    assert events.index("5") == len(events) - 1 and events.count("made") == 6


@pytest.mark.parametrize("error", [ValueError("no such recipe"), KeyboardInterrupt()])
def test_an_error_where_a_job_is_made_ends_the_run(error):
    made, found = pool(), []

    def jobs():
        yield {"text": "x" * LARGE}
        raise error

    with pytest.raises(type(error)):
        found.extend(made.run(jobs()))
    assert not found and within(5, made.close)
    assert made._process.returncode is not None


def test_an_interpreter_whose_result_nobody_reads_does_not_keep_whoever_leaves():
    large = "print('{\"number\": 0, \"started\": true}', 'x' * (1 << 20), sep='\\n', flush=True)"
    made = pool(f"import sys\nsys.stdin.readline()\n{large}\nsys.stdin.read()")
    with pytest.raises(KeyboardInterrupt):
        list(made.run([{"text": ""}], started=interrupted))
    assert within(5, made.close)
    assert made._process.returncode == 0


def interrupted(job):
    raise KeyboardInterrupt
