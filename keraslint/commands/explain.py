"""`keraslint explain`: the mode of every layer of a file or class."""

from __future__ import annotations

import argparse
import os
import sys

from . import CLEAN, UsageError, say
from .options import (
    add_color_option,
    add_config_options,
    add_shape_option,
    add_target_options,
    settings_in_force,
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target", metavar="TARGET", help="a file, or FILE::Class for one class or graph of it"
    )
    parser.add_argument("--all", action="store_true", help="show also layers that act the same in both modes")
    add_shape_option(parser)
    add_target_options(parser)
    add_color_option(parser)
    add_config_options(parser)


def run(args: argparse.Namespace) -> int:
    path = args.target.partition("::")[0]
    if not os.path.isfile(path):
        problem = "a folder" if os.path.isdir(path) else "no such file"
        raise UsageError(f"{path}: {problem}; the target is FILE or FILE::Class")
    settings = settings_in_force(path, args)
    from ..engine import explain
    from ..report import tables
    from ..report.style import wants_color

    models = explain(args.target, settings)
    if args.shape == "json":
        sys.stdout.write(tables.document(models))
    elif models:
        sys.stdout.writelines(tables.render(models, wants_color(args.color, sys.stdout), args.all))
    else:
        say("warning", f"{path}: no Keras model or layer is defined here")
    return CLEAN
