"""Classes, instances and their attributes."""

from __future__ import annotations

from keraslint import summary as s
from keraslint.delivery import builtins, calls, containers, expressions, gradients, keras, names, statements
from keraslint.delivery.dispatch import dispatching
from keraslint.delivery.machine import Frame, Machine, OutOfBudget, Raised
from keraslint.delivery.values import (
    ANYTHING,
    DATA,
    MISSING,
    NONE,
    BoundMethod,
    Builtin,
    ClassMethod,
    ClassValue,
    Environment,
    External,
    ExternalMethod,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    PartialCall,
    PropertyValue,
    Sequence,
    StaticMethod,
    SuperValue,
    Tape,
    Tensor,
    Union,
    defines,
    join,
    options,
    union,
)
from keraslint.project.modules import Module
from keraslint.semantics.names import canonical, is_keras

# ---------------------------------------------------------------- classes


def make_class(m: Machine, node: s.Class):
    """Run a class statement."""
    bases = []
    for base in node.bases:
        if base.name is None and not base.star:
            value = expressions.evaluate(m, base.value)
            bases.extend(b for b in options(value) if isinstance(b, (ClassValue, External)))
            if not isinstance(value, (ClassValue, External, Union)):
                bases.append(External("?"))
    outer = m.frame
    env = Environment(outer.env, outer.env.module)
    cls = ClassValue(node, outer.env, bases, env.names, outer.env.module)
    cls.mro = _linearised(cls)
    m.project.classes.append(cls)
    m.frame = Frame(env, cls, outer, symbol=node.name)
    try:
        statements.execute(m, node.body)
    except Raised:
        pass
    finally:
        m.frame = outer
    if {base for base in cls.mro[1:] if isinstance(base, External)} == {External("enum.Enum")}:
        _make_members(m, cls)
    value = cls
    for decorator in reversed(node.decorators):
        made = expressions.evaluate(m, decorator)
        if isinstance(made, (FunctionValue, PartialCall, BoundMethod)):
            result = calls.call(m, made, [value], {})
            value = result if isinstance(result, ClassValue) else value
    return value


def _make_members(m, cls):
    """The constants of an Enum are objects of it: equal to themselves, not to their values."""
    members: dict = {}  # equal values are other names of one member
    for name, value in list(cls.names.items()):
        if not name.startswith("_") and (isinstance(value, Known) or value is DATA):
            member = members.setdefault(value if isinstance(value, Known) else name, Instance(cls, m.site))
            member.slots.setdefault("name", Known(name))
            member.slots["value"] = value
            m.state.write(cls.names, name, member)


def defining_class(m: Machine):
    """The class whose body is being run, if any."""
    return m.frame.function if isinstance(m.frame.function, ClassValue) else None


def _linearised(cls) -> list:
    """The method resolution order, by C3; depth first where the bases contradict each other."""
    chains = [list(b.mro) if isinstance(b, ClassValue) else [b] for b in cls.bases]
    chains.append(list(cls.bases))
    order = [cls]
    while any(chains):
        for chain in chains:
            if chain and not any(chain[0] in other[1:] for other in chains):
                head = chain[0]
                break
        else:
            head = next(chain for chain in chains if chain)[0]
        order.append(head)
        chains = [[c for c in chain if c is not head and c != head] for chain in chains]
    return order


def base_of(cls) -> External | None:
    """The first outside base in the resolution order; Keras' own comes before others."""
    if isinstance(cls, External):
        return cls
    outside = [c for c in cls.mro if isinstance(c, External)]
    return next((c for c in outside if is_keras(c.name)), outside[0] if outside else None)


def has_unknown_base(cls) -> bool:
    """Whether some base is neither in the sources nor Keras'."""
    harmless = ("abc.", "typing.", "object", "collections.", "enum.", "dataclasses.")
    return isinstance(cls, ClassValue) and any(
        isinstance(c, External) and not is_keras(c.name) and not c.name.startswith(harmless) for c in cls.mro
    )


def class_attribute(cls, name: str, after=None):
    """A name from the class or its bases in the sources, MISSING if there is none.

    after: look only behind this class in the resolution order, as `super()` does.
    """
    if not isinstance(cls, ClassValue):
        return MISSING
    mro = cls.mro
    if after is not None and after in mro:
        mro = mro[mro.index(after) + 1 :]
    for one in mro:
        if isinstance(one, ClassValue) and name in one.names:
            return one.names[name]
    return MISSING


# ---------------------------------------------------------------- decorators

_TRACING = ("tensorflow.function", "tensorflow.autograph.experimental.do_not_convert")


def decorated(m: Machine, function: FunctionValue, node: s.Function):
    """Apply a function's decorators. Those from outside are taken to keep the signature."""
    value = function
    for decorator in reversed(node.decorators):
        try:
            made = expressions.evaluate(m, decorator)
        except Raised:
            continue
        value = _decorate(m, made, value, decorator)
    return value


def _decorate(m, made, value, decorator):
    if isinstance(made, External) or (isinstance(made, PartialCall) and isinstance(made.function, External)):
        return _decorate_outside(made, value)
    if isinstance(made, (FunctionValue, BoundMethod, PartialCall, ClassValue, Builtin)):
        result = calls.call(m, made, [value], {})
        return value if result is NONE else result
    if isinstance(made, PropertyValue) and isinstance(decorator, s.Attr):
        changed = {"getter": (value, made.setter), "setter": (made.getter, value)}
        return PropertyValue(*changed.get(decorator.name, made))
    return value if made is DATA or isinstance(made, Known) else ANYTHING


def _decorate_outside(made, value):
    name = made.name if isinstance(made, External) else made.function.name
    last = name.rpartition(".")[2]
    if last in ("property", "cached_property"):
        return PropertyValue(value, cached=last == "cached_property")
    if name == "functools.singledispatch" and isinstance(value, FunctionValue):
        return dispatching(value)
    if name == "functools.singledispatchmethod":
        return ANYTHING
    if name == "functools.wraps" and isinstance(value, FunctionValue):
        value.rewraps = made.args[0] if made.args else None
    if name == _TRACING[0] and isinstance(value, FunctionValue):
        value.traced = True
    return value


# ---------------------------------------------------------------- attributes


def attribute(m: Machine, value, name: str):
    """value.name"""
    if isinstance(value, Instance):
        return instance_attribute(m, value, name)
    if isinstance(value, External):
        return External(canonical(f"{value.name}.{name}"))
    if isinstance(value, (Module, names.Folder)):
        return names.member(m, value, name)
    if isinstance(value, Union):
        found = [
            attribute(m, o, name) for o in value.options if not (isinstance(o, Known) and o.value is None)
        ]
        return union(found) if found else ANYTHING
    if isinstance(value, SuperValue):
        return _super_attribute(m, value, name)
    if isinstance(value, ClassValue):
        return _of_class(m, value, name)
    if isinstance(value, (Sequence, Mapping)):
        return containers.method_of(value, name)
    if isinstance(value, Known):
        return builtins.method_of(value, name)
    if isinstance(value, FunctionValue):
        return value.extra.get(name, DATA)
    if isinstance(value, Builtin) and name in value.attributes:
        return value.attributes[name]
    if isinstance(value, Tape):
        return gradients.tape_attribute(value, name)
    if name in gradients.METHODS:
        return gradients.METHODS[name]
    if isinstance(value, Tensor) or value is DATA:
        return DATA
    if isinstance(value, PropertyValue):
        return value
    return ANYTHING


def _of_class(m, cls, name):
    if name == "__name__":
        return Known(cls.name)
    found = class_attribute(cls, name)
    if isinstance(found, StaticMethod):
        return found.function
    if isinstance(found, ClassMethod):
        return BoundMethod(found.function, cls)
    if found is MISSING:
        base = base_of(cls)
        return ExternalMethod(None, name, base) if base is not None else ANYTHING
    return found


def _super_attribute(m, value, name):
    receiver = value.receiver
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    if not isinstance(cls, (ClassValue, External)):
        return ANYTHING
    found = class_attribute(cls, name, after=value.cls)
    if found is MISSING:
        return ExternalMethod(receiver, name, base_of(cls))
    return _bound(m, found, receiver)


def _bound(m, found, receiver):
    if isinstance(found, PropertyValue):
        return calls.call(m, found.getter, [receiver], {})
    if isinstance(found, StaticMethod):
        return found.function
    if isinstance(found, ClassMethod):
        return BoundMethod(found.function, receiver.cls if isinstance(receiver, Instance) else receiver)
    if isinstance(found, FunctionValue):
        return BoundMethod(found, receiver)
    if isinstance(found, Union):
        return union(_bound(m, o, receiver) for o in found.options)
    return found


def method(instance: Instance, name: str):
    """A method of the sources, bound; None if there is none."""
    found = class_attribute(instance.cls, name)
    return BoundMethod(found, instance) if isinstance(found, FunctionValue) else None


def instance_attribute(m: Machine, instance: Instance, name: str):
    """instance.name, as Python and Keras would find it."""
    found = class_attribute(instance.cls, name)
    if isinstance(found, PropertyValue) and not found.cached:
        return _bound(m, found, instance)
    if name in instance.slots:
        value = instance.slots[name]
        if found is not MISSING and not m.state.is_certain(instance.slots, name):
            value = join(value, _bound(m, found, instance))
        return value
    if found is not MISSING:
        value = _bound(m, found, instance)
        if isinstance(found, PropertyValue):
            m.state.write(instance.slots, name, value)
        return value
    if name == "__class__":
        return instance.cls
    base = base_of(instance.cls)
    if base is not None:
        given = keras.attribute(m, instance, name, base)
        if given is not MISSING:
            return given
    if isinstance(instance.cls, ClassValue) and set_elsewhere(m, instance, name):
        return instance.slots.get(name, ANYTHING)
    if base is not None and is_keras(base.name) and not has_unknown_base(instance.cls):
        return DATA
    return ANYTHING


def set_attribute(m: Machine, target, name: str, value, at: int | None = None):
    """target.name = value"""
    owners = options(target)
    for owner in owners:
        if isinstance(owner, Instance):
            found = class_attribute(owner.cls, name)
            if isinstance(found, PropertyValue) and found.setter is not None:
                calls.call(m, found.setter, [owner, value], {})
                continue
            if name == "trainable":
                keras.set_trainable(m, owner, value)
                m.note("trainable", owner, value, {"at": at})
            kept = value if len(owners) == 1 else join(owner.slots.get(name, MISSING), value)
            if defines(owner.cls, "__setattr__"):
                kept = union((kept, ANYTHING))
            m.state.write(owner.slots, name, kept)
            if at is not None:
                owner.assigned.setdefault(name, (m.here(at), value))
        elif isinstance(owner, ClassValue):
            m.state.write(owner.names, name, value)
        elif isinstance(owner, Module):
            m.state.write(owner.env.names, name, value)
        elif isinstance(owner, FunctionValue):
            m.state.write(owner.extra, name, value)


def set_some_attribute(m: Machine, target, value):
    """setattr(target, name, value) with a name that is not known: any constant may be another one now."""
    for owner in options(target):
        if isinstance(owner, Instance) and not isinstance(value, Instance):
            for name, constant in _constants(owner).items():
                m.state.write(owner.slots, name, union((constant, value)))


def _constants(instance: Instance) -> dict:
    """The attributes of an object, or of its classes in the sources, that are constants."""
    classes = instance.cls.mro if isinstance(instance.cls, ClassValue) else ()
    names_ = [one.names for one in reversed(classes) if isinstance(one, ClassValue)]
    found = {name: value for each in (*names_, instance.slots) for name, value in each.items()}
    return {name: value for name, value in found.items() if isinstance(value, Known)}


def copied(value, deep: bool = False):
    """A copy of a list, dict or plain object. Of layers there is one that stands for its copies."""
    inner = (lambda each: copied(each, True)) if deep else (lambda each: each)
    if isinstance(value, Sequence):
        return Sequence(value.kind, map(inner, value.items), value.open, value.sure)
    if isinstance(value, Mapping):
        return Mapping({key: inner(each) for key, each in value.items.items()}, value.open, value.maybe)
    if isinstance(value, Instance) and keras.kind(value.cls) is None:
        other = Instance(value.cls, value.site, value.within)
        other.arguments = value.arguments
        other.slots.update({name: inner(each) for name, each in value.slots.items()})
        return other
    return union(copied(option, deep) for option in value.options) if isinstance(value, Union) else value


# ---------------------------------------------------------------- instances


def instantiate(m: Machine, cls: ClassValue, args: list, kwargs: dict):
    """Cls(*args, **kwargs)"""
    if keras.kind(cls) is None and defines(cls, "__new__"):
        return ANYTHING
    instance = Instance(cls, m.site, m.frame.symbol if m.frame else "")
    instance.arguments = (tuple(args), tuple(kwargs.items()))
    instance.built_in_call = m.running
    m.instances.append(instance)
    init = class_attribute(cls, "__init__")
    if init is MISSING:
        base = base_of(cls)
        fields = _dataclass_fields(cls)
        if base is not None and not fields:
            keras.initialise(m, instance, base, args, kwargs)
        elif fields:
            bound = dict(zip(fields, args))
            for name, value in {**bound, **kwargs}.items():
                m.state.write(instance.slots, name, value)
            for name in fields:
                if name not in instance.slots and class_attribute(cls, name) is MISSING:
                    m.state.write(instance.slots, name, ANYTHING)
    else:
        calls.call(m, _bound(m, init, instance), args, kwargs)
    if keras.kind(cls) is not None:
        _build(m, instance)
    return instance


def is_legacy(cls) -> bool:
    """Whether a class follows the rules of Keras 2 whatever else is installed: by tf_keras, or by the copy in TensorFlow."""
    own = [one for one in cls.mro if isinstance(one, ClassValue)] if isinstance(cls, ClassValue) else []
    return any(one.module.legacy or _extends_old_copy(one) for one in own)


def _extends_old_copy(cls: ClassValue) -> bool:
    bases = (s.text(base.value).split(".")[0] for base in cls.definition.bases)
    return not cls.module.old_names.isdisjoint(bases)


def alike(one: Instance, other: Instance) -> bool:
    """Whether two objects were made with the same arguments."""
    return repr(one.arguments) == repr(other.arguments)


def _dataclass_fields(cls) -> list[str]:
    """The fields of a dataclass or named tuple, in the order of its constructor's parameters."""
    tuples = External("typing.NamedTuple") in cls.mro
    found: dict = {}
    for one in reversed(cls.mro):
        if isinstance(one, ClassValue):
            if tuples or any("dataclass" in s.text(d) for d in one.definition.decorators):
                found.update(dict.fromkeys(one.definition.annotated))
    return list(found)


def _build(m, instance):
    """Run the class's own `build`: layers are often made there.

    Keras 3 hands it a shape for each tensor that `call` gets, by the name of the argument.
    """
    build = method(instance, "build")
    if build is None:
        return
    function = build.function
    shapes = [
        p.name for p in function.params[2:] if p.name in function.defaults and p.name.endswith("_shape")
    ]
    quietly(m, lambda: calls.call(m, build, [DATA], dict.fromkeys(shapes, union((NONE, DATA)))))


def quietly(m: Machine, action):
    """Run something whose failure or length must not stop what asked for it."""
    frame, site, callee, forks, opened = m.frame, m.site, m.callee, m.forks, m.state.open
    try:
        return action()
    except (Raised, OutOfBudget, RecursionError):
        return None
    finally:
        m.frame, m.site, m.callee, m.forks, m.state.open = frame, site, callee, forks, opened


def run_handed_on(m: Machine):
    """Run the functions that others defined and that nothing called: a strategy, a callback or whoever asked for them will."""
    for function in m.nested:
        if id(function.definition) not in m.called and function.owner is None:
            m.steps = 0
            quietly(m, lambda f=function: calls.call(m, f, unknown_arguments(f), {}))
    m.nested.clear()


def unknown_arguments(function: FunctionValue, bound: int = 0) -> list:
    """What to call a function with that nobody in the sources calls; `bound` parameters are given already."""
    params = function.params[bound:]
    return [ANYTHING for p in params if p.kind == "positional" and p.name not in function.defaults]


def set_elsewhere(m: Machine, instance: Instance, name: str) -> bool:
    """Run the method that sets the attribute, if the constructor has not; whether one was found."""
    for cls in instance.cls.mro:
        if not isinstance(cls, ClassValue):
            continue
        for function in cls.names.values():
            if isinstance(function, FunctionValue) and name in _assigned_attributes(m, function.definition):
                active = m.frame
                while active is not None:
                    if active.function is function:
                        return False
                    active = active.parent
                regime, m.regime = m.regime, None
                try:
                    quietly(m, lambda: calls.call(m, BoundMethod(function, instance), [], {}))
                finally:
                    m.regime = regime
                if name in instance.slots:
                    return True
    return False


def _assigned_attributes(m, definition) -> frozenset:
    known = m.project.assigned
    if id(definition) not in known:
        known[id(definition)] = _find_assigned(definition)
    return known[id(definition)]


def _find_assigned(definition) -> frozenset:
    """The names x of all `self.x = ...` in a method."""
    if not isinstance(definition, s.Function) or not definition.params:
        return frozenset()
    found: set = set()
    receiver = definition.params[0].name
    stack = list(definition.body)
    while stack:
        node = stack.pop()
        if isinstance(node, s.Assign):
            for target in node.targets:
                parts = target.items if isinstance(target, s.Seq) else (target,)
                found.update(t.name for t in parts if isinstance(t, s.Attr) and t.value == s.Name(receiver))
        elif isinstance(node, (s.If, s.For, s.While)):
            stack.extend((*node.body, *node.orelse))
        elif isinstance(node, s.With):
            stack.extend(node.body)
        elif isinstance(node, s.Try):
            stack.extend((*node.body, *node.orelse, *node.final))
            for _, body in node.handlers:
                stack.extend(body)
    return frozenset(found)
