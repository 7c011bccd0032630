"""What is decided only when a program runs: no reader of the source can tell, and yet the program does one thing."""

from __future__ import annotations

from .holding import Held, Scope, stem, use
from .writer import Part, Writer, block, called

CONDITIONS = (
    "len(sys.argv) > 99",
    "time.time() > 0",
    'os.environ.get("NO_SUCH_NAME") is None',
    'os.path.exists("/no/such/file")',
    "np.ones(2).sum() > 1",
    "np.zeros(2).any()",
)
NUMBERS = ("int(np.ones(1).sum())", "int(np.zeros(1).sum())", "len(sys.argv[99:])")
# How `training` may become something else.
REASSIGNED = (
    ("if {doubt}:", "    training = False"),
    ("if {doubt}:", "    training = True"),
    ("training = {doubt}",),
    ("training = training and {doubt}",),
    ("training = False if {doubt} else training",),
    ("try:", "    training = False", '    open("/no/such/file")', "    training = True", "except OSError:", "    pass"),
    ("try:", "    training = [True][{number}]", "except IndexError:", "    training = False"),
    ("for _ in range({number}):", "    training = False"),
    ("while {doubt}:", "    training = False", "    break"),
    ('options = {{"training": training}}', "if {doubt}:", '    options["training"] = False', 'training = options["training"]'),
    ('options = {{}}', "if {doubt}:", '    options["a"] = True', 'training = options.get("a", training)'),
    ('options = {{"a": training}}', "if {doubt}:", '    options.pop("a")', 'training = options.get("a", False)'),
    ('options = {{}}', "if {doubt}:", '    options["a"] = training', 'training = options["a"] if "a" in options else False'),
    ("modes = [training]", "if {doubt}:", "    modes.append(True)", "training = modes[-1]"),
    ("modes = [training]", "if {doubt}:", "    modes.insert(0, False)", "training = modes[0]"),
    ("modes = [training, False]", "modes.pop({number})", "training = modes[0]"),
    ("modes = [training, True, False]", "training = modes[{number}]"),
    ("modes = []", "if {doubt}:", "    modes = [True]", "training = training if not modes else modes[0]"),
    ("modes = [True for _ in range({number})]", "training = training if len(modes) == 0 else False"),
    ("modes = [training]", "del modes[{number}:]", "training = modes[0] if modes else True"),
    ("modes = (training, *([True] * {number}))", "training = modes[-1]"),
    ("modes = [True] * {number}", "training = training if modes else False"),
    ("modes = [False, True, training][{number}:]", "training = modes[0]"),
    ("modes = [training, False]", "modes[{number}] = True", "training = modes[0]"),
    ("modes = [training, False]", "if {doubt}:", "    modes.reverse()", "training = modes[0]"),
    ("modes = sorted([training is True, False, {doubt}])", "training = modes[0]"),
    ("training = any([training, {doubt}])",),
    ("training = max([bool(training), {doubt}])",),
    ("def decide(value=training):", "    if {doubt}:", "        return False", "    return value", "training = decide()"),
)  # fmt: skip
# How an attribute is set: its kind, and the lines.
ATTRIBUTES = (
    ("one", "{me} = {first} if {doubt} else {second}"),
    ("one", "{me} = {first}", "if {doubt}:", "    {me} = {second}"),
    ("one", "{me} = [{first}, {second}][{number}]"),
    ("one", "{me} = {{True: {first}, False: {second}}}[bool({doubt})]"),
    ("none", "{me} = None", "if {doubt}:", "    {me} = {first}"),
    ("none", "{me} = {first} if {doubt} else None"),
    ("unset", "if {doubt}:", "    {me} = {first}"),
    ("one", '{me} = [{twin}({first}, "odd", 2), {twin}({second}, "even")][{number}]'),
    ("many", '{me} = [{twin}({first}, "odd", 2), {twin}({second}, "even")][:{number}]'),
    ("many", "{me} = []", "if {doubt}:", "    {me}.append({first})"),
    ("many", "layers_ = [{first}]", "if {doubt}:", "    layers_.append({second})", "{me} = layers_"),
    ("many", "layers_ = [{first}, {second}]", "layers_.pop({number})", "{me} = layers_"),
    ("many", "{me} = [{first} for _ in range({number})]"),
    ("many", "{me} = [{first}, {second}][:{number}]"),
    ("many", "layers_ = [{first}] if {doubt} else []", "{me} = layers_ + [{second}]"),
    ("many", "{me} = [{first}, *([{second}] if {doubt} else [])]"),
    ("named", "named = {{}}", "if {doubt}:", '    named["first"] = {first}', "{me} = named"),
    ("named", "{me} = {{}} if {doubt} else {{{key}: {first}}}"),
    ("flag", "{me} = {doubt}"),
    ("flag", "{me} = True", "if {doubt}:", "    {me} = False"),
    ("chain", "{me} = keras.Sequential()", "if {doubt}:", "    {me}.add({first})", "{me}.add({second})"),
    ("chain", "{me} = keras.Sequential([{second}])", "if {doubt}:", "    {me}.add({first})", "else:", "    {me}.add({other})"),
)  # fmt: skip
# A layer that acts by what it was made with, and how.
TWIN = """\
class {name}(layers.Layer):
    def __init__(self, inner, kind, size=1):
        super().__init__()
        self.inner = inner
        self.kind = kind
        self.size = size

    def is_odd(self):
        return self.kind == "odd"

    def call(self, x, training=None):
        {test}
            return self.inner(x, training=False)
        return self.inner(x)"""
TESTS = (
    'if self.kind == "odd":',
    "if self.size > 1:",
    "if self.is_odd():",
    'if {"odd": True, "even": False}[self.kind]:',
    'kind = self.kind\n        if kind != "even":',
    "for _ in range(self.size - 1):",
    'if len(self.kind) == 3 and training:',
)
# How what it holds is called.
USES = {
    "one": ("{x} = {call}",),
    "chain": ("{x} = {call}",),
    "none": ("if {me} is not None:\n    {x} = {call}", "if {me}:\n    {x} = {call}"),
    "unset": (
        'if hasattr(self, "{name}"):\n    {x} = {call}\nelse:\n    {x} = {other}',
        'if getattr(self, "{name}", None) is not None:\n    {x} = {call}',
    ),
    "many": (
        "for layer in {me}:\n    {x} = {item}",
        "if {me}:\n    {x} = {last}",
        "if len({me}) > 1:\n    {x} = {last}\nelse:\n    {x} = {other}",
        "if not {me}:\n    {x} = {other}",
        "for i in range(len({me})):\n    {x} = {indexed}",
    ),
    "named": (
        "if {key} in {me}:\n    {x} = {found}",
        "layer = {me}.get({key})\nif layer is not None:\n    {x} = {item}",
        "for layer in {me}.values():\n    {x} = {item}",
        "if not {me}:\n    {x} = {other}",
    ),
    "flag": (
        "if {me}:\n    {x} = {other}",
        "{x} = {flagged}",
    ),
}


def doubt(writer: Writer) -> str:
    """A condition that only the run decides."""
    return writer.pick(CONDITIONS)


def reassigned(writer: Writer) -> list[str]:
    """`training` becomes something else, perhaps."""
    chosen = writer.pick(REASSIGNED)
    return [line.format(doubt=doubt(writer), number=writer.pick(NUMBERS)) for line in chosen]


def around(writer: Writer, scope: Scope, lines: list[str], held: list[Held]) -> list[str]:
    """A statement that runs or does not, or another one in its place."""
    how = writer.pick(["if", "else", "try", "loop", "leave"])
    test = doubt(writer)
    if how == "try":
        tried = block("try:", [*block(f"if {test}:", ["raise ValueError"]), *lines])
        return [*tried, *block("except ValueError:", use(writer, scope, writer.pick(held)))]
    if how == "loop":
        return block(f"for _ in range({writer.pick(NUMBERS)}):", lines)
    if how == "leave":
        return [*block(f"if {test}:", ["return x"]), *lines]
    out = block(f"if {test}:", lines)
    return [*out, *block("else:", use(writer, scope, writer.pick(held)))] if how == "else" else out


def attribute(writer: Writer, taken: set[str]) -> Held:
    """An attribute that holds one thing or another, or nothing, and beside it what is used otherwise."""
    makes = {which: made_once(writer) for which in ("first", "second", "other")}
    name = stem(makes["first"]) + "_perhaps"
    while name in taken:
        name += "2"
    taken.add(name)
    kind, *lines = writer.pick(ATTRIBUTES)
    names = {"me": f"self.{name}", "key": '"first"', "doubt": doubt(writer), "number": writer.pick(NUMBERS)}
    if any("{twin}" in line for line in lines):
        names["twin"] = twin(writer)
    lines = [line.format(**names, **makes) for line in [*lines, "{me}_other = {other}"]]
    return Held(name, tuple(lines), Part(makes["first"]), kind, use_attribute)


def twin(writer: Writer) -> str:
    """The name of a new class whose layers differ by what they are made with."""
    name = writer.name("Twin")
    writer.define(TWIN.replace("{name}", name).replace("{test}", writer.pick(TESTS)))
    return name


def made_once(writer: Writer) -> str:
    """What makes a layer that is called with one input."""
    part = writer.part()
    return writer.world.plain[0] if part.twice else part.make


def use_attribute(writer: Writer, scope: Scope, held: Held, x: str) -> list[str]:
    """The statements that call what such an attribute holds."""
    me, suffix, layer = f"self.{held.name}", writer.pick(scope.suffixes), Part("layer")
    flag = f"training and {me}" if scope.training else me
    calls = {
        "call": called(me, x, layer, suffix),
        "item": called("layer", x, layer, suffix),
        "last": called(f"{me}[-1]", x, layer, suffix),
        "indexed": called(f"{me}[i]", x, layer, suffix),
        "found": called(f'{me}["first"]', x, layer, suffix),
        "other": called(f"{me}_other", x, layer, writer.pick(scope.suffixes)),
        "flagged": called(f"{me}_other", x, layer, f", training={flag}"),
    }
    return (
        writer.pick(USES[held.kind]).format(me=me, name=held.name, x=x, key='"first"', **calls).splitlines()
    )
