"""What is replaced while a model is built."""

import pytest

from keraslint.verify.inside.quiet import _no_pause


@pytest.mark.parametrize(
    "module, waits", [("huggingface_hub.utils._http", False), ("urllib3.util.retry", False), ("nets", True)]
)
def test_nobody_waits_for_a_network_that_is_not_there(module, waits):
    slept = []
    names = {"__name__": module, "sleep": _no_pause(slept.append)}
    exec("sleep(8)", names)
    assert slept == [8] * waits
