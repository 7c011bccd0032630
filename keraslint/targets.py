"""Which Keras versions and backends a project is checked for, and where that is known from.

A regime is a range of Keras versions with one set of rules; its first version names it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from .config import ConfigError, Settings, did_you_mean
from .source.files import shown

# The first version of each regime. NEWEST is the newest with a release: what `auto` falls back to.
STARTS = {"2": (2, 0, 0), "3.0": (3, 0, 0), "3.10": (3, 10, 0), "3.16": (3, 16, 0)}
REGIMES = tuple(STARTS)
NEWEST = "3.10"
BACKENDS = ("tensorflow", "jax", "torch")

Version = tuple[int, int, int]

# Versions to try specifiers on: enough to find every regime that one allows.
_KERAS = tuple((major, minor, patch) for major in (2, 3) for minor in range(60) for patch in (*range(10), 99))
_TENSORFLOW = tuple(
    (major, minor, patch) for major in (1, 2) for minor in range(60) for patch in (*range(10), 99)
)
_FIRST_TENSORFLOW_WITH_KERAS_3 = (2, 16, 0)

# What a requirement's name says: packages that bring Keras, under the name that they count as.
_PACKAGES = {
    "keras": "keras",
    "keras-nightly": "keras",
    "tf-keras": "tf-keras",
    "tf-keras-nightly": "tf-keras",
    "tensorflow": "tensorflow",
    "tensorflow-cpu": "tensorflow",
    "tensorflow-gpu": "tensorflow",
    "tensorflow-macos": "tensorflow",
    "tensorflow-intel": "tensorflow",
    "intel-tensorflow": "tensorflow",
    "tf-nightly": "tensorflow",
    "jax": "jax",
    "torch": "torch",
}
_BRING_KERAS = ("keras", "tf-keras", "tensorflow")


class Declared(NamedTuple):
    """That a file asks for a package; `specifier` is empty where any version will do."""

    package: str
    specifier: str
    file: str


class Answer(NamedTuple):
    """What is targeted, and why, in words."""

    values: tuple[str, ...]
    why: str


def regimes(settings: Settings) -> tuple[str, ...]:
    """The regimes to check for, oldest first. Raises ConfigError if `keras` is no version or specifier."""
    return keras_targets(settings).values


def backends(settings: Settings, assigned: Iterable[str] = ()) -> tuple[str, ...]:
    """The backends to check for; `assigned` are those that the code itself sets KERAS_BACKEND to.

    Raises ConfigError if `backend` names none.
    """
    return backend_targets(settings, assigned).values


def exact_versions(settings: Settings) -> tuple[str, ...]:
    """The full versions that `keras` names, such as 3.15.1: for who can run one."""
    return tuple(spec for spec in _specifiers(settings.keras) if re.fullmatch(r"\d+\.\d+\.\d\w*", spec))


def forget() -> None:
    """Look anew at what projects declare from now on."""
    for cached in (_auto_keras, _auto_backend, _declarations):
        cached.cache_clear()


def keras_targets(settings: Settings) -> Answer:
    """The regimes to check for, and why. Raises ConfigError."""
    specifiers = _specifiers(settings.keras)
    where = settings.sources.get("keras", "the settings")
    found: list[str] = []
    whys = []
    for specifier in specifiers:
        if specifier == "auto":
            values, why = _auto_keras(settings.root)
            whys.append(why)
        else:
            values = REGIMES if specifier == "all" else _allowed_regimes(specifier)
            if not values:
                known = ", ".join(REGIMES)
                raise ConfigError(
                    f"{where}: keras: {specifier!r} is no Keras version from 2 on; "
                    f"write one ({known}, 3.15.1), a specifier (>=3.10), all or auto"
                )
            whys.append(f"{specifier} in {where}")
        found += values
    return Answer(tuple(each for each in REGIMES if each in found), ", ".join(whys))


def backend_targets(settings: Settings, assigned: Iterable[str] = ()) -> Answer:
    """The backends to check for, and why. Raises ConfigError."""
    where = settings.sources.get("backend", "the settings")
    found: list[str] = []
    whys = []
    for name in (part.strip() for value in settings.backend for part in value.split(",")):
        if name == "auto":
            values, why = _auto_backend(settings.root, tuple(assigned))
        elif name in BACKENDS:
            values, why = (name,), f"{name} in {where}"
        else:
            hint = did_you_mean(name, BACKENDS) or f"; choose from {', '.join(BACKENDS)}, auto"
            raise ConfigError(f"{where}: backend: unknown backend {name!r}{hint}")
        found += values
        whys.append(why)
    return Answer(tuple(each for each in BACKENDS if each in found), ", ".join(whys))


def regime_of(version: Version) -> str | None:
    """The regime of a Keras version; None before Keras 2."""
    return next((name for name in reversed(REGIMES) if version >= STARTS[name]), None)


def allows(specifier: str, version: Version) -> bool:
    """Whether a specifier such as `>=3.3,<3.10`, `~=2.15`, `^3.1` or `3.*` allows a version.

    A version alone stands for all that begin with it. Raises ValueError if it is no specifier.
    """
    return all(_allows(part.strip(), version) for part in specifier.split(",") if part.strip())


def _allows(part: str, version: Version) -> bool:
    match = re.fullmatch(
        r"(===|==|~=|!=|>=|<=|>|<|=|\^|~)?\s*v?(\d+(?:\.\d+)*)(\.\*|\.x)?([-_.]?(a|b|r?c|post|dev)\d*)*(\+.*)?",
        part,
    )
    if not match:
        raise ValueError(part)
    operator, numbers, star = match[1] or "", tuple(int(each) for each in match[2].split(".")), match[3]
    bound: Any = (*numbers, 0, 0, 0)[:3]
    begins = version[: len(numbers)] == numbers[:3]
    if operator in ("", "=") or (operator in ("==", "===") and star):
        return begins
    if operator == "!=":
        return not (begins if star else version == bound)
    if operator == "^":
        return version >= bound and version[0] == bound[0]
    if operator == "~":
        return version >= bound and version[: len(numbers)][:2] == numbers[:2]
    if operator == "~=":
        return version >= bound and version[: len(numbers) - 1] == numbers[: len(numbers) - 1][:3]
    return {
        "==": version == bound,
        "===": version == bound,
        ">=": version >= bound,
        "<=": version <= bound,
        ">": version > bound,
        "<": version < bound,
    }[operator]


def _specifiers(values: Iterable[str]) -> list[str]:
    """Each version or specifier in values such as `2,3.15` or `>=3.10,<3.12`: bounds after a bound belong to it."""
    found: list[str] = []
    for value in values:
        joins = False
        for part in (part.strip() for part in value.split(",")):
            is_bound = part[:1] in tuple("<>=!~^")
            if joins and is_bound:
                found[-1] += "," + part
            elif part:
                found.append(part)
            joins = is_bound
    return found


def _allowed_regimes(specifier: str) -> tuple[str, ...]:
    """The regimes with a version that the specifier allows; none if it cannot be read."""
    try:
        found = {
            regime_of(version) for version in (*_KERAS, *_named(specifier)) if allows(specifier, version)
        }
    except ValueError:
        return ()
    return tuple(each for each in REGIMES if each in found)


def _named(specifier: str) -> list[Version]:
    """The versions that the specifier itself names: one may be a patch that `_KERAS` does not have."""
    named = [
        tuple(int(each) for each in re.findall(r"\d+", version))
        for version in re.findall(r"[\d.]+", specifier)
    ]
    return [(*version, 0, 0, 0)[:3] for version in named if version[:1] in ((2,), (3,))]


@lru_cache(maxsize=256)
def _auto_keras(root: str) -> Answer:
    locked, declared = _declarations(root)
    for found in (locked, declared):
        answer = _from_declarations(found)
        if answer:
            return answer
    for package, version, place in _installed(root):
        answer = _from_declarations((Declared(package, "==" + version, place),))
        if answer:
            return Answer(answer.values, f"{package} {version} installed in {place}")
    return Answer((NEWEST,), "the newest release, for nothing declares a version")


def _from_declarations(declared: tuple[Declared, ...]) -> Answer | None:
    """What the first package says that names versions, Keras before TensorFlow; None if none does."""
    for package in _BRING_KERAS:
        found: set[str] = set()
        whys = []
        for each in declared:
            values = _said_regimes(each) if each.package == package else ()
            if values:
                found.update(values)
                whys.append(f"{package}{each.specifier} in {each.file}")
        if found:
            return Answer(tuple(each for each in REGIMES if each in found), ", ".join(dict.fromkeys(whys)))
    return None


def _said_regimes(declared: Declared) -> tuple[str, ...]:
    """The regimes that one requirement allows. Those without a release only if it allows nothing else."""
    if declared.package == "tf-keras":
        return ("2",)
    if not declared.specifier:
        return ()
    if declared.package == "tensorflow":
        return _tensorflow_regimes(declared.specifier)
    allowed = _allowed_regimes(declared.specifier)
    return tuple(each for each in allowed if STARTS[each] <= STARTS[NEWEST]) or allowed


def _tensorflow_regimes(specifier: str) -> tuple[str, ...]:
    """TensorFlow before 2.16 has Keras 2 inside; later ones bring whatever Keras 3 is the newest."""
    try:
        allowed = [version for version in _TENSORFLOW if allows(specifier, version)]
    except ValueError:
        return ()
    old = any((2, 0, 0) <= version < _FIRST_TENSORFLOW_WITH_KERAS_3 for version in allowed)
    new = any(version >= _FIRST_TENSORFLOW_WITH_KERAS_3 for version in allowed)
    return ("2",) * old + (NEWEST,) * new


@lru_cache(maxsize=256)
def _auto_backend(root: str, assigned: tuple[str, ...]) -> Answer:
    set_in_code = tuple(each for each in BACKENDS if each in assigned)
    if set_in_code:
        return Answer(set_in_code, "KERAS_BACKEND is set in the code")
    locked, declared = _declarations(root)
    asked = {each.package: each.file for each in reversed(declared or locked)}
    if "keras" in asked and "tensorflow" not in asked:
        found = tuple(each for each in ("jax", "torch") if each in asked)
        if found:
            return Answer(found, f"declared without tensorflow in {asked[found[0]]}")
    return Answer(("tensorflow",), "Keras' own default")


@lru_cache(maxsize=256)
def _declarations(root: str) -> tuple[tuple[Declared, ...], tuple[Declared, ...]]:
    """What lock files and what requirements say, in the closest folder from `root` upwards that says anything."""
    folder = root
    while True:
        locked = tuple(_in_files(folder, _LOCKS))
        declared = tuple(_in_files(folder, _REQUIREMENTS))
        if any(each.package in _BRING_KERAS for each in locked + declared):
            return locked, declared
        parent = os.path.dirname(folder)
        if os.path.exists(os.path.join(folder, ".git")) or parent == folder:
            return (), ()
        folder = parent


def _in_files(folder: str, readers: tuple) -> Iterator[Declared]:
    """What the files of a folder declare, by the reader whose pattern fits a file's name."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    names += sorted(f"requirements/{name}" for name in _listed(os.path.join(folder, "requirements")))
    for name in names:
        for pattern, read in readers:
            if re.fullmatch(pattern, name):
                path = os.path.join(folder, name)
                for package, specifier in read(_text(path)):
                    known = _PACKAGES.get(re.sub(r"[-_.]+", "-", package).lower())
                    if known:
                        yield Declared(known, specifier.strip().rstrip(","), shown(path))


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


# A reader takes a file's text and yields names with their specifiers.

_NAME = r"([A-Za-z][\w.-]*?)"
_BOUNDS = r"\(?\s*((?:(?:===?|~=|!=|>=|<=|>|<|=)\s*[\w.*+!-]+\s*,?\s*)*)"
_REQUIREMENT = re.compile(rf"\s*{_NAME}\s*(?:\[[^\]]*\])?\s*{_BOUNDS}\)?\s*(?:[;#@].*|--.*|\\)?$")


def _requirement(text: str) -> Iterator[tuple[str, str]]:
    match = _REQUIREMENT.match(text)
    if match:
        yield match[1], match[2]


def _requirements_txt(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        yield from _requirement(line)


def _setup_cfg(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        # `install_requires = keras` has its first requirement behind the key.
        yield from _requirement(re.sub(r"^\w+\s*=(?!=)", "", line))


def _environment_yml(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if line.lstrip().startswith("- "):
            yield from _requirement(line.lstrip()[2:].strip("\"'"))


def _setup_py(text: str) -> Iterator[tuple[str, str]]:
    for quoted in re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'", text):
        yield from _requirement(quoted[0] or quoted[1])


def _pyproject(text: str) -> Iterator[tuple[str, str]]:
    if "keras" not in text and "tensorflow" not in text:
        return
    from .rulebook import load_toml

    try:
        document = load_toml(text)
    except ValueError:
        return
    project = _table(document.get("project"))
    groups = [project.get("dependencies"), *_table(project.get("optional-dependencies")).values()]
    groups += _table(document.get("dependency-groups")).values()
    for requirement in (each for group in groups if isinstance(group, list) for each in group):
        if isinstance(requirement, str):
            yield from _requirement(requirement)
    poetry = _table(_table(document.get("tool")).get("poetry"))
    tables = [poetry, *_table(poetry.get("group")).values()]
    for table in tables:
        for key in ("dependencies", "dev-dependencies"):
            yield from _versions(_table(table).get(key))


def _pipfile(text: str) -> Iterator[tuple[str, str]]:
    from .rulebook import load_toml

    try:
        document = load_toml(text)
    except ValueError:
        return
    for key in ("packages", "dev-packages"):
        yield from _versions(document.get(key))


def _versions(table: Any) -> Iterator[tuple[str, str]]:
    """Names with versions as a table has them: `keras = "^3.1"` or `keras = {version = "^3.1"}`."""
    for name, value in _table(table).items():
        version = value.get("version") if isinstance(value, dict) else value
        yield name, "" if not isinstance(version, str) or version == "*" else version


def _toml_lock(text: str) -> Iterator[tuple[str, str]]:
    # Every TOML lock file writes these two lines so, and parsing a long one takes a second.
    for name, version in re.findall(r'^name = "([^"]+)"\s+version = "([^"]+)"', text, re.MULTILINE):
        yield name, "==" + version


def _pipfile_lock(text: str) -> Iterator[tuple[str, str]]:
    import json

    try:
        document = json.loads(text)
    except ValueError:
        return
    for key in ("default", "develop"):
        yield from _versions(_table(document).get(key))


def _table(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


_LOCKS = (
    (r"(uv|poetry|pdm)\.lock|pylock(\.[\w-]+)?\.toml", _toml_lock),
    (r"Pipfile\.lock", _pipfile_lock),
)
_REQUIREMENTS = (
    (r"pyproject\.toml", _pyproject),
    (r"[\w./-]*requirements[\w.-]*\.(txt|in)|requirements/[\w.-]+\.(txt|in)", _requirements_txt),
    (r"setup\.cfg", _setup_cfg),
    (r"setup\.py", _setup_py),
    (r"(environment|conda)[\w.-]*\.ya?ml", _environment_yml),
    (r"Pipfile", _pipfile),
)


def _installed(root: str) -> Iterator[tuple[str, str, str]]:
    """Package, version and folder of what is installed beside the project, in the active environment, or here.

    The names of the metadata folders say it; nothing is imported.
    """
    environments = [
        os.path.join(root, ".venv"),
        os.path.join(root, "venv"),
        os.environ.get("VIRTUAL_ENV", ""),
    ]
    folders = [site for each in environments if each for site in _site_packages(each)]
    for folder in dict.fromkeys([*folders, *sys.path]):
        found = {}
        for name in _listed(folder) if folder else ():
            match = re.fullmatch(r"([\w.]+)-(\d[\w.+!]*)\.dist-info", name)
            package = _PACKAGES.get(match[1].replace("_", "-").lower()) if match else None
            if match and package in _BRING_KERAS:
                found[package] = match[2]
        for package in _BRING_KERAS:
            if package in found:
                yield package, found[package], folder


def _site_packages(environment: str) -> list[str]:
    library = os.path.join(environment, "lib")
    pythons = [os.path.join(library, name, "site-packages") for name in sorted(_listed(library))]
    return [*pythons, os.path.join(environment, "Lib", "site-packages")]
