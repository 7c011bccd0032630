"""The command line: reads arguments, calls the engine, prints what it found.

Whatever is heavy is imported by the command that needs it, so that `--version` and `--help` are quick.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, NoReturn, TextIO

from . import __version__
from .config import FORMATS, OPTIONS, ConfigError, Settings, did_you_mean, find_file, settings_for
from .source.discover import STDIN
from .source.files import SourceError

CLEAN, FOUND, FAILED = 0, 1, 2
INTERRUPTED, PIPE_CLOSED = 130, 141


class UsageError(Exception):
    """Arguments that make no sense; the text is one line that says what to write instead."""


class Command(NamedTuple):
    """A command: its help, what adds its arguments to a parser, and what runs it and returns the exit status."""

    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")


def main(argv: list[str] | None = None) -> int:
    """Run a command line and return its exit status: 0 clean, 1 findings, 2 could not do the work."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A source may hold, and a file may be called, what the terminal's encoding has not.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return status
    except (UsageError, ConfigError, SourceError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        print("keraslint: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        if os.environ.get("KERASLINT_TRACEBACK"):
            raise
        return _fail(
            f"internal error: {_in_one_line(error)}; set KERASLINT_TRACEBACK=1 to see all, and report it"
        )


def _run(argv: list[str]) -> int:
    name = argv[0] if argv else "--help"
    if name in COMMANDS:
        command = COMMANDS[name]
        parser = Parser(prog=f"keraslint {name}", description=command.help, allow_abbrev=False)
        command.arguments(parser)
        return command.run(parser.parse_args(argv[1:]))
    if name in ("-V", "--version"):
        print(f"keraslint {__version__}")
        return CLEAN
    if name in ("-h", "--help", "help"):
        print(_help(), end="")
        return CLEAN if argv else FAILED
    hint = did_you_mean(name, COMMANDS)
    if not hint and os.path.exists(name):
        hint = f"; did you mean `keraslint check {name}`?"
    raise UsageError(f"there is no command {name!r}{hint or '; see `keraslint --help`'}")


def _help() -> str:
    commands = "".join(f"  {name:<10}{command.help}\n" for name, command in COMMANDS.items())
    return (
        "usage: keraslint COMMAND ...\n\n"
        "Finds the Keras layers that run in the wrong mode, training or inference.\n\n"
        f"commands:\n{commands}\n"
        "options:\n  -h, --help      show this\n  -V, --version   show the version\n\n"
        "`keraslint COMMAND --help` shows a command's options. Exit status: 0 clean, 1 findings, 2 could not do the work.\n"
    )


# keraslint check


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files and folders (default: this folder); - is stdin"
    )
    rules = parser.add_argument_group("rules")
    for name in ("select", "ignore", "extend-select", "extend-ignore"):
        rules.add_argument(f"--{name}", action="append", metavar="CODES", help=OPTIONS[name].help)
    rules.add_argument(
        "--per-file-ignores", action="append", metavar="PATTERN:CODES", help=OPTIONS["per-file-ignores"].help
    )
    _add_target_options(parser)
    files = parser.add_argument_group("files")
    for name in ("exclude", "extend-exclude"):
        files.add_argument(f"--{name}", action="append", metavar="PATTERNS", help=OPTIONS[name].help)
    for name in ("force-exclude", "respect-gitignore"):
        files.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, help=OPTIONS[name].help)
    files.add_argument("--stdin-filename", metavar="FILE", help="the name of the file that comes on stdin")
    files.add_argument(
        "--show-files", action="store_true", help="list the files that would be checked, and stop"
    )
    output = parser.add_argument_group("output")
    output.add_argument("--output-format", choices=FORMATS, help=OPTIONS["output-format"].help)
    output.add_argument("-o", "--output-file", metavar="FILE", help="write the findings to a file")
    output.add_argument(
        "--statistics", action="store_true", help="count the findings of each rule, on stderr"
    )
    output.add_argument("--exit-zero", action="store_true", help="exit with 0 although there are findings")
    output.add_argument("-q", "--quiet", action="store_true", help="print findings and errors only")
    _add_color_option(output)
    _add_config_options(parser)
    parser.add_argument("--show-settings", action="store_true", help="print the settings in force, and stop")


def _check(args: argparse.Namespace) -> int:
    if STDIN in args.paths or (args.stdin_filename and not args.paths):
        args.paths = [path for path in args.paths if path != STDIN]
        return _check_all(args, _stdin_groups(args))
    args.paths = args.paths or ["."]
    return _check_all(args, _groups(args.paths, args))


class _Group(NamedTuple):
    """Paths that share their settings, and what came on stdin among them."""

    paths: list[str]
    settings: Settings
    stdin: tuple[str, bytes] | None = None


def _groups(paths: list[str], args: argparse.Namespace) -> list[_Group]:
    """The paths by the configuration file that counts for them; those without one belong together."""
    by_file: dict[str | None, list[str]] = {}
    for path in paths:
        folder = os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path))
        file = None if args.config or args.isolated else find_file(folder)
        by_file.setdefault(file, []).append(path)
    return [_Group(group, _settings(_common(group) if file is None else group[0], args))
            for file, group in by_file.items()]  # fmt: skip


def _stdin_groups(args: argparse.Namespace) -> list[_Group]:
    """What came on stdin, and the other paths with it if they share its settings."""
    from .source.discover import excluded

    name = args.stdin_filename or STDIN
    settings = _settings(args.stdin_filename or ".", args)
    groups = _groups(args.paths, args) if args.paths else []
    if args.stdin_filename and settings.force_exclude and excluded(name, settings):
        return groups or [_Group([], settings)]
    data = b"" if args.show_files or args.show_settings else sys.stdin.buffer.read()
    for at, group in enumerate(groups):
        if group.settings == settings:
            groups[at] = group._replace(stdin=(name, data))
            return groups
    return [_Group([], settings, (name, data)), *groups]


def _common(paths: list[str]) -> str:
    try:
        return os.path.commonpath([os.path.abspath(path) for path in paths])
    except ValueError:  # on two drives
        return os.path.abspath(paths[0])


def _check_all(args: argparse.Namespace, groups: list[_Group]) -> int:
    if args.show_settings:
        for group in groups:
            _print_settings(group.settings)
        return CLEAN
    if args.show_files:
        return _show_files(groups)
    from time import perf_counter

    from . import targets
    from .engine import check

    for group in groups:
        # A wrong version is an error even where no model asks for it.
        targets.regimes(group.settings)
        targets.backends(group.settings)
    started = perf_counter()
    results = [check(group.paths, group.settings, stdin=group.stdin) for group in groups]
    findings = sorted(
        (each for result in results for each in result.findings), key=lambda each: each.sort_key
    )
    errors = [error for result in results for error in result.errors]
    files = sum(result.files for result in results)
    texts = {each.span.filename: result for result in results for each in result.findings}

    def lines(filename: str, cell: int | None) -> list[str]:
        return texts.get(filename, results[0]).text(filename, cell)

    format = groups[0].settings.output_format
    _write_report(format, findings, lines, args)
    for error in errors:
        _say("error", error)
    if not files and not errors:
        if not args.quiet:
            _say("warning", f"no Python files or notebooks found under {', '.join(args.paths) or 'stdin'}")
        return CLEAN
    if args.statistics:
        seconds = perf_counter() - started
        _print_statistics(findings, files, sum(result.lines for result in results), seconds)
    elif not args.quiet and not errors and _is_for_people(format):
        print(_summary(findings, files), file=sys.stderr)
    if errors:
        return FAILED
    return FOUND if findings and not args.exit_zero else CLEAN


def _is_for_people(format: str) -> bool:
    from .report import FOR_PEOPLE

    return format in FOR_PEOPLE


def _write_report(format: str, findings: list, lines: Callable, args: argparse.Namespace) -> None:
    from .report import Context, render
    from .report.style import wants_color

    if args.output_file is None:
        sys.stdout.writelines(render(format, findings, Context(lines, wants_color(args.color, sys.stdout))))
        # What follows on stderr stands below it on a terminal.
        sys.stdout.flush()
        return
    try:
        with open(args.output_file, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.writelines(render(format, findings, Context(lines, args.color == "always")))
    except OSError as error:
        raise UsageError(f"--output-file: {args.output_file} cannot be written: {error.strerror}") from None


def _summary(findings: list, files: int) -> str:
    if not findings:
        return f"No findings in {_count(files, 'file')}."
    hit = len({finding.span.filename for finding in findings})
    return f"Found {_count(len(findings), 'finding')} in {_count(hit, 'file')}."


def _print_statistics(findings: list, files: int, lines: int, seconds: float) -> None:
    from collections import Counter

    counts = Counter((finding.code, finding.name) for finding in findings)
    widest = len(str(max(counts.values(), default=0)))
    for (code, name), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        print(f"{count:>{widest}}  {code}  {name}", file=sys.stderr)
    found = f"{_count(len(findings), 'finding')} in {_count(files, 'file')}"
    print(f"{found}, {_count(lines, 'line')}, {seconds:.2f} s", file=sys.stderr)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _show_files(groups: list[_Group]) -> int:
    from .source.discover import discover
    from .source.files import shown

    failed: list[str] = []
    for group in groups:
        if group.stdin:
            print(group.stdin[0])
        for path in discover(group.paths, group.settings, failed):
            print(shown(path))
    for error in failed:
        _say("error", error)
    return FAILED if failed else CLEAN


# keraslint explain


def _explain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target", metavar="TARGET", help="a file, or FILE::Class for one class or graph of it"
    )
    parser.add_argument("--all", action="store_true", help="show also layers that act the same in both modes")
    _add_shape_option(parser)
    _add_target_options(parser)
    _add_color_option(parser)
    _add_config_options(parser)


def _explain(args: argparse.Namespace) -> int:
    path = args.target.partition("::")[0]
    if not os.path.isfile(path):
        raise UsageError(f"{path}: no such file; the target is FILE or FILE::Class")
    settings = _settings(path, args)
    from .engine import explain
    from .report import tables
    from .report.style import wants_color

    models = explain(args.target, settings)
    if args.shape == "json":
        sys.stdout.write(tables.document(models))
    elif models:
        sys.stdout.writelines(tables.render(models, wants_color(args.color, sys.stdout), args.all))
    else:
        _say("warning", f"{path}: no Keras model or layer is defined here")
    return CLEAN


# keraslint rule


def _rule_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("codes", nargs="*", metavar="CODE", help="a rule's code or name")
    parser.add_argument("--all", action="store_true", help="list all rules")
    _add_shape_option(parser)


def _rule(args: argparse.Namespace) -> int:
    from .rulebook import rules

    if bool(args.codes) == args.all:
        raise UsageError(
            "name a rule, as in `keraslint rule KER101`, or list all with `keraslint rule --all`"
        )
    by_name = {rule.name: rule for rule in rules().values()}
    chosen = list(rules().values())
    if args.codes:
        chosen = []
        for code in args.codes:
            rule = rules().get(code.upper()) or by_name.get(code.lower())
            if rule is None:
                hint = did_you_mean(code.upper(), rules()) or did_you_mean(code.lower(), by_name)
                raise UsageError(f"there is no rule {code!r}{hint or '; `keraslint rule --all` lists them'}")
            chosen.append(rule)
    if args.shape == "json":
        import json
        from dataclasses import asdict

        print(json.dumps([asdict(rule) for rule in chosen], indent=2))
    elif args.all:
        widest = max(len(rule.name) for rule in chosen)
        for rule in chosen:
            print(f"{rule.code}  {rule.name:<{widest}}  {rule.category:<11}  {rule.summary}")
    else:
        for rule in chosen:
            print(f"# {rule.code} {rule.name} ({rule.category})\n\n{rule.summary}.\n\n{rule.text}", end="")
    return CLEAN


# keraslint config


def _config_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="a file or folder (default: this folder)"
    )
    _add_target_options(parser)
    _add_config_options(parser)


def _config(args: argparse.Namespace) -> int:
    if not os.path.exists(args.path):
        raise UsageError(f"{args.path}: no such file or folder")
    _print_settings(_settings(args.path, args))
    return CLEAN


def _print_settings(settings: Settings) -> None:
    """The options as they would stand in a file, where each came from, and what `auto` comes to."""
    from .targets import backend_targets, keras_targets

    print(f"# root: {settings.root}")
    for option in OPTIONS.values():
        print(
            f"{option.name} = {_toml(getattr(settings, option.field))}  # {settings.sources.get(option.name, 'default')}"
        )
    for name, answer in (("keras", keras_targets(settings)), ("backend", backend_targets(settings))):
        print(f"# {name} in force: {', '.join(answer.values)} ({answer.why})")


def _toml(value: Any) -> str:
    import json

    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value) + " }"
    return json.dumps(value, ensure_ascii=False)


# What the commands share


def _add_target_options(parser: argparse.ArgumentParser) -> None:
    targets = parser.add_argument_group("targets")
    targets.add_argument("--keras", action="append", metavar="VERSIONS", help=OPTIONS["keras"].help)
    targets.add_argument("--backend", action="append", metavar="NAMES", help=OPTIONS["backend"].help)


def _add_config_options(parser: argparse.ArgumentParser) -> None:
    files = parser.add_argument_group("settings")
    files.add_argument("--config", metavar="FILE", help="the configuration file to use, whatever lies closer")
    files.add_argument("--isolated", action="store_true", help="use no configuration file")


def _add_shape_option(parser: argparse.ArgumentParser) -> None:
    shapes = ("text", "json")
    parser.add_argument(
        "--output-format", dest="shape", choices=shapes, default="text", help="for people or programs"
    )


def _add_color_option(parser: Any) -> None:
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="when to use colour"
    )


def _settings(path: str, args: argparse.Namespace) -> Settings:
    """The settings in force for a path, with the command line's options over them. Raises ConfigError."""
    overrides = {}
    for option in OPTIONS.values():
        value = getattr(args, option.field, None)
        if value is not None:
            overrides[option.name] = _READ.get(option.name, lambda value: value)(value)
    return settings_for(path, overrides, args.config, args.isolated)


def _split(values: Iterable[str]) -> Iterator[str]:
    return (part.strip() for value in values for part in value.split(",") if part.strip())


def _from_here(pattern: str) -> str:
    """A pattern of the command line is relative to the current folder, one of a file to the file's."""
    return os.path.abspath(pattern) if "/" in pattern.rstrip("/") else pattern


def _per_file_ignores(values: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for value in values:
        pattern, colon, codes = value.rpartition(":")
        if not colon or not pattern:
            raise UsageError(
                f"--per-file-ignores: {value!r} is not PATTERN:CODES, as in tests/*:KER101,KER102"
            )
        found.setdefault(_from_here(pattern), []).extend(_split([codes]))
    return found


# How the command line's values of an option are read where they are not just taken.
_READ: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        ("select", "ignore", "extend-select", "extend-ignore"), lambda values: list(_split(values))
    ),
    **dict.fromkeys(
        ("exclude", "extend-exclude"), lambda values: [_from_here(each) for each in _split(values)]
    ),
    "per-file-ignores": _per_file_ignores,
}


def _say(kind: str, message: str, stream: TextIO | None = None) -> None:
    print(f"keraslint: {kind}: {message}", file=stream or sys.stderr)


def _fail(message: str) -> int:
    _say("error", message)
    return FAILED


def _in_one_line(error: Exception) -> str:
    """An unexpected error with the place in this package where it happened."""
    place, traceback = "", error.__traceback__
    while traceback:
        file = traceback.tb_frame.f_code.co_filename
        if os.path.dirname(__file__) in file:
            place = f" at {os.path.relpath(file, os.path.dirname(__file__))}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    said = " ".join(str(error).split())
    return f"{type(error).__name__}{': ' + said if said else ''}{place}"


COMMANDS = {
    "check": Command("report layers that run in the wrong mode", _check_arguments, _check),
    "explain": Command("show the mode of every layer of a file or class", _explain_arguments, _explain),
    "rule": Command("show a rule's page, or list the rules", _rule_arguments, _rule),
    "config": Command("show the settings in force for a path", _config_arguments, _config),
}
