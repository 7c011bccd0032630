"""The page of `verify --html` in a real browser: it needs nothing else, and shows what was seen.

Needs Chromium on PATH and playwright. PICTURES names a folder for pictures of the page.
"""

import os
import shutil
from pathlib import Path

import pytest
import verifying

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

SOURCE = '''
"""<script>alert(1)</script>"""
import keras
import numpy as np
from keras import layers


class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.norm, self.drop = layers.BatchNormalization(), layers.Dropout(0.5)

    def call(self, x):
        return self.drop(self.norm(x))


class Net(keras.Model):
    def __init__(self, title="<b>&"):
        super().__init__()
        self.block, self.out = Block(), layers.Dense(2)

    def call(self, x):
        return self.out(self.block(x))


def main():
    net = Net(title="<b>&")
    net.compile("sgd", "mse")
    net.fit(np.zeros((4, 8)), np.zeros((4, 2)))
'''


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "net.py").write_text(SOURCE)
    done = verifying.run(folder, "net.py", "net.py::Net", "net.py::Block", "--html", "page.html")
    assert done.returncode == 1, done.stderr
    return folder / "page.html"


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme, wide", [("light", 1280), ("dark", 1280), ("light", 390)])
def test_the_page_stands_alone_and_fits(written, chromium, scheme, wide):
    page = chromium.new_page(viewport={"width": wide, "height": 900}, color_scheme=scheme)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(written.as_uri())
    assert (said, asked) == ([], [written.as_uri()])
    assert page.evaluate("document.documentElement.scrollWidth") <= wide
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"page-{scheme}-{wide}.png", full_page=True)


def test_it_shows_what_was_seen(written, chromium):
    page = chromium.new_page()
    page.goto(written.as_uri())
    assert page.inner_text(".count.confirmed") == "1\nconfirmed"
    net = page.locator("section", has=page.get_by_role("heading", name="Net", exact=True))
    rows = {
        row.locator(".name").inner_text(): row.locator(".mode").all_inner_texts()
        for row in net.locator("tr:has(td)").all()
    }
    assert rows["self.drop (Dropout)"] == ["infer", "infer", "infer", "infer", "train", "infer"]
    assert net.locator("tr:has-text('self.drop') .mode.wrong").all_inner_texts() == ["infer"]
    assert "self.out (Dense)" in rows and not rows["self.out (Dense)"]
    moved = {
        f.locator("b").inner_text(): f.locator("figcaption span").inner_text()
        for f in net.locator("figure:has(path)").all()
    }
    assert moved == {
        "fit": "stayed", "evaluate": "stayed", "predict": "stayed", "model(x)": "stayed",
        "training=True": "moved", "training=False": "stayed",
    }  # fmt: skip
    varies = {
        f.locator("b").inner_text(): f.locator("figcaption span").inner_text()
        for f in net.locator("figure:has(circle)").all()
    }
    assert varies == {
        "predict": "the same",
        "model(x)": "the same",
        "training=True": "varies",
        "training=False": "the same",
    }
    net.locator("summary").click()
    assert "'<b>&'" in net.locator("details").inner_text()
