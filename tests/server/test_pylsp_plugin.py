"""The plugin inside a real python-lsp-server."""

import pytest
from editor import FIXED, NET, applied, place, preferred
from lsprotocol import types as lsp

pytest.importorskip("pylsp")


@pytest.fixture
def editor(start):
    editor = start(pull=False, server=("pylsp",))
    configure(editor, {})
    return editor


def configure(editor, settings):
    others = {name: {"enabled": False} for name in ("pycodestyle", "pyflakes", "mccabe", "flake8")}
    editor.configure({"pylsp": {"plugins": {**others, "keraslint": settings}}})


def test_findings_come_and_go(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.settles(uri, ["KER101"])
    [found] = editor.diagnostics(uri)
    assert (found.range.start.line, found.source) == (place(NET, "def call")[0], "keraslint")
    assert found.code_description.href.endswith("KER101.md")
    assert [each.message for each in found.related_information][0] == "`fit` starts `Net`"
    editor.edit(uri, FIXED)
    assert editor.settles(uri, [])


def test_columns_are_counted_as_clients_do(editor, folder):
    text = NET.replace(
        "    def call(self, x)",
        "    s = '\N{GRINNING FACE}'; call = lambda self, x: self.drop(x, training=True)",
    )
    text = text[: text.index("        return")] + text[text.index("\n\ndef train") :]
    text = text.replace("True):", "True)")
    uri = editor.open(folder / "net.py", text)
    assert editor.settles(uri, ["KER104"])
    [found] = editor.diagnostics(uri)
    line, character = place(text, "self.drop(x, training")
    assert (found.range.start.line, found.range.start.character) == (line, character + 1)


def test_a_fix_is_offered(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.settles(uri, ["KER101"])
    [found] = editor.diagnostics(uri)
    actions = editor.actions(uri, found.range, diagnostics=[found])
    fix = preferred(actions)
    assert fix.diagnostics == (found,) or fix.diagnostics == [found]
    assert applied(NET, fix.edit.changes[uri]) == FIXED
    assert "Ignore KER101 here" in actions
    assert not editor.actions(uri, found.range, only=[lsp.CodeActionKind.Refactor])


def test_hovers_leave_the_rest_to_others(editor, folder):
    text = FIXED + "\n\n# KER104\nprint(len([]))\n"
    uri = editor.open(folder / "net.py", text)
    assert "| `Net`, Keras 3.10 to 3.15 | train | infer |" in editor.hover(uri, text, "self.drop(x)", 6)
    assert editor.hover(uri, text, "KER104", 2).startswith("# KER104 pinned-training")
    assert "Return the number of items" in str(editor.hover(uri, text, "len("))


def test_a_base_class_in_another_open_file(editor, folder):
    base, _, rest = NET.partition("\n\ndef train")
    net = editor.open(folder / "net.py", base)
    other = editor.open(folder / "train.py", "from net import Net\n\n\ndef train" + rest)
    editor.edit(other, "from net import Net\n\n\ndef train" + rest + "\n")
    editor.settles(other, [])
    editor.edit(net, base + "\n")
    assert editor.settles(net, ["KER101"])
    [found] = editor.diagnostics(net)
    assert found.severity == lsp.DiagnosticSeverity.Error  # somebody trains it


def test_settings_and_configuration_files(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.settles(uri, ["KER101"])
    configure(editor, {"ignore": ["KER101"]})
    editor.edit(uri, NET + "\n")
    assert editor.settles(uri, [])
    configure(editor, {"selec": ["KER101"]})
    editor.edit(uri, NET)
    assert editor.settles(uri, ["KER101"])
    editor.until(
        lambda: "keraslint: unknown setting `selec`; did you mean `select`?" in editor.client.messages
    )
    (folder / "keraslint.toml").write_text('ignore = ["KER101"]\n')
    editor.save(uri)
    assert editor.settles(uri, [])
