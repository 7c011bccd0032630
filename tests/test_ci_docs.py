"""What docs/ci.md and action.yml say to services, checked by the schemas that these publish, and run as far as a shell can."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parent.parent
SNIPPETS = re.findall(r"```yaml\n# (\S+)\n(.*?)```", (ROOT / "docs" / "ci.md").read_text(), re.DOTALL)
SCHEMAS = {
    ".pre-commit-config.yaml": None,
    ".github/workflows/keraslint.yml": "vendor.github-workflows",
    ".github/workflows/keraslint-sarif.yml": "vendor.github-workflows",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
}


def test_every_snippet_is_known():
    assert [name for name, _ in SNIPPETS] == list(SCHEMAS)


@pytest.mark.parametrize("name, text", [*SNIPPETS, ("action.yml", (ROOT / "action.yml").read_text())])
def test_a_snippet_is_valid(tmp_path, name, text):
    schema = "vendor.github-actions" if name == "action.yml" else SCHEMAS[name]
    if schema is None:
        pytest.importorskip("pre_commit")
        command = ["pre_commit", "validate-config"]
    else:
        pytest.importorskip("check_jsonschema")
        command = ["check_jsonschema", "--builtin-schema", schema]
    path = tmp_path / Path(name).name
    path.write_text(text)
    done = subprocess.run([sys.executable, "-m", *command, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_option_in_the_page_exists():
    from keraslint.commands import check

    parser = argparse.ArgumentParser()
    check.arguments(parser)
    known = {option for action in parser._actions for option in action.option_strings}
    page = (ROOT / "docs" / "ci.md").read_text() + (ROOT / "action.yml").read_text()
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) - {"--quiet"} <= known


@pytest.mark.hooks
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_the_steps_of_the_action_run(tmp_path):
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (tmp_path / "net.py").write_text(
        "import keras\nm = keras.Sequential([keras.layers.Dropout(0.5)])\nm.train()\n"
    )
    environment = {
        **os.environ,
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_ACTION_PATH": str(ROOT),
        "ARGS": action["inputs"]["args"]["default"],
    }
    environment.pop("PYTHONPATH", None)
    (tmp_path / "temp").mkdir()
    for step in action["runs"]["steps"]:
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", step["run"]],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::warning title=keraslint (KER204),file=net.py,line=3,")
