"""A client that speaks with a real server process, with the capabilities of a real editor."""

from importlib.util import find_spec

import pytest

if find_spec("pygls"):
    from editor import Editor, project
else:  # the extra `lsp` is not installed
    collect_ignore_glob = ["*.py"]


@pytest.fixture(scope="session")
def started():
    """The servers that tests share, by how they were started; starting one takes a second."""
    editors = {}
    yield editors
    for editor in editors.values():
        editor.stop()


@pytest.fixture
def start(started):
    """`start(pull=True, ...)`: an editor whose server is new to the files of this test."""
    used = []

    def get(**how):
        key = repr(sorted(how.items()))
        if key not in started:
            started[key] = Editor(**how)
        used.append(started[key])
        return started[key]

    yield get
    for editor in used:
        editor.close_all()


@pytest.fixture(params=["push", "pull"])
def editor(request, start):
    """An editor that is sent diagnostics, and one that asks for them."""
    return start(pull=request.param == "pull")


@pytest.fixture
def folder(tmp_path):
    return project(tmp_path)
