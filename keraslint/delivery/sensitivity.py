"""Whether a layer acts differently by mode: from the tables, from its own code, or from what it holds."""

from __future__ import annotations

from keraslint import summary as s
from keraslint.delivery import keras, layers, objects
from keraslint.delivery.values import DATA, ClassValue, FunctionValue, Instance, Known, options
from keraslint.semantics.layers import LayerFacts, layer_facts


def is_sensitive(layer: Instance, seen: frozenset = frozenset()) -> bool | None:
    """True, False, or None where it depends on what is not known."""
    if id(layer) in seen:
        return False
    seen = seen | {id(layer)}
    own = own_sensitivity(layer)
    if own:
        return True
    facts = _facts(layer)
    inner = layers.children(layer, facts) if facts is not None and facts.child else keras.held(layer)
    found = [own, *(is_sensitive(child, seen) for child in inner)]
    return True if True in found else (None if None in found else False)


def own_sensitivity(layer: Instance) -> bool | None:
    """The layer itself, without what it holds."""
    if isinstance(layer.cls, ClassValue) and isinstance(
        objects.class_attribute(layer.cls, "call"), FunctionValue
    ):
        return any(_reacts(cls) for cls in layer.cls.mro if isinstance(cls, ClassValue)) or _base_sensitive(
            layer
        )
    if keras.is_application(layer):
        frozen = _is_false(layer.slots.get("trainable"))
        return any(not (frozen and name == "BatchNormalization") for name in keras.application_members(layer))
    return _base_sensitive(layer)


def changes_output(layer: Instance) -> bool:
    """Whether it is Keras' own doing, or a dropping operation's, that the layer acts by mode.

    What a branch on `training` does else, whether it computes something or only counts, is not known.
    """
    if isinstance(layer.cls, ClassValue) and not _base_sensitive(layer):
        return any(
            names_sensitive(cls.definition.body) for cls in layer.cls.mro if isinstance(cls, ClassValue)
        )
    return True


def names_sensitive(node) -> bool:
    """Whether some statements name a sensitive layer or a dropping operation."""
    if isinstance(node, (s.Attr, s.Name)):
        name = node.name if isinstance(node, s.Attr) else node.id
        facts = layer_facts(name)
        if name == "dropout" or (facts is not None and facts.sensitive != "never"):
            return True
    return isinstance(node, tuple) and any(names_sensitive(part) for part in node)


def _facts(layer) -> LayerFacts | None:
    base = objects.base_of(layer.cls)
    if base is None or not base.name.startswith("keras.layers."):
        return None
    return layer_facts(base.name.rpartition(".")[2])


def _base_sensitive(layer) -> bool | None:
    facts = _facts(layer)
    if facts is None:
        return False
    if facts.trainable and _is_false(layer.slots.get("trainable")):
        return False
    if facts.sensitive == "always":
        return True
    if facts.name == "Lambda":
        function = layer.slots.get("function")
        return isinstance(function, FunctionValue) and any(p.name == "training" for p in function.params)
    return _any_nonzero(layer, facts)


def _is_false(value) -> bool:
    return isinstance(value, Known) and value.value is False


def _any_nonzero(layer, facts) -> bool | None:
    found = [_nonzero(layer.slots.get(name, DATA)) for name in facts.nonzero]
    return True if True in found else (None if None in found else False)


def _nonzero(value) -> bool | None:
    found = {bool(o.value) if isinstance(o, Known) else None for o in options(value)}
    return found.pop() if len(found) == 1 else None


def _reacts(cls: ClassValue) -> bool:
    """Whether the class's `call` does anything with `training` but hand it on."""
    call = cls.names.get("call")
    if not isinstance(call, FunctionValue):
        return False
    return _used(call.definition.body if isinstance(call.definition, s.Function) else ())


def _used(node) -> bool:
    """Whether `training` decides what is done, or is passed to something that is not a layer of this object."""
    if isinstance(node, (s.If, s.IfExp, s.While)) and _mentions(node.test):
        if isinstance(node, s.While) or s.unplaced(node.body) != s.unplaced(node.orelse):
            return True
    # A call among the arguments is judged by itself: it may be one of a layer, which hands the value on.
    if (
        isinstance(node, s.Call)
        and _is_plain(node.func)
        and any(_mentions(a.value, False) for a in node.args)
    ):
        return True
    return any(_used(part) for part in node if isinstance(part, tuple)) if isinstance(node, tuple) else False


def _is_plain(func) -> bool:
    while isinstance(func, (s.Attr, s.Sub)):
        func = func.value
    return (
        isinstance(func, s.Name)
        and func.id not in ("self", "super")
        and not func.id.islower()
        or (isinstance(func, s.Name) and func.id in ("K", "tf", "ops", "backend", "keras", "smart_cond"))
    )


def _mentions(expr, in_calls=True) -> bool:
    if isinstance(expr, s.Name):
        return expr.id == "training"
    if isinstance(expr, s.Call) and not in_calls:
        return False
    return isinstance(expr, tuple) and any(_mentions(part, in_calls) for part in expr)
