"""Runs random programs on real Keras, and compares each layer's modes with what keraslint explains.

    python tools/program_sweep.py                              # 100 programs in each regime, a fresh seed
    python tools/program_sweep.py --regime 3.10 --programs 10000
    python tools/program_sweep.py --regime 3.10.0 --backend jax --seed 7

`agree` and `unknown` count modes: one layer at one place under one entry. Each program with a wrong mode is shrunk and
printed, as a file that can become a fixture. Exit status 1 if there was one. Needs the environments that
`tools/keras_envs.py` makes, and the dev dependencies.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from pathlib import Path

import keras_envs
from agreement import compare, table
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from random_programs.programs import files

from keraslint import engine
from keraslint.config import Settings

CHUNK = 100  # examples after one seed, of which some are the same
SHRINKING = 60  # seconds for each failure
WHOLE = 25  # one program in so many is run by `fit`, `evaluate` and `predict` themselves


class Wrong(AssertionError):
    """Keras does otherwise than explained."""


class Enough(BaseException):
    """A failure has been shrunk for long enough."""


class Sweep:
    """Programs for one Keras and backend."""

    def __init__(self, version: str, backend: str, folder: Path):
        self.version, self.backend = version, backend
        self.regime = keras_envs.regime_of(version)
        self.path = folder / "program.py"
        self.settings = Settings(root=str(folder), keras=(self.regime,), backend=(backend,))
        self.counts: Counter = Counter()
        self.failures: list[tuple[str, list[str]]] = []
        self.seen: set[str] = set()  # Hypothesis repeats itself
        self.refusals: Counter = Counter()
        self.worker = None

    def start(self):
        python, env = keras_envs.env_for(self.version, self.backend)
        command = [python, str(Path(__file__).with_name("program_recording.py"))]
        pipe = subprocess.PIPE
        self.worker = subprocess.Popen(
            command, env=env, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )

    def close(self):
        self.worker.stdin.close()
        self.worker.wait()

    def keras(self, text: str, whole: bool) -> dict:
        """What real Keras does with a program."""
        request = {"text": text, "filename": str(self.path), "whole": whole}
        self.worker.stdin.write(json.dumps(request) + "\n")
        self.worker.stdin.flush()
        line = self.worker.stdout.readline()
        if not line:
            raise SystemExit(f"program_sweep: Keras {self.version} ended on this program:\n{text}")
        return json.loads(line)

    def compared(self, text: str, whole: bool = False) -> Counter:
        """Counts for one program. Raises Wrong where keraslint is."""
        self.path.write_text(text, encoding="utf-8")
        found = self.keras(text, whole)
        record = found["record"]
        counts = Counter(programs=1, errors=len(record.get("errors", ())))
        if "error" in record or not record["sites"]:
            self.refusals[record.get("error") or str(record.get("errors"))] += 1
            return counts + Counter(refused=1)
        reports = [r for r in engine.explain(str(self.path), self.settings) if r.name == found["name"]]
        if len(reports) != 1:
            raise Wrong(f"{len(reports)} reports named {found['name']}")
        agree, unknown, wrong = compare(record, table(reports[0], self.regime, self.backend), self.path)
        if wrong:
            raise Wrong("\n".join(wrong))
        return counts + Counter(agree=agree, unknown=unknown, sites=len(record["sites"]))

    def chunk(self, seed: int, programs: int, until: float):
        """Programs after one seed, until there are so many in all, or a moment; a failure ends it, shrunk."""
        state = {"failed": None, "until": float("inf")}

        @seeded(seed)
        @settings(
            max_examples=CHUNK,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            report_multiple_bugs=False,
        )
        @given(files(self.backend))
        def run(file):
            over = self.counts["programs"] == programs or time.time() > until
            if state["failed"] is None and (over or file.text in self.seen):
                return
            if time.monotonic() > state["until"]:
                raise Enough
            self.seen.add(file.text)
            try:
                counts = self.compared(file.text, whole=zlib.crc32(file.text.encode()) % WHOLE == 0)
            except Wrong as wrong:
                if state["failed"] is None:
                    self.counts += Counter(programs=1, wrong=1)
                    state["until"] = time.monotonic() + SHRINKING
                state["failed"] = file.text, str(wrong)
                raise
            if state["failed"] is None:
                self.counts += counts

        try:
            run()
        except (Wrong, Enough):
            self.failures.append(state["failed"])
            print(f"# seed {seed}, Keras {self.version} on {self.backend}\n{state['failed'][0]}", flush=True)
            print("\n".join(f"#!! {line}" for line in state["failed"][1].splitlines()), flush=True)

    def run(self, programs: int, seed: int, until: float = float("inf")):
        """All the programs, in chunks, up to a moment."""
        self.start()
        first = seed
        begun = time.monotonic()
        while self.counts["programs"] < programs and time.time() < until:
            self.chunk(seed, programs, until)
            seed += 1
            if self.counts["refused"] > 0.3 * self.counts["programs"]:
                raise SystemExit(
                    f"program_sweep: Keras refuses too many programs: {self.refusals.most_common(3)}"
                )
            if programs > CHUNK:
                self.counts["seconds"] = round(time.monotonic() - begun)
                print(self.row(first), file=sys.stderr, flush=True)
        self.close()
        self.counts["seconds"] = round(time.monotonic() - begun)
        return self.row(first)

    def row(self, seed: int) -> str:
        """One row of the table."""
        c = self.counts
        share = 100 * c["unknown"] / max(1, c["agree"] + c["unknown"])
        cells = [
            self.regime,
            keras_envs.distribution(self.version),
            self.backend,
            seed,
            c["programs"],
            c["refused"],
        ]
        cells += [c["sites"], c["agree"], c["wrong"], f"{share:.2f} %", c["seconds"]]
        return "| " + " | ".join(map(str, cells)) + " |"


HEAD = """\
| regime | Keras | backend | seed | programs | refused by Keras | sites | modes that agree | programs with a wrong mode | unknown | seconds |
|---|---|---|---|---|---|---|---|---|---|---|"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--regime", action="append", help="a regime or an exact version; all regimes by default"
    )
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], default="tensorflow")
    parser.add_argument("--programs", type=int, default=100)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--minutes", type=float, help="stop after so many minutes for each regime")
    options = parser.parse_args()
    seed = random.randrange(10**9) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    rows, failed = [], False
    for version in options.regime or keras_envs.VERSIONS:
        until = time.time() + 60 * options.minutes if options.minutes else float("inf")
        with tempfile.TemporaryDirectory() as folder:
            sweep = Sweep(version, options.backend, Path(folder).resolve())
            rows.append(sweep.run(options.programs, seed, until))
        failed = failed or bool(sweep.failures)
        print("\n".join([HEAD, *rows]), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
