"""Each rule's fix, by the text that should come out of it, and what no fix may touch."""

import os
import textwrap
from pathlib import Path

import pytest

from keraslint import engine
from keraslint.config import Settings
from keraslint.fix.apply import fix_all
from keraslint.fix.edits import Editor
from keraslint.fix.propose import with_fixes
from keraslint.fix.tree import Tree

REGIMES = ("2", "3.0", "3.10", "3.16")

INIT = """\
import keras
from keras import layers


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
        self.norm = layers.BatchNormalization()
        self.out = layers.Dense(1)
"""
MAIN = """

def main(x, y):
    net = Net()
    net.compile("sgd", "mse")
    net.fit(x, y)
    net.predict(x)
"""


def settings(keras=REGIMES):
    return Settings(root=os.getcwd(), keras=tuple(keras), backend=("tensorflow",), unsafe_fixes=True)


def net(methods):
    """A model with a Dropout, a BatchNormalization and these methods, trained by `fit`."""
    return INIT + "\n" + textwrap.indent(textwrap.dedent(methods).strip("\n"), "    ") + "\n" + MAIN


def fixed(text, keras=REGIMES, name="net.py"):
    """(the text with every fix applied, the codes that were fixed, the codes that remain)."""
    with open(name, "w", newline="", encoding="utf-8") as file:
        file.write(text)
    before = engine.check([name], settings(keras))
    after = fix_all(before, settings(keras))
    [source] = [s for s in after.result.sources.values() if s.filename == name]
    return source.text, [f.code for f in after.done], [f.code for f in after.result.findings]


# Rule, the methods of a model, and what changes in them.
CASES = {
    "KER101 parameter": (
        "KER101",
        """
        def call(self, x):
            return self.out(self.drop(x))
        """,
        ("call(self, x):", "call(self, x, training=None):"),
    ),
    "KER101 in an annotated signature": (
        "KER101",
        """
        def call(self, x: int) -> int:
            return self.out(self.drop(x))
        """,
        ("x: int)", "x: int, training: bool | None = None)"),
    ),
    "KER101 before **kwargs": (
        "KER101",
        """
        def call(self, x, *args, **kwargs):
            return self.out(self.drop(x))
        """,
        ("*args, **kwargs", "*args, training=None, **kwargs"),
    ),
    "KER101 among keyword-only parameters": (
        "KER101",
        """
        def call(self, x, *, mask=None):
            return self.out(self.drop(x))
        """,
        ("mask=None)", "mask=None, training=None)"),
    ),
    "KER101 after positional-only parameters": (
        "KER101",
        """
        def call(self, x, /):
            return self.out(self.drop(x))
        """,
        ("x, /)", "x, /, training=None)"),
    ),
    "KER101 on a line of its own, with a comma": (
        "KER101",
        """
        def call(
            self,
            x,  # the features
            mask=None,  # unused
        ):
            return self.out(self.drop(x))
        """,
        ("mask=None,  # unused\n", "mask=None,  # unused\n        training=None,\n"),
    ),
    "KER101 on a line of its own, without a comma": (
        "KER101",
        """
        def call(
            self,
            x,
            mask=None  # unused
        ):
            return self.out(self.drop(x))
        """,
        ("mask=None  # unused\n", "mask=None,  # unused\n        training=None\n"),
    ),
    "KER101 in a wrapped signature": (
        "KER101",
        """
        def call(self, x,
                 mask=None):
            return self.out(self.drop(x))
        """,
        ("mask=None)", "mask=None, training=None)"),
    ),
    "KER101 under a decorator": (
        "KER101",
        """
        @keras.saving.register_keras_serializable
        def call(self, x):  # plain
            return self.out(self.drop(x))
        """,
        ("call(self, x):  # plain", "call(self, x, training=None):  # plain"),
    ),
    "KER101 with a helper": (
        "KER101",
        """
        def head(self, x):
            return self.out(self.drop(x))

        def call(self, x):
            return self.head(x)
        """,
        ("call(self, x):", "call(self, x, training=None):"),
    ),
    "KER103": (
        "KER103",
        """
        def call(self, x, is_training=False):
            if is_training:
                x = self.drop(x, training=is_training)
            return self.out(x)
        """,
        ("is_training=False", "training=False"),
        ("if is_training:", "if training:"),
        ("training=is_training", "training=training"),
    ),
    "KER104": (
        "KER104",
        """
        def call(self, x, training=None):
            return self.out(self.drop(x, training=False))
        """,
        ("x, training=False)", "x, training=training)"),
    ),
    "KER104 in a call without training": (
        "KER104",
        """
        def call(self, x):
            return self.out(self.drop(x, training=True))
        """,
        ("call(self, x):", "call(self, x, training=None):"),
        ("x, training=True)", "x, training=training)"),
    ),
    "KER105": (
        "KER105",
        """
        def call(self, x, training=None):
            x = self.norm(x, training=False)  # keraslint: ignore[KER104] frozen
            x = self.drop(x)
            return self.out(x)
        """,
        ("self.drop(x)", "self.drop(x, training=training)"),
    ),
    "KER105 in a wrapped call": (
        "KER105",
        """
        def call(self, x, training=None):
            x = self.norm(x, training=False)  # keraslint: ignore[KER104] frozen
            x = self.drop(
                x,  # of the body
            )
            return self.out(x)
        """,
        ("x,  # of the body\n", "x,  # of the body\n            training=training,\n"),
    ),
    "KER106": (
        "KER106",
        """
        def call(self, x, training=None):
            return self.out(self.drop(x, training=None))
        """,
        ("self.drop(x, training=None)", "self.drop(x)"),
    ),
    "KER107 assigned": (
        "KER107",
        """
        def call(self, x, training=None):
            training = False
            return self.out(self.drop(x, training=training))
        """,
        ("        training = False\n", ""),
    ),
    "KER107 assigned at the start of a block": (
        "KER107",
        """
        def call(self, x, training=None):
            training = False

            return self.out(self.drop(x, training=training))
        """,
        ("        training = False\n\n", ""),
    ),
    "KER107 assigned between blank lines": (
        "KER107",
        """
        def call(self, x, training=None):
            x = x + 1

            training = False

            return self.out(self.drop(x, training=training))
        """,
        ("        training = False\n\n", ""),
    ),
    "KER107 inverted": (
        "KER107",
        """
        def call(self, x, training=None):
            return self.out(self.drop(x, training=not training))
        """,
        ("training=not training", "training=training"),
    ),
    "KER108": (
        "KER108",
        """
        def call(self, x, training=None):
            return self.out(self.drop.call(x))
        """,
        ("self.drop.call(x)", "self.drop.call(x, training=training)"),
    ),
    "KER109": (
        "KER109",
        """
        def call(self, x, training=True):
            return self.out(self.drop(x, training=training))
        """,
        ("training=True):", "training=None):"),
    ),
    "KER109 annotated": (
        "KER109",
        """
        def call(self, x, training: bool = True):
            return self.out(self.drop(x, training=training))
        """,
        ("training: bool = True", "training: bool | None = None"),
    ),
    "KER111": (
        "KER111",
        """
        def call(self, x, training=None):
            if training is not None:
                x = self.drop(x, training=True)  # keraslint: ignore[KER104]
            return self.out(x)
        """,
        ("if training is not None:", "if training:"),
        ("  # keraslint: ignore[KER104]", ""),
    ),
    "KER111 in all branches": (
        "KER111",
        """
        def call(self, x, training=None):
            if training is not False and self.out is None:
                x = x + 1
            elif training is not False:
                x = self.drop(x, training=True)  # noqa: KER104
            return self.out(x)
        """,
        ("if training is not False and", "if training and"),
        ("elif training is not False:", "elif training:"),
        ("  # noqa: KER104", ""),
    ),
    "KER115": (
        "KER115",
        """
        def call(self, x, training):
            return self.out(self.drop(x, training=training))

        def train_step(self, data):
            return {"loss": self(data)}
        """,
        ("call(self, x, training):", "call(self, x, training=None):"),
        ("self(data)}", "self(data, training=True)}"),  # which KER201 then asks for
    ),
    "KER201": (
        "KER201",
        """
        def call(self, x, training=None):
            return self.out(self.drop(x))

        def train_step(self, data):
            x, y = data
            loss = self.compute_loss(x, y, self(x))
            return {"loss": loss}
        """,
        ("self(x))", "self(x, training=True))"),
    ),
    "KER202": (
        "KER202",
        """
        def call(self, x, training=None):
            return self.out(self.drop(x))

        def test_step(self, data):
            x, y = data
            return {"loss": self.compute_loss(x, y, self(x, training=True))}
        """,
        ("self(x, training=True)", "self(x, training=False)"),
    ),
    "KER901": (
        "KER901",
        """
        def call(self, x, training=None):
            return self.out(self.drop(x))  # noqa: KER104
        """,
        ("self.drop(x))  # noqa: KER104", "self.drop(x))"),
    ),
    "KER901 with a neighbour": (
        "KER901",
        """
        def call(self, x, training=None):
            return self.out(self.drop(x))  # noqa: E501, KER104 too long
        """,
        ("# noqa: E501, KER104 too long", "# noqa: E501 too long"),
    ),
    "KER901 two codes": (
        "KER901",
        """
        def call(self, x, training=None):
            # keraslint: ignore[KER104, KER105] was so once
            return self.out(self.drop(x))  # kept
        """,
        ("        # keraslint: ignore[KER104, KER105] was so once\n", ""),
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_fixed_text(case, line_end, tree):
    tree({})
    code, methods, *changes = CASES[case]
    text = net(methods)
    expected = text
    for old, new in changes:
        assert expected.count(old) == 1, old
        expected = expected.replace(old, new)
    got, done, remain = fixed(text.replace("\n", line_end))
    assert got == expected.replace("\n", line_end)
    assert code in done
    assert code not in remain


def test_fixing_again_changes_nothing(tree):
    tree({})
    for _code, methods, *_changes in CASES.values():
        once = fixed(net(methods))[0]
        assert fixed(once)[0] == once


def test_a_file_of_its_own_base_and_its_callers(tree):
    """A parameter is renamed with all that name it, in other files too."""
    files = {
        "blocks.py": (
            "from keras import layers\n\n\n"
            "class Block(layers.Layer):\n"
            "    def __init__(self):\n"
            "        super().__init__()\n"
            "        self.drop = layers.Dropout(0.5)\n\n"
            "    def call(self, x, is_training=False):\n"
            "        return self.drop(x, training=is_training)\n"
        ),
        "main.py": (
            "import keras\n\nfrom blocks import Block\n\n\n"
            "class Net(keras.Model):\n"
            "    def __init__(self):\n"
            "        super().__init__()\n"
            "        self.block = Block()\n\n"
            "    def call(self, x, is_training=False):\n"
            "        return self.block(x, is_training=is_training)\n\n\n"
            "def main(x, y):\n"
            "    net = Net()\n"
            '    net.compile("sgd", "mse")\n'
            "    net.fit(x, y)\n"
        ),
    }
    tree(files)
    after = fix_all(engine.check(["."], settings()), settings())
    texts = {name: after.result.sources[name].text for name in files}
    assert texts["main.py"] == files["main.py"].replace(
        "call(self, x, is_training=", "call(self, x, training="
    ).replace("=is_training)", "=training)")
    assert texts["blocks.py"] == files["blocks.py"]
    assert after.result.findings == []


NOT_FIXED = {
    "the name means something else": """
        def call(self, x):
            training = len(x)
            return self.out(self.drop(x)) * training
        """,
    "a keyword that nobody can see": """
        def call(self, x, is_training=False):
            return self.out(self.drop(x, training=is_training))

        def other(self, model, x):
            return model(x, is_training=True)
        """,
    "an override with the old name": """
        def call(self, x, is_training=False):
            return self.out(self.drop(x, training=is_training))
        """,
}


@pytest.mark.parametrize("case", NOT_FIXED)
def test_no_fix_where_it_may_be_wrong(case, tree):
    tree({})
    text = net(NOT_FIXED[case])
    if "override" in case:
        text += "\n\nclass Other(Net):\n    def call(self, x, is_training=False):\n        return super().call(x, is_training=is_training)\n"
    with open("net.py", "w") as file:
        file.write(text)
    result = engine.check(["net.py"], settings())
    found = [
        f for f in with_fixes(result, settings()) if f.code in ("KER101", "KER103") and f.symbol == "Net.call"
    ]
    assert found
    assert [f.fix for f in found] == [None] * len(found)


@pytest.mark.parametrize("imported, written", [
    ("from typing import Any, Optional", "Optional[bool]"), ("from typing import (\n    Any,\n    Optional,\n)", "Optional[bool]"),
    ("import typing  # typing.Optional[bool]", "bool | None"), ("Optional = dict  # Optional[bool]", "bool | None"),
])  # fmt: skip
def test_the_annotation_is_one_that_the_file_can_name(tree, imported, written):
    text = net("def call(self, x: int) -> int:\n    return self.out(self.drop(x))")
    after, codes, _ = fixed(f"{imported}\n{text}", ["3.10"])
    assert codes == ["KER101"]
    assert f"x: int, training: {written} = None)" in after


LAYERS = """\
import keras
from keras import layers


class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, memory, training, mask=None, bias=None):
        return self.drop(x + memory, training=training)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [Block(), Block()]

    def call(self, x, training=None):
        for block in self.blocks:
            x = block(x, x, training,  # as ever
                      None, bias=None)
        return x
"""


@pytest.mark.parametrize("keras", [REGIMES, ["3.10"], ["3.16"]])
def test_what_follows_training_by_position_is_named_too(tree, keras):
    text, codes, left = fixed(LAYERS + MAIN, keras)
    assert (set(codes), left) == ({"KER110"}, [])
    assert text == (LAYERS + MAIN).replace("x, training,", "x, training=training,").replace(
        "              None, b", "              mask=None, b"
    )


@pytest.mark.parametrize("test, fixed_to", [("training is None", True), ("not training", False)])
def test_a_learning_phase_where_nothing_is_said_is_false(tree, test, fixed_to):
    text = net(
        f"""
        def call(self, x, training=None):
            if {test}:
                training = keras.backend.learning_phase()
            return self.out(self.drop(x, training=training))
        """
    )
    after, codes, _ = fixed(text, ["2", "3.10"])
    assert codes == ["KER401"]
    assert ("keras.backend.learning_phase()" in after, "training = False" in after) == (False, fixed_to)


def test_no_parameter_where_a_decorator_fixes_the_arguments():
    tree = Tree("@tf.function(input_signature=[spec])\ndef call(self, x):\n    return x\n")
    assert Editor("net.py", tree).add_training(tree.module.body[0]) is None


def test_no_fix_for_a_helper_that_serves_both_steps():
    path = Path(__file__).resolve().parent.parent / "fixtures" / "examples" / "siamese_network.py"
    result = engine.check([str(path)], settings())
    [finding] = with_fixes(result, settings())
    assert (finding.code, finding.fix) == ("KER201", None)


@pytest.mark.parametrize("regime, old", [("3.0", "self.flip(images)"), ("3.10", "self.norm(x)")])
def test_where_a_none_gives_way_the_default_that_leaks_is_kept_out(tree, regime, old):
    """Up to Keras 3.9 a layer that is passed None takes what is in the call context all the same."""
    tree({})
    text = (Path(__file__).parents[1] / "fixtures/forwarding/augmentation_implicit.py").read_text()
    got, done, remain = fixed(text, [regime])
    assert (done, remain) == (["KER105"], [])
    assert got == text.replace(old, f"{old[:-1]}, training=training)")
