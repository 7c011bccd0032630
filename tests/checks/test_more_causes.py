"""Where the mode was lost on longer paths: through layers in layers, steps and helpers of steps."""

import pytest
from test_whole_findings import told
from texts import findings

DEEP = """
class Inner(layers.Layer):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.drop(x, training=training)


class Outer(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = Inner()

    def call(self, x, training=None):
        return self.inner(x, training=training)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.outer = Outer()
        self.teacher = Outer()

    def call(self, x, training=None):
        return {call}
{more}

Net().fit(1)
"""


def found(call="self.outer(x, training=training)", more=""):
    """(row, code, entries, symbol, the beginning of the message) of each finding."""
    lines = [
        line
        for line in told(DEEP.format(call=call, more=more), ignore=("KER114",))
        if not line.startswith(" ")
    ]
    return [line.replace(" 2 3.0 3.10 3.16 |", "") for line in lines]


def test_what_is_right():
    assert found() == []


def test_a_part_of_parts_that_is_told_to_train():
    [line] = found("self.outer(x, training=True)")
    assert line.startswith(
        "27:16 KER104 manifest [evaluate predict] Net.call: `Outer.call` is run with `training=True`, "
        "so `self.drop` (Dropout) acts in `evaluate`."
    )


def test_a_part_of_parts_that_is_told_not_to_is_a_teacher():
    assert found("self.outer(x, training=False)") == []


STEP = "\n    def {name}(self, data):\n        {body}\n        return {{}}\n"
GRADIENT = """with tf.GradientTape() as tape:
            loss = {loss}
        self.optimizer.apply(tape.gradient(loss, self.{by}trainable_variables))"""
HELPER = "\n    def ahead(self, x, training=False):\n        return self.{model}(x, training=training)\n"


def step(body, name="train_step"):
    return STEP.format(name=name, body=body)


def test_a_step_that_calls_the_model_past_its_call():
    [line] = found(more=step("self.call(data)"))
    assert line.startswith("30:9 KER108 manifest [fit]")
    assert "`Net.call` is run by `.call`, which reads no call context and got no `training`" in line


def test_a_helper_of_a_step_that_runs_what_is_trained():
    for by in ("", "outer."):
        more = step(GRADIENT.format(loss="self.ahead(data)", by=by)) + HELPER.format(model="outer")
        [line] = found(more=more)
        assert line.startswith(
            "31:20 KER201 manifest [fit] Net.train_step: `Net.train_step` calls `Net.ahead` without `training`, "
            "so that its default False counts: `self.drop` (Dropout) never acts in `fit`."
        )


def test_a_helper_of_a_step_that_runs_a_teacher():
    more = step(GRADIENT.format(loss="self.ahead(data)", by="outer.")) + HELPER.format(model="teacher")
    assert found(more=more) == []


@pytest.mark.parametrize("name, entry", [("test_step", "evaluate"), ("predict_step", "predict")])
def test_steps_that_do_not_train(name, entry):
    assert found(more=step("self(data, training=False)", name)) == found(more=step("self(data)", name)) == []
    [line] = found(more=step("self.outer(data, training=True)", name))
    assert line.startswith(
        f"30:9 KER202 manifest [{entry}] Net.{name}: `Net.{name}` runs a model with `training=True`: "
        f"`self.outer` (Dropout inside) acts in `{entry}`."
    )


@pytest.mark.parametrize("loss", ["self(data)", "self.outer(data)", "self(data, training=False)"])
def test_a_step_that_trains_in_inference(loss):
    [line] = found(more=step(GRADIENT.format(loss=loss, by="")))
    if "outer" not in loss:
        assert line.startswith(
            "31:20 KER201 manifest [fit] Net.train_step: `Net.train_step` runs a model without"
        )
    assert line.startswith("31:20 KER201 manifest [fit]")


@pytest.mark.parametrize(
    "loss", ["self(data, training=True)", "self.outer(data, training=True)", "self.teacher(data)"]
)
def test_a_step_that_trains_as_it_should(loss):
    assert found(more=step(GRADIENT.format(loss=loss, by="outer."))) == []


@pytest.mark.parametrize("maker, entry", [("make_train_function", "fit"), ("make_test_function", "evaluate")])
def test_functions_that_a_model_makes_for_its_trainer(maker, entry):
    more = f"\n    def {maker}(self, force=False):\n        def run(iterator):\n            return self(next(iterator), training={entry != 'fit'})\n\n        return run\n"
    [line] = found(more=more)
    assert line.startswith(f"31:20 KER20{1 + (entry != 'fit')} manifest [{entry}]")


EVALUATES = """
model = keras.Sequential([layers.Dropout(0.5)])


def {name}({parameters}):
    return model(x, training=True)
"""


@pytest.mark.parametrize(
    "name, parameters, reported",
    [
        ("evaluate", "x", True),
        ("validation_accuracy", "x, y", True),
        ("test", "x", True),
        ("serve", "x", True),
        ("evaluate", "x, training", False),
        ("evaluate", "x=1", False),
        ("test", "", False),
        ("evaluate_uncertainty", "x", False),
        ("mc_predict", "x", False),
        ("retrained", "x", False),
        ("contest", "x", False),
        ("forward", "x", False),
    ],
)
def test_functions_that_evaluate_by_their_name(name, parameters, reported):
    lines = told(EVALUATES.format(name=name, parameters=parameters))
    assert [line.partition(" |")[0] for line in lines] == ["6:12 KER202 latent [] 2 3.0 3.10 3.16"] * reported


TORCH = """
model = keras.Sequential([layers.Dense(1), layers.Dropout(0.5)])
other = keras.Sequential([layers.Dense(1), layers.Dropout(0.5)])
optimizer = torch.optim.SGD({trained})
{first}
for x, y in data:
    loss = (model(x) - y).sum()
    loss.{last}()
    optimizer.step()
"""


@pytest.mark.parametrize(
    "trained, first, last, reported",
    [
        ("model.parameters()", "", "backward", True),
        ("model.trainable_weights", "", "backward", True),
        ("model.trainable_variables", "", "backward", True),
        ("other.parameters()", "model.zero_grad()", "backward", True),
        ("other.parameters()", "", "backward", False),
        ("model.parameters()", "", "mean", False),
        ("model.parameters()", "model(1, training=True)", "backward", False),
        ("model.parameters()", "other(1, training=True)", "backward", True),
    ],
)
def test_a_script_that_trains_with_torch(trained, first, last, reported):
    lines = told(TORCH.format(trained=trained, first=first, last=last), "torch")
    assert [line.partition(" |")[0] for line in lines] == [
        "7:13 KER203 manifest [] 2 3.0 3.10 3.16"
    ] * reported


REPEATED = """
model = keras.Sequential([layers.Dropout(0.5)])


def evaluate(data, x):
    {body}
"""


@pytest.mark.parametrize(
    "body, reported",
    [
        ("return model(x, training=True)", True),
        ("for batch in data: model(batch, training=True)", True),
        ("for _ in range(10): model(x, training=True)", False),
        ("for batch in data:\n        for _ in range(10): model(batch, training=True)", False),
        ("return [model(batch, training=True) for batch in data]", True),
        ("return [model(x, training=True) for _ in range(10)]", False),
        ("return [[model(batch, training=True) for _ in range(10)] for batch in data]", False),
        ("model(x, training=True)\n    return model(x, training=False)", False),
        ("model(x, training=True)\n    return model(x)", True),
        ("model(x, training=None)", False),
        ("model.trainable = False\n    return model(x, training=True)", True),
        ("model.fit(x)\n    model.predict(x)\n    return model(x, training=True)", True),
    ],
)
def test_samples_of_one_input_are_no_evaluation(body, reported):
    """Monte-Carlo dropout runs a model in training mode again and again on purpose; both modes are run to compare them."""
    lines = told(REPEATED.format(body=body))
    assert [line.split()[1] for line in lines] == ["KER202"] * reported


PHASES = """
from keras import backend as K

model = keras.Sequential([layers.Dense(1), layers.Dropout(0.5)])
{phase}


def train(x):
    with tf.GradientTape() as tape:
        loss = model(x)
    return tape.gradient(loss, model.trainable_variables)
"""


def test_a_learning_phase_decides_for_bare_calls():
    assert [line.split()[1] for line in told(PHASES.format(phase=""))] == ["KER203"]
    assert [line.split()[1] for line in told(PHASES.format(phase="K.set_learning_phase(1)"))] == ["KER401"]
    assert [line.split()[1] for line in told(PHASES.format(phase="K.learning_phase()"))] == [
        "KER401",
        "KER203",
    ]


OWNED = """
class Drop(layers.Layer):
    def call(self, x, training=None):
        {body}


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = Drop()

    def call(self, x, training=None):
        return self.drop(x, training=training)


def train(net, x):
    net = Net()
    with tf.GradientTape() as tape:
        loss = net(x)
    return tape.gradient(loss, net.trainable_variables)
"""


@pytest.mark.parametrize(
    "body, certainty",
    [
        ("return tf.nn.dropout(x, 0.5) if training else x", "manifest"),  # a dropping operation surely acts
        ("return layers.Dense(2)(x) if training else x", "latent"),
        ("return x * 2 if training else x", "latent"),  # whether that is meant is not known
        (
            "if training is not False: x = tf.nn.dropout(x, 0.5)\n        return x",
            "",
        ),  # trains unless it is told not to
        ("return x", ""),
    ],
)
def test_layers_of_ones_own_in_a_loop(body, certainty):
    lines = [line.split() for line in told(OWNED.format(body=body)) if "KER203" in line]
    assert [(line[0], line[2]) for line in lines] == [
        (f"{18 + body.count(chr(10)) + 1}:16", certainty)
    ] * bool(certainty)


KEPT = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        for layer in {read}:
            x = layer(x)
        return x
"""
ALL_LAYERS = (
    "self.layers",
    "self._layers",
    "self._flatten_layers()",
    "self.submodules",
    "self.__dict__.values()",
    "vars(self)",
)


ASKED = {  # what is asked of `training`, and whether a None and a False are taken as a True is
    "training is not False": (True, False),
    "not training is False": (True, False),
    "training != False": (True, False),
    "training is not None": (False, True),
    "training is True": (False, False),
    "training == 1": (False, False),
    "training": (False, False),
    "training is not None and training": (False, False),
}


@pytest.mark.parametrize("default, at", [("None", 0), ("False", 1)])
@pytest.mark.parametrize(
    "body",
    ["return tf.nn.dropout(x, 0.5) if {} else x", "if {}: x = tf.nn.dropout(x, 0.5)\n        return x"],
)
@pytest.mark.parametrize("asked", ASKED)
def test_what_a_layer_of_ones_own_asks_in_a_loop(asked, body, default, at):
    text = OWNED.format(body=body.format(asked)).replace("training=None", f"training={default}")
    assert ("KER203" not in {line.split()[1] for line in told(text) if line[0] != " "}) is ASKED[asked][at]


@pytest.mark.parametrize("read", ALL_LAYERS)
def test_all_layers_are_called_at_once(read):
    assert not [line for line in told(KEPT.format(read=read)) if "KER114" in line]


@pytest.mark.parametrize("read", ["self.weights", "x.layers", "layers"])
def test_what_is_called_is_something_else(read):
    [line] = [line for line in told(KEPT.format(read=read)) if "KER114" in line]
    assert line == (
        "5:9 KER114 manifest [] 2 3.0 3.10 3.16 | Net.drop: `self.drop` (Dropout) is built and never called: "
        "it never acts. Call it in `call`, or remove it."
    )


LOSS = """
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training={default}):
        return self.outer(y_pred, training=training)
"""


@pytest.mark.parametrize("regime", ["3.0", "3.10", "3.16"])
def test_a_loss_is_told_the_mode(regime):
    text = DEEP.format(call="self.outer(x, training=training)", more=LOSS.format(default="True"))
    assert findings(text, regime, ignore=("KER114",)) == []
    wrong = text.replace("self.outer(y_pred, training=training)", "self.outer(y_pred, training=True)")
    assert [code for _, code in findings(wrong, regime, ignore=("KER114",))] == ["KER202"]


@pytest.mark.parametrize(
    "loss, code",
    [("self.outer(y_pred)", "KER201"), ("teacher(y_pred)", ""), ("self.outer(y_pred, training)", "KER110")],
)
def test_what_a_loss_does_with_other_layers(loss, code):
    """A network that is no part of the model is not trained by `fit`."""
    more = LOSS.format(default="None").replace("self.outer(y_pred, training=training)", loss)
    text = "\n\nteacher = keras.Sequential([layers.Dropout(0.5)])\n" + DEEP.format(
        call="self.outer(x, training=training)", more=more
    )
    assert [one for _, one in findings(text, "3.10", ignore=("KER114",))] == [code] * bool(code)


HANDED_ON = """
model = keras.Sequential([layers.Dense(1), layers.Dropout(0.5)])


def train(strategy, x):
    def step(x):
        with tf.GradientTape() as tape:
            loss = model(x)
        return tape.gradient(loss, model.trainable_variables)

    {use}
"""


@pytest.mark.parametrize(
    "use", ["strategy.run(step, args=(x,))", "step(x)", "return step", "callbacks['step'] = step"]
)
def test_a_step_that_something_else_runs(use):
    assert findings(HANDED_ON.format(use=use)) == [(8, "KER203")]


TRAINS = ("fit", "fit_generator", "train_on_batch")
OTHERS = ("evaluate", "predict", "compile", "save", "summary")


@pytest.mark.parametrize("method", [*TRAINS, *OTHERS])
def test_what_makes_a_finding_sure(method):
    """A model that the source trains is surely wrong; one that nothing in sight trains may be used otherwise."""
    text = DEEP.format(call="self.outer(x, training=True)", more="").replace(
        "Net().fit(1)", f"Net().{method}(1)"
    )
    [line, *_] = told(text, ignore=("KER114",))
    assert line.split()[2] == ("manifest" if method in TRAINS else "latent")


def test_each_model_that_a_function_builds_is_looked_at():
    text = """
def build(pin):
    inputs = keras.Input((3,))
    return keras.Model(inputs, layers.Dropout(0.5)(inputs, training=pin))


plain, pinned = build(None), build(True)
"""
    assert findings(text, "3.10") == [(4, "KER301")]
    assert findings(text.replace("build(True)", "build(None)"), "3.10") == []


@pytest.mark.parametrize("name, codes", [("active", []), ("training", ["KER107"]), ("train", ["KER103"])])
def test_a_helper_with_a_flag_of_its_own(name, codes):
    """Only what is named like a mode is taken for one."""
    more = f"\n    def help(self, x, {name}=False):\n        return self.outer(x, training={name})\n"
    assert [line.split()[1] for line in found("self.help(x)", more)] == codes


def test_an_implicit_layer_under_a_bare_call_of_a_step():
    text = DEEP.format(call="self.outer(x)", more=step("self(data)")).replace(", training=training", "")
    assert [code for _, code in findings(text, "3.10", ignore=("KER114",))] == ["KER201"]
    assert [code for _, code in findings(text, "2", ignore=("KER114",))] == ["KER201"]


def test_a_model_whose_flag_has_another_name_is_named_itself():
    text = DEEP.format(call="self.outer(x)", more="").replace(
        "training=None):\n        return self.outer", "train=None):\n        return self.outer"
    )
    [line, *steps] = told(text, ignore=("KER114",))
    assert line.startswith(
        "26:5 KER103 manifest [fit] 3.0 3.10 3.16 | Net.call: `Net.call` names its mode `train`, which Keras never sets: `self.drop`"
    )
    assert [step.strip().partition(" ")[2] for step in steps] == [
        "`fit` starts `Net`",
        "which calls `Outer.call`",
        "which calls `Inner.call`",
        "`self.drop` (Dropout) gets `training=None`",
    ]


@pytest.mark.parametrize(
    "parameter, code, symbol", [("", "KER101", "run"), (", training=True", "KER109", "run")]
)
def test_a_call_that_is_set_from_outside(parameter, code, symbol):
    text = f"""
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)


def run(self, x{parameter}):
    return self.drop(x)


Net.call = run
Net().fit(1)
"""
    [line] = [line for line in told(text) if line[0] != " "]
    assert line.startswith(f"8:1 {code} manifest") and f"| {symbol}: `{symbol}` " in line


DECORATED = """
def logged(function):
    def inner(self, *args, **kwargs):
        return function(self, *args, **kwargs)
    return inner
"""


def test_what_a_decorator_makes_of_the_mode_is_not_judged():
    plain = DEEP.format(call="self.outer(x, training=training)", more=step("self(data)"))
    decorated = DECORATED + plain
    decorated = decorated.replace(
        "    def call(self, x, training=None):\n        return self.outer",
        "    @logged\n    def call(self, x, training=None):\n        return self.outer",
    )
    assert [code for _, code in findings(plain, "3.10", ignore=("KER114",))] == ["KER201"]
    assert findings(decorated, "3.10", ignore=("KER114",)) == []


@pytest.mark.parametrize(
    "name, default, code", [("train_step", False, "KER201"), ("test_step", True, "KER202")]
)
def test_a_step_is_wrong_whoever_trains_the_model(name, default, code):
    more = step("self.ahead(data)", name) + HELPER.format(model="outer").replace("False", str(default))
    text = DEEP.format(call="self.outer(x, training=training)", more=more).replace("Net().fit(1)", "")
    assert [line.split()[1:3] for line in told(text, ignore=("KER114",)) if line[0] != " "] == [
        [code, "manifest"]
    ]


THAWED = """
def build():
    inputs = keras.Input((3,))
    x = layers.Dense(4)(inputs)
    return keras.Model(inputs, layers.BatchNormalization()(x))


def main(x, y, name):
    base = build()
    base.trainable = False
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(1)(base(inputs{pin})))
    model.compile("sgd", "mse")
    {first}
    {thaw}
    model.compile("sgd", "mse")
    model.fit(x, y)
"""
LOOP = "for layer in base.layers:\n        "
THAWS = {
    "base.trainable = True": True,
    "if x is None: base.trainable = True": True,
    f"{LOOP}layer.trainable = True": True,
    f"{LOOP}if layer.name != name: layer.trainable = True": True,
    f"{LOOP}if layer.name == name: continue\n        layer.trainable = True": True,
    "for layer in base.layers[:1]: layer.trainable = True": False,  # a Dense
    f"{LOOP}if 'BatchNorm' not in layer.name: layer.trainable = True": False,
    f"{LOOP}if 'BatchNorm' in layer.name: continue\n        layer.trainable = True": False,
    f"{LOOP}if 'BatchNorm' in layer.name: layer.trainable = False\n        else: layer.trainable = True": False,
    f"for _ in range(2):\n        {LOOP.replace('        ', '            ')}if 'BatchNorm' not in layer.name: layer.trainable = True": False,
    f"{LOOP}if not isinstance(layer, layers.BatchNormalization): layer.trainable = True": False,
    "base.trainable = True\n    base.trainable = False": False,
    "base.trainable = False": False,
    "pass": False,
}


@pytest.mark.parametrize("thaw", THAWS)
def test_which_thaws_move_statistics(thaw):
    pinned = THAWED.format(pin=", training=False", first="pass", thaw=thaw)
    assert ("KER303" in {code for _, code in findings(pinned)}) is THAWS[thaw]
    loose = THAWED.format(pin="", first="model.fit(x, y)", thaw=thaw)
    assert ("KER303" in {code for _, code in findings(loose)}) is THAWS[thaw]
    compiled_only = THAWED.format(pin="", first="pass", thaw=thaw)
    assert "KER303" not in {code for _, code in findings(compiled_only)}


BLOCKS = (
    DEEP.partition("class Net(")[0]
    + """class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.outer = Outer()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=False):
        return self.drop(self.outer(x), training=training)


class Net(keras.Model):
    def __init__(self, count):
        super().__init__()
        self.blocks = [Block() for _ in range(count)]

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return x
"""
)


def test_a_default_that_one_round_of_a_loop_gets_is_no_none_that_is_passed():
    row = BLOCKS.split("\n").index("class Net(keras.Model):") + 6
    assert findings(BLOCKS, "3.16") == [(row, "KER101")]


ALONE = """
class Inner(layers.Layer):
    def call(self, x, training):
        return tf.nn.dropout(x, 0.5) if training else x


class Outer(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = Inner()

    def call(self, x, training):
        return self.inner(x, {argument})
"""


@pytest.mark.parametrize("argument, codes", [("training", {"KER110"}), ("training=training", set())])
def test_a_layer_alone_is_given_the_mode_that_it_requires(argument, codes):
    lines = told(ALONE.format(argument=argument))
    assert {line.split()[1] for line in lines if line[0] != " "} == codes
