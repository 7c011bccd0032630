"""What Keras' own layers do with `training`, from the tables in `rules/layers/`.

The tables are made by probing installed Keras (`tools/probe_layers.py`), never by reading its source.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any, NamedTuple

from keraslint.rulebook import folder, load_toml
from keraslint.semantics.context import UNKNOWN


class Parameter(NamedTuple):
    """A constructor parameter; `default` is REQUIRED if it has none, UNKNOWN if it is not a constant."""

    name: str
    default: Any


class _Required:
    def __repr__(self):
        return "REQUIRED"


REQUIRED = _Required()


class Signature(NamedTuple):
    """What a `call` says of `training`: whether it takes it, and its default."""

    accepts: bool
    default: Any = None  # True, False, None or REQUIRED
    position: int | None = None  # among the arguments of `call`, None if keyword-only or absent


class LayerFacts(NamedTuple):
    """One of Keras' layers in one regime."""

    name: str  # the usual one, of several
    init: tuple[Parameter, ...]
    signatures: tuple[Signature, ...]  # several if versions of the regime differ
    sensitive: str  # always | never | if
    nonzero: tuple[str, ...]
    trainable: bool  # insensitive while `trainable` is False
    child: tuple[str, ...]
    forwards: str  # explicit | direct | implicit | ""
    cell: str  # what a recurrent layer runs: its cell, its cell or kernel (a kernel for the whole loop, where there is one)


# A cell is called with what the layer got, by keyword, so that it enters the context; the kernels are those of cuDNN and
# of some backends (keras/src/layers/rnn/rnn.py, gru.py and lstm.py, `inner_loop`).
_CELLS = {
    **dict.fromkeys(("SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), "cell"),
    **dict.fromkeys(("GRU", "LSTM"), "cell or kernel"),
}


@lru_cache(maxsize=None)
def _read(name: str) -> dict:
    return load_toml((folder() / "layers" / f"{name}.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=None)
def _table(library: str) -> dict:
    data = _read(library)
    layers = dict(data["layers"])
    for name, entry in data["layers"].items():
        for alias in entry.get("aliases", ()):
            layers.setdefault(alias, {**entry, "name": name})
    return {"layers": layers, "meta": data["meta"]}


def _tables(regime: str) -> tuple[dict, dict]:
    first, second = ("keras2", "keras3") if regime == "2" else ("keras3", "keras2")
    return _table(first), _table(second)


@lru_cache(maxsize=None)
def layer_facts(name: str, regime: str = "3.10") -> LayerFacts | None:
    """The facts of a public layer class such as `Dropout`; None if Keras has no such layer.

    A layer that only the other generation of Keras has is described as it is there.
    """
    for table in _tables(regime):
        entry = table["layers"].get(name)
        if entry is not None:
            return _facts(entry.get("name", name), entry, table["meta"], regime)
    return None


def application_layers(name: str) -> tuple[str, ...] | None:
    """The sensitive layers in the default graph of a `keras.applications` model; None if unknown."""
    entry = _read("applications")["applications"].get(name)
    return tuple(entry["layers"]) if entry is not None else None


def sensitive_functions() -> dict:
    """Functions that are random, or drop, whatever the mode: name (`tf.` for tensorflow) -> facts."""
    return _read("functions")


def _facts(name, entry, meta, regime) -> LayerFacts:
    return LayerFacts(
        name=name,
        init=tuple(_parameter(p) for p in entry["init"] if not p.startswith("*")),
        signatures=_signatures(entry, meta, regime),
        sensitive=entry["sensitive"],
        nonzero=tuple(entry.get("nonzero", ())),
        trainable=entry.get("trainable", False),
        child=tuple(entry.get("child", ())),
        forwards=entry.get("forwards", ""),
        cell=_CELLS.get(name, ""),
    )


def _parameter(written: str) -> Parameter:
    name, _, default = written.partition("=")
    return Parameter(name, _value(default) if default else REQUIRED)


def _value(written: str):
    try:
        return ast.literal_eval(written)
    except (ValueError, SyntaxError):
        return UNKNOWN


def _signatures(entry, meta, regime) -> tuple[Signature, ...]:
    usual = entry.get("training", "absent")
    by_version = entry.get("training_in", {})
    probed = entry.get("versions", meta["versions"])
    versions = [v for v in probed if regime_of_version(v) == regime] or probed
    found = {_signature(by_version.get(version, usual), entry["call"]) for version in versions}
    return tuple(sorted(found, key=str))


def _signature(default: str, call) -> Signature:
    if default == "absent":
        return Signature(False)
    value = REQUIRED if default == "required" else _value(default)
    names = [p.partition("=")[0] for p in call]
    if "training" not in names:
        return Signature(True, value)
    before = names[: names.index("training")]
    return Signature(True, value, None if any(n.startswith("*") for n in before) else len(before))


def regime_of_version(version: str) -> str:
    """The regime that a Keras version belongs to, e.g. `3.15.1` -> `3.10`."""
    parts = version.split(".")
    minor = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
    number = (int(parts[0]), minor)
    if number < (3, 0):
        return "2"
    return "3.16" if number >= (3, 16) else "3.10" if number >= (3, 10) else "3.0"
