"""What a layer holds, to be compared with what it holds later."""

from array import array

from keraslint.verify.inside.stand_ins import Asked, begin
from keraslint.verify.inside.state import held


class Layer:
    def __init__(self, **values):
        vars(self).update(values)

    def _flatten_layers(self):
        return [self]


def test_arrays_are_compared_by_their_numbers():
    layer = Layer(kept=array("d", [0, 0, 0]), rate=0.5)
    before = held(layer, ())
    assert held(layer, ()) == before
    layer.kept[0] = 1
    assert held(layer, ()) != before


def test_settings_that_have_whatever_is_asked_for_are_no_arrays():
    begin({"tobytes": "no array"})
    layer = Layer(config=Asked())
    assert held(layer, ()) == held(layer, ())
