"""A model as a call in the project makes it; what cannot be had there is chosen."""

from __future__ import annotations

import ast
import contextlib
import copy
import dataclasses
from typing import Any

from keraslint.verify.inside import guesses
from keraslint.verify.inside.by_name import holds_settings, is_rate
from keraslint.verify.inside.calls import CallSite
from keraslint.verify.inside.namespace import Namespace
from keraslint.verify.inside.scope import Scope
from keraslint.verify.inside.stand_ins import Asked, made
from keraslint.verify.inside.wanted import Chosen, Wanted, Way, Wish

RATE = 0.5  # of what is dropped, where that has to be seen
LARGE, LESS = 64, 8  # what is a size, and what it is divided by where a model takes too much


def as_written(wanted: Wanted, site: CallSite, module: Namespace, chosen: Chosen = Chosen()) -> Way:
    """The way that a call in a module goes. chosen: for what cannot be had there, and for what the call leaves out."""
    call, names, wish = site.call, [p.name for p in wanted.parameters], wanted.wish
    fixed = {*names[: len(call.args)], *(keyword.arg for keyword in call.keywords)}
    rates = raised(wanted.parameters) if wish.raised else {}
    sizes = small(wanted.parameters) if wish.small else {}
    left_out = {n: value for n, value in {**sizes, **rates, **chosen.arguments}.items() if n not in fixed}
    guessed: dict[str, Any] = {}

    def value(scope: Scope, expression: ast.expr, name: str):
        if name in chosen.arguments:
            guessed[name] = chosen.arguments[name]
            return made(guessed[name])
        before = len(scope.assumed)
        try:
            found = scope.value(expression)
        except Exception:
            guessed[name] = _instead(name, wanted)
            return made(guessed[name])
        # As `len` of what a loop would have filled, and settings that a function is given by whoever calls it.
        unset = type(found) is int and found == 0 or found is None and holds_settings(name)
        if len(scope.assumed) > before or unset:
            guessed[name] = found
        return found

    def make():
        scope = Scope.of(module, site, wanted.callers)
        args: list = []
        for at, argument in enumerate(call.args):
            if isinstance(argument, ast.Starred):
                args.extend(scope.value(argument.value))
            else:
                args.append(value(scope, argument, names[at] if at < len(names) else ""))
        kwargs: dict = {}
        for keyword in call.keywords:
            if keyword.arg is None:
                missing = [p for p in wanted.required if p.name not in {*fixed, *kwargs}]
                kwargs.update(_passed_on(scope, keyword.value, missing, wanted.library))
            else:
                # What goes into `**kwargs` of the constructor and cannot be had: `dtype=self.dtype`.
                with contextlib.suppress(LookupError):
                    kwargs[keyword.arg] = value(scope, keyword.value, keyword.arg)
        if wish.small:
            args, kwargs = made_smaller(args), made_smaller(kwargs)
        kwargs.update({name: RATE for name, value in kwargs.items() if wish.raised and _is_off(name, value)})
        more = {n: made(each) for n, each in left_out.items() if n not in kwargs}
        return wanted.target(*args, **kwargs, **more)

    shown = _written(site, module, wish)
    for more, why in (
        (rates, "a rate that is off by default, put on"),
        (sizes, "large by default, made smaller"),
    ):
        shown += [(name, repr(left_out[name]), why) for name in more if name in left_out]
    expression = " ".join(ast.unparse(call).split())
    return Way(make, expression, shown + chosen.said(), guessed, fixed, chosen.settings)


def raised(parameters) -> dict:
    """Rates that are off by default, on."""
    return {
        p.name: RATE
        for p in parameters
        if is_rate(p.name) and p.default in (0, None) and p.default is not p.empty
    }


def small(parameters) -> dict:
    """Sizes that are large by default, smaller."""
    plain = [p for p in parameters if isinstance(p.default, (int, list, tuple))]
    return {p.name: less for p in plain if (less := made_smaller(p.default)) != p.default}


def _is_off(name: str, value) -> bool:
    return is_rate(name) and isinstance(value, (int, float)) and value == 0


def _written(site: CallSite, module: Namespace, wish: Wish) -> list[tuple[str, str, str]]:
    """The arguments as a call gives them."""
    where = f"{module.filename}:{site.call.lineno}" + (", made smaller" if wish.small else "")
    shown = [(f"#{at + 1}", ast.unparse(each), where) for at, each in enumerate(site.call.args)]
    shown += [(k.arg or "**", ast.unparse(k.value), where) for k in site.call.keywords]
    passed = [k.arg for k in site.call.keywords if wish.raised and is_rate(k.arg or "")]
    return shown + [(name, repr(RATE), "a rate that is put on where it is off") for name in passed]


def _instead(name: str, wanted: Wanted):
    """What an argument may be that cannot be had: as its name suggests, else its default. Raises LookupError."""
    parameter = next((p for p in wanted.parameters if p.name == name), None)
    if parameter is None:
        raise LookupError(name)
    if parameter.default is not parameter.empty and parameter.default is not None:
        return parameter.default
    return guesses.for_parameter(parameter, wanted.library)[0]


def made_smaller(value):
    """Numbers that are sizes, divided by the same: what divided one another mostly still does."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        smaller = copy.copy(value)
        for field in dataclasses.fields(value):
            object.__setattr__(smaller, field.name, made_smaller(getattr(value, field.name)))
        return smaller
    if isinstance(value, dict):
        return {key: made_smaller(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(made_smaller, value))
    return value // LESS if type(value) is int and value >= LARGE else value


def _passed_on(scope: Scope, expression, missing, library) -> dict:
    """What `**expression` passes; where that cannot be had, guesses for what is required and not given."""
    try:
        found = scope.value(expression)
        more = [p.name for p in missing if p.name not in found.keys()] if isinstance(found, Asked) else []
        return {**found, **{name: found[name] for name in more}}
    except Exception:
        return {p.name: made(guesses.for_parameter(p, library)[0]) for p in missing}
