"""Cold CPU time of `keraslint check` on a folder, in one process, as a ratio to bare `libcst.parse_module` on the same files.

    python benchmarks/check_vs_parse.py FOLDER [--runs 3]

Each run is a fresh process; the two alternate, and the median of the ratios counts, so that a machine whose
speed drifts does not matter.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys

PARSE = """
import sys, libcst
for path in sys.stdin.read().splitlines():
    libcst.parse_module(open(path, "rb").read())
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    files = sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(options.folder)
        for name in names
        if name.endswith(".py")
    )
    check = [
        sys.executable,
        "-m",
        "keraslint",
        "check",
        options.folder,
        "--isolated",
        "--quiet",
        "--no-cache",
        "--jobs",
        "1",
        "--exit-zero",
        "-o",
        os.devnull,
    ]
    ratios = []
    for _ in range(options.runs):
        parse = cpu_seconds([sys.executable, "-c", PARSE], "\n".join(files))
        ours = cpu_seconds(check)
        ratios.append(ours / parse)
        print(f"parse {parse:.2f} s, check {ours:.2f} s, ratio {ours / parse:.2f}")
    print(
        f"{len(files)} files: check takes {statistics.median(ratios):.2f} times bare parsing (median of {options.runs})"
    )
    return 0


def cpu_seconds(command: list[str], text: str = "") -> float:
    """User and system seconds of a command. Raises CalledProcessError."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
