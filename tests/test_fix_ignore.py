"""`--add-ignore`: where the comment goes, and that it suppresses."""

import os

import pytest

from keraslint import engine
from keraslint.config import Settings
from keraslint.fix.ignore import add_ignores

HEAD = """\
import keras
from keras import layers


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

"""
TAIL = """

def main(x, y):
    net = Net()
    net.compile("sgd", "mse")
    net.fit(x, y)
"""


@pytest.mark.parametrize(
    "written, expected",
    [
        (
            "    def call(self, x):\n        return self.drop(x)\n",
            "    def call(self, x):  # keraslint: ignore[KER101] as meant\n        return self.drop(x)\n",
        ),
        (
            "    def call(self, x):  # forward\n        return self.drop(x)\n",
            "    def call(self, x):  # forward  # keraslint: ignore[KER101] as meant\n        return self.drop(x)\n",
        ),
        (
            "    def call(self, x):  # noqa: D102\n        return self.drop(x)\n",
            "    def call(self, x):  # noqa: D102  # keraslint: ignore[KER101] as meant\n        return self.drop(x)\n",
        ),
        (
            "    def call(self, x):  # keraslint: ignore[KER114] old\n        return self.drop(x)\n",
            "    def call(self, x):  # keraslint: ignore[KER101, KER114] old\n        return self.drop(x)\n",
        ),
        (
            "    def call(\n        self,\n        x,\n    ):\n        return self.drop(x)\n",
            "    def call(  # keraslint: ignore[KER101] as meant\n        self,\n        x,\n    ):\n        return self.drop(x)\n",
        ),
        (
            "    def call \\\n            (self, x):\n        return self.drop(x)\n",
            "    # keraslint: ignore[KER101] as meant\n    def call \\\n            (self, x):\n        return self.drop(x)\n",
        ),
        (
            '    def call(self, x, training=None):\n        x = self.named(x, """a\nb""", self.drop(x, training=False))\n        return x\n',
            '    def call(self, x, training=None):\n        x = self.named(x, """a\nb""", self.drop(x, training=False))'
            "  # keraslint: ignore[KER104] as meant\n        return x\n",
        ),
        (
            '    def call(self, x, training=None):\n        x = self.drop("""a\nb""", training=False)\n        return x\n',
            "    def call(self, x, training=None):\n        # keraslint: ignore[KER104] as meant\n"
            '        x = self.drop("""a\nb""", training=False)\n        return x\n',
        ),
        (
            "    def call(self, x, training=None):\n        y = x + \\\n            self.drop(x, training=False)\n        return y\n",
            "    def call(self, x, training=None):\n        y = x + \\\n            self.drop(x, training=False)"
            "  # keraslint: ignore[KER104] as meant\n        return y\n",
        ),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_where_the_comment_goes(tree, written, expected, line_end):
    tree({"net.py": (HEAD + written + TAIL).replace("\n", line_end)})
    settings = Settings(root=os.getcwd(), keras=("3.10",), backend=("tensorflow",))
    fixed = add_ignores(engine.check(["net.py"], settings), settings, "as meant")
    [(_, after)] = fixed.changed.values()
    assert after.data.decode() == (HEAD + expected + TAIL).replace("\n", line_end)
    assert len(fixed.done) == 1
    assert [f.code for f in fixed.result.findings if f.code != "KER901"] == []
