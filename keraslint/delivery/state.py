"""The interpreter's mutable state: writes are logged, so that a branch can be undone and joined."""

from __future__ import annotations

import functools

from keraslint.delivery.values import MISSING, Slots, join, same


class State:
    """Every write to a name, attribute, container or the call context goes through here."""

    def __init__(self):
        self.trail: list = []
        self.open = 0  # marks that may still be rewound to
        self.sometimes: dict = {}  # the attributes that are there on some paths only

    def write(self, container: dict, key, value):
        self._put(container, key, value)
        if self.sometimes:
            self._put(self.sometimes, (id(container), key), MISSING)

    def remove(self, container: dict, key):
        self._put(container, key, MISSING)

    def is_certain(self, container: dict, key) -> bool:
        """Whether there is a value on every path that leads here."""
        return key in container and (id(container), key) not in self.sometimes

    def _put(self, container: dict, key, value):
        old = container.get(key, MISSING)
        if self.open and not (old is MISSING and value is MISSING):
            self.trail.append((container, key, old))
        if value is MISSING:
            container.pop(key, None)
        else:
            container[key] = value

    def mark(self) -> int:
        self.open += 1
        return len(self.trail)

    def release(self):
        self.open -= 1
        if not self.open:
            self.trail.clear()

    def changes(self, mark: int) -> dict:
        """What differs from the state at `mark`: (container, key) -> (container, key, value now)."""
        seen: dict = {}
        for container, key, _ in self.trail[mark:]:
            where = (id(container), key)
            if where not in seen:
                seen[where] = (container, key, container.get(key, MISSING))
        return seen

    def passed_through(self, mark: int) -> dict:
        """Changes that say of each place what it has held at any time since `mark`."""
        seen = self.changes(mark)
        for container, key, old in self.trail[mark:]:
            where = (id(container), key)
            seen[where] = (container, key, join(old, seen[where][2]))
        return seen

    def rewind(self, mark: int):
        trail = self.trail
        while len(trail) > mark:
            container, key, old = trail.pop()
            if old is MISSING:
                container.pop(key, None)
            else:
                container[key] = old

    def merge(self, branches: list[dict]):
        """Continue in the join of several branches, each given by its changes from the state now."""
        if len(branches) == 1:
            for container, key, value in branches[0].values():
                self._put(container, key, value)
            return
        places = {where: change[:2] for branch in branches for where, change in branch.items()}
        partly = []
        for where, (container, key) in places.items():
            now = container.get(key, MISSING)
            found = [now if where not in branch else branch[where][2] for branch in branches]
            merged = functools.reduce(join, found)
            if not same(merged, now):
                self._put(container, key, merged)
            if merged is not MISSING and isinstance(container, Slots) and MISSING in found:
                partly.append((container, key))
        for container, key in partly:  # after what the paths noted of it, which are joined like any other place
            self._put(self.sometimes, (id(container), key), container)
