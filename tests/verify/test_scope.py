"""Expressions evaluated where they stand, in functions that never run."""

import ast

import pytest

from keraslint.verify.inside.calls import calls_of, fits, signature_of
from keraslint.verify.inside.namespace import Namespace
from keraslint.verify.inside.scope import Scope


def arguments(text, name="Net"):
    """The arguments of the first call of a name, evaluated."""

    def assume(missing):
        raise LookupError(missing)

    namespace = Namespace(text, "script.py", "script", "", assume)
    site = next(calls_of(namespace.tree, name))
    scope = Scope(namespace, site.functions, site.call.lineno)
    return [scope.value(argument) for argument in site.call.args], scope


def test_locals_are_what_the_statements_before_made_them():
    values, _ = arguments(
        "SIZE = 2\n"
        "def main():\n"
        "    units = SIZE\n"
        "    units = units + 1\n"
        "    model = Net(units, [n for n in range(units)])\n"
        "    units = 100\n"
    )
    assert values == [3, [0, 1, 2]]


def test_a_parameter_is_what_a_caller_passes_before_its_default():
    text = "def make(units=5):\n    return Net(units)\n"
    assert arguments(text)[0] == [5]
    assert arguments(text + "def main():\n    n = 7\n    make(n)\n")[0] == [7]


def test_a_parameter_that_nobody_gives_is_guessed_and_reported():
    values, scope = arguments("def make(hidden_units_count):\n    return Net(hidden_units_count)\n")
    assert values == [16]
    assert "hidden_units_count" in scope.assumed


def test_a_parameter_is_what_another_module_passes():
    def module(text, name):
        return Namespace(text, f"{name}.py", name, "", str)

    inner = module("class Whole:\n    def __init__(self, units):\n        self.part = Net(units)\n", "whole")
    program = module("SIZES = [4, 8]\nwhole = Whole(SIZES)\n", "program")
    [site] = calls_of(inner.tree, "Net")
    scope = Scope.of(inner, site, lambda: [program])
    assert scope.value(site.call.args[0]) == [4, 8] and not scope.assumed


def test_calls_of_another_function_of_the_same_name_say_nothing():
    def module(text, name):
        return Namespace(text, f"{name}.py", name, "", str)

    inner = module(
        "class Whole:\n    def __init__(self, units, name):\n        self.part = Net(units)\n", "whole"
    )
    other = module("whole = Whole((32, 32, 3), 4, name='a')\n", "other")
    program = module("whole = Whole(4, name='a')\n", "program")
    [site] = calls_of(inner.tree, "Net")
    assert Scope.of(inner, site, lambda: [other, program]).value(site.call.args[0]) == 4


@pytest.mark.parametrize(
    "call, expected",
    [
        ("f(1, 2, 3)", True),
        ("f(1, d=2)", True),
        ("f(*all, a=1)", True),
        ("f(b=1, **more)", True),
        ("f(1, 2, a=3)", False),
        ("f(1, 2, 3, 4)", False),
        ("f(1, e=2)", False),
        ("g(1, 2, 3, e=4)", True),
        ("g(1, a=2)", False),
    ],
)
def test_calls_that_fit(call, expected):
    tree = ast.parse("def f(self, a, b=1, c=2, *, d=3): pass\ndef g(a, *others, **more): pass")
    functions = {function.name: signature_of(function) for function in tree.body}
    assert fits(ast.parse(call).body[0].value, functions[call[0]]) is expected


def test_loops_give_their_first_value():
    assert arguments("def main():\n    for rate, _ in [(0.3, 1)]:\n        Net(rate)\n")[0] == [0.3]


def test_what_nothing_says_is_an_error():
    with pytest.raises(NameError):
        arguments("def main(zzz):\n    Net(zzz)\n")


def test_nothing_else_of_the_function_runs():
    values, _ = arguments(
        "def main():\n    raise SystemExit\n    units = 2\n    print(1 / 0)\n    Net(units)\n"
    )
    assert values == [2]


def test_calls_are_found_with_what_is_around_them():
    tree = ast.parse("class Trainer:\n    def make(self):\n        return nets.Net(1)\n")
    [site] = calls_of(tree, "Net")
    assert ([f.name for f in site.functions], site.classes) == (["make"], ("Trainer",))


def test_attributes_are_what_the_methods_of_the_class_assign():
    text = (
        "class Case:\n    def setUp(self):\n        self.size = 4\n        self.options = {'units': self.size}\n"
        "    def test(self):\n        Net(self.options)\n"
    )
    assert arguments(text)[0] == [{"units": 4}]
