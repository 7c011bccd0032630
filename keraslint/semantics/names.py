"""Canonical names: every spelling of a Keras symbol becomes one dotted name.

`tensorflow.keras.layers.Dropout`, `tf_keras.layers.Dropout` and `keras.src.layers.regularization.dropout.Dropout`
are all `keras.layers.Dropout`.
"""

from __future__ import annotations

from functools import lru_cache

_PREFIXES = (
    ("tensorflow.compat.v2.", "tensorflow."),
    ("tensorflow.python.keras.", "keras.src."),
    ("tensorflow.compat.v1.keras.", "keras."),
    ("tensorflow.keras.", "keras."),
    ("tf_keras.", "keras."),
    ("keras.api.", "keras."),
    ("keras._tf_keras.keras.", "keras."),
)
_MODELS = {"Model", "Sequential", "Functional"}
_MODEL_ROOTS = ("models", "engine", "src")
LEGACY_ROOTS = ("tf_keras",)


@lru_cache(maxsize=None)
def canonical(dotted: str) -> str:
    """The canonical name of a dotted name outside the sources read."""
    name = dotted + "."
    for prefix, replacement in _PREFIXES:
        if name.startswith(prefix):
            name = replacement + name[len(prefix) :]
    name = name[:-1]
    if not name.startswith("keras."):
        return name
    parts = name.split(".")
    last = parts[-1]
    if last in _MODELS and (len(parts) == 2 or parts[1] in _MODEL_ROOTS):
        return f"keras.{last}"
    if last in ("Input", "Layer") and len(parts) > 1:
        return "keras.Input" if last == "Input" else "keras.layers.Layer"
    if last[:1].isupper() and "layers" in parts[1:-1]:
        return f"keras.layers.{last}"
    if last[:1].isupper() and "applications" in parts[1:-1]:
        return f"keras.applications.{last}"
    return name


def is_old_copy(dotted: str) -> bool:
    """Whether a name, as imported, is of the copy of Keras 2 that TensorFlow has in it, beside whatever Keras is installed.

    TensorFlow 2.16 and later keep it. Its layers follow the rules of Keras 2, also in a model of Keras 3.
    """
    return f"{dotted}.".startswith("tensorflow.python.keras.")


_PACKAGES = frozenset(("keras", "tensorflow", "jax", "torch", "numpy"))


def is_installed(name: str) -> bool:
    """Whether a canonical name is of a package that no folder of a project stands for, be it called the same."""
    return name.split(".")[0] in _PACKAGES


def is_object(name: str) -> bool:
    """Whether a canonical name is surely a module, class or function: true, and not None."""
    return is_installed(name) and not name.endswith("__")


def is_keras(name: str) -> bool:
    """Whether a canonical name belongs to Keras."""
    return name == "keras" or name.startswith("keras.")
