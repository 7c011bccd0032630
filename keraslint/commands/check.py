"""`keraslint check`: findings for files, folders, notebooks and stdin."""

from __future__ import annotations

import argparse
import os
import sys
from time import perf_counter
from typing import TextIO

from ..config import FORMATS, OPTIONS, Settings
from ..source.discover import STDIN
from . import CLEAN, FAILED, FOUND, UsageError, fixes, known, say, verify
from .checking import checked, revived
from .config import print_settings
from .counts import counted, print_statistics, summary
from .groups import Group, grouped, stdin_groups
from .options import add_color_option, add_config_options, add_target_options


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files and folders (default: this folder); - is stdin"
    )
    rules = parser.add_argument_group("rules")
    for name in ("select", "ignore", "extend-select", "extend-ignore"):
        rules.add_argument(f"--{name}", action="append", metavar="CODES", help=OPTIONS[name].help)
    rules.add_argument(
        "--per-file-ignores", action="append", metavar="PATTERN:CODES", help=OPTIONS["per-file-ignores"].help
    )
    fixes.arguments(parser)
    known.arguments(parser)
    add_target_options(parser)
    files = parser.add_argument_group("files")
    for name in ("exclude", "extend-exclude"):
        files.add_argument(f"--{name}", action="append", metavar="PATTERNS", help=OPTIONS[name].help)
    for name in ("force-exclude", "respect-gitignore", "require-reason"):
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
    output.add_argument(
        "-e", "--exit-zero", action="store_true", help="exit with 0 although there are findings"
    )
    output.add_argument("-q", "--quiet", action="store_true", help="print findings and errors only")
    add_color_option(output)
    runs = verify.add_run_options(parser)
    runs.add_argument(
        "--verify",
        dest="verified",
        action="store_true",
        help="build the models that are reported, run them, and add the evidence; executes the project's code",
    )
    add_config_options(parser)
    speed = parser.add_argument_group("speed")
    speed.add_argument(
        "-j", "--jobs", type=_count, metavar="N", help="how many processes may work (default: all)"
    )
    speed.add_argument("-n", "--no-cache", action="store_true", help="neither use nor fill the cache")
    speed.add_argument("--cache-dir", metavar="FOLDER", help=OPTIONS["cache-dir"].help)
    parser.add_argument("--show-settings", action="store_true", help="print the settings in force, and stop")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def run(args: argparse.Namespace) -> int:
    groups = _groups(args)
    if args.show_settings:
        for group in groups:
            print_settings(group.settings)
        return CLEAN
    if args.show_files:
        return _show_files(groups)
    started = perf_counter()
    format = groups[0].settings.output_format
    changing = args.add_ignore is not None or fixes.wanted(groups, args)
    showing = not changing and (_shows_fixes(format) or args.verified)
    results = checked(groups, not args.no_cache, with_fixes=showing, jobs=args.jobs)
    if changing or args.verified:
        results = revived(groups, results, not args.no_cache, showing, args.jobs)
    stdin = next((group.stdin[0] for group in groups if group.stdin), None)
    repaired = None
    errors = [error for result in results for error in result.errors]
    if args.add_ignore is not None:
        suppressed = fixes.add_ignores(groups, results, args.add_ignore)
        return _with_errors(errors, _ignored(suppressed, stdin, args))
    if fixes.wanted(groups, args):
        repaired = fixes.repair(groups, results)
        results = repaired.results
        if args.diff:
            return _with_errors(errors, _diff(repaired, args))
        fixes.write(repaired, stdin)
        if groups[0].settings.fix_only:
            return _with_errors(errors, _fixed_only(repaired, groups[0].settings, args))
    if args.write_baseline and not errors:
        known.write_baselines(groups, results, args.quiet)
        return CLEAN
    known.leave_out(groups, results, args)
    if args.verified and any(result.findings for result in results):
        verify.add_evidence(groups, results, args)
    findings = sorted(
        (each for result in results for each in result.findings), key=lambda each: each.sort_key
    )
    sources = {name: source for result in results for name, source in result.sources.items()}
    stream = sys.stderr if repaired and stdin is not None else sys.stdout
    _write_report(format, findings, sources, args, stream)
    for error in errors:
        say("error", error)
    files = sum(len(result.files) for result in results)
    if not files and not errors:
        if not args.quiet:
            say("warning", f"no Python files or notebooks found under {', '.join(args.paths) or 'stdin'}")
        return CLEAN
    if repaired and repaired.done and groups[0].settings.show_fixes and not args.quiet:
        fixes.list_fixes(repaired)
    if args.statistics:
        print_statistics(findings, files, sum(result.lines for result in results), perf_counter() - started)
    elif not args.quiet and not errors and _is_for_people(format):
        closing = fixes.summary(repaired, len(findings)) if repaired else summary(findings, files)
        print(closing, file=sys.stderr)
    if errors:
        return FAILED
    if repaired and repaired.done and args.exit_non_zero_on_fix:
        return FOUND
    return FOUND if findings and not args.exit_zero else CLEAN


def _with_errors(errors: list[str], status: int) -> int:
    for error in errors:
        say("error", error)
    return FAILED if errors else status


def _diff(repaired: fixes.Repaired, args: argparse.Namespace) -> int:
    """What would be repaired, as a patch."""
    sys.stdout.writelines(fixes.diffs(repaired))
    sys.stdout.flush()
    if not args.quiet:
        print(fixes.summary(repaired, 0, "Would fix"), file=sys.stderr)
    return FOUND if repaired.changed and not args.exit_zero else CLEAN


def _ignored(suppressed: fixes.Repaired, stdin: str | None, args: argparse.Namespace) -> int:
    """What is suppressed from now on, and what could not be; with `--diff` it is only shown."""
    if args.diff:
        sys.stdout.writelines(fixes.diffs(suppressed))
        return FOUND if suppressed.changed else CLEAN
    fixes.write(suppressed, stdin)
    if not args.quiet:
        files = counted(len(suppressed.changed), "file")
        print(f"Suppressed {counted(len(suppressed.done), 'finding')} in {files}.", file=sys.stderr)
    remaining = [finding for result in suppressed.results for finding in result.findings]
    for finding in remaining:
        say("warning", f"{finding.span.filename}:{finding.span.start.row}: {finding.code} remains")
    return FOUND if remaining else CLEAN


def _fixed_only(repaired: fixes.Repaired, settings: Settings, args: argparse.Namespace) -> int:
    """What was repaired, and nothing about what remains."""
    if repaired.done and settings.show_fixes:
        fixes.list_fixes(repaired)
    elif not args.quiet:
        print(f"Fixed {counted(len(repaired.done), 'finding')}.", file=sys.stderr)
    return FOUND if repaired.done and args.exit_non_zero_on_fix else CLEAN


def _groups(args: argparse.Namespace) -> list[Group]:
    """What the paths name, stdin included; without any it is the current folder."""
    if STDIN in args.paths or (args.stdin_filename and not args.paths):
        args.paths = [path for path in args.paths if path != STDIN]
        return stdin_groups(args)
    args.paths = args.paths or ["."]
    return grouped(args.paths, args)


def _shows_fixes(format: str) -> bool:
    from ..report import WITH_FIXES

    return format in WITH_FIXES


def _is_for_people(format: str) -> bool:
    from ..report import FOR_PEOPLE

    return format in FOR_PEOPLE


def _write_report(
    format: str, findings: list, sources: dict, args: argparse.Namespace, stream: TextIO
) -> None:
    from ..report import Context, render
    from ..report.style import wants_color

    if args.output_file is None:
        stream.writelines(render(format, findings, Context(sources, wants_color(args.color, stream))))
        # What follows on stderr stands below it on a terminal.
        stream.flush()
        return
    try:
        os.makedirs(os.path.dirname(args.output_file) or ".", exist_ok=True)
        with open(args.output_file, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.writelines(render(format, findings, Context(sources, args.color == "always")))
    except OSError as error:
        raise UsageError(f"--output-file: {args.output_file} cannot be written: {error.strerror}") from None


def _show_files(groups: list[Group]) -> int:
    from ..source.discover import discover
    from ..source.files import shown

    failed: list[str] = []
    for group in groups:
        if group.stdin:
            print(group.stdin[0])
        for path in discover(group.paths, group.settings, failed):
            print(shown(path))
    for error in failed:
        say("error", error)
    return FAILED if failed else CLEAN
