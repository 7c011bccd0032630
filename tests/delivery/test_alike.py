"""Of layers of one class between which only a run can choose, those that act alike may be taken for one, no others."""

import pytest
from texts import modes, rows

BLOCK = """
import os
INDEX = int(os.environ["INDEX"])
class Mode:
    def __init__(self, word): self.word = word
def frozen(kind): return kind == "b"
class Block(layers.Layer):
    def __init__(self, kind, size=8, **kwargs):
        super().__init__(**kwargs)
        self.kind, self.size = kind, size
        self.mode = Mode(kind)
        self.table = {{"a": 1, "b": 2}}
        self.kinds = [kind]
        self.inner = [layers.Dense(size) for _ in range(size // 4)]
        self.drop = layers.Dropout(0.5)
        {made}
    def freezes(self, kind): return kind == "b"
    @property
    def word(self): return self.kind
    def given(self):
        found = self.kind
        return found
    def call(self, x, training=None):
        {used}
        return self.drop(x, training=training)
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [Block("a", 4), {other}]
        self.noise = layers.GaussianNoise(0.5)
        {later}
    def call(self, x, training=None):
        return self.noise(self.blocks[INDEX](x))
"""


def mode(used="pass", made="pass", other='Block("b", 8)', later="pass", callee="self.drop", entry="fit"):
    used, made, later = (each.replace("\n", "\n        ") for each in (used, made, later))
    return modes(BLOCK.format(used=used, made=made, other=other, later=later), entry, name="Net")[callee]


@pytest.mark.parametrize(
    "used",
    [
        'if self.kind == "b": training = False',
        'training = False if self.kind == "b" else training',
        'kind = self.kind\nif kind == "b": training = False',
        'kind = self.kind\nlast = kind[-1:]\nif last == "b": training = False',
        'for kind in self.kinds:\n    if kind == "b": training = False',
        'if (kind := self.kind) == "b": training = False',
        'if "b" in [kind for kind in self.kinds]: training = False',
        'training = {"a": training, "b": False}[self.kind]',
        "training = [training, False][self.size // 8]",
        "if self.size > 4: training = False",
        "if frozen(self.kind): training = False",
        "if self.freezes(self.kind): training = False",
        "while self.size > 4:\n    training = False\n    break",
        'training = training and self.kind != "b"',
        'training = bool(training) if self.mode.word == "a" else False',
        'if getattr(self, "kind") == "b": training = False',
        "kind = self.kind.lower()\nif frozen(kind): training = False",
        "kind = str(self.kind)\nif frozen(kind): training = False",
        'if self.word == "b": training = False',
        'if self.given() == "b": training = False',
        'name = self.kind\nif getattr(self, "is_" + name, False): training = False',
        "training = (training, False)[self.table[self.kind] - 1]",
        "if len(self.inner) > 1: training = False",
        'match self.kind:\n    case "b": training = False',
        'match "b":\n    case self.kind: training = False',
    ],
)
def test_what_a_path_hangs_on_tells_them_apart(used):
    assert mode(used, 'if kind == "b": self.is_b = True\nelse: self.is_a = False') != "train"


@pytest.mark.parametrize(
    "made, other, later",
    [
        ('if kind == "b": self.drop = None', 'Block("a")', "self.blocks[1].fixed = False"),
        ("self.fixed = None", 'Block("a", 4)', "self.blocks[1].fixed = False"),
        ('self.fixed = kind != "b" and None', 'Block("b", 4)', "pass"),
        ('self.closed = lambda: kind == "b"', 'Block("b", 4)', "pass"),
    ],
)
def test_what_they_hold_tells_them_apart(made, other, later):
    used = 'if getattr(self, "fixed", None) is not None: training = self.fixed\n'
    used += 'if hasattr(self, "closed") and self.closed(): training = False'
    assert mode(used, made, other, later) != "train"


@pytest.mark.parametrize(
    "used",
    [
        "pass",
        "x = tf.reshape(x, (-1, self.size))",
        "for inner in self.inner: x = inner(x)",
        'tf.print("block", self.kind)',
    ],
)
def test_sizes_and_names_do_not(used):
    """So many that they would not all be followed: what they leave in the context would not be known."""
    others = ", ".join(f"Block('{number}', {4 * number})" for number in range(2, 9))
    assert mode(used, other=others) == "train"
    assert mode(used, other=others, callee="self.noise", entry="call") == "infer"


RING = """
class Part:
    def __init__(self, fixed):
        self.peer = Peer(self)
        self.fixed = fixed
        self.drop = layers.Dropout(0.5)
    def __call__(self, x, training):
        if self.fixed: training = False
        return self.drop(x, training=training)
class Peer:
    def __init__(self, part): self.part = part
    def __call__(self, x, training): return self.part(x, training)
"""


def test_what_is_alike_only_if_another_pair_is_does_not_stay_so():
    """Parts and peers hold each other, so that peers are compared while their parts are taken for alike."""
    made = "self.parts = [Part(word == self.kind) for word in ('ab' if kind == 'a' else 'aba')]\n"
    made += "self.first = self.parts[0].peer"
    text = RING + BLOCK.format(
        used="x = self.first(x, training)",
        made=made.replace("\n", "\n        "),
        other='Block("b")',
        later="pass",
    )
    assert ("self.drop", "Dropout", "either") in rows(text, name="Net")
