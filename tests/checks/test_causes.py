"""Ways to write the same mistake, and ways to write no mistake at all: what the rules' pages say, in other words."""

import pytest
from test_whole_findings import told
from texts import findings

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


def main(x, y):
    net = Net()
    net.compile("sgd", "mse")
    net.fit(x, y)
    net.predict(x)
"""
CALL, BODY = 18, 19  # the rows of `call` and of the first line of its body


def found(body, parameter=", training=None", regimes="3.10", backend="tensorflow", **options):
    """What is found in such a network, but for the layers that its `call` has no use for."""
    return findings(
        NET.format(parameter=parameter, body=body), regimes, backend, ignore=("KER114",), **options
    )


FINE = (
    "return self.drop(x)",
    "return self.drop(x, training=training)",
    "return self.norm(self.drop(self.block(x)))",
    "return self.drop(x) if training else x",
    "return self.drop(x, training=bool(training))",
    "return self.drop(x, training=training or False)",
    "return self.drop(x, training=training if training is not None else False)",
    "training = bool(training)\n        return self.drop(x, training=training)",
    "kwargs = {'training': training}\n        return self.drop(x, **kwargs)",
    "for layer in (self.drop, self.norm): x = layer(x, training=training)\n        return x",
    "def inner(x): return self.drop(x, training=training)\n        return inner(x)",
    "return self.block.call(x, training=training)",
    "return self.norm(self.drop(x, training=training), training=training)",
    "if training:\n            x = tf.nn.dropout(x, rate=0.5)\n        return x",
    "return tf.nn.dropout(x, rate=0.0)",
    "return self.norm(x, training=not (not training))",
)


@pytest.mark.parametrize("body", FINE)
@pytest.mark.parametrize("regimes", ["2", "3.10", "3.16"])
def test_what_is_fine(body, regimes):
    assert found(body, regimes=regimes) == []


REPLACED = (
    "return self.drop(x, training=not training)",
    "return self.drop(x, training=training or True)",
    "return self.drop(x, training=training and False)",
    "return self.drop(x, training=True if training else True)",
    "training = True\n        return self.drop(x, training=training)",
    "training = False\n        return self.drop(x, training=training)",
    "training = not training\n        return self.norm(x, training=training)",
    "return self.drop(x, training=self.trainable)",
    "return self.drop(x, training=training is None)",
)


@pytest.mark.parametrize("body", REPLACED)
def test_a_value_that_is_replaced_on_its_way(body):
    assert {code for _, code in found(body)} == {"KER107"}
    assert {row for row, _ in found(body)} <= {BODY, BODY + 1}


@pytest.mark.parametrize("value", ["True", "False"])
@pytest.mark.parametrize("layer", ["self.drop", "self.norm"])
@pytest.mark.parametrize("regimes", ["2", "3.0", "3.10", "3.16"])
def test_a_constant_at_the_call(value, layer, regimes):
    assert found(f"return {layer}(x, training={value})", regimes=regimes) == [(BODY, "KER104")]


@pytest.mark.parametrize(
    "regimes, codes", [("2", []), ("3.0", []), ("3.10", ["KER106"]), ("3.16", ["KER106"])]
)
def test_an_explicit_none(regimes, codes):  # R2
    assert [code for _, code in found("return self.drop(x, training=None)", regimes=regimes)] == codes
    helper = "return self.help(x)\n\n    def help(self, x, training=None):\n        return self.drop(x, training=training)"
    assert [code for _, code in found(helper, regimes=regimes)] == codes


def test_a_helper_whose_default_replaces_the_mode():
    helper = "return self.help(x)\n\n    def help(self, x, training=False):\n        return self.drop(x, training=training)"
    for regimes in ("2", "3.0", "3.10", "3.16"):
        assert found(helper, regimes=regimes) == [(BODY + 3, "KER107")]


LEAKS = "return self.norm(self.block(x, training=False))"


@pytest.mark.parametrize(
    "regimes, codes", [("2", []), ("3.0", ["KER105"]), ("3.10", ["KER105"]), ("3.16", ["KER105"])]
)
def test_a_value_that_leaks_to_the_next_layer(regimes, codes):  # R4
    assert found(LEAKS, regimes=regimes) == [(BODY, code) for code in codes]


LATCHED = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.flip = layers.RandomFlip()
        self.norm = layers.BatchNormalization()

    def call(self, x):
        return self.norm(self.flip(x))


def main(x):
    net = Net()
    {use}
"""


@pytest.mark.parametrize("use", ["net.predict(x)", "net(x)"])
@pytest.mark.parametrize("regimes, codes", [("2", set()), ("3.16", set())])
def test_a_default_that_does_not_leak(use, regimes, codes):  # R5: RandomFlip trains by default, until 3.16
    assert not {code for row, code in findings(LATCHED.format(use=use), regimes) if row == 9}


def test_a_default_that_leaks():
    text = LATCHED.format(use="net(x)").replace("call(self, x)", "call(self, x, training=None)")
    assert (9, "KER105") in findings(text, "3.10")
    assert (9, "KER105") not in findings(
        text.replace("self.norm(self.flip(x))", "self.flip(self.norm(x))"), "3.10"
    )


@pytest.mark.parametrize("regimes, leaks", [("3.0", True), ("3.10", False)])
def test_a_default_that_leaks_through_a_none(regimes, leaks):  # R2
    text = LATCHED.format(use="net(x)").replace("call(self, x)", "call(self, x, training=None)")
    passed = text.replace("self.flip(x))", "self.flip(x), training=training)")
    assert ((9, "KER105") in findings(passed, regimes)) is leaks


PAST = {
    "return self.drop.call(x)": ("2", "3.0", "3.10", "3.16"),
    "return self.help(x)\n\n    def help(self, x):\n        return self.drop.call(x)": (
        "2",
        "3.0",
        "3.10",
        "3.16",
    ),
    # The None that it hands on is no value before 3.10 (R2).
    "return self.block.call(x)": ("3.10", "3.16"),
}


@pytest.mark.parametrize("body", PAST)
@pytest.mark.parametrize("regimes", ["2", "3.0", "3.10", "3.16"])
def test_a_layer_that_is_run_past_its_call(body, regimes):  # R7
    assert {code for _, code in found(body, regimes=regimes)} == (
        {"KER108"} if regimes in PAST[body] else set()
    )


@pytest.mark.parametrize("parameter", ["", ", **kwargs", ", mask=None"])
@pytest.mark.parametrize(
    "regimes, codes", [("2", []), ("3.0", ["KER101"]), ("3.10", ["KER101"]), ("3.16", ["KER101"])]
)
def test_a_model_without_the_parameter(parameter, regimes, codes):  # R12
    assert found("return self.drop(x)", parameter, regimes) == [(CALL, code) for code in codes]


NAMES = (
    "is_training",
    "training_mode",
    "train",
    "is_train",
    "mode",
    "trainable",
    "phase",
    "istraining",
    "train_mode",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "body",
    [
        "return self.drop(x, training={0})",
        "return self.drop(x, training={0}) if {0} else x",
        "return self.drop(x) if {0} else x",
    ],
)
def test_a_parameter_of_another_name(name, body):
    text = body.format(name)
    assert found(text, f", {name}=False") == [(CALL, "KER103")]
    assert found("return self.drop(x)", f", {name}=False") == [(CALL, "KER103")]
    assert found(text, f", {name}=False, training=None") != [(CALL, "KER103")] or "training={0}" in body


ODD = (
    "training is not None",
    "training is not False",
)
PLAIN = (
    "training is True",
    "training == 1",
    "training == True",
    "training",
    "not training",
    "training is None",
    "training is False",
    "x is not None",
    "training != 1",
    "training in (True,)",
)


@pytest.mark.parametrize("test", ODD)
@pytest.mark.parametrize("form", ["if {0}:\n            x = self.drop(x, training=True)\n        return x"])
def test_a_comparison_of_more_than_the_truth(test, form):
    assert (BODY, "KER111") in found(form.format(test))
    nested = "for _ in range(2):\n            if x is None or True:\n                if {0}: x = self.norm(x)\n        return x"
    assert (BODY + 2, "KER111") in found(nested.format(test))


@pytest.mark.parametrize("test", PLAIN)
def test_a_comparison_that_is_as_good_as_the_truth(test):
    text = f"if {test}:\n            x = x + 1\n        return self.drop(x)"
    assert "KER111" not in {code for _, code in found(text)}


UNGUARDED = {
    "return tf.nn.dropout(x, rate=0.5)": True,
    "return tf.nn.dropout(x, 0.5)": True,
    "return keras.random.dropout(x, 0.5)": True,
    "return tf.nn.dropout(x, rate=0.0)": False,
    "return tf.nn.relu(x)": False,
    "return x if not training else tf.nn.dropout(x, rate=0.5)": False,
    "return tf.nn.dropout(x, rate=0.5) if not training else x": True,
    "return self.help(x)\n\n    def help(self, x):\n        return tf.nn.dropout(x, rate=0.5)": True,
    "return [tf.nn.dropout(one, rate=0.5) for one in x]": True,
}


@pytest.mark.parametrize("body", UNGUARDED)
def test_an_operation_that_always_drops(body):
    assert ("KER112" in {code for _, code in found(body)}) is UNGUARDED[body]


@pytest.mark.parametrize("regimes", ["2", "3.10"])
def test_a_default_of_what_is_run_past_its_call(regimes):  # R7: the parameter's default counts
    text = NET.replace("training=None", "training=False", 1).format(
        parameter=", training=None", body="return self.block.call(x)"
    )
    assert "KER108" in {code for _, code in findings(text, regimes)}


def test_what_is_frozen_is_meant():
    frozen = NET.replace("self.block = Block()", "self.block = Block(); self.norm.trainable = False")
    text = frozen.format(parameter=", training=None", body="return self.norm(x, training=False)")
    assert not {code for _, code in findings(text)} - {"KER114"}


def test_an_operation_outside_any_call_is_no_matter_of_modes():
    assert findings("\ndef augment(x):\n    return tf.nn.dropout(x, rate=0.5)\n") == []


BUILT = {
    "return layers.Dropout(0.5)(x)": {"2": False, "3.10": True},
    "return layers.BatchNormalization()(x)": {"2": True, "3.10": True},
    "return layers.Dense(1)(x)": {"2": False, "3.10": False},
    "return Block()(x)": {"2": False, "3.10": True},
}


@pytest.mark.parametrize("body", BUILT)
@pytest.mark.parametrize("regimes", ["2", "3.10"])
def test_a_layer_that_is_built_in_call(body, regimes):
    assert ("KER113" in {code for _, code in found(body, regimes=regimes)}) is BUILT[body][regimes]


ONCE = {  # the body of `call`, and what the class has beside it
    "if not self.made:\n            self.own, self.made = {new}, True\n        return self.own(x)": "made = False",
    "if self.own is None: self.own = {new}\n        return self.own(x)": "own = None",
    "if not hasattr(self, 'own'): self.own = {new}\n        return self.own(x)": "",
    "try: own = self.own\n        except AttributeError: own = self.own = {new}\n        return own(x)": "",
    "own = getattr(self, 'own', None) or {new}\n        self.own = own\n        return own(x)": "",
    "if self.calls == 0: self.own = {new}\n        self.calls += 1\n        return self.own(x)": "calls = 0",
    "if 1 not in self.all: self.all[1] = {new}\n        return self.all[1](x)": "all = {{}}",
    "n = len(x)\n        if n not in self.all: self.all[n] = {new}\n        return self.all[n](x)": "all = {{}}",
    "own = self.all[1] = self.all.get(1) or {new}\n        return own(x)": "all = {{}}",
    "if not self.all: self.all += [{new}, {new}]\n        return self.all[1](self.all[0](x))": "all = []",
    "self.make()\n        return self.own(x)": (
        "own = None\n\n    def make(self):\n        if self.own: return\n        self.own = {new}"
    ),
    "return self.of(len(x))(x)": (
        "all = {{}}\n\n    def of(self, n):\n        if n in self.all: return self.all[n]\n"
        "        self.all[n] = {new}\n        return self.all[n]"
    ),
}
ANEW = {
    "self.own = {new}\n        return self.own(x)": "",
    "if not self.made: self.own = {new}\n        return self.own(x)": "made = False",  # and never set
    "if len(x) > 3: x = {new}(x)\n        return x": "",
    "return self.own(x)": "@property\n    def own(self): return {new}",
    "return self.of(len(x))(x)": "def of(self, n):\n        if n: return {new}\n        return {new}",
}
NEW = ("layers.Dropout(0.5)", "Block()", "keras.Sequential([layers.Dropout(0.5)])")


@pytest.mark.parametrize("new", NEW)
@pytest.mark.parametrize("body", [*ONCE, *ANEW])
def test_a_layer_that_is_built_once_is_kept(body, new):
    text = f"{body}\n\n    { {**ONCE, **ANEW}[body] }".format(new=new)
    assert ("KER113" in {code for _, code in found(text)}) is (body in ANEW)


KEPT = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)
        self.drop = {kept}

    def call(self, x, training=None):
        return {used}
{more}
"""
UNUSED = [
    ("layers.Dropout(0.5)", "self.dense(x)", "", True),
    ("layers.BatchNormalization()", "self.dense(x)", "", True),
    ("layers.Dropout(0.0)", "self.dense(x)", "", False),
    ("layers.Dense(2)", "self.dense(x)", "", False),
    ("layers.Dropout(0.5)", "self.drop(self.dense(x))", "", False),
    ("[layers.Dropout(0.5)]", "self.dense(x)", "", False),
    ("layers.Dropout(0.5)", "getattr(self, 'dr' + 'op')(x)", "", False),
    ("layers.Dropout(0.5)", "[layer(x) for layer in self.layers][-1]", "", False),
    ("layers.Dropout(0.5)", "self.help(x)", "    def help(self, x):\n        return self.drop(x)", False),
    (
        "layers.Dropout(0.5)",
        "self.dense(x)",
        "class Sub(Net):\n    def call(self, x):\n        return self.drop(x)",
        False,
    ),
    ("layers.Dropout(0.5)", "self.dense(x)", "def use(net, x):\n    return net.drop(x)", False),
    ("layers.Dropout(0.5)", "self.dense(x)", "def use(net, x):\n    return net.dense(x)", True),
    (
        "layers.Dropout(0.5)",
        "self.dense(x)",
        "class Other(keras.Model):\n    def call(self, x):\n        return self.drop(x)",
        True,
    ),
]


def test_a_layer_of_build_that_nothing_calls():
    text = KEPT.format(
        kept="None",
        used="self.dense(x)",
        more="    def build(self, shape):\n        self.late = layers.Dropout(0.5)",
    )
    assert (11, "KER114") in findings(text)
    assert findings(text.replace("self.dense(x)", "self.late(x)")) == []


@pytest.mark.parametrize("kept, used, more, unused", UNUSED)
def test_a_layer_that_nothing_calls(kept, used, more, unused):
    rows = [row for row, code in findings(KEPT.format(kept=kept, used=used, more=more)) if code == "KER114"]
    assert rows == [6] * unused


@pytest.mark.parametrize("regimes", ["3.0", "3.10", "3.16"])
@pytest.mark.parametrize("body", ["return self.drop(x, training)", "return self.norm(x, training)"])
def test_a_value_given_by_position(body, regimes):  # R8
    assert (BODY, "KER110") in found(body, regimes=regimes)


def test_a_parameter_without_default():  # R8
    for parameter, codes in ((", training", {"KER115"}), (", training=None", set())):
        block = NET.replace("def call(self, x, training=None)", f"def call(self, x{parameter})", 1)
        text = block.format(parameter=", training=None", body="return self.block(x)")
        assert {code for _, code in findings(text)} & {"KER115"} == codes
        told = block.format(parameter=", training=None", body="return self.block(x, training=training)")
        assert "KER115" not in {code for _, code in findings(told)}


DEFAULTS = {", training=True": True, ", training=False": False, ", training=None": False}


@pytest.mark.parametrize("parameter", DEFAULTS)
def test_a_parameter_that_defaults_to_true(parameter):
    assert ((CALL, "KER109") in found("return self.drop(x, training=training)", parameter)) is DEFAULTS[
        parameter
    ]


@pytest.mark.parametrize("regimes", ["3.0", "3.10", "3.16"])
@pytest.mark.parametrize(
    "parameter, codes", [("training=False", {"KER110"}), ("training=None", set()), ("flag=False", set())]
)
def test_a_default_given_by_position(parameter, codes, regimes):  # R8: only a bool is taken for a mode
    name = parameter.partition("=")[0]
    helper = (
        f"return self.help(x)\n\n    def help(self, x, {parameter}):\n        return self.drop(x, {name})"
    )
    assert {code for _, code in found(helper, regimes=regimes)} & {"KER110"} == codes


@pytest.mark.parametrize(
    "regimes, codes", [("2", []), ("3.0", ["KER116"]), ("3.10", ["KER116"]), ("3.16", [])]
)
def test_jax_has_no_context_at_the_top(regimes, codes):  # R12
    assert [code for _, code in found("return self.drop(x)", regimes=regimes, backend="jax")] == codes
    assert found("return self.drop(x, training=training)", regimes=regimes, backend="jax") == []


SKEWS = {
    "if training:\n            x = x * 2\n        return self.drop(x)": True,
    "if not training:\n            x = x * 2\n        return self.drop(x)": True,
    "if training:\n            return x * 2\n        return self.drop(x)": True,
    "if not training:\n            return x * 2\n        else:\n            return x": True,
    "for _ in range(2):\n            if training: x = x + 1\n        return self.drop(x)": True,
    "if training:\n            x = self.drop(x)\n        return x": False,
    "if training:\n            x = tf.random.normal(x.shape)\n        return self.drop(x)": False,
    "if training:\n            self.count = 1\n        return self.drop(x)": False,
    "if x is None:\n            x = x * 2\n        return self.drop(x)": False,
    "if training:\n            for _ in range(2): x = x + 1\n        return self.drop(x)": True,
    "if training:\n            if x is None: x = x + 1\n        return self.drop(x)": True,
    "if training:\n            pass\n        return self.drop(x)": False,
}


@pytest.mark.parametrize("body", SKEWS)
def test_a_branch_that_computes_something_else(body):
    codes = {code for _, code in found(body, select=("ALL",))}
    assert ("KER501" in codes) is SKEWS[body]
    assert "KER501" not in {code for _, code in found(body)}


RANDOM = "random dropout noise shuffle sampled uniform normal bernoulli augmented perturbed".split()


@pytest.mark.parametrize("word", RANDOM)
def test_a_branch_that_draws_is_no_skew(word):
    """Its functions say so by their names."""
    for function in (f"elsewhere.{word}", f"{word}_of", f"self.{word}", f"tf.image.{word}_it"):
        branch = f"if training:\n            x = {function}(x)\n        return self.drop(x)"
        assert "KER501" not in {code for _, code in found(branch, select=("KER501",))}


def test_a_setting_that_is_passed_is_no_missing_training():
    """`training=self.use_batch` keeps the statistics of the batch whether or not `call` takes `training`."""
    text = NET.replace(
        "class Net(keras.Model):\n    def __init__(self):",
        "class Net(keras.Model):\n    def __init__(self, use_batch=True):\n        self.use_batch = use_batch",
    ).format(parameter="", body="return self.norm(x, training=self.use_batch)")
    assert findings(text, "3.10", "tensorflow", ignore=("KER114",)) == []


@pytest.mark.parametrize("method, certainty", [("call", "manifest"), ("__call__", "latent")])
def test_a_call_of_ones_own_may_only_ever_build_a_graph(method, certainty):
    text = (
        f"class Net(layers.Layer):\n    def {method}(self, x):\n        return layers.Dropout(0.5)(x)\n\n\n"
        "x = keras.Input((3,))\nmodel = keras.Model(x, Net()(x))\n"
    )
    said = [line for line in told(text) if "KER113" in line]
    assert len(said) == 1 and f"KER113 {certainty}" in said[0]
