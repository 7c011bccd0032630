import json
from pathlib import Path

import pytest

from keraslint.config import OPTIONS, ConfigError, settings_for
from keraslint.schema import schema, tool_schema

COMMITTED = Path(__file__).parent.parent / "docs" / "keraslint.schema.json"


def test_the_committed_schema_is_current():
    command = f"keraslint config --schema > {COMMITTED.name}"
    assert json.loads(COMMITTED.read_text()) == schema() == tool_schema("keraslint"), (
        f"run `{command}` in docs/"
    )


@pytest.mark.parametrize(
    "text, valid",
    [
        ("", True),
        ("select = ['ALL', 'KER1', 'ker101', 'pedantic']\nignore = 'KER102'", True),
        ("extend = 'other.toml'\nmax-file-size = 5\nfix = true", True),
        ("keras = '3.15'\noutput-format = 'sarif'", True),
        ("[per-file-ignores]\n'tests/*' = ['KER2']", True),
        ("selekt = []", False),
        ("select = ['E501']", False),
        ("fix = 'yes'", False),
        ("max-file-size = 0", False),
        ("output-format = 'xml'", False),
        ("[per-file-ignores]\n'tests/*' = 3", False),
    ],
)
def test_the_schema_says_what_the_settings_say(tree, text, valid):
    jsonschema = pytest.importorskip("jsonschema")
    from keraslint.rulebook import load_toml

    jsonschema.Draft7Validator.check_schema(schema())
    errors = list(jsonschema.Draft7Validator(schema()).iter_errors(load_toml(text)))
    assert (not errors) is valid
    tree({"keraslint.toml": text, "other.toml": ""})
    if valid:
        settings_for(".")
    else:
        with pytest.raises(ConfigError):
            settings_for(".")


def test_every_option_is_in_it_with_its_default():
    properties = schema()["properties"]
    assert properties.keys() == OPTIONS.keys() | {"extend"}
    assert properties["keras"]["default"] == ["auto"]
