"""What a search may take, whatever errors ask for."""

import math

from keraslint.verify.inside.arrays import Spec
from keraslint.verify.inside.search import search


def test_no_try_takes_more_memory_than_small_inputs_do():
    """An error about sizes has them doubled, again and again."""
    tried = []

    def attempt(arguments):
        tried.append(arguments[0])
        return 0, ValueError("Negative dimension size caused by subtracting 3 from 1")

    assert search([[Spec("float", (2, 64, 64, 3))]], attempt).arguments is None
    sizes = [math.prod(spec.shape) for spec in tried]
    assert len(sizes) > 3
    assert max(sizes) < 3_000_000
