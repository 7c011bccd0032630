"""The sizes that a `call` checks its inputs against."""

import ast
import inspect
import textwrap

from keraslint.verify.inside.arrays import Spec
from keraslint.verify.inside.sizes import checked, fitted


class Blocks:
    resolution = (7, 8)
    img_size = [64, 32]

    def call(self, x):
        h, w = self.resolution
        batch, steps, channels = x.shape
        assert steps == h * w, "wrong size"
        return x


class Patches:
    img_size = [64, 32]

    def call(self, images):
        b, h, w, c = images.get_shape().as_list()
        if h != self.img_size[0] or w != self.img_size[1]:
            raise ValueError("wrong size")
        assert b == 3 and c == self.missing
        return images


class Free:
    def call(self, x):
        b, n, c = x.shape
        if n == 4:
            n = n + 1
        return x


def of(model, name):
    tree = ast.parse(textwrap.dedent(inspect.getsource(type(model).call))).body[0]
    return checked(model, tree, name)


def test_of_assertions_and_of_what_raises():
    assert of(Blocks(), "x") == (3, {1: 56})
    assert of(Patches(), "images") == (4, {1: 64, 2: 32})


def test_what_is_only_asked_is_no_demand():
    assert of(Free(), "x") == (3, {})


def test_only_arrays_of_that_rank_are_fitted():
    assert fitted(Spec("float", (2, 8, 16)), 3, {1: 56}).shape == (2, 56, 16)
    assert fitted(Spec("float", (2, 8)), 3, {1: 56}).shape == (2, 8)
