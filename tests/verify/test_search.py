"""What the search for arguments does with those that work."""

import time

from keraslint.verify.inside import search as module
from keraslint.verify.inside.arrays import Spec
from keraslint.verify.inside.search import search

IMAGES = [[Spec("float", (2, 32, 32, 3)), Spec("float", (2, 32, 32, 1))]]


def of_sides(least, seconds):
    """A model that takes two images of one size, of at least so many pixels a side, and takes as long."""

    def attempt(arguments):
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass
        one, other = arguments[0]
        fits = one.shape[1] == other.shape[1] >= least
        return 0.0, None if fits else ValueError("These images do not fit.")

    return attempt


def test_images_are_made_tiny_where_a_call_takes_long(monkeypatch):
    monkeypatch.setattr(module, "LONG", 0.01)
    [images] = search([IMAGES], of_sides(8, 0.02)).arguments
    assert [image.shape for image in images] == [(2, 8, 8, 3), (2, 8, 8, 1)]


def test_images_stay_as_large_as_they_must_be(monkeypatch):
    monkeypatch.setattr(module, "LONG", 0.01)
    assert search([IMAGES], of_sides(16, 0.02)).arguments == IMAGES


def test_a_call_that_is_quick_stays_as_it_is():
    assert search([IMAGES], of_sides(8, 0.0)).arguments == IMAGES


def test_what_got_further_is_bettered_before_what_fails_as_ever():
    """As code sets the shapes of what it takes apart, row by row."""
    shapes = [(32, 12, 16), (32, 12, 16), (32, 9, 16), (32, 9, 16)]

    def attempt(arguments):
        for row, (spec, shape) in enumerate(zip(arguments[0], shapes)):
            if spec.shape != shape:
                said = f"Tensor's shape {spec.shape} is not compatible with supplied shape {shape}."
                return row / 10_000, ValueError(said)
        return 1.0, None

    starts = [[[Spec("float", (2, 8, 16))] * 4, *more] for more in ([], [None], [None] * 2, [None] * 3)]
    [found] = search(starts, attempt).arguments
    assert [spec.shape for spec in found] == shapes
