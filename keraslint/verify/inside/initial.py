"""Values for the weights of models whose modes alone are of interest."""

from __future__ import annotations

import functools
import math

LARGE = 128  # rows and columns of a matrix that are worth the time to make it orthogonal


def approximate_orthogonal(keras) -> None:
    """Have large orthogonal matrices drawn at random: of a recurrent layer they are most of the time it takes to build it.

    Of so many numbers, random columns are nearly orthogonal, and as long as those would be.
    """
    cls = keras.initializers.Orthogonal
    exact = cls.__call__

    @functools.wraps(exact)
    def __call__(self, shape, *args, **kwargs):
        rows, columns = math.prod(shape[:-1]), shape[-1] if shape else 0
        if min(rows, columns) < LARGE:
            return exact(self, shape, *args, **kwargs)
        deviation = self.gain / math.sqrt(max(rows, columns))
        return keras.initializers.RandomNormal(stddev=deviation, seed=self.seed)(shape, *args, **kwargs)

    cls.__call__ = __call__
