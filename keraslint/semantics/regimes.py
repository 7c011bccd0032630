"""The regimes: ranges of Keras versions with one set of rules for `training`.

Each rule that changed is a field, so that what differs between versions is data. Sources: Keras' own
history (keras PRs #21222, #23166, #23364) and runs of every version named in docs/versions.md.
"""

from __future__ import annotations

from typing import NamedTuple


class Regime(NamedTuple):
    """One set of rules.

    name: its first version.
    stack: the call context is a stack, restored after each call (else one cell per outermost call).
    none_is_absent: an explicit None counts as not passed when the context is consulted.
    drops_undeclared: a value given to a layer whose `call` lacks `training` is dropped.
    default_latches: a signature default enters the context.
    kwargs_accept: `**kwargs` counts as accepting `training`.
    trainer_always_passes: fit, evaluate and predict pass `training` even to a model without it.
    graph_overrides_pins: a value given to a functional model replaces what its nodes recorded.
    graph_feeds_all: such a value is also given to layers whose `call` lacks `training`.
    records_defaults: a node records the signature default: "always", "fast" (one tensor, no keywords)
        or "never".
    jax_context: the JAX trainer enters the model through the call context.
    positional: `training` may be passed by position.
    required_may_be_absent: a required `training` may be left out at the call.
    """

    name: str
    stack: bool
    none_is_absent: bool
    drops_undeclared: bool
    default_latches: bool
    kwargs_accept: bool
    trainer_always_passes: bool
    graph_overrides_pins: bool
    graph_feeds_all: bool
    records_defaults: str
    jax_context: bool
    positional: bool
    required_may_be_absent: bool


REGIMES = {
    regime.name: regime
    for regime in (
        Regime(
            name="2",
            stack=True,
            none_is_absent=True,
            drops_undeclared=False,
            default_latches=True,
            kwargs_accept=True,
            trainer_always_passes=True,
            graph_overrides_pins=False,
            graph_feeds_all=False,
            records_defaults="never",
            jax_context=True,
            positional=True,
            required_may_be_absent=True,
        ),
        Regime(
            name="3.0",
            stack=False,
            none_is_absent=True,
            drops_undeclared=True,
            default_latches=True,
            kwargs_accept=False,
            trainer_always_passes=False,
            graph_overrides_pins=True,
            graph_feeds_all=False,
            records_defaults="always",
            jax_context=False,
            positional=False,
            required_may_be_absent=False,
        ),
        Regime(
            name="3.10",
            stack=False,
            none_is_absent=False,
            drops_undeclared=False,
            default_latches=True,
            kwargs_accept=False,
            trainer_always_passes=False,
            graph_overrides_pins=True,
            graph_feeds_all=True,
            records_defaults="fast",
            jax_context=False,
            positional=False,
            required_may_be_absent=False,
        ),
        Regime(
            name="3.16",
            stack=False,
            none_is_absent=False,
            drops_undeclared=False,
            default_latches=False,
            kwargs_accept=False,
            trainer_always_passes=False,
            graph_overrides_pins=False,
            graph_feeds_all=False,
            records_defaults="never",
            jax_context=True,
            positional=False,
            required_may_be_absent=False,
        ),
    )
}
