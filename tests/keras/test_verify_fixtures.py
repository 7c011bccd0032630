"""What the rules report of fixtures is what real Keras does: `verify` confirms it, and says that the fixes help.

A share of the fixtures for each regime; all of them with KERASLINT_ALL_FIXTURES=1, which takes 6 minutes of a
processor for each.
"""

import os
import re

import pytest
import verifying

FIXTURES = verifying.ROOT / "fixtures"
SHARE = 1 if os.environ.get("KERASLINT_ALL_FIXTURES") else 12
REGIMES = ("2", "3.0", "3.10", "3.16")


def meant(file, regime):
    """Whether a fixture is run with TensorFlow in a regime."""
    text = file.read_text()
    only = re.search(r"^# only: (.*)", text, re.M)
    return not re.search(r"^# backend: (?!tensorflow)", text, re.M) and (
        only is None or regime in only[1].split(", ")
    )


@pytest.mark.parametrize("number, regime", list(enumerate(REGIMES)))
def test_what_is_found_in_fixtures_is_confirmed(tmp_path, number, regime):
    files = [
        file for file in sorted(FIXTURES.glob("*/*.py")) if meant(file, regime) and "pkg_" not in str(file)
    ]
    python = verifying.python_of(tmp_path, regime)
    chosen = [str(file) for file in files[number::SHARE]]
    found = verifying.findings(tmp_path, *chosen, "--python", str(python), regime=regime)
    verdicts = [
        (f["filename"], f["code"], f["evidence"]["verdict"], f["evidence"]["reason"])
        for f in found
        if f["category"] == "correctness"
    ]
    assert verdicts
    assert [each for each in verdicts if each[2] != "confirmed"] == []
    left = [
        (f["filename"], f["code"], f["evidence"]["counterfactual"])
        for f in found
        if not f["evidence"].get("counterfactual", {"gone": True})["gone"]
    ]
    assert left == []
