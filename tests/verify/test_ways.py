"""Ways to make a model, where no Keras is needed to see them."""

import dataclasses
import inspect

from keraslint.verify.inside.as_written import as_written
from keraslint.verify.inside.calls import calls_of
from keraslint.verify.inside.namespace import Namespace
from keraslint.verify.inside.wanted import Chosen, Wanted, Wish
from keraslint.verify.inside.ways import _called, _parameters as needed


def test_what_takes_too_much_is_made_smaller_in_all_its_sizes_alike():
    text = "made = Net(512, sizes=[1024, 8], rate=0.5, names={'units': 64})"
    names = Namespace(text, "nets.py", "nets", "", lambda name: 1)
    [site] = calls_of(names.tree, "Net")

    def given(*args, **named):
        return args, named

    usual = as_written(Wanted("given", given, [], [names], None), site, names)
    assert usual.make() == ((512,), {"sizes": [1024, 8], "rate": 0.5, "names": {"units": 64}})
    small = as_written(Wanted("given", given, [], [names], None, Wish(small=True)), site, names)
    assert small.make() == ((64,), {"sizes": [128, 8], "rate": 0.5, "names": {"units": 8}})
    assert all(where == "nets.py:1, made smaller" for _, _, where in small.arguments)


class Library:
    class layer:
        pass


def parameters(function):
    return list(inspect.signature(function).parameters.values())


def test_what_a_call_gives_stays_and_what_cannot_be_had_is_chosen():
    def given(units, vocabulary, rate=0.1):
        return units, vocabulary, rate

    names = Namespace("made = given(12, missing)", "nets.py", "nets", "", lambda name: 1)
    [site] = calls_of(names.tree, "given")
    wanted = Wanted("given", given, parameters(given), [names], Library)
    usual = as_written(wanted, site, names)
    assert usual.make()[0] == 12 and list(usual.guessed) == ["vocabulary"]
    chosen = Chosen({"vocabulary": ["a"], "rate": 0.5})
    other = as_written(wanted, site, names, chosen)
    assert other.make() == (12, ["a"], 0.5)


class Table:
    """As arrays are: it is neither the same as another nor not."""

    def __ne__(self, other):
        raise ValueError("The truth value of an array is ambiguous.")


@dataclasses.dataclass(frozen=True)
class Config:
    width: int = 512
    sizes: tuple = (1024, 8)
    rate: float = 0.5


def test_configurations_and_defaults_are_made_smaller_too():
    def given(config, units=256, table=Table(), rate=0.1):
        return config, units, table, rate

    names = Namespace("made = given(Config())", "nets.py", "nets", "", lambda name: 1)
    names["Config"] = Config
    [site] = calls_of(names.tree, "given")
    wanted = Wanted("given", given, parameters(given), [names], Library, Wish(small=True))
    small = as_written(wanted, site, names)
    config, units, table, rate = small.make()
    assert config == Config(64, (128, 8), 0.5) and (units, rate) == (32, 0.1) and isinstance(table, Table)
    assert ("units", "32", "large by default, made smaller") in small.arguments


def test_keywords_of_others_that_cannot_be_had_are_left_out():
    def given(units, **kwargs):
        return units, kwargs

    names = Namespace(
        "made = given(12, dtype=missing.dtype, name='a')", "nets.py", "nets", "", lambda name: 1
    )
    [site] = calls_of(names.tree, "given")
    taken = parameters(given)[:1]
    assert as_written(Wanted("given", given, taken, [names], Library), site, names).make() == (
        12,
        {"name": "a"},
    )


def test_settings_that_are_none_where_they_are_passed_on_are_in_doubt():
    def given(config, width):
        return config, width

    names = Namespace(
        "def make(config=None):\n    return given(config, 0)", "nets.py", "nets", "", lambda name: 1
    )
    [site] = calls_of(names.tree, "given")
    way = as_written(Wanted("given", given, parameters(given), [names], Library), site, names)
    assert way.make() == (None, 0) and way.guessed == {"config": None, "width": 0}


class Incomparable:
    """As `tf.float32` is, with what is no type of TensorFlow's."""

    def __eq__(self, other):
        raise KeyError(other)


def test_a_type_as_a_default_is_an_annotation():
    class Encoder:
        def __init__(self, width=int, name=None, dtype=Incomparable(), *, ratio=float):
            pass

    given = {parameter.name: (parameter.annotation, parameter.default) for parameter in needed(Encoder)}
    empty = inspect.Parameter.empty
    assert isinstance(given.pop("dtype")[1], Incomparable)
    assert given == {"width": (int, empty), "name": (empty, None), "ratio": (float, empty)}


def test_a_call_that_is_of_another_class_of_the_same_name_is_no_way():
    class Net:
        def __init__(self, units, name):
            self.units = units

    text = "Net((32, 32, 3), 4, name='net')\nNet(4, name='net')\n"
    names = Namespace(text, "nets.py", "nets", "", lambda name: 1)
    first = next(_called(Wanted("Net", Net, parameters(Net), [names], Library)))
    assert first.expression == "Net(4, name='net')" and first.make().units == 4
