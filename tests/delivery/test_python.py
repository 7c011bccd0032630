"""Python as the interpreter understands it: programs without any layer, whose results Python itself says."""

import pytest
from texts import PATH, run

from keraslint.delivery.values import Known, Mapping, Sequence

UNKNOWN = object()


def told(value):
    """A value of the interpreter as Python's own; UNKNOWN if some of it is not known."""
    if isinstance(value, Known):
        return value.value
    if isinstance(value, Sequence) and not value.open:
        items = [told(item) for item in value.items]
        kinds = {"list": list, "tuple": tuple, "set": set}
        return UNKNOWN if UNKNOWN in items else kinds[value.kind](items)
    if isinstance(value, Mapping) and not value.open and not value.maybe:
        items = {key: told(item) for key, item in value.items.items()}
        return UNKNOWN if UNKNOWN in items.values() else items
    return UNKNOWN


def interpreted(program):
    _, found = run(program)
    return told(found.project.module(PATH).env.names["result"])


def by_python(program, **names):
    names |= {"keras": None, "tf": None, "layers": None, "__name__": "__main__"}
    exec(compile(program, "program", "exec"), names)
    result = names["result"]
    return list(result) if isinstance(result, (range, map, zip, enumerate, reversed)) else result


KNOWN_EXPRESSIONS = """
1 + 2 * 3 - 4
7 / 2
7 // 2
7 % 3
2 ** 5
-3
-2.5
'a' + 'b'
'layer_%d' % 3
'%s-%s' % 'ab' if False else 'x'
not 0
not []
not [0]
not {}
not {1: 2}
not None
1 == 1
1 == 2
1 != 1
1 != 2
1 < 2
2 < 2
2 <= 2
3 <= 2
3 > 2
2 > 2
2 >= 2
1 >= 2
1 < 2 < 3
1 < 2 > 3
1 < 3 < 2
None is None
None is not None
1 is None
1 is not None
[] is None
[] is not None
'a' in 'abc'
'd' in 'abc'
'd' not in 'abc'
1 in [1, 2]
3 in [1, 2]
3 not in (1, 2)
'a' in {'a': 1}
'b' in {'a': 1}
'b' not in {'a': 1}
1 in {'a': 1}
0 or 2
1 or 2
0 and 2
1 and 2
[] or [1]
[1] and [2]
None or 'x'
1 if 2 else 3
1 if 0 else 3
1 if [] else 3
1 if {} else 3
[1, 2][0]
[1, 2][1]
[1, 2][-1]
[1, 2, 3][-3]
(1, 2)[True]
[1, 2, 3][1:]
[1, 2, 3][:-1]
[1, 2, 3][::-1]
[1, 2, 3, 4][1:4:2]
(1, 2, 3)[:2]
'abc'[1]
{'a': 1, 'b': 2}['b']
{1: 'x'}[1]
[1] + [2, 3]
(1,) + (2,)
[1, 2] * 2
[1] * 0
[*[1, 2], 3]
[*(1, 2), *'ab']
(*[1], 2)
{**{'a': 1}, 'b': 2}
{'a': 1, **{'a': 2}}
{'a': 1} | {'b': 2}
{'a': 1} | {'a': 2}
[i for i in range(4)]
[i * 2 for i in range(5) if i % 2]
[i for i in range(6) if i > 1 if i < 4]
[(i, j) for i in range(2) for j in 'ab']
[[i for i in range(n)] for n in (1, 2)]
{i: i * i for i in range(3)}
{i for i in (1, 2)}
list(i + 1 for i in range(3))
[i for i in {'a': 1, 'b': 2}]
[k + v for k, v in {'a': 'x'}.items()]
[a + b for a, (b, c) in [(1, (2, 3))]]
list(range(3))
list(range(1, 3))
list(range(6, 0, -2))
tuple([1, 2])
tuple()
list()
list('ab')
list((1, 2))
set([1])
dict(a=1, b=2)
dict([('a', 1), ('b', 2)])
dict({'a': 1}, b=2)
dict()
len([1, 2, 3])
len({'a': 1})
len('abc')
len(range(4))
len(())
bool([])
bool([1])
bool('')
bool()
bool(None)
int('3')
int(3.7)
float('1.5')
str(3)
abs(-2)
round(2.6)
min(3, 1, 2)
max(3, 1, 2)
[i for i, x in enumerate('ab')]
list(enumerate(['x', 'y']))
list(zip([1, 2], 'ab'))
list(zip([1, 2, 3], 'ab'))
list(reversed([1, 2, 3]))
list(reversed(range(3)))
list(map(lambda x: x + 1, [1, 2]))
any([0, 1])
any([0, 0])
any([])
all([1, 1])
all([1, 0])
all([])
callable(3)
callable([])
callable(lambda: 1)
'a{}'.format(1)
'a{n}'.format(n=1)
'-'.join(['a', 'b'])
'Ab'.lower()
'Ab'.upper()
' a '.strip()
'abc'.replace('b', 'x')
'abc'.startswith('ab')
'abc'.startswith('b')
'abc'.endswith('bc')
'a b'.split()
'a,b'.split(',')
'ab'.title()
{'a': 1}.get('a')
{'a': 1}.get('b')
{'a': 1}.get('b', 2)
{'a': 1}.get('a', 2)
list({'a': 1, 'b': 2}.keys())
list({'a': 1, 'b': 2}.values())
list({'a': 1}.items())
{'a': 1}.copy()
[1, 2].copy()
(lambda x, y=2: x + y)(1)
(lambda *a: list(a))(1, 2)
(lambda **k: k)(a=1)
(lambda x: x)(x=3)
(lambda *, k=1: k)()
(lambda a, *b, c=0, **d: [a, list(b), c, d])(1, 2, 3, c=4, e=5)
(lambda: (y := 3))()
[last := 1, last + 1][1]
[[1, 2], [3, 4]][1][0]
(lambda **k: k)(k=1)
sorted([3, 1, 2])
sorted((2, 1))
sorted({3, 1})
sorted({'b': 1, 'a': 2})
len([1] * 400)
len(frozenset([1, 2]))
sum([[1], [2, 3]], [])
list(enumerate('ab', 1))
list(enumerate('ab', start=2))
list(map(lambda a, b: a + b, [1, 2], [3, 4]))
dict(zip(['a', 'b'], [1, 2]))
2 * [1]
{'a': 1}.get('b', default) if False else 1
isinstance(3, int)
isinstance(3, (str, float))
isinstance('a', str)
isinstance(True, int)
isinstance([], list)
isinstance([], (tuple, list))
isinstance((), list)
isinstance({}, dict)
isinstance({}, list)
isinstance(3, object)
isinstance([], object)
list({1: 'a', 2: 'b'})
tuple({'a': 1})
[*{'a': 1}]
{1: 'a', 2: 'b'}[2]
len({})
len([[], []])
list(map(lambda pair: pair[0], [(1, 2), (3, 4)]))
list(map(str, [1, 2]))
str(True)
1 == 1.0
True == 1
'a' == 'a'
'a' != 'b'
None == None
None == 1
[] or {} or 'last'
1 and [] and 2
not (1 and 0)
-(-2)
2 - 3 - 4
2 - (3 - 4)
8 // 3 * 2
True
False
None
"""

KNOWN_PROGRAMS = """
import numbers; result = [isinstance(x, numbers.Number) for x in (3, 2.5, True, 'a', None, [])]
---
from numbers import Integral; result = [isinstance(x, Integral) for x in (3, 2.5)]
---
import collections.abc as c; result = [isinstance(x, c.Iterable) for x in (3, 'a', [], (), {}, None)]
---
from typing import Sequence; result = [isinstance(x, Sequence) for x in (3, 'a', [], (), {}, {1})]
---
from collections.abc import Mapping, Set; result = [isinstance(x, (Mapping, Set)) for x in ([], {}, {1}, 2)]
---
result = []; result.append(1); result.append(2)
---
result = [1]; result.extend([2, 3])
---
result = [1]; result.extend(range(2))
---
result = [1, 3]; result.insert(1, 2)
---
result = [2]; result.insert(0, 1)
---
items = [1, 2, 3]; result = [items.pop(), items]
---
items = [1, 2, 3]; result = [items.pop(0), items]
---
items = [1, 2, 3]; result = [items.pop(-2), items]
---
result = [1, 2]; result.clear()
---
result = [1, 2, 3]; result.reverse()
---
result = [1]; other = result; other.append(2)
---
result = [1]; other = result.copy(); other.append(2)
---
result = [1]; result += [2]
---
result = [1]; other = result; other += [2]
---
result = (1,); other = result; other += (2,)
---
result = 1; result += 2
---
result = 7; result -= 2; result *= 3
---
result = {}; result['a'] = 1; result['b'] = 2
---
result = {'a': 1}; result['a'] = 2
---
result = {'a': 1}; result.update({'b': 2}, c=3)
---
result = {'a': 1}; result.setdefault('a', 2); result.setdefault('b', 3)
---
items = {'a': 1, 'b': 2}; result = [items.pop('a'), items]
---
items = {'a': 1}; result = [items.pop('b', 5), items]
---
items = {'a': 1}; result = items.setdefault('b', 7)
---
items = {'a': 1}; result = items.setdefault('c')
---
a, b = 1, 2; result = [b, a]
---
(a, b), c = (1, 2), 3; result = [a, b, c]
---
[a, *b] = [1, 2, 3]; result = [a, b]
---
a = b = 3; result = [a, b]
---
a, b = 1, 2
a, b = b, a
result = [a, b]
---
result = 0
for i in range(4):
    result += i
---
result = []
for i in range(6):
    if i == 1:
        continue
    if i == 4:
        break
    result.append(i)
---
result = []
for i in range(2):
    result.append(i)
else:
    result.append('end')
---
result = []
for i in range(2):
    break
else:
    result.append('end')
---
result = []
for i in range(2):
    for j in range(3):
        if j == 1:
            break
        result.append((i, j))
---
result = 0
while result < 5:
    result += 2
---
result = 0
while True:
    result += 1
    if result == 3:
        break
---
n, result = 5, []
while n:
    n -= 1
    if n % 2:
        continue
    result.append(n)
else:
    result.append('end')
---
def f(a, b=2, *c, d=4, **e):
    return [a, b, list(c), d, e]
result = [f(1), f(1, 3), f(1, 2, 3, 4), f(1, d=5), f(a=1, z=2), f(*[1, 2], **{'d': 3})]
---
def f():
    return
result = f()
---
def f():
    pass
result = f()
---
def f(x):
    if x:
        return 'yes'
    return 'no'
result = [f(1), f(0)]
---
def f(n):
    for i in range(5):
        if i == n:
            return i
    return 'none'
result = [f(3), f(7)]
---
def outer(a):
    def inner(b):
        return a + b
    return inner
result = outer(1)(2)
---
x = 1
def f():
    global x
    x = 2
f()
result = x
---
global x
x = 1
result = x
---
def f():
    x = 1
    def g():
        nonlocal x
        x = 2
    g()
    return x
result = f()
---
x = 1
def f():
    x = 2
f()
result = x
---
import functools
def f(a, b, c=0):
    return [a, b, c]
result = [functools.partial(f, 1)(2), functools.partial(f, 1, c=3)(2), functools.partial(f, c=3)(1, 2, c=4)]
---
def twice(f):
    def g(*args):
        return f(*args) * 2
    return g
@twice
def h(x):
    return x + 1
result = h(1)
---
class A:
    x = 1
    def f(self):
        return self.x
a = A()
b = A()
b.x = 2
result = [A.x, a.f(), b.f(), A.f(b)]
---
class A:
    def f(self):
        return 'A'
class B(A):
    def f(self):
        return 'B' + super().f()
class C(A):
    def f(self):
        return 'C' + super().f()
class D(B, C):
    def f(self):
        return 'D' + super().f()
result = D().f()
---
class A:
    def f(self):
        return 1
class B(A):
    def f(self):
        def g(me):
            return super().f() + 1
        return g(self)
result = B().f()
---
class A:
    @staticmethod
    def f():
        return 3
    x = f()
result = A.x
---
from typing import Generic, TypeVar
T = TypeVar('T')
class A(Generic[T]):
    x = 3
result = A[int].x
---
class A:
    def __init__(self, x=1):
        self.x = x
class B(A):
    def __init__(self):
        A.__init__(self, 2)
result = B().x
---
class A:
    def f(self):
        return 'A'
class B(A):
    pass
class C(A):
    def f(self):
        return 'C'
class D(B, C):
    pass
result = D().f()
---
class A:
    def __init__(self, x, y=2):
        self.x, self.y = x, y
class B(A):
    def __init__(self, x):
        super().__init__(x, y=3)
        self.z = self.x + self.y
result = [A(1).y, B(1).y, B(1).z]
---
class A:
    def __init__(self):
        self._x = 3
    @property
    def x(self):
        return self._x + 1
result = A().x
---
class A:
    @staticmethod
    def f(x):
        return x
    @classmethod
    def g(cls, x):
        return cls.f(x) + 1
result = [A.f(1), A().f(2), A.g(3), A().g(4)]
---
class A:
    def __call__(self, x):
        return x + 1
    def __getitem__(self, i):
        return i * 2
a = A()
result = [a(1), a[4]]
---
class A:
    pass
a = A()
setattr(a, 'x', 1)
result = [a.x, getattr(a, 'x'), getattr(a, 'x', 2), hasattr(a, 'x')]
---
class A:
    pass
class B(A):
    pass
result = [isinstance(B(), A), isinstance(A(), B), isinstance(B(), (int, A)), isinstance(A(), (A, B))]
---
class A:
    def f(self):
        self.x = 1
        return self
a = A().f()
del a.x
result = hasattr(a, 'y') or 3 if False else 3
---
x = [1, 2]
y = x
x = x + [3]
result = [x, y]
---
result = [1, 2, 3]
result[0] = 4
result[-1] = 5
result[-2] = 6
result[-3] += 7
---
rows = [[1], [2]]
rows[1].append(3)
result = rows
---
a, *b, c = [1, 2, 3, 4]
result = [a, b, c]
---
*a, b = (1, 2, 3)
result = [a, b]
---
a, *b = [1]
result = [a, b]
---
for a, *b in [(1, 2, 3)]:
    result = [a, b]
---
if (n := len([1, 2])) > 1:
    result = n
---
x = 1
del x
x = 2
result = x
---
x = [1, 2]
y = [*x, *x]
y[0] = 3
result = [x, y]
---
class A:
    def __enter__(self):
        return 5
    def __exit__(self, *args):
        pass
with A() as value:
    result = value
---
class A:
    def __enter__(self):
        return self
    def __exit__(self, *args):
        pass
    x = 4
with A() as a, A() as b:
    result = [a.x, b.x]
---
class A:
    def __init__(self):
        self.items = {}
    def __setitem__(self, key, value):
        self.items[key] = value
    def __getitem__(self, key):
        return self.items[key]
a = A()
a['k'] = 3
result = a['k']
---
class A:
    x = [1]
A.x = A.x + [2]
A.y = 3
result = [A.x, A().y]
---
class A:
    pass
result = [type(A()) is A, A.__name__, A().__class__ is A]
---
class A:
    def f(self):
        return 1
class B(A):
    def f(self):
        return super(B, self).f() + 1
result = B().f()
---
class A:
    def f(self):
        return 1
class B(A):
    def f(self):
        return A.f(self) + 1
result = B().f()
---
class A:
    @classmethod
    def make(cls):
        return cls()
class B(A):
    x = 2
result = B.make().x
---
class A:
    @classmethod
    def make(cls, x):
        return x + cls.y
class B(A):
    y = 2
    @classmethod
    def make(cls, x):
        return super().make(x) + 1
result = B.make(1)
---
def mark(cls):
    cls.marked = 1
    return cls
@mark
class A:
    pass
result = A.marked
---
def plus(n):
    def decorate(f):
        def g(x):
            return f(x) + n
        return g
    return decorate
@plus(10)
@plus(100)
def f(x):
    return x
result = f(1)
---
def f():
    pass
f.count = 3
result = f.count
---
import functools
class A:
    @functools.lru_cache
    def f(self):
        return 3
    @functools.cached_property
    def g(self):
        return 4
result = [A().f(), A().g]
---
match True:
    case 1: result = 1
    case _: result = 2
---
match 1:
    case True: result = 1
    case False | None: result = 2
    case other: result = [other]
---
match None:
    case False: result = 1
    case None | True as found: result = [found]
---
match 'a':
    case 'b' | 'c': result = 1
    case 'a' if True: result = 3
---
class A:
    b = 2
match A.b:
    case 1: result = 1
    case A.b: result = 3
    case _: result = 4
---
def f(x):
    match x:
        case 1: return 'one'
        case None: return 'none'
    return 'other'
result = [f(1), f(None), f(2)]
---
result = 0
for x in (1, True, 'a', -1, None):
    match x:
        case True: result += 1
        case -1 | 'a': result += 10
---
import functools
class A:
    @functools.cached_property
    def f(self):
        return [1]
    @functools.cached_property
    def g(self):
        return 2
a = A()
a.f.append(2)
a.g = 3
result = [a.f, a.g, A().f]
---
class A:
    def f(self, x):
        return x
calls = {'f': A().f}
result = calls['f'](3)
---
functions = [lambda x: x + 1, lambda x: x * 10]
result = 1
for function in functions:
    result = function(result)
---
def f(*args, **kwargs):
    return g(*args, **kwargs)
def g(a, b, c=0):
    return [a, b, c]
result = f(1, b=2, c=3)
---
def make(n):
    class A:
        size = n
        def f(self):
            return self.size + n
    return A()
result = make(2).f()
---
class A:
    class B:
        x = 3
    y = B.x + 1
result = [A.B.x, A.y]
---
class A:
    n = 3
    squares = [i * i for i in range(3)]
    def f(self):
        return self.n
result = [A.squares, A().f()]
---
class A:
    pass
a = b = A()
a.x = 1
b.x += 1
result = a.x
---
def f(x, acc=None):
    acc = acc if acc is not None else []
    acc.append(x)
    return acc
result = [f(1), f(2), f(3, [0])]
---
def f(n):
    return 1 if n == 0 else n
result = f(0) + f(4)
---
result = []
for key, value in {'a': 1, 'b': 2}.items():
    result.append(key)
    result.append(value)
---
result = []
for i, (a, b) in enumerate(zip([1, 2], 'xy')):
    result.append((i, a, b))
---
table = {name: len(name) for name in ('a', 'bb')}
result = table['bb']
---
n = 3
while True:
    n = n - 1
    if n > 0:
        continue
    break
result = n
---
for i in range(3):
    pass
result = i
---
for i in []:
    result = 1
else:
    result = 2
---
def f():
    for i in range(2):
        for j in range(2):
            if i + j == 2:
                return [i, j]
result = f()
---
def f():
    while True:
        return 1
result = f()
---
def f():
    with open('x') as file:
        return 2
result = f()
---
def f(x):
    if x == 0:
        return 'zero'
    elif x == 1:
        return 'one'
    else:
        return 'many'
result = [f(0), f(1), f(2)]
---
def f():
    assert 1 == 1, 'no'
    return 1
result = f()
---
import functools
class A:
    def f(self, x, y):
        return [x, y]
    g = functools.partialmethod(f, 1)
result = functools.partial(A().f, 1)(2)
---
from collections import defaultdict
result = 1 if defaultdict(list) is not None else 2
---
x = 1
def f():
    def g():
        global x
        x = 5
    g()
f()
result = x
---
def f():
    result = [1]
    def g():
        result.append(2)
    g()
    return result
result = f()
---
class A:
    pass
result = [isinstance(3, A), isinstance([], A), isinstance(A(), list), isinstance(A(), int)]
---
class A:
    def __init__(self):
        self._x = 1
    @property
    def x(self):
        return self._x
    @x.setter
    def x(self, value):
        self._x = value
a = A()
a._x = 5
result = a.x
---
class A:
    items = []
    @staticmethod
    def add(x):
        A.items.append(x)
A.add(1)
A().add(2)
result = A.items
---
class A:
    def __init__(self):
        super().__init__()
        self.x = 1
class B:
    def __init__(self):
        self.y = 2
class C(A, B):
    pass
result = [C().x, C().y]
---
def f(a, b=2, *, c=3):
    return [a, b, c]
options = {'b': 5}
result = f(1, c=4, **options)
---
result = [x for x in [[1, 2], [3]] for x in x]
---
x = 1
def f(a=x, b=[x + 1]):
    return [a, b]
x = 5
result = f()
---
class A:
    size = 3
    def f(self, n=size):
        return n
result = [A().f(), (lambda n=A.size: n)()]
---
try:
    result = 1
finally:
    other = 2
---
result = 'none'
try:
    pass
finally:
    result = 'finally'
---
with open('x') as file:
    result = 1
---
assert 1 == 1
result = 1
---
def f():
    raise ValueError
def g(x):
    if x > 1:
        f()
    return x
result = g(1)
---
result = 1
if result == 2:
    raise ValueError
elif result == 1:
    result = 'one'
else:
    result = 'other'
---
from collections import OrderedDict
result = OrderedDict()
result['a'] = 1
---
from collections import OrderedDict, deque
result = [dict(OrderedDict([('a', 1)], b=2)), list(deque([1, 2], maxlen=2)), list(deque())]
---
import itertools
result = [
    list(itertools.chain()), list(itertools.chain([1], (2, 3), 'ab')), list(itertools.chain.from_iterable([[1], [2]])),
    list(itertools.zip_longest([1, 2], [3])), list(itertools.zip_longest('ab', [3], fillvalue=0)),
    list(itertools.islice([1, 2, 3], 2)), list(itertools.islice([1, 2, 3], 1, None)), list(itertools.islice('abcde', 0, 4, 2)),
    list(itertools.starmap(lambda a, b: a + b, [(1, 2), (3, 4)])),
]
---
import functools
result = [
    functools.reduce(lambda a, b: a - b, [7, 1, 2]), functools.reduce(lambda a, b: a - b, [1, 2], 7),
    functools.reduce(lambda a, b: a, [], 5),
]
---
result = {'a': 1}; other = result; other |= {'b': 2}
---
result = {'a': 1}; result.clear(); result['b'] = 2
---
x = [1]
y = iter(x)
x.append(2)
result = list(y)
---
import copy
a = {'a': [1]}
b, c = copy.deepcopy(a), copy.copy(a)
a['a'].append(2)
result = [a, b, c]
---
result = [1, 2]; other = result; other *= 2
---
class A:
    def f(self):
        return 3
    x = property(f)
    y = property(lambda self: 4)
    z = staticmethod(lambda n: n + 1)
    w = classmethod(lambda cls, n: cls.z(n) + 10)
result = [A().x, A().y, A.z(1), A().z(2), A.w(3), A().w(4)]
---
class A:
    n = 1
    def set(self, n):
        self.n = n + 1
    x = property(fget=lambda self: self.n, fset=set)
    y = property(lambda self: self.n, set)
a, b = A(), A()
a.x = 2
b.y = 3
result = [a.x, a.y, b.x]
---
class A:
    @property
    def x(self):
        return 1
    @x.getter
    def x(self):
        return 2
    @x.deleter
    def x(self):
        pass
result = A().x
---
n = 1
class A:
    n = 2
    def f(self):
        return n
result = A().f()
---
class A:
    x = 2
a = A()
a.x = 1
del a.x
result = a.x
---
def f():
    try:
        return 1
    finally:
        x = 2
    return 3
result = f()
---
def f():
    try:
        return 1
    except ValueError:
        return 2
    return 3
result = [f()] * 0
---
import itertools
try:
    result = list(itertools.islice([1, 2], -1))
except ValueError:
    result = 'negative'
---
class A:
    x = 1
result = [hasattr(A(), 'x'), getattr(A(), 'x', 2)]
---
class A:
    pass
class B(A):
    pass
class C(A):
    x = 3
class D(B, C):
    pass
result = [D.x, D().x, isinstance(D(), A), isinstance(D(), C), isinstance(B(), (C, D))]
---
result = __name__ == '__main__'
---
from dataclasses import dataclass
@dataclass
class A:
    x: int
    y: int = 2
result = [A(x=1).y, A(x=1, y=3).y, A(x=5).x]
"""

EXPRESSIONS = [line for line in KNOWN_EXPRESSIONS.strip().splitlines()]
PROGRAMS = KNOWN_PROGRAMS.strip().split("\n---\n")


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_value_of_an_expression(expression):
    program = f"result = {expression}"
    assert repr(interpreted(program)) == repr(by_python(program))


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_result_of_a_program(program):
    want = by_python(program.replace("open('x')", "__import__('contextlib').nullcontext()"))
    assert repr(interpreted(program)) == repr(dict(want) if isinstance(want, dict) else want)


# What no source says; a list of some twos; a dict that holds more.
NOT_KNOWN = """
import functools, itertools, random, typing
import numpy as np
unknown = np.load('x')
some = [2 for i in unknown]
more = {'a': 1, **unknown}
"""
OPEN = """
unknown
[unknown]
unknown + 1
unknown == 1
unknown is None
unknown in [1, 2]
1 in [unknown]
1 if unknown else 2
unknown and 1
unknown or 1
not unknown
[1, 2][unknown]
{'a': 1, 'b': 2}[unknown]
{'a': 1}.get(unknown)
[i for i in [1, 2] if unknown]
[1 for i in unknown]
[*unknown]
{**unknown}
dict(unknown)
list(unknown)
len(unknown)
len([*unknown])
bool(unknown)
int(unknown)
min(unknown, 1)
any([unknown])
all([unknown, 1])
range(unknown)
list(range(unknown))
[1] * unknown
sum([unknown])
isinstance(unknown, int)
1 < unknown < 2
'x%s' % unknown
'{}'.format(unknown)
sorted(unknown)
unknown.attribute
unknown['key']
-unknown
f'{unknown}'
[1, 2, 3][unknown:]
'ab'[unknown]
[1, 2, 3].index(unknown)
{unknown: 1}
{unknown: i for i in [1]}
{'a': unknown}
{'a': 1}.setdefault(unknown, 2)
[1, 2].count(1)
1 / 0
'a' < 1
[1][5]
{'a': 1} == unknown
[1] == unknown
unknown is unknown
int('x')
range('x')
'abc'[7]
'abc'.encode()
(3).bit_length()
next(iter([1, 2]))
type(unknown)
'{'.format(1)
next(unknown)
getattr(unknown, 'x', 1)
hasattr(unknown, 'x')
callable(unknown)
next(iter(unknown))
(lambda x: x)(unknown)
(lambda x=1: x)(**unknown)
list(zip([1, 2], unknown))
list(enumerate(unknown))
list(map(lambda x: 1, unknown))
list(reversed(unknown))
range(1, 2, 0)
dict([unknown])
dict([(unknown, 1)])
None.real
1 in 2
[1]()
(lambda a=1, **k: a)(**{'b': 1, **unknown})
(lambda a, b=0: b)(1, *unknown, b=3)
[key for key in {'a': 1, **unknown}]
[last for *rest, last in [unknown]]
int(1, 2, 3)
sum([1, 2])
{'a': 1}.unheard()
'a'.join([unknown])
'a b'.split(unknown)
[1, 2].pop(unknown)
{**{'a': 1}, **unknown}
[*range(2), *unknown]
isinstance(unknown, (int, str))
isinstance(1, unknown)
type(unknown)(1)
max([1, 2], key=unknown)
[1, 2, 3][::unknown]
unknown[0][1]
unknown() is None
unknown.x is None
unknown.f() is None
unknown[0] is None
(-unknown) is None
(unknown + 1) is None
[*unknown][0] is None
{**unknown}['a'] is None
next(unknown) is None
{'a': 1} + unknown
{'a': 1} + 1
{'a': 1} * 2
[1] | 2
len([1] * 401)
[1, 2, 3, 4](0)
some
list(some)
tuple(some)
set(some)
[*some]
[1, *some]
some + [1]
[1] + some
some * 2
some[:1]
some[::-1]
some.copy()
len(some)
bool(some)
not some
3 in some
list(reversed(some))
sorted(some)
list(enumerate(some))
list(zip(some, some))
list(map(str, some))
[x for x in some]
[x for x in some if x > 1]
[y for x in [some] for y in x]
{x: 1 for x in some}
{x for x in some}
dict(zip(some, some))
any(some)
all(some)
some == [2]
max(some)
[some, 1]
{'a': some}
(some,)
more
dict(more)
dict(more, c=1)
dict(c=1, **more)
{**more}
{'c': 1, **more}
more.copy()
more | {}
{} | more
len(more)
list(more)
tuple(more)
[key for key in more]
list(more.keys())
list(more.values())
list(more.items())
'b' in more
'b' not in more
more['b']
more.get('b')
more.get('b', 1)
more.pop('b', 1)
more.setdefault(unknown, 1)
bool({**unknown})
(lambda **k: k)(**more)
(lambda a, b=2: b)(**more)
isinstance([1], unknown)
isinstance({}, unknown)
isinstance([1], (unknown, dict))
isinstance(1, (unknown, str))
isinstance(unknown, typing.Sequence)
list(itertools.chain([1], unknown))
list(itertools.chain.from_iterable(unknown))
list(itertools.chain(*unknown))
list(itertools.zip_longest([1], unknown))
list(itertools.islice([1, 2], unknown))
list(itertools.islice(unknown, 2))
next(itertools.cycle([1, 2]))
list(itertools.repeat(1, unknown))
list(itertools.starmap(max, unknown))
functools.reduce(lambda a, b: b, [1, *unknown])
functools.reduce(lambda a, b: b, unknown, 1)
functools.reduce(lambda a, b: b, [1, unknown])
random.choice([1, 2])
"""


@pytest.mark.parametrize("expression", OPEN.strip().splitlines())
def test_what_is_not_known_is_not_guessed(expression):
    assert interpreted(f"{NOT_KNOWN}result = {expression}") is UNKNOWN


BRANCHES = """
if unknown: result = 1
else: result = 2
---
result = 1
if unknown: result = 2
---
result = 1
for i in unknown: result = 2
---
result = 1
while unknown: result = 2
---
result = 1
try:
    result = int(unknown)
except ValueError:
    result = 3
---
result = 1
try:
    result = 2
except ValueError:
    result = 3
---
def f():
    if unknown:
        return 1
    return 2
result = f()
---
def f():
    for i in range(3):
        if unknown:
            return i
result = f()
---
result = 0
for i in range(3):
    if unknown:
        break
    result = i
---
result = {'a': 1}
if unknown: result['a'] = 2
---
result = {'a': 1}
result.update(unknown)
---
result = [1, 2]
del result[unknown]
---
result = [1, 2]
result.remove(1)
---
result = [1]
result.extend(unknown)
---
result = [1]
result += unknown
---
f = (lambda: 1) if unknown else (lambda: 2)
result = f()
---
class A: pass
a = A()
a.x = 1
if unknown: a.x = 2
result = a.x
---
class A: pass
a, b = A(), A()
a.x = b.x = 1
(a if unknown else b).x = 2
result = a.x
---
result = [1, 2]
result[unknown] = 3
---
result = {'a': 1}
result[unknown] = 3
---
a, b = [1], [2]
(a if unknown else b)[0] = 3
result = a
---
def f(a): return a
result = 1
result = f(*unknown)
---
a, b = unknown
result = a
---
a, *b = unknown
result = b
---
result = [1, 2]
result.insert(unknown, 3)
result = result.pop(unknown)
---
result = {'a': 1}.pop(unknown, 2)
---
def f():
    try:
        return int(unknown)
    except ValueError as error:
        return error
result = f()
---
result = 1
while True:
    if unknown: break
    result = 2
---
result = 1
for i in range(2):
    if unknown: continue
    result = 2
---
def f(n=None):
    return n or 2
result = f(unknown)
---
result = {'a': 1}
more = {**unknown}
result.update(more)
---
result = {'a': 1}
result |= unknown
---
result = {1}
result |= unknown
---
result = [1]
result *= unknown
---
x = 1 if unknown else 0
result = 'yes' if x else 'no'
---
from numpy import *
result = sqrt(4)
---
class A:
    @classmethod
    @undefined
    def f(cls): return 1
result = A.f()
---
class A:
    @undefined
    def f(self): return 1
result = A().f()
---
result = 1
if unknown: result = [i for i in range(20)]
for i in range(20):
    if unknown: result = i
---
match unknown:
    case [x, y]:
        result = x
    case z:
        result = z
---
result = 1
with unknown as result:
    pass
---
result = [1]
if unknown: result.extend(unknown)
---
result = {'a': 1}
if unknown: result.update(unknown)
---
class A: pass
result = A().x
---
class A: pass
result = A()(1)
---
a = [1, 2]
for result in a if unknown else unknown:
    pass
---
result = 1
del result
result = unknown
---
result = [1]
result.extend([2 for i in unknown])
---
result = [1]
result += [2 for i in unknown]
---
result = [2 for i in unknown]
result.append(1)
---
result = [2 for i in unknown]
result.insert(0, 1)
---
result = [2 for i in unknown]
result.reverse()
---
result = [2 for i in unknown]
result[0] = 1
---
result = {}
result.update({'a': 1, **unknown})
---
result = {1}
result.discard(unknown)
---
result = {'a': 1}
del result['a' if unknown else 'b']
---
result = 1
def f():
    global result
    if unknown: result = 2
f()
---
match unknown:
    case 1:
        result = 1
    case _:
        result = 2
"""


@pytest.mark.parametrize("program", BRANCHES.strip().split("\n---\n"))
def test_what_depends_on_the_path_is_not_guessed(program):
    assert interpreted(f"{NOT_KNOWN}{program}") is UNKNOWN


# Python runs each with `unknown` true and false; where one of the two raises, the other counts.
DECIDED = """
x = 1 if unknown else 2
result = 'yes' if x else 'no'
---
x = None if unknown else 0
result = 'yes' if x else 'no'
---
x = [1] if unknown else 'a'
result = x is None
---
if unknown: result = 1
else: result = 1
---
result = 5
if unknown: raise ValueError
---
def f():
    if unknown: raise ValueError
    return 5
result = f()
---
def f(a): return a
def g():
    if unknown: f(b=1)
    return 2
result = g()
---
def g():
    if unknown: None()
    return 2
result = g()
---
class A:
    x = 3
a = A() if unknown else None
result = a.x
---
class A:
    def f(self): return 3
class B(A): pass
result = (A() if unknown else B()).f()
---
f = (lambda: 1) if unknown else (lambda: 1)
result = f()
---
for i in range(3):
    if unknown: continue
result = i
---
x = [1, 2]
if unknown: x.append(3)
result = x[0]
---
x = {'a': 1}
if unknown: x['b'] = 2
result = x['a']
---
def f():
    while unknown:
        return 1
    return 1
result = f()
---
try:
    x = 1
    if unknown: raise ValueError
except ValueError:
    x = 1
result = x
---
result = 1
def f(depth):
    return f(depth - 1) if depth else 0
if unknown: f(2)
---
def f(*args): return 4
result = f(*([1] if unknown else [1, 2]))
---
def f():
    if unknown: return 5
    raise ValueError
result = f()
---
def f():
    if unknown: assert 1 == 2
    return 5
result = f()
---
def g():
    if unknown: (None if unknown else 1)()
    return 2
result = g()
---
def fail(): raise ValueError
x = 0 if unknown else 3
result = x or fail()
---
def f():
    if unknown: raise ValueError
    else: raise TypeError
try:
    f()
    result = 1
except Exception:
    result = 2
---
x = [1, 2]
if unknown: x = [1, 3]
result = x[0]
---
def f():
    for i in range(3):
        if unknown: raise ValueError
    return i
result = f()
---
class A:
    x = 1
    def __init__(self):
        if unknown: raise ValueError
        self.y = 2
result = A().y
---
x = [3] if unknown else (3,)
a, = x
result = a
---
x = [2 for _ in 'ab' if unknown]
a, b = x
result = a
---
class A: pass
a = A()
if unknown: a.x = 1
else: a.x = 2
result = hasattr(a, 'x')
---
class A: pass
a = A()
if unknown: a.x = 1
a.x = 2
result = hasattr(a, 'x')
---
a, b = {'x': 1, 'y': 2}, {'x': 3, 'y': 4}
del (a if unknown else b)['x']
result = 'y' in a
---
x = [1, 2, 3]
if unknown: x.append(4)
del x[0]
result = x[0]
---
x = {'a': 1 for _ in [1] if unknown}
result = x.get('a', 1)
"""


def both_ways(program):
    found = []
    for unknown in (True, False):
        try:
            found.append(by_python(f"unknown = {unknown}\n{program}"))
        except Exception:
            continue
    assert found and all(one == found[0] for one in found)
    return found[0]


@pytest.mark.parametrize("program", DECIDED.strip().split("\n---\n"))
def test_what_is_so_on_every_path_is_known(program):
    assert interpreted(f"import numpy as np\nunknown = np.load('x')\n{program}") == both_ways(program)


# Of a value that is known in part, its type.
TYPES = {
    "[*unknown]": "list",
    "sorted(some)": "list",
    "some": "list",
    "some + [1]": "list",
    "some[:1]": "list",
    "some[unknown:]": "list",
    "tuple(some)[:1]": "tuple",
    "tuple(some)": "tuple",
    "(1, *some)": "tuple",
    "some.copy()": "list",
    "some * 2": "list",
    "list(reversed(some))": "list",
    "list(map(str, some))": "list",
    "list(filter(None, some))": "list",
    "list(filter(None, [0, 1]))": "list",
    "list(enumerate(some))": "list",
    "list(zip(some, unknown))": "list",
    "list(more)": "list",
    "list(more.items())": "list",
    "'a b'.split()": "list",
    "[2 for i in unknown]": "list",
    "{1 for i in unknown}": "set",
    "set(some)": "set",
    "{*some}": "set",
    "more": "dict",
    "more.copy()": "dict",
    "{**more}": "dict",
    "dict(some)": "dict",
    "{i: 1 for i in unknown}": "dict",
    "more | {}": "dict",
    "(lambda *a: a)(*some)": "tuple",
    "(lambda **k: k)(**more)": "dict",
    "[i for i in range(500)]": "list",
}


@pytest.mark.parametrize("expression", TYPES)
def test_the_type_of_what_is_known_in_part(expression):
    for kind in ("list", "tuple", "set", "dict"):
        got = interpreted(f"{NOT_KNOWN}result = isinstance({expression}, {kind})")
        assert got is (kind == TYPES[expression])


def test_the_type_of_what_is_taken_apart():
    assert interpreted(f"{NOT_KNOWN}a, *b = unknown\nresult = isinstance(b, list)") is True
    assert interpreted(f"{NOT_KNOWN}*a, b = [1, 2, 3]\nresult = isinstance(a, tuple)") is False
