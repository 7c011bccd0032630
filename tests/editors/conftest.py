"""Real editors are driven only when they are asked for: pytest -m editors."""

import pytest


def pytest_collection_modifyitems(config, items):
    if "editors" not in (config.option.markexpr or ""):
        for item in items:
            if item.get_closest_marker("editors"):
                item.add_marker(pytest.mark.skip(reason="pytest -m editors"))
