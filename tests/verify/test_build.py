"""Ways to make a model again."""

from keraslint.verify.inside.build import ways
from keraslint.verify.inside.namespace import Namespace

GRAPH = """
class Layer:
    made = 0

    def __init__(self):
        Layer.made += 1

loaded = [object()]
first = Layer()
second = [first, Layer()]
model = second[0]
model.parts = second
model = model.no_such_thing
"""


def test_all_parts_of_a_graph_in_a_variable_are_made_anew_and_nothing_else():
    def assume(name):
        raise LookupError(name)

    namespace = Namespace(GRAPH, "nets.py", "nets", "", assume)

    class Library:
        layer = namespace["Layer"]

    loaded, before = namespace["loaded"], namespace["model"]
    way = next(ways("model", namespace, [], Library, "", False))
    after = way.make()
    assert after is not before and after is not namespace["first"]
    assert namespace["loaded"] is loaded
    assert Library.layer.made == 4
