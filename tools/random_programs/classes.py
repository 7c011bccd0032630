"""Layer and model classes."""

from __future__ import annotations

from keyword import iskeyword
from textwrap import indent

from . import doubts, steps
from .bodies import SIGNATURES, Methods, body, signature
from .holding import Held, Scope, attribute, stem
from .writer import Part, Writer, block, method

LAYERS = ["Block", "Residual", "Head", "Stem", "FeedForward", "Mixer", "Encoder", "Regularizer"]
MODELS = ["Net", "Classifier", "Backbone", "Autoencoder", "Tower", "Student"]


def add_class(writer: Writer, model: bool, top: bool = False) -> Part:
    """Write a class of one's own; what makes it can then be used."""
    name = writer.name(writer.pick(MODELS if model else LAYERS))
    base = "keras.Model" if model else "layers.Layer"
    parameters, passed, rate = constructor(writer)
    taken: set[str] = set()
    held = [attribute(writer, taken, rate) for _ in range(writer.count(1, 4 if top else 3))]
    if writer.doubts and writer.chance(60):
        held.append(doubts.attribute(writer, taken))
    if writer.chance(12):
        held.append(from_parameter(writer, taken))
        parameters += f", {held[-1].name}"
        passed = [held[-1].part.make, *passed]
        parameters = ordered(parameters)
    text = f"class {name}({base}):\n" + "\n\n".join(methods_of(writer, parameters, held, model and top))
    writer.define(text)
    bare = not model and writer.chance(50)
    made = writer.keep(Part(f"{name}({', '.join(passed)})", signature=text, bare=bare))
    if writer.chance(15):
        return inherit(writer, name, made, held)
    return made


def ordered(parameters: str) -> str:
    """Parameters without a default come first."""
    each = [p for p in parameters.split(", ") if p]
    return "".join(f", {p}" for p in sorted(each, key=lambda p: ("=" in p or "**" in p, "**" in p)))


def constructor(writer: Writer) -> tuple[str, list[str], str | None]:
    """(parameters, the arguments of the one call of it, the parameter that is a dropout rate)."""
    how = writer.pick({"none": 5, "rate": 3, "kwargs": 2, "both": 1})
    if how == "none":
        return "", [], None
    if how == "kwargs":
        return ", **kwargs", [], None
    passed = writer.pick([[], ["0.3"], ["rate=0.2"]])
    return (", rate=0.5" if how == "rate" else ", rate=0.5, **kwargs"), passed, "rate"


def from_parameter(writer: Writer, taken: set[str]) -> Held:
    """An attribute whose layer is made outside and handed in."""
    part = writer.part()
    name = stem(part.make)
    while name in taken or iskeyword(name):
        name += "2"
    taken.add(name)
    return Held(name, (f"self.{name} = {name}",), part)


def methods_of(writer: Writer, parameters: str, held: list[Held], top: bool) -> list[str]:
    """The methods of a class: constructor, perhaps `build`, `call`, helpers, steps."""
    lines = ["super().__init__(**kwargs)" if "**kwargs" in parameters else "super().__init__()"]
    built = writer.chance(8) and "rate" not in parameters
    own = [line for each in held for line in each.lines]
    if built:
        handed = [line for line in own if line.rpartition(" = ")[2] in parameters.split(", ")]
        lines, own = lines + handed, [line for line in own if line not in handed]
        build = [method("def build(self, input_shape):", [*own, "super().build(input_shape)"])]
    else:
        lines, build = lines + own, []
    taken = signature(writer)
    scope = SIGNATURES[taken][1]
    others = Methods()
    statements = body(writer, scope, held, others)
    if writer.chance(10):
        statements.insert(0, '"""What this one does."""')
    if top and not built and all_alone(held) and writer.chance(6):
        statements = block("for layer in self.layers:", [f"x = layer(x{writer.pick(scope.suffixes)})"])
    out = [method(f"def __init__(self{parameters}):", lines), *build]
    traced = "    @tf.function\n" if writer.steps and writer.chance(2) else ""
    out.append(traced + method(f"def call(self, x{taken}):", [*statements, "return x"]))
    out += others.helpers
    if top and writer.steps and writer.chance(35):
        out += steps.methods(writer, held)
    return out


def all_alone(held: list[Held]) -> bool:
    """Whether each attribute holds one layer with one input."""
    return all(each.kind == "one" and not each.part.twice for each in held)


def inherit(writer: Writer, name: str, made: Part, held: list[Held]) -> Part:
    """A subclass of a class that has just been written."""
    own = writer.name(f"{writer.pick(['My', 'Deep', 'Custom'])}{name}")
    taken = signature(writer)
    scope = SIGNATURES[taken][1]
    others = Methods()
    how = writer.pick(["before", "after", "replaced", "nothing"])
    parent = f"x = super().call(x{writer.pick(scope.suffixes)})"
    statements = [] if how == "nothing" else body(writer, scope, held[:1], others)
    lines = {"before": [*statements, parent], "after": [parent, *statements], "replaced": statements}.get(how)
    if lines is None:
        text = indent('"""The same under another name."""', "    ")
    else:
        text = "\n\n".join([method(f"def call(self, x{taken}):", [*lines, "return x"]), *others.helpers])
    writer.define(f"class {own}({name}):\n{text}")
    writer.size += made.size
    return writer.keep(Part(made.make.replace(name, own, 1), signature=taken, bare=made.bare))


def add_subclass_of_builtin(writer: Writer) -> Part:
    """A builtin layer with a `call` of one's own, as Monte Carlo dropout is written."""
    base, made = writer.pick([("Dropout", "0.5"), ("BatchNormalization", ""), ("GaussianNoise", "0.1")])
    name = writer.name(writer.pick(["MC", "Always", "Safe"]) + base)
    taken = writer.pick([", training=None", "", ", training=False", ", **kwargs"])
    scope: Scope = SIGNATURES[taken][1]
    suffix = writer.pick(scope.suffixes)
    lines = [f"return super().call(inputs{suffix})"]
    if writer.chance(10):
        lines = [f"return super().__call__(inputs{suffix})"]
        text = method(f"def __call__(self, inputs{taken}):", lines)
    else:
        text = method(f"def call(self, inputs{taken}):", lines)
    writer.define(f"class {name}(layers.{base}):\n{text}")
    writer.size = 1
    return writer.keep(Part(f"{name}({made})", signature=taken))
