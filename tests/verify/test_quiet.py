"""What is replaced while a model is built."""

import builtins
import logging
import signal
import sys

import pytest

from keraslint.verify.inside.quiet import TooLong, _no_pause, limited, stay


@pytest.mark.parametrize(
    "module, waits", [("huggingface_hub.utils._http", False), ("urllib3.util.retry", False), ("nets", True)]
)
def test_nobody_waits_for_a_network_that_is_not_there(module, waits):
    slept = []
    names = {"__name__": module, "sleep": _no_pause(slept.append)}
    exec("sleep(8)", names)
    assert slept == [8] * waits


def test_what_takes_too_long_is_stopped_wherever_it_is():
    before = signal.getsignal(signal.SIGPROF)
    with pytest.raises(TooLong), limited(0.05):
        while True:
            pass
    assert signal.getsignal(signal.SIGPROF) is before
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_a_model_cannot_end_the_program_and_needs_no_log(monkeypatch, tmp_path):
    for owner, name in (
        (sys, "exit"),
        (builtins, "exit"),
        (builtins, "quit"),
        (logging.FileHandler, "_open"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    stay()
    for way in ("import sys; sys.exit(1)", "exit()", "quit()", "from sys import exit; exit(0)"):
        with pytest.raises(RuntimeError, match="the code ends the program"):
            exec(way)
    logging.FileHandler(tmp_path / "no" / "such" / "folder.log").close()
    logging.FileHandler(tmp_path / "a.log").close()
    assert (tmp_path / "a.log").exists()
