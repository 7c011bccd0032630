"""`tf.cond` and its like call one of two functions; which, Keras was seen to decide by `training`."""

import pytest
from texts import findings, modes

NET = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.yes = layers.Dropout(0.5)
        self.no = layers.Dropout(0.5)

    def call(self, x, training=None):
        return {cond}(training, lambda: self.yes(x, training=True), lambda: self.no(x))
"""
CONDITIONALS = ("tf.cond", "keras.ops.cond", "tf.__internal__.smart_cond.smart_cond")


@pytest.mark.parametrize("cond", CONDITIONALS)
def test_the_function_that_training_picks_is_called(cond):
    text = NET.format(cond=cond)
    assert modes(text, "fit") == {"self.yes": "train", "self.no": "unreached"}
    assert modes(text, "predict") == {"self.yes": "unreached", "self.no": "infer"}


def test_both_functions_may_be_called_where_the_condition_is_not_known():
    text = NET.format(cond="tf.cond").replace("(training, lambda", "(x[0] > 0, lambda")
    assert modes(text, "predict") == {"self.yes": "train", "self.no": "infer"}


def test_functions_given_by_name():
    text = NET.format(cond="tf.cond").replace("lambda: self.no(x)", "false_fn=lambda: self.no(x)")
    assert modes(text, "predict") == {"self.yes": "unreached", "self.no": "infer"}


OPERATION = """
def smart_cond(pred, true_fn, false_fn):
    value = tf.get_static_value(pred)
    if isinstance(pred, tf.Variable) or value is None:
        return tf.cond(pred, true_fn=true_fn, false_fn=false_fn)
    if value:
        return true_fn()
    else:
        return false_fn()


class Drop(layers.Layer):
    def call(self, x, training=False):
        def dropped():
            return tf.nn.dropout(x, rate=0.5)

        return {cond}({test}, dropped, lambda: tf.identity(x))
"""


@pytest.mark.parametrize("cond", [*CONDITIONALS, "smart_cond"])
def test_an_operation_that_a_conditional_guards(cond):
    assert findings(OPERATION.format(cond=cond, test="training")) == []
    assert findings(OPERATION.format(cond=cond, test="not training")) == [(15, "KER112")]


PHASE = """
class Drop(layers.Layer):
    def call(self, x, training=None):
        return keras.backend.{call}


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = Drop()

    def call(self, x, training=None):
        return self.drop(x)
"""
DROPPED = "lambda: tf.nn.dropout(x, 0.5)"


@pytest.mark.parametrize("more", ["", ", training=training", ", training"])
def test_the_phase_guards_an_operation_as_keras_2_has_it(more):  # fixtures/branches/in_train_phase.py
    guarded = (f"in_train_phase({DROPPED}, x{more})", f"in_test_phase(x, {DROPPED}{more})")
    acting = (f"in_train_phase(x, {DROPPED}{more})", f"in_test_phase({DROPPED}, x{more})")
    for call in guarded:
        assert findings(PHASE.format(call=call), "2") == []
    for call in acting:
        assert findings(PHASE.format(call=call), "2") == [(4, "KER112")]
    assert findings(PHASE.format(call=guarded[0]), "3.10") == [(4, "KER401")]
