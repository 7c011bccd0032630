"""What of a file is run though nothing calls it: functions and methods may build and train models."""

import pytest
from texts import PATH, findings, modes, run

TRAINS = """
        with tf.GradientTape() as tape:
            loss = self.model(x)
        return tape.gradient(loss, self.model.trainable_variables)
"""
PLAIN = """
import elsewhere, unittest


class Base:
    pass


class Trainer({base}):
    def __init__(self{parameters}):
        self.model = keras.Sequential([layers.Dropout(0.5)])

    def other(self):
        pass

    def {name}(self, x{more}):{trains}

{use}
"""


def trained(base="Base", parameters="", name="run", more="", use=""):
    text = PLAIN.format(base=base, parameters=parameters, name=name, more=more, use=use, trains=TRAINS)
    return [row for row, code in findings(text) if code == "KER203"]


CLASSES = [
    ({}, True),
    ({"parameters": ", units, rate=0.5"}, True),
    ({"more": ", y, *args, key, **kwargs"}, True),
    ({"use": "trainer = Trainer()"}, True),
    ({"use": "Trainer().run(1)"}, True),
    ({"use": "Trainer().other()"}, True),
    ({"use": "def main(): Trainer().run(1)"}, True),
    ({"base": "elsewhere.Base"}, True),
    ({"base": "unittest.TestCase"}, False),
    ({"base": "Base, elsewhere.SomeTestCase"}, False),
    ({"name": "test_run"}, False),
    ({"name": "latest_run"}, True),
]


@pytest.mark.parametrize("how, found", CLASSES)
def test_methods_of_a_class_that_is_no_layer(how, found):
    assert trained(**how) == [18] * found


FUNCTIONS = ("train", "train_it", "retest_it", "test_it")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_that_nothing_calls(name):
    text = f"""
def first(): pass


def {name}(x, model=keras.Sequential([layers.Dropout(0.5)])):
    with tf.GradientTape() as tape:
        loss = model(x)
    return tape.gradient(loss, model.trainable_variables)


def last(): pass
"""
    assert [row for row, _ in findings(text)] == [7] * (name != "test_it")


BUILT = """
class Net(keras.Model):
    def __init__(self, rate=0.5, name="net"):
        super().__init__()
        self.drop = layers.Dropout(rate)

    def call(self, x, training=None):
        return self.drop(x, training=training)


{use}
"""


@pytest.mark.parametrize("use, made", [
    ("", 1), ("Net()", 1), ("Net(); Net()", 1), ("Net(); Net(0.1)", 2), ("Net(0.1); Net(0.1); Net(0.2); Net(0.1)", 2),
    ("for rate in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6): Net(rate)", 4), ("def f(): return Net(0.2)\nNet()", 2), ("Net(rate=0.1); Net(0.1)", 2),
])  # fmt: skip
def test_a_class_stands_for_objects_that_were_made_otherwise(use, made):
    _, program = run(BUILT.format(use=use))
    [net] = program.subjects(PATH)
    assert (net.name, net.kind, len(net.instances), net.seen) == ("Net", "model", made, bool(use))


def test_the_names_of_graphs():
    text = """
def build():
    return keras.Sequential([layers.Dense(1)])


class Trainer:
    def make(self):
        return keras.Sequential([layers.Dense(2)])


all_of_them = [keras.Sequential([layers.Dense(3)])]
one = two = keras.Sequential([layers.Dense(4)])
build(), build()
"""
    _, program = run(text)
    found = [(subject.name, len(subject.instances)) for subject in program.subjects(PATH)]
    assert found == [("build", 2), ("Trainer.make", 1), ("<module>", 1), ("one", 1)]


def test_a_class_that_makes_many_layers_is_followed():
    """Nobody makes one: it is made as `Net()` would be, within the steps that a run may take, not those of a statement."""
    made = "\n".join(f"        self.dense{at} = layers.Dense({at})" for at in range(2500))
    text = (
        f"class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n{made}\n"
        "        self.drop = layers.Dropout(0.5)\n    def call(self, x, training=None):\n        return self.drop(x)\n"
    )
    assert modes(text) == {"self.drop": "train"}


HANDED_IN = """
class Net(keras.Model):
    def __init__(self, part):
        super().__init__()
        self.part = part()

    def call(self, x):
        return self.part(x)


class Trainer:
    def __init__(self, config):
        self.config = config
        self.model = Net(Part)


class Part(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)
"""


def test_what_the_constructor_of_a_class_that_is_no_layer_makes_is_made():
    assert modes(HANDED_IN, "fit", "2", name="Net") == {"self.part": "train", "self.drop": "train"}
