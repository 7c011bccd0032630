"""Ways to make a model, where no Keras is needed to see them."""

from keraslint.verify.inside.build import Wish, _from_site
from keraslint.verify.inside.namespace import Namespace
from keraslint.verify.inside.scope import calls_of


def test_what_takes_too_much_is_made_smaller_in_all_its_sizes_alike():
    text = "made = Net(512, sizes=[1024, 8], rate=0.5, names={'units': 64})"
    names = Namespace(text, "nets.py", "nets", "", lambda name: 1)
    [site] = calls_of(names.tree, "Net")

    def given(*args, **named):
        return args, named

    usual = _from_site(given, site, names, [], None, Wish())
    assert usual.make() == ((512,), {"sizes": [1024, 8], "rate": 0.5, "names": {"units": 64}})
    small = _from_site(given, site, names, [], None, Wish(small=True))
    assert small.make() == ((64,), {"sizes": [128, 8], "rate": 0.5, "names": {"units": 8}})
    assert all(where == "nets.py:1, made smaller" for _, _, where in small.arguments)
