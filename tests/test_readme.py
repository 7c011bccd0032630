"""The README's example is run, and prints what the README shows. `python tests/test_readme.py` writes it anew."""

import contextlib
import io
import os
import re
import shlex
import tempfile
from pathlib import Path

from keraslint import cli
from keraslint.config import FORMATS
from keraslint.rulebook import CATEGORIES

PATH = Path(__file__).parent.parent / "README.md"
README = PATH.read_text(encoding="utf-8")
SESSION = re.compile(r"(```console\n\$ keraslint ([^\n]*)\n).*?```", re.DOTALL)


def run(command):
    """What a command prints where the README's example is net.py."""
    here = os.getcwd()
    printed = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "net.py").write_text(
            re.search(r"```python\n(import keras\n.*?)```", README, re.DOTALL)[1]
        )
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                cli.main(shlex.split(command))
        finally:
            os.chdir(here)
    return printed.getvalue()


def written():
    return SESSION.sub(lambda match: match[1] + run(match[2]) + "```", README)


def test_the_readme_shows_what_is_printed(monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert [command.split()[0] for _, command in SESSION.findall(README)] == ["check", "explain", "check"]
    assert written() == README


def test_the_readme_names_every_format_and_category():
    for name in (*FORMATS, *CATEGORIES):
        assert f"`{name}`" in README


if __name__ == "__main__":
    PATH.write_text(written(), encoding="utf-8")
