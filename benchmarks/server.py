"""What the language server costs: from a keystroke to the new findings in CPU time, and idle memory.

python benchmarks/server.py            # made-up files of 550 and 2,000 lines, and a project of 1,000 files
python benchmarks/server.py FILE ...   # the same keystrokes in real files
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "server"))

from editor import Editor  # noqa: E402

STROKES = 15
BLOCK = '''

class Block{n}(layers.Layer):
    """A block with a residual."""

    def __init__(self, filters, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.conv1 = layers.Conv2D(filters, 3, padding="same")
        self.norm1 = layers.BatchNormalization()
        self.conv2 = layers.Conv2D(filters, 3, padding="same")
        self.norm2 = layers.BatchNormalization()
        self.act = layers.Activation("relu")
        self.drop = layers.Dropout(rate)

    def call(self, x, training=None):
        y = self.act(self.norm1(self.conv1(x), training=training))
        y = self.drop(y, training=training)
        y = self.norm2(self.conv2(y), training=training)
        return self.act(x + y)

    def get_config(self):
        return {{**super().get_config(), "filters": self.filters}}


class Net{n}(keras.Model):
    def __init__(self, classes, depth=2):
        super().__init__()
        self.stem = layers.Conv2D(32, 3)
        self.blocks = [Block{n}(32) for _ in range(depth)]
        self.pool = layers.GlobalAveragePooling2D()
        self.head = keras.Sequential([layers.Dropout(0.2), layers.Dense(classes)])

    def call(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(self.pool(x))


def train{n}(x, y):
    model = Net{n}(10)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=2)
    return model.evaluate(x, y)
'''


def made_up(lines: int) -> str:
    """A file of models with findings, of about so many lines."""
    number = round(lines / BLOCK.count("\n"))
    return "import keras\nfrom keras import layers\n" + "".join(BLOCK.format(n=n) for n in range(number))


def cpu(pid: int) -> float:
    """The CPU time that a process has taken, in seconds."""
    return time.clock_gettime((~pid << 3) | 2)  # the number that Linux gives a process's clock


def memory(pid: int) -> float:
    """The resident memory of a process, in MB."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def keystrokes(path: Path, text: str) -> None:
    """Edit methods all over a file: what is typed is a statement, is broken for a while, and is deleted again."""
    editor = Editor(pull=True)
    pid = editor.client._server.pid
    uri = editor.open(path, text)
    found = len(editor.diagnostics(uri))
    returns = [match.start(1) for match in re.finditer(r"^ +(return)\b", text, re.MULTILINE)]
    costs: dict[str, list[float]] = defaultdict(list)

    def cost(what: str, ask) -> list:
        before = cpu(pid)
        answer = ask()
        costs[what].append((cpu(pid) - before) * 1000)
        return answer

    for number in range(STROKES):
        at = returns[number * len(returns) // STROKES]
        for what, typed in {"broken": "_x = (", "typed": f"_x{number} = 1; ", "deleted": ""}.items():
            editor.edit(uri, text[:at] + typed + text[at:])
            diagnostics = cost(what, lambda: editor.diagnostics(uri))
            assert what == "broken" or len(diagnostics) == found
            if what == "typed":
                cost("its hints", lambda: editor.hints(uri))
    print(
        f"{path.name}: {text.count(chr(10))} lines, {found} findings, {memory(pid):.0f} MB; CPU ms, median (most):"
    )
    print(
        "  "
        + ", ".join(f"{what} {statistics.median(all_):.0f} ({max(all_):.0f})" for what, all_ in costs.items())
    )
    editor.stop()


def idle(folder: Path) -> None:
    for number in range(1000):
        (folder / f"module{number}.py").write_text(made_up(200))
    (folder / "pyproject.toml").write_text('[project]\ndependencies = ["keras>=3.12"]\n')
    subprocess.run(["git", "init", "-q", str(folder)], check=False)
    editor = Editor(pull=True, folders=[folder])
    pid = editor.client._server.pid
    empty = memory(pid)
    text = "from module1 import Net0\n\nmodel = Net0(10)\nmodel.fit([1])\n"
    uri = editor.open(folder / "main.py", text)
    editor.diagnostics(uri)
    print(
        f"a project of 1,000 files: {empty:.0f} MB started, {memory(pid):.0f} MB with one open file that imports another"
    )
    editor.stop()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if sys.argv[1:]:
            for each in map(Path, sys.argv[1:]):
                keystrokes(each.resolve(), each.read_text())
            return
        for lines in (550, 2000):
            keystrokes(folder / f"models{lines}.py", made_up(lines))
        idle(folder)


if __name__ == "__main__":
    main()
