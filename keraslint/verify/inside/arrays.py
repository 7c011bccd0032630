"""The arrays that models are called with, as specifications: `float(2, 8)`, `int(2, 5) < 10`, and structures of them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_WRITTEN = re.compile(r"(float|int64|int|bool|sparse|str)\(([\d, ]*)\)(?:\s*<\s*(\d+))?")


class Spec(NamedTuple):
    """An array: float, int or int64 (below `limit`), bool, sparse or str, of a shape that begins with the batch; () is a number."""

    kind: str
    shape: tuple[int, ...]
    limit: int = 2

    def __str__(self):
        below = f" < {self.limit}" if self.is_int else ""
        return f"{self.kind}{self.shape}{below}"

    @property
    def is_int(self) -> bool:
        return self.kind in ("int", "int64")

    def array(self):
        """Its values: the same ones each time."""
        import numpy

        rng = numpy.random.default_rng(0)
        if self.is_int:
            # A number by itself is a count, of rows or of steps.
            lowest = 0 if self.shape else self.limit - 1
            return numpy.asarray(
                rng.integers(lowest, self.limit, self.shape), {"int": "int32"}.get(self.kind, self.kind)
            )
        if self.kind == "str":
            return numpy.full(self.shape, "a", "object")
        values = numpy.asarray(rng.uniform(0, 1, self.shape), "float32")
        if self.kind == "sparse":
            return Sparse(numpy.where(values > 0.5, values, 0))
        return values > 0.2 if self.kind == "bool" else values


class Sparse:
    """An array that becomes a sparse tensor."""

    def __init__(self, dense):
        self.dense, self.shape, self.dtype = dense, dense.shape, dense.dtype

    def __len__(self) -> int:
        return len(self.dense)


Structure = Any  # a Spec, None or a bool, or nested lists, tuples and dicts of them


class Recipe(NamedTuple):
    """How to make and start a model, as people write it: `Net(3) <- float(2, 8), int(2, 5) < 10 -> float(2, 1)`."""

    expression: str
    inputs: list[Spec]
    targets: list[Spec]


def recipe(text: str) -> Recipe:
    """Raises ValueError if the text is none; what stands after `->` may be left out, and what stands after `<-` too."""
    left, _, right = text.partition("<-")
    inputs, _, targets = right.partition("->")
    return Recipe(left.strip(), specs(inputs), specs(targets))


def specs(text: str) -> list[Spec]:
    """`float(2, 8), int(2, 5) < 10` as specifications."""
    found = _WRITTEN.findall(text)
    if _WRITTEN.sub("", text).strip(" ,"):
        raise ValueError(f"not understood: {text.strip()!r} (write float(2, 8) or int(2, 5) < 10)")
    return [
        Spec(kind, tuple(int(n) for n in shape.split(",") if n.strip()), int(limit or 2))
        for kind, shape, limit in found
    ]


def arrays(structure: Structure):
    """The arrays of a structure."""
    return mapped(lambda spec: spec.array(), structure)


def mapped(function, structure: Structure):
    if isinstance(structure, Spec):
        return function(structure)
    if isinstance(structure, dict):
        return {key: mapped(function, value) for key, value in structure.items()}
    if structure is None or isinstance(structure, bool):
        return structure
    return [mapped(function, value) for value in structure]


def describe(structure) -> str:
    if isinstance(structure, dict):
        return "{" + ", ".join(f"{key!r}: {describe(value)}" for key, value in structure.items()) + "}"
    if isinstance(structure, (list, tuple)) and not isinstance(structure, Spec):
        return "[" + ", ".join(map(describe, structure)) + "]"
    return str(structure)


def leaves(structure) -> list[Spec]:
    if isinstance(structure, Spec):
        return [structure]
    if structure is None or isinstance(structure, bool):
        return []
    parts = structure.values() if isinstance(structure, dict) else structure
    return [leaf for part in parts for leaf in leaves(part)]
