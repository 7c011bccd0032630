"""Whole tables of `explain`: each call of a layer, its modes under the six entries, and how it gets them."""

import pytest
from texts import HEAD, PATH, run, settings

from keraslint import engine

SHORT = {"train": "T", "infer": "F", "either": "T/F", "unreached": "-", "unknown": "?"}


def table(text, regime, name):
    """A line for each row: place, method, callee, class (* if it acts by mode), modes, and why."""
    sources, program = run(text)
    [report] = engine.model_reports(sources, program, PATH, settings(regime), name)
    [found] = report.tables
    return [line(row) for row in found.sites]


def line(row):
    place = f"{row.span.start.row - HEAD.count(chr(10))}:{row.span.start.column}"
    layer = (row.layer or "").rpartition(".")[2] + " *" * row.sensitive
    modes = " ".join(SHORT[mode] for mode in row.modes.values())
    return f"{place} {row.within} {row.callee} {layer} | {modes} | {row.why}"


# The entries are fit, evaluate, predict, call, call_true and call_false.
TABLES = [
    (
        """
class Block(layers.Layer):
    def __init__(self, rate=0.5):
        super().__init__()
        self.dense = layers.Dense(4)
        self.drop = layers.Dropout(rate)

    def call(self, x):
        return self.drop(self.dense(x))


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.last = layers.BatchNormalization()

    def call(self, x, training=None):
        return self.last(self.first(x))
""",
        "Net",
        {
            ("2",): """
9:16 Block.call self.drop Dropout * | T F F F T F | from the call context
9:26 Block.call self.dense Dense | T F F F T F | from the call context
19:16 Net.call self.last BatchNormalization * | T F F F T F | from the call context
19:26 Net.call self.first Block * | T F F F T F | from the call context
""",
            ("3.0", "3.10"): """
9:16 Block.call self.drop Dropout * | T F F F T F | from the call context; its own default
9:26 Block.call self.dense Dense | T F F F T F | from the call context
19:16 Net.call self.last BatchNormalization * | T F F F T F | from the call context
19:26 Net.call self.first Block * | T F F F T F | from the call context
""",
            ("3.16",): """
9:16 Block.call self.drop Dropout * | T F F F T F | from the call context; its own default
9:26 Block.call self.dense Dense | T F F F T F | from the call context; its own default
19:16 Net.call self.last BatchNormalization * | T F F F T F | from the call context; its own default
19:26 Net.call self.first Block * | T F F F T F | from the call context
""",
        },
    ),
    (
        """
class Block(layers.Layer):
    def __init__(self, rate=0.5):
        super().__init__()
        self.dense = layers.Dense(4)
        self.drop = layers.Dropout(rate)

    def call(self, x, training=False):
        return self.drop(self.dense(x), training=training)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.last = layers.BatchNormalization()

    def call(self, x, training=None):
        return self.last(self.first(x))
""",
        "Net",
        {
            ("2", "3.0", "3.10"): """
9:16 Block.call self.drop Dropout * | T F F F T F | passed at the call
9:26 Block.call self.dense Dense | T F F F T F | from the call context
19:16 Net.call self.last BatchNormalization * | T F F F T F | from the call context
19:26 Net.call self.first Block * | T F F F T F | from the call context; its own default
""",
            ("3.16",): """
9:16 Block.call self.drop Dropout * | T F F F T F | passed at the call
9:26 Block.call self.dense Dense | T F F F T F | from the call context; its own default
19:16 Net.call self.last BatchNormalization * | T F F F T F | from the call context
19:26 Net.call self.first Block * | T F F F T F | from the call context; its own default
""",
        },
    ),
    (
        """
class Block(layers.Layer):
    def __init__(self, rate=0.5):
        super().__init__()
        self.dense = layers.Dense(4)
        self.drop = layers.Dropout(rate)

    def call(self, x, training=None):
        return self.drop(self.dense(x), training=training)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.last = layers.BatchNormalization()

    def call(self, x):
        return self.last(self.first(x, training=True))
""",
        "Net",
        {
            ("2",): """
9:16 Block.call self.drop Dropout * | T T T T T T | passed at the call
9:26 Block.call self.dense Dense | T T T T T T | from the call context
19:16 Net.call self.last BatchNormalization * | T F F F T F | from the call context
19:26 Net.call self.first Block * | T T T T T T | passed at the call
""",
            ("3.0", "3.10", "3.16"): """
9:16 Block.call self.drop Dropout * | T T T T T T | passed at the call
9:26 Block.call self.dense Dense | T T T T T T | from the call context
19:16 Net.call self.last BatchNormalization * | T T T T T T | from the call context
19:26 Net.call self.first Block * | T T T T T T | passed at the call
""",
        },
    ),
    (
        """
class Block(layers.Layer):
    def __init__(self, rate=0.5):
        super().__init__()
        self.dense = layers.Dense(4)
        self.drop = layers.Dropout(rate)

    def call(self, x, training=None):
        return self.drop(self.dense(x), training=not training)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.last = layers.BatchNormalization()

    def call(self, x, training=None):
        return self.last(self.first.call(x))
""",
        "Net",
        {
            ("2",): """
9:16 Block.call self.drop Dropout * | T T T T T T | passed at the call
9:26 Block.call self.dense Dense | T F F F T F | from the call context
19:16 Net.call self.last BatchNormalization * | T F F F T F | from the call context
19:26 Net.call self.first.call Block * | F F F F F F | `.call` reads no context
""",
            ("3.0", "3.10"): """
9:16 Block.call self.drop Dropout * | T T T T T T | passed at the call
9:26 Block.call self.dense Dense | T F F F T F | from the call context
19:16 Net.call self.last BatchNormalization * | T T T T T T | from the call context
19:26 Net.call self.first.call Block * | F F F F F F | `.call` reads no context
""",
            ("3.16",): """
9:16 Block.call self.drop Dropout * | T T T T T T | passed at the call
9:26 Block.call self.dense Dense | T F F F T F | from the call context; its own default
19:16 Net.call self.last BatchNormalization * | T T T T T T | from the call context
19:26 Net.call self.first.call Block * | F F F F F F | `.call` reads no context
""",
        },
    ),
    (
        """
class Block(layers.Layer):
    def __init__(self, rate=0.5):
        super().__init__()
        self.dense = layers.Dense(4)
        self.drop = layers.Dropout(rate)

    def call(self, x, **kwargs):
        return self.drop(self.dense(x), **kwargs)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.last = layers.BatchNormalization()

    def call(self, x, training=None):
        return self.last(self.first(x, training=training)) if training else self.first(x)
""",
        "Net",
        {
            ("2",): """
9:16 Block.call self.drop Dropout * | T F F F T F | passed at the call
9:26 Block.call self.dense Dense | T F F F T F | from the call context
19:16 Net.call self.last BatchNormalization * | T - - - T - | from the call context
19:26 Net.call self.first Block * | T - - - T - | passed at the call
19:77 Net.call self.first Block * | - F F F - F | from the call context
""",
            ("3.0", "3.10"): """
9:16 Block.call self.drop Dropout * | T F F F T F | from the call context; its own default
9:26 Block.call self.dense Dense | T F F F T F | from the call context
19:16 Net.call self.last BatchNormalization * | T - - - T - | from the call context
19:26 Net.call self.first Block * | T - - - T - | passed at the call
19:77 Net.call self.first Block * | - F F F - F | from the call context
""",
            ("3.16",): """
9:16 Block.call self.drop Dropout * | T F F F T F | from the call context; its own default
9:26 Block.call self.dense Dense | T F F F T F | from the call context; its own default
19:16 Net.call self.last BatchNormalization * | T - - - T - | from the call context
19:26 Net.call self.first Block * | T - - - T - | passed at the call
19:77 Net.call self.first Block * | - F F F - F | from the call context
""",
        },
    ),
    (
        """
def build():
    inputs = keras.Input((3,))
    x = layers.Dense(4)(inputs)
    x = layers.Dropout(0.5)(x, training=True)
    x = layers.GaussianNoise(1.0)(x, training=False)
    return keras.Model(inputs, layers.BatchNormalization()(x))
""",
        "build",
        {
            ("2",): """
4:9 build layers.Dense(4) Dense | T F F F T F | from the call context
5:9 build layers.Dropout(0.5) Dropout * | T T T T T T | passed at the call
6:9 build layers.GaussianNoise(1.0) GaussianNoise * | F F F F F F | passed at the call
7:32 build layers.BatchNormalization() BatchNormalization * | T F F F T F | from the call context
""",
            ("3.0", "3.10"): """
4:9 build layers.Dense(4) Dense | T F F F T F | passed at the call; from the call context
5:9 build layers.Dropout(0.5) Dropout * | T F F T T F | passed at the call
6:9 build layers.GaussianNoise(1.0) GaussianNoise * | T F F F T F | passed at the call
7:32 build layers.BatchNormalization() BatchNormalization * | T F F F T F | passed at the call; from the call context
""",
            ("3.16",): """
4:9 build layers.Dense(4) Dense | T F F F T F | from the call context; its own default
5:9 build layers.Dropout(0.5) Dropout * | T T T T T T | passed at the call
6:9 build layers.GaussianNoise(1.0) GaussianNoise * | F F F F F F | passed at the call
7:32 build layers.BatchNormalization() BatchNormalization * | F F F F F F | from the call context
""",
        },
    ),
    (
        """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
        self.noise = layers.GaussianNoise(1.0)

    def train_step(self, data):
        x, y = data
        self(x, training=True)
        return {}

    def test_step(self, data):
        self.call(data)
        return {}

    def predict_step(self, data):
        return self(data)

    def call(self, x, training=None):
        if training:
            x = self.drop(x)
        if x.shape[0]:
            x = self.noise(x, training=True)
        else:
            x = self.noise(x, training=training)
        return x
""",
        "Net",
        {
            ("2", "3.0", "3.10"): """
10:9 Net.train_step self Net * | T - - - - - | passed at the call
14:9 Net.test_step self.call Net * | - F - - - - | `.call` reads no context
18:16 Net.predict_step self Net * | - - F - - - | from the call context
22:17 Net.call self.drop Dropout * | T - - - T - | from the call context
24:17 Net.call self.noise GaussianNoise * | T T T T T T | passed at the call
26:17 Net.call self.noise GaussianNoise * | T F F F T F | passed at the call
""",
            ("3.16",): """
10:9 Net.train_step self Net * | T - - - - - | passed at the call
14:9 Net.test_step self.call Net * | - F - - - - | `.call` reads no context
18:16 Net.predict_step self Net * | - - F - - - | its own default
22:17 Net.call self.drop Dropout * | T - - - T - | from the call context
24:17 Net.call self.noise GaussianNoise * | T T T T T T | passed at the call
26:17 Net.call self.noise GaussianNoise * | T F F F T F | passed at the call
""",
        },
    ),
]


@pytest.mark.parametrize("text, name, wanted", TABLES)
def test_tables(text, name, wanted):
    for regimes, want in wanted.items():
        for regime in regimes:
            assert table(text, regime, name) == want.strip().splitlines(), regime
