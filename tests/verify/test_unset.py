"""Settings that a module has none of until the program puts them in."""

from keraslint.verify.inside.namespace import LazyModule, Namespace
from keraslint.verify.inside.unset import supplied

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
