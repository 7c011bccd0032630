import dataclasses
import os

import pytest

from keraslint import config, rulebook
from keraslint.config import ConfigError, enabled, settings_for, settings_near

CATEGORIES = {"KER101": "correctness", "KER102": "correctness", "KER401": "migration", "KER501": "pedantic"}


@pytest.fixture(autouse=True)
def known_rules(tmp_path_factory, monkeypatch):
    """Four rules on real pages, so that these tests do not change with the rulebook."""
    folder = tmp_path_factory.mktemp("rules")
    for code, category in CATEGORIES.items():
        (folder / f"{code}.md").write_text(
            f'+++\ncode = "{code}"\nname = "n"\nsummary = "s"\ncategory = "{category}"\n+++\ntext\n'
        )
    monkeypatch.setattr(rulebook, "folder", lambda: folder)
    rulebook.rules.cache_clear()
    yield
    rulebook.rules.cache_clear()


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_option_is_a_field_of_settings_with_the_same_default():
    fields = {field.name: field.default for field in dataclasses.fields(config.Settings)}
    for option in config.OPTIONS.values():
        assert fields[option.field] == option.default
    assert set(fields) - {option.field for option in config.OPTIONS.values()} == {"root", "sources", "origin"}


def test_without_a_file_the_defaults_hold(project):
    settings = settings_for(".")
    assert settings.keras == ("auto",)
    assert settings.root == str(project)
    assert settings.sources == {}
    assert settings.cache_dir == str(project / ".keraslint_cache")


def test_the_closest_file_counts_and_nothing_is_merged(project):
    (project / "pyproject.toml").write_text("[tool.keraslint]\nselect = ['KER101']\nkeras = '2'\n")
    (project / "a" / "b").mkdir(parents=True)
    (project / "a" / "keraslint.toml").write_text("keras = ['3.15']\n")
    (project / "a" / "b" / "pyproject.toml").write_text("[tool.other]\nkeras = 'no'\n")
    outer, inner = settings_for("x.py"), settings_for("a/b/x.py")
    assert (outer.select, outer.keras, outer.root) == (("KER101",), ("2",), str(project))
    assert (inner.select, inner.keras, inner.root) == ((), ("3.15",), str(project / "a"))
    assert inner.sources == {"keras": os.path.join("a", "keraslint.toml")}
    assert settings_near(outer, "a/b/x.py") == inner


def test_the_hidden_file_beats_the_plain_one_and_that_the_pyproject(project):
    (project / "pyproject.toml").write_text("[tool.keraslint]\nkeras = '1'\n")
    assert settings_for(".").keras == ("1",)
    config.forget()
    (project / "keraslint.toml").write_text("keras = '2'\n")
    assert settings_for(".").keras == ("2",)
    config.forget()
    (project / ".keraslint.toml").write_text("keras = '3'\n")
    assert settings_for(".").keras == ("3",)


def test_extend_takes_another_files_values_first(project):
    (project / "base.toml").write_text("select = ['KER1']\nkeras = '2'\n")
    (project / "keraslint.toml").write_text("extend = 'base.toml'\nkeras = '3'\n")
    settings = settings_for(".")
    assert (settings.select, settings.keras) == (("KER1",), ("3",))
    assert settings.sources == {"select": "base.toml", "keras": "keraslint.toml"}


def test_the_command_line_beats_the_file(project):
    (project / "keraslint.toml").write_text(
        "ignore = ['KER101']\nextend-select = ['KER501']\nbackend = 'jax'\n"
    )
    settings = settings_for(".", {"select": ["KER101"], "backend": ["torch"]})
    assert settings.backend == ("torch",)
    assert enabled("KER101", settings) and not enabled("KER501", settings)
    assert settings.sources == {"select": "the command line", "backend": "the command line"}


def test_config_names_the_file_and_isolated_reads_none(project):
    (project / "keraslint.toml").write_text("keras = '2'\n")
    (project / "other").mkdir()
    (project / "other" / "mine.toml").write_text("keras = '3'\n")
    named = settings_for(".", config="other/mine.toml")
    assert (named.keras, named.root) == (("3",), str(project))
    assert settings_for(".", isolated=True).keras == ("auto",)
    with pytest.raises(ConfigError, match="--config: there is no file no.toml"):
        settings_for(".", config="no.toml")


@pytest.mark.parametrize(
    "text, said",
    [
        ("selekt = []", "keraslint.toml: unknown option `selekt`; did you mean `select`?"),
        ("extend_select = []", "unknown option `extend_select`; did you mean `extend-select`?"),
        ("select = 3", "keraslint.toml: select: expected a list of strings, got a number (3)"),
        ("select = [3]", "keraslint.toml: select: expected a list of strings"),
        ("select = ['KER109']", "select: no rule has the code or prefix 'KER109'; did you mean"),
        ("select = ['E501']", "select: no rule has the code or prefix 'E501'"),
        ("force-exclude = 'yes'", "force-exclude: expected true or false, got a string ('yes')"),
        ("max-file-size = true", "max-file-size: expected a number above 0, got a boolean"),
        ("max-file-size = 0", "max-file-size: expected a number above 0"),
        ("output-format = 'jsn'", "output-format: unknown value 'jsn'; did you mean `json`?"),
        ("output-format = 1", "output-format: expected a string, got a number (1)"),
        ("per-file-ignores = ['KER101']", "per-file-ignores: expected a table of patterns and codes"),
        ("per-file-ignores = {'*.py' = 1}", "per-file-ignores: expected a list of strings"),
        ("keras = 2026-01-01", "keras: expected a list of strings, got a date or time"),
        ("extend = 'no.toml'", "extend: there is no file no.toml"),
        ("extend = 'keraslint.toml'", "extend: keraslint.toml extends this file again"),
        ("extend = 1", "extend: expected the path"),
        ("[tool.keraslint]\nselect = []", "options stand at the top level here"),
        ("select = [", "not valid TOML"),
        ("a = 1\nb == 2\n", "keraslint.toml:2:4: not valid TOML: "),
        ("\xff", "keraslint.toml: not UTF-8"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_file_and_key(project, text, said):
    (project / "keraslint.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as error:
        settings_for(".")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_broken_pyproject_that_is_not_ours_is_not_our_business(project):
    (project / "pyproject.toml").write_text("[[[")
    assert settings_for(".").sources == {}
    config.forget()
    (project / "pyproject.toml").write_text("[tool.keraslint")
    with pytest.raises(ConfigError, match="^pyproject.toml"):
        settings_for(".")
    config.forget()
    (project / "pyproject.toml").write_text("tool.keraslint = 1")
    with pytest.raises(ConfigError, match="tool.keraslint: expected a table"):
        settings_for(".")


def test_what_is_wrong_on_the_command_line_says_so():
    with pytest.raises(ConfigError, match="^the command line: select: no rule has"):
        settings_for(".", {"select": ["KER999"]}, isolated=True)


@pytest.mark.parametrize(
    "options, on",
    [
        ({}, {"KER101", "KER102", "KER401"}),
        ({"select": ["KER101"]}, {"KER101"}),
        ({"select": ["ker1"]}, {"KER101", "KER102"}),
        ({"select": ["ALL"]}, set(CATEGORIES)),
        ({"select": ["pedantic"]}, {"KER501"}),
        ({"extend-select": ["pedantic"]}, set(CATEGORIES)),
        ({"ignore": ["KER1"]}, {"KER401"}),
        ({"ignore": ["KER1"], "extend-select": ["KER101"]}, {"KER101", "KER401"}),
        ({"select": ["KER101"], "ignore": ["KER1"]}, {"KER101"}),
        ({"select": ["KER1"], "ignore": ["KER101"]}, {"KER102"}),
        ({"select": ["KER101"], "extend-ignore": ["KER101"]}, set()),
        ({"ignore": ["ALL"], "extend-select": ["KER4"]}, {"KER401"}),
        ({"ignore": ["migration"]}, {"KER101", "KER102"}),
    ],
)
def test_the_most_specific_selector_decides(options, on):
    settings = settings_for(".", options, isolated=True)
    assert {code for code in CATEGORIES if enabled(code, settings)} == on


def test_per_file_ignores(project):
    (project / "keraslint.toml").write_text("[per-file-ignores]\n'old/*' = ['KER1']\n'test_*.py' = 'KER4'\n")
    settings = settings_for(".")
    assert not enabled("KER101", settings, "old/deep/x.py")
    assert enabled("KER401", settings, "old/deep/x.py")
    assert enabled("KER101", settings, "new/old/x.py")
    assert not enabled("KER401", settings, "any/test_x.py")
    assert enabled("KER101", settings)


def test_the_root_of_a_project_without_settings_is_where_its_files_are(project):
    (project / "setup.py").write_text("")
    (project / "pkg" / "sub").mkdir(parents=True)
    assert settings_for("pkg/sub").root == str(project)


def test_the_root_of_a_package_in_no_project_is_the_folder_that_holds_it(project):
    (project / "pkg" / "sub").mkdir(parents=True)
    (project / "pkg" / "__init__.py").write_text("")
    (project / "pkg" / "sub" / "__init__.py").write_text("")
    assert settings_for("pkg/sub").root == str(project)
