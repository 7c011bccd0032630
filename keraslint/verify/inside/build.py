"""Ways to make the model that a finding is about, tried in order: as the project does, then by guessing."""

from __future__ import annotations

import ast
import contextlib
import inspect
import itertools
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from keraslint.verify.inside import guesses
from keraslint.verify.inside.amend import amended, asked_for
from keraslint.verify.inside.namespace import Namespace
from keraslint.verify.inside.quiet import Started, quiet
from keraslint.verify.inside.scope import CallSite, Scope, calls_of, last_name
from keraslint.verify.inside.unset import supplied

MOST_SITES = 6
RATE = 0.5  # of what is dropped, where that has to be seen
MOST_OWNERS = 3
MOST_GUESSES = 24
MOST_AMENDS = 6  # for one error
LARGE, LESS = 64, 8  # what is a size, and what it is divided by where a model takes too much
MOST_ASKED = 2  # for one call in the project


class NotBuilt(Exception):
    """The model could not be made; the text says why."""


class Way(NamedTuple):
    """One way to make a model. arguments: (name, value as text, where it came from)."""

    make: Callable[[], Any]
    expression: str
    arguments: list[tuple[str, str, str]]


class Wish(NamedTuple):
    """raised: rates that are off by default are put on. small: what the project makes is made smaller."""

    raised: bool = False
    small: bool = False


class Made(NamedTuple):
    way: Way
    make: Callable[[], Any]
    model: Any
    data: Any  # what the project's own code starts it with, if that was reached


def build(
    ways: Generator, library, sources: Mapping[str, str], tried: list[str]
) -> Generator[Made, BaseException | None, None]:
    """The models that can be made; `tried` gets a line for each way that failed. sources: filename -> text.

    What is sent back is why a model could not be called; it may lead to another way.
    """
    error: BaseException | None = None
    while True:
        try:
            way = ways.send(error)
        except StopIteration:
            return
        make = _maker(way, library, sources)
        try:
            model, data = make()
        except NotBuilt as failure:
            tried.append(f"{way.expression}: {failure}")
            error = failure.__cause__
            continue
        error = yield Made(way, lambda make=make: make()[0], model, data)


def ways(
    name: str, namespace: Namespace, others: list[Namespace], library, recipe: str, wish: Wish
) -> Generator[Way, BaseException | None, None]:
    """Ways to make a model, the project's own first. Raises NotBuilt if the name cannot be had.

    What is sent back is why the last way failed. others: modules that may make it. recipe: an
    expression, used instead.
    """
    if recipe:
        yield Way(lambda: eval(recipe, namespace), recipe, [("", recipe, "recipe")])
        return
    own = name.rpartition(".")[2]
    namespace.until = _needed_until(namespace.tree, own)
    try:
        with quiet(library):
            target = _resolve(namespace, name)
    except (KeyError, NameError, AttributeError, Started) as error:
        raise NotBuilt(f"{name} cannot be had: {error}") from error
    if not callable(target) or isinstance(target, library.layer):
        yield Way(lambda: _resolve(namespace, name), name, [])
        return
    if _is_method(namespace, name):
        owners = ways(name.rpartition(".")[0], namespace, others, library, "", wish)
        for owner in itertools.islice(owners, MOST_OWNERS):
            method, parameters = partial(_of_owner, owner, own), _parameters(target)[1:]
            yield from _called(own, method, parameters, [namespace, *others], library, wish)
        return
    parameters = _parameters(target)
    if not (inspect.isclass(target) and issubclass(target, library.layer)) and parameters == []:
        yield Way(target, f"{name}()", [])
        return
    modules = [namespace, *others]
    found, error, derived = _called(own, target, parameters, modules, library, wish), None, False
    while True:
        try:
            way = found.send(error)
        except StopIteration:
            return
        error = yield way
        if _is_abstract(error, own) and not derived:
            derived = True
            for name, subclass in itertools.islice(_derived(own, modules), MOST_OWNERS):
                yield from _called(name, subclass, _parameters(subclass), modules, library, wish)


def _is_abstract(error: BaseException | None, own: str) -> bool:
    """Whether an error says that a class lacks what those that derive from it have."""
    if isinstance(error, AttributeError):
        return f"{own!r} object has no attribute" in str(error)
    return isinstance(error, NotImplementedError)


def _derived(own: str, modules: list[Namespace]) -> Iterator[tuple[str, type]]:
    """The classes of the modules that derive from one."""
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and own in map(last_name, node.bases):
                with contextlib.suppress(KeyError, NameError):
                    yield node.name, module[node.name]


def _called(
    own: str, target, parameters, modules: list[Namespace], library, wish: Wish
) -> Generator[Way, BaseException | None, None]:
    """Ways to call something that makes a model: as the modules do, then with what is guessed."""
    sites = ((module, site) for module in modules for site in calls_of(module.tree, own))
    usable = ((module, site) for module, site in sites if not _inside_itself(site, own))
    for module, site in itertools.islice(usable, MOST_SITES):
        error = yield _from_site(target, site, module, parameters, library, wish)
        for more in itertools.islice(asked_for(error, parameters, library), MOST_ASKED):
            yield _from_site(target, site, module, parameters, library, wish, more)
    yield from _guessed(own, target, parameters, library, wish, _compared_to(modules[0].tree, own))


def _is_method(namespace: Namespace, name: str) -> bool:
    """Whether it names a function that is called of an object."""
    owner, _, method = name.rpartition(".")
    holder = _resolve(namespace, owner) if owner else None
    return inspect.isclass(holder) and inspect.isfunction(inspect.getattr_static(holder, method, None))


def _of_owner(owner: Way, method: str, *args, **kwargs):
    """What a method gives, of an object that is made for it."""
    return getattr(owner.make(), method)(*args, **kwargs)


def _needed_until(tree: ast.Module, name: str) -> int:
    """The row that a module must have come to: where a class is first made after it is defined, or its end."""
    ends = [node.end_lineno for node in tree.body if getattr(node, "name", None) == name]
    if not ends:
        return sys.maxsize
    made = [site.call.end_lineno for site in calls_of(tree, name) if site.call.lineno > ends[-1]]
    return min(made, default=ends[-1])


def _inside_itself(site: CallSite, name: str) -> bool:
    return name in site.classes or any(function.name == name for function in site.functions)


def _resolve(namespace: Namespace, name: str):
    first, *rest = name.split(".")
    value = namespace[first]
    for part in rest:
        if part != "<locals>":
            value = getattr(value, part)
    return value


def _parameters(target) -> list[inspect.Parameter]:
    """What has to be given."""
    try:
        function = target.__init__ if inspect.isclass(target) else target
        try:
            signature = inspect.signature(function, eval_str=True)
        except (NameError, AttributeError, SyntaxError):  # an annotation names what is not there
            signature = inspect.signature(function)
    except (TypeError, ValueError):
        return []
    found = list(signature.parameters.values())
    if inspect.isclass(target):
        found = found[1:]
    return [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def _required(parameters) -> list[inspect.Parameter]:
    return [p for p in parameters if p.default is p.empty]


def _raised(parameters) -> dict:
    """Rates that are off by default, on."""
    return {
        p.name: RATE
        for p in parameters
        if guesses.is_rate(p.name) and p.default in (0, None) and p.default is not p.empty
    }


def _is_off(name: str, value) -> bool:
    return guesses.is_rate(name) and isinstance(value, (int, float)) and value == 0


def _from_site(
    target, site: CallSite, module: Namespace, parameters, library, wish: Wish, asked: Mapping = {}
) -> Way:
    """As a call in the project makes it. asked: what an error asked for, which the call leaves out."""
    where = f"{module.filename}:{site.call.lineno}"
    rates = _raised(parameters) if wish.raised else {}
    where = f"{where}, made smaller" if wish.small else where
    shown = [(f"#{i + 1}", ast.unparse(a), where) for i, a in enumerate(site.call.args)]
    shown += [(k.arg or "**", ast.unparse(k.value), where) for k in site.call.keywords]
    given = {k.arg for k in site.call.keywords}
    names = [p.name for p in parameters]
    given.update(names[: len(site.call.args)])
    more = {name: value for name, value in {**rates, **asked}.items() if name not in given}

    def make():
        scope = Scope.of(module, site)
        args: list = []
        for at, argument in enumerate(site.call.args):
            if isinstance(argument, ast.Starred):
                args.extend(scope.value(argument.value))
            else:
                args.append(
                    _or_guess(scope, argument, names[at] if at < len(names) else "", parameters, library)
                )
        kwargs: dict = {}
        for keyword in site.call.keywords:
            if keyword.arg is None:
                kwargs.update(
                    _passed_on(scope, keyword.value, _required(parameters), {*given, *kwargs}, library)
                )
            else:
                kwargs[keyword.arg] = _or_guess(scope, keyword.value, keyword.arg, parameters, library)
        if wish.small:
            args, kwargs = _smaller(args), _smaller(kwargs)
        kwargs.update({name: RATE for name, value in kwargs.items() if wish.raised and _is_off(name, value)})
        return target(
            *args, **kwargs, **{name: _value(value) for name, value in more.items() if name not in kwargs}
        )

    why = "an error asked for it" if asked else "a rate that is off by default, put on"
    shown += [(name, repr(value), why) for name, value in more.items()]
    passed = [k.arg for k in site.call.keywords if wish.raised and guesses.is_rate(k.arg or "")]
    shown += [(name, repr(RATE), "a rate that is put on where it is off") for name in passed]
    return Way(make, " ".join(ast.unparse(site.call).split()), shown)


def _smaller(value):
    """Numbers that are sizes, divided by the same: what divided one another mostly still does."""
    if isinstance(value, dict):
        return {key: _smaller(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_smaller, value))
    return value // LESS if type(value) is int and value >= LARGE else value


def _passed_on(scope: Scope, expression, required, given: set, library) -> dict:
    """What `**expression` passes; where that cannot be had, guesses for what is required and not given."""
    try:
        return dict(scope.value(expression))
    except Exception:
        return {p.name: _value(guesses.for_parameter(p, library)[0]) for p in required if p.name not in given}


def _or_guess(scope: Scope, expression, name: str, parameters, library):
    """The argument as written; where that cannot be had, what the parameter's name suggests."""
    try:
        return scope.value(expression)
    except Exception:
        parameter = next((p for p in parameters if p.name == name), None)
        if parameter is None:
            raise
        if parameter.default is not parameter.empty:
            return parameter.default
        return _value(guesses.for_parameter(parameter, library)[0])


def _value(choice):
    return choice.make() if isinstance(choice, guesses.Made) else choice


def _compared_to(tree: ast.Module, name: str) -> dict[str, list]:
    """The texts that the code of a class or function compares its arguments or attributes to, by their names."""
    found: dict[str, list] = {}
    owners = [node for node in tree.body if getattr(node, "name", None) == name]
    for node in (part for owner in owners for part in ast.walk(owner) if isinstance(part, ast.Compare)):
        for constant in ast.walk(node.comparators[0]):
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                found.setdefault(last_name(node.left), []).append(constant.value)
    return found


def _guessed(
    name, target, parameters, library, wish: Wish, known: dict[str, list]
) -> Generator[Way, BaseException | None, None]:
    """What the parameters' names suggest; then what each error suggests, and then other values."""
    more = _raised(parameters) if wish.raised else {}
    usual = guesses.choices(_required(parameters), library, known)
    waiting: list[dict] = [next(usual)]
    seen: set[str] = set()
    while len(seen) < MOST_GUESSES:
        chosen = waiting.pop(0) if waiting else next(usual, None)
        if chosen is None:
            return
        if repr(chosen) in seen:
            continue
        seen.add(repr(chosen))
        error = yield _guess(name, target, {**more, **chosen})
        if error is not None:
            waiting = [*itertools.islice(amended(chosen, error, parameters, library), MOST_AMENDS), *waiting]


def _guess(name: str, target, arguments: dict) -> Way:
    text = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    why = [(key, repr(value), "guessed from its name") for key, value in arguments.items()]
    return Way(
        lambda: target(**{key: _value(value) for key, value in arguments.items()}), f"{name}({text})", why
    )


def _maker(way: Way, library, sources: Mapping[str, str]) -> Callable[[], tuple]:
    """(model, data) each time it is called; raises NotBuilt."""

    def make():
        data = None
        with quiet(library):
            try:
                made = _made(way, sources)
            except Started as started:
                made, data = started.model, started.data
            except (Exception, SystemExit) as error:
                raise NotBuilt(f"{type(error).__name__}: {_first_line(error)}") from error
        found = _model_in(made, library)
        if found is None:
            raise NotBuilt(f"gives {type(made).__name__}, not a layer or model")
        return found, data

    return make


def _made(way: Way, sources: Mapping[str, str]):
    try:
        return way.make()
    except AttributeError as error:
        if supplied(error, sources):
            return _made(way, sources)
        raise


def _model_in(made, library):
    """The model that a function returns, also among other things: the one that holds the others."""
    if isinstance(made, library.layer):
        return made
    parts = made.values() if isinstance(made, dict) else made if isinstance(made, (list, tuple)) else []
    found = [part for part in parts if isinstance(part, library.layer)]
    return max(found, key=lambda part: len(list(part._flatten_layers())), default=None)


def _first_line(error) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "")[:200]
