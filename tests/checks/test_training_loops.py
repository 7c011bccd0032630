"""Loops and steps by hand: what they train, what they evaluate, and what they only look at."""

import pytest
from texts import HEAD, findings

from keraslint import engine
from keraslint.config import Settings

SCRIPT = """
def build():
    return keras.Sequential([layers.Dense(4), layers.Dropout(0.5), layers.Dense(1)])


model, teacher = build(), build()
optimizer = keras.optimizers.SGD()


def {name}(x, y):
    {body}
"""
ROW = 11  # the first row of the body
TAPE = "with tf.GradientTape() as tape:\n        loss = {loss}\n    {after}"


def found(body, name="step", regimes="3.10", backend="tensorflow", code="KER203"):
    text = SCRIPT.format(name=name, body=body)
    return [row for row, one in findings(text, regimes, backend) if one == code]


def taped(loss, after="grads = tape.gradient(loss, model.trainable_variables)"):
    return TAPE.format(loss=loss, after=after)


TRAINED = [
    taped("model(x)"),
    taped("model(x, training=False)", "tape.gradient(loss, model.trainable_variables)"),
    taped("model(x)", "grads = tape.gradient(loss, model.trainable_weights)"),
    taped("model(x)", "grads = tape.gradient(target=loss, sources=model.trainable_variables)"),
    taped("model(x)", "grads = tape.gradient(loss, model.trainable_variables + teacher.trainable_variables)"),
    taped("model(x)", "grads = tape.gradient(loss, [*model.trainable_variables])"),
    taped("model(x)", "grads = tape.gradient(loss, {'a': model.trainable_variables})"),
    taped("model(x)", "variables = model.trainable_variables\n    grads = tape.gradient(loss, variables)"),
    taped("model(x)", "grads = tape.gradient(loss, tape.watched_variables())"),
    taped("model(x)", "grads = tape.jacobian(loss, model.trainable_variables)"),
    taped("model(x)", "optimizer.minimize(loss, model.trainable_variables, tape=tape)"),
    taped("tf.reduce_mean(model(x) - y)"),
    taped("keras.losses.mse(y, model(x))"),
]
INNER = "optimizer.minimize(lambda: {loss}, {variables})"


@pytest.mark.parametrize("body", [TRAINED[0], *TRAINED[2:]])
@pytest.mark.parametrize("regimes", ["2", "3.10"])
def test_a_loop_that_trains_in_inference(body, regimes):  # R12, custom steps
    assert found(body, regimes=regimes) == [ROW + 1]


LOOKED_AT = [
    taped("model(x, training=True)"),
    TRAINED[1],  # said on purpose
    taped("teacher(x)"),
    taped("model(x)", "grads = tape.gradient(loss, x)"),
    taped("model(x)", "grads = tape.gradient(loss, teacher.trainable_variables)"),
    taped("model(x)", "return loss"),
    "return model(x)",
    INNER.format(loss="model(x, training=True)", variables="model.trainable_variables"),
    INNER.format(loss="model(x)", variables="teacher.trainable_variables"),
]


@pytest.mark.parametrize("body", LOOKED_AT)
def test_a_loop_that_does_not(body):
    assert found(body) == []


def test_minimize_calls_its_loss():
    body = INNER.format(loss="model(x)", variables="model.trainable_variables")
    assert found(body) == [ROW]
    assert found(body.replace(", model.t", ", var_list=model.t")) == [ROW]
    assert found(body.replace("(lambda", "(loss=lambda").replace(", model.t", ", var_list=model.t")) == [ROW]


GRAD = """jax.{function}(loss{argnums})(model.trainable_variables, x)


def loss(variables, x):
    out, state = model.stateless_call(variables, [], x{argument})
    return out
"""


@pytest.mark.parametrize("function", ["grad", "value_and_grad"])
@pytest.mark.parametrize("argument, rows", [("", [14]), (", training=True", []), (", training=False", [])])
def test_a_loss_that_jax_differentiates(function, argument, rows):  # R18
    body = GRAD.format(function=function, argnums="", argument=argument)
    text = "import jax\n" + SCRIPT.format(name="step", body=body) + "\n\nstep(1, 2)\n"
    got = [row - 1 for row, code in findings(text, "3.10", "jax") if code == "KER203"]
    assert got == [row + 1 for row in rows]
    other = text.replace("(loss)", "(loss, argnums=1)")
    assert not [row for row, code in findings(other, "3.10", "jax") if code == "KER203"]


TORCH = """for _ in range(3):
        {zero}
        loss = (model(x) - y).sum()
        loss.backward()
"""


@pytest.mark.parametrize(
    "zero, rows", [("model.zero_grad()", [ROW + 2]), ("teacher.zero_grad()", []), ("pass", [])]
)
def test_a_torch_loop(zero, rows):
    assert found(TORCH.format(zero=zero), backend="torch") == rows
    assert found(TORCH.format(zero=zero).replace("loss.backward()", "pass"), backend="torch") == []


@pytest.mark.parametrize("method", ["train", "eval"])
def test_modes_in_the_style_of_torch(method):  # R17
    assert found(f"model.{method}()", code="KER204") == [ROW]
    assert found(f"x.{method}()", code="KER204") == []


NAMES = {
    "evaluate": True,
    "eval_step": True,
    "test": True,
    "predict_one": True,
    "compute_accuracy": True,
    "run": False,
    "train_and_evaluate": False,
    "mc_predict": False,
    "predict_with_dropout": False,
    "latest": False,
}


@pytest.mark.parametrize("name", NAMES)
def test_evaluation_by_its_name(name):
    assert found("return model(x, training=True)", name, code="KER202") == [ROW] * NAMES[name]
    assert found("return model(x, training=False)", name, code="KER202") == []
    assert found("return model(x)", name, code="KER202") == []


FOLDERS = {
    "tests/net.py": {
        "test": False,
        "test_it": False,
        "run_test": False,
        "test_evaluate": False,
        "evaluate": True,
    },
    "a/test/b/net.py": {"test": False, "evaluate": True},
    "a/tested/net.py": {"test": True},
    "test.py": {"test": True},
    "tests.py": {"test": True},
}


@pytest.mark.parametrize("path, name", [(path, name) for path in FOLDERS for name in FOLDERS[path]])
def test_unit_tests_in_their_folders(path, name, tree):
    body = "return model(x, training=True)"
    root = tree({f"test/project/{path}": HEAD + SCRIPT.format(name=name, body=body)}) / "test/project"
    result = engine.check([str(root)], Settings(root=str(root)))
    assert [finding.code for finding in result.findings] == ["KER202"] * FOLDERS[path][name]


EVALUATES = "eval evaluate evaluation accuracy test validate validation predict infer inference serve serving export".split()
OTHERWISE = (
    "train retrain mc monte_carlo uncertainty stochastic bayesian with_dropout sample ensemble".split()
)


@pytest.mark.parametrize("word", EVALUATES)
def test_words_for_evaluation(word):
    for name in (word, f"do_{word}", f"do_{word}_it"):
        assert found("return model(x, training=True)", name, code="KER202") == [ROW]
    assert found("return model(x, training=True)", f"x{word}x", code="KER202") == []
    for other in OTHERWISE:
        assert found("return model(x, training=True)", f"{other}_{word}", code="KER202") == []


MEANT = (
    "return [model(x, training=True) for _ in range(10)]",
    "for _ in range(10): y = model(x, training=True)",
    "return model(x, training=True) - model(x, training=False)",
    taped("model(x, training=True)"),
)


SHARED = """return step_of(x)


def predict_pose(x):
    return model(x, training=True)


def step_of(x):
    with tf.GradientTape() as tape:
        loss = predict_pose(x)
    return tape.gradient(loss, {variables})


def other(x):
    return predict_pose(x)
"""


@pytest.mark.parametrize("variables", ["model.trainable_variables", "variables_of(x)"])
def test_a_part_of_a_training_step_is_no_evaluation_by_its_name(variables):
    assert found(SHARED.format(variables=variables), code="KER202") == []
    alone = SHARED.format(variables=variables).replace(
        "loss = predict_pose(x)", "loss = model(x, training=True)"
    )
    assert len(found(alone, code="KER202")) == 1


@pytest.mark.parametrize("body", MEANT)
def test_evaluation_that_means_it(body):
    assert found(body, "evaluate", code="KER202") == []


@pytest.mark.parametrize(
    "body", ["return [model(one, training=True) for one in x]", "for one in x: model(one, training=True)"]
)
def test_evaluation_of_one_after_another(body):
    assert found(body, "evaluate", code="KER202") == [ROW]


STEPS = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.drop(x, training=training)

    def {step}(self, data):
        x, y = data
        {body}


def main(x, y):
    net = Net()
    net.compile("sgd", "mse")
    net.fit(x, y)
    net.evaluate(x, y)
    net.predict(x)
"""
STEP_TAPE = "with tf.GradientTape() as tape:\n            loss = {0}\n        tape.gradient(loss, {1})"
TRAIN = {
    STEP_TAPE.format("self(x)", "self.trainable_variables"): [("KER201", 13)],
    STEP_TAPE.format("self(x, training=False)", "self.trainable_variables"): [("KER201", 13)],
    STEP_TAPE.format("self(x, training=True)", "self.trainable_variables"): [],
    STEP_TAPE.format("self(x)", "x"): [],
    "return self(x)": [("KER201", 12)],
    "return self.call(x)": [("KER108", 12)],
    "return self.call(x, training=True)": [],
    "return self.drop.call(x, training=False)": [],
    "return self.drop(x, training=False)": [],
    "return super().train_step(data)": [],
}


@pytest.mark.parametrize("body", TRAIN)
def test_a_train_step(body):  # R12
    got = [(code, row) for row, code in findings(STEPS.format(step="train_step", body=body), "3.10")]
    assert got == TRAIN[body]


@pytest.mark.parametrize("step", ["test_step", "predict_step"])
@pytest.mark.parametrize(
    "body, codes",
    [
        ("return self(x, training=True)", ["KER202"]),
        ("return self(x)", []),
        ("return self(x, training=False)", []),
    ],
)
def test_a_step_of_inference(step, body, codes):
    assert [code for _, code in findings(STEPS.format(step=step, body=body), "3.10")] == codes
