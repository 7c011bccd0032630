"""The interpreter's mutable state: writes are logged, so that a branch can be undone and joined."""

from __future__ import annotations

from keraslint.delivery.values import MISSING, join


class State:
    """Every write to a name, attribute, container or the call context goes through here."""

    def __init__(self):
        self.trail: list = []
        self.open = 0  # marks that may still be rewound to

    def write(self, container: dict, key, value):
        if self.open:
            self.trail.append((container, key, container.get(key, MISSING)))
        container[key] = value

    def remove(self, container: dict, key):
        if key in container:
            if self.open:
                self.trail.append((container, key, container[key]))
            del container[key]

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
        for where, (container, key) in places.items():
            now = container.get(key, MISSING)
            merged = MISSING
            for branch in branches:
                change = branch.get(where)
                merged = join(merged, now if change is None else change[2])
            self._put(container, key, merged)

    def _put(self, container, key, value):
        if value is MISSING:
            self.remove(container, key)
        elif container.get(key, MISSING) is not value:
            self.write(container, key, value)
