"""Functional and Sequential models, and the functions that build them."""

from __future__ import annotations

from .writer import LARGEST, Part, Writer, block, called

PINS = {"": 80, ", training=False": 8, ", training=True": 8, ", training=None": 3}


def add_builder(writer: Writer) -> Part:
    """A function that builds a model."""
    made = [
        part for part in writer.parts if part.make.startswith(("make_", "build_")) and part.size <= LARGEST
    ]
    if made and writer.chance(15):
        return add_derived(writer, writer.pick(made))
    if writer.chance(40):
        return add_sequential(writer)
    return add_functional(writer)


def add_functional(writer: Writer) -> Part:
    name = writer.name(writer.pick(["make_net", "build_model", "make_encoder", "build_head"]))
    rate, passed = writer.pick([(None, ""), ("rate", ""), ("rate", "0.3")])
    head = f"def {name}({'rate=0.5' if rate else ''}):"
    lines = [f"inputs = keras.Input({writer.world.shape})", *graph(writer, rate)]
    lines.append(
        writer.pick(["return keras.Model(inputs, x)", "return keras.Model(inputs=inputs, outputs=x)"])
    )
    writer.define("\n".join(block(head, lines)))
    return writer.keep(Part(f"{name}({passed})"))


def graph(writer: Writer, rate: str | None) -> list[str]:
    """The statements between the input and the model: layers in a row, shared ones, side branches, loops."""
    lines, x = [], "inputs"
    if writer.chance(12):
        lines, x = [f"x = {writer.world.plain[0]}(inputs)", f"x = {block_function(writer)}(x)"], "x"
    for _ in range(writer.count(1, 4)):
        part = writer.part(rate)
        call = called(part.make, x, part, writer.pick(PINS))
        how = writer.pick({"plain": 70, "shared": 10, "side": 10, "loop": 5, "named": 10})
        if how == "plain":
            lines.append(f"x = {call}")
        elif how == "shared":
            first, second = (called("shared", v, part, writer.pick(PINS)) for v in (x, "x"))
            lines += [f"shared = {part.make}", f"x = {first}", f"x = {second}"]
        elif how == "side":
            other = writer.part(rate)
            lines += [f"y = {called(other.make, x, other, writer.pick(PINS))}", f"x = {call}"]
            lines.append(
                writer.pick(
                    ["x = layers.Add()([x, y])", "x = layers.Add()([y, x])", "x = layers.add([x, y])"]
                )
            )
        elif how == "loop":
            lines += [f"x = {x}"] if x != "x" else []
            lines += block("for _ in range(2):", [f"x = {called(part.make, 'x', part, writer.pick(PINS))}"])
        else:
            lines += [f"layer = {part.make}", f"x = {called('layer', x, part, writer.pick(PINS))}"]
        x = "x"
    return lines


def block_function(writer: Writer) -> str:
    """A function that adds some layers to a graph."""
    name = writer.name("conv_block" if writer.world.shape.count(",") > 2 else "dense_block")
    lines = []
    for _ in range(writer.count(1, 2)):
        part = writer.part()
        lines.append(f"x = {called(part.make, 'x', part, writer.pick(PINS))}")
    writer.define("\n".join(block(f"def {name}(x):", [*lines, "return x"])))
    return name


def add_sequential(writer: Writer) -> Part:
    name = writer.name(writer.pick(["make_stack", "build_mlp", "make_augmentation"]))
    parts = [part for part in (writer.part() for _ in range(writer.count(1, 3))) if not part.twice]
    makes = [part.make for part in parts] or [writer.world.plain[0]]
    start = f"keras.Input({writer.world.shape})"
    known = not writer.chance(15)
    if writer.chance(40):
        lines = ["model = keras.Sequential()", *([f"model.add({start})"] if known else [])]
        lines += [f"model.add({make})" for make in makes] + ["return model"]
    else:
        lines = [f"return keras.Sequential([{', '.join([start] * known + makes)}])"]
    writer.define("\n".join(block(f"def {name}():", lines)))
    return writer.keep(Part(f"{name}()"))


def add_derived(writer: Writer, base: Part) -> Part:
    """A function that builds a model of what another one holds."""
    name = writer.name("derive_model")
    inputs = f"inputs = keras.Input({writer.world.shape})"
    lines = writer.pick(
        {
            ("return keras.Sequential(base.layers)",): 2,
            (f"return keras.Sequential([keras.Input({writer.world.shape}), *base.layers[1:]])",): 2,
            ("return keras.models.clone_model(base)",): 2,
            (inputs, "x = inputs", *block("for layer in base.layers[1:]:", ["x = layer(x)"]), "return keras.Model(inputs, x)"): 3,
            ("base.trainable = False", inputs, f"x = base(inputs{writer.pick(PINS)})", "return keras.Model(inputs, x)"): 4,
            (*block("for layer in base.layers:", ["layer.trainable = False"]), inputs, f"x = base(inputs{writer.pick(PINS)})", "return keras.Model(inputs, x)"): 2,
            (inputs, f"x = base.get_layer(index=-1)(inputs{writer.pick(PINS)})", "return keras.Model(inputs, x)"): 1,
        }
    )  # fmt: skip
    writer.define("\n".join(block(f"def {name}():", [f"base = {base.make}", *lines])))
    writer.size += base.size
    return writer.keep(Part(f"{name}()"))


def add_functional_class(writer: Writer) -> Part:
    """A model class whose constructor builds the graph."""
    name = writer.name("GraphNet")
    lines = [
        f"inputs = keras.Input({writer.world.shape})",
        *graph(writer, None),
        "super().__init__(inputs, x)",
    ]
    writer.define(
        "\n".join(
            [f"class {name}(keras.Model):", *("    " + line for line in block("def __init__(self):", lines))]
        )
    )
    return writer.keep(Part(f"{name}()"))
