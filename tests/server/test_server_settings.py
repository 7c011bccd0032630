"""Settings from the client and from files, and how their changes are picked up."""

import pytest
from editor import NET, Editor
from lsprotocol import types as lsp

from keraslint.server import options


def change(editor, *paths, kind=lsp.FileChangeType.Changed):
    events = [lsp.FileEvent(uri=path.as_uri(), type=kind) for path in paths]
    params = lsp.DidChangeWatchedFilesParams(changes=events)
    editor.call(editor.client.workspace_did_change_watched_files, params)


def test_a_change_of_the_configuration_file_is_picked_up(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.codes(uri) == ["KER101"]
    config = folder / "keraslint.toml"
    config.write_text('ignore = ["KER101"]\n')
    change(editor, config)
    assert editor.settles(uri, [])
    config.write_text('keras = ["2"]\nselect = ["ALL"]\n')
    change(editor, config)
    assert editor.settles(uri, [])
    config.write_text('keras = ["3.10"]\n')
    change(editor, config)
    assert editor.settles(uri, ["KER101"])


def test_a_declared_version_is_picked_up(editor, tmp_path):
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('[project]\ndependencies = ["tf-keras"]\n')
    uri = editor.open(tmp_path / "net.py", NET)
    assert editor.codes(uri) == []
    pyproject.write_text('[project]\ndependencies = ["keras>=3.12"]\n')
    change(editor, pyproject)
    assert editor.settles(uri, ["KER101"])


def test_what_a_client_does_not_watch_is_looked_at_when_something_is_saved(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.codes(uri) == ["KER101"]
    (folder / "keraslint.toml").write_text('ignore = ["KER101"]\n')
    editor.save(uri)
    assert editor.settles(uri, [])


def test_a_file_changed_outside_the_editor(editor, folder):
    parts = folder / "parts.py"
    parts.write_text("import keras\n\n\nclass Base(keras.Model):\n    pass\n")
    text = NET.replace("import keras\n", "from parts import Base\n").replace("keras.Model", "Base")
    uri = editor.open(folder / "net.py", text)
    assert editor.codes(uri) == ["KER101"]
    parts.write_text("class Base:\n    pass\n")
    change(editor, parts)
    assert editor.settles(uri, [])


def test_a_file_that_comes_and_goes(editor, folder):
    text = NET.replace("import keras\n", "from parts import Base\n").replace("keras.Model", "Base")
    uri = editor.open(folder / "net.py", text)
    assert editor.codes(uri) == []
    parts = folder / "parts.py"
    parts.write_text("import keras\n\n\nclass Base(keras.Model):\n    pass\n")
    change(editor, parts, kind=lsp.FileChangeType.Created)
    assert editor.settles(uri, ["KER101"])
    parts.unlink()
    change(editor, parts, kind=lsp.FileChangeType.Deleted)
    assert editor.settles(uri, [])


def test_a_configuration_file_that_is_being_written_changes_nothing(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.codes(uri) == ["KER101"]
    config = folder / "keraslint.toml"
    config.write_text('ignore = ["KER')
    editor.client.messages.clear()
    change(editor, config)
    editor.edit(uri, NET + "#")
    assert editor.codes(uri) == ["KER101"]
    editor.until(lambda: editor.client.messages)
    assert "keraslint.toml" in editor.client.messages[0] and "not valid TOML" in editor.client.messages[0]
    config.write_text('ignore = ["KER101"]\n')
    change(editor, config)
    assert editor.settles(uri, [])


def test_two_folders_each_with_its_file(editor, tmp_path):
    for name, text in (("one", 'ignore = ["KER101"]\n'), ("two", 'keras = ["3.10"]\n')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "keraslint.toml").write_text(text)
    assert editor.codes(editor.open(tmp_path / "one" / "net.py", NET)) == []
    assert editor.codes(editor.open(tmp_path / "two" / "net.py", NET)) == ["KER101"]


@pytest.fixture
def own(request):
    """`own(...)`: an editor whose server is not shared."""
    editors = []

    def get(**how):
        editors.append(Editor(**how))
        return editors[-1]

    yield get
    for editor in editors:
        assert editor.stop() == 0


def test_settings_that_differ_by_folder(own, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    settings = {None: {"keras": ["3.10"]}, one.as_uri(): {"ignore": ["KER101"]}, two.as_uri(): {}}
    editor = own(folders=[one, two], settings=settings)
    assert editor.settles(editor.open(one / "net.py", NET), [])
    two_uri = editor.open(two / "net.py", NET)
    assert editor.settles(two_uri, ["KER101"])
    settings[two.as_uri()] = {"keras": ["2"]}
    editor.configure(None)
    assert editor.settles(two_uri, [])


def test_settings_that_are_sent(own, folder):
    def adapt(capabilities):
        capabilities.workspace.configuration = None

    editor = own(adapt=adapt)
    uri = editor.open(folder / "net.py", NET)
    assert editor.codes(uri) == ["KER101"]
    editor.configure({"keraslint": {"ignore": ["KER1"]}})
    assert editor.settles(uri, [])


def test_a_configuration_file_of_the_client(own, folder):
    (folder / "other.toml").write_text('ignore = ["KER101"]\n')
    editor = own(options={"settings": {"configuration": str(folder / "other.toml")}})
    assert editor.codes(editor.open(folder / "net.py", NET)) == []


def test_an_empty_table_is_a_list_in_neovim(own, folder):
    editor = own(options={"settings": []}, settings={None: []})
    assert editor.codes(editor.open(folder / "net.py", NET)) == ["KER101"]
    assert not editor.client.messages


@pytest.mark.parametrize(
    "given", [None, [], {}, 7, "x", {"path": ["a"], "trace": {}}, {"keras": [], "ignore": None}]
)
def test_settings_that_say_nothing(given):
    assert options.read(given) == options.Options()


@pytest.mark.parametrize(
    "given, said",
    [
        ({"ignored": ["KER101"]}, "unknown setting `ignored`; did you mean `ignore`?"),
        ({"inlayHints": "some"}, "expected one of off, divergent, all"),
        ({"configuration": 3}, "expected a path"),
    ],
)
def test_settings_that_make_no_sense(given, said):
    [problem] = options.read(given).problems
    assert said in problem


@pytest.mark.parametrize(
    "given, said",
    [({"ignore": ["KER999"], "keras": ["3.10"]}, "KER999"), ({"keras": ["0.4"]}, "0.4")],
)
def test_settings_that_cannot_be_used_are_told_once(own, folder, given, said):
    editor = own(options={"settings": given})
    uri = editor.open(folder / "net.py", NET)
    editor.codes(uri)
    editor.edit(uri, NET + "#")
    editor.codes(uri)
    [message] = editor.client.messages
    assert said in message


def test_what_the_server_asks_to_watch(own):
    editor = own()
    editor.until(lambda: editor.client.registered)
    watched = next(each for each in editor.client.registered if "Watched" in each.method)
    patterns = {watcher["globPattern"] for watcher in watched.register_options["watchers"]}
    assert {"**/pyproject.toml", "**/keraslint.toml", "**/*.py"} <= patterns
