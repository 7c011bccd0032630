"""VS Code with the extension of `editors/vscode`, in a browser as a user would see it: pytest -m editors.

It needs code-server (npm install code-server; on the PATH, or named by CODE_SERVER), Chromium, the Python package
playwright, and the extension built: `npm install && npm run package` in editors/vscode. PICTURES names a folder for
pictures of what was seen.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from test_editors import EDITORS, FIXED, NET

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.editors

CODE_SERVER = os.environ.get("CODE_SERVER") or shutil.which("code-server")
CHROMIUM = shutil.which("chromium")
VSIX = EDITORS / "vscode" / "keraslint.vsix"
WAIT = 60_000  # milliseconds
TEACHER = """\
import keras
from keras import layers


class Teacher(keras.Model):
    def __init__(self):
        super().__init__()
        self.norm = layers.BatchNormalization()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        x = self.norm(x)
        return self.drop(x, training=True)


Teacher().fit([1])
"""
NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "metadata": {}, "source": cell, "outputs": [], "execution_count": None}
        for cell in (
            NET[: NET.index("\n\nclass")],
            NET[NET.index("class") : NET.index("\n\nnet =")],
            "Net().fit([1])",
        )
    ],
    "metadata": {"language_info": {"name": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
SETTINGS = {
    "keraslint.interpreter": [sys.executable],
    "keraslint.inlayHints": "all",
    "security.workspace.trust.enabled": False,
    "workbench.startupEditor": "none",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "chat.disableAIFeatures": True,
    "telemetry.telemetryLevel": "off",
    "extensions.ignoreRecommendations": True,
    "files.hotExit": "off",
    "window.autoDetectColorScheme": False,
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where a code-server with the extension answers."""
    if not CODE_SERVER or not CHROMIUM or not VSIX.exists():
        pytest.skip("needs code-server, Chromium and the built extension")
    home = tmp_path_factory.mktemp("code-server")
    folders = ["--user-data-dir", str(home / "data"), "--extensions-dir", str(home / "extensions")]
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(EDITORS.parent)}
    (home / "data" / "User").mkdir(parents=True)
    (home / "data" / "User" / "settings.json").write_text(json.dumps(SETTINGS))
    install = [CODE_SERVER, *folders, "--install-extension", str(VSIX)]
    subprocess.run(install, env=environment, check=True, capture_output=True)
    port = _free_port()
    serve = [
        "--auth",
        "none",
        "--bind-addr",
        f"127.0.0.1:{port}",
        "--disable-telemetry",
        "--disable-update-check",
    ]
    with open(home / "log", "w") as log:
        server = subprocess.Popen([CODE_SERVER, *folders, *serve], env=environment, stdout=log, stderr=log)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not _answers(port):
        time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "keraslint.toml").write_text('keras = ["3.10"]\nbackend = ["tensorflow"]\n')
    (folder / "net.py").write_text(NET)
    (folder / "teacher.py").write_text(TEACHER)
    (folder / "net.ipynb").write_text(json.dumps(NOTEBOOK))
    return folder


class Window:
    """A window of VS Code on a folder."""

    def __init__(self, browser, address, folder):
        self.page = browser.new_page(viewport={"width": 1150, "height": 720})
        self.page.set_default_timeout(WAIT)
        self.page.goto(f"{address}/?folder={folder}")
        self.page.wait_for_selector(".monaco-workbench .part.statusbar")

    def command(self, title):
        self.page.keyboard.press("F1")
        box = self.page.locator(".quick-input-widget input[type=text]")
        box.fill(">" + title)
        self.page.locator(".quick-input-list .monaco-list-row").first.wait_for()
        box.press("Enter")

    def open(self, name):
        self.page.keyboard.press("Control+p")
        box = self.page.locator(".quick-input-widget input[type=text]")
        box.fill(name)
        self.page.locator(".quick-input-list .monaco-list-row", has_text=name).first.wait_for()
        box.press("Enter")
        self.page.locator(f".tab[data-resource-name='{name}']").wait_for()

    def problems(self):
        """What the Problems panel lists, once it lists anything."""
        rows = self.page.locator(".markers-panel .monaco-list-row")
        rows.first.wait_for()
        return rows.all_inner_texts()

    def picture(self, name):
        if os.environ.get("PICTURES"):
            self.page.screenshot(path=Path(os.environ["PICTURES"]) / f"{name}.png")


@pytest.fixture
def window(address, folder):
    with playwright.sync_playwright() as browsers:
        arguments = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
        ]
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield Window(browser, address, folder)
        browser.close()


def test_a_finding_is_seen_read_fixed_and_saved(window, folder):
    page = window.page
    window.open("net.py")
    page.locator(".squiggly-error").first.wait_for()
    window.command("Problems: Focus on Problems View")
    problems = " ".join(window.problems())
    assert "KER101" in problems and "never" in problems
    window.picture("problems")
    page.locator(".view-line", has_text="def call").locator("span", has_text="call").last.hover()
    page.locator(".monaco-hover:not(.hidden)", has_text="KER101").first.wait_for()
    window.picture("hover")
    page.locator(".view-line", has_text="def call").locator("span", has_text="call").last.click()
    page.keyboard.press("Control+.")
    menu = page.locator(".action-widget")
    menu.locator(".action", has_text="training=None").first.wait_for()
    assert menu.locator(".action", has_text="Run the model to verify").count() == 1
    window.picture("menu")
    menu.locator(".action", has_text="training=None").first.click()
    page.locator(".squiggly-error").first.wait_for(state="detached")
    page.keyboard.press("Control+s")
    _until(lambda: (folder / "net.py").read_text() != NET)
    assert (folder / "net.py").read_text() == FIXED
    page.locator(".view-line", has_text="fit: train").wait_for()
    window.picture("fixed")


def test_all_is_fixed_from_the_palette(window, folder):
    with open(folder / "keraslint.toml", "a") as file:
        file.write("unsafe-fixes = true\n")
    window.open("net.py")
    window.page.locator(".squiggly-error").first.wait_for()
    window.command("keraslint: Fix All Auto-fixable Problems")
    window.page.locator(".squiggly-error").first.wait_for(state="detached")
    window.page.keyboard.press("Control+s")
    _until(lambda: (folder / "net.py").read_text() != NET)
    assert (folder / "net.py").read_text() == FIXED


def test_modes_stand_behind_the_calls(window):
    page = window.page
    window.open("teacher.py")
    page.locator(".view-line", has_text="predict: train").wait_for()
    lines = [line.replace("\xa0", " ") for line in page.locator(".view-line").all_inner_texts()]
    assert any("self.norm(x)" in line and "fit: train, predict: infer" in line for line in lines)
    page.locator(".view-line", has_text="self.norm(x)").locator("span", has_text="norm").last.hover()
    page.locator(".monaco-hover:not(.hidden)", has_text="BatchNormalization").first.wait_for()
    window.picture("modes")


def test_a_notebook_shows_a_finding_once(window):
    page = window.page
    window.open("net.ipynb")
    page.locator(".squiggly-error").first.wait_for()
    window.command("Problems: Focus on Problems View")
    rows = window.problems()
    assert len([row for row in rows if "KER101" in row]) == 1, rows
    window.picture("notebook")


def _free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(port):
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(true, wait=30):
    deadline = time.monotonic() + wait
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
