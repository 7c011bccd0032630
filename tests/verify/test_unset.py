"""Settings that a module has none of until the program puts them in."""

import pytest

from keraslint.verify.inside.namespace import LazyModule, Namespace
from keraslint.verify.inside.stand_ins import begin
from keraslint.verify.inside.unset import renew, supplied

SETTINGS = "config = None\ncount = 0\nmade = None\n"
USE = """
def width():
    return settings.config.hidden_units

def depth():
    return settings.config.model.num_layers

def own():
    return local.size

local = None

def shadowed(local=None):
    return local.size
"""


def namespace(text, filename):
    return Namespace(text, filename, filename.removesuffix(".py"), "", lambda name: 1)


def told(function, sources):
    """What it gives, and how often settings were missing."""
    for times in range(5):
        try:
            return function(), times
        except AttributeError as error:
            if not supplied(error, sources):
                return error, times


def test_they_are_what_their_names_suggest():
    settings, use = namespace(SETTINGS, "settings.py"), namespace(USE, "use.py")
    use["settings"] = LazyModule(settings)
    sources = {"settings.py": SETTINGS, "use.py": USE}
    assert settings["config"] is None
    assert told(use["width"], sources) == ([16, 16], 1)
    assert told(use["depth"], sources) == (2, 0)
    assert settings.assumed == {"config": "it is None until the program sets it"}
    assert told(use["own"], sources) == (16, 1)


def test_what_is_no_setting_of_a_module_is_an_error():
    use = namespace(USE, "use.py")
    error, times = told(use["shadowed"], {"use.py": USE})
    assert (str(error), times) == ("'NoneType' object has no attribute 'size'", 0)


HELD = """
import argparse, types

args = argparse.Namespace(rate=0.5)

class Options(dict):
    pass

options = Options()
space = types.SimpleNamespace(depth=3)
plain = {}

def rate():
    return args.rate, args.num_heads

def size():
    return options.image_size

def width():
    return space.hidden_units

def neither():
    return plain.size
"""


def test_what_holds_settings_and_lacks_some_is_given_them():
    held = namespace(HELD, "held.py")
    sources = {"held.py": HELD}
    assert told(held["rate"], sources) == ((0.5, 2), 1)
    assert told(held["size"], sources) == (32, 1)
    assert told(held["width"], sources) == ([16, 16], 1)
    assert held.assumed.pop("space.hidden_units") == "nothing sets it"
    assert held.assumed == {"args.num_heads": "nothing sets it", "options.image_size": "nothing sets it"}
    error, times = told(held["neither"], sources)
    assert (str(error), times) == ("'dict' object has no attribute 'size'", 0)
    begin({"num_heads": 4})
    renew()
    assert held["rate"]() == (0.5, 4)
    begin({})


def test_code_that_is_a_text_has_the_names_of_its_module():
    text = "class Net:\n    pass\n\ndef make(name):\n    return eval(name)()\n"
    names = namespace(text, "nets.py")
    with pytest.raises(NameError) as caught:
        names["make"]("Net")
    assert supplied(caught.value, {})
    assert type(names["make"]("Net")).__name__ == "Net"
    with pytest.raises(NameError) as caught:
        names["make"]("Nets")
    assert not supplied(caught.value, {})
