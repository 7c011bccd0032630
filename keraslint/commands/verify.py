"""`keraslint verify`: build the models that findings are about, run them, and show what their layers received."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time

from . import CLEAN, FAILED, FOUND, UsageError, say
from .checking import checked
from .groups import Group, grouped
from .options import add_color_option, add_config_options, add_shape_option, add_target_options


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET",
        help="files, folders, or FILE::Class for one class or graph (default: this folder)",
    )
    add_run_options(parser)
    parser.add_argument(
        "--explain-build", action="store_true", help="show what was tried to build and to call each model"
    )
    parser.add_argument(
        "-n", "--no-cache", action="store_true", help="neither use nor keep results of other runs"
    )
    add_shape_option(parser)
    parser.add_argument("--html", metavar="FILE", help="write what was seen to a page, with pictures")
    parser.add_argument("-q", "--quiet", action="store_true", help="do not show progress")
    add_target_options(parser)
    add_color_option(parser)
    add_config_options(parser)


def add_run_options(parser: argparse.ArgumentParser):
    """The options that say how models are run, as the group that they make."""
    runs = parser.add_argument_group("running models")
    runs.add_argument(
        "--python",
        default=sys.executable,
        metavar="PATH",
        help="the Python that has Keras (default: this one)",
    )
    runs.add_argument(
        "--timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="the most time for a model (default: 60)",
    )
    runs.add_argument(
        "--memory", type=int, default=4096, metavar="MB", help="the most memory for a model (default: 4096)"
    )
    runs.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="models that run at once (default: as many as there are processors, at most 8)",
    )
    return runs


def add_evidence(groups: list[Group], results: list, args: argparse.Namespace) -> None:
    """Put evidence on what was found. Raises UsageError where no Keras can be run."""
    from ..verify.workers import NoKeras

    try:
        for group, result in zip(groups, results):
            result.findings = verified_group(runnable(group, args), result, args).findings
    except NoKeras as error:
        raise UsageError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    from ..verify.workers import NoKeras

    targets = [target.partition("::") for target in args.targets or ["."]]
    wanted = [f"{os.path.abspath(path)}::{name}" for path, _, name in targets if name]
    try:
        groups = [runnable(group, args) for group in grouped([path for path, _, _ in targets], args)]
    except NoKeras as error:
        raise UsageError(str(error)) from None
    results = checked(groups, not args.no_cache, with_fixes=True, live=True)
    errors = [error for result in results for error in result.errors]
    for error in errors:
        say("error", error)
    verified = []
    try:
        for group, result in zip(groups, results):
            _check_wanted(wanted, result)
            verified.append(
                verified_group(group, result, args, [w for w in wanted if _path(w) in result.files])
            )
    except NoKeras as error:
        raise UsageError(str(error)) from None
    _show(verified, results, args)
    errors += _not_run(wanted, verified)
    found = any(f.evidence["verdict"] == "confirmed" for each in verified for f in each.findings)
    return FAILED if errors else FOUND if found else CLEAN


def runnable(group: Group, args: argparse.Namespace) -> Group:
    """The group, checked for what can be run: one backend, and of the versions meant those that are installed."""
    from dataclasses import replace

    from .. import targets
    from ..verify.workers import regimes_of

    meant = targets.backends(group.settings)[0]
    backend = meant if args.backend else os.environ.get("KERAS_BACKEND", meant)
    installed = list(regimes_of(args.python))
    declared = targets.regimes(group.settings)
    keras = declared if args.keras else [r for r in declared if r in installed] or installed[:1]
    return group._replace(settings=replace(group.settings, backend=(backend,), keras=tuple(keras)))


def verified_group(group: Group, result, args: argparse.Namespace, wanted: list[str] = ()):
    """A check's findings with evidence. Raises NoKeras."""
    from ..ahead import processors
    from ..verify.run import verify
    from ..verify.workers import Limits

    limits = Limits(args.timeout, args.memory << 20, max(1, args.workers or min(processors(), 8)))
    return verify(
        result, group.settings, args.python, limits, wanted, _progress(args.quiet), not args.no_cache
    )


def _path(target: str) -> str:
    return target.rpartition("::")[0]


def _check_wanted(wanted: list[str], result) -> None:
    for target in wanted:
        path, _, name = target.rpartition("::")
        if path not in result.files:
            continue
        names = [subject.name for subject in result.program.subjects(path)]
        if name not in names:
            known = f"; there is {', '.join(names[:8])}" if names else ""
            raise UsageError(f"{path}: no model or layer named {name}{known}")


def _not_run(wanted: list[str], verified: list) -> list[str]:
    """Say which models that were asked for by name did not run, and give what was said. An error may be what was to be confirmed."""
    from ..report.verified import deciding, how_far
    from ..source.files import shown

    said = []
    for each in verified:
        for model, own in deciding(each.models, each.findings):
            confirmed = any(finding.evidence["verdict"] == "confirmed" for finding in own)
            if model.key in wanted and "failed" in model.result and not confirmed:
                said.append(
                    f"{shown(model.path)}::{model.name} {how_far(model.result)}: {model.result['reason']}"
                )
                say("error", said[-1])
    return said


def _progress(quiet: bool):
    """Which model is being run, how many are left and how long it took so far, on a terminal."""
    if quiet or not sys.stderr.isatty():
        return lambda name, done, of: None
    begun = time.monotonic()

    def show(name: str, done: int, of: int) -> None:
        minutes, seconds = divmod(round(time.monotonic() - begun), 60)
        took = f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
        line = f"{done} of {of} models done, {of - done} left, {took}: running {name}"
        print(
            f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}", end="", file=sys.stderr, flush=True
        )

    return show


def _show(verified: list, results: list, args: argparse.Namespace) -> None:
    from ..report import verified as report
    from ..report.style import wants_color

    if not args.quiet and sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    if args.html:
        _write_page(verified, args)
    if args.shape == "json":
        from ..report import Context, render

        findings = sorted((f for each in verified for f in each.findings), key=lambda f: f.sort_key)
        sources = {name: source for result in results for name, source in result.sources.items()}
        sys.stdout.writelines(render("json", findings, Context(sources, False)))
        return
    sys.stdout.writelines(
        line
        for each in verified
        for line in report.render(
            each.models, each.findings, wants_color(args.color, sys.stdout), args.explain_build
        )
    )
    if not args.quiet:
        print(report.summary([f for each in verified for f in each.findings]), file=sys.stderr)


def _write_page(verified: list, args: argparse.Namespace) -> None:
    from ..report.html import page

    models = [model for each in verified for model in each.models]
    findings = [finding for each in verified for finding in each.findings]
    title = ", ".join(target for target in args.targets if target != ".") or os.path.basename(os.getcwd())
    try:
        with open(args.html, "w", encoding="utf-8") as file:
            file.writelines(page(models, findings, title))
    except OSError as error:
        raise UsageError(f"--html: {args.html} cannot be written: {error.strerror}") from None
