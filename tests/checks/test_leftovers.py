"""What is left of TensorFlow 1 is reported where the versions that are meant no longer have it."""

import pytest
from texts import findings

PHASE = "{keras}.backend.set_learning_phase(1)\n"


@pytest.mark.parametrize(
    "regimes, found", [("2", []), ("3.10", [(1, "KER401")]), ("2,3.16", [(1, "KER401")])]
)
def test_the_learning_phase_is_gone_in_keras_3(regimes, found):
    assert findings(PHASE.format(keras="tf.keras"), regimes) == found


def test_tf_keras_keeps_the_learning_phase():
    assert findings("import tf_keras\n" + PHASE.format(keras="tf_keras"), "2,3.10") == []


def test_functions_of_layers_need_keras_2():
    text = "x = tf.compat.v1.layers.dropout(tf.zeros((1, 2)), 0.5)\n"
    assert findings(text, "2") == [(1, "KER402")]
    assert findings(text, "3.10") == []
