"""The layers that a model was seen to call, as a tree: what each class's methods call stands under it."""

from __future__ import annotations

from typing import NamedTuple

from ..delivery.entries import WANTED
from .tables import ENTRIES

MODES = {True: "train", False: "infer", None: "infer", "symbolic": "unknown"}


class Node(NamedTuple):
    """A place where a layer is called. last: for each level above it, and for itself, whether nothing follows there."""

    site: dict
    last: tuple[bool, ...]
    modes: dict[str, str]

    def is_wrong(self, entry: str) -> bool:
        """Whether the layer acts as the entry does not want it to."""
        mode = self.modes[entry]
        return (
            bool(self.site["sensitive"]) and mode in ("train", "infer") and (mode == "train") != WANTED[entry]
        )

    @property
    def label(self) -> str:
        """`self.drop (Dropout)`; what a Sequential calls has no call of its own."""
        layer = self.site["layer"].rpartition(".")[2]
        return f"{self.site['callee']} ({layer})" if self.site["callee"] else layer

    @property
    def rails(self) -> str:
        """The lines of the tree before the label."""
        *above, here = self.last
        return "".join("   " if last else "│  " for last in above) + ("└─ " if here else "├─ ")


def nodes(name: str, sites: list[dict], everything: bool = False) -> list[Node]:
    """The tree below a model, in the order in which it is drawn.

    name: the class, or the function or variable that makes the graph. everything: also those layers that do the same in
    both modes, and contain none that does not.
    """
    shown: set[str] = set()
    roots = _below(name, sites, shown)
    # Helpers that belong to no class stand beside what the model calls itself.
    roots += [(site, []) for site in sites if _owner(site["within"]) not in shown]
    return list(_drawn(roots if everything else _acting(roots), ()))


def _below(name: str, sites: list[dict], shown: set[str], above: tuple[str, ...] = ()) -> list[tuple]:
    """(site, what is below it) of what the methods of a class, or a function, call; it is added to `shown`."""
    owner = _owner(name)
    if owner in above:  # a block that holds another of its kind
        return []
    shown.add(owner)
    own = [site for site in sites if _owner(site["within"]) == owner]
    return [
        (site, _below(site["layer"], sites, shown, (*above, owner)) if "." not in site["layer"] else [])
        for site in own
    ]


def _owner(within: str) -> str:
    return within.partition(".")[0]


def _acting(tree: list[tuple]) -> list[tuple]:
    kept = [(site, _acting(below)) for site, below in tree]
    return [(site, below) for site, below in kept if below or site["sensitive"]]


def _drawn(tree: list[tuple], above: tuple[bool, ...]):
    for number, (site, below) in enumerate(tree, 1):
        last = (*above, number == len(tree))
        modes = {entry: mode(site["values"].get(entry, ())) for entry in ENTRIES}
        yield Node(site, last, modes)
        yield from _drawn(below, last)


def mode(values) -> str:
    """What the values that a layer received come to."""
    found = {MODES[value] for value in values}
    return "unreached" if not found else found.pop() if len(found) == 1 else "either"
