"""Random Python programs: what the interpreter says they come to is what Python says, whatever `unknown` is."""

import pytest
from hypothesis import HealthCheck, given, settings
from python_programs import programs
from texts import PATH, run

from keraslint.delivery.values import Known, Mapping, Sequence, Union

UNKNOWN = "import numpy as np\nunknown = np.load('x')\n"


def by_python(program):
    """What a program comes to on each path that does not raise."""
    found = []
    for unknown in (True, False):
        names = {"unknown": unknown}
        try:
            exec(compile(program, "program", "exec"), names)
        except Exception:
            continue
        found.append(names["result"])
    return found


def allows(value, real) -> bool:
    """Whether a value of the interpreter may stand for a real one: what is not known may be anything."""
    if isinstance(value, Known):
        return type(value.value) is type(real) and value.value == real
    if isinstance(value, Union):
        return any(allows(option, real) for option in value.options)
    if isinstance(value, Sequence) and value.kind == "set":
        return type(real) is set and all(
            (
                *(value.open or any(allows(v, r) for v in value.items) for r in real),
                *(any(allows(v, r) for r in real) for v in value.items[: value.sure]),
            )
        )
    if isinstance(value, Sequence):
        same = type(real).__name__ == value.kind and (value.open or len(real) == len(value.items))
        return same and all(allows(v, r) for v, r in list(zip(value.items, real))[: value.sure])
    if isinstance(value, Mapping):
        return type(real) is dict and (value.open or allows_entries(value, real))
    return True


def allows_entries(value, real) -> bool:
    certain = value.items.keys() - value.maybe
    return certain <= real.keys() <= value.items.keys() and all(allows(value.items[k], real[k]) for k in real)


@given(programs())
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_path_is_forgotten(program):
    results = by_python(program)
    if results:
        _, found = run(UNKNOWN + program)
        value = found.project.module(PATH).env.names["result"]
        assert all(allows(value, real) for real in results), program


# Each of these once came to a value that one of the two paths does not have.
FOUND = """
class C: pass
o = C()
if unknown: o.x = 1
try:
    a = []
except Exception:
    o.x = 1
else:
    o.x = 1
    del o.x
result = hasattr(o, 'x')
---
o, e = {}, {}
try:
    o['x'] = 0
    [][0] = 1
except Exception:
    e = dict(o)
result = e
---
result = []
for k in 'a':
    if unknown:
        result = [1]
        break
else:
    raise ValueError
---
result = {'x': 1}
for i in [1, 2]:
    if unknown:
        pass
    else:
        del result['x']
        continue
    break
---
result = 1
for i in range(3 if unknown else 0):
    result = result + 1
---
result = [[0]] * 2
if unknown:
    result.insert(0, [1])
result = result[0]
---
result = sorted({'b': 1, **({'a': 2} if unknown else {})})
---
x = set()
if unknown: x.add('b')
x.add('a')
result = sorted(x)
---
x = {'a'}
x.update(['b'], ['c'])
result = 'c' in x
---
x = {}
x[str(unknown)] = 1
x.pop('True', None)
result = bool(x)
---
result = {'a': 1, **({'a': 2} if unknown else {})}['a']
---
result = [i for i, _ in enumerate(['a', 'b'], 1 if unknown else 2)]
---
result = sum([[1], [2] if unknown else []], [])
---
class A:
    def __len__(self): return 0
result = 1 if A() else 2
---
class A:
    def __bool__(self): return False
class B(A): pass
result = (1 if B() else 2, not A(), bool(B()))
---
x = {'a': 1, **({'a': 2, 'b': 3} if unknown else {'b': 4})}
x.update({'a': 5} if unknown else {})
result = x
---
a, b = ([1], 2) if unknown else (3, 4)
result = (a, b)
---
x = [1, 2, 1]
y = x if unknown else [3]
result = (y.index(1), y.count(1)) if unknown else (x.index(2), x.count(1))
---
class A:
    def __eq__(self, other): return True
result = A() == 3
---
from typing import NamedTuple
class Options(NamedTuple):
    units: int
    mode: bool = True
result = Options(1, False).mode
---
import copy
a = [1]
b = copy.copy(a)
b.append(2)
result = a
---
import copy
class A: x = [1]
a = A()
a.x = [2]
b = copy.deepcopy(a)
b.x.append(3)
result = a.x
---
i = 0
while i < 50: i += 1
result = i
---
x = {1}
y = x
x |= {2}
result = y
---
x, y = [1], [2]
z = x if unknown else y
z += [3]
result = x
---
x = {'a': 1}
y = x
x |= {str(unknown): 2}
result = y
---
x = [1]
y = x
x *= 2 if unknown else 3
result = y
---
x = {'a': 1}
if unknown: del x['a']
x[str(unknown)] = 2
result = 'a' in x
---
x = {'a': 1}
if unknown: x.pop('a')
x.setdefault('a', 2)
result = x['a']
---
x = {}
x[str(unknown)] = 1
result = (list(x), list(x.keys()), [k for k in x], list(x.items()), [*x], tuple(x), sorted(x))
---
x = [1, 2, 3]
del x[1 if unknown else 0]
result = x[0]
---
class A:
    def __getitem__(self, i): return [i, 1][1]
result = A()[1:2]
---
class A: pass
class B:
    def __eq__(self, other): return True
result = (A() == B(), A() != B(), B() == A())
---
result = (any([0, unknown]), any([1, unknown]), all([0, unknown]), all([1, unknown]), any(x for x in [unknown, 1]))
---
result = sum([[1] for _ in 'ab' if unknown], [])
---
x = 1
def f():
    global x
    if unknown: return
    x = 3
f()
result = x
---
result = 0
match unknown:
    case True:
        result = 1
---
try:
    class A: x = 1
    class B(A): pass
    class C(A, B): pass
    result = C.x
except TypeError:
    result = 2
---
x = [2, 1]
y = [2, 1]
x.sort(reverse=True)
y.sort(key=lambda n: -n)
result = (x, y, sorted(x, reverse=unknown))
---
from enum import Enum
class Mode(Enum):
    A = 1
    B = 1
    C = 2
result = (Mode.A == 1, Mode.A is Mode.B, Mode.A == Mode.C, Mode.A.value, Mode.C.name)
---
from enum import IntEnum
class Mode(IntEnum):
    A = 1
result = Mode.A == 1
---
x = ()
result = x is ()
---
class A:
    def __new__(cls): return 3
result = A() == 3
---
class A:
    def __setattr__(self, name, value): object.__setattr__(self, name, value + 1)
a = A()
a.x = 1
result = a.x
---
class A: x = 1
a = A()
setattr(a, 'x' if unknown else 'y', 3)
result = a.x
"""


@pytest.mark.parametrize("program", FOUND.strip().split("\n---\n"))
def test_both_paths_are_allowed(program):
    _, found = run(UNKNOWN + program)
    results = by_python(program)
    assert results
    value = found.project.module(PATH).env.names["result"]
    assert all(allows(value, real) for real in results)
