"""The statements of a `call`, and of the helper methods that it goes through."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import carried, doubts
from .holding import Held, Scope, use
from .writer import Writer, block, method

# The parameters of a `call` after its input, and what they offer.
SIGNATURES = {
    ", training=None": (30, Scope(training=True)),
    ", training=False": (25, Scope(training=True)),
    "": (20, Scope()),
    ", training=True": (6, Scope(training=True)),
    ", **kwargs": (5, Scope(kwargs=True)),
    ", training: bool = False": (3, Scope(training=True)),
    ", *, training=False": (2, Scope(training=True)),
    ", mask=None, training=None": (4, Scope(training=True)),
    ", training=None, **kwargs": (2, Scope(training=True)),
    ", is_training=False": (2, Scope(renamed=True)),
    ", training": (3, Scope(training=True)),
    ", *args, **kwargs": (3, Scope(kwargs=True)),
}
HELPERS = {
    ", training=None": (3, Scope(training=True)),
    ", training=False": (3, Scope(training=True)),
    ", training": (2, Scope(training=True)),
    "": (4, Scope()),
    ", **kwargs": (1, Scope(kwargs=True)),
}
# How a value is changed on its way.
REASSIGNED = {
    ("training = False",): 2,
    ("training = bool(training)",): 2,
    ("if training is None:", "    training = False"): 3,
    ("training = training or False",): 1,
    ("training = True",): 1,
    ("training = not training",): 1,
    ("training = None",): 1,
    ("training = False if training is None else training",): 1,
    ("training = self.trainable and training",): 1,
}
CONDITIONS = {
    "if training:": 10,
    "if not training:": 4,
    "if training is None:": 1,
    "if training is not None:": 1,
    "if training is True:": 1,
    "if training and self.trainable:": 1,
    "if training is None or training:": 1,
    "if training == True:": 1,
}


@dataclass
class Methods:
    """The methods of one class that are written besides its `call`."""

    helpers: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


def signature(writer: Writer) -> str:
    return writer.pick({text: weight for text, (weight, _) in SIGNATURES.items()})


def body(writer: Writer, scope: Scope, held: list[Held], methods: Methods) -> list[str]:
    """Statements that call each attribute once, or some of them never or twice, in any order."""
    order = list(held)
    if writer.chance(15) and order:
        order.append(writer.pick(held))
    if writer.chance(10) and len(order) > 1:
        order.reverse()
    if writer.chance(4) and len(order) > 1:
        order.pop()
    lines = []
    for each in order:
        if scope.training and writer.chance(5):
            lines += writer.pick(REASSIGNED)
        if writer.doubts and scope.training and writer.chance(30):
            lines += doubts.reassigned(writer)
        lines += statement(writer, scope, each, held, methods)
    return lines


def statement(writer: Writer, scope: Scope, each: Held, held: list[Held], methods: Methods) -> list[str]:
    lines = use(writer, scope, each)
    if writer.doubts and writer.chance(15):
        return doubts.around(writer, scope, lines, held)
    if scope.training and writer.chance(6):
        if each.kind == "one":
            return writer.pick([carried.carried, carried.carried, carried.by_function])(writer, each)
        if each.kind == "list":
            return carried.by_reduce(writer, each)
    how = writer.pick(
        {
            "plain": 72,
            "helper": 8,
            "branch": 6,
            "loop": 3,
            "leave": 2,
            "function": 3,
            "choice": 2,
            "comment": 2,
            "try": 1,
            "nested": 1,
        }
    )
    if how == "helper":
        return helper(writer, scope, each, methods)
    if how == "loop":
        return block("for _ in range(2):", lines)
    if how == "comment":
        return [f"# the {each.name.replace('_', ' ')} comes here", *lines]
    if how == "function":
        return [*block("def inner(x):", [*lines, "return x"]), "x = inner(x)"]
    if how == "try":
        return [*block("try:", lines), *block("except ValueError:", ["raise"])]
    if scope.training and how == "branch":
        return branch(writer, scope, lines, held)
    if scope.training and how == "leave":
        return [*block(writer.pick(["if not training:", "if training is False:"]), ["return x"]), *lines]
    if scope.training and how == "nested":
        return block("if training:", block("if x is not None:", lines))
    if scope.training and how == "choice" and len(lines) == 1 and lines[0].startswith("x = "):
        return [f"x = {lines[0][4:]} if {writer.pick(['training', 'not training'])} else x"]
    return lines


def branch(writer, scope, lines, held):
    """`if training:` around a statement, with or without another one on the other side."""
    out = block(writer.pick(CONDITIONS), lines)
    if writer.chance(50):
        out += block("else:", use(writer, scope, writer.pick(held)))
    return out


def helper(writer, scope, each, methods):
    """A method that calls the attribute, and the statement that calls the method."""
    name = f"_apply_{each.name}"
    if name in methods.names:
        return use(writer, scope, each)
    methods.names.add(name)
    parameters = writer.pick({text: weight for text, (weight, _) in HELPERS.items()})
    own = HELPERS[parameters][1]
    lines = use(writer, own, each)
    methods.helpers.append(method(f"def {name}(self, x{parameters}):", [*lines, "return x"]))
    passed = ""
    if own.training:
        ways = (
            ["training=training", "training", "", "training=False"]
            if scope.training
            else ["", "training=False"]
        )
        passed = writer.pick(ways)
        if not passed and parameters == ", training":
            passed = "training" if scope.training else "None"
    elif own.kwargs and scope.training:
        passed = writer.pick(["training=training", ""])
    return [f"x = self.{name}(x, {passed})" if passed else f"x = self.{name}(x)"]
