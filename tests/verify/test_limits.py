"""What a search may take, whatever errors ask for."""

import math
import time

from keraslint.verify.inside.arrays import Spec
from keraslint.verify.inside import search as module
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


def test_arguments_of_a_slow_call_are_made_smaller_where_they_can_be(monkeypatch):
    """The state of a recurrent layer is 1024 wide, and its sequence is not because of that 1024 long."""
    monkeypatch.setattr(module, "SLOW", 0.01)

    def attempt(arguments):
        tokens, state, image = arguments
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass
        square = image.shape[1] == image.shape[2] and image.shape[1] > 64
        return 0, None if state.shape[-1] == 1024 and square else ValueError("No.")

    start = [Spec("int", (2, 1024)), Spec("float", (2, 1024)), Spec("float", (2, 224, 224, 3))]
    found = search([start], attempt).arguments
    assert [spec.shape for spec in found] == [(2, 8), (2, 1024), (2, 224, 224, 3)]
    monkeypatch.setattr(module, "SIDE", 96)
    assert search([start], attempt).arguments[2].shape == (2, 96, 96, 3)
    monkeypatch.setattr(module, "SLOW", 1)
    assert search([start], attempt).arguments == start
