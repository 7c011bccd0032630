"""Which layers a `call` reaches, where Python decides it by what the constructor left behind."""

import pytest
from texts import findings, rows

NET = """
class Base(keras.Model):
    shared = True

    def first(self, x):
        return self.drop(x)


class Net(Base):
    def __init__(self, rate=0.5, norm=True, units=(1, 2), kind="drop", extra=None):
        super().__init__()
        self.rate, self.flag, self.kind, self.extra = rate, norm, kind, extra
        self.drop = layers.Dropout(rate)
        self.norm = layers.BatchNormalization()
        self.stack = [layers.Dropout(0.1), layers.GaussianNoise(1.0)]
        self.named = {{"drop": self.drop, "norm": self.norm}}
        self.dense = [layers.Dense(unit) for unit in units]
        self.none = None
        self.second = layers.Dropout if norm else layers.Dense

    @property
    def active(self):
        return self.rate > 0.1

    def call(self, x, training=None):
        {body}


net = Net()
"""
D, B, G = "Dropout", "BatchNormalization", "GaussianNoise"
# The test of `self.drop(x) if ... else self.norm(x)`, and what is reached.
TESTS = {
    "True": {D},
    "False": {B},
    "self.flag": {D},
    "not self.flag": {B},
    "self.rate > 0.1": {D},
    "self.rate < 0.1": {B},
    "self.rate": {D},
    "self.rate == 0.5": {D},
    "self.active": {D},
    "self.shared": {D},
    "Net.shared": {D},
    "self.kind == 'drop'": {D},
    "self.kind in ('norm', 'other')": {B},
    "self.kind.startswith('dr')": {D},
    "self.kind.upper() == 'DROP'": {D},
    "self.extra is None": {D},
    "self.extra is not None": {B},
    "self.extra": {B},
    "self.none is self.extra": {D},
    "len(self.stack) == 2": {D},
    "len(self.dense) > 2": {B},
    "len(self.dense) == len(self.stack)": {D},
    "self.stack": {D},
    "self.named": {D},
    "'drop' in self.named": {D},
    "'other' in self.named": {B},
    "self.named.get('other') is None": {D},
    "hasattr(self, 'drop')": {D},
    "callable(self.drop)": {D},
    "callable(self.kind)": {B},
    "isinstance(self.drop, layers.Dropout)": {D},
    "isinstance(self.drop, layers.Dense)": {B},
    "isinstance(self.drop, layers.Layer)": {D},
    "isinstance(self.drop, keras.Model)": {B},
    "isinstance(self.drop, (layers.Dense, layers.Dropout))": {D},
    "isinstance(self, Base)": {D},
    "isinstance(self, keras.Model)": {D},
    "isinstance(self, layers.Dropout)": {B},
    "isinstance(self.rate, float)": {D},
    "isinstance(self.kind, (list, tuple))": {B},
    "isinstance(self.stack, list)": {D},
    "isinstance(self.named, dict)": {D},
    "isinstance(self.units if False else self.stack, tuple)": {B},
    "self.drop is not None": {D},
    "self.drop is self.named['drop']": {D},
    "self.drop == self.norm": {B},
    "self.drop != self.norm": {D},
    "self.drop == self.drop": {D},
    "self.drop != self.drop": {B},
    "type(self) is Net": {D},
    "any([self.flag, False])": {D},
    "all([self.flag, False])": {B},
    "self.flag and self.rate > 0": {D},
    "self.extra or self.flag": {D},
    "self.rate > 0 and self.extra is not None": {B},
    "0 < self.rate < 1": {D},
    "unknown": {D, B},
    "x is None": {B},
    "x is not None": {D},
    "keras.backend.image_data_format() == 'channels_last'": {D, B},
    "self.flag and unknown": {D, B},
    "self.extra and unknown": {B},
    "self.flag or unknown": {D},
}


def reached(body, entry="fit"):
    return {
        layer
        for _, layer, mode in rows(NET.format(body=body), entry, name="Net")
        if mode in ("train", "infer")
    }


@pytest.mark.parametrize("test", TESTS)
def test_what_a_test_decides(test):
    assert reached(f"return self.drop(x) if {test} else self.norm(x)") == TESTS[test]
    assert reached(f"if {test}: return self.drop(x)\n        return self.norm(x)") == TESTS[test]
    turned = {D: B, B: D}
    assert reached(f"return self.drop(x) if not ({test}) else self.norm(x)") == {
        turned[one] for one in TESTS[test]
    }


WAYS = {
    "return getattr(self, 'drop')(x)": {D},
    "return getattr(self, self.kind)(x)": {D},
    "return getattr(self, 'other', self.norm)(x)": {B},
    "for name in ('drop', 'norm'): x = getattr(self, name)(x)\n        return x": {D, B},
    "for name in self.named: x = self.named[name](x)\n        return x": {D, B},
    "for layer in self.named.values(): x = layer(x)\n        return x": {D, B},
    "for _, layer in self.named.items(): x = layer(x)\n        return x": {D, B},
    "return self.named['norm'](x)": {B},
    "return self.named[self.kind](x)": {D},
    "return self.named[unknown](x)": {D, B},
    "return self.named.get('drop')(x)": {D},
    "return self.named.pop('drop')(x)": {D},
    "for layer in filter(None, self.stack): x = layer(x)\n        return x": {D, G},
    "for layer in iter(self.stack): x = layer(x)\n        return x": {D, G},
    "_, layer = self.named.popitem()\n        return layer(x)": {D, B},
    "return self.stack[0](x)": {D},
    "return self.stack[-1](x)": {G},
    "return self.stack[unknown](x)": {D, G},
    "for layer in self.stack[1:]: x = layer(x)\n        return x": {G},
    "for layer in self.stack[:-1]: x = layer(x)\n        return x": {D},
    "for layer in reversed(self.stack): x = layer(x)\n        return x": {D, G},
    "for i, layer in enumerate(self.stack):\n            if i > 0: x = layer(x)\n        return x": {G},
    "for layer, name in zip(self.stack, 'ab'):\n            if name == 'a': x = layer(x)\n        return x": {
        D
    },
    "for i in range(len(self.stack)): x = self.stack[i](x)\n        return x": {D, G},
    "for layer in self.stack + [self.norm]: x = layer(x)\n        return x": {D, G, B},
    "for layer in (*self.stack, self.norm): x = layer(x)\n        return x": {D, G, B},
    "for layer in self.stack:\n            if isinstance(layer, layers.GaussianNoise): x = layer(x)\n        return x": {
        G
    },
    "for layer in self.stack:\n            if isinstance(layer, layers.GaussianNoise): continue\n            x = layer(x)\n        return x": {
        D
    },
    "for layer in self.stack:\n            x = layer(x)\n            break\n        return x": {D},
    "return [layer(x) for layer in self.stack if isinstance(layer, layers.Dropout)][0]": {D},
    "return {name: layer(x) for name, layer in self.named.items() if name != 'drop'}['norm']": {B},
    "return list(map(lambda layer: layer(x), self.stack))[0]": {D, G},
    "i = 0\n        while i < 2:\n            x = self.stack[i](x)\n            i += 1\n        return x": {
        D,
        G,
    },
    "a, b = self.stack\n        return b(x)": {G},
    "a, *rest = self.stack\n        return rest[0](x)": {G},
    "last = self.stack.pop()\n        return last(x)": {G},
    "return self.first(x)": {D},
    "return super().first(x)": {D},
    "return Base.first(self, x)": {D},
    "return (lambda layer: layer(x))(self.norm)": {B},
    "f = self.norm\n        return f(x)": {B},
    "f = self.norm if self.flag else self.drop\n        return f(x)": {B},
    "f = self.norm if unknown else self.drop\n        return f(x)": {B, D},
    "try:\n            return self.drop(x)\n        except ValueError:\n            return self.norm(x)": {
        D,
        B,
    },
    "try:\n            return self.drop(x)\n        finally:\n            self.done = 1": {D},
    "with tf.name_scope('a'):\n            return self.drop(x)": {D},
    "def inner(y):\n            return self.norm(y)\n        return inner(x)": {B},
    "if (layer := self.named['norm']): return layer(x)": {B},
    "match self.kind:\n            case 'drop': return self.drop(x)\n            case _: return self.norm(x)": {
        D
    },
    "match unknown:\n            case 'drop': return self.drop(x)\n            case _: return self.norm(x)": {
        D,
        B,
    },
    "match self.kind:\n            case 'drop' if unknown: return self.drop(x)\n        return self.norm(x)": {
        D,
        B,
    },
    "assert self.flag\n        return self.drop(x)": {D},
    "if not self.flag: raise ValueError\n        return self.drop(x)": {D},
    "if self.flag: pass\n        else: x = self.drop(x)\n        return self.norm(x)": {B},
    "y = self.drop\n        del y\n        return self.norm(x)": {B},
    "return self.drop(self.norm(x))": {D, B},
    "return self.norm(x) + self.drop(x) * 2": {D, B},
    "return tf.concat([self.norm(x), self.drop(x)], axis=-1)": {D, B},
    "return {'a': self.norm(x), 'b': [self.drop(x)]}": {D, B},
    "return f'{self.norm(x)}'": {B},
    "return x[self.norm(x) > 0]": {B},
    "return -self.norm(x)": {B},
    "x += self.norm(x)\n        return x": {B},
    "print(self.norm(x))\n        return x": {B},
    "return self.norm(x) if self.flag and self.drop(x) is not None else x": {D, B},
    "return [self.drop(one) for one in list(x)]": {D},
    "return self.stack.pop(unknown)(x)": {D, G},
    "for layer in [one for one in self.stack if unknown]: x = layer(x)\n        return x": {D, G},
    "for layer in [*[one for one in self.stack if unknown], self.norm]: x = layer(x)\n        return x": {
        D,
        G,
        B,
    },
    "for _, layer in enumerate([one for one in self.stack if unknown]): x = layer(x)\n        return x": {
        D,
        G,
    },
    "for layer in reversed([one for one in self.stack if unknown]): x = layer(x)\n        return x": {D, G},
    "for layer in tuple([one for one in self.stack if unknown]): x = layer(x)\n        return x": {D, G},
    "for layer in set([one for one in self.stack if unknown]): x = layer(x)\n        return x": {D, G},
    "for layer, _ in zip([one for one in self.stack if unknown], 'ab'): x = layer(x)\n        return x": {
        D,
        G,
    },
    "return list(map(lambda f: f(x), [one for one in self.stack if unknown]))": {D, G},
    "more = [self.norm]\n        more += [one for one in self.stack if unknown]\n        for layer in more: x = layer(x)\n        return x": {
        D,
        G,
        B,
    },
    "more = [self.norm]\n        more.extend(one for one in self.stack if unknown)\n        for layer in more: x = layer(x)\n        return x": {
        D,
        G,
        B,
    },
    "return dict(self.named)['norm'](x)": {B},
    "return dict(a=self.norm)['a'](x)": {B},
    "return {**self.named}['norm'](x)": {B},
    "return dict(zip(['a'], [self.norm]))['a'](x)": {B},
    "return list(self.named.values())[1](x)": {B},
    "return self.named.copy()['norm'](x)": {B},
    "return self.named.setdefault('norm', self.drop)(x)": {B},
    "return self.named.setdefault('other', self.drop)(x)": {D},
    "return getattr(self, unknown)(x) if False else self.norm(x)": {B},
    "return keras.Sequential(self.stack)(x)": {D, G, "Sequential"},
}


@pytest.mark.parametrize("body", WAYS)
def test_ways_to_reach_a_layer(body):
    assert reached(body) == WAYS[body]


FLAGS = {"self.flag = True": {D}, "self.flag = False": {B}, "self.flag = unknown": {D, B}}


@pytest.mark.parametrize("change", FLAGS)
def test_what_a_call_changes_itself(change):
    body = f"{change}\n        return self.drop(x) if self.flag else self.norm(x)"
    assert reached(body) == FLAGS[change]
    assert reached(body) == FLAGS[change]  # nothing of one run is left to the next


MADE = """
class Net(keras.Model):
    def __init__(self, on):
        super().__init__()
        self.on = on
        self.drop = layers.Dropout(0.5)
        self.norm = layers.BatchNormalization()

    def call(self, x, training=None):
        return self.drop(x) if self.on else self.norm(x)


{made}
"""


@pytest.mark.parametrize(
    "made, want",
    [
        ("net = Net(True)", {D}),
        ("net = Net(on=False)", {B}),
        ("one, two = Net(True), Net(False)", {D, B}),
        ("nets = [Net(on) for on in (True, False)]", {D, B}),
        ("def make(on=True):\n    return Net(on)\n\n\nnet = make()", {D}),
        ("", {D, B}),
    ],
)
def test_the_instances_that_a_source_makes(made, want):
    found = rows(MADE.format(made=made), name="Net")
    assert {layer for _, layer, mode in found if mode == "train"} == want


def test_a_program_that_never_ends_is_given_up_honestly():
    text = NET.format(body="while True: x = self.drop(x)")
    assert {mode for _, _, mode in rows(text, name="Net")} <= {"train", "unknown"}
    deep = NET.format(body="return self.call(x)")
    assert findings(deep) == [] or {code for _, code in findings(deep)} <= {"KER114", "KER900"}


ELSEWHERE = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        {init}

    def {method}:
        {made}

    def call(self, x, training=None):
        return self.leaf(x)
"""


@pytest.mark.parametrize(
    "init, method",
    [
        ("pass", "build(self, shape)"),
        ("pass", "make(self)"),
        ("self.make()", "make(self)"),
        ("self.make(2)", "make(self, n)"),
    ],
)
@pytest.mark.parametrize(
    "made",
    [
        "self.leaf = layers.Dropout(0.5)",
        "self.leaf, self.other = layers.Dropout(0.5), 1",
        "if True: self.leaf = layers.Dropout(0.5)",
        "for _ in range(1): self.leaf = layers.Dropout(0.5)",
        "try: self.leaf = layers.Dropout(0.5)\n        except ValueError: pass",
        "with tf.name_scope('a'): self.leaf = layers.Dropout(0.5)",
    ],
)
def test_a_layer_that_another_method_makes(init, method, made):
    found = rows(ELSEWHERE.format(init=init, method=method, made=made), name="Net")
    assert [(layer, mode) for _, layer, mode in found] == [(D, "train")]
