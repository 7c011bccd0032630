"""A script's names, evaluated one at a time."""

import sys

import pytest

from keraslint.verify.inside.namespace import LazyModule, Namespace, Unresolved


def namespace(text, assume=None):
    def nothing(name):
        raise LookupError(name)

    return Namespace(text, "script.py", "script", "", assume or nothing)


def test_only_what_a_class_demands_is_run(tmp_path):
    witness = tmp_path / "trained"
    names = namespace(
        f"""
import json as tools
UNITS = 4
open({str(witness)!r}, "w").write("downloaded and trained")
class Base: pass
class Net(Base):
    units = UNITS * 2
    def double(self):
        return helper(self.units)
def helper(value):
    return value * FACTOR
FACTOR = 10
history = 1 / 0
"""
    )
    assert names["Net"]().double() == 80
    assert not witness.exists()
    assert "tools" not in dict.keys(names) and "history" not in dict.keys(names)


def test_a_name_that_cannot_be_had_is_assumed_and_reported():
    names = namespace(
        "import no_such_package\nvocab_size = len(no_such_package.load())\nclass Net:\n    size = vocab_size\n",
        assume={"vocab_size": 16}.__getitem__,
    )
    assert names["Net"].size == 16
    assert list(names.assumed) == ["vocab_size"]
    with pytest.raises(Unresolved, match="no_such_package"):
        namespace("import no_such_package\nclass Net(no_such_package.Base): pass\n")["Net"]


def test_code_that_ends_the_process_does_not():
    names = namespace("import sys\nargs = sys.exit(2)\n")
    with pytest.raises(Unresolved, match="SystemExit"):
        names["args"]


def test_statements_that_bind_a_name_run_in_order_and_the_main_block_gives_only_names_of_its_own():
    names = namespace(
        "x = 1\nx += 1\nif x > 1:\n    x *= 10\n"
        "if __name__ == '__main__':\n    x = 0\n    SIZE = 7\n    for y in [1 / 0]: pass\n"
    )
    assert names["x"] == 20
    assert names["SIZE"] == 7
    with pytest.raises(KeyError):
        names["y"]


def test_modules_are_lazy_too():
    names = namespace("right = 1\nwrong = 1 / 0\n")
    sys.modules["lazy_for_test"] = LazyModule(names)
    try:
        from lazy_for_test import right

        assert right == 1
        with pytest.raises(ImportError):
            from lazy_for_test import wrong  # noqa: F401
    finally:
        del sys.modules["lazy_for_test"]


def test_star_imports_are_asked_last():
    names = namespace("from os.path import *\ndef basename(path):\n    return 'own'\n")
    assert names["basename"]("a/b") == "own"
    assert names["dirname"]("a/b") == "a"


def test_a_star_import_takes_from_a_module_that_is_lazy_and_may_take_back(monkeypatch):
    for name, other in (("lazy_one", "lazy_two"), ("lazy_two", "lazy_one")):
        text = f"from {other} import *\nof_{name} = 1\nraise SystemExit\n"
        monkeypatch.setitem(sys.modules, name, LazyModule(namespace(text)))
    names = namespace("from lazy_one import *\nvalue = of_lazy_one + of_lazy_two\n")
    assert names["value"] == 2
    with pytest.raises(KeyError):
        names["of_lazy_three"]


def test_statements_that_go_on_making_a_thing_belong_to_it():
    names = namespace("parts = [1]\nparts.append(2)\nparts.clear()\nother = parts\n")
    assert names["parts"] == [1, 2]


def test_what_is_put_into_a_thing_belongs_to_it():
    names = namespace(
        """
from types import SimpleNamespace
table = {}
sizes = SimpleNamespace(width=1)
def keep(cls):
    table[cls.__name__] = cls
    return cls
def kept(name):
    def keep_as(cls):
        table[name] = cls
        return cls
    return keep_as
@keep
class One: pass
@kept("other")
class Two: pass
table["three"] = 3
sizes.width = 2
sizes.trained = 1 / 0
sizes.history = print(1 / 0)
"""
    )
    assert list(names["table"]) == ["One", "other", "three"]
    assert names["sizes"].width == 2


def test_what_registers_on_a_function_belongs_to_it():
    names = namespace(
        """
from functools import singledispatch
@singledispatch
def find(value): raise TypeError(value)
@find.register
def _(value: int): return "int"
@find.register(str)
def _(value): return "str"
def _floats(value): return "float"
find.register(float, _floats)
"""
    )
    assert [names["find"](value) for value in (1, "", 1.0)] == ["int", "str", "float"]


def test_nothing_stands_in_for_a_module_or_a_class():
    names = namespace("import no_such_package as width\n", assume=lambda name: 16)
    with pytest.raises(Unresolved, match="width: needs the package 'no_such_package'"):
        names["width"]


def test_what_is_made_anew_is_all_of_it_and_nothing_else():
    names = namespace(
        "loaded = [object()]\nfirst = {1}\nsecond = [first, {2}]\nmodel = second[0]\nmodel.add(3)\nmodel = model.no_such_thing\n"
    )
    loaded, before = names["loaded"], names["model"]
    names.renew(lambda value: isinstance(value, (set, list)) and value is not loaded)
    assert names["model"] == {1, 3}
    assert names["model"] is names["first"] is not before
    assert names["loaded"] is loaded


def test_a_statement_that_was_stopped_is_run_again():
    class Stopped(BaseException):
        pass

    names = namespace("value = work()\n")
    names["work"] = lambda: (_ for _ in ()).throw(Stopped)
    with pytest.raises(Stopped):
        names["value"]
    names["work"] = lambda: 3
    assert names["value"] == 3


def test_what_binds_a_name_further_down_counts_only_where_nothing_does_before():
    names = namespace("x = 1\nnet = x\nx = 2\nlate = 3\n")
    names.until = 2
    assert (names["x"], names["late"]) == (1, 3)
