"""What a name stands for where it comes from another file; every arrangement holds the same model."""

import os

import pytest

from keraslint import engine
from keraslint.config import Settings

BLOCK = """\
from keras import layers


class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.drop(x, training=training)
"""
NET = """\
import keras
{imports}


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.block = {block}()

    def call(self, x, training=None):
        return self.block(x)
"""
# (files besides net.py, the imports of net.py, how it names the block)
ARRANGEMENTS = {
    "a module": ({"blocks.py": BLOCK}, "import blocks", "blocks.Block"),
    "a module under another name": ({"blocks.py": BLOCK}, "import blocks as b", "b.Block"),
    "from a module": ({"blocks.py": BLOCK}, "from blocks import Block", "Block"),
    "from a module under another name": ({"blocks.py": BLOCK}, "from blocks import Block as B", "B"),
    "a star": ({"blocks.py": BLOCK}, "from blocks import *", "Block"),
    "a package's module": ({"p/__init__.py": "", "p/blocks.py": BLOCK}, "import p.blocks", "p.blocks.Block"),
    "a module of a package": (
        {"p/__init__.py": "", "p/blocks.py": BLOCK},
        "from p import blocks",
        "blocks.Block",
    ),
    "a folder without __init__": ({"p/blocks.py": BLOCK}, "from p import blocks", "blocks.Block"),
    "deep in folders": ({"p/q/blocks.py": BLOCK}, "import p.q.blocks as b", "b.Block"),
    "a package that re-exports": (
        {"p/__init__.py": "from .blocks import Block", "p/blocks.py": BLOCK},
        "import p",
        "p.Block",
    ),
    "a package that re-exports a star": (
        {"p/__init__.py": "from .blocks import *", "p/blocks.py": BLOCK},
        "from p import Block",
        "Block",
    ),
    "a package that imports its module": (
        {"p/__init__.py": "from . import blocks", "p/blocks.py": BLOCK},
        "import p",
        "p.blocks.Block",
    ),
    "a part that its package imports too": (
        {"p/__init__.py": "from . import blocks, size", "p/blocks.py": BLOCK, "p/size.py": ""},
        "from p import blocks",
        "blocks.Block",
    ),
    "two steps": (
        {"a.py": "from b import Block", "b.py": "from c import Block", "c.py": BLOCK},
        "from a import Block",
        "Block",
    ),
    "modules that import each other": (
        {"a.py": "import b\n" + BLOCK, "b.py": "import a\nBlock = a.Block"},
        "from a import Block",
        "Block",
    ),
    "in a function": (
        {"blocks.py": BLOCK},
        "def get():\n    from blocks import Block\n    return Block()\n",
        "get",
    ),
    "where it can be imported": (
        {"blocks.py": BLOCK},
        "try:\n    from blocks import Block\nexcept ImportError:\n    Block = None",
        "Block",
    ),
    "an attribute that was set": (
        {"blocks.py": BLOCK, "p.py": "import blocks\nother = 1"},
        "import p\nimport blocks\np.Block = blocks.Block",
        "p.Block",
    ),
    "importlib's like": ({"blocks.py": BLOCK}, "import blocks\nget = getattr(blocks, 'Block')", "get"),
}


def modes(folder, target, entry):
    settings = Settings(root=str(folder), keras=("3.10",), backend=("tensorflow",))
    [report] = engine.explain(target, settings)
    return {row.callee: row.modes[entry] for row in report.tables[0].sites}


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_a_block_from_another_file(arrangement, tree):
    files, imports, block = ARRANGEMENTS[arrangement]
    folder = tree({**files, "net.py": NET.format(imports=imports, block=block)})
    assert modes(folder, "net.py::Net", "fit") == {"self.block": "train", "self.drop": "train"}
    assert modes(folder, "net.py::Net", "predict") == {"self.block": "infer", "self.drop": "infer"}


def test_relative_imports_climb(tree):
    net = NET.format(imports="from ..blocks import Block\nfrom . import size", block="Block")
    files = {"p/__init__.py": "", "p/blocks.py": BLOCK, "p/q/__init__.py": "size = 3", "p/q/net.py": net}
    folder = tree(files)
    target = os.path.join("p", "q", "net.py") + "::Net"
    assert modes(folder, target, "fit") == {"self.block": "train", "self.drop": "train"}


@pytest.mark.parametrize("imports", ["from nowhere import Block", "import nowhere", "from .nowhere import *"])
def test_a_block_from_nowhere_is_not_guessed(imports, tree):
    block = "nowhere.Block" if imports == "import nowhere" else "Block"
    folder = tree({"net.py": NET.format(imports=imports, block=block)})
    assert modes(folder, "net.py::Net", "fit") in ({}, {"self.block": "unknown"}, {"self.block": "train"})
