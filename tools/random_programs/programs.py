"""Whole files."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from . import classes, graphs
from .worlds import IMAGES, SEQUENCES, VECTORS
from .writer import Part, Writer

IMPORTS = """\
import functools
import os
import sys
import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers"""
WORLDS = {"vectors": VECTORS, "images": IMAGES, "sequences": SEQUENCES}
PIECES = {
    "layer": 45,
    "model": 15,
    "function": 18,
    "builtin": 6,
    "graph class": 3,
}
MAIN = """\
def main():
    model = {make}
    model.compile("sgd", "mse")
    data = np.zeros({shape}, "float32")
    model.fit(data, data, verbose=0)
    print(model.predict(data))


if __name__ == "__main__":
    main()"""


@dataclass(frozen=True)
class File:
    """A program: its text, with the `# run:` line that says what to build and call."""

    text: str
    make: str


@st.composite
def files(draw, backend: str = "tensorflow", doubts: bool = False, world: str = "") -> File:
    """A file that makes one model (now and then one layer) out of what it defines."""
    usual = [VECTORS] * 40 + [IMAGES] * 8 + [SEQUENCES]  # recurrent layers are slow
    kind = draw(st.sampled_from([WORLDS[world]] if world else usual))
    writer = Writer(draw, kind, steps=backend == "tensorflow", doubts=doubts)
    for _ in range(writer.count(0, 3)):
        ADD[writer.pick(PIECES)](writer)
    top: Part = ADD_TOP[writer.pick({"model": 62, "function": 20, "layer": 8, "graph class": 4})](writer)
    imports = "\n".join(line for line in IMPORTS.splitlines() if used(line, writer.definitions))
    parts = [f"# run: {top.make} <- {kind.data} -> {kind.data}\n{imports}", *writer.definitions]
    if (
        "=" in top.make
        or top.make.endswith("3)")
        or "(" in top.make[:-1].partition("(")[2]
        or writer.chance(50)
    ):
        parts.append(MAIN.format(make=top.make, shape=kind.data.removeprefix("float")))
    return File("\n\n\n".join(parts) + "\n", top.make)


def used(line: str, definitions: list[str]) -> bool:
    """Whether an import is needed."""
    optional = {
        "import functools": "functools.",
        "import os": "os.",
        "import sys": "sys.",
        "import time": "time.",
        "import tensorflow as tf": "tf.",
    }
    return line not in optional or any(optional[line] in text for text in definitions)


ADD = {
    "layer": lambda writer: classes.add_class(writer, model=False),
    "model": lambda writer: classes.add_class(writer, model=True),
    "function": graphs.add_builder,
    "builtin": classes.add_subclass_of_builtin,
    "graph class": graphs.add_functional_class,
}
ADD_TOP = {**ADD, "model": lambda writer: classes.add_class(writer, model=True, top=True)}
