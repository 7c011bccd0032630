"""The formats that other programs read, checked by what reads them where that can be installed."""

import json
import os
from pathlib import Path

import pytest

from keraslint.finding import Edit, Finding, Fix, Location, Span, Step
from keraslint.report import Context, render
from keraslint.source.files import Source

PYTHON = """\
import keras


class Net(keras.Model):
    def call(self, x):
        s = "😀é"; return self.drop(x)
"""
NOTEBOOK = """\
{
 "cells": [
  {"cell_type": "markdown", "metadata": {}, "source": ["# A\\n", "title"]},
  {
   "cell_type": "code",
   "source": [
    "import keras\\n",
    "net.fit(x, y)"
   ],
   "metadata": {}, "outputs": [], "execution_count": null
  },
  {"cell_type": "code", "source": "a = 1\\nnet.fit(x)", "metadata": {}, "outputs": [], "execution_count": null}
 ],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5
}
"""
SOURCES = {
    "pkg/net.py": Source("pkg/net.py", PYTHON.encode()),
    "a notebook.ipynb": Source("a notebook.ipynb", NOTEBOOK.encode()),
}


def span(row, column, end_row, end_column, filename="pkg/net.py", cell=None):
    return Span(filename, Location(row, column), Location(end_row, end_column), cell)


IN_NOTEBOOK = span(2, 1, 2, 8, "a notebook.ipynb", 2)


def finding(where=None, **changes):
    fields = {
        "code": "KER101",
        "message": "`Net.call` does not take `training`",
        "span": where or span(6, 19, 6, 28),
        "name": "model-without-training",
        "category": "correctness",
        "certainty": "manifest",
        "severity": "error",
        "symbol": "Net.call",
        "holds": (("3.0", ("fit",)), ("3.10", ("fit",))),
        "trace": (Step(IN_NOTEBOOK, "net.fit starts Net.call"), Step(span(5, 5, 5, 9), "and <this> & that")),
    }
    return Finding(**{**fields, **changes})


FIX = Fix(
    "unsafe",
    "Add `training=None`",
    (Edit(span(5, 21, 5, 21), ", training=None"), Edit(span(6, 37, 6, 37), ", training=training")),
)
FINDINGS = [
    finding(IN_NOTEBOOK, severity="warning"),
    finding(fix=FIX),
    finding(span(3, 1, 3, 1), code="KER900"),
]


def rendered(format, *findings, sources=None):
    return "".join(render(format, findings, Context(SOURCES if sources is None else sources)))


# SARIF


@pytest.mark.parametrize("findings", [FINDINGS, []], ids=["some", "none"])
def test_sarif_is_valid(findings):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json").read_text())
    validator = jsonschema.Draft4Validator(schema)
    document = json.loads(rendered("sarif", *findings))
    assert not list(validator.iter_errors(document))
    # The schema itself refuses what is wrong.
    document["runs"][0]["tool"]["driver"]["rules"] = [{}]
    assert list(validator.iter_errors(document))


def test_sarif_names_rules_places_paths_and_fixes():
    [run] = json.loads(rendered("sarif", *FINDINGS))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [(rule["id"], rule["name"]) for rule in rules] == [
        ("KER101", "ModelWithoutTraining"),
        ("KER900", "NotAnalysed"),
    ]
    assert all("## What it does" in rule["help"]["markdown"] for rule in rules)
    in_notebook, in_file, _ = run["results"]
    assert [rules[each["ruleIndex"]]["id"] for each in run["results"]] == ["KER101", "KER101", "KER900"]
    assert in_notebook["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20notebook.ipynb", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 8, "endLine": 8},
    }
    assert in_notebook["message"]["text"].endswith(" (cell 2, row 2)")
    assert in_file["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "Net.call"}]
    steps = in_file["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps] == [8, 5]
    [change] = in_file["fixes"][0]["artifactChanges"]
    assert change["replacements"][0] == {
        "deletedRegion": {"startLine": 5, "startColumn": 21, "endLine": 5, "endColumn": 21},
        "insertedContent": {"text": ", training=None"},
    }


def test_a_fix_that_is_only_shown_or_is_in_a_cell_is_no_fix_for_a_service():
    in_cell = Fix("unsafe", "x", (Edit(IN_NOTEBOOK, "y"),))
    for fix in (FIX._replace(applicability="display"), in_cell):
        [run] = json.loads(rendered("sarif", finding(fix=fix)))["runs"]
        assert "fixes" not in run["results"][0]
        assert "suggestions" not in json.loads(rendered("rdjson", finding(fix=fix)))["diagnostics"][0]


def fingerprints(*findings, text=PYTHON):
    sources = {"pkg/net.py": Source("pkg/net.py", text.encode())}
    [run] = json.loads(rendered("sarif", *findings, sources=sources))["runs"]
    return [each["partialFingerprints"]["keraslint/v1"] for each in run["results"]]


def test_fingerprints_survive_moved_lines_and_tell_findings_apart():
    here, twin = finding(span(6, 19, 6, 28)), finding(span(6, 30, 6, 31))
    before = fingerprints(here, twin)
    moved = [each.__class__(**{**vars(each), "span": span(8, 24, 8, 33)}) for each in (here, twin)]
    assert fingerprints(*moved, text="\n\n" + PYTHON.replace("        s", "            s")) == before
    assert len(set(before)) == 2
    others = (
        finding(code="KER102"), finding(symbol="Other.call"), finding(span(5, 1, 5, 2)),
    )  # fmt: skip
    assert not {print for each in others for print in fingerprints(each)} & set(before)


# GitLab


def test_gitlab_has_what_its_code_quality_widget_needs(monkeypatch):
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    issues = json.loads(rendered("gitlab", *FINDINGS))
    for issue in issues:
        assert set(issue) == {"check_name", "description", "severity", "fingerprint", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
    assert len({issue["fingerprint"] for issue in issues}) == 3
    assert issues[0]["location"]["path"] == "a notebook.ipynb"
    assert issues[0]["location"]["positions"]["begin"]["line"] == 8
    assert issues[1]["location"]["positions"] == {
        "begin": {"line": 6, "column": 19},
        "end": {"line": 6, "column": 28},
    }
    assert rendered("gitlab") == "[]\n"


def test_gitlab_paths_are_relative_to_the_project_of_its_runner(monkeypatch):
    monkeypatch.setenv("CI_PROJECT_DIR", os.path.dirname(os.getcwd()))
    [issue] = json.loads(rendered("gitlab", finding()))
    assert issue["location"]["path"] == f"{os.path.basename(os.getcwd())}/pkg/net.py"


# JUnit


def test_junit_is_read_by_a_junit_parser():
    junitparser = pytest.importorskip("junitparser")
    report = junitparser.JUnitXml.fromstring(rendered("junit", *FINDINGS).encode())
    assert (report.tests, report.failures, report.errors) == (3, 3, 0)
    assert [suite.name for suite in report] == ["a notebook.ipynb", "pkg/net.py"]
    case = next(iter(next(iter(report))))
    assert (case.name, case.classname) == ("KER101 Net.call", "a notebook")
    [failure] = case.result
    assert failure.text.split("\n")[1:] == [
        "a notebook.ipynb:cell 2:2:1: net.fit starts Net.call",
        "pkg/net.py:5:5: and <this> & that",
    ]


def test_junit_without_findings_has_a_test_that_passed():
    junitparser = pytest.importorskip("junitparser")
    report = junitparser.JUnitXml.fromstring(rendered("junit").encode())
    assert (report.tests, report.failures) == (1, 0)
    assert [case.is_passed for suite in report for case in suite] == [True]


def test_junit_holds_no_character_that_xml_has_not():
    junitparser = pytest.importorskip("junitparser")
    said = finding(message="a\x00b\x1b[31m\ud800\ufffe")
    report = junitparser.JUnitXml.fromstring(rendered("junit", said).encode())
    [case] = [case for suite in report for case in suite]
    assert case.result[0].message == "a\ufffdb\ufffd[31m\ufffd\ufffd"


# The others


def test_rdjson_counts_columns_in_bytes():
    diagnostics = json.loads(rendered("rdjson", *FINDINGS))["diagnostics"]
    assert diagnostics[0]["location"] == {
        "path": "a notebook.ipynb",
        "range": {"start": {"line": 8}, "end": {"line": 8}},
    }
    before = '        s = "😀é"; '
    assert diagnostics[1]["location"]["range"]["start"] == {"line": 6, "column": len(before.encode()) + 1}
    assert diagnostics[1]["suggestions"][0] == {
        "range": {"start": {"line": 5, "column": 21}, "end": {"line": 5, "column": 21}},
        "text": ", training=None",
    }
    assert [each["severity"] for each in diagnostics] == ["WARNING", "ERROR", "ERROR"]


def test_pylint():
    assert rendered("pylint", *FINDINGS[:2]) == (
        "a notebook.ipynb:8: [KER101] `Net.call` does not take `training` (cell 2, row 2)\n"
        "pkg/net.py:6: [KER101] `Net.call` does not take `training`\n"
    )


def test_azure_escapes_what_its_agent_would_read():
    odd = finding(span(6, 19, 6, 28, "a;b].py"), message="50% of\nthat")
    assert rendered("azure", odd, FINDINGS[0]) == (
        "##vso[task.logissue type=error;sourcepath=a%3Bb%5D.py;linenumber=6;columnnumber=19;code=KER101;]"
        "50%AZP25 of%0Athat\n"
        "##vso[task.logissue type=warning;sourcepath=a notebook.ipynb;linenumber=8;code=KER101;]"
        "`Net.call` does not take `training` (cell 2, row 2)\n"
    )


def test_github_points_at_the_row_of_a_notebooks_json():
    assert rendered("github", FINDINGS[0]).startswith(
        "::warning title=keraslint (KER101),file=a notebook.ipynb,line=8,endLine=8::a notebook.ipynb:cell 2:2:1: "
    )


@pytest.mark.parametrize("cell, row, json_row", [(1, 1, 3), (2, 1, 7), (2, 2, 8), (3, 1, 12), (3, 2, 12)])
def test_rows_of_a_notebooks_json(cell, row, json_row):
    assert SOURCES["a notebook.ipynb"].json_row(cell, row) == json_row
    line = NOTEBOOK.split("\n")[json_row - 1]
    assert "source" in line or "keras" in line or "fit" in line


# What reads ruff's JSON


def test_a_program_that_reads_ruffs_json_reads_ours():
    """python-lsp-ruff makes diagnostics and fixes of what `ruff check --output-format json` prints."""
    pytest.importorskip("pylsp_ruff")
    from pylsp_ruff import plugin

    checks = plugin.converter.structure(json.loads(rendered("json", *FINDINGS)), list[plugin.RuffCheck])
    diagnostics = [plugin.create_diagnostic(check, plugin.PluginSettings()) for check in checks]
    assert [each.code for each in diagnostics] == ["KER101", "KER101", "KER900"]
    assert (diagnostics[1].range.start.line, diagnostics[1].range.start.character) == (5, 18)
    assert [edit.content for edit in checks[1].fix.edits] == [", training=None", ", training=training"]
    assert checks[1].fix.applicability == "unsafe"
