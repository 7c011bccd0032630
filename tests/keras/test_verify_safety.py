"""Code that does harm when it is run costs one model, and says so."""

import os
import time

import pytest
import verifying

SOURCE = """
import os, socket, subprocess, sys, time
import keras
import numpy as np
from keras import layers


class Good(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


class Bad(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
        {harm}

    def call(self, x):
        return self.drop(x)


def main():
    for net in (Bad(), Good()):
        net.compile("sgd", "mse")
        net.fit(np.zeros((4, 16)), np.zeros((4, 16)))
"""
HARMS = {
    "endless loop": ("while True: pass", "takes more than 8 s"),
    "sleep": ("time.sleep(1000)", "takes more than 8 s"),
    "allocation": ("self.big = np.ones((100 << 30,), 'uint8')", "memory|more than"),
    "many small allocations": ("self.big = [bytearray(1 << 24) for _ in range(10000)]", "memory|more than"),
    "fork bomb": ("for _ in range(50): os.fork()", "start processes"),
    "native fork": ("import ctypes; [ctypes.CDLL(None).fork() for _ in range(50)]", "processes|ended|wrote"),
    "shell": ("os.system('touch {folder}/harm')", "start processes"),
    "subprocess": ("subprocess.run(['touch', '{folder}/harm'])", "start processes"),
    "write outside": ("open('{folder}/harm', 'w').write('x')", "Permission"),
    "native write outside": (
        "import tensorflow as tf; tf.io.write_file('{folder}/harm', 'x')",
        "denied",
    ),
    "network": ("socket.create_connection(('127.0.0.1', {port}))", "network"),
    "exit": ("os._exit(0)", "ended the process"),
    "crash": ("os.kill(os.getpid(), 11)", "crashed .SIGSEGV."),
    "printing": ("[print('x' * 1000000) for _ in range(50)]; sys.exit('done')", "SystemExit"),
    "secrets": ("assert 'MY_TOKEN' in os.environ, 'none'", "AssertionError: none"),
    "stdin": ("assert sys.stdin is None or not sys.stdin.read(), 'read'; raise OSError('empty')", "empty"),
}


@pytest.mark.parametrize("name", HARMS)
def test_harm_is_contained(tmp_path, name):
    import re
    import socket

    harm, said = HARMS[name]
    with socket.create_server(("127.0.0.1", 0)) as server:
        harm = harm.replace("{folder}", str(tmp_path)).replace("{port}", str(server.getsockname()[1]))
        (tmp_path / "net.py").write_text(SOURCE.replace("{harm}", harm))
        before, files = time.monotonic(), set(os.listdir("/tmp"))
        found = verifying.findings(
            tmp_path,
            "net.py",
            "--timeout",
            "8",
            "--memory",
            "2000",
            env={"MY_TOKEN": "secret"},
            input="typed",
            timeout=200,
        )
        assert time.monotonic() - before < 120
    bad, good = (
        next(f["evidence"] for f in found if f["symbol"] == symbol) for symbol in ("Bad.call", "Good.call")
    )
    assert good["verdict"] == "confirmed"
    assert bad["verdict"] == "inconclusive"
    assert re.search(said, bad["reason"]), bad["reason"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.py", "python-3.10"]
    assert not [name for name in set(os.listdir("/tmp")) - files if name.startswith("keraslint")]
