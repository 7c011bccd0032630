"""What several test files use."""

import pytest
from invariants import watch

from keraslint import config


@pytest.fixture(autouse=True)
def _watched(monkeypatch):
    """In every test, what the interpreter computes is well-formed."""
    watch(monkeypatch)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Write files of a project, given as {name: text or bytes}, into a new folder that becomes the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()

    def write(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        config.forget()
        return tmp_path

    return write
