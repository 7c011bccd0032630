"""`functools.singledispatch`: a function that picks one of several by the type of its first argument."""

from __future__ import annotations

from keraslint.delivery import calls
from keraslint.delivery.values import Builtin, ClassValue, External, FunctionValue, union


def dispatching(function: FunctionValue) -> Builtin:
    """What stands for the function once it is decorated: any of those that are registered may run."""
    registered = [function]

    def register(m, args, kwargs):
        """Of `@f.register`, `@f.register(type)` and `f.register(type, function)`."""
        added = args[-1] if args else None
        if len(args) == 1 and isinstance(added, (ClassValue, External, Builtin)):
            return Builtin("register", register)
        registered.append(added)
        return added

    def run(m, args, kwargs):
        return calls.call(m, union(registered), args, kwargs)

    return Builtin(function.name, run, {"register": Builtin("register", register)})
