"""Code that does harm when it is run costs one model, and says so."""

import os
import re
import socket

import pytest
import verifying

SOURCE = """
import ctypes, os, socket, subprocess, sys, time
import keras
import numpy as np
import tensorflow as tf
from keras import layers


def say(text):
    for number in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{number}").startswith("pipe:"):
                os.write(int(number), text)
        except OSError:
            pass


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
        {harm}

    def call(self, x):
        return self.drop(x)


def main():
    net = Net()
    net.compile("sgd", "mse")
    net.fit(np.zeros((4, 16)), np.zeros((4, 16)))
"""
# What is done -> (how, what is said of it).
HARMS = {
    "endless_loop": ("while True: pass", "takes more than 10 s"),
    "sleep": ("time.sleep(1000)", "takes more than 10 s"),
    "allocation": ("self.big = np.ones((100 << 30,), 'uint8')", "MemoryError|more than"),
    "allocations": ("self.big = [bytearray(1 << 24) for _ in range(10000)]", "memory|more than"),
    "fork_bomb": ("for _ in range(50): os.fork()", "start processes"),
    "native_fork_bomb": ("[ctypes.CDLL(None).fork() for _ in range(50)]", "processes|ended|wrote"),
    "shell": ("os.system('touch {folder}/harm')", "start processes"),
    "subprocess": ("subprocess.run(['touch', '{folder}/harm'])", "start processes"),
    "write_outside": ("open('{folder}/harm', 'w').write('x')", "Permission"),
    "native_write_outside": ("tf.io.write_file('{folder}/harm', 'x')", "denied"),
    "remove": ("os.remove('{folder}/net_good.py')", "Permission"),
    "network": ("socket.create_connection(('127.0.0.1', {port}))", "network"),
    "exit": ("os._exit(0)", "ended the process"),
    "crash": ("os.kill(os.getpid(), 11)", "crashed .SIGSEGV."),
    "answer": ("say(b'no answer\\n'); os._exit(0)", "wrote into"),
    "answer_and_crash": ("say(b'[1]\\n'); os.kill(os.getpid(), 11)", "crashed"),
    "printing": ("[print('x' * 1000000) for _ in range(50)]; sys.exit('done')", "SystemExit"),
    "secrets": ("assert 'MY_TOKEN' in os.environ, 'none'", "AssertionError: none"),
    "stdin": ("assert not sys.stdin.read(), 'read'; raise OSError('empty')", "empty"),
}


@pytest.fixture(scope="module")
def verified(tmp_path_factory):
    """(the folder, evidence by the file's name) of one run over all the harm, with a model that does none."""
    folder = tmp_path_factory.mktemp("harm")
    temporary = tmp_path_factory.mktemp("temporary")
    environment = {"MY_TOKEN": "secret", "TMPDIR": str(temporary)}
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        for name, (harm, _) in {**HARMS, "good": ("pass", "")}.items():
            harm = harm.replace("{folder}", str(folder)).replace("{port}", port)
            (folder / f"net_{name}.py").write_text(SOURCE.replace("{harm}", harm))
        found = verifying.findings(
            folder, ".", "--timeout", "10", "--memory", "2000", env=environment, input="typed", timeout=600
        )
    assert os.listdir(temporary) == []
    return folder, {each["filename"][4:-3]: each["evidence"] for each in found}


@pytest.mark.parametrize("name", HARMS)
def test_harm_costs_one_model(verified, name):
    _, evidence = verified
    assert evidence[name]["verdict"] == "inconclusive"
    assert re.search(HARMS[name][1], evidence[name]["reason"]), evidence[name]["reason"]


def test_inputs_that_crash_native_code_are_left_out(tmp_path):
    """As a kernel's SIGFPE on an image that is too small: what was to be called with is tried no more."""
    harm = "if x.shape[-1] != 16 or len(x.shape) < 3: os.kill(os.getpid(), 8)"
    text = SOURCE.replace("{harm}", "pass").replace(
        "        return self.drop(x)", f"        {harm}\n        return self.drop(x)"
    )
    (tmp_path / "net.py").write_text(text)
    [finding] = verifying.findings(tmp_path, "net.py")
    assert (finding["evidence"]["verdict"], finding["evidence"]["inputs"]) == (
        "confirmed",
        ["float(2, 8, 16)"],
    )


def test_a_model_whose_kernels_crash_is_made_smaller(tmp_path):
    """As they do where they get no memory: it is made with smaller sizes before it is given up."""
    harm = "if self.units > 100: os.kill(os.getpid(), 11)"
    text = SOURCE.replace("{harm}", "pass").replace(
        "        return self.drop(x)", f"        {harm}\n        return self.drop(x)"
    )
    text = text.replace("def __init__(self):", "def __init__(self, units=512):")
    text = text.replace("        pass\n", "        self.units = units\n")
    (tmp_path / "net.py").write_text(text)
    [finding] = verifying.findings(tmp_path, "net.py")
    assert finding["evidence"]["verdict"] == "confirmed"
    assert finding["evidence"]["arguments"][0]["value"] == "64"


def test_the_others_are_verified_and_nothing_is_left_behind(verified):
    folder, evidence = verified
    assert evidence["good"]["verdict"] == "confirmed"
    kept = {f"net_{name}.py" for name in (*HARMS, "good")} | {"python-3.10"}
    assert {path.name for path in folder.iterdir()} - {".keraslint_cache"} == kept
