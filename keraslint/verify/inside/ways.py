"""Ways to make the model that a finding is about, in order: as the project does, then by guessing."""

from __future__ import annotations

import ast
import contextlib
import copy
import dataclasses
import heapq
import inspect
import itertools
import sys
from collections.abc import Callable, Collection, Container, Generator, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from keraslint.verify.inside import guesses
from keraslint.verify.inside.amend import amended, asked_for, learned
from keraslint.verify.inside.by_name import is_rate
from keraslint.verify.inside.errors import progress
from keraslint.verify.inside.namespace import Namespace
from keraslint.verify.inside.quiet import Started, quiet
from keraslint.verify.inside.scope import CallSite, Scope, calls_of, last_name
from keraslint.verify.inside.stand_ins import made

MOST_SITES = 6
RATE = 0.5  # of what is dropped, where that has to be seen
MOST_OWNERS = 3
MOST_GUESSES = 32
MOST_AT_SITE = 12  # ways to fill what cannot be had of one call in the project
MOST_AMENDS = 6  # for one error
MOST_ASKED = 2  # arguments that are left out, likewise
LARGE, LESS = 64, 8  # what is a size, and what it is divided by where a model takes too much


class NotBuilt(Exception):
    """The model could not be made; the text says why."""


class Chosen(NamedTuple):
    """What is not known and was chosen: arguments, and what settings hold, by their names."""

    arguments: Mapping[str, Any] = {}
    settings: Mapping[str, Any] = {}


class Way(NamedTuple):
    """One way to make a model.

    arguments: (name, value as text, where it came from). guessed: those that are no more than a guess, which is known
    when it was made. fixed: those that a call gives. settings: what was chosen for what settings hold.
    """

    make: Callable[[], Any]
    expression: str
    arguments: list[tuple[str, str, str]]
    guessed: dict[str, Any] = {}
    fixed: Collection[str] = ()
    settings: Mapping[str, Any] = {}


class Wish(NamedTuple):
    """raised: rates that are off by default are put on. small: what the project makes is made smaller."""

    raised: bool = False
    small: bool = False


class Failure(NamedTuple):
    """Why a way did not lead to a model that runs. made: it led to a model, which could not be called."""

    error: BaseException
    made: bool = False


def ways(
    name: str,
    namespace: Namespace,
    others: list[Namespace],
    library,
    recipe: str,
    wish: Wish,
    sources: Container[str],
) -> Generator[Way, Failure | None, None]:
    """Ways to make a model, the project's own first. Raises NotBuilt if the name cannot be had.

    What is sent back is what the last way came to. others: modules that may make it. recipe: an
    expression, used instead. sources: the filenames of the project.
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
        owners = ways(name.rpartition(".")[0], namespace, others, library, "", wish, sources)
        for owner in itertools.islice(owners, MOST_OWNERS):
            method, parameters = partial(_of_owner, owner, own), _parameters(target)[1:]
            yield from _called(own, method, parameters, [namespace, *others], library, wish, sources)
        return
    parameters = _parameters(target)
    if not (inspect.isclass(target) and issubclass(target, library.layer)) and parameters == []:
        yield Way(target, f"{name}()", [])
        return
    modules = [namespace, *others]
    found, failure, derived = _called(own, target, parameters, modules, library, wish, sources), None, False
    while True:
        try:
            way = found.send(failure)
        except StopIteration:
            return
        failure = yield way
        if failure is not None and _is_abstract(failure.error, own) and not derived:
            derived = True
            for name, subclass in itertools.islice(_derived(own, modules), MOST_OWNERS):
                yield from _called(name, subclass, _parameters(subclass), modules, library, wish, sources)


def _is_abstract(error: BaseException, own: str) -> bool:
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
    own: str, target, parameters, modules: list[Namespace], library, wish: Wish, sources: Container[str]
) -> Generator[Way, Failure | None, None]:
    """Ways to call something that makes a model: as the modules do, then with what is guessed."""
    sites = ((module, site) for module in modules for site in calls_of(module.tree, own))
    usable = ((module, site) for module, site in sites if not _inside_itself(site, own))
    for module, site in itertools.islice(usable, MOST_SITES):
        written = partial(_from_site, target, site, module, parameters, library, wish)
        yield from _bettered(written, iter([Chosen()]), parameters, library, sources, MOST_AT_SITE)
    more = {**(_small(parameters) if wish.small else {}), **(_raised(parameters) if wish.raised else {})}
    usual = guesses.choices(_required(parameters), library, _compared_to(modules[0].tree, own))
    guessed = partial(_guess, own, target)
    starts = (Chosen({**more, **chosen}) for chosen in usual)
    yield from _bettered(guessed, starts, parameters, library, sources, MOST_GUESSES)


def _bettered(
    way_of: Callable[[Chosen], Way],
    starts: Iterator[Chosen],
    parameters,
    library,
    sources: Container[str],
    most: int,
) -> Generator[Way, Failure | None, None]:
    """Ways with what is chosen changed as each error suggests, of those that came furthest first; then the next start."""
    waiting: list = []
    order = itertools.count()
    seen: set[str] = set()
    while len(seen) < most:
        chosen = heapq.heappop(waiting)[2] if waiting else next(starts, None)
        if chosen is None:
            return
        if repr(chosen) in seen:
            continue
        seen.add(repr(chosen))
        way = way_of(chosen)
        failure = yield way
        if failure is not None:
            for each in _better(chosen, way, failure, parameters, library):
                heapq.heappush(waiting, (-progress(failure.error, sources), next(order), each))


def _better(chosen: Chosen, way: Way, failure: Failure, parameters, library) -> Iterator[Chosen]:
    """What an error suggests to choose instead; what a call gives stays."""
    doubted = [p for p in parameters if p.name in way.guessed or not way.fixed]
    left_out = [p for p in parameters if p.name not in way.fixed]
    given = {**chosen.arguments, **way.guessed}
    for arguments in itertools.islice(
        amended(given, failure.error, doubted, library, usual=not failure.made), MOST_AMENDS
    ):
        yield chosen._replace(arguments=arguments)
    for asked in itertools.islice(asked_for(failure.error, left_out, library), MOST_ASKED):
        yield chosen._replace(arguments={**chosen.arguments, **asked})
    for settings in itertools.islice(
        learned(chosen.settings, failure.error, library, usual=not failure.made), MOST_AMENDS
    ):
        yield chosen._replace(settings=settings)


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
        if is_rate(p.name) and p.default in (0, None) and p.default is not p.empty
    }


def _small(parameters) -> dict:
    """Sizes that are large by default, smaller."""
    plain = [p for p in parameters if isinstance(p.default, (int, list, tuple))]
    return {p.name: less for p in plain if (less := _smaller(p.default)) != p.default}


def _is_off(name: str, value) -> bool:
    return is_rate(name) and isinstance(value, (int, float)) and value == 0


def _from_site(
    target, site: CallSite, module: Namespace, parameters, library, wish: Wish, chosen: Chosen = Chosen()
) -> Way:
    """As a call in the project makes it. chosen: for what cannot be had there, and for what the call leaves out."""
    call, names = site.call, [p.name for p in parameters]
    fixed = {*names[: len(call.args)], *(keyword.arg for keyword in call.keywords)}
    rates = _raised(parameters) if wish.raised else {}
    sizes = _small(parameters) if wish.small else {}
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
            guessed[name] = _instead(name, parameters, library)
            return made(guessed[name])
        if len(scope.assumed) > before:
            guessed[name] = found
        return found

    def make():
        scope = Scope.of(module, site)
        args: list = []
        for at, argument in enumerate(call.args):
            if isinstance(argument, ast.Starred):
                args.extend(scope.value(argument.value))
            else:
                args.append(value(scope, argument, names[at] if at < len(names) else ""))
        kwargs: dict = {}
        for keyword in call.keywords:
            if keyword.arg is None:
                missing = [p for p in _required(parameters) if p.name not in {*fixed, *kwargs}]
                kwargs.update(_passed_on(scope, keyword.value, missing, library))
            else:
                kwargs[keyword.arg] = value(scope, keyword.value, keyword.arg)
        if wish.small:
            args, kwargs = _smaller(args), _smaller(kwargs)
        kwargs.update({name: RATE for name, value in kwargs.items() if wish.raised and _is_off(name, value)})
        return target(*args, **kwargs, **{n: made(each) for n, each in left_out.items() if n not in kwargs})

    shown = _written(site, module, wish)
    for more, why in (
        (rates, "a rate that is off by default, put on"),
        (sizes, "large by default, made smaller"),
    ):
        shown += [(name, repr(left_out[name]), why) for name in more if name in left_out]
    return Way(
        make, " ".join(ast.unparse(call).split()), shown + _said(chosen), guessed, fixed, chosen.settings
    )


def _written(site: CallSite, module: Namespace, wish: Wish) -> list[tuple[str, str, str]]:
    """The arguments as a call gives them."""
    where = f"{module.filename}:{site.call.lineno}" + (", made smaller" if wish.small else "")
    shown = [(f"#{at + 1}", ast.unparse(each), where) for at, each in enumerate(site.call.args)]
    shown += [(k.arg or "**", ast.unparse(k.value), where) for k in site.call.keywords]
    passed = [k.arg for k in site.call.keywords if wish.raised and is_rate(k.arg or "")]
    return shown + [(name, repr(RATE), "a rate that is put on where it is off") for name in passed]


def _said(chosen: Chosen) -> list[tuple[str, str, str]]:
    """What was chosen as an error asked for it."""
    return [
        (name, repr(value), "an error asked for it")
        for name, value in {**chosen.arguments, **chosen.settings}.items()
    ]


def _instead(name: str, parameters, library):
    """What an argument may be that cannot be had: as its name suggests, else its default. Raises LookupError."""
    parameter = next((p for p in parameters if p.name == name), None)
    if parameter is None:
        raise LookupError(name)
    if parameter.default is not parameter.empty and parameter.default is not None:
        return parameter.default
    return guesses.for_parameter(parameter, library)[0]


def _smaller(value):
    """Numbers that are sizes, divided by the same: what divided one another mostly still does."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        smaller = copy.copy(value)
        for field in dataclasses.fields(value):
            object.__setattr__(smaller, field.name, _smaller(getattr(value, field.name)))
        return smaller
    if isinstance(value, dict):
        return {key: _smaller(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_smaller, value))
    return value // LESS if type(value) is int and value >= LARGE else value


def _passed_on(scope: Scope, expression, missing, library) -> dict:
    """What `**expression` passes; where that cannot be had, guesses for what is required and not given."""
    try:
        return dict(scope.value(expression))
    except Exception:
        return {p.name: made(guesses.for_parameter(p, library)[0]) for p in missing}


def _compared_to(tree: ast.Module, name: str) -> dict[str, list]:
    """The texts that the code of a class or function compares its arguments or attributes to, by their names."""
    found: dict[str, list] = {}
    owners = [node for node in tree.body if getattr(node, "name", None) == name]
    for node in (part for owner in owners for part in ast.walk(owner) if isinstance(part, ast.Compare)):
        for constant in ast.walk(node.comparators[0]):
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                found.setdefault(last_name(node.left), []).append(constant.value)
    return found


def _guess(name: str, target, chosen: Chosen) -> Way:
    """As the parameters' names suggest, and what errors asked for."""
    text = ", ".join(f"{key}={value!r}" for key, value in chosen.arguments.items())
    why = [(key, repr(value), "guessed from its name") for key, value in chosen.arguments.items()]
    return Way(
        lambda: target(**{key: made(value) for key, value in chosen.arguments.items()}),
        f"{name}({text})",
        why + _said(Chosen(settings=chosen.settings)),
        dict(chosen.arguments),
        settings=chosen.settings,
    )
