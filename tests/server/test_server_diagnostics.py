"""Diagnostics as an editor gets them, sent or asked for."""

import os
import random

import pytest
from editor import FIXED, NET
from lsprotocol import types as lsp

from keraslint import engine
from keraslint.config import settings_for

USE = "from net import Net\n\nnet = Net()\nnet.compile('sgd')\nnet.fit([1])\n"
LIBRARY = NET[: NET.index("\n\ndef train")] + "\n"
BASE = """\
import keras


class Base(keras.Model):
    def call(self, x):
        return self.drop(x)
"""
DERIVED = """\
from keras import layers
from base import Base


class Net(Base):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)


Net().fit([1])
"""


def test_a_finding_has_its_place_its_path_and_its_page(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    [found] = editor.diagnostics(uri)
    assert (found.code, found.source, found.severity) == ("KER101", "keraslint", lsp.DiagnosticSeverity.Error)
    assert found.range == lsp.Range(lsp.Position(9, 4), lsp.Position(9, 12))
    assert "Keras 3.10 to 3.15, under fit" in found.message
    assert found.code_description.href.endswith("/KER101.md")
    assert os.path.exists(found.code_description.href.removeprefix("file://"))
    lines = [each.location.range.start.line for each in found.related_information]
    assert [NET.splitlines()[line].strip() for line in lines] == ["net.fit(x, y)", "return self.drop(x)"]
    assert {each.location.uri for each in found.related_information} == {uri}


def test_one_model_of_diagnostics_for_a_client_never_both(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.codes(uri) == ["KER101"]
    assert (editor.initialized.capabilities.diagnostic_provider is not None) == editor.pull
    assert bool(editor.client.published) != editor.pull


def test_an_edit_brings_new_diagnostics_and_a_close_ends_them(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.codes(uri) == ["KER101"]
    editor.edit(uri, FIXED)
    assert editor.codes(uri) == []
    editor.edit(uri, NET)
    assert editor.codes(uri) == ["KER101"]
    editor.close(uri)
    if not editor.pull:
        editor.until(lambda: not editor.client.published[uri].diagnostics)


def test_a_file_that_breaks_and_heals_in_the_middle_of_a_class(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.codes(uri) == ["KER101"]
    editor.edit(uri, NET.replace("self.drop = layers.Dropout(0.5)", "self.drop = layers.Dropout("))
    assert editor.codes(uri) == ["KER900"]
    editor.edit(uri, NET.replace("        self.drop =", "        '''"))
    assert editor.codes(uri) == ["KER900"]
    editor.edit(uri, NET)
    assert editor.codes(uri) == ["KER101"]


def test_a_base_class_edited_in_another_buffer(editor, folder):
    for name, text in (("base.py", BASE), ("derived.py", DERIVED)):
        (folder / name).write_text(text)
    base = editor.open(folder / "base.py")
    derived = editor.open(folder / "derived.py")
    assert editor.settles(base, ["KER101"])
    assert editor.codes(derived) == []
    editor.edit(base, BASE.replace("self, x", "self, x, training=None"))
    assert editor.settles(base, [])
    editor.edit(base, BASE.replace("self.drop(x)", "self.drop(x, training=True)"))
    assert editor.settles(base, ["KER104"])


def test_an_open_file_that_trains_the_model_of_another_is_taken_into_account(editor, folder):
    (folder / "net.py").write_text(LIBRARY)
    net = editor.open(folder / "net.py")
    [alone] = editor.diagnostics(net)
    assert alone.severity == lsp.DiagnosticSeverity.Warning
    use = editor.open(folder / "use.py", USE)
    assert editor.codes(use) == []

    def severity():
        return [each.severity for each in editor.diagnostics(net)]

    editor.until(lambda: severity() == [lsp.DiagnosticSeverity.Error])
    editor.close(use)
    editor.until(lambda: severity() == [lsp.DiagnosticSeverity.Warning])


def test_a_client_that_pulls_is_told_when_another_file_changes_its_findings(start, folder):
    editor = start(pull=True)
    (folder / "net.py").write_text(LIBRARY)
    net = editor.open(folder / "net.py")
    editor.diagnostics(net)
    before = editor.client.refreshed
    use = editor.open(folder / "use.py", USE)
    editor.diagnostics(use)
    editor.until(lambda: editor.client.refreshed > before)


def test_a_client_that_cannot_be_told_so_has_it_in_its_log(start, folder):
    editor = start(pull=True, adapt=without_refresh)
    (folder / "net.py").write_text(LIBRARY)
    net = editor.open(folder / "net.py")
    assert [each.severity for each in editor.diagnostics(net)] == [lsp.DiagnosticSeverity.Warning]
    editor.diagnostics(editor.open(folder / "use.py", USE))
    editor.until(lambda: any("other findings now" in line for line in editor.client.logged))
    assert not editor.client.refreshed
    assert [each.severity for each in editor.diagnostics(net)] == [lsp.DiagnosticSeverity.Error]


def without_refresh(capabilities):
    capabilities.workspace.diagnostics = None


def test_no_file_is_read_that_no_open_one_imports(editor, folder):
    (folder / "package").mkdir()
    for path in (folder / "other.py", folder / "package" / "__init__.py", folder / "package" / "models.py"):
        os.mkfifo(path)  # whoever reads it waits for ever
    (folder / "net.py").write_text(LIBRARY)
    assert editor.codes(editor.open(folder / "use.py", USE)) == []
    assert editor.codes(editor.open(folder / "net.py")) == ["KER101"]


def test_the_same_result_is_not_sent_twice(start, folder):
    editor = start(pull=True)
    uri = editor.open(folder / "net.py", NET)
    first = editor.pulled(uri)
    again = editor.pulled(uri, first.result_id)
    assert isinstance(again, lsp.RelatedUnchangedDocumentDiagnosticReport)
    editor.edit(uri, FIXED)
    assert editor.pulled(uri, first.result_id).items == ()


@pytest.mark.parametrize("encoding, width", [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_columns_are_counted_as_the_client_counts_them(start, folder, encoding, width):
    text = NET.replace("return self.drop(x)", "s = '\N{GRINNING FACE}'; return self.drop(x, training=True)")
    editor = start(pull=True, encoding=encoding)
    assert editor.initialized.capabilities.position_encoding == encoding
    uri = editor.open(folder / "net.py", text)
    pinned = next(each for each in editor.diagnostics(uri) if each.code == "KER104")
    before = len("        s = ''; return ") + width
    assert pinned.range.start == lsp.Position(10, before)
    assert pinned.range.end == lsp.Position(10, before + len("self.drop(x, training=True)"))


def test_lines_end_where_python_ends_them(editor, folder):
    text = "#\f\N{LINE SEPARATOR}\x0b\n" + NET.replace("\n", "\r\n")
    uri = editor.open(folder / "net.py", text)
    assert [each.range.start.line for each in editor.diagnostics(uri)] == [10]


def test_a_coding_cookie_says_nothing_of_what_the_editor_holds(editor, folder):
    uri = editor.open(folder / "net.py", "# -*- coding: latin-1 -*-\ns = 'é'; " + NET)
    assert editor.codes(uri) == ["KER101"]


def test_files_that_were_never_saved(editor, folder):
    assert editor.codes(editor.open("untitled:Untitled-1", NET)) == ["KER101"]
    net = editor.open(folder / "net.py", LIBRARY)
    use = editor.open(folder / "use.py", USE)
    assert editor.codes(use) == []
    editor.until(
        lambda: [each.severity for each in editor.diagnostics(net)] == [lsp.DiagnosticSeverity.Error]
    )


def test_other_languages_and_excluded_files_are_left_alone(editor, folder):
    (folder / "keraslint.toml").write_text('exclude = ["generated"]\n')
    (folder / "generated").mkdir()
    excluded = editor.open(folder / "generated" / "net.py", NET)
    assert editor.codes(excluded) == []
    text = editor.open(folder / "notes.txt", NET, language="plaintext")
    if editor.pull:
        assert editor.codes(text) == []
    else:
        assert text not in editor.client.published


@pytest.mark.parametrize("seed", range(3))
def test_whatever_was_edited_the_findings_are_those_of_a_fresh_check(editor, folder, seed):
    """Lines go, come back and change places, so that classes break and heal."""
    chance = random.Random(seed)
    path = folder / "net.py"
    names = {name: f"Net{name}" for name in "ABCD"}
    whole = NET[: NET.index("class")] + "".join(
        NET[NET.index("class") :].replace("Net", new).replace("train(", f"train{name}(") + "\n\n"
        for name, new in names.items()
    )
    whole = whole.replace("class NetB(keras.Model)", "class NetB(NetA)")
    lines = whole.splitlines()
    uri = editor.open(path, whole)
    for _ in range(25):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        kind = chance.choice(["drop", "double", "swap", "whole", "whole"])
        if kind == "drop":
            del lines[at]
        elif kind == "double":
            lines.insert(at, lines[other])
        elif kind == "swap":
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines = whole.splitlines()
            lines[at % len(lines)] += "  # noqa" if chance.random() < 0.3 else "  "
        text = "\n".join(lines)
        editor.edit(uri, text)
        found = [(each.code, each.range.start.line + 1, each.message) for each in editor.diagnostics(uri)]
        fresh = engine.check(["-"], settings_for(str(path)), stdin=(str(path), text.encode())).findings
        assert [(code, row) for code, row, _ in found] == [
            (each.code, each.span.start.row) for each in fresh
        ], text
        assert all(said.startswith(each.message) for (*_, said), each in zip(found, fresh)), text


def test_a_thousand_rapid_edits(editor, folder):
    uri = editor.open(folder / "net.py", NET)
    assert editor.codes(uri) == ["KER101"]
    before = editor.client.publications
    for number in range(1000):
        editor.edit(uri, (FIXED if number % 2 else NET) + "#" * number)
    assert editor.codes(uri) == []
    assert editor.client.publications - before < 100


def test_only_the_newest_version_is_reported(start, folder):
    editor = start(pull=False)
    uri = editor.open(folder / "net.py", NET)
    seen = []
    editor.diagnostics(uri)
    for number in range(20):
        editor.edit(uri, NET + "#" * number)
        if uri in editor.client.published:
            seen.append(editor.client.published[uri].version)
    editor.diagnostics(uri)
    assert seen == sorted(seen)
    assert editor.client.published[uri].version == editor.opened[uri]
