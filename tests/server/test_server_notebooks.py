"""Notebooks, cell by cell."""

import pytest
from editor import applied, preferred
from lsprotocol import types as lsp

NOTES = "# A model"
IMPORTS = "%matplotlib inline\nimport keras\nfrom keras import layers"
CLASS = """\
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)"""
TRAIN = "net = Net()\nnet.fit([1])"


class Notebook:
    """A notebook that an editor has open. Its first cell is text, which the client keeps to itself."""

    def __init__(self, editor, path, *cells):
        self.editor, self.uri, self.version = editor, path.as_uri(), 1
        self.cells = [f"vscode-notebook-cell:{path}#c{number}" for number in range(len(cells) + 1)]
        kinds = [lsp.NotebookCellKind.Markup] + [lsp.NotebookCellKind.Code] * len(cells)
        items = [self._item(uri, text) for uri, text in zip(self.cells[1:], cells)]
        editor.opened.update(dict.fromkeys(self.cells, 1))
        editor.call(
            editor.client.notebook_document_did_open,
            lsp.DidOpenNotebookDocumentParams(
                notebook_document=lsp.NotebookDocument(
                    uri=self.uri,
                    notebook_type="jupyter-notebook",
                    version=1,
                    cells=[lsp.NotebookCell(kind=kind, document=uri) for kind, uri in zip(kinds, self.cells)],
                ),
                cell_text_documents=items,
            ),
        )

    def _item(self, uri, text):
        return lsp.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)

    def change(self, **cells):
        self.version += 1
        self.editor.call(
            self.editor.client.notebook_document_did_change,
            lsp.DidChangeNotebookDocumentParams(
                notebook_document=lsp.VersionedNotebookDocumentIdentifier(uri=self.uri, version=self.version),
                change=lsp.NotebookDocumentChangeEvent(cells=lsp.NotebookDocumentCellChanges(**cells)),
            ),
        )

    def edit(self, number, text):
        uri = self.cells[number]
        self.editor.opened[uri] += 1
        identifier = lsp.VersionedTextDocumentIdentifier(uri=uri, version=self.editor.opened[uri])
        whole = lsp.TextDocumentContentChangeWholeDocument(text=text)
        content = lsp.NotebookDocumentCellContentChanges(document=identifier, changes=[whole])
        self.change(text_content=[content])

    def drop(self, number):
        """The client keeps a cell to itself from now on: it is gone, or in another language."""
        uri = self.cells[number]
        self.change(
            structure=lsp.NotebookDocumentCellChangeStructure(
                array=lsp.NotebookCellArrayChange(start=number, delete_count=1, cells=[]),
                did_close=[lsp.TextDocumentIdentifier(uri=uri)],
            )
        )
        self.editor.opened[uri] = None

    def reopen(self, number, text):
        """The client closes a cell and opens it again, in one change."""
        uri = self.cells[number]
        cell = lsp.NotebookCell(kind=lsp.NotebookCellKind.Code, document=uri)
        self.change(
            structure=lsp.NotebookDocumentCellChangeStructure(
                array=lsp.NotebookCellArrayChange(start=number, delete_count=1, cells=[cell]),
                did_close=[lsp.TextDocumentIdentifier(uri=uri)],
                did_open=[self._item(uri, text)],
            )
        )
        self.editor.opened[uri] = 1

    def close(self):
        cells = [lsp.TextDocumentIdentifier(uri=uri) for uri in self.cells[1:]]
        params = lsp.DidCloseNotebookDocumentParams(
            notebook_document=lsp.NotebookDocumentIdentifier(uri=self.uri), cell_text_documents=cells
        )
        for uri in self.cells:
            del self.editor.opened[uri]
        self.editor.call(self.editor.client.notebook_document_did_close, params)


@pytest.fixture
def notebook(editor, folder):
    found = Notebook(editor, folder / "net.ipynb", IMPORTS, CLASS, TRAIN)
    yield found
    if found.uri and found.cells[0] in editor.opened:
        found.close()


def test_a_finding_is_in_its_cell(editor, notebook):
    assert editor.settles(notebook.cells[2], ["KER101"])
    [found] = editor.diagnostics(notebook.cells[2])
    assert found.range == lsp.Range(lsp.Position(5, 4), lsp.Position(5, 12))
    assert [each.location.uri for each in found.related_information] == [notebook.cells[3], notebook.cells[2]]
    assert editor.codes(notebook.cells[1]) == editor.codes(notebook.cells[3]) == []
    assert bool(editor.client.published) != editor.pull


def test_an_edit_of_one_cell_changes_another(editor, notebook):
    assert editor.settles(notebook.cells[2], ["KER101"])
    notebook.edit(1, IMPORTS.replace("import keras\n", "keras = None\n"))
    assert editor.settles(notebook.cells[2], [])
    notebook.edit(1, IMPORTS)
    assert editor.settles(notebook.cells[2], ["KER101"])


def test_a_broken_cell_is_left_out(editor, notebook):
    notebook.edit(3, "net = Net(")
    assert editor.settles(notebook.cells[3], ["KER900"])
    # Nobody trains it now, as far as can be seen.
    assert editor.settles(notebook.cells[2], ["KER101"])
    [found] = editor.diagnostics(notebook.cells[2])
    assert found.severity == lsp.DiagnosticSeverity.Warning


def test_a_cell_of_another_language_loses_its_findings(editor, notebook):
    assert editor.settles(notebook.cells[2], ["KER101"])
    notebook.drop(2)
    assert editor.settles(notebook.cells[2], [])


def test_a_cell_that_is_closed_and_opened_again_is_known(editor, notebook):
    assert editor.settles(notebook.cells[2], ["KER101"])
    notebook.reopen(2, CLASS.replace("(self, x)", "(self, x, training=None)"))
    assert editor.settles(notebook.cells[2], [])
    notebook.reopen(2, CLASS)
    assert editor.settles(notebook.cells[2], ["KER101"])


def test_a_fix_is_made_in_its_cell(editor, notebook):
    assert editor.settles(notebook.cells[2], ["KER101"])
    [found] = editor.diagnostics(notebook.cells[2])
    actions = editor.actions(notebook.cells[2], found.range, diagnostics=[found])
    fix = preferred(actions)
    [change] = fix.edit.document_changes
    assert change.text_document.uri == notebook.cells[2]
    notebook.edit(2, applied(CLASS, change.edits))
    assert editor.settles(notebook.cells[2], [])


def test_fix_all_has_a_kind_of_its_own(editor, notebook):
    notebook.edit(2, CLASS + "  # noqa: KER104")
    actions = editor.actions(notebook.cells[2], only=["notebook.source.fixAll"])
    assert [each.kind for each in actions.values()] == ["notebook.source.fixAll.keraslint"]


def test_hover_and_hints_in_a_cell(editor, notebook):
    assert "| `Net`, Keras 3.10 to 3.15 | infer |" in editor.hover(notebook.cells[2], CLASS, "self.drop(x)")
    assert editor.hints(notebook.cells[2]) == {6: "fit: infer"}
    assert editor.hints(notebook.cells[3]) == {}


def test_closing_a_notebook_ends_its_findings(editor, notebook):
    assert editor.settles(notebook.cells[2], ["KER101"])
    notebook.close()
    if not editor.pull:
        editor.until(lambda: not editor.client.published[notebook.cells[2]].diagnostics)
