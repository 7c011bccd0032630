"""What the source does with a model decides whether a wrong mode is surely one: the rules' pages, *When it is fine*."""

import os

import pytest
from test_whole_findings import told
from texts import HEAD, PATH, findings, run, settings

from keraslint import engine
from keraslint.config import Settings

NET = """
class Net(keras.Model):
    def __init__(self, {init}):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x{parameter}):
        return self.drop(x{argument})


class Outer(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)
        self.inner = {inner}

    def call(self, x, training=None):
        return self.inner(self.dense(x), training=training)


{use}
"""


def certainties(use, parameter="", argument="", inner="layers.Dense(2)", init="rate=0.5"):
    """code -> certainty of what is found in the first model."""
    text = NET.format(use=use, parameter=parameter, argument=argument, inner=inner, init=init)
    lines = [line.split() for line in told(text) if not line.startswith(" ")]
    return {line[1]: line[2] for line in lines if line[0] == "7:5"}


USES = {
    "": "latent",
    "Net()(1)": "latent",
    "Net()(1, training=True)": "",
    "net = Net(); net(1, training=True); net(2, training=False)": "",
    "net = Net(); net(1, training=True); net(2)": "latent",
    "net = Net(); net(2); net(1, training=True)": "latent",
    "Net()(1, training=True); Net().fit(1)": "manifest",
    "Net.fit(Net(), 1)": "manifest",
    "keras.Model.fit(Net(), 1)": "manifest",
    "tf.keras.Model.train_on_batch(Net(), 1)": "manifest",
    "keras.Model.__call__(Net(), 1, training=True)": "",
    "keras.Sequential.predict(Net(), 1)": "latent",
    "Net().call(1)": "latent",
    "Net().call(x=1)": "latent",
    "Net.call(Net(), x=1)": "latent",
    "Net().compile(); Net().predict(1); Net().fit(1)": "manifest",
}


@pytest.mark.parametrize("use", USES)
def test_a_model_without_the_parameter(use):
    """Where every call in sight says the mode, the model is not meant for `fit`."""
    assert certainties(use) == ({"KER101": USES[use]} if USES[use] else {})


def test_a_model_without_the_parameter_that_is_a_part():
    assert certainties("Outer()", inner="Net()") == {}
    assert certainties("Outer().fit(1)", inner="Net()") == {}
    assert certainties("Net().fit(1)", inner="Net()") == {"KER101": "manifest"}
    assert certainties("Outer()", inner="[layers.Dense(1), {'a': Net()}]") == {}


MISNAMED = {
    "Net().fit(1)": "manifest",
    "": "latent",
    "Net()(1)": "latent",
    "Net()(1, train=True)": "",
    "Net()(1, mask=True)": "latent",
    "net = Net(); net(1); net(2, mask=1, train=True)": "",
}


@pytest.mark.parametrize("use", MISNAMED)
def test_a_mode_of_another_name(use):
    """It is fine where callers in sight set it."""
    found = certainties(use, ", mask=None, train=False", ", training=train")
    assert found == ({"KER103": MISNAMED[use]} if MISNAMED[use] else {})


STEPPED = """

    def train_step(self, data):
        return {{}}
"""


@pytest.mark.parametrize(
    "use, certainty",
    [
        ("net.fit(1)", "latent"),
        ("net.fit(1); net.predict(1)", "manifest"),
        ("net.fit(1); net.evaluate(1)", "manifest"),
    ],
)
def test_a_model_with_a_step_of_its_own_is_only_surely_wrong_where_it_predicts(use, certainty):
    """RandomFlip trains by default, so the model without `training` trains in `predict` up to Keras 3.15 (R5)."""
    text = NET.format(use=f"net = Net(); {use}", parameter="", argument="", inner="None", init="rate=0.5")
    text = text.replace("layers.Dropout(0.5)", "layers.RandomFlip()").replace(
        "self.drop(x)", "self.drop(x)" + STEPPED.format()
    )
    assert [(line.split()[1], line.split()[2]) for line in told(text) if line.startswith("7:5 ")] == [
        ("KER101", certainty)
    ]


# A rate whose default is 0 is there to be raised by someone: what is wrong then is found, as latent.
RATES = {"rate=0.0": "latent", "drop=0": "latent", "dropout_rate=0.": "latent", "rate=0.5": "manifest"}


@pytest.mark.parametrize("init", RATES)
def test_a_rate_that_is_there_to_be_raised(init):
    name = init.partition("=")[0]
    text = NET.format(use="Net().fit(1)", parameter="", argument="", inner="None", init=init)
    text = text.replace("layers.Dropout(0.5)", f"layers.Dropout({name})")
    assert [line.split()[2] for line in told(text) if line.startswith("7:5 KER101")] == [RATES[init]]


@pytest.mark.parametrize(
    "init, raised",
    [
        ("rate=0.0", True),
        ("units=0, drop_path=0.0", True),
        ("rate=0.1", False),
        ("units=0", False),
        ("rate=None", False),
        ("rate", False),
    ],
)
def test_what_is_raised(init, raised):
    _, program = run(NET.format(use="Net(1)", parameter="", argument="", inner="None", init=init))
    [net] = [subject for subject in program.subjects(PATH) if subject.name == "Net"]
    assert (program.raised(net) is not None) is raised


SHARED = """
class Base(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


class Net(Base):
    pass


class Other(Base):
    pass


Net().fit(1)
"""


def test_what_is_surely_wrong_in_one_model_is_told_of_that():
    [line, *steps] = told(SHARED)
    assert line.startswith("7:5 KER101 manifest [fit] 3.0 3.10 3.16 | Base.call:")
    assert [step.strip() for step in steps] == [
        "19:1 `fit` starts `Net`",
        "8:16 `self.drop` (Dropout) gets `training=False`",
    ]


def test_a_class_that_keeps_a_layer_and_has_no_call_of_its_own():
    assert (
        findings(
            SHARED.replace("    def call(self, x):\n        return self.drop(x)", "").replace(
                "Net().fit(1)", ""
            )
        )
        == []
    )


ABOUT = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.drop(x, training=training)


def build():
    return keras.Sequential([layers.Dropout(0.5)])


other = keras.Sequential([layers.Dense(1)])
model = {model}
model.train()


def evaluate(x):
    return model(x, training=True)


def step(x):
    with tf.GradientTape() as tape:
        loss = model(x)
    return tape.gradient(loss, model.trainable_variables)
"""


@pytest.mark.parametrize(
    "model, name",
    [
        ("Net()", "Net"),
        ("build()", "build"),
        ("keras.Sequential([layers.Dropout(0.5)])", "model"),
        ("keras.applications.ResNet50()", ""),
    ],
)
def test_which_model_a_loop_is_about(model, name):
    found = engine.check(
        ["-"], settings("3.10"), (PATH, (HEAD + ABOUT.format(model=model)).encode())
    ).findings
    assert {one.code: one.models for one in found} == dict.fromkeys(
        ("KER202", "KER203", "KER204"), (f"{PATH}::{name}",) if name else ()
    )


GRAPH = """
def main(x, y):
    inputs = keras.Input((3,))
    net = keras.Model(inputs, layers.Dropout(0.5)(inputs, training={pin}))
    {use}
"""


@pytest.mark.parametrize(
    ("pin", "use", "expected"),
    [
        (False, "net.fit(x, y)", "manifest"),
        (False, "net.predict(x)", "latent"),
        (True, "net.predict(x)", "manifest"),
        (True, "net.fit(x, y)", "latent"),
        (True, "return net", "latent"),
    ],
)
def test_a_pin_is_surely_overridden_where_the_source_starts_what_does_it(pin, use, expected):
    [line] = [line for line in told(GRAPH.format(pin=pin, use=use)) if " KER301 " in line]
    assert line.split()[2] == expected


GROUPS = """
class Cell(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


class Net(keras.Model):
    def __init__(self, count):
        super().__init__()
        self.group = keras.Sequential()
        for _ in range(count):
            self.group.add(Cell())

    def call(self, x, training=None):
        return self.group(x, training=training)
"""


@pytest.mark.parametrize("made", ["", "net = Net(3)\nnet.fit(x, y)\n"])
def test_a_model_that_is_a_part_of_others_is_trained_by_nobody(made):
    assert findings(GROUPS + made) == []
    assert findings(GROUPS.replace("Cell()", "layers.Dense(3)") + made) == [(7, "KER101")]


SETTING = """
class Net(keras.Model):
    def __init__(self, active):
        super().__init__()
        self.active = active
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.drop(x, training=self.active)


made = Net({first}), Net({second})
"""


@pytest.mark.parametrize("other", ["True", "keras.config['active']"])
def test_a_mode_that_objects_are_made_with_is_a_setting(other):
    assert findings(SETTING.format(first="False", second=other)) == []
    assert findings(SETTING.format(first="False", second="False")) == [(9, "KER107")]


PART = (
    HEAD
    + """
class Head(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)
"""
)
WHOLE = (
    HEAD
    + """
{imported}


class Net(keras.Model):
    def __init__(self, size):
        super().__init__()
        self.head = {made} if size else None

    def call(self, x, training=None):
        return x
"""
)


@pytest.mark.parametrize(
    "imported, made, parts",
    [
        ("from .one import Head", "Head()", ["one"]),
        ("from . import one", "one.Head()", ["one"]),
        ("from .names import *", "Head()", ["one"]),
        ("from .names import Head as Inner", "Inner()", ["one", "two"]),  # a module that nothing asked for
        ("from elsewhere import Head", "Head()", ["one", "two"]),  # it may be either, for all that is known
        ("", "find(Head)", []),
        ("", "size.Head()", ["one", "two"]),
        ("", "layers.Head()", []),
    ],
)
def test_a_part_is_a_class_and_no_name(imported, made, parts, tree):
    files = {"one.py": PART, "two.py": PART, "names.py": "from .one import Head\n", "__init__.py": ""}
    files["net.py"] = WHOLE.format(imported=imported, made=made)
    root = tree({f"pkg/{name}": text for name, text in files.items()})
    result = engine.check([str(root)], Settings(root=str(root), keras=("3.10",)))
    latent = {os.path.basename(f.span.filename)[:-3] for f in result.findings if f.code == "KER101"}
    assert latent == {"one", "two"} - set(parts)


GRAPHED = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(4)

    def call(self, x):
        return layers.BatchNormalization()(self.dense(x))

    def build_graph(self):
        inputs = keras.Input((8,))
        return keras.Model(inputs, self.call(inputs))


net = Net()
{use}
"""


@pytest.mark.parametrize(
    "use, codes",
    [
        ("net.build_graph().fit(1, 2)", set()),
        ("net.build_graph().summary(); net.fit(1, 2)", {"KER101", "KER113"}),
        ("net.build_graph().summary(); net(1)", {"KER101", "KER113"}),
        ("net.call(tf.zeros((1, 8)))", {"KER101", "KER113"}),
        ("", {"KER101", "KER113"}),
    ],
)
def test_a_class_of_which_only_a_graph_is_made_is_not_started(use, codes):
    assert {code for _, code in findings(GRAPHED.format(use=use))} == codes
