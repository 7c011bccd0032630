"""What is kept between runs: a run that was interrupted goes on where it was, and what has not changed is not run again."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
import verifying

NET = """
import keras
import numpy as np
from keras import layers
from parts import Part


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop, self.out = layers.Dropout(0.5), Part(1)
        {harm}

    def call(self, x):
        return self.out(self.drop(x))


def main():
    net = Net()
    net.compile("sgd", "mse")
    net.fit(np.zeros((4, 8)), np.zeros((4, 1)))
"""
PARTS = "from keras.layers import Dense as Part\n"


@pytest.fixture
def folder(tmp_path):
    """A folder with a model and a part of it, and a Python that notes each start of Keras."""
    (tmp_path / "net.py").write_text(NET.replace("{harm}", "pass"))
    (tmp_path / "parts.py").write_text(PARTS)
    python = verifying.python_of(tmp_path, "3.10")
    shell, rest = python.read_text().split("\n", 1)
    noting = f'case "$2" in *server.main*) echo start >> {tmp_path}/starts;; esac'
    python.write_text(f"{shell}\n{noting}\n{rest}")
    return tmp_path


def starts(folder):
    noted = folder / "starts"
    return noted.read_text().count("start") if noted.exists() else 0


def test_what_has_not_changed_is_not_run_again(folder):
    first = verifying.findings(folder, "net.py")
    assert verifying.findings(folder, "net.py") == first
    assert (first[0]["evidence"]["verdict"], starts(folder)) == ("confirmed", 1)
    assert first[0]["evidence"]["counterfactual"]["gone"]
    (folder / "parts.py").write_text(PARTS + "# something else\n")
    verifying.findings(folder, "net.py")
    assert starts(folder) == 2
    verifying.findings(folder, "net.py", "--no-cache")
    assert starts(folder) == 3


def test_an_interrupted_run_goes_on_where_it_was(folder):
    (folder / "never.py").write_text(NET.replace("{harm}", "while True: pass"))
    python = str(folder / "python-3.10")
    command = [
        sys.executable,
        "-m",
        "keraslint",
        "verify",
        ".",
        "--isolated",
        "--keras",
        "3.10",
        "--python",
        python,
    ]
    env = {**os.environ, "PYTHONPATH": str(verifying.ROOT)}
    process = subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    summaries = 3
    while kept(folder) <= summaries and process.poll() is None:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert "interrupted" in process.communicate()[1]
    assert process.returncode == 130
    verifying.findings(folder, "net.py", "--timeout", "1")  # no time for anything that is not known


def kept(folder):
    try:
        with closing(sqlite3.connect(folder / ".keraslint_cache" / "cache.db")) as database:
            return database.execute("SELECT count(*) FROM kept").fetchone()[0]
    except sqlite3.Error:
        return 0
