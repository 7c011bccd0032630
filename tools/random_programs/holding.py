"""Attributes that hold layers, and the statements that call what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from keyword import iskeyword

from .writer import Part, Writer, block, called

# How an author passes `training`, by what the signature offers.
GIVEN = {
    "": 30,
    ", training=training": 50,
    ", training=False": 4,
    ", training=True": 4,
    ", training=None": 2,
    ", training=not training": 2,
    ", training=bool(training)": 2,
    ", training=training or False": 1,
    ", training=training or True": 1,
    ", training=training and self.trainable": 1,
    ", training=True if training else False": 1,
    ", training=training is True": 1,
}
NOT_GIVEN = {"": 80, ", training=False": 8, ", training=True": 8, ", training=None": 2}
BY_KEYWORDS = {
    "": 30,
    ", **kwargs": 45,
    ', training=kwargs.get("training")': 8,
    ', training=kwargs.get("training", False)': 8,
    ', training=kwargs.pop("training", None)': 4,
    ', training="training" in kwargs and kwargs["training"]': 2,
    ", training=False": 3,
    ", training=True": 3,
}
RENAMED = {"": 30, ", training=is_training": 60, ", training=True": 5, ", training=False": 5}
POSITIONAL = ", training"


@dataclass(frozen=True)
class Scope:
    """What a method offers to the calls in it."""

    training: bool = False
    kwargs: bool = False
    renamed: bool = False

    @property
    def suffixes(self) -> dict[str, int]:
        if self.training:
            return GIVEN
        if self.kwargs:
            return BY_KEYWORDS
        return RENAMED if self.renamed else NOT_GIVEN


@dataclass(frozen=True)
class Held:
    """An attribute: the lines that set it, what makes its layers, and how they are kept."""

    name: str
    lines: tuple[str, ...]
    part: Part
    kind: str = "one"  # or "list", "dict", "maybe", "numbered"
    use: Callable | None = None  # how it is called, where its kind does not say


def stem(make: str) -> str:
    """`layers.BatchNormalization()` -> `batch_normalization`"""
    name = re.match(r"[\w.]+", make)[0].rpartition(".")[2].removeprefix("make_").removeprefix("build_")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def attribute(writer: Writer, taken: set[str], rate: str | None) -> Held:
    """One attribute of a class; `rate` is a constructor parameter."""
    part = writer.part(rate)
    kind = writer.pick({"one": 60, "list": 14, "dict": 6, "maybe": 7, "numbered": 3, "chain": 10})
    name = stem(part.make) + {"list": "s", "dict": "_by_name"}.get(kind, "")
    while name in taken or iskeyword(name):
        name += "2" if name[-1].isalpha() else "1"
    taken.add(name)
    return KINDS[kind](writer, name, part, rate)


def one(writer, name, part, rate):
    frozen = (f"self.{name}.trainable = False",) if writer.chance(4) else ()
    return Held(name, (f"self.{name} = {part.make}", *frozen), part)


def chain(writer, name, part, rate):
    """A Sequential of two, which knows its input or does not."""
    other = writer.part(rate)
    inside = [p.make for p in (part, other) if not p.twice] or [writer.world.plain[0]]
    start = [f"keras.Input({writer.world.shape})"] if writer.chance(90) else []
    return Held(
        name, (f"self.{name} = keras.Sequential([{', '.join(start + inside)}])",), Part("keras.Sequential()")
    )


def many(writer, name, part, rate):
    how = writer.pick(["comprehension", "literal", "append"])
    if how == "comprehension":
        lines = [f"self.{name} = [{part.make} for _ in range({writer.count(1, 3)})]"]
    elif how == "literal":
        lines = [f"self.{name} = [{part.make}, {part.make}]"]
    else:
        lines = [f"self.{name} = []", *block("for _ in range(2):", [f"self.{name}.append({part.make})"])]
    return Held(name, tuple(lines), part, "list")


def by_name(writer, name, part, rate):
    return Held(name, (f'self.{name} = {{"first": {part.make}, "second": {part.make}}}',), part, "dict")


def maybe(writer, name, part, rate):
    condition = f"{rate} > 0" if rate else writer.pick(["True", "False"])
    return Held(name, (f"self.{name} = {part.make} if {condition} else None",), part, "maybe")


def numbered(writer, name, part, rate):
    lines = block("for i in range(2):", [f'setattr(self, f"{name}_{{i}}", {part.make})'])
    return Held(name, tuple(lines), part, "numbered")


KINDS = {"one": one, "chain": chain, "list": many, "dict": by_name, "maybe": maybe, "numbered": numbered}


def use(writer: Writer, scope: Scope, held: Held, x: str = "x") -> list[str]:
    """The statements that call what an attribute holds on `x`."""
    if held.use is not None:
        return held.use(writer, scope, held, x)
    suffix = writer.pick(scope.suffixes)
    if scope.training and writer.chance(1):
        suffix = POSITIONAL
    return USES[held.kind](writer, f"self.{held.name}", held.part, suffix, x)


def use_one(writer, callee, part, suffix, x):
    if part.bare and "**" not in suffix and suffix != POSITIONAL and writer.chance(12):
        callee += ".call"
    call = called(callee, x, part, suffix)
    how = writer.pick({"plain": 60, "residual": 12, "variable": 6, "partial": 2, "keywords": 2, "local": 3})
    if how == "residual":
        return [f"{x} = {x} + {call}"]
    if how == "variable":
        return [f"y = {call}", f"{x} = {x} + y"]
    value = suffix.removeprefix(", training=")
    if how == "partial" and value != suffix:
        return [f"step = functools.partial({callee}, training={value})", f"{x} = {called('step', x, part)}"]
    if how == "keywords" and value != suffix:
        return [f'options = {{"training": {value}}}', f"{x} = {called(callee, x, part, ', **options')}"]
    if how == "local":
        return [f"layer = {callee}", f"{x} = {called('layer', x, part, suffix)}"]
    return [f"{x} = {call}"]


def use_list(writer, callee, part, suffix, x):
    step = f"{x} = {called('layer', x, part, suffix)}"
    indexed = f"{x} = {called(callee + '[i]', x, part, suffix)}"
    branch = called("layer", x, part, suffix)
    return writer.pick(
        {
            tuple(block(f"for layer in {callee}:", [step])): 8,
            tuple(block(f"for i in range(len({callee})):", [indexed])): 2,
            tuple(block(f"for i, layer in enumerate({callee}):", [step])): 2,
            tuple(block(f"for layer in reversed({callee}):", [step])): 1,
            (f"{x} = {called(callee + '[0]', x, part, suffix)}",): 2,
            (f"{x} = {called(callee + '[-1]', x, part, suffix)}",): 1,
            (f"ys = [{branch} for layer in {callee}]", *block("for y in ys:", [f"{x} = {x} + y"])): 1,
            (f"{x} = sum({branch} for layer in {callee})",): 1,
        }
    )


def use_dict(writer, callee, part, suffix, x):
    first = called(f'{callee}["first"]', x, part, suffix)
    step = f"{x} = {called('layer', x, part, suffix)}"
    return writer.pick(
        {
            (f"{x} = {first}",): 3,
            tuple(block(f"for layer in {callee}.values():", [step])): 2,
            tuple(
                block(f"for name in {callee}:", [f"{x} = {called(callee + '[name]', x, part, suffix)}"])
            ): 1,
            tuple(block(f"for name, layer in {callee}.items():", [step])): 1,
        }
    )


def use_maybe(writer, callee, part, suffix, x):
    step = [f"{x} = {called(callee, x, part, suffix)}"]
    return block(writer.pick([f"if {callee} is not None:", f"if {callee}:"]), step)


def use_numbered(writer, callee, part, suffix, x):
    name = callee.removeprefix("self.")
    fetched = f'getattr(self, f"{name}_{{i}}")'
    return writer.pick(
        {
            tuple(block("for i in range(2):", [f"{x} = {called(fetched, x, part, suffix)}"])): 2,
            (f"{x} = {called(f'{callee}_0', x, part, suffix)}",): 2,
        }
    )


USES = {"one": use_one, "list": use_list, "dict": use_dict, "maybe": use_maybe, "numbered": use_numbered}
