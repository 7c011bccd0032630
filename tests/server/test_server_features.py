"""Hovers, inlay hints and code actions."""

import pytest
from editor import FIXED, NET, applied, place, preferred
from lsprotocol import types as lsp

TEACHER = """\
import keras
from keras import layers


class Teacher(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
        self.norm = layers.BatchNormalization()

    def call(self, x, training=None):
        x = self.norm(x)
        return self.drop(x, training=True)  # noqa: KER104
"""


@pytest.fixture
def editor(start):
    return start(pull=True)


def test_hover_on_a_code_is_the_rules_page(editor, folder):
    uri = editor.open(folder / "teacher.py", TEACHER)
    page = editor.hover(uri, TEACHER, "KER104", 2)
    assert page.startswith("# KER104 pinned-training")
    assert "## What it does" in page
    assert editor.hover(uri, TEACHER, "noqa") is None


def test_hover_on_a_layer_is_its_table(editor, folder):
    uri = editor.open(folder / "teacher.py", TEACHER)
    table = editor.hover(uri, TEACHER, "self.drop(x, ", 6)
    assert "`self.drop` (Dropout). Mode: passed at the call" in table
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if "|" in line]
    entries = ["fit", "evaluate", "predict", "model(x)", "training=True", "training=False"]
    assert rows[0] == ["", *entries]
    assert rows[2] == ["`Teacher`, Keras 3.10 to 3.15", *["train"] * 6]
    assert editor.hover(uri, TEACHER, "class Teacher") is None
    assert editor.hover(uri, TEACHER, "training=True)") is None


def test_models_and_versions_that_agree_share_a_line_of_the_table(start, folder):
    editor = start(pull=True, options={"settings": {"keras": ["2", "3.10"]}})
    text = TEACHER.replace("keras.Model", "layers.Layer") + (
        "\n\nclass One(keras.Model):\n"
        "    def __init__(self):\n        super().__init__()\n        self.inner = Teacher()\n\n"
        "    def call(self, x):\n        return self.inner(x)\n\n\n"
        "class Other(One):\n    pass\n"
    )
    table = editor.hover(editor.open(folder / "one.py", text), text, "self.norm(x)")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[4:]]
    assert {row[0]: row[1] for row in rows} == {
        "`Teacher`, Keras 2, 3.10 to 3.15; `One`, `Other`, Keras 2": "train",
        "`One`, `Other`, Keras 3.10 to 3.15": "infer",
    }


def test_inlay_hints_where_the_mode_is_not_the_entrys(editor, folder):
    uri = editor.open(folder / "teacher.py", TEACHER)
    pinned, _ = place(TEACHER, "self.drop(x, ")
    assert editor.hints(uri) == {pinned: "predict: train"}
    assert editor.hints(uri, 0, 5) == {}
    editor.edit(uri, TEACHER.replace("training=True", "training=training"))
    assert editor.hints(uri) == {}


def test_inlay_hints_at_every_sensitive_call(start, folder):
    editor = start(pull=True, options={"settings": {"inlayHints": "all", "keras": ["2", "3.10"]}})
    uri = editor.open(folder / "net.py", NET)
    line, _ = place(NET, "self.drop(x)")
    # Keras 2 puts the mode of `fit` into the call context; Keras 3 does so only if `call` has a `training`.
    assert editor.hints(uri) == {line: "fit: train (2), infer (3.10 to 3.15), predict: infer"}


def test_no_inlay_hints(start, folder):
    editor = start(pull=True, options={"settings": {"inlayHints": "off"}})
    assert editor.hints(editor.open(folder / "teacher.py", TEACHER)) == {}


@pytest.mark.parametrize("capable", [True, False])
def test_a_quick_fix_makes_its_finding_go(start, folder, capable):
    def adapt(capabilities):
        capabilities.workspace.workspace_edit.document_changes = capable

    editor = start(pull=True, adapt=adapt if not capable else None)
    uri = editor.open(folder / "net.py", NET)
    [found] = editor.diagnostics(uri)
    actions = editor.actions(uri, found.range, diagnostics=[found])
    fix = preferred(actions)
    assert list(fix.diagnostics) == [found]
    if capable:
        [change] = fix.edit.document_changes
        assert (change.text_document.uri, change.text_document.version) == (uri, 1)
        edits = change.edits
    else:
        edits = fix.edit.changes[uri]
    fixed = applied(NET, edits)
    assert "training" in fixed
    editor.edit(uri, fixed)
    assert editor.codes(uri) == []


def test_an_edit_is_for_the_version_that_it_was_made_for(editor, folder):
    uri = editor.open(folder / "net.py", FIXED)
    editor.edit(uri, "# one line more\n" + NET)
    [found] = editor.diagnostics(uri)
    fix = preferred(editor.actions(uri, found.range))
    assert fix.edit.document_changes[0].text_document.version == 2


@pytest.mark.parametrize(
    "title", ["Ignore KER101 here", "Ignore KER101 here, and say why", "Ignore KER101 in this file"]
)
def test_suppressions(editor, folder, title):
    text = "#!/usr/bin/env python\n" + NET
    uri = editor.open(folder / "net.py", text)
    [found] = editor.diagnostics(uri)
    edits = editor.actions(uri, found.range)[title].edit.document_changes[0].edits
    ignored = applied(text, edits)
    assert ignored.startswith("#!/usr/bin/env python\n")
    assert "KER101" in ignored
    editor.edit(uri, ignored)
    assert editor.codes(uri) == []


def test_the_reason_is_a_placeholder_where_the_client_has_such(start, folder):
    def adapt(capabilities):
        capabilities.workspace.workspace_edit.snippet_edit_support = True

    editor = start(pull=True, adapt=adapt)
    uri = editor.open(folder / "net.py", NET)
    actions = editor.actions(uri)
    [edit] = actions["Ignore KER101 here, and say why"].edit.document_changes[0].edits
    assert edit.snippet.value == "  # keraslint: ignore[KER101] ${1:why}"


def test_where_a_reason_is_required_it_is_asked_for(editor, folder):
    (folder / "keraslint.toml").write_text("require-reason = true\n")
    uri = editor.open(folder / "net.py", NET)
    assert "Ignore KER101 here" not in editor.actions(uri)


ONLY = [None, ["source"], ["source.fixAll"], ["source.fixAll.keraslint"]]


@pytest.mark.parametrize("only", ONLY)
def test_fix_all(editor, folder, only):
    (folder / "keraslint.toml").write_text('keras = ["3.10"]\nunsafe-fixes = true\n')
    uri = editor.open(folder / "net.py", NET)
    found = editor.actions(uri, only=only)["keraslint: fix all"]
    assert found.kind == "source.fixAll.keraslint"
    # Who asks for one kind is about to save and may never resolve.
    assert (found.edit is None) == (only is None)
    edits = editor.resolve(found).edit.document_changes[0].edits
    editor.edit(uri, applied(NET, edits))
    assert editor.codes(uri) == []


def test_fix_all_leaves_modes_alone_unless_the_project_says_so(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.actions(uri, only=["source.fixAll"]) == {}
    suppressed = FIXED.replace("return self.drop(x)", "return self.drop(x)  # noqa: KER101")
    editor.edit(uri, suppressed)
    found = editor.actions(uri, only=["source.fixAll"])["keraslint: fix all"]
    assert applied(suppressed, found.edit.document_changes[0].edits) == FIXED


def test_kinds_that_nobody_asked_for(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.actions(uri, only=["refactor"]) == {}
    assert "keraslint: fix all" not in editor.actions(uri, only=["quickfix"])
    assert (
        editor.actions(uri, lsp.Range(start=lsp.Position(0, 0), end=lsp.Position(1, 0)), only=["quickfix"])
        == {}
    )


@pytest.mark.parametrize("data", [None, [], {}, {"uri": 3}, {"uri": "file:///gone.py"}])
def test_an_action_with_nothing_to_resolve_comes_back_as_it_is(editor, data):
    action = lsp.CodeAction(title="another", data=data)
    assert editor.resolve(action).title == "another"
    assert editor.resolve(action).edit is None
