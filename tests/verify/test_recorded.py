"""What `keraslint record` keeps, and what it says where there is nothing to run."""

import json
import sys

import pytest

from keraslint import cli
from keraslint.config import ConfigError
from keraslint.verify import recorded


def note(folder, name, **more):
    return json.dumps({"name": f"{folder}/{name}", "args": [], "kwargs": {}, **more}) + "\n"


def test_notes_are_kept_by_model_with_paths_from_the_root(tmp_path):
    notes, root = tmp_path / "notes", tmp_path / "project"
    notes.mkdir(), root.mkdir()
    inner = {"name": {"module": "nets", "file": f"{root}/nets.py", "name": "Config"}}
    foreign = {"name": {"module": "keras", "file": "/lib/keras.py", "name": "relu"}}
    (notes / "1.jsonl").write_text(
        note(root, "nets.py::Net", call=[inner, foreign]) + note("/lib", "keras_hub.py::Backbone") + '{"na'
    )
    (notes / "2.jsonl").write_text(
        note(root, "nets.py::Net", call=[inner, foreign]) + note(root, "nets.py::Net", call=[1])
    )
    recorded.save(str(root), recorded.collect(str(notes), str(root)))
    [(name, [first, second])] = recorded.load(str(root)).items()
    assert (name, second["call"]) == (f"{root}/nets.py::Net", [1])
    assert [each["name"]["file"] for each in first["call"]] == [f"{root}/nets.py", ""]


def test_a_later_run_replaces_what_it_saw_and_keeps_the_rest(tmp_path):
    recorded.save(str(tmp_path), {"a.py::A": [{"args": [1]}], "b.py::B": [{"args": [2]}]})
    recorded.save(str(tmp_path), {"b.py::B": [{"args": [3]}]})
    kept = json.loads((tmp_path / recorded.FILE).read_text())
    assert kept["models"] == {"a.py::A": [{"args": [1]}], "b.py::B": [{"args": [3]}]}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"version": 9, "models": {}}', '{"version": 1, "models": []}']
)
def test_a_file_that_is_none_of_ours(tmp_path, text):
    (tmp_path / recorded.FILE).write_text(text)
    with pytest.raises(ConfigError, match="run `keraslint record` again, or delete it"):
        recorded.load(str(tmp_path))


def test_nothing_to_run(tree, capsys):
    tree({})
    assert cli.main(["record"]) == 2
    assert "nothing to run; write `keraslint record -- pytest tests`" in capsys.readouterr().err


def test_a_command_that_is_none(tree, capsys):
    tree({})
    assert cli.main(["record", "--", "no-such-command"]) == 2
    assert (
        capsys.readouterr().err
        == "keraslint: error: no-such-command: cannot be run: No such file or directory\n"
    )


def test_the_status_is_the_programs_own(tree, capfd):
    tree({"fails.py": "raise SystemExit(5)"})
    assert cli.main(["record", "fails.py"]) == 5
    assert cli.main(["record", "--", sys.executable, "-c", "import os; os.kill(os.getpid(), 15)"]) == 143
    assert "nothing was recorded" in capfd.readouterr().err
