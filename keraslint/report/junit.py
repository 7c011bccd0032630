"""A JUnit report: each file with findings is a test suite, each finding a failed test."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import groupby
from xml.etree import ElementTree as xml

from ..finding import Finding
from . import Context
from .style import message, place

# What XML 1.0 cannot hold, even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    root = xml.Element("testsuites", name="keraslint", **_counts(findings))
    for filename, group in groupby(findings, key=lambda finding: finding.span.filename):
        of_file = list(group)
        suite = _add(root, "testsuite", name=filename, file=filename, **_counts(of_file))
        for finding in of_file:
            _case(suite, finding)
    if not findings:
        # A report without any test is an error to most of those who read it.
        suite = _add(root, "testsuite", name="keraslint", **_counts(()))
        _add(suite, "testcase", name="no findings", classname="keraslint")
    xml.indent(root)
    # In ASCII it is right whatever the encoding of what it is written to.
    yield xml.tostring(root, encoding="us-ascii", xml_declaration=True).decode("ascii") + "\n"


def _case(suite: xml.Element, finding: Finding) -> None:
    name = f"{finding.code} {finding.symbol}".rstrip()
    case = _add(suite, "testcase", name=name, classname=os.path.splitext(finding.span.filename)[0])
    failure = _add(case, "failure", message=message(finding), type=finding.category)
    notes = [f"{place(step.span)}: {step.message}" for step in finding.trace]
    failure.text = _text("\n".join([f"{place(finding.span)}: {finding.code} {finding.message}", *notes]))


def _add(parent: xml.Element, tag: str, /, **attributes: str) -> xml.Element:
    return xml.SubElement(parent, tag, {key: _text(value) for key, value in attributes.items()})


def _counts(findings) -> dict[str, str]:
    return {"tests": str(max(len(findings), 1)), "failures": str(len(findings)), "errors": "0"}


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
