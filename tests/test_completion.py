"""The scripts that complete, in the shells that are here."""

import shutil
import subprocess

import pytest

from keraslint import cli
from keraslint.commands import COMMANDS

pytest.importorskip("shtab")


@pytest.fixture
def script(capfd):
    def script(shell):
        assert cli.main(["completion", shell]) == 0
        return capfd.readouterr().out

    return script


def completed(tmp_path, script, *words):
    """What bash offers for the last of some words."""
    (tmp_path / "keraslint.bash").write_text(script)
    line = " ".join(f"'{word}'" for word in words)
    program = (
        f"source keraslint.bash; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; "
        "_shtab_keraslint; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(["bash", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes_commands_options_choices_and_files(tmp_path, script):
    text = script("bash")
    (tmp_path / "net.py").write_text("")
    assert set(completed(tmp_path, text, "keraslint", "")) >= set(COMMANDS)
    assert "--output-format" in completed(tmp_path, text, "keraslint", "check", "--outp")
    assert completed(tmp_path, text, "keraslint", "check", "--output-format", "sa") == ["sarif"]
    assert "net.py" in completed(tmp_path, text, "keraslint", "explain", "ne")


@pytest.mark.parametrize("shell, marker", [("zsh", "#compdef keraslint"), ("fish", "complete -c keraslint")])
def test_other_shells_have_scripts(script, shell, marker):
    text = script(shell)
    assert marker in text
    assert "output-format" in text
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=text, text=True, check=True)
