"""How the fixes of a file's findings are tried: as many at once as hold together."""

from types import SimpleNamespace

import pytest

from keraslint.fix import propose
from keraslint.fix.text import Change


@pytest.fixture
def checks(monkeypatch):
    """The findings that each check was about. A fix does not hold for those that are called bad."""
    seen = []

    def outcome(scene, steps, fixed):
        seen.append([finding.code for finding in fixed])
        return SimpleNamespace(right=all(finding.holds for finding in fixed))

    monkeypatch.setattr(propose, "outcome", outcome)
    monkeypatch.setattr(propose, "_fix", lambda scene, candidate, changes: candidate.name)
    monkeypatch.setattr(propose, "_search", lambda scene, finding: "searched")
    return seen


def group(*codes):
    """Findings of these rules, each with a change of its own; a rule in small letters is of a finding that does not hold."""
    return [
        (
            SimpleNamespace(code=code.upper(), holds=code.isupper()),
            SimpleNamespace(
                name=f"first of {number}", changes=[Change("net.py", 10 * number, 10 * number + 1, "x")]
            ),
        )
        for number, code in enumerate(codes)
    ]


def test_what_holds_together_is_checked_once(checks):
    found = propose._fixes_of_group(None, group(*["KER101"] * 9))
    assert list(found.values()) == [f"first of {number}" for number in range(9)]
    assert len(checks) == 1


def test_a_rule_whose_fixes_lack_something_does_not_cost_the_others(checks):
    found = propose._fixes_of_group(None, group(*["KER101"] * 8, "ker115", "ker115", *["KER110"] * 8))
    assert sorted(found.values()).count("searched") == 2 and len(found) == 18
    assert len(checks) == 5  # all; KER101; the others; KER115; KER110


def test_one_of_many_is_found_in_few_checks(checks):
    found = propose._fixes_of_group(None, group(*["KER101"] * 15, "ker101"))
    assert list(found.values()).count("searched") == 2 and len(found) == 16
    assert [len(each) for each in checks] == [16, 8, 8, 4, 4, 2, 2]
