"""`keraslint rule`: the page of a rule, or the list of rules."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from ..config import did_you_mean
from . import CLEAN, UsageError
from .options import add_color_option, add_shape_option


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("codes", nargs="*", metavar="CODE", help="a rule's code or name")
    parser.add_argument("--all", action="store_true", help="list all rules")
    add_shape_option(parser)
    add_color_option(parser)


def run(args: argparse.Namespace) -> int:
    from ..rulebook import rules

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
            page = f"# {rule.code} {rule.name} ({rule.category})\n\n{rule.summary}.\n\n{rule.text}"
            sys.stdout.writelines(_for_terminal(page, args.color) if sys.stdout.isatty() else [page])
    return CLEAN


def _for_terminal(page: str, color: str) -> Iterator[str]:
    from shutil import get_terminal_size

    from ..report.page import render
    from ..report.style import wants_color

    return render(page, get_terminal_size().columns, wants_color(color, sys.stdout))
