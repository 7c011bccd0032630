"""Helix in a terminal, read from the screen as a user would: pytest -m editors.

It needs tmux, and Helix as `hx` on the PATH or named by HELIX. PICTURES names a folder for the screens that were seen.
"""

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_editors import EDITORS, FIXED, NET

HELIX = os.environ.get("HELIX") or shutil.which("hx")
TMUX = shutil.which("tmux")
pytestmark = [
    pytest.mark.editors,
    pytest.mark.skipif(not HELIX or not TMUX, reason="needs Helix and tmux"),
]
CONFIG = """\
[editor]
end-of-line-diagnostics = "hint"

[editor.lsp]
display-inlay-hints = true

[editor.inline-diagnostics]
cursor-line = "hint"
"""


class Terminal:
    """A terminal that runs one program."""

    def __init__(self, command, folder, **environment):
        self.socket = str(folder / "tmux")
        words = ["env", *(f"{name}={value}" for name, value in environment.items()), *command]
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "36", "-c", folder, shlex.join(words)
        )

    def _tmux(self, *arguments):
        command = [TMUX, "-S", self.socket, *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def keys(self, *keys):
        """Type them one after the other: what follows Escape at once would be Alt with a key."""
        for key in keys:
            self._tmux("send-keys", key)
            time.sleep(0.1)

    @property
    def screen(self):
        return self._tmux("capture-pane", "-p")

    def shows(self, text, wait=60):
        """Wait until the screen shows some text."""
        deadline = time.monotonic() + wait
        while text not in self.screen:
            assert time.monotonic() < deadline, f"{text!r} is not on the screen:\n{self.screen}"
            time.sleep(0.1)
        return self.screen

    def hides(self, text, wait=60):
        """Wait until the screen shows some text no longer."""
        deadline = time.monotonic() + wait
        while text in self.screen:
            assert time.monotonic() < deadline, f"{text!r} is still on the screen:\n{self.screen}"
            time.sleep(0.1)

    def close(self):
        self._tmux("kill-server")


@pytest.fixture
def net(tmp_path):
    (tmp_path / "keraslint.toml").write_text('keras = ["3.10"]\nbackend = ["tensorflow"]\n')
    path = tmp_path / "net.py"
    path.write_text(NET)
    return path


@pytest.fixture
def helix(net, tmp_path):
    """Helix on the file, with the configuration that editors/helix has."""
    home = tmp_path / "home"
    (home / ".config" / "helix").mkdir(parents=True)
    shutil.copy(EDITORS / "helix" / "languages.toml", home / ".config" / "helix")
    (home / ".config" / "helix" / "config.toml").write_text(CONFIG)
    command = home / "keraslint"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m keraslint "$@"\n')
    command.chmod(0o755)
    environment = {
        "HOME": home,
        "PATH": f"{home}:/usr/bin:/bin",  # and no other server for Python
        "PYTHONPATH": EDITORS.parent,
        "LANG": "C.UTF-8",
        "COLORTERM": "truecolor",
    }
    terminal = Terminal([HELIX, str(net)], tmp_path, **environment)
    yield terminal
    terminal.close()


def test_a_finding_is_seen_read_fixed_and_saved(helix, net):
    picture("diagnostic", helix.shows("takes no `training`"))
    helix.keys(":11", "Enter")
    helix.keys("/self\\.drop", "Enter")
    picture("hint", helix.shows("fit: infer"))
    helix.keys("Space", "k")
    picture("hover", helix.shows("(Dropout). Mode: "))
    helix.keys("Escape", ":10", "Enter", "w", "Space", "a")
    picture("menu", helix.shows("Add `training=None`"))
    helix.keys("Enter", "Enter")
    helix.shows("training=None):")
    helix.keys("Escape", ":write", "Enter")
    picture("fixed", helix.shows("written"))
    assert net.read_text() == FIXED
    helix.hides("takes no")
    helix.hides("fit: infer")


def picture(name, screen):
    if os.environ.get("PICTURES"):
        (Path(os.environ["PICTURES"]) / f"helix-{name}.txt").write_text(screen)
