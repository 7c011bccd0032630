"""What Keras does that takes long and no mode depends on, done more quickly."""

from __future__ import annotations

import functools
import importlib
import math

LARGE = 128  # rows and columns of a matrix that are worth the time to make it orthogonal


def take_shortcuts(keras, legacy: bool) -> None:
    """Change the Keras that is loaded. legacy: whether it is Keras 2."""
    _approximate_orthogonal(keras.initializers.Orthogonal, keras.initializers.RandomNormal)
    if legacy:
        # Of each recurrent layer in a graph a second one, with its gradients, that a GPU might run instead.
        importlib.import_module("tf_keras.src.layers.rnn.gru_lstm_utils").function_register = (
            lambda function, *args, **kwargs: None
        )


def _approximate_orthogonal(cls: type, normal: type) -> None:
    """Have large orthogonal matrices drawn at random: of a recurrent layer they are most of the time it takes to build it.

    Of so many numbers, random columns are nearly orthogonal, and as long as those would be.
    """
    exact = cls.__call__

    @functools.wraps(exact)
    def __call__(self, shape, *args, **kwargs):
        rows, columns = math.prod(shape[:-1]), shape[-1] if shape else 0
        if min(rows, columns) < LARGE:
            return exact(self, shape, *args, **kwargs)
        deviation = self.gain / math.sqrt(max(rows, columns))
        return normal(stddev=deviation, seed=self.seed)(shape, *args, **kwargs)

    cls.__call__ = __call__
