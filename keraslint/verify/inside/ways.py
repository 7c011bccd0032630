"""Ways to make the model that a finding is about, in order: as the project does, then by guessing."""

from __future__ import annotations

import ast
import contextlib
import heapq
import inspect
import itertools
import re
from collections.abc import Callable, Container, Generator, Iterator
from functools import partial

from keraslint.verify.inside import guesses
from keraslint.verify.inside.amend import amended, asked_for, blamed, handed_on, learned
from keraslint.verify.inside.as_written import as_written, raised, small
from keraslint.verify.inside.calls import CallSite, calls_of, fits, last_name
from keraslint.verify.inside.compared import OfClass, keys_of_keywords, settings_for, texts_compared_to
from keraslint.verify.inside.errors import progress
from keraslint.verify.inside.namespace import Namespace, is_value
from keraslint.verify.inside.objects import by_use
from keraslint.verify.inside.quiet import Started, quiet
from keraslint.verify.inside.scope import Callers
from keraslint.verify.inside.stand_ins import made
from keraslint.verify.inside.wanted import Chosen, Failure, NotBuilt, Wanted, Way, Wish

MOST_SITES = 6
MOST_OWNERS = 3
MOST_GUESSES = 32
MOST_AT_SITE = 12  # ways to fill what cannot be had of one call in the project
MOST_AMENDS = 6  # for one error
MOST_LEFT_OUT = 2  # arguments that a call leaves out, likewise
_NOT_SO = r"has no attribute|not callable|not iterable|not subscriptable|unpack|has no len|'NoneType'"
MOST_BLAMED = 2  # parameters that are given what the code needs of them
_TYPES = (int, float, str, bool)  # that some write as a default where they mean an annotation
MOST_BRANCHES = 4  # in which a missing attribute would be given


def ways(
    name: str,
    namespace: Namespace,
    others: list[Namespace],
    library,
    recipe: str,
    wish: Wish,
    sources: Container[str],
    callers: Callers = tuple,
) -> Generator[Way, Failure | None, None]:
    """Ways to make a model, the project's own first. Raises NotBuilt if the name cannot be had.

    What is sent back is what the last way came to. others: modules that may make it. recipe: an
    expression, used instead. sources: the filenames of the project. callers: gives modules that may call what those call
    it in.
    """
    if recipe:
        yield Way(lambda: eval(recipe, namespace), recipe, [("", recipe, "recipe")])
        return
    own = name.rpartition(".")[2]
    namespace.until = _needed_until(namespace, own)
    try:
        with quiet(library):
            target = _resolve(namespace, name)
    except (KeyError, NameError, AttributeError, Started) as error:
        raise NotBuilt(f"{name} cannot be had: {error}") from error
    if not callable(target) or isinstance(target, library.layer):
        yield Way(lambda: _resolve(namespace, name), name, [])
        return
    parameters = [*_parameters(target), *_keywords(namespace.tree, own)]
    more = _takes_more(target)
    wanted = Wanted(own, target, parameters, [namespace, *others], library, wish, sources, callers, more)
    if _is_method(namespace, name):
        owners = ways(name.rpartition(".")[0], namespace, others, library, "", wish, sources, callers)
        for owner in itertools.islice(owners, MOST_OWNERS):
            method = partial(_of_owner, owner, own)
            yield from _called(wanted._replace(target=method, parameters=wanted.parameters[1:]))
        return
    if not (inspect.isclass(target) and issubclass(target, library.layer)) and wanted.parameters == []:
        yield Way(target, f"{name}()", [])
        return
    found, failure, derived = _called(wanted), None, False
    while True:
        try:
            way = found.send(failure)
        except StopIteration:
            return
        failure = yield way
        if failure is not None and _is_abstract(failure.error, own) and not derived:
            derived = True
            for name, subclass in itertools.islice(_derived(own, wanted.modules), MOST_OWNERS):
                parameters = _parameters(subclass)
                yield from _called(wanted._replace(name=name, target=subclass, parameters=parameters))


def _is_abstract(error: BaseException, own: str) -> bool:
    """Whether an error says that a class lacks what those that derive from it have."""
    if isinstance(error, AttributeError):
        return f"{own!r} object has no attribute" in str(error)
    if isinstance(error, TypeError):
        return "instantiate abstract class" in str(error)
    return isinstance(error, NotImplementedError)


def _derived(own: str, modules: list[Namespace]) -> Iterator[tuple[str, type]]:
    """The classes of the modules that derive from one, and from those in turn; the last of them are the least abstract."""
    found: dict[str, Namespace] = {}
    bases = {own}
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and bases & set(map(last_name, node.bases)):
                bases.add(node.name)
                found[node.name] = module
    inherited = {name for module in found.values() for name in _bases_in(module.tree, found)}
    for name, module in sorted(found.items(), key=lambda each: each[0] in inherited):
        with contextlib.suppress(KeyError, NameError):
            yield name, module[name]


def _bases_in(tree: ast.Module, names: Container[str]) -> Iterator[str]:
    """Those of some names that classes of a module derive from."""
    for node in tree.body:
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            if last_name(base) in names:
                yield last_name(base)


def _called(wanted: Wanted) -> Generator[Way, Failure | None, None]:
    """Ways to call something that makes a model: as the modules do, then with what is guessed."""
    sites = ((module, site) for module in wanted.modules for site in calls_of(module.tree, wanted.name))
    usable = (
        (module, site)
        for module, site in sites
        if not _inside_itself(site, wanted.name) and fits(site.call, _signature(wanted.target))
    )
    for module, site in itertools.islice(usable, MOST_SITES):
        written = partial(as_written, wanted, site, module)
        yield from _bettered(wanted, written, iter([Chosen()]), MOST_AT_SITE)
    parameters, wish = wanted.parameters, wanted.wish
    more = {**(small(parameters) if wish.small else {}), **(raised(parameters) if wish.raised else {})}
    texts = texts_compared_to(wanted.modules[0].tree, wanted.name)
    known = {p.name: [*by_use(wanted, p), *texts.get(p.name, ())] for p in wanted.required}
    usual = guesses.choices(wanted.required, wanted.library, known)
    starts = (Chosen({**more, **chosen}) for chosen in usual)
    yield from _bettered(wanted, partial(_guess, wanted), starts, MOST_GUESSES)


def _bettered(
    wanted: Wanted, way_of: Callable[[Chosen], Way], starts: Iterator[Chosen], most: int
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
            for each in _better(wanted, chosen, way, failure):
                heapq.heappush(waiting, (-progress(failure.error, wanted.sources), next(order), each))


def _better(wanted: Wanted, chosen: Chosen, way: Way, failure: Failure) -> Iterator[Chosen]:
    """What an error suggests to choose instead; what a call gives stays."""
    error, library, usual = failure.error, wanted.library, not failure.made
    doubted = [p for p in wanted.parameters if p.name in way.guessed or not way.fixed]
    left_out = [p for p in wanted.parameters if p.name not in way.fixed]
    given = {**chosen.arguments, **way.guessed}
    for arguments in itertools.islice(_with_attribute(wanted, error, [*doubted, *left_out]), MOST_BRANCHES):
        yield chosen._replace(arguments={**given, **arguments})
    for parameter in _blamed(error, [*doubted, *left_out]):
        for value in by_use(wanted, parameter):
            yield chosen._replace(arguments={**given, parameter.name: value})
    if wanted.takes_more and (handed := handed_on(error, wanted.target)):
        yield chosen._replace(arguments={**handed, **given})
    for arguments in itertools.islice(amended(given, error, doubted, library, usual), MOST_AMENDS):
        yield chosen._replace(arguments=arguments)
    for asked in itertools.islice(asked_for(error, left_out, library), MOST_LEFT_OUT):
        yield chosen._replace(arguments={**chosen.arguments, **asked})
    for settings in itertools.islice(learned(chosen.settings, error, library, usual), MOST_AMENDS):
        yield chosen._replace(settings=settings)


def _blamed(error: BaseException, parameters: list) -> list:
    """The parameters that an error says cannot be used as they are, the likeliest first."""
    by_name = {p.name: p for p in parameters if re.search(_NOT_SO, str(error))}
    return [by_name[name] for name in blamed(error, list(by_name))[:MOST_BLAMED]]


def _with_attribute(wanted: Wanted, error: BaseException, parameters: list) -> Iterator[dict]:
    """Arguments with which an attribute that is missing would be there."""
    missing = re.search(r"'(\w+)' object has no attribute '(\w+)'", str(error))
    names = {p.name.lstrip("_"): p.name for p in parameters}
    for module in wanted.modules if missing else ():
        for settings in settings_for(module.tree, missing[1], missing[2]):
            plain = {n.lstrip("_"): v for n, v in settings.items() if not isinstance(v, OfClass)}
            if found := {names[name]: value for name, value in plain.items() if name in names}:
                yield found


def _is_method(namespace: Namespace, name: str) -> bool:
    """Whether it names a function that is called of an object."""
    owner, _, method = name.rpartition(".")
    holder = _resolve(namespace, owner) if owner else None
    return inspect.isclass(holder) and inspect.isfunction(inspect.getattr_static(holder, method, None))


def _of_owner(owner: Way, method: str, *args, **kwargs):
    """What a method gives, of an object that is made for it."""
    return getattr(owner.make(), method)(*args, **kwargs)


def _needed_until(module: Namespace, name: str) -> int:
    """The row that a module must have come to: where a class is first made after it is defined, or the end of what gives the name."""
    statements = [each for each in module.binders.get(name, ()) if each.lineno <= module.end]
    if not statements:
        return module.end
    end = statements[-1].end_lineno
    if all(map(is_value, statements)):
        return end
    calls = (site.call for site in calls_of(module.tree, name))
    return min((call.end_lineno for call in calls if end < call.lineno <= module.end), default=end)


def _inside_itself(site: CallSite, name: str) -> bool:
    return name in site.classes or any(function.name == name for function in site.functions)


def _resolve(namespace: Namespace, name: str):
    first, *rest = name.split(".")
    value = namespace[first]
    for part in rest:
        if part != "<locals>":
            value = getattr(value, part)
    return value


def _keywords(tree: ast.Module, own: str) -> list[inspect.Parameter]:
    """What a constructor takes out of its `**kwargs`, as parameters."""
    keys = filter(str.isidentifier, keys_of_keywords(tree, own))
    return [inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY) for key in keys]


def _takes_more(target) -> bool:
    """Whether what makes a model takes `**kwargs`, which may be for what it derives from."""
    try:
        return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(target).parameters.values())
    except (TypeError, ValueError):
        return False


def _signature(target) -> inspect.Signature:
    """How it is called; in any way where that is not known."""
    any_way = inspect.signature(lambda *args, **kwargs: None)
    try:
        found = inspect.signature(target.__init__ if inspect.isclass(target) else target)
    except (TypeError, ValueError):
        return any_way
    return found.replace(parameters=list(found.parameters.values())[inspect.isclass(target) :])


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
    return [_annotated(p) for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def _annotated(parameter: inspect.Parameter) -> inspect.Parameter:
    """A parameter as it was meant: `size=int` is `size: int`."""
    if isinstance(parameter.default, type) and parameter.default in _TYPES:
        return parameter.replace(annotation=parameter.default, default=parameter.empty)
    return parameter


def _guess(wanted: Wanted, chosen: Chosen) -> Way:
    """As the parameters' names suggest, and what errors asked for."""
    text = ", ".join(f"{key}={value!r}" for key, value in chosen.arguments.items())
    why = [(key, repr(value), "guessed from its name") for key, value in chosen.arguments.items()]
    return Way(
        lambda: wanted.target(**{key: made(value) for key, value in chosen.arguments.items()}),
        f"{wanted.name}({text})",
        why + chosen._replace(arguments={}).said(),
        dict(chosen.arguments),
        settings=chosen.settings,
    )
