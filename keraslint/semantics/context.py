"""How one layer call gets its training value, and what it leaves in the call context.

The operational model of `Layer.__call__`: K2 `engine/base_layer.py`
(`Layer._get_propagated_call_context_arguments`), Keras 3 `layers/layer.py` (`Layer.__call__`,
`Layer._resolve_and_populate_arg`).
"""

from __future__ import annotations

from typing import NamedTuple

from keraslint.semantics.regimes import Regime


class Given(NamedTuple):
    """A training value and where it comes from.

    `value` is True, False, None, ABSENT (nothing was passed) or UNKNOWN.
    """

    value: object
    origin: object = None


class _Mark:
    def __init__(self, name: str):
        self.name = name

    def __repr__(self):
        return self.name

    def __reduce__(self):
        return self.name


ABSENT = _Mark("ABSENT")
UNKNOWN = _Mark("UNKNOWN")
NOTHING = Given(ABSENT)
EMPTY = Given(None)


class Resolved(NamedTuple):
    """`received`: what `call` gets (ABSENT: its own default applies); `context`: what later calls see."""

    received: Given
    context: Given


def resolve(regime: Regime, accepts: bool, default: Given, explicit: Given, context: Given) -> Resolved:
    """What a layer receives when it is called with `explicit` while the context holds `context`.

    accepts: whether Keras passes `training` to its `call` at all.
    default: the signature default of `training` (EMPTY if there is none).
    """
    if regime.drops_undeclared and not accepts:
        explicit = NOTHING
    passed = explicit.value is not ABSENT
    if passed and explicit.value is UNKNOWN and regime.none_is_absent:
        return Resolved(explicit if accepts else NOTHING, explicit)
    if not accepts:
        # Keras 2 keeps even an explicit None for the children of a layer without `training`.
        value = explicit if passed and (regime.stack or not _is_none(explicit, regime)) else context
        return Resolved(NOTHING, value)
    if passed and not _is_none(explicit, regime):
        return Resolved(explicit, explicit)
    if context.value is not None:
        return Resolved(context, context)
    if regime.default_latches:
        # From 3.0 to 3.9 the None that was bound has removed the signature default.
        value = explicit if passed and not regime.stack else default
        return Resolved(value, value)
    return Resolved(NOTHING, context)


def _is_none(explicit: Given, regime: Regime) -> bool:
    return explicit.value is None and regime.none_is_absent
