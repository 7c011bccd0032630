"""Records what real Keras does with the fixtures, in `fixtures/recorded/`.

    python tools/record.py                          # all fixtures, all regimes
    python tools/record.py fixtures/basics/a.py     # some
    python tools/record.py --check                  # write nothing; fail if Keras does otherwise than recorded

One process for each regime and backend runs all the fixtures, two at a time. See `recording.py` for the `# run:`
lines and for what is noted. Needs the environments that `tools/keras_envs.py` makes.
"""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras_envs
import recording

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
RECORDED = FIXTURES / "recorded"
TARGETS = [(regime, "tensorflow") for regime in keras_envs.VERSIONS] + [
    (regime, "jax") for regime in keras_envs.VERSIONS if regime != "2"
]


# ---------------------------------------------------------------- inside an environment


def inside(regime: str) -> None:
    """Reads {name: {"filename", "text"}} on stdin; prints a line of JSON for each."""
    import contextlib
    import io
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    library = recording.Library()
    for name, source in json.load(sys.stdin).items():
        wanted = recording.only(source["text"])
        if wanted is not None and regime not in wanted:
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                found = recording.record_text(source["text"], source["filename"], library)
            except Exception as error:
                found = {"error": f"{type(error).__name__}: {error}"}
        print("\n@" + json.dumps([name, found]), flush=True)


# ---------------------------------------------------------------- outside


def ask(sources: dict, regime: str, backend: str) -> dict:
    """name -> models, from one environment."""
    python, env = keras_envs.env_for(regime, backend)
    command = [python, __file__, "--inside", regime]
    done = subprocess.run(command, env=env, input=json.dumps(sources), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"record: Keras {regime} on {backend} failed ({done.returncode}):\n{done.stderr[-3000:]}")
    return dict(json.loads(line[1:]) for line in done.stdout.splitlines() if line.startswith("@"))


def record_sources(sources: dict, targets=TARGETS) -> dict:
    """name -> record, for texts given as {name: {"filename": ..., "text": ...}}; also used for the rules' examples."""
    for regime in {regime for regime, _ in targets}:
        if not keras_envs.is_made(regime):
            raise SystemExit(f"record: no Keras for regime {regime}: run `python tools/keras_envs.py {regime}`")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda target: ask(sources, *target), targets))
    records = {}
    for name in sources:
        found = [(f"{regime}/{backend}", answer[name]) for (regime, backend), answer in zip(targets, answers) if name in answer]
        for _, models in found:
            if "error" in models:
                raise SystemExit(f"record: {name}: {models['error']}")
        # A model that a regime cannot even build has no name there: its expression finds it.
        named = {entry["run"]: (key, entry["kind"]) for _, models in found for key, entry in models.items() if entry["kind"]}
        models: dict = {}
        for target, answer in found:
            for key, entry in answer.items():
                key, kind = named.get(entry["run"], (key, None))
                model = models.setdefault(key, {"kind": kind, "run": entry["run"], "regimes": {}})
                model["regimes"][target] = entry["record"]
        records[name] = {"fixture": name, "models": models}
    return records


def dumps(record: dict) -> str:
    """JSON with one line for each site, so that a change of Keras is a change of few lines."""
    lines = ["{", f' "fixture": {json.dumps(record["fixture"])},', ' "models": {']
    for last_model, (name, model) in ends(sorted(record["models"].items())):
        head = f'"kind": {json.dumps(model["kind"])}, "run": {json.dumps(model["run"])}, "regimes": {{'
        lines.append(f"  {json.dumps(name)}: {{{head}")
        for last, (target, found) in ends(model["regimes"].items()):
            rest = {key: value for key, value in found.items() if key != "sites"}
            start = f"   {json.dumps(target)}: {json.dumps(rest)[:-1]}"
            sites = found.get("sites", [])
            if sites:
                lines.append(start + ', "sites": [')
                lines += [f"    {json.dumps(site)}{'' if end else ','}" for end, site in ends(sites)]
                lines.append("   ]}" + ("" if last else ","))
            else:
                lines.append(start + (', "sites": []}' if "sites" in found else "}") + ("" if last else ","))
        lines.append("  }}" + ("" if last_model else ","))
    return "\n".join([*lines, " }", "}", ""])


def ends(items):
    """(is it the last one, item)."""
    items = list(items)
    return [(index == len(items) - 1, item) for index, item in enumerate(items)]


def fixtures(paths: list[str]) -> list[Path]:
    """The files with a `# run:` line among the paths, or in all of fixtures/."""
    chosen = [Path(path).resolve() for path in paths] or [FIXTURES]
    files = [file for path in chosen for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return [file for file in files if recording.runs(file.read_text(encoding="utf-8"))]


def name_of(file: Path) -> str:
    return file.relative_to(FIXTURES).with_suffix("").as_posix() if FIXTURES in file.parents else file.stem


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fixtures", nargs="*", metavar="FIXTURE")
    parser.add_argument("--check", action="store_true", help="fail if Keras does otherwise than recorded")
    parser.add_argument("--regime", action="append", help="only this one (and print instead of writing)")
    parser.add_argument("--backend", action="append", help="only this one (and print instead of writing)")
    parser.add_argument("--print", action="store_true", help="print the records instead of writing them")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return inside(options.inside)
    files = fixtures(options.fixtures)
    if not files:
        raise SystemExit("record: no fixture with a `# run:` line there")
    targets = [
        (regime, backend)
        for regime, backend in TARGETS
        if regime in (options.regime or [regime]) and backend in (options.backend or [backend])
    ]
    sources = {name_of(file): {"filename": str(file), "text": file.read_text(encoding="utf-8")} for file in files}
    changed = []
    for name, record in record_sources(sources, targets).items():
        path, text = RECORDED / f"{name}.json", dumps(record)
        if options.print or options.regime or options.backend:
            print(text, end="")
        elif options.check:
            old = path.read_text(encoding="utf-8") if path.exists() else ""
            if old != text:
                changed.append(name)
                sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), text.splitlines(True), str(path), name))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if changed:
        raise SystemExit("record: Keras does otherwise than recorded: " + ", ".join(changed))


if __name__ == "__main__":
    main()
