"""How a value of `training` is carried to where it is passed, besides by its own name."""

from __future__ import annotations

from .holding import Held
from .writer import Part, Writer, block, called

# Statements before the call, and what is passed then.
WAYS = (
    (("self.mode = training",), "training=self.mode"),
    (("flags = dict(training=training)",), "**flags"),
    (('flags = {"training": False}', 'flags["training"] = training'), "**flags"),
    (('flags = {"training": False}', "flags.update(training=training)"), '**{**flags}'),
    (("first, mode = x, training",), "training=mode"),
    (("mode, *rest = training, None",), "training=mode"),
    (("mode = (lambda value: value)(training)",), "training=mode"),
    (("def asked():", "    return training"), "training=asked()"),
    (("def asked(value=training):", "    return value"), "training=asked()"),
    (('modes = {"dropout": training}', "modes.setdefault('other', True)"), 'training=modes["dropout"]'),
    (("modes = [flag for flag in (training, True)]",), "training=modes[0]"),
    (("modes = (False,) + (training,)",), "training=modes[-1]"),
    (("mode = training if isinstance(training, bool) else False",), "training=mode"),
    (("mode = not not training",), "training=mode"),
    (("if (mode := training) is None:", "    mode = False"), "training=mode"),
    (("match training:", "    case True:", "        mode = True", "    case _:", "        mode = False"), "training=mode"),
    (("mode = False", "while training and not mode:", "    mode = True"), "training=mode"),
    (("mode = {True: True, False: False}.get(training)",), "training=mode"),
    (("mode = getattr(self, 'no_such_mode', training)",), "training=mode"),
)  # fmt: skip
# A function of the module that calls a layer, and how it is given the mode.
FUNCTIONS = {
    ("layer, x, training=None", "layer(x, training=training)"): 5,
    ("layer, x, training=False", "layer(x, training=training)"): 2,
    ("layer, x, training", "layer(x, training)"): 1,
    ("layer, x, **kwargs", "layer(x, **kwargs)"): 3,
    ("layer, x, *args", "layer(x, *args)"): 1,
    ("layer, x, training=None", "layer(x)"): 2,
    ("x, layer, training=None", "layer(x, training=training) if training else layer(x)"): 1,
}


def carried(writer: Writer, held: Held) -> list[str]:
    """A call of an attribute that holds one layer, with `training` by another way."""
    before, passed = writer.pick(WAYS)
    return [*before, f"x = {called(f'self.{held.name}', 'x', held.part, f', {passed}')}"]


def by_function(writer: Writer, held: Held) -> list[str]:
    """The same by a function of the module, which is written too."""
    name = writer.name("run_layer")
    parameters, value = writer.pick(FUNCTIONS)
    writer.define("\n".join(block(f"def {name}({parameters}):", [f"return {value}"])))
    layer = f"self.{held.name}"
    first = f"x, {layer}" if parameters.startswith("x, ") else f"{layer}, x"
    given = (
        "training"
        if "args" in parameters.split("*") or parameters.endswith("training")
        else "training=training"
    )
    return [f"x = {name}({first}, {given})"]


def by_reduce(writer: Writer, held: Held) -> list[str]:
    """All layers of a list, one after the other, each with the mode."""
    call = called("layer", "value", Part("layer", twice=held.part.twice), ", training=training")
    return writer.pick(
        (
            [f"x = functools.reduce(lambda value, layer: {call}, self.{held.name}, x)"],
            block(f"for layer, mode in zip(self.{held.name}, (training, not training)):", [f"x = {called('layer', 'x', held.part, ', training=mode')}"]),
            block(f"for layer in list(self.{held.name})[1:]:", [f"x = {called('layer', 'x', held.part, ', training=training')}"]),
            [f"first, *others = self.{held.name}", f"x = {called('first', 'x', held.part, ', training=training')}"],
        )
    )  # fmt: skip
