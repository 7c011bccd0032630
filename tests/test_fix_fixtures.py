"""Every fix that is offered for a fixture, applied alone: its finding goes and no other comes."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from keraslint import engine
from keraslint.config import Settings
from keraslint.fix.apply import fix_all
from keraslint.fix.propose import with_fixes
from keraslint.fix.text import change_of, edited_sources

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
REGIMES = ("2", "3.0", "3.10", "3.16")
PACKAGES = sorted(path.parent for path in FIXTURES.glob("pkg_*/main.py"))
SUBJECTS = [
    path
    for path in (*PACKAGES, *sorted(FIXTURES.rglob("*.py")))
    if path in PACKAGES or not {*PACKAGES} & {*path.parents}
]


def settings(path):
    texts = [file.read_text() for file in ([path] if path.is_file() else path.rglob("*.py"))]
    backend = "jax" if any("# backend: jax" in text for text in texts) else "tensorflow"
    return Settings(root=str(FIXTURES), keras=REGIMES, backend=(backend,), select=("ALL",), unsafe_fixes=True)


@cache
def proposed(path):
    """The check of a fixture, and its findings with their fixes."""
    result = engine.check([str(path)], settings(path))
    return result, with_fixes(result, settings(path))


def kinds(findings):
    """How often each rule is broken in each version."""
    return Counter((f.code, regime) for f in findings for regime in f.regimes)


@pytest.mark.parametrize("path", SUBJECTS, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_each_fix_alone(path):
    result, findings = proposed(path)
    paths = {source.filename: name for name, source in result.read.read.items()}
    for finding in findings:
        if finding.fix is None:
            continue
        edits = [(paths[edit.span.filename], edit) for edit in finding.fix.edits]
        changes = [change_of(name, result.read.read[name], edit) for name, edit in edits]
        new = edited_sources(result.read, changes)
        after = engine.recheck(result.read.edited(new), result.files, settings(path))
        for source in new.values():
            ast.parse(source.text)
        where = f"{finding.code} {finding.span.filename}:{finding.span.start.row}"
        assert kinds(after.findings) <= kinds(findings) - kinds([finding]), where


@pytest.mark.parametrize("path", SUBJECTS, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_all_fixes_settle(path):
    """What remains has no fix, and was there before."""
    result, findings = proposed(path)
    if all(finding.fix is None for finding in findings):
        return
    fixed = fix_all(result, settings(path))
    assert kinds(fixed.result.findings) <= kinds(findings)
    assert not any(finding.fix for finding in with_fixes(fixed.result, settings(path)))
    assert len(fixed.done) >= 1


def test_most_findings_have_a_fix():
    """Of the rules that say so; it is only there to notice if fixes were no longer found to be right."""
    found = [
        f
        for path in SUBJECTS
        for f in proposed(path)[1]
        if f.code in ("KER101", "KER104", "KER108", "KER201")
    ]
    assert len(found) > 50
    # One helper, or the loss, serves both steps there: a constant is wrong either way.
    without = [Path(f.span.filename).name for f in found if not f.fix]
    assert without == ["siamese_network.py", "compute_loss_through_layer.py"]
