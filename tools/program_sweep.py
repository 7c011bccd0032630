"""Runs random programs on real Keras, and compares each layer's modes with what keraslint explains.

    python tools/program_sweep.py                              # 100 programs on each regime's Keras, a fresh seed
    python tools/program_sweep.py --programs 10000 --seed 7 --keep FOLDER
    python tools/program_sweep.py --regime 3.10.0 --backend jax
    python tools/program_sweep.py --doubts
    python tools/program_sweep.py --world sequences       # only what works on sequences, which is rare and slow

The same programs run on every Keras, each of which is one warm process. `agree` and `unknown` count modes: one layer at
one place under one entry. Each program with a wrong mode is shrunk and printed, as a file that can become a fixture. Exit
status 1 if there was one.

With `--keep` what Keras did stays in a folder. The same command then goes on where it was stopped, and judges everything
that is kept once more, by the keraslint of today, without Keras. Needs the environments that `tools/keras_envs.py`
makes, and the dev dependencies.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras_envs
from agreement import compare, table
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from random_programs.programs import WORLDS, files

from keraslint import engine
from keraslint.config import Settings
from keraslint.source.files import SourceError

CHUNK = 100  # examples after one seed, of which some are the same
SHRINKING = 60  # seconds for each failure
WHOLE = 100  # one program in so many is run by `fit`, `evaluate` and `predict` themselves
WITHOUT = {("jax", "2"), ("torch", "2")}  # Keras 2 has TensorFlow only
HEAD = """\
| regime | Keras | backend | seed | programs | refused by Keras | sites | modes that agree | programs with a wrong mode | unknown | CPU seconds |
|---|---|---|---|---|---|---|---|---|---|---|"""


class Wrong(AssertionError):
    """Keras does otherwise than explained."""


class Enough(BaseException):
    """A failure has been shrunk for long enough."""


class Keras:
    """One version on one backend: its process, and how keraslint fares with it."""

    def __init__(self, version: str, backend: str, folder: Path):
        self.version, self.backend = version, backend
        self.regime = keras_envs.regime_of(version)
        self.name = f"{keras_envs.distribution(version)} on {backend}"
        self.file, self.copy = folder / "program.py", folder / self.name / "program.py"
        self.counts: Counter = Counter()
        self.refusals: Counter = Counter()
        self.worker = None

    def start(self):
        python, env = keras_envs.env_for(self.version, self.backend)
        self.copy.parent.mkdir()
        command = [python, str(Path(__file__).with_name("program_recording.py"))]
        pipe = subprocess.PIPE
        self.worker = subprocess.Popen(
            command, env=env, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )

    def close(self):
        if self.worker is not None:
            self.worker.stdin.close()
            self.worker.wait()

    def answer(self, text: str) -> dict:
        """What real Keras does with a program."""
        if self.worker is None:
            self.start()
        whole = zlib.crc32(text.encode()) % WHOLE == 0
        request = {"text": text, "filename": str(self.copy), "whole": whole}
        self.worker.stdin.write(json.dumps(request) + "\n")
        self.worker.stdin.flush()
        line = self.worker.stdout.readline()
        if not line:
            raise RuntimeError(f"program_sweep: {self.name} ended on this program:\n{text}")
        return json.loads(line)

    def answers(self, texts: list[str]) -> list[dict]:
        return [self.answer(text) for text in texts]

    def judged(self, found: dict, reports: list, one_path: bool = False) -> Counter:
        """Counts for one program. Raises Wrong where keraslint is. one_path: see `compare`."""
        record = found["record"]
        counts = Counter(programs=1, seconds=found["seconds"])
        if "error" in record or not record["sites"]:
            self.refusals[record.get("error") or str(record.get("errors"))] += 1
            return counts + Counter(refused=1)
        if len(reports) != 1:
            raise Wrong(f"{len(reports)} mode tables of {found['name']}")
        agree, unknown, wrong = compare(
            record, table(reports[0], self.regime, self.backend), self.file, one_path
        )
        if wrong:
            raise Wrong("\n".join(wrong))
        return counts + Counter(agree=agree, unknown=unknown, sites=len(record["sites"]))

    def row(self, seed: int) -> str:
        """One row of the table."""
        c = self.counts
        share = 100 * c["unknown"] / max(1, c["agree"] + c["unknown"])
        cells = [self.regime, keras_envs.distribution(self.version), self.backend, seed, c["programs"]]
        cells += [c["refused"], c["sites"], c["agree"], c["wrong"], f"{share:.2f} %", round(c["seconds"])]
        return "| " + " | ".join(map(str, cells)) + " |"


class Sweep:
    """Programs for some versions of Keras on one backend."""

    def __init__(
        self,
        versions: list[str],
        backend: str,
        folder: Path,
        kept: Path | None = None,
        doubts: bool = False,
        world: str = "",
    ):
        self.backend, self.kept, self.doubts, self.world = backend, kept, doubts, world
        self.kerases = [Keras(version, backend, folder) for version in versions]
        self.path = folder / "program.py"
        regimes = tuple(dict.fromkeys(keras.regime for keras in self.kerases))
        self.settings = Settings(root=str(folder), keras=regimes, backend=(backend,))
        self.failures: list[tuple[str, str]] = []
        self.wrong: list[tuple] = []  # the failures that are not shrunk yet
        self.seen: set[str] = set()  # Hypothesis repeats itself

    # ------------------------------------------------------------ one program

    def explained(self, text: str, name: str | None) -> list:
        """The mode tables of the model that Keras calls so."""
        self.path.write_text(text, encoding="utf-8")
        try:
            return engine.explain(f"{self.path}::{name or ''}", self.settings)
        except SourceError:
            return []

    def examples(self, seed: int, test, phases=(Phase.generate,)):
        """Give `test` the texts after one seed."""

        @seeded(seed)
        @settings(
            max_examples=CHUNK,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=phases,
            report_multiple_bugs=False,
        )
        @given(files(self.backend, self.doubts, self.world))
        def run(file):
            test(file.text)

        run()

    def shrunk(self, seed: int, keras: Keras, text: str, why: str) -> tuple[str, str]:
        """The smallest program that fails as one of this seed does, and what is wrong with it."""
        failed, until = None, time.monotonic() + SHRINKING

        def test(smaller):
            nonlocal failed
            if time.monotonic() > until:
                raise Enough
            if failed is None and smaller != text:
                return  # we look for that one first
            try:
                found = keras.answer(smaller)
                keras.judged(found, self.explained(smaller, found["name"]), self.doubts)
            except Wrong as wrong:
                failed = smaller, str(wrong)
                raise

        try:
            self.examples(seed, test, (Phase.generate, Phase.shrink))
        except (Wrong, Enough):
            pass
        return failed or (text, why)

    # ------------------------------------------------------------ one seed

    def chunk(self, seed: int, most: int) -> dict:
        """`{"programs": texts, "answers": {Keras: what it did}}` of one seed, as far as it is known."""
        found = {"programs": [], "answers": {}}
        if self.kept and self._file(seed).exists():
            found = json.loads(gzip.decompress(self._file(seed).read_bytes()))
        else:
            self.examples(seed, found["programs"].append)
            new = [text for text in dict.fromkeys(found["programs"]) if text not in self.seen]
            found["programs"] = new[:most]
        self.seen.update(found["programs"])
        return found

    def ask(self, pool: ThreadPoolExecutor, chunk: dict) -> list:
        """Have every Keras run what it has not run, all at the same time."""
        texts = chunk["programs"]
        return [
            (keras, pool.submit(keras.answers, texts))
            for keras in self.kerases
            if len(chunk["answers"].get(keras.name, ())) < len(texts)
        ]

    def keep(self, seed: int, chunk: dict, waiting: list):
        """Wait for what Keras does, and write it down."""
        for keras, future in waiting:
            chunk["answers"][keras.name] = future.result()
        if self.kept and waiting:
            new = self._file(seed).with_suffix(".new")
            new.write_bytes(gzip.compress(json.dumps(chunk).encode()))
            new.replace(self._file(seed))

    def _file(self, seed: int) -> Path:
        kind = "-".join(filter(None, [self.backend, "doubts" * self.doubts, self.world]))
        return self.kept / f"{kind}-{seed}.json.gz"

    def judge(self, seed: int, chunk: dict):
        """Compare what each Keras did with what is explained."""
        for position, text in enumerate(chunk["programs"]):
            found = {keras: chunk["answers"][keras.name][position] for keras in self.kerases}
            name = next((each["name"] for each in found.values() if each["name"]), None)
            begun = time.process_time()
            reports = self.explained(text, name)
            seconds = (time.process_time() - begun) / len(self.kerases)
            wrong = []
            for keras in self.kerases:
                keras.counts["seconds"] += seconds
                try:
                    keras.counts += keras.judged(found[keras], reports, self.doubts)
                except Wrong as error:
                    keras.counts += Counter(programs=1, wrong=1)
                    wrong.append((keras, str(error)))
            self.wrong += [(seed, text, wrong)] if wrong else []
        for keras in self.kerases:
            if keras.counts["refused"] > max(20, 0.3 * keras.counts["programs"]):
                why = keras.refusals.most_common(3)
                raise SystemExit(f"program_sweep: {keras.name} refuses too many programs: {why}")

    def shrink(self):
        """Make small and print what is wrong; the processes are free meanwhile."""
        for seed, text, wrong in self.wrong:
            keras, why = wrong[0]
            text, why = self.shrunk(seed, keras, text, why)
            self.failures.append((text, why))
            print(f"# seed {seed}, {' and '.join(keras.name for keras, _ in wrong)}", text, sep="\n")
            print(*(f"#!! {line}" for line in why.splitlines()), sep="\n")
        self.wrong.clear()
        sys.stdout.flush()

    # ------------------------------------------------------------ all of them

    def run(self, programs: int, seed: int, until: float = float("inf")) -> list[str]:
        """The rows of so many programs, in chunks, or of as many as there are at a moment.

        While the Kerases run one chunk, the one before is judged and the one after is written.
        """
        if self.kept:
            self.kept.mkdir(parents=True, exist_ok=True)
        first, left = seed, programs
        with ThreadPoolExecutor(len(self.kerases)) as pool:
            chunk = self.chunk(seed, left)
            waiting = self.ask(pool, chunk)
            while chunk["programs"]:
                left -= len(chunk["programs"])
                more = left > 0 and time.time() < until
                following = self.chunk(seed + 1, left) if more else {"programs": [], "answers": {}}
                self.keep(seed, chunk, waiting)
                self.shrink()
                waiting = self.ask(pool, following)
                self.judge(seed, chunk)
                print(*self.rows(first), sep="\n", file=sys.stderr, flush=True)
                seed, chunk = seed + 1, following
            self.shrink()
        for keras in self.kerases:
            keras.close()
        return self.rows(first)

    def rows(self, seed: int) -> list[str]:
        return [keras.row(seed) for keras in self.kerases]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--regime", action="append", help="a regime or an exact version; all regimes by default"
    )
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], default="tensorflow")
    parser.add_argument(
        "--doubts", action="store_true", help="programs whose path hangs on what only the run can tell"
    )
    parser.add_argument(
        "--world", choices=list(WORLDS), default="", help="what the programs work on; usually drawn"
    )
    parser.add_argument("--programs", type=int, default=100, help="how many, for each Keras")
    parser.add_argument(
        "--seed", type=int, help="where the first chunk of programs begins; a fresh one by default"
    )
    parser.add_argument("--minutes", type=float, help="stop after so many minutes")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what Keras did, and go on from it")
    options = parser.parse_args()
    seed = random.randrange(10**9) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    possible = [regime for regime in keras_envs.VERSIONS if (options.backend, regime) not in WITHOUT]
    versions = options.regime or possible
    until = time.time() + 60 * options.minutes if options.minutes else float("inf")
    with tempfile.TemporaryDirectory() as folder:
        asked = options.backend, Path(folder).resolve(), options.keep, options.doubts, options.world
        sweep = Sweep(versions, *asked)
        print("\n".join([HEAD, *sweep.run(options.programs, seed, until)]), flush=True)
    return int(bool(sweep.failures))


if __name__ == "__main__":
    sys.exit(main())
