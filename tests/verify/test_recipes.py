"""Recipes as people write them, and the settings that hold them."""

import pytest

from keraslint.config import ConfigError, settings_for
from keraslint.verify.inside.arrays import Spec, describe, recipe
from keraslint.verify.jobs import check_recipes, recipe_for
from keraslint.verify.models import Model


def test_a_recipe_is_read():
    read = recipe("Net(3) <- float(2, 8), int(2, 5) < 10 -> float(2, 1)")
    assert read.expression == "Net(3)"
    assert read.inputs == [Spec("float", (2, 8)), Spec("int", (2, 5), 10)]
    assert read.targets == [Spec("float", (2, 1))]
    assert recipe("Net()").inputs == []
    with pytest.raises(ValueError, match="not understood"):
        recipe("Net() <- float 3")


@pytest.mark.parametrize(
    "text",
    [
        "float(2, 8)",
        "int(2, 5) < 10",
        "int64(2, 5) < 10",
        "bool(2, 5)",
        "sparse(4, 4)",
        "str(2, 1)",
        "int() < 3",
    ],
)
def test_what_is_shown_can_be_written(text):
    [spec] = recipe(f"Net() <- {text}").inputs
    assert describe(spec) == text


def test_settings_name_models_by_pattern(tree):
    tree(
        {
            "keraslint.toml": '[verify]\nNet = "Net(1)"\n"examples/*::Net" = "Net(2)"\nBad = "Bad( <- float(2)"\n'
        }
    )
    settings = settings_for(".")
    inside, outside = str(tree({}) / "examples" / "a.py"), str(tree({}) / "a.py")
    assert recipe_for(Model(outside, "Net"), settings) == "Net(1)"
    assert recipe_for(Model(outside, "Other"), settings) == ""
    assert recipe_for(Model(inside, "Net"), settings) == "Net(2)"
    with pytest.raises(
        ConfigError, match=r"keraslint.toml: verify: Bad: .*write `Net\(3\) <- float\(2, 8\)`"
    ):
        check_recipes(settings)


def test_settings_that_are_no_recipes(tree):
    tree({"keraslint.toml": "[verify]\nNet = 3\n"})
    with pytest.raises(ConfigError, match="expected a table of names and strings"):
        settings_for(".")
