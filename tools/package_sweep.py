"""Runs keraslint over pinned packages of the package index, and prints what it finds as Markdown.

    python tools/package_sweep.py                          # this checkout, all packages
    python tools/package_sweep.py --against HEAD~5         # and what another commit finds otherwise
    python tools/package_sweep.py --package spektral --package larq
    python tools/package_sweep.py --output docs/package_sweep.md

Packages are downloaded with `pip download --no-deps`, without running any of their code, and kept in
`~/.cache/keraslint/packages`, or in the folder that the environment variable KERASLINT_PACKAGES names. Exit status 1 if
anything crashed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("KERASLINT_PACKAGES") or Path.home() / ".cache" / "keraslint" / "packages")
REGIMES = "2,3.15"
SECONDS = 3600  # of the processor, that one package may take
# From tutorial style, over research code and libraries of layers, to transformers. Wheels only: nothing is built.
PACKAGES = (
    "keras-tcn==3.5.7",
    "vit-keras==0.2.0",
    "keras-ocr==0.9.3",
    "keras-unet-collection==0.1.13",
    "segmentation-models==1.0.1",
    "n2v==0.3.3",
    "csbdeep==0.8.2",
    "stardist==0.9.1",
    "larq==0.14.0",
    "larq-zoo==2.4.0",
    "deepctr==0.9.4",
    "spektral==1.3.1",
    "tensorflow-recommenders==0.7.7",
    "tensorflow-similarity==0.17.1",
    "alibi-detect==0.13.0",
    "OpenNMT-tf==2.32.0",
    "autokeras==3.0.0",
    "keras-tuner==1.4.8",
    "bayesflow==2.0.12",
    "kecam==1.4.3",
    "keras-cv==0.9.0",
    "tf-models-official==2.20.0",
    "keras-hub==0.32.0",
    "transformers==4.46.3",
)


@dataclass
class Outcome:
    """What one build of keraslint made of one package."""

    findings: list[dict] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    seconds: float = 0.0  # of the processor

    def keys(self) -> Counter:
        """The findings, so that two builds can be compared."""
        return Counter(
            (f["filename"], f["location"]["row"], f["code"], f["message"].splitlines()[0])
            for f in self.findings
        )


def unpacked(pin: str) -> Path:
    """The folder of a package's files, downloaded when it is not there."""
    folder = CACHE / pin
    if not folder.is_dir():
        with tempfile.TemporaryDirectory() as new:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
            platform = ["--python-version", "3.11", "--platform", "manylinux2014_x86_64", "--platform", "any"]
            if subprocess.run([*command, *platform, "-d", new, pin]).returncode:
                raise SystemExit(
                    f"package_sweep: {pin} could not be downloaded; if the index lost it, change PACKAGES"
                )
            [wheel] = Path(new).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(f"{folder}.new")
        Path(f"{folder}.new").rename(folder)  # a folder that is there is whole
    return folder


def check(build: Path, folder: Path) -> Outcome:
    """Run one build over one package."""
    command = [
        sys.executable,
        "-m",
        "keraslint",
        "check",
        ".",
        "--isolated",
        "--no-cache",
        "--keras",
        REGIMES,
    ]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        # Nothing of the package may be imported, not even by a name that is also Python's.
        env = {**os.environ, "PYTHONPATH": str(build), "PYTHONSAFEPATH": "1"}
        started = subprocess.Popen(
            [*command, "--output-format", "json"],
            cwd=folder,
            env=env,
            stdout=out,
            stderr=err,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)),
        )
        _, status, usage = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        outcome = Outcome(seconds=usage.ru_utime + usage.ru_stime)
        if started.returncode not in (0, 1):
            last = (err.read().decode(errors="replace").strip().splitlines() or [""])[-1]
            outcome.crashes.append(f"exit status {started.returncode}: {last}")
            return outcome
        outcome.findings = json.load(out)
    for finding in outcome.findings:
        finding["filename"] = (
            os.path.relpath(finding["filename"], folder)
            if os.path.isabs(finding["filename"])
            else finding["filename"]
        )
        if finding["code"] == "KER900" and "internal error" in finding["message"]:
            outcome.crashes.append(
                f"{finding['filename']}:{finding['location']['row']}: {finding['message']}"
            )
    return outcome


@contextlib.contextmanager
def checkout(commit: str):
    """A folder with another commit of keraslint."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "keraslint"
        subprocess.run(["git", "-C", ROOT, "worktree", "add", "-q", "--detach", tree, commit], check=True)
        try:
            yield tree
        finally:
            subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", tree], check=True)


def short(commit: str) -> str:
    found = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "--short", commit], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def row(cells) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(results: dict[str, Outcome]) -> list[str]:
    """Packages by rules."""
    counts = {pin: Counter(f["code"] for f in outcome.findings) for pin, outcome in results.items()}
    codes = sorted({"KER900", *(code for each in counts.values() for code in each)})
    lines = [row(["package", *codes, "all", "crashes", "CPU seconds"]), "|---" * (len(codes) + 4) + "|"]
    for pin, outcome in results.items():
        found = [counts[pin][code] or "" for code in codes]
        lines.append(row([pin, *found, counts[pin].total(), len(outcome.crashes), f"{outcome.seconds:.1f}"]))
    totals = [sum(each[code] for each in counts.values()) for code in codes]
    seconds = sum(outcome.seconds for outcome in results.values())
    crashes = sum(len(outcome.crashes) for outcome in results.values())
    lines.append(row(["**all**", *totals, sum(totals), crashes, f"{seconds:.1f}"]))
    return lines


def changes(before: dict[str, Outcome], now: dict[str, Outcome]) -> list[str]:
    """The findings that one build has and the other has not."""
    lines = []
    for pin in now:
        old, new = before[pin].keys(), now[pin].keys()
        for sign, found in (("added", new - old), ("removed", old - new)):
            lines += [
                f"- {sign} in {pin}: `{name}:{at}` {code} {text}"
                for name, at, code, text in sorted(found.elements())
            ]
        lines.append(f"- {pin}: {before[pin].seconds:.1f} s before, {now[pin].seconds:.1f} s now")
    return lines


def report(results: dict[str, Outcome], before: dict[str, Outcome] | None, commit: str | None) -> str:
    """The whole document."""
    lines = [
        "# Real packages",
        "",
        "What keraslint finds in packages of the package index, with its default rules, for Keras 2 and 3.15.",
        f"Written by `python tools/package_sweep.py {' '.join(sys.argv[1:])}`.",
        "",
        *table(results),
    ]
    crashes = [f"- {pin}: {line}" for pin, outcome in results.items() for line in outcome.crashes]
    if crashes:
        lines += ["", "## Crashes", "", *crashes]
    if before is not None:
        lines += ["", f"## Against {commit}", "", *changes(before, results)]
    return "\n".join([*lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", action="append", help="only this one, by its name; several allowed")
    parser.add_argument("--against", metavar="COMMIT", help="compare with the findings of another commit")
    parser.add_argument("--output", type=Path, help="write the document here instead of printing it")
    options = parser.parse_args()
    names = {pin.partition("==")[0]: pin for pin in PACKAGES}
    unknown = set(options.package or ()) - set(names)
    if unknown:
        parser.error(f"not in PACKAGES: {', '.join(sorted(unknown))}")
    folders = {names[name]: unpacked(names[name]) for name in options.package or names}

    def swept(build: Path) -> dict[str, Outcome]:
        found = {}
        for pin, folder in folders.items():
            found[pin] = check(build, folder)
            print(
                f"{pin}: {len(found[pin].findings)} findings, {found[pin].seconds:.1f} s",
                file=sys.stderr,
                flush=True,
            )
        return found

    before = None
    if options.against:
        with checkout(options.against) as other:
            before = swept(other)
    results = swept(ROOT)
    text = report(results, before, options.against and short(options.against))
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return int(any(outcome.crashes for outcome in results.values()))


if __name__ == "__main__":
    sys.exit(main())
