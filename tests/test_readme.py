import re
import shlex
from pathlib import Path

import pytest

from keraslint import cli

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"```python\n(import keras\n.*?)```", README, re.DOTALL)[1]
SESSIONS = re.findall(r"```console\n\$ keraslint ([^\n]*)\n(.*?)```", README, re.DOTALL)


def test_there_are_sessions():
    assert [command.split()[0] for command, _ in SESSIONS] == ["explain"]


@pytest.mark.parametrize("command, output", SESSIONS, ids=[command for command, _ in SESSIONS])
def test_the_readme_shows_what_is_printed(tmp_path, monkeypatch, capfd, command, output):
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "KERASLINT_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "net.py").write_text(EXAMPLE)
    cli.main(shlex.split(command))
    printed = capfd.readouterr()
    assert printed.out + printed.err == output


def test_the_readme_names_every_format_and_category():
    from keraslint.config import FORMATS
    from keraslint.rulebook import CATEGORIES

    for name in (*FORMATS, *CATEGORIES):
        assert f"`{name}`" in README
