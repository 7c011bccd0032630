"""The table of regimes is well-formed; what it says is tested where it matters, in `test_context.py` and the fixtures."""

from typing import get_type_hints

import pytest

from keraslint.semantics.layers import regime_of_version
from keraslint.semantics.regimes import REGIMES, Regime


@pytest.mark.parametrize("name", REGIMES)
def test_each_field_is_of_its_type(name):
    regime = REGIMES[name]
    assert {field: type(value) for field, value in regime._asdict().items()} == get_type_hints(Regime)
    assert regime.records_defaults in ("always", "fast", "never")
    assert regime.name == name == regime_of_version(name)
