import pytest

from keraslint import rulebook
from keraslint.fix.candidates import FIXED

PAGE = """+++
code = "KER101"
name = "model-without-training"
summary = "A model's call does not take training"
category = "correctness"
since = "0.1.0"
fix = "none"
regimes = ["3.0", "3.10"]
+++

## What it does

Says so.
"""


def test_a_page_is_read(tmp_path):
    path = tmp_path / "KER101.md"
    path.write_text(PAGE)
    rule = rulebook.read(path)
    assert (rule.code, rule.name, rule.category) == ("KER101", "model-without-training", "correctness")
    assert rule.regimes == ("3.0", "3.10")
    assert rule.text == "## What it does\n\nSays so.\n"
    assert rule.on_by_default


@pytest.mark.parametrize(
    "page, said",
    [
        ("# no front matter\n", "no front matter"),
        (PAGE.replace('code = "KER101"', ""), "'code'"),
        (PAGE.replace('"KER101"', "KER101"), "front matter: Invalid value"),
    ],
)
def test_a_page_that_is_none_is_named(tmp_path, page, said):
    path = tmp_path / "KER101.md"
    path.write_text(page)
    with pytest.raises(ValueError, match=said) as error:
        rulebook.read(path)
    assert str(path) in str(error.value)


def test_the_projects_own_pages_are_pages():
    rules = rulebook.rules()
    assert list(rules) == sorted(rules)
    for code, rule in rules.items():
        assert rule.code == code
        assert rule.category in rulebook.CATEGORIES
        assert rule.name and rule.summary and rule.text


def test_the_pages_say_of_which_rules_findings_can_be_fixed():
    said = {code: rule.fix for code, rule in rulebook.rules().items() if rule.fix != "none"}
    assert said.keys() == FIXED
    assert set(said.values()) <= {"safe", "unsafe"}
