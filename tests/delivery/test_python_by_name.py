"""Every builtin, and every method of Python's containers and strings, by its name: with good arguments and with bad ones.

What the interpreter says each comes to, and leaves in the container, allows what Python says.
"""

import builtins

import pytest
from test_no_layers import mode
from test_python_random import UNKNOWN, allows
from texts import PATH, run

from keraslint.delivery.builtins import BUILTINS, PLAIN

ARGUMENTS = (
    "", "0", "-1", "'a'", "unknown", "*[unknown]", "[2, 1]", "[1, 'a']", "1, 2", "'a', 7", "[[1], [2]], []", "None, [0, 1]",
    "[('a', 1)]", "{'c': 3}", "{'c': 3}, d=4", "[3], [4]", "c=5", "'{c}', c=5", "{1, 3}", "[1, 2], reverse=True", "max, [1, 2], [3, 4]",
)  # fmt: skip
RECEIVERS = {
    "[3, 1, 2]": list,
    "[1]": list,
    "{1, 2}": set,
    "{'a': 1, 'b': 2}": dict,
    "(3, 1)": tuple,
    "'a{c} b'": str,
}
VIEWS = (type({}.keys()), type({}.values()), type({}.items()))
METHODS = [
    (receiver, name)
    for receiver, kind in RECEIVERS.items()
    for name in dir(kind)
    if not name.startswith("__") or name == "__contains__"
]


def agree(statements):
    """Whether the interpreter allows what Python says of `result` after each statement, run for itself."""
    renamed = [each.replace("result", f"result{n}") for n, each in enumerate(statements)]
    _, found = run(UNKNOWN + "\n".join(renamed))
    names = found.project.module(PATH).env.names
    for n, statement in enumerate(statements):
        for unknown in (True, False, 1):
            real = {"unknown": unknown}
            try:
                exec(statement, real)
                result = plain(real["result"])
            except Exception:
                continue
            if f"result{n}" not in names or not allows(names[f"result{n}"], result):
                return statement
    return True


def plain(value):
    """What Python keeps lazily, as a list; the interpreter knows no views and frozen sets."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    lazy = hasattr(value, "__next__") or isinstance(value, VIEWS)
    return list(value) if lazy else set(value) if isinstance(value, frozenset) else value


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_what_a_builtin_comes_to(name):
    assert agree([f"result = {name}({arguments})" for arguments in ARGUMENTS]) is True


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("receiver, name", METHODS)
def test_what_a_method_comes_to(receiver, name):
    called = [f"x = {receiver}; result = [x.{name}({arguments}), x]" for arguments in ARGUMENTS]
    either = [
        f"x, y = {receiver}, {receiver}; (x if unknown else y).{name}({each}); result = [x, y]"
        for each in ARGUMENTS
    ]
    partly = [f"x = {receiver}\nif unknown: x.{name}({each})\nresult = x" for each in ARGUMENTS]
    assert agree(called) is True
    assert agree(either) is True
    assert agree(partly) is True


def test_all_builtins_are_there():
    assert {*BUILTINS, *PLAIN} >= set(dir(builtins))


@pytest.mark.parametrize(
    "value", ["eval('layer')", "globals()['layer']", "locals()['layer']", "vars(self)['layer']"]
)
def test_what_python_looks_up_may_be_a_layer(value):
    assert mode(f"layer = {value}; layer(x)") == "unknown"
