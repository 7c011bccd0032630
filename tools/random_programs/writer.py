"""What has been written of a file so far, and how its author chooses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from textwrap import indent

from hypothesis import strategies as st

from .worlds import World

LARGEST = 8  # builtin layers in what may be used inside something else: programs stay as small as people's
RECURRENT = ("LSTM", "GRU", "RNN")


@dataclass(frozen=True)
class Part:
    """Something that makes a layer."""

    make: str  # the expression
    twice: bool = False  # is called with two inputs, as attention is
    signature: str | None = None  # the `training` part of the own `call`; None for what has no own class
    bare: bool = False  # its `call` can be started without `__call__`, which would build it
    size: int = 1  # about how many builtin layers it is made of


@dataclass
class Writer:
    """One file that is being written. Choices shrink towards the first, the absent, and the short."""

    draw: object
    world: World
    steps: bool  # whether `train_step` may be written, which is another one for JAX
    doubts: bool = False  # whether what is done may hang on what only the run can tell
    definitions: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    names: Counter = field(default_factory=Counter)
    size: int = 0  # of what is being written

    def pick(self, options):
        """One of a sequence, or of a table {option: weight}."""
        if isinstance(options, dict):
            options = [option for option, weight in options.items() for _ in range(weight)]
        return self.draw(st.sampled_from(list(options)))

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) >= 100 - percent

    def count(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most))

    def name(self, stem: str) -> str:
        """`stem`, or `stem2` where it is taken."""
        self.names[stem] += 1
        return stem if self.names[stem] == 1 else f"{stem}{self.names[stem]}"

    def define(self, text: str):
        self.definitions.append(text)

    def builtin(self, rate: str | None = None) -> Part:
        """A layer of Keras's own; `rate` is a variable that holds a dropout rate."""
        acting = not self.chance(30)
        make = self.pick(self.world.acting if acting else self.world.plain)
        number = "0.5" if rate is None or self.chance(40) else rate
        bare = "Dropout(" in make and make.startswith(("layers.Dropout", "layers.Gaussian", "layers.Alpha"))
        size = 4 if any(name in make for name in RECURRENT) else 1
        return Part(make.format(rate=number), twice="MultiHead" in make, bare=bare, size=size)

    def part(self, rate: str | None = None) -> Part:
        """A builtin layer, or something that this file has defined."""
        parts = [part for part in self.parts if part.size <= LARGEST]
        part = self.pick(parts) if parts and self.chance(60) else self.builtin(rate)
        self.size += part.size
        return part

    def keep(self, part: Part) -> Part:
        """What has just been written can be used from now on."""
        part = replace(part, size=self.size)
        self.parts.append(part)
        self.size = 0
        return part


def called(callee: str, argument: str, part: Part, suffix: str = "") -> str:
    """`self.attend(x, x, training=training)`"""
    inputs = f"{argument}, {argument}" if part.twice else argument
    return f"{callee}({inputs}{suffix})"


def block(head: str, lines: list[str]) -> list[str]:
    """A compound statement."""
    return [head, *(f"    {line}" for line in lines or ["pass"])]


def method(head: str, lines: list[str]) -> str:
    return indent("\n".join(block(head, lines)), "    ")
