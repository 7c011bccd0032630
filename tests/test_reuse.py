"""What is judged after edits, with what is known from before them, is what is judged anew."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_properties import of

from keraslint import engine
from keraslint.analysis import Sources
from keraslint.checks import collect
from keraslint.checks.reuse import Judgements
from keraslint.source.files import Source
from keraslint.syntax.pieces import Pieces

PATH = "/models.py"
HEAD = "import keras\nimport tensorflow as tf\nfrom keras import layers\n"
HEADS = (
    "", "REGISTRY = []\n", "RATE = 0.0\n", "RATE = 0.5\n", "OPTIONS = {'training': True}\n", "import tf_keras\n",
    "from keras import backend as K\n", "PARENT = keras.Model\n", "PARENT = layers.Layer\n", "# noqa\n",
)  # fmt: skip
CLASS = """
class Net{0}({1}):
    def __init__(self, rate={2}):
        super().__init__()
        self.drop = layers.Dropout(rate)
        self.inner = {3}

    def call(self, x{4}):
        x = self.inner(x)
        return {5}
"""
PARENTS = (*["keras.Model"] * 4, "layers.Layer", "Net{1}", "PARENT")
RATES = ("0.5", "0.5", "0.0", "RATE")
INNER = (*["layers.Dense(1)"] * 3, "layers.BatchNormalization()", "Net{1}()", "build{1}()", "REGISTRY[0]()")
TRAINING = ("", "", ", training=None", ", training=False", ", training=OPTIONS['training']")
RETURNED = (
    "x",
    *["self.drop(x)"] * 3,
    "self.drop(x, training=training)",
    "self.drop(x, training=OPTIONS['training'])",
    "help{1}(self, x)",
)
OTHERS = (
    "def build{0}():\n    return Net{1}()\n",
    "def build{0}():\n    return Net{1}(0.3)\n",
    "def build{0}():\n    return keras.Sequential([Net{1}(), layers.Dropout(0.5)])\n",
    "def train{0}():\n    Net{1}().fit([1])\n",
    "def train{0}():\n    build{1}().fit([1])\n",
    "def train{0}():\n    net = Net{1}()\n    net.trainable = False\n    net.fit([1])\n",
    "def train{0}():\n    Net{1}()([1])\n",
    "def train{0}():\n    Net{1}().compile('sgd')\n",
    "def train{0}():\n    REGISTRY[0]().fit([1])\n",
    "def train{0}():\n    OPTIONS['training'] = False\n",
    "def train{0}():\n    global RATE\n    RATE = 0.7\n",
    "def train{0}():\n    with tf.GradientTape() as tape:\n        loss = Net{1}()([1])\n    tape.gradient(loss, [])\n",
    "def help{0}(net, x):\n    return net.drop(x)\n",
    "def help{0}(net, x):\n    return net.inner(x, training=True)\n",
    "def help{0}(net):\n    K.set_learning_phase(1)\n",
    "def last{0}():\n    pass\n\n\nREGISTRY.append(Net{1})\n",
    "def last{0}():\n    pass\n\n\nNet{1}.call = Net{2}.call\n",
    "def last{0}():\n    pass\n\n\nNet{1} = Net{2}\n",
    "def last{0}():\n    pass\n\n\nfor cls in (Net{1}, Net{2}):\n    cls().fit([1])\n",
    "def last{0}():\n    pass\n\n\nlayers.Dropout = Net{1}\n",
    "def last{0}(:\n",
)  # fmt: skip


@st.composite
def stretches(draw):
    """A class or function with what follows it, which may have to do with any other."""
    numbers = [draw(st.integers(0, 2)) for _ in range(3)]
    if draw(st.booleans()):
        slots = [
            draw(st.sampled_from(each)).format(*numbers)
            for each in (PARENTS, RATES, INNER, TRAINING, RETURNED)
        ]
        return CLASS.format(numbers[0], *slots)
    return "\n" + draw(st.sampled_from(OTHERS)).format(*numbers)


@st.composite
def edited(draw):
    """A module, and what becomes of it edit by edit: stretches that come, go, and are other ones."""
    head, parts = draw(st.sampled_from(HEADS)), draw(st.lists(stretches(), min_size=3, max_size=8))
    versions = []
    for _ in range(5):
        versions.append(HEAD + head + "\n".join(parts))
        kind, at = (
            draw(st.sampled_from(["new", "other", "other", "gone", "head"])),
            draw(st.integers(0, len(parts))),
        )
        if kind == "head":
            head = draw(st.sampled_from(HEADS))
        else:
            parts[at : at + (kind != "new")] = [] if kind == "gone" else [draw(stretches())]
    return versions


def judged(text, pieces=None, before=None, config=None):
    judgements = Judgements(PATH, before) if pieces is not None else None
    sources = Sources(1 << 20, {PATH: Source(PATH, text.encode(), 1 << 20)}, {}, pieces)
    return engine.recheck(sources, [PATH], config or of("/"), judgements), judgements


def tables(result, judgements=None):
    return engine.model_reports(result.read, result.program, PATH, of("/"), judgements=judgements)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(edited())
def test_edits(versions):
    pieces, before = Pieces(), None
    for text in versions:
        found, before = judged(text, pieces, before)
        fresh, _ = judged(text)
        assert found.findings == fresh.findings, text
        assert tables(found, before) == tables(fresh), text


NET = """
class Net{0}(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


def train{0}():
    Net{0}().fit([1])

"""


@pytest.fixture
def rejudged(monkeypatch):
    """`rejudged(*texts)`: the classes that are judged again when what a file holds becomes the last of them."""
    seen = []
    judge = collect._judgement
    monkeypatch.setattr(
        collect,
        "_judgement",
        lambda program, subject, *a: seen.append(subject.name) or judge(program, subject, *a),
    )

    def again(*texts):
        pieces, judgements = Pieces(), None
        for text in texts:
            seen.clear()
            found, judgements = judged(text, pieces, judgements)
        names = list(seen)
        assert found.findings == judged(texts[-1])[0].findings
        return names

    return again


def test_an_edit_costs_its_group_only(rejudged):
    text = HEAD + "".join(NET.format(n) for n in range(3))
    assert rejudged(text, "# a line more\n" + text) == ["Net0", "Net1", "Net2"]
    assert rejudged(text, text.replace("Net1().fit([1])", "Net1().fit([1], epochs=3)\n")) == ["Net1"]
    assert rejudged(text, text.replace("def train2():", "def train2(rate):\n    print(rate)\n")) == ["Net2"]


def test_a_text_that_is_no_python_costs_nothing_that_was_known(rejudged):
    text = HEAD + "".join(NET.format(n) for n in range(3))
    broken = text.replace("Net1().fit([1])", "Net1().fit(")
    assert rejudged(text, broken) == []
    assert rejudged(text, broken, text.replace("Net1().fit([1])", "Net1().fit([2])")) == ["Net1"]


@pytest.mark.parametrize(
    "tie",
    [
        "\ndef both():\n    return Net0(), Net1()\n",
        "\nclass Net3(Net0):\n    other = Net1\n",
        "\nNAMES = ['Net0', 'Net1']\n",
        "\nfor cls in (Net0, Net1):\n    cls()\n",
    ],
)
def test_what_is_tied_is_judged_together(rejudged, tie):
    text = HEAD + "".join(NET.format(n) for n in range(3)) + "def last():\n    pass\n" + tie
    edit = text.replace("Net0().fit([1])", "Net0().fit([1], epochs=3)")
    assert {"Net0", "Net1"} <= set(rejudged(text, edit))
    assert "Net2" not in rejudged(text, edit)


def test_names_of_other_sources_tie(rejudged, tmp_path, monkeypatch):
    monkeypatch.setattr("test_reuse.PATH", str(tmp_path / "models.py"))
    (tmp_path / "helpers.py").write_text("shared = []\n\n\ndef build(): return shared[0]()\n")
    text = HEAD + "from helpers import shared, build\n" + "".join(NET.format(n) for n in range(3))
    text = text.replace("    Net0()", "    shared.append(Net0)\n    Net0()").replace(
        "    Net1()", "    build().fit([1])\n    Net1()"
    )
    assert rejudged(text, text.replace("shared.append(Net0)", "pass")) == ["Net0", "Net1"]


def test_attributes_that_are_read_elsewhere(rejudged):
    unused = NET.format(0).replace("return self.drop(x)", "return x")
    text = HEAD + unused + NET.format(1) + "\ndef look(net):\n    return net.dro\n"
    assert rejudged(text, text.replace("net.dro\n", "net.drop\n")) == ["Net0", "Net1"]


def test_a_value_that_can_change_ties(rejudged):
    text = HEAD + "ALL = []\n" + "".join(NET.format(n) for n in range(3))
    text = text.replace("    Net0()", "    ALL.append(Net0)\n    Net0()").replace(
        "    Net1()", "    ALL[0]().fit([1])\n    Net1()"
    )
    assert rejudged(text, text.replace("ALL.append(Net0)", "pass")) == ["Net0", "Net1"]


def test_a_name_that_a_function_declares_ties(rejudged):
    text = HEAD + "RATE = 0.5\n" + "".join(NET.format(n) for n in range(3))
    text = text.replace("    Net0()", "    global RATE\n    RATE = 0.0\n    Net0()")
    text = text.replace("    Net1()", "    print(RATE)\n    Net1()")
    assert rejudged(text, text.replace("RATE = 0.0", "RATE = 0.1")) == ["Net0", "Net1"]


def test_a_policy_for_dtypes_is_set_for_all(rejudged):
    text = HEAD + "".join(NET.format(n) for n in range(2)) + "def last():\n    pass\n\n"
    policy = 'keras.mixed_precision.set_global_policy("mixed_float16")\n'
    assert rejudged(text, text + policy) == ["Net0", "Net1"]
    assert rejudged(text, text.replace("    Net0()", f"    {policy}    Net0()")) == ["Net0", "Net1"]


def test_two_classes_of_one_name(rejudged):
    fine = NET.format(0).replace("call(self, x)", "call(self, x, training=None)")
    text = HEAD + NET.format(0) + fine + NET.format(1)
    for edited in (text.replace("Net1().fit([1])", "Net1().fit([2])"), text.replace("fit([1])", "fit([2])")):
        rejudged(text, edited)


def test_places_in_other_files_stay(rejudged, tmp_path, monkeypatch):
    monkeypatch.setattr("test_reuse.PATH", str(tmp_path / "models.py"))
    (tmp_path / "helpers.py").write_text(HEAD + NET.format(9).replace("keras.Model", "layers.Layer"))
    text = HEAD + "from helpers import Net9\n" + "".join(NET.format(n) for n in range(2))
    text = text.replace("layers.Dropout(0.5)", "Net9()", 1)
    assert rejudged(text, text.replace("Net1().fit([1])", "Net1().fit([2])")) == ["Net1"]
    assert rejudged(text, text.replace("Net0().fit([1])", "# a line\n    Net0().fit([1])")) == ["Net0"]
