"""What a person reads: findings whole, with their place, certainty, entries, versions, symbol, message and the steps behind them."""

import pytest
from texts import HEAD, PATH, settings

from keraslint import engine

REGIMES = "2,3.0,3.10,3.16"
NET = """
class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.drop(x, training=training)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
        self.norm = layers.BatchNormalization()
        self.block = Block()

    def call(self, x{parameter}):
        {body}
{more}

def main(x, y):
    net = Net()
    net.compile("sgd", "mse")
    net.fit(x, y)
    net.predict(x)
"""


def told(text, backend="tensorflow", **options):
    """A line for each finding, and one for each step that leads to it; rows are those of the text."""
    found = engine.check(
        ["-"], settings(REGIMES, backend, **options), (PATH, (HEAD + text).encode())
    ).findings
    lines = []
    for one in found:
        about = f"{one.code} {one.certainty} [{' '.join(one.entries)}] {' '.join(one.regimes)} | {one.symbol}"
        lines.append(f"{place(one.span)} {about}: {one.message}")
        lines += [f"    {place(step.span)} {step.message}" for step in one.trace]
    return lines


def place(span):
    return f"{span.start.row - HEAD.count(chr(10))}:{span.start.column}"


# What the network's `call` takes and does, what else the class has, and what is found.
NETWORKS = [
    (
        "",
        "return self.norm(self.drop(x))",
        "",
        """
18:5 KER101 manifest [fit] 3.0 3.10 3.16 | Net.call: `Net.call` takes no `training`, so Keras 3's `fit` starts it without one: `self.drop` (Dropout) never acts in `fit`. Add `training=None` to `call`.
    25:5 `fit` starts `Net`
    19:26 `self.drop` (Dropout) gets `training=False`
""",
    ),
    (
        "",
        "return self.block(x)",
        "",
        """
18:5 KER101 manifest [fit] 3.0 3.10 3.16 | Net.call: `Net.call` takes no `training`, so Keras 3's `fit` starts it without one: `self.drop` (Dropout) never acts in `fit`. Add `training=None` to `call`.
    25:5 `fit` starts `Net`
    19:16 which calls `Block.call`
    8:16 `self.drop` (Dropout) gets `training=None`
""",
    ),
    (
        ", is_training=False",
        "return self.block(x)",
        "",
        """
18:5 KER103 manifest [fit] 2 3.0 3.10 3.16 | Net.call: `Net.call` names its mode `is_training`, which Keras never sets: Dropout is never reached in `fit`. Rename it to `training`.
""",
    ),
    (
        ", is_training=False",
        "return self.drop(x, training=is_training)",
        "",
        """
18:5 KER103 manifest [fit] 2 3.0 3.10 3.16 | Net.call: `Net.call` names its mode `is_training`, which Keras never sets: `self.drop` (Dropout) never acts in `fit`. Rename it to `training`.
    25:5 `fit` starts `Net`
    19:16 `self.drop` (Dropout) gets `training=False`
""",
    ),
    (
        ", training=None",
        "return self.drop(x, training=True)",
        "",
        """
19:16 KER104 manifest [evaluate predict] 2 3.0 3.10 3.16 | Net.call: `self.drop` (Dropout) is called with `training=True`, so it acts in `evaluate`. Pass `training=training`, or say that it is meant.
    19:16 `self.drop` (Dropout) gets `training=True`
""",
    ),
    (
        ", training=None",
        "return self.norm(x, training=False)",
        "",
        """
19:16 KER104 manifest [fit] 2 3.0 3.10 3.16 | Net.call: `self.norm` (BatchNormalization) is called with `training=False`, so it never learns its statistics in `fit`. Pass `training=training`, or say that it is meant.
    25:5 `fit` starts `Net`
    19:16 `self.norm` (BatchNormalization) gets `training=False`
""",
    ),
    (
        ", training=None",
        "return self.block(x, training=True)",
        "",
        """
19:16 KER104 manifest [evaluate predict] 2 3.0 3.10 3.16 | Net.call: `Block.call` is run with `training=True`, so `self.drop` (Dropout) acts in `evaluate`. Pass `training=training`, or say that it is meant.
    19:16 which calls `Block.call`
    8:16 `self.drop` (Dropout) gets `training=True`
""",
    ),
    (
        ", training=None",
        "return self.norm(self.block(x, training=False))",
        "",
        """
19:16 KER105 manifest [fit] 3.0 3.10 3.16 | Net.call: `self.norm` (BatchNormalization) gets the `training=False` of an earlier call, which stays in the call context: it never learns its statistics in `fit`. Pass `training=training` to it.
    19:26 `training=False` enters the call context
    25:5 `fit` starts `Net`
    19:16 `self.norm` (BatchNormalization) gets `training=False`
""",
    ),
    (
        ", training=None",
        "return self.norm(self.block(x, training=True))",
        "",
        """
19:16 KER105 manifest [evaluate predict] 3.0 3.10 3.16 | Net.call: `self.norm` (BatchNormalization) gets the `training=True` of an earlier call, which stays in the call context: it uses the batch's statistics and moves its own in `evaluate`. Pass `training=training` to it.
    19:26 `training=True` enters the call context
    19:16 `self.norm` (BatchNormalization) gets `training=True`
19:26 KER104 manifest [evaluate predict] 2 3.0 3.10 3.16 | Net.call: `Block.call` is run with `training=True`, so `self.drop` (Dropout) acts in `evaluate`. Pass `training=training`, or say that it is meant.
    19:26 which calls `Block.call`
    8:16 `self.drop` (Dropout) gets `training=True`
""",
    ),
    (
        ", training=None",
        "return self.drop(x, training=None)",
        "",
        """
19:16 KER106 manifest [fit] 3.10 3.16 | Net.call: An explicit `training=None` switches the call context off: `self.drop` (Dropout) never acts in `fit`. Leave it out, or pass `training=training`.
    25:5 `fit` starts `Net`
    19:16 `self.drop` (Dropout) gets `training=None`
""",
    ),
    (
        ", training=None",
        "return self.help(x)",
        """
    def help(self, x, training=None):
        return self.norm(x, training=training)
""",
        """
22:16 KER106 manifest [fit] 3.10 3.16 | Net.help: `Net.help` is called without `training`, so its default None replaces the mode: `self.norm` (BatchNormalization) never learns its statistics in `fit`. Pass `training=training` to it.
    28:5 `fit` starts `Net`
    22:16 `self.norm` (BatchNormalization) gets `training=None`
""",
    ),
    (
        ", training=None",
        "return self.help(x)",
        """
    def help(self, x, training=True):
        return self.norm(x, training=training)
""",
        """
22:16 KER107 manifest [evaluate predict call] 2 3.0 3.10 3.16 | Net.help: `Net.help` is called without `training`, so its default True replaces the mode: `self.norm` (BatchNormalization) uses the batch's statistics and moves its own in `evaluate`. Pass `training=training` to it.
    22:16 `self.norm` (BatchNormalization) gets `training=True`
""",
    ),
    (
        ", training=None",
        "training = False\n        return self.drop(x, training=training)",
        "",
        """
19:9 KER107 manifest [fit] 2 3.0 3.10 3.16 | Net.call: `training` is replaced by the assignment to `training` on its way: `self.drop` (Dropout) never acts in `fit`. Pass on the `training` that `call` received.
    26:5 `fit` starts `Net`
    20:16 `self.drop` (Dropout) gets `training=False`
""",
    ),
    (
        ", training=None",
        "return self.drop(x, training=not training)",
        "",
        """
19:16 KER107 manifest [fit evaluate predict call] 2 3.0 3.10 3.16 | Net.call: `training` is replaced by `not training` on its way: `self.drop` (Dropout) never acts in `fit`. Pass on the `training` that `call` received.
    25:5 `fit` starts `Net`
    19:16 `self.drop` (Dropout) gets `training=False`
""",
    ),
    (
        ", training=None",
        "return self.drop(x, training=training or True)",
        "",
        """
19:16 KER107 manifest [evaluate predict call] 2 3.0 3.10 3.16 | Net.call: `training` is replaced by `training or True` on its way: `self.drop` (Dropout) acts in `evaluate`. Pass on the `training` that `call` received.
    19:16 `self.drop` (Dropout) gets `training=True`
""",
    ),
    (
        ", training=None",
        "return self.drop.call(x)",
        "",
        """
19:16 KER108 manifest [fit] 2 3.0 3.10 3.16 | Net.call: `self.drop.call` (Dropout) is run by `.call`, which reads no call context and got no `training`: `self.drop.call` (Dropout) never acts in `fit`. Call the layer itself, or pass `training=training`.
    25:5 `fit` starts `Net`
    19:16 `self.drop.call` (Dropout) gets `training=None`
""",
    ),
    (
        ", training=None",
        "return self.block.call(x)",
        "",
        """
19:16 KER108 manifest [fit] 3.10 3.16 | Block.call: `Block.call` is run by `.call`, which reads no call context and got no `training`: `self.drop` (Dropout) never acts in `fit`. Call the layer itself, or pass `training=training`.
    25:5 `fit` starts `Net`
    19:16 which runs, past `__call__`, `Block.call`
    8:16 `self.drop` (Dropout) gets `training=None`
""",
    ),
    (
        ", training=True",
        "return self.drop(x, training=training)",
        "",
        """
18:5 KER109 manifest [call] 2 3.0 3.10 3.16 | Net.call: `Net.call` defaults to `training=True`: a bare `model(x)`, an export or a graph built from it trains: `self.drop` (Dropout) acts in `call`. Default to None or False.
""",
    ),
    (
        ", training=None",
        "return self.drop(x, training)",
        "",
        """
19:16 KER110 manifest [fit evaluate predict] 3.0 3.10 3.16 | Net.call: `self.drop` gets `training` by position, which raises ValueError in Keras 3. Write `training=training`.
""",
    ),
    (
        ", training=None",
        "if training is not None:\n            x = self.drop(x, training=True)\n        return x",
        "",
        """
19:9 KER111 manifest [] 2 3.0 3.10 3.16 | Net.call: `training is not None` is not whether the model trains: `training` may be None or False. Write `if training`.
""",
    ),
    (
        ", training=None",
        "return tf.nn.dropout(x, rate=0.5)",
        "",
        """
19:16 KER112 manifest [evaluate predict] 2 3.0 3.10 3.16 | Net.call: `tf.nn.dropout` drops whenever it runs, and nothing guards it: it acts in `evaluate` too. Use a Dropout layer, or `if training`.
""",
    ),
    (
        ", training=None",
        "return keras.random.dropout(x, self.rate)",
        "",
        """
19:16 KER112 latent [evaluate predict] 2 3.0 3.10 3.16 | Net.call: `keras.random.dropout` drops whenever it runs, and nothing guards it: it acts in `evaluate` too. Use a Dropout layer, or `if training`.
""",
    ),
    (
        ", training=None",
        "return layers.Dropout(0.5)(x)",
        "",
        """
19:16 KER113 manifest [fit evaluate predict call] 3.0 3.10 3.16 | Net.call: Dropout is built inside `Net.call`, anew at every call: its state is lost, and in a compiled step it raises. Build it in `__init__`.
""",
    ),
    (
        ", training=None",
        "return self.block(x)",
        """
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x))
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables))
        return {}
""",
        """
24:50 KER201 manifest [fit] 2 3.0 3.10 3.16 | Net.train_step: `Net.train_step` runs a model without `training=True`: `self` (Dropout inside) never acts in `fit`. Pass `training=True`.
    32:5 `fit` starts `Net`
    24:50 which calls `Net.call`
    19:16 which calls `Block.call`
    8:16 `self.drop` (Dropout) gets `training=None`
""",
    ),
    (
        ", training=None",
        "return self.block(x)",
        """
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x, training=False))
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables))
        return {}
""",
        """
24:50 KER201 manifest [fit] 2 3.0 3.10 3.16 | Net.train_step: `Net.train_step` runs a model without `training=True`: `self` (Dropout inside) never acts in `fit`. Pass `training=True`.
    32:5 `fit` starts `Net`
    24:50 which calls `Net.call`
    19:16 which calls `Block.call`
    8:16 `self.drop` (Dropout) gets `training=False`
""",
    ),
    (
        ", training=None",
        "return self.block(x)",
        """
    def test_step(self, data):
        x, y = data
        y_pred = self(x, training=True)
        return {}
""",
        """
23:18 KER202 manifest [evaluate] 2 3.0 3.10 3.16 | Net.test_step: `Net.test_step` runs a model with `training=True`: `self` (Dropout inside) acts in `evaluate`. Pass `training=False`.
    23:18 which calls `Net.call`
    19:16 which calls `Block.call`
    8:16 `self.drop` (Dropout) gets `training=True`
""",
    ),
    (
        ", training=None",
        "return self.block(x)",
        """
    def train_step(self, data):
        self.ahead(data)
        return {}

    def ahead(self, data, training=False):
        return self(data, training=training)
""",
        """
22:9 KER201 manifest [fit] 2 3.0 3.10 3.16 | Net.train_step: `Net.train_step` calls `Net.ahead` without `training`, so that its default False counts: `self.drop` (Dropout) never acts in `fit`. Pass `training=True`.
    32:5 `fit` starts `Net`
    26:16 which calls `Net.call`
    19:16 which calls `Block.call`
    8:16 `self.drop` (Dropout) gets `training=False`
""",
    ),
    (
        ", training=None",
        "return self.block(x)",
        """
    def test_step(self, data):
        self.ahead(data)
        return {}

    def ahead(self, data, training=True):
        return self(data, training=training)
""",
        """
22:9 KER202 manifest [evaluate] 2 3.0 3.10 3.16 | Net.test_step: `Net.test_step` calls `Net.ahead` without `training`, so that its default True counts: `self.drop` (Dropout) acts in `evaluate`. Pass `training=False`.
    26:16 which calls `Net.call`
    19:16 which calls `Block.call`
    8:16 `self.drop` (Dropout) gets `training=True`
""",
    ),
    (
        ", training=None",
        "return self.last(self.block(x, training=training))",
        """
    def last(self, x):
        return self.plain(x, training=True)

    def plain(self, x, training):
        return x
""",
        """

""",
    ),
]


@pytest.mark.parametrize("parameter, body, more, want", NETWORKS)
def test_findings_in_a_network(parameter, body, more, want):
    assert (
        told(NET.format(parameter=parameter, body=body, more=more), ignore=("KER114",))
        == want.strip().splitlines()
    )


def network(body, **options):
    return told(NET.format(parameter=", training=None", body=body, more=""), **options)


def test_a_layer_that_nothing_calls():
    assert (
        network("return self.drop(x)")
        == """
15:9 KER114 manifest [] 2 3.0 3.10 3.16 | Net.norm: `self.norm` (BatchNormalization) is built and never called: it never acts. Call it in `call`, or remove it.
""".strip().splitlines()
    )


def test_a_call_without_context():
    assert (
        network("return self.drop(x)", backend="jax", ignore=("KER114",))
        == """
19:16 KER116 manifest [fit] 3.0 3.10 | Net.call: `self.drop` (Dropout) is called where no call context exists, so the mode does not reach it: it never acts in `fit`. Pass `training=training` to it.
    25:5 `fit` starts `Net`
    19:16 `self.drop` (Dropout) gets `training=False`
""".strip().splitlines()
    )


def test_a_branch_that_skews():
    assert (
        network("if training:\n            x = x * 2\n        return self.drop(x)", select=("KER501",))
        == """
19:9 KER501 manifest [] 2 3.0 3.10 3.16 | Net.call: `if training` makes `Net.call` another function in training than in inference, with nothing random in it: what is trained is not what is used.
""".strip().splitlines()
    )


# Sources, and what is found in them.
SOURCES = [
    (
        """
def build():
    inputs = keras.Input((3,))
    x = layers.Dropout(0.5)(inputs, training=True)
    outputs = layers.GaussianNoise(1.0)(x)
    return keras.Model(inputs, outputs)


def main(x, y):
    net = build()
    net.fit(x, y)
    net.predict(x)
""",
        """
4:9 KER301 manifest [evaluate predict] 3.0 3.10 | build: `layers.Dropout(0.5)` (Dropout) is called with `training=True` in a graph, which `evaluate` overrides: it runs with False. Pin it in a layer of its own, or freeze it with `trainable`.
4:9 KER302 manifest [evaluate predict] 3.16 | build: The pin `training=True` stays in the call context and reaches `layers.GaussianNoise(1.0)` (GaussianNoise), which acts in `evaluate`. Pass `training` to the layers after it too.
    5:15 `layers.GaussianNoise(1.0)` (GaussianNoise) gets it
""",
    ),
    (
        """
def build():
    inputs = keras.Input((3,))
    x = layers.Dropout(0.5)(inputs, training=False)
    outputs = layers.GaussianNoise(1.0)(x)
    return keras.Model(inputs, outputs)


def main(x, y):
    net = build()
    net.fit(x, y)
    net.predict(x)
""",
        """
4:9 KER301 manifest [fit] 3.0 3.10 | build: `layers.Dropout(0.5)` (Dropout) is called with `training=False` in a graph, which `fit` overrides: it runs with True. Pin it in a layer of its own, or freeze it with `trainable`.
4:9 KER302 manifest [fit] 3.16 | build: The pin `training=False` stays in the call context and reaches `layers.GaussianNoise(1.0)` (GaussianNoise), which never acts in `fit`. Pass `training` to the layers after it too.
    5:15 `layers.GaussianNoise(1.0)` (GaussianNoise) gets it
""",
    ),
    (
        """
def main(x, y):
    base = keras.applications.ResNet50(include_top=False)
    base.trainable = False
    inputs = keras.Input((32, 32, 3))
    model = keras.Model(inputs, layers.Dense(1)(base(inputs, training=False)))
    model.compile("sgd", "mse")
    model.fit(x, y)
    base.trainable = True
    model.compile("sgd", "mse")
    model.fit(x, y)
""",
        """
6:49 KER303 manifest [fit] 3.0 3.10 | main: `base` (ResNet50) is pinned to `training=False`, frozen, and thawed later: from then on `fit` runs it with `training=True`, and the statistics of its BatchNormalization move.
""",
    ),
    (
        """
model = keras.Sequential([layers.Dense(4), layers.Dropout(0.5)])


def step(x, y):
    with tf.GradientTape() as tape:
        loss = model(x)
    grads = tape.gradient(loss, model.trainable_variables)


def evaluate(x):
    return model(x, training=True)


def loop(x):
    model.train()
    model.eval()
""",
        """
7:16 KER203 manifest [] 2 3.0 3.10 3.16 | step: `model` is trained here but called without `training=True`: its sensitive layers run as in inference. Pass `training=True`.
12:12 KER202 latent [] 2 3.0 3.10 3.16 | evaluate: `evaluate` looks like evaluation but calls `model` with `training=True`: its sensitive layers act. Pass `training=False`.
16:5 KER204 manifest [] 2 3.0 3.10 3.16 | loop: `.train()` changes nothing for a Keras model: its layers never look at it. Pass `training=True` to the call.
17:5 KER204 manifest [] 2 3.0 3.10 3.16 | loop: `.eval()` changes nothing for a Keras model: its layers never look at it. Pass `training=False` to the call.
""",
    ),
    (
        """
keras.backend.set_learning_phase(1)
x = tf.compat.v1.layers.dropout(tf.zeros((1, 2)), 0.5)


def train():
    return tf.compat.v1.layers.batch_normalization(tf.zeros((1, 2)))
""",
        """
2:1 KER401 manifest [] 3.0 3.10 3.16 | : `set_learning_phase` is gone in Keras 3 (AttributeError). Use the `training` argument of `call`.
3:5 KER402 manifest [] 2 | : `tf.compat.v1.layers.dropout` without `training` is in inference mode whatever trains it. Pass `training=`.
7:12 KER402 manifest [] 2 | train: `tf.compat.v1.layers.batch_normalization` without `training` is in inference mode whatever trains it. Pass `training=`.
""",
    ),
    (
        """
class Tower(layers.Layer):
    def __init__(self):
        super().__init__()
        self.norm = layers.BatchNormalization()

    def call(self, x):
        return self.norm(x)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.tower = Tower()

    def call(self, x, training=None):
        return self.tower(x, training=not training)
""",
        """
17:16 KER102 latent [fit evaluate predict] 3.0 | Tower.call: `Tower.call` takes no `training`, and Keras 3.0 to 3.9 drop the value given to it: `self.norm` (BatchNormalization) gets True, not False. Add `training=None` to `Tower.call`.
    17:16 which calls `Tower.call`
    8:16 `self.norm` (BatchNormalization) gets `training=True`
17:16 KER107 latent [fit evaluate predict call] 2 3.10 3.16 | Tower.call: `training` is replaced by `not training` on its way: `self.norm` (BatchNormalization) never learns its statistics in `fit`. Pass on the `training` that `call` received.
    17:16 which calls `Tower.call`
    8:16 `self.norm` (BatchNormalization) gets `training=False`
""",
    ),
    (
        """
class Tower(layers.Layer):
    def __init__(self):
        super().__init__()
        self.norm = layers.BatchNormalization()

    def call(self, x):
        return self.norm(x)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.tower = Tower()

    def call(self, x):
        return self.tower(x)

    def train_step(self, data):
        self(data, training=True)
        return {}


Net().fit(1)
""",
        """
20:9 KER102 manifest [fit] 3.0 | Net.call: `Net.call` takes no `training`, and Keras 3.0 to 3.9 drop the value given to it: `self.norm` (BatchNormalization) gets None, not True. Add `training=None` to `Net.call`.
    24:1 `fit` starts `Net`
    20:9 which calls `Net.call`
    17:16 which calls `Tower.call`
    8:16 `self.norm` (BatchNormalization) gets `training=None`
""",
    ),
    (
        """
class Tower(layers.Layer):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training):
        return self.drop(x, training=training)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.tower = Tower()

    def call(self, x, training=None):
        return self.tower(x)


Net().fit(1)
""",
        """
7:5 KER115 manifest [fit evaluate predict call] 3.0 3.10 3.16 | Tower.call: `Tower.call` requires `training`, and a call that leaves it out raises TypeError in Keras 3. Give it the default None.
    17:16 it is called without one here
""",
    ),
    (
        """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.flip = layers.RandomFlip()
        self.norm = layers.BatchNormalization()

    def call(self, x, training=None):
        return self.norm(self.flip(x))


net = Net()
net(1)
""",
        """
9:16 KER105 latent [call] 3.0 3.10 | Net.call: `self.norm` (BatchNormalization) gets the default `training=True` of RandomFlip, which ran before it: it uses the batch's statistics and moves its own in `call`. Pass `training=training` to both.
    9:16 `self.norm` (BatchNormalization) gets `training=True`
""",
    ),
    (
        """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.base = keras.applications.ResNet50()

    def call(self, x):
        return self.base(x)


Net().fit(1)
""",
        """
7:5 KER101 manifest [fit] 3.0 3.10 3.16 | Net.call: `Net.call` takes no `training`, so Keras 3's `fit` starts it without one: `self.base` (ResNet50) runs in inference mode in `fit`. Add `training=None` to `call`.
    11:1 `fit` starts `Net`
    8:16 `self.base` (ResNet50) gets `training=None`
""",
    ),
    (
        """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.base = keras.applications.ResNet50()

    def call(self, x, training=None):
        return self.base(x, training=True)


Net().fit(1)
""",
        """
8:16 KER104 manifest [evaluate predict] 2 3.0 3.10 3.16 | Net.call: `self.base` (ResNet50) is called with `training=True`, so it runs in training mode in `evaluate`. Pass `training=training`, or say that it is meant.
    8:16 `self.base` (ResNet50) gets `training=True`
""",
    ),
    (
        """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


class Outer(keras.Model):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def call(self, x, training=None):
        return self.net(x)


class Alone(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)
""",
        """
25:5 KER101 latent [fit] 3.0 3.10 3.16 | Alone.call: `Alone.call` takes no `training`, so Keras 3's `fit` starts it without one: `self.drop` (Dropout) never acts in `fit`. Add `training=None` to `call`.
    26:16 `self.drop` (Dropout) gets `training=False`
""",
    ),
]


@pytest.mark.parametrize("text, want", SOURCES)
def test_findings_in_a_source(text, want):
    assert told(text) == want.strip().splitlines()


STATELESS = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.drop(x, training=training)


net = Net()


def train(params, x):
    def loss(params):
        out, state = net.stateless_call(params, [], x)
        return out
    return jax.grad(loss)(params)


import jax
train(net.trainable_variables, 1)
"""


def test_findings_in_a_loop_of_jax():
    assert (
        told(STATELESS, "jax")
        == """
16:22 KER203 manifest [] 3.0 3.10 3.16 | loss: `net.stateless_call` is trained here but called without `training=True`: its sensitive layers run as in inference. Pass `training=True`.
""".strip().splitlines()
    )
