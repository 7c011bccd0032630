"""Settings: the table of options, the file they are read from, and which rules they turn on.

As with ruff, the closest `.keraslint.toml`, `keraslint.toml` or `pyproject.toml` with a `[tool.keraslint]` table
counts for a file, nothing is merged unless `extend` says so, and the command line beats every file.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from .source.files import MAX_BYTES, shown
from .source.patterns import DEFAULT_EXCLUDE, matches

FILES = (".keraslint.toml", "keraslint.toml", "pyproject.toml")
FORMATS = (
    "full", "concise", "grouped", "json", "json-lines", "sarif", "github", "gitlab", "junit", "rdjson", "pylint", "azure",
)  # fmt: skip
# What marks the folder of a project that has no settings of its own.
_PROJECT_MARKS = (".git", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")


class ConfigError(Exception):
    """Settings that cannot be used; the text is one line that names the file, the key and the reason."""


# The kinds of options that are tables.
TABLES = ("table", "texts")


class Option(NamedTuple):
    """An option of the configuration file; `kind` is list, codes, flag, number, text, table or texts."""

    name: str
    kind: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        return self.name.replace("-", "_")


OPTIONS = {
    option.name: option
    for option in (
        Option(
            "select",
            "codes",
            (),
            "the rules to use instead of the default: codes, prefixes, categories or ALL",
        ),
        Option("ignore", "codes", (), "the rules not to use"),
        Option("extend-select", "codes", (), "rules to use besides `select`"),
        Option("extend-ignore", "codes", (), "rules not to use besides `ignore`"),
        Option("per-file-ignores", "table", (), "rules not to use in the files that a pattern fits"),
        Option("fix", "flag", False, "repair what can be repaired, and write the files"),
        Option("unsafe-fixes", "flag", False, "repair also where that changes what training or inference do"),
        Option("fix-only", "flag", False, "repair, and do not report what is left; implies --fix"),
        Option("show-fixes", "flag", False, "list what was repaired"),
        Option("fixable", "codes", ("ALL",), "the rules to repair findings of"),
        Option("unfixable", "codes", (), "the rules not to repair findings of"),
        Option("extend-safe-fixes", "codes", (), "the rules whose fixes count as safe"),
        Option("extend-unsafe-fixes", "codes", (), "the rules whose fixes count as unsafe"),
        Option("exclude", "list", DEFAULT_EXCLUDE, "patterns of files and folders to leave out"),
        Option("extend-exclude", "list", (), "patterns to leave out besides `exclude`"),
        Option("force-exclude", "flag", False, "leave out excluded files even where they are named"),
        Option("respect-gitignore", "flag", True, "leave out what .gitignore leaves out"),
        Option("keras", "list", ("auto",), "the Keras versions to check for: versions, specifiers or auto"),
        Option("backend", "list", ("auto",), "the backends to check for: tensorflow, jax, torch or auto"),
        Option("library", "list", (), "folders of installed packages whose source may be followed"),
        Option("output-format", "text", "full", "how findings are printed", FORMATS),
        Option("max-file-size", "number", MAX_BYTES, "the most bytes of Python that a file may have"),
        Option("cache-dir", "text", ".keraslint_cache", "where results are kept between runs"),
        Option("require-reason", "flag", False, "report `keraslint: ignore` comments that give no reason"),
        Option("verify", "texts", (), "how `keraslint verify` makes and calls the models that are named"),
        Option("baseline", "text", "", "the file of the findings that are known and not reported"),
    )
}


@dataclass(frozen=True)
class Settings:
    """The options in force for one file. Patterns and folders are relative to `root`.

    `sources` tells for each option where its value came from; `origin` is what `settings_for` was asked with.
    """

    root: str
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    extend_ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    fix: bool = False
    unsafe_fixes: bool = False
    fix_only: bool = False
    show_fixes: bool = False
    fixable: tuple[str, ...] = ("ALL",)
    unfixable: tuple[str, ...] = ()
    extend_safe_fixes: tuple[str, ...] = ()
    extend_unsafe_fixes: tuple[str, ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    keras: tuple[str, ...] = ("auto",)
    backend: tuple[str, ...] = ("auto",)
    library: tuple[str, ...] = ()
    output_format: str = "full"
    max_file_size: int = MAX_BYTES
    cache_dir: str = ".keraslint_cache"
    require_reason: bool = False
    verify: tuple[tuple[str, str], ...] = ()
    baseline: str = ""
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    origin: tuple = field(default=(), compare=False, repr=False)


def settings_for(
    path: str, overrides: Mapping[str, Any] | None = None, config: str | None = None, isolated: bool = False
) -> Settings:
    """The settings in force for a file or folder.

    `overrides` are the command line's values by option name, `config` a file to use whatever lies closer, and
    `isolated` leaves every file out. Raises ConfigError.
    """
    folder = os.path.abspath(path)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    given = sorted((overrides or {}).items())
    checked = tuple((name, _checked(OPTIONS[name], value, "the command line")) for name, value in given)
    if config and not os.path.isfile(config):
        raise ConfigError(f"--config: there is no file {config}")
    return _settings(folder, checked, os.path.abspath(config) if config else None, isolated)


def settings_near(settings: Settings, path: str) -> Settings:
    """The settings for another file, found in the same way as these. Raises ConfigError."""
    if not settings.origin:
        return settings
    overrides, config, isolated = settings.origin
    return _settings(os.path.dirname(os.path.abspath(path)), overrides, config, isolated)


def forget() -> None:
    """Read every file anew from now on: for a server that lives longer than its files stay the same."""
    for cached in (_settings, _file_in, _table):
        cached.cache_clear()


def enabled(code: str, settings: Settings, path: str | None = None) -> bool:
    """Whether findings of a rule are reported, in general or in the file at `path`.

    The most specific selector decides, and among equals the one that ignores.
    """
    chosen = _specificity(code, settings.select + settings.extend_select)
    if not settings.select:
        chosen = max(chosen, 0 if _on_by_default(code) else -1)
    ignored = settings.ignore + settings.extend_ignore
    if path is not None and settings.per_file_ignores:
        full = os.path.abspath(path)
        for pattern, codes in settings.per_file_ignores:
            if matches((pattern,), full, settings.root):
                ignored += codes
    return chosen > _specificity(code, ignored)


def applicability(code: str, proposed: str, settings: Settings) -> str:
    """Whether a fix of a rule is safe, unsafe or only for display here, where its maker proposes safe or unsafe.

    The most specific selector decides; among equals `unfixable`, or the maker.
    """
    if _specificity(code, settings.fixable) <= _specificity(code, settings.unfixable):
        return "display"
    safe, unsafe = (
        _specificity(code, each) for each in (settings.extend_safe_fixes, settings.extend_unsafe_fixes)
    )
    return proposed if safe == unsafe else "safe" if safe > unsafe else "unsafe"


def is_applied(applicability: str, settings: Settings) -> bool:
    """Whether fixes that are safe, unsafe or for display are made where nobody looks at each."""
    return applicability == "safe" or (applicability == "unsafe" and settings.unsafe_fixes)


def find_file(folder: str) -> str | None:
    """The configuration file that counts for a folder, or None. Raises ConfigError."""
    while True:
        found = _file_in(folder)
        parent = os.path.dirname(folder)
        if found or parent == folder:
            return found
        folder = parent


def project_root(folder: str) -> str:
    """The closest folder, upwards, which looks like a project's; if none does, the one that holds the whole package."""
    current = folder
    while True:
        if any(os.path.exists(os.path.join(current, mark)) for mark in _PROJECT_MARKS):
            return current
        parent = os.path.dirname(current)
        if parent == current:
            break
        current = parent
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder


def did_you_mean(word: str, known: Any) -> str:
    """`; did you mean \\`x\\`?` for the closest known word, or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


@lru_cache(maxsize=4096)
def _settings(folder: str, overrides: tuple, config: str | None, isolated: bool) -> Settings:
    file = None if isolated else config or find_file(folder)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    if file:
        values, sources = _file_values(file, ())
    given = dict(overrides)
    if "select" in given:
        # A selection on the command line is made afresh: what the file ignores was about its own selection.
        for name in ("ignore", "extend-select", "extend-ignore"):
            values.pop(name, None)
            sources.pop(name, None)
    values.update(given)
    sources.update(dict.fromkeys(given, "the command line"))
    # Patterns of a file that --config names are relative to the current folder, as with ruff.
    root = os.getcwd() if config and file else os.path.dirname(file) if file else project_root(folder)
    fields = {OPTIONS[name].field: value for name, value in values.items()}
    for name in ("library", "cache_dir", "baseline"):
        value = fields.get(name, getattr(Settings, name))
        if not value:
            continue
        anchored = tuple(_anchored(root, each) for each in ([value] if isinstance(value, str) else value))
        fields[name] = anchored[0] if isinstance(value, str) else anchored
    return Settings(root=root, sources=sources, origin=(overrides, config, isolated), **fields)


def _anchored(root: str, path: str) -> str:
    return os.path.normpath(os.path.join(root, os.path.expanduser(path)))


@lru_cache(maxsize=4096)
def _file_in(folder: str) -> str | None:
    for name in FILES:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and (name != "pyproject.toml" or _table(path) is not None):
            return path
    return None


def _file_values(path: str, seen: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, str]]:
    """The checked values of a file and of what it extends, and the file that each came from."""
    table = dict(_table(path) or {})
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    where = shown(path)
    if "extend" in table:
        other = table.pop("extend")
        if not isinstance(other, str):
            raise ConfigError(
                f"{where}: extend: expected the path of a configuration file, got {_kind(other)}"
            )
        base = _anchored(os.path.dirname(path), other)
        if base in (*seen, path):
            raise ConfigError(f"{where}: extend: {other} extends this file again")
        if not os.path.isfile(base):
            raise ConfigError(f"{where}: extend: there is no file {other}")
        values, sources = _file_values(base, (*seen, path))
    for name, value in table.items():
        if name not in OPTIONS:
            raise ConfigError(f"{where}: unknown option `{name}`{did_you_mean(name, [*OPTIONS, 'extend'])}")
        values[name] = _checked(OPTIONS[name], value, where)
        sources[name] = where
    return values, sources


@lru_cache(maxsize=4096)
def _table(path: str) -> dict[str, Any] | None:
    """The options in a configuration file; None for a pyproject.toml that says nothing about keraslint."""
    in_pyproject = os.path.basename(path) == "pyproject.toml"
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise ConfigError(f"{shown(path)}: cannot be read: {error.strerror}") from None
    if in_pyproject and b"keraslint" not in data:
        return None
    from .rulebook import load_toml

    try:
        document = load_toml(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(f"{shown(path)}: not UTF-8: save it as UTF-8") from None
    except ValueError as error:
        place = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        where = f"{shown(path)}:{place[1]}:{place[2]}" if place else shown(path)
        raise ConfigError(
            f"{where}: not valid TOML: {str(error)[: place.start()] if place else error}"
        ) from None
    if not in_pyproject:
        if set(document) == {"tool"}:
            raise ConfigError(
                f"{shown(path)}: options stand at the top level here, not under [tool.keraslint]"
            )
        return document
    tool = document.get("tool")
    table = tool.get("keraslint") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{shown(path)}: tool.keraslint: expected a table, got {_kind(table)}")
    return table


def _checked(option: Option, value: Any, where: str) -> Any:
    """The value in the form that Settings holds. Raises ConfigError."""
    problem = f"{where}: {option.name}: "
    if option.kind in ("list", "codes"):
        values = (value,) if isinstance(value, str) else value
        if not isinstance(values, (list, tuple)) or not all(isinstance(each, str) for each in values):
            raise ConfigError(problem + f"expected a list of strings, got {_kind(value)}")
        return tuple(_selector(each, problem) for each in values) if option.kind == "codes" else tuple(values)
    if option.kind == "table":
        pairs = tuple(value.items()) if isinstance(value, Mapping) else value
        if not isinstance(pairs, tuple):
            raise ConfigError(problem + f"expected a table of patterns and codes, got {_kind(value)}")
        codes = Option(option.name, "codes", (), "")
        return tuple((pattern, _checked(codes, each, where)) for pattern, each in pairs)
    if option.kind == "texts":
        pairs = tuple(value.items()) if isinstance(value, Mapping) else value
        if not isinstance(pairs, tuple) or not all(isinstance(text, str) for _, text in pairs):
            raise ConfigError(problem + f"expected a table of names and strings, got {_kind(value)}")
        return pairs
    if option.kind == "flag" and not isinstance(value, bool):
        raise ConfigError(problem + f"expected true or false, got {_kind(value)}")
    if option.kind == "number" and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise ConfigError(problem + f"expected a number above 0, got {_kind(value)}")
    if option.kind == "text" and not isinstance(value, str):
        raise ConfigError(problem + f"expected a string, got {_kind(value)}")
    if option.choices and value not in option.choices:
        hint = did_you_mean(value, option.choices) or f"; choose from {', '.join(option.choices)}"
        raise ConfigError(problem + f"unknown value {value!r}{hint}")
    return value


def _kind(value: Any) -> str:
    """How TOML calls what was given."""
    names = (
        (bool, "a boolean"),
        (str, "a string"),
        (int, "a number"),
        (float, "a number"),
        (dict, "a table"),
    )
    name = next((name for kind, name in names if isinstance(value, kind)), None)
    if isinstance(value, (list, tuple)):
        return "a list of other things"
    return f"{name} ({value!r})" if name and name != "a table" else name or "a date or time"


def _selector(selector: str, problem: str) -> str:
    """A selector that selects something, in its usual spelling. Raises ConfigError."""
    from .rulebook import CATEGORIES, rules

    if selector.lower() in CATEGORIES:
        return selector.lower()
    code = selector.upper()
    if code == "ALL" or (code.startswith("KER") and any(known.startswith(code) for known in rules())):
        return code
    hint = did_you_mean(code, rules()) or "; `keraslint rule --all` lists the rules"
    raise ConfigError(problem + f"no rule has the code or prefix {selector!r}{hint}")


def _specificity(code: str, selectors: tuple[str, ...]) -> int:
    """How much of the code the closest selector that fits it says; -1 if none fits."""
    return max((_fit(code, selector) for selector in selectors), default=-1)


def _fit(code: str, selector: str) -> int:
    if selector == "ALL":
        return 0
    if selector.islower():
        return 1 if _category(code) == selector else -1
    return len(selector) if code.startswith(selector) else -1


def _category(code: str) -> str:
    from .rulebook import rules

    rule = rules().get(code)
    return rule.category if rule else "correctness"


def _on_by_default(code: str) -> bool:
    from .rulebook import OFF_BY_DEFAULT

    return _category(code) not in OFF_BY_DEFAULT
