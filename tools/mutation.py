"""How many small mistakes in keraslint's inner rooms the tests notice, by a random sample of mutants.

    pip install -c constraints.txt -e '.[dev,mutation]'
    python tools/mutation.py                              # 300 mutants, a fresh seed
    python tools/mutation.py --sample 100 --seed 7        # the same hundred again
    python tools/mutation.py --room checks --sample 50

The sample is drawn from each room by its number of mutants. Every mutant is a fork of one warm process in which the tests
have passed: the function's code is exchanged, and the tests that run the mistaken statement are run, quick ones and unlike ones
first, until one fails, takes several times longer than it should, or the time for one mutant is over (`--seconds`; more can
only raise the score). A mistake in a table is tried likewise, the table made anew; any other that acts at import in a process
of its own. It prints a score for each room and the survivors, each with what it changed. It needs no Keras.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import contextlib
import functools
import gc
import hashlib
import itertools
import math
import os
import pickle
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import NamedTuple

import coverage
import libcst as cst
import pytest
from _pytest.runner import runtestprotocol
from mutants import Mutant, difference, mutants, mutated

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("semantics", "delivery", "checks")
# Those that look at what the rooms make of sources; not those of the command line, reports, editors and the like,
# which would notice some more. Leaving tests out can only lower the score.
TESTS = (
    "semantics",
    "delivery",
    "checks",
    "test_ahead.py",
    "test_analysis.py",
    "test_context.py",
    "test_explain_any.py",
    "test_fixtures.py",
    "test_flow.py",
    "test_reuse.py",
    "test_rules.py",
)
READERS = (
    "_read",
)  # they remember the files that they read, and are let do so: their mutants are tried alone
KNOWN = Path.home() / ".cache" / "keraslint" / "mutation.pickle"
Line = tuple[str, str]  # function, text
SLOWEST = 0.5  # seconds of a test that is worth running for a mutant
LEFT_OUT = "not test_other_spellings and not test_hardly_any"  # they repeat others, once for each spelling


class Outcome(NamedTuple):
    """How a mutant ended: killed, slow (killed by the time it takes), survived, or uncovered."""

    word: str
    by: str = ""


def exchange(path: Path, text: str, functions: list[FunctionType]) -> bool:
    """Give the functions of a module that is imported the code of its mutated text; False if they cannot take it."""
    old, new = (_codes(compile(each, str(path), "exec")) for each in (path.read_text(encoding="utf-8"), text))
    replaced = {}
    for place, codes in old.items():
        if len(codes) == len(new.get(place, ())):
            replaced.update(zip(codes, new[place]))
    for function in functions:
        code = replaced.get(function.__code__)
        if code is not None and code != function.__code__:
            try:
                function.__code__ = code
            except ValueError:  # it closes over other names
                return False
    return True


def _codes(code: CodeType) -> dict[tuple[str, int], list[CodeType]]:
    """The code of a module and all that is in it, by name and line."""
    found, waiting = defaultdict(list), [code]
    while waiting:
        code = waiting.pop()
        found[code.co_name, code.co_firstlineno].append(code)
        waiting += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    return found


def tables_to_remake(path: Path, text: str) -> dict[str, str]:
    """The tables that a module's mutated text makes otherwise, with their statements; none if that is not all it does.

    A table is a name that is assigned at the top of a module; others may be made of it.
    """
    old, new = (ast.parse(each).body for each in (path.read_text(encoding="utf-8"), text))
    tables: dict[str, str] = {}
    for before, after in zip(old, new):
        named = {_name(node) for node in _at_import(after)}
        if ast.dump(before) == ast.dump(after) and not named & tables.keys():
            continue
        target = getattr(after, "target", None) or getattr(after, "targets", [None])[0]
        if not isinstance(target, ast.Name):
            return {}
        tables[target.id] = ast.unparse(after)
    for other, module in _modules().items():
        if other != path and any(_name(node) in tables for node in _at_import(module)):
            return {}
    return tables


def made_of(names: set[str]) -> set[str]:
    """The names, with those of the tables that are made of them."""
    for module in _modules().values():
        for node in module.body:
            made = set(map(_name, getattr(node, "targets", ()))) - {""}
            if made - names and any(_name(part) in names for part in _at_import(node)):
                return made_of(names | made)
    return names


def readers(names: Collection[str]) -> set[tuple[Path, int]]:
    """Where functions use the names: (file, line)."""
    found = set()
    for path, module in _modules().items():
        early = {id(node) for node in _at_import(module)}
        late = (node for node in ast.walk(module) if id(node) not in early and _name(node) in names)
        found |= {(path, node.lineno) for node in late}
    return found


def remake(path: Path, tables: dict[str, str]) -> bool:
    """Make tables anew, wherever modules hold them."""
    loaded = [vars(each) for each in sys.modules.values() if isinstance(each, ModuleType)]
    [module] = [names for names in loaded if names.get("__file__") == str(path)]
    for name, statement in tables.items():
        old = module[name]
        exec(statement, module)
        for names in loaded:
            if names.get(name) is old:
                names[name] = module[name]
    return True


def _name(node: ast.AST) -> str:
    return getattr(node, "id", "") or getattr(node, "attr", "")


def _at_import(node: ast.AST):
    """The parts that are evaluated when the module is imported: not the bodies of functions, nor annotations."""
    yield node
    for field, value in ast.iter_fields(node):
        function = isinstance(node, (ast.FunctionDef, ast.Lambda)) and field == "body"
        if function or field in ("annotation", "returns"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from _at_import(part)


@functools.lru_cache(maxsize=None)
def _modules() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "keraslint").rglob("*.py")}


class Loop:
    """A pytest plugin: instead of running the tests once, runs those that a mutant concerns, for each mutant."""

    def __init__(self, sample: list[tuple], limit: float, say):
        self.sample = sample  # (tree, mutant)
        self.limit = limit  # seconds of tests for one mutant
        self.say = say
        self.outcomes: list[Outcome] = []
        self.seconds: dict[str, float] = {}
        self.items: dict = {}
        self.lines: dict[str, frozenset[int]] = {}  # a number for each line
        self.by_line: dict[Line, list[str]] = defaultdict(list)
        self.sound: set[str] = set()  # tests that were tried without a mistake

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        self.items = {item.nodeid: item for item in session.items}
        remember_parsing()
        self._measure()
        self.functions = defaultdict(list)
        for found in gc.get_objects():
            if isinstance(found, FunctionType):
                self.functions[found.__code__.co_filename].append(found)
        gc.collect()
        gc.freeze()
        for tree, mutant in self.sample:
            self.outcomes.append(self._tried(tree, mutant))
            self.say(tree, mutant, self.outcomes[-1])
        return True

    def _measure(self):
        """How long each test takes and which lines it runs, measured once and kept for as long as its file stays as it is.

        Lines are known by their text and function. So an old measure may name too few tests for a line, never a wrong result:
        what a test notices counts only if it passes without the mistake.
        """
        KNOWN.parent.mkdir(parents=True, exist_ok=True)
        known = pickle.loads(KNOWN.read_bytes()) if KNOWN.exists() else {}
        for file in dict.fromkeys(name.partition("::")[0] for name in self.items):
            key = hashlib.blake2b((ROOT / file).read_bytes()).digest()
            if known.get(file, ("",))[0] != key:
                known[file] = key, self._measured([n for n in self.items if n.startswith(f"{file}::")])
                KNOWN.write_bytes(pickle.dumps(known))
        numbers: dict[Line, int] = {}
        for _, measured in known.values():
            for name in self.items.keys() & measured.keys():
                self.seconds[name], lines = measured[name]
                self.lines[name] = frozenset(numbers.setdefault(line, len(numbers)) for line in lines)
                for line in lines:
                    self.by_line[line].append(name)

    def _measured(self, names: list[str]) -> dict[str, tuple[float, list[Line]]]:
        """The CPU seconds of tests, and the lines of the rooms that they run."""
        cover = coverage.Coverage(data_file=None, include=[f"{ROOT}/keraslint/{room}/*" for room in ROOMS])
        found = {}
        cover.start()
        for name in names:
            forget()
            cover.switch_context(name)
            before = time.process_time()
            if failed(self.items[name]):
                print(f"left out: {name} fails without any mutant", file=sys.__stderr__, flush=True)
                continue
            found[name] = time.process_time() - before, []
        cover.stop()
        data = cover.get_data()
        for path in data.measured_files():
            for number, contexts in data.contexts_by_lineno(path).items():
                line = lines_of(Path(path))[number]
                for name in found.keys() & contexts:
                    found[name][1].append(line)
        return found

    def _worth_running(self, places: set[tuple[Path, int]], word: str, file: str = "") -> list[str]:
        """As many of the tests that run lines, or stand in a file named after `file`, as there is time for.

        First those named after a word. Then the quickest that run some line which none before them runs. Then in turn the
        quickest left of all, and of each function its quickest, its next.
        """
        names = {name for path, number in places for name in self.by_line[lines_of(path)[number]]}
        names |= {
            name for name in self.seconds if file and name.partition("::")[0].endswith(f"test_{file}.py")
        }
        names = {name for name in names if self.seconds.get(name, SLOWEST) < SLOWEST}
        quickest = sorted(names, key=lambda name: (self.seconds[name], name))
        by_function = defaultdict(list)
        for name in quickest:
            by_function[name.partition("[")[0]].append(name)
        rounds = [name for each in itertools.zip_longest(*by_function.values()) for name in each if name]
        named = [name for name in quickest if word and word in name]
        seen: set[int] = set()
        new = []
        for name in quickest:
            if not seen.issuperset(self.lines[name]):
                seen.update(self.lines[name])
                new.append(name)
        chosen = list(dict.fromkeys((*named, *new, *itertools.chain(*zip(quickest, rounds)))))
        times = itertools.accumulate(self.seconds[name] for name in chosen)
        return [name for name, time_ in zip(chosen, times) if time_ <= self.limit]

    def _tried(self, tree, mutant: Mutant) -> Outcome:
        text = mutated(tree, mutant)
        places = {(mutant.path, number) for number in mutant.lines}
        act = functools.partial(exchange, mutant.path, text, self.functions[str(mutant.path)])
        if not mutant.within:
            tables = tables_to_remake(mutant.path, text)
            places = readers(tables.keys())
            act = functools.partial(remake, mutant.path, tables)
        if mutant.within in READERS or not (mutant.within or tables):
            return self._tried_anew(tree, mutant, text)
        names = self._worth_running(places, _word(mutant))
        if not names:  # it may have run at import
            return self._tried_anew(tree, mutant, text)
        outcome = self._in_fork(functools.partial(self._first_failed, act), names)
        return self._tried_anew(tree, mutant, text) if outcome.word == "refused" else outcome

    def _tried_anew(self, tree, mutant: Mutant, text: str) -> Outcome:
        """Try a mutant that acts at import, by tests that run what uses a name of the statement, or of what it defines."""
        names = set(re.findall(r"\w+", difference(tree, mutant))) | made_of(_defined(mutant))
        everywhere = {(mutant.path, number) for number in lines_of(mutant.path)}
        tests = self._worth_running(readers(names) or everywhere, _word(mutant), mutant.path.stem)
        with written(mutant.path, text) as folder:
            return self._in_fork(functools.partial(first_failed, folder), tests, 60)

    def _first_failed(self, act, names: list[str]) -> str | None:
        """The first of the tests that fails when `act` has been done; None if that cannot be."""
        forget()
        if act() is False:
            return None
        return next((name for name in names if failed(self.items[name])), "")

    def _in_fork(self, first_failed, names: list[str], more: int = 5) -> Outcome:
        """What the tests say in a fork: refused if they cannot be asked. They may take three times what they should, and more."""
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            expected = sum(self.seconds[name] for name in names)
            resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(more + 3 * expected),) * 2)
            _in_child(writing, functools.partial(first_failed, names))
        os.close(writing)
        with os.fdopen(reading) as pipe:
            by = pipe.read()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            word = "slow" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else "killed"
            return Outcome(word, by)
        if by in names and by not in self.sound:
            self.sound.add(by)
            if self._in_fork(functools.partial(self._first_failed, lambda: True), [by]).word != "survived":
                del self.seconds[by]  # it fails without the mistake too
                return self._in_fork(first_failed, [name for name in names if name != by], more)
        word = ("survived", "killed", "refused")[os.WEXITSTATUS(status)]
        return Outcome(word, by or f"{len(names)} tests")


def _word(mutant: Mutant) -> str:
    """The string that is changed, which tests may be named after."""
    word = mutant.old.evaluated_value if isinstance(mutant.old, cst.SimpleString) else ""
    return word.rpartition(".")[2]


def _defined(mutant: Mutant) -> set[str]:
    """The names that the statement at the top of the module, in which a mistake is, defines."""
    [around] = [
        node for node in _modules()[mutant.path].body if node.lineno <= mutant.lines[0] <= node.end_lineno
    ]
    return {getattr(around, "name", ""), *map(_name, getattr(around, "targets", ()))} - {""}


def _in_child(pipe: int, first_failed):
    """Does not return: the exit status is 0 if all tests pass, 1 if one fails, 2 if they cannot be asked."""
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        name = first_failed()
        os.write(pipe, (name or "").encode())
        code = 2 if name is None else bool(name)
    finally:
        os._exit(code)


@functools.lru_cache(maxsize=None)
def lines_of(path: Path) -> dict[int, Line]:
    """The lines of a file by number."""
    functions: dict[int, str] = {}
    for node in ast.walk(_modules()[path]):  # outer ones come first
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            for number in range(node.lineno, node.end_lineno + 1):
                functions[number] = f"{functions.get(number, '')}.{node.name}"
    texts = path.read_text(encoding="utf-8").splitlines()
    return {number: (functions.get(number, ""), text.strip()) for number, text in enumerate(texts, 1)}


def failed(item) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def remember_parsing():
    """Parse each text once: the rooms under test come after the parser."""
    from keraslint.syntax import locate, lower, parse

    parsed = functools.lru_cache(maxsize=None)(parse.parse)
    lowered: dict = {}
    own = lower.lower

    def lower_once(tree, first=0):
        if first:
            return own(tree, first)
        if id(tree) not in lowered:
            summary, nodes = own(tree)
            try:
                lowered[id(tree)] = tree, pickle.dumps(summary), nodes
            except RecursionError:  # nested too deeply
                return summary, nodes
        _, packed, nodes = lowered[id(tree)]
        return pickle.loads(packed), nodes  # no two modules may share their records

    parse.parse = locate.parse = parsed
    lower.lower = locate.lower = lower_once


def forget():
    """Forget what functions remember of earlier tests."""
    for function in _remembering():
        function.cache_clear()


@functools.lru_cache(maxsize=None)
def _remembering() -> list:
    rooms = tuple(f"keraslint.{room}" for room in (*ROOMS, "engine"))
    return [
        found
        for found in gc.get_objects()
        if isinstance(found, functools._lru_cache_wrapper)
        and found.__module__.startswith((*rooms, "test_"))
        and found.__name__ not in READERS
    ]


@functools.lru_cache(maxsize=None)
def _copy() -> Path:
    """A copy of the package to put mistakes in."""
    folder = Path(tempfile.mkdtemp(prefix="mutation"))
    shutil.copytree(ROOT / "keraslint", folder / "keraslint", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "rules").symlink_to(ROOT / "rules")
    compileall.compile_dir(folder, quiet=2)
    return folder


@contextlib.contextmanager
def written(path: Path, text: str):
    """The folder of a copy of the package in which a module has another text."""
    copied = _copy() / path.relative_to(ROOT)
    for compiled in copied.parent.glob(f"__pycache__/{copied.stem}.*.pyc"):
        compiled.unlink()
    copied.write_text(text, encoding="utf-8")
    try:
        yield _copy()
    finally:
        copied.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")


class Only:
    """A pytest plugin: of all tests only those named, in that order; notes what failed first."""

    def __init__(self, names: list[str]):
        self.names = {name: number for number, name in enumerate(names)}
        self.failed = ""

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted(
            (item for item in items if item.nodeid in self.names), key=lambda item: self.names[item.nodeid]
        )

    def pytest_collectreport(self, report):
        self._note(report)

    def pytest_runtest_logreport(self, report):
        self._note(report)

    def _note(self, report):
        if report.failed and not self.failed:
            self.failed = report.nodeid


def first_failed(folder: Path, names: list[str]) -> str:
    """Import the package anew from a folder, and run tests until one fails, or cannot be imported: its name."""
    ours = (f"{ROOT}/keraslint", f"{ROOT}/tests")
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(ours):
            del sys.modules[name]
    sys.path.insert(0, str(folder))
    only = Only(names)
    files = dict.fromkeys(name.partition("::")[0] for name in names)
    status = pytest.main([*_options(), "-x", *files], plugins=[only])
    cannot = "" if status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else str(status)
    return only.failed or cannot  # where not even the conftest can be imported, no test is named


def _arguments() -> list[str]:
    tests = [str(ROOT / "tests" / name) for name in TESTS if (ROOT / "tests" / name).exists()]
    return [*_options(), *tests]


def _options() -> list[str]:
    return [
        *("-c", str(ROOT / "pyproject.toml"), "-qq", "--no-header", "-p", "no:cacheprovider"),
        *("-m", "not keras and not hooks", "-k", LEFT_OUT),
    ]


def drawn(rooms: list[str], size: int, seed: int) -> list[tuple]:
    """A sample of (tree, mutant), from each room by its number of mutants, and how many each room has."""
    by_room = {}
    for room in rooms:
        by_room[room] = []
        for path in sorted((ROOT / "keraslint" / room).glob("*.py")):
            tree, found = mutants(path)
            by_room[room] += [(tree, mutant) for mutant in found]
    total = sum(map(len, by_room.values()))
    chance = random.Random(seed)
    sample = []
    for room, found in by_room.items():
        print(f"{room}: {len(found)} mutants")
        sample += chance.sample(found, min(len(found), max(1, round(size * len(found) / total))))
    chance.shuffle(sample)  # so that the figures of a run that is cut short hold too
    return sample


def interval(killed: int, of: int) -> str:
    """Wilson's interval of 95 %."""
    if not of:
        return ""
    z, p = 1.96, killed / of
    middle, width = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    low, high = ((middle + sign * width) / (1 + z * z / of) for sign in (-1, 1))
    return f"{low:.1%} to {high:.1%}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--room", action="append", choices=ROOMS, help="only this one; several allowed")
    parser.add_argument("--sample", type=int, default=300, help="how many mutants (300)")
    parser.add_argument(
        "--seed", type=int, default=random.randrange(10**6), help="of the sample (a fresh one)"
    )
    parser.add_argument("--seconds", type=float, default=20, help="of tests for one mutant (20)")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    sample = drawn(options.room or list(ROOMS), options.sample, options.seed)

    def say(tree, mutant, outcome):
        place = f"{mutant.path.relative_to(ROOT)}:{mutant.lines[0]}"
        print(
            f"{outcome.word} {place} #{mutant.number} {mutant.within} {outcome.by}", file=terminal, flush=True
        )
        if outcome.word not in ("killed", "slow"):
            print(difference(tree, mutant), file=terminal, flush=True)

    loop = Loop(sample, options.seconds, say)
    terminal = os.fdopen(os.dup(1), "w")
    started = time.process_time()
    os.chdir(ROOT)
    status = pytest.main(_arguments(), plugins=[loop])
    if len(loop.outcomes) < len(sample):
        return int(status) or 2
    print(
        "\n| room | mutants | killed | slow | survived | uncovered | score | 95 % interval |\n|---|---|---|---|---|---|---|---|"
    )
    for room in (*ROOMS, "all"):
        words = [
            outcome.word
            for (_, mutant), outcome in zip(sample, loop.outcomes)
            if room in ("all", mutant.path.parent.name)
        ]
        counts = [words.count(word) for word in ("killed", "slow", "survived", "uncovered")]
        if words:
            score = f"{sum(counts[:2]) / len(words):.1%}"
            print(
                "| "
                + " | ".join(
                    map(str, (room, len(words), *counts, score, interval(sum(counts[:2]), len(words))))
                )
                + " |"
            )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = time.process_time() - started + used.ru_utime + used.ru_stime
    print(f"\nseed {options.seed}, {seconds:.0f} CPU seconds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
