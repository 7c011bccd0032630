"""Real Keras runs fixtures before and after their fixes: what was wrong is right, and nothing else went wrong."""

import json
import re
from collections import Counter
from functools import cache

import pytest
import record

from keraslint import engine
from keraslint.config import Settings
from keraslint.fix.apply import fix_all

pytestmark = pytest.mark.keras

REGIMES = ("2", "3.0", "3.10", "3.16")
# What the fixtures' own layers come to: these act differently in training whatever their arguments.
SENSITIVE = re.compile(r"keras\.layers\.(\w*Dropout\w*|BatchNormalization|GaussianNoise|RandomFlip)$")
WANTED = {"fit": "train", "evaluate": "infer", "predict": "infer"}
# Rules on a value that a layer gets; the others are about code that the entries do not run.
ABOUT_DELIVERIES = {
    "KER101",
    "KER102",
    "KER103",
    "KER104",
    "KER105",
    "KER106",
    "KER107",
    "KER108",
    "KER110",
    "KER111",
    "KER115",
    "KER201",
}


def settings():
    return Settings(root=str(record.FIXTURES), keras=REGIMES, backend=("tensorflow",), unsafe_fixes=True)


@cache
def fixed_fixtures():
    """name -> (fixed text, regimes that it had findings in), of the fixtures of one file that are all mended."""
    found = {}
    for file in record.fixtures([]):
        text = file.read_text(encoding="utf-8")
        if file.name == "main.py" or "# expect: " not in text or "# backend:" in text:
            continue
        fixed = fix_all(engine.check([str(file)], settings()), settings())
        codes = {finding.code for finding in fixed.done}
        if not codes or fixed.result.findings or not codes <= ABOUT_DELIVERIES:
            continue
        [(_, after)] = fixed.changed.values()
        regimes = {regime for finding in fixed.done for regime in finding.regimes}
        found[record.name_of(file)] = (after.text, regimes)
    return found


def wrong(models):
    """How often what goes wrong in a record: (layer, entry, mode) of sensitive layers, and entries that raise."""
    found = Counter()
    for model in models:
        found.update(("raises", entry) for entry in model.get("errors", {}) if entry in WANTED)
        for site in model.get("sites", []):
            if SENSITIVE.match(site["layer"]):
                for entry, mode in WANTED.items():
                    for got in site["modes"].get(entry, ()):
                        if got != mode:
                            found[site["within"], site["callee"], entry, got] += 1
    return found


def recorded(name, regime):
    models = json.loads((record.RECORDED / f"{name}.json").read_text(encoding="utf-8"))["models"].values()
    return [
        model["regimes"][f"{regime}/tensorflow"]
        for model in models
        if f"{regime}/tensorflow" in model["regimes"]
    ]


def test_there_are_enough_models():
    assert len(fixed_fixtures()) >= 20


@pytest.mark.parametrize("regime", REGIMES)
def test_keras_agrees(regime):
    sources = {name: {"filename": f"{name}.py", "text": text} for name, (text, _) in fixed_fixtures().items()}
    answers = record.ask(sources, regime, "tensorflow")
    checked = 0
    for name, (_, regimes) in fixed_fixtures().items():
        if name not in answers:
            continue
        before = wrong(recorded(name, regime))
        after = wrong(entry["record"] for entry in answers[name].values())
        assert after <= before, name
        # What stays is meant: a frozen part, the other half of a GAN's step.
        if regime in regimes and ("raises", "fit") not in before:
            checked += 1
            assert after < before or not before, (name, sorted(after))
    assert checked >= (10 if regime == "2" else 20)
