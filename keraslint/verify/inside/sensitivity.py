"""Whether a layer, as it is set up, acts differently in training and inference; by the tables that keraslint carries."""

from __future__ import annotations

from typing import Any


class Facts:
    """layers: public layer name -> its entry in the tables. functions: names of functions that drop or draw."""

    def __init__(self, layers: dict[str, dict], functions: dict[str, str], library):
        self.layers, self.library = layers, library
        self.operations: dict[Any, str] = {}
        for name in functions:
            code = _code(name, library)
            if code is not None:
                self.operations.setdefault(code, name)

    def is_sensitive(self, layer) -> bool | None:
        """None for the source's own classes that Keras' tables say nothing about, and for models."""
        builtin = self.library.builtin(type(layer))
        if builtin is None or builtin in self.library.graphs or builtin is self.library.layer:
            return None
        facts = self.layers.get(self.library.public[builtin].rpartition(".")[2])
        if facts is None or facts["sensitive"] == "never":
            return self._any_child(layer, facts)
        if facts.get("trainable") and not layer.trainable:
            return False
        if facts["sensitive"] == "if":
            return any(getattr(layer, name, None) for name in facts.get("nonzero", ())) or bool(
                self._any_child(layer, facts)
            )
        return True

    def _any_child(self, layer, facts) -> bool | None:
        if facts is None:
            return None
        held = [getattr(layer, name, None) for name in (*facts.get("child", ()), "forward_layer", "cell")]
        return any(self.is_sensitive(child) for child in held if isinstance(child, self.library.layer))


def _code(name: str, library):
    """The code object of a public function, under the decorators of TensorFlow and Keras."""
    import inspect

    first, *rest = name.split(".")
    if first == "tf" and library.backend != "tensorflow":
        return None
    if first == "tf":
        import tensorflow as value
    else:
        value = library.keras
    for part in rest:
        value = getattr(value, part, None)
    while hasattr(value, "_tf_decorator"):
        value = value._tf_decorator.decorated_target
    try:
        return inspect.unwrap(value).__code__
    except (AttributeError, TypeError, ValueError):
        return None
