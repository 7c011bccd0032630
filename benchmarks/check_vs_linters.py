"""CPU time of `keraslint check`, without, with an empty and with a full cache, as ratios to ruff and flake8.

    python benchmarks/check_vs_linters.py FOLDER [--runs 3]

Each run is a fresh process and all take turns, so that a machine whose speed drifts does not matter; the median of
the ratios counts. A linter that is not installed beside this Python is left out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from importlib.util import find_spec

from check_vs_parse import cpu_seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        commands = tools(options.folder, os.path.join(cache, "full"))
        cpu_seconds(commands["full cache"])
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(options.runs):
            empty = ["--cache-dir", os.path.join(cache, str(number))]
            for name, command in commands.items():
                seconds[name].append(cpu_seconds(command + empty * (name == "empty cache")))
    for name, times in seconds.items():
        ratios = [
            f"{statistics.median(ours / theirs for ours, theirs in zip(times, seconds[other])):8.2f} x {other}"
            for other in ("ruff", "flake8")
            if other in seconds
        ]
        print(f"{name:<12}{statistics.median(times):8.2f} s{''.join(ratios)}")
    return 0


def tools(folder: str, cache: str) -> dict[str, list[str]]:
    """What is compared: names and commands. One process each; status 0 whatever they find."""
    python = [sys.executable, "-m"]
    check = [
        *python,
        "keraslint",
        "check",
        folder,
        "--isolated",
        "--quiet",
        "--exit-zero",
        "--jobs",
        "1",
        "-o",
        os.devnull,
    ]
    found = {
        "no cache": [*check, "--no-cache"],
        "empty cache": check,
        "full cache": [*check, "--cache-dir", cache],
    }
    if find_spec("ruff"):
        found["ruff"] = [*python, "ruff", "check", folder, "--isolated", "--no-cache", "--exit-zero", "-q"]
    if find_spec("flake8"):
        found["flake8"] = [*python, "flake8", folder, "--isolated", "--exit-zero", "-j1", "-q"]
    return found


if __name__ == "__main__":
    sys.exit(main())
