"""The pipeline end to end: input that cannot be analysed, and models spread over several files."""

import codecs
import json
import os
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

from keraslint import engine
from keraslint.config import Settings, settings_for
from keraslint.source.files import SourceError

ROOT = Path(__file__).resolve().parent.parent

# A model with one KER101, in row 10.
NET = """\
import keras
from keras import layers


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


def main(x, y):
    net = Net()
    net.compile("sgd", "mse")
    net.fit(x, y)
"""
FOUND = ("net.py", 10, "KER101")


def check(*paths, keras=("3.10",), **options):
    settings = Settings(root=os.getcwd(), keras=keras, backend=("tensorflow",), **options)
    return engine.check(list(paths) or ["."], settings)


def places(result):
    """(file, row, code) of every finding, in the order of the report."""
    return [(f.span.filename, f.span.start.row, f.code) for f in result.findings]


def modes(target, entry="fit", regime="3.10"):
    """(within, callee) -> mode, for the one model that `target` names."""
    settings = Settings(root=os.getcwd(), keras=(regime,), backend=("tensorflow",))
    [report] = engine.explain(target, settings)
    return {(row.within, row.callee): row.modes[entry] for row in report.tables[0].sites}


def run(*argv):
    """The command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [sys.executable, "-m", "keraslint", *argv],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )


def notebook(*cells):
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"language": "python", "name": "python3"}},
            "cells": [
                {"cell_type": "code", "source": cell, "metadata": {}, "outputs": [], "execution_count": None}
                for cell in cells
            ],
        }
    )


# ---------------------------------------------------------------- input that cannot be analysed

BROKEN = {
    "syntax error": (b"import keras\n\ndef call(:\n", 3, "not Python: "),
    "end of file": (b"import keras\nx = (1,\n", 2, "not Python: "),
    "tabs and spaces": (b"import keras\nif x:\n        a\n\tb\n", 4, "not Python: "),
    "Python 2": (b"import keras\nprint 'loss', loss\n", 2, "not Python: "),
    "a null byte": (b"import keras\nx = 1\0\n", None, "not Python: "),
    "not UTF-8": (b"import keras\n# \xe9t\xe9\n", 2, "not UTF-8 (byte 0xe9); save it as UTF-8"),
    "unknown encoding": (b"# coding: klingon\nimport keras\n", 1, "unknown encoding 'klingon'"),
    "5 MB": (
        b"import keras\n" + b"x = 1\n" * 900_000,
        1,
        "larger than 1048576 bytes; exclude it or raise max-file-size",
    ),
}


@pytest.mark.parametrize("content, row, reason", BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_analysed_is_one_finding(content, row, reason, tree):
    tree({"bad.py": content, "net.py": NET})
    result = check()
    [bad, good] = result.findings
    assert (bad.span.filename, bad.code) == ("bad.py", "KER900")
    assert row is None or bad.span.start.row == row
    assert bad.message.startswith(f"not analysed: {reason}") and "\n" not in bad.message
    assert (good.span.filename, good.span.start.row, good.code) == FOUND
    assert not result.errors


@pytest.mark.parametrize("name", ["syntax error", "not UTF-8", "5 MB"])
def test_the_command_says_it_in_one_line(name, tree):
    content, _, reason = BROKEN[name]
    tree({"bad.py": content, "net.py": NET})
    done = run("check", "--keras", "3.10", "--output-format", "concise", ".")
    lines = [line for line in done.stdout.splitlines() if "KER" in line]
    assert [line.partition(":")[0] for line in lines] == ["bad.py", "net.py"]
    assert f"KER900 not analysed: {reason}" in lines[0]
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout


# In a process of its own, since what goes wrong here ends the process.
@pytest.mark.parametrize("text", ["(" * 3000 + ")" * 3000, "[" * 1500 + "]" * 1500])
def test_deep_nesting(text, tree):
    tree({"bad.py": f"import keras\nx = {text}\n", "net.py": NET})
    done = run("check", "--keras", "3.10", "--output-format", "concise", ".")
    assert done.returncode == 1
    assert "net.py:10:" in done.stdout


def test_an_empty_file_is_clean(tree):
    tree({"empty.py": b"", "blank.py": b"\n\n", "comment.py": b"# keras", "net.py": NET})
    result = check()
    assert places(result) == [FOUND]
    assert len(result.files) == 4


def test_an_empty_folder(tree):
    tree({})
    assert check().findings == []
    done = run("check", ".")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "keraslint: warning: no Python files or notebooks found under .\n"


def test_a_missing_path_is_status_2_and_the_rest_is_checked(tree):
    tree({"net.py": NET})
    result = check("gone.py", "net.py")
    assert places(result) == [FOUND]
    assert result.errors == ["gone.py: no such file or folder"]
    done = run("check", "--keras", "3.10", "gone.py", "net.py")
    assert done.returncode == 2
    assert "keraslint: error: gone.py: no such file or folder\n" in done.stderr
    assert "KER101" in done.stdout


@pytest.mark.parametrize(
    "text, said",
    [
        ("[tool.keraslint\n", "pyproject.toml:1:"),
        ("[tool.keraslint]\nselekt = ['ALL']\n", "unknown option `selekt`; did you mean `select`?"),
        ("[tool.keraslint]\nkeras = ['1.0']\n", "1.0"),
    ],
)
def test_a_broken_configuration_is_status_2(text, said, tree):
    tree({"pyproject.toml": text, "net.py": NET})
    done = run("check", ".")
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("keraslint: error: ") and said in line


@pytest.mark.parametrize(
    "classes",
    [
        "class A(A):\n    pass\n",
        "class A(B):\n    pass\nclass B(A):\n    pass\n",
        "class A:\n    pass\nclass A(A):\n    pass\nclass B(A):\n    pass\nclass A(B):\n    pass\n",
        "A = A\nclass B(A):\n    def call(self, x):\n        return self(x)\n",
        "class A(keras.Model):\n    def call(self, x):\n        return self(x)\n",
        "class A(keras.Model):\n    def __init__(self):\n        self.a = A()\n    def call(self, x):\n        return self.a(x)\n",
        "def f(x):\n    return f(x)\nf(1)\nx = lambda: x()\nx()\n",
        "class A(keras.Model):\n    def __getattr__(self, n):\n        return getattr(self, n)\n    def call(self, x):\n        return self.b(x)\n",
        "while True:\n    keras.Sequential()\n",
        "xs = []\nxs.append(xs)\nkeras.Sequential(xs)\n",
    ],
)
def test_classes_and_functions_that_go_round_in_circles(classes, tree):
    tree({"circle.py": f"import keras\n{classes}", "net.py": NET})
    assert places(check())[-1] == FOUND
    assert all(finding.span.filename == "net.py" or finding.code == "KER900" for finding in check().findings)


def test_files_that_import_each_other(tree):
    tree(
        {
            "a.py": "from b import B\nimport keras\n\nclass A(keras.Model):\n    pass\n",
            "b.py": "from a import A\nimport keras\n\nclass B(A):\n    def call(self, x):\n        return x\n",
            "net.py": f"import net\nfrom net import *\n{NET}",
        }
    )
    assert places(check()) == [("net.py", 12, "KER101")]


def test_bases_in_files_that_import_each_other(tree):
    tree(
        {
            "a.py": "import b\nimport keras\n\nclass A(b.B):\n    pass\n",
            "b.py": "import a\nimport keras\n\nclass B(a.A):\n    pass\n",
            "net.py": NET,
        }
    )
    assert places(check()) == [FOUND]


def test_a_notebook_with_a_broken_cell(tree):
    tree({"net.ipynb": notebook("import keras\nfrom keras import layers", "def broken(:", NET)})
    result = check()
    assert [(f.span.cell, f.span.start.row, f.code) for f in result.findings] == [
        (2, 1, "KER900"),
        (3, 10, "KER101"),
    ]
    assert result.findings[0].message == "not analysed: cell 2 is not Python and was left out"
    done = run("check", "--keras", "3.10", "--output-format", "concise", "net.ipynb")
    assert done.returncode == 1
    assert "net.ipynb:cell 2:1:1: KER900" in done.stdout and "net.ipynb:cell 3:10:" in done.stdout


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"cells": 3}', '{"nbformat": 4, "cells": [{"cell_type": "code"}]}', ""]
)
def test_a_notebook_that_is_none(content, tree):
    tree({"bad.ipynb": content, "net.py": NET})
    result = check()
    assert places(result)[-1] == FOUND
    assert all(finding.code == "KER900" and "\n" not in finding.message for finding in result.findings[:-1])


@pytest.mark.parametrize(
    "content",
    [
        NET.replace("\n", "\r\n").encode(),
        NET.replace("\n", "\r").encode(),
        codecs.BOM_UTF8 + NET.encode(),
        codecs.BOM_UTF8 + NET.replace("\n", "\r\n").encode(),
        NET.rstrip().encode(),
        NET.replace("    ", "\t").encode(),
    ],
    ids=["CRLF", "CR", "BOM", "BOM and CRLF", "no last newline", "tabs"],
)
def test_line_ends_and_byte_order_marks(content, tree):
    tree({"net.py": content})
    assert places(check()) == [FOUND]


def test_crlf_places_are_those_of_lf(tree):
    tree({"lf.py": NET, "crlf.py": NET.replace("\n", "\r\n")})
    [crlf, lf] = check().findings
    assert (crlf.span.start, crlf.span.end) == (lf.span.start, lf.span.end)
    assert [(s.span.start, s.message) for s in crlf.trace] == [(s.span.start, s.message) for s in lf.trace]


def test_explain_says_what_it_cannot_read(tree):
    tree({"bad.py": "import keras\nclass (", "net.py": NET})
    settings = Settings(root=os.getcwd(), keras=("3.10",))
    with pytest.raises(SourceError, match=r"^bad\.py:2: not Python: "):
        engine.explain("bad.py", settings)
    with pytest.raises(SourceError, match=r"^gone\.py.*: cannot be read: No such file"):
        engine.explain("gone.py", settings)
    with pytest.raises(SourceError, match=r"^net\.py: no model or layer named Nat"):
        engine.explain("net.py::Nat", settings)
    with pytest.raises(SourceError, match="is a folder"):
        engine.explain(".", settings)


# ---------------------------------------------------------------- several files

PACKAGE = {
    "nets/__init__.py": "from .model import Net\nfrom .parts import *\n",
    "nets/compat.py": "try:\n    from tensorflow import keras\nexcept ImportError:\n    import keras\n",
    "nets/parts.py": (
        "from .compat import keras\n\n__all__ = ['Block']\n\n"
        "class Block(keras.layers.Layer):\n"
        "    def __init__(self):\n        super().__init__()\n        self.drop = keras.layers.Dropout(0.5)\n\n"
        "    def call(self, x):\n        return self.drop(x)\n"
    ),
    "nets/base.py": (
        "from .compat import keras\n\n"
        "class Base(keras.Model):\n"
        "    def call(self, x):\n        return self.block(x)\n"
    ),
    "nets/model.py": (
        "from . import base\nfrom .compat import keras\nfrom .parts import Block as Part\n\n"
        "class Net(base.Base):\n"
        "    def __init__(self):\n        super().__init__()\n        self.block = Part()\n"
    ),
    "train.py": "from nets import Net\n\nnet = Net()\nnet.compile('sgd', 'mse')\nnet.fit([], [])\n",
}


def test_a_base_class_and_its_call_in_other_files(tree):
    tree(PACKAGE)
    assert places(check()) == [("nets/base.py", 4, "KER101")]
    assert modes("nets/model.py") == {
        ("Base.call", "self.block"): "infer",
        ("Block.call", "self.drop"): "infer",
    }
    assert set(modes("nets/model.py", regime="2").values()) == {"train"}


def test_a_model_in_a_file_that_never_names_keras(tree):
    model = PACKAGE["nets/model.py"].replace("from .compat import keras\n", "")
    tree({**PACKAGE, "nets/model.py": model})
    assert places(check()) == [("nets/base.py", 4, "KER101")]


def test_only_the_files_asked_for_are_reported(tree):
    tree(PACKAGE)
    assert places(check("nets/parts.py", "train.py")) == []


def test_the_order_of_files_does_not_matter(tree):
    tree(PACKAGE)
    names = ["nets/base.py", "nets/model.py", "nets/parts.py", "train.py"]
    results = [check(*order).findings for order in permutations(names)]
    assert len(results[0]) == 1
    assert all(found == results[0] for found in results)


def test_the_order_of_fixtures_does_not_matter(tree):
    tree(
        {
            f"{path.parent.name}_{path.name}": path.read_bytes()
            for path in (ROOT / "fixtures" / "steps").glob("*.py")
        }
    )
    names = sorted(os.listdir())
    names.remove(".git")
    there, back = check(*names), check(*reversed(names))
    assert there.findings == back.findings and len(there.findings) > 5


LAYER = (
    "class Block({base}):\n"
    "    def __init__(self):\n        super().__init__()\n        self.drop = {layers}.Dropout(0.5)\n\n"
    "    def call(self, x, training=None):\n        return self.drop(x, training=False)\n"
)


@pytest.mark.parametrize(
    "files, head, base, layers",
    [
        ({"kit.py": "import keras\n"}, "from kit import keras", "keras.layers.Layer", "keras.layers"),
        ({"kit.py": "import keras\n"}, "import kit", "kit.keras.layers.Layer", "kit.keras.layers"),
        ({"kit.py": "from keras import *\n"}, "from kit import *", "layers.Layer", "layers"),
        ({"kit.py": "from keras.layers import *\n"}, "from kit import *\nimport kit", "Layer", "kit"),
        ({"kit.py": "from tensorflow.keras import layers as L\n"}, "from kit import L", "L.Layer", "L"),
        ({"kit.py": "import tensorflow as tf\nkeras = tf.keras\n"}, "from kit import keras as K", "K.Model", "K.layers"),
        ({"kit.py": "import keras\nBase = keras.Model\nlayers = keras.layers\n"}, "import kit as k", "k.Base", "k.layers"),
        ({"kit/__init__.py": "from .a import keras\n", "kit/a.py": "from .b import *\n", "kit/b.py": "import keras\n"},
         "from kit import keras", "keras.Model", "keras.layers"),
        ({"kit/__init__.py": "", "kit/a.py": "import keras\n"}, "from kit import a", "a.keras.Model", "a.keras.layers"),
        ({"kit/__init__.py": "", "kit/a.py": "import keras\n"}, "import kit.a", "kit.a.keras.Model", "kit.a.keras.layers"),
        ({"kit/a.py": "import keras\n"}, "from kit.a import keras", "keras.Model", "keras.layers"),
    ],
)  # fmt: skip
def test_keras_by_way_of_other_modules(files, head, base, layers, tree):
    text = f"{head}\n\n\n" + LAYER.format(base=base, layers=layers)
    tree({**files, "block.py": text})
    row = text[: text.index("training=False")].count("\n") + 1
    assert places(check("block.py")) == [("block.py", row, "KER104")]
    assert modes("block.py::Block") == {("Block.call", "self.drop"): "infer"}


def test_relative_imports_from_parents(tree):
    tree(
        {
            "pkg/__init__.py": "",
            "pkg/parts.py": "import keras\n\n\n"
            + LAYER.format(base="keras.layers.Layer", layers="keras.layers"),
            "pkg/deep/__init__.py": "",
            "pkg/deep/net.py": (
                "from .. import parts\nfrom ..parts import keras\n\n"
                "class Net(keras.Model):\n"
                "    def __init__(self):\n        super().__init__()\n        self.block = parts.Block()\n\n"
                "    def call(self, x, training=None):\n        return self.block(x)\n"
            ),
        }
    )
    assert modes("pkg/deep/net.py") == {
        ("Net.call", "self.block"): "train",
        ("Block.call", "self.drop"): "infer",
    }


def test_a_module_that_cannot_be_found_or_read(tree):
    """What comes from there is unknown, never wrong."""
    tree(
        {
            "bad.py": "import keras\nclass Base(keras.Model:\n",
            "net.py": NET.replace("import keras\n", "import keras\nimport gone\nfrom bad import Base\n", 1)
            .replace("keras.Model", "Base")
            .replace("layers.Dropout", "gone.Dropout"),
        }
    )
    assert places(check()) == [("bad.py", 2, "KER900")]
    assert places(check("net.py")) == []


def test_two_classes_of_one_name(tree):
    tree({"a.py": NET, "b.py": NET.replace("(self, x)", "(self, x, training=None)"), "net.py": NET})
    assert places(check()) == [("a.py", 10, "KER101"), FOUND]


@pytest.mark.parametrize("text, said", [("{ keras", "not JSON"), ('{"keras": 1}', "no list of cells")])
def test_a_file_that_is_no_notebook_is_a_finding(tree, text, said):
    tree({"b.ipynb": text, "a.py": "x = 1\n"})
    result = engine.check(["."], settings_for("."))
    [finding] = result.findings
    assert (finding.code, finding.span.filename, finding.span.cell) == ("KER900", "b.ipynb", None)
    assert said in finding.message and len(result.files) == 2
