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
    "a folder in a package": (
        {"p/__init__.py": "", "p/q/blocks.py": BLOCK},
        "import p.q.blocks",
        "p.q.blocks.Block",
    ),
    "a folder that a package names": (
        {"p/__init__.py": "from . import q", "p/q/blocks.py": BLOCK},
        "from p.q import blocks",
        "blocks.Block",
    ),
    "a part that the package does not name": (
        {"p/__init__.py": "", "p/blocks.py": BLOCK},
        "import p",
        "p.blocks.Block",
    ),
    "a cycle of names": (
        {"a.py": "from b import other\n" + BLOCK, "b.py": "from a import Block as other"},
        "from b import other",
        "other",
    ),
    "what another module is given": (
        {"blocks.py": BLOCK, "p.py": ""},
        "import p, blocks\nsetattr(p, 'Block', blocks.Block)",
        "p.Block",
    ),
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


# Ways to get at a layer of Keras through other files.
STARS = {
    "a star": ({}, "from keras.layers import *", "Dropout"),
    "a star of TensorFlow's": ({}, "from tensorflow.keras.layers import *", "Dropout"),
    "a module with a star": ({"p.py": "from keras.layers import *"}, "import p", "p.Dropout"),
    "from a module with a star": ({"p.py": "from keras.layers import *"}, "from p import Dropout", "Dropout"),
    "a star of a star": ({"p.py": "from keras.layers import *"}, "from p import *", "Dropout"),
    "a package with a star": ({"p/__init__.py": "from keras.layers import *"}, "import p", "p.Dropout"),
    "a package's part with a star": (
        {"p/__init__.py": "from .q import *", "p/q.py": "from keras.layers import *"},
        "from p import Dropout",
        "Dropout",
    ),
    "a module's import": ({"p.py": "from keras import layers as L"}, "import p", "p.L.Dropout"),
    "a module's import of Keras": (
        {"p.py": "import tensorflow as tf"},
        "from p import tf",
        "tf.keras.layers.Dropout",
    ),
    "a name of its own": (
        {"p.py": "import keras\nDrop = keras.layers.Dropout"},
        "from p import Drop",
        "Drop",
    ),
}


@pytest.mark.parametrize("arrangement", STARS)
def test_a_layer_of_keras_through_another_file(arrangement, tree):
    files, imports, block = STARS[arrangement]
    folder = tree({**files, "net.py": NET.format(imports=imports, block=block)})
    assert modes(folder, "net.py::Net", "fit") == {"self.block": "train"}
    [report] = engine.explain(
        "net.py::Net", Settings(root=str(folder), keras=("3.10",), backend=("tensorflow",))
    )
    assert [row.layer for row in report.tables[0].sites] == ["keras.layers.Dropout"]


def test_names_with_an_underscore_do_not_come_with_a_star(tree):
    files = {"p.py": BLOCK.replace("Block", "_Block") + "\n\nBlock = None\n", "blocks.py": BLOCK}
    imports = "from blocks import Block as _Block\nfrom p import *"
    folder = tree({**files, "net.py": NET.format(imports=imports, block="_Block")})
    [report] = engine.explain(
        "net.py::Net", Settings(root=str(folder), keras=("3.10",), backend=("tensorflow",))
    )
    assert {row.span.filename.rpartition("/")[2] for row in report.tables[0].sites} == {"net.py", "blocks.py"}


def test_relative_imports_climb(tree):
    net = NET.format(imports="from ..blocks import Block\nfrom . import size", block="Block")
    files = {"p/__init__.py": "", "p/blocks.py": BLOCK, "p/q/__init__.py": "size = 3", "p/q/net.py": net}
    folder = tree(files)
    target = os.path.join("p", "q", "net.py") + "::Net"
    assert modes(folder, target, "fit") == {"self.block": "train", "self.drop": "train"}


@pytest.mark.parametrize("own", ["p/tensorflow/__init__.py", "p/tensorflow/other.py", "p/tensorflow.py"])
def test_a_part_of_the_project_that_is_called_as_tensorflow_is_not_it(own, tree):
    net = NET.format(imports="import tensorflow as tf", block="tf.keras.layers.Dropout")
    folder = tree({"p/__init__.py": "", own: "", "p/tensorflow/net.py": net})
    assert modes(folder, os.path.join("p", "tensorflow", "net.py") + "::Net", "fit") == {
        "self.block": "train"
    }


@pytest.mark.parametrize("imports", ["from nowhere import Block", "import nowhere", "from .nowhere import *"])
def test_a_block_from_nowhere_is_not_guessed(imports, tree):
    block = "nowhere.Block" if imports == "import nowhere" else "Block"
    folder = tree({"net.py": NET.format(imports=imports, block=block)})
    assert modes(folder, "net.py::Net", "fit") in ({}, {"self.block": "unknown"}, {"self.block": "train"})
