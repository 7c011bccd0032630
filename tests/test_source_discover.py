import os
import subprocess
import sys

import pytest

import keraslint
from keraslint.config import Settings
from keraslint.source.discover import discover
from keraslint.source.files import SourceError


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(*names, **files):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
        return tmp_path

    return make


def found(*paths, **options):
    settings = Settings(root=os.getcwd(), **options)
    return [path.replace(os.sep, "/") for path in discover(paths or ["."], settings)]


def test_python_files_stubs_and_notebooks_in_the_order_of_names(tree):
    tree("b.py", "a/z.pyi", "a/n.ipynb", "c.txt", "A.py", "a/c.pyc", "d.py/e.py")
    assert found() == ["A.py", "a/n.ipynb", "a/z.pyi", "b.py", "d.py/e.py"]


def test_each_file_once_in_the_order_of_the_paths(tree):
    tree("b.py", "a/x.py")
    assert found("b.py", ".", "./b.py", os.path.abspath("b.py"), "a") == ["b.py", "a/x.py"]


def test_a_named_file_is_taken_whatever_it_is_called(tree):
    tree("script", "build/gen.py")
    assert found("script", "build/gen.py") == ["script", "build/gen.py"]
    assert found("script", "build/gen.py", force_exclude=True) == ["script"]


def test_default_and_own_excludes(tree):
    tree(
        "a.py",
        ".venv/a.py",
        "x/node_modules/a.py",
        "gen/a.py",
        "x/gen/a.py",
        "x/b_pb2.py",
        "build/a.py",
        "x/gen2/a.py",
    )
    assert found() == ["a.py", "gen/a.py", "x/b_pb2.py", "x/gen/a.py", "x/gen2/a.py"]
    assert found(extend_exclude=("gen", "*_pb2.py")) == ["a.py", "x/gen2/a.py"]
    assert found(extend_exclude=("./x/gen/", "x/gen2/*.py")) == ["a.py", "gen/a.py", "x/b_pb2.py"]
    assert found(extend_exclude=("**/gen",)) == ["a.py", "x/b_pb2.py", "x/gen2/a.py"]
    assert found(exclude=("x",)) == [".venv/a.py", "a.py", "build/a.py", "gen/a.py"]
    assert found(exclude=(os.path.abspath("x") + "/*",))[-1] == "gen/a.py"


def test_a_named_folder_is_walked_although_it_is_excluded_unless_forced(tree):
    tree("build/a.py", "build/dist/b.py")
    assert found("build") == ["build/a.py"]
    assert found("build", force_exclude=True) == []


def test_patterns_are_relative_to_the_root_and_not_to_the_current_folder(tree, monkeypatch):
    root = tree("pkg/old/a.py", "pkg/new/a.py")
    monkeypatch.chdir("pkg")
    settings = Settings(root=str(root), extend_exclude=("pkg/old",))
    assert list(discover(["."], settings)) == [os.path.join("new", "a.py")]


IGNORE = {
    ".gitignore": "*.gen.py\n/top.py\nlogs/\n!keep.gen.py\n# comment\n\\#odd.py\na/**/deep.py\n",
    "a/.gitignore": "!x.gen.py\nlocal.py\n",
    "a/b/.gitignore": "/*\n!yes.py\n",
}
FILES = (
    "x.gen.py", "keep.gen.py", "top.py", "sub/top.py", "logs/a.py", "sub/logs/a.py", "#odd.py", "a/x.gen.py",
    "a/y.gen.py", "a/local.py", "local.py", "a/1/2/deep.py", "deep.py", "a/b/yes.py", "a/b/no.py", "hidden.py",
    "a/b/c/yes.py",
)  # fmt: skip


@pytest.fixture
def repository(tree):
    root = tree(*FILES, "outer.py")
    subprocess.run(["git", "init", "-q", "."], check=True)
    for name, text in IGNORE.items():
        (root / name).write_text(text)
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "exclude").write_text("hidden.py\n")
    return root


def listed_by_git():
    command = ["git", "-c", "core.excludesFile=", "ls-files", "-co", "--exclude-standard", "*.py"]
    return sorted(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines())


def test_gitignore_leaves_out_what_git_leaves_out(repository, monkeypatch):
    assert sorted(found()) == listed_by_git()
    assert len(found()) < len(FILES)
    monkeypatch.chdir("a")
    assert sorted(found()) == listed_by_git()
    assert "local.py" in found(respect_gitignore=False)


def test_a_named_folder_that_git_ignores_is_walked(repository):
    assert found("logs") == ["logs/a.py"]


def test_a_line_that_is_no_pattern_is_skipped(tree):
    root = tree("a.py", "b.py")
    (root / ".gitignore").write_text("!\n/\n[z-a].py\nb.py\n")
    assert found() == ["a.py"]


def test_pathspec_is_imported_only_for_rules(tree):
    root = tree("a.py")
    (root / ".gitignore").write_text("# nothing\n\n")
    program = (
        "import sys; from keraslint.config import Settings; from keraslint.source.discover import discover;"
        "print(list(discover(['.'], Settings(root='.'))), 'pathspec' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(keraslint.__file__))}
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert result.stdout == "['a.py'] False\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_folder_links_are_not_followed_and_file_links_are(tree):
    root = tree("real/a.py")
    (root / "real" / "loop").symlink_to(root)
    (root / "link").symlink_to(root / "real")
    (root / "b.py").symlink_to(root / "real" / "a.py")
    (root / "gone.py").symlink_to(root / "nothing.py")
    assert found() == ["b.py", "real/a.py"]
    assert found("link") == ["link/a.py"]


def test_what_is_missing_is_said_and_the_rest_is_found(tree):
    tree("a.py")
    settings = Settings(root=os.getcwd())
    with pytest.raises(SourceError, match="^none.py: no such file or folder$"):
        list(discover(["none.py"], settings))
    failed = []
    assert list(discover(["none.py", "a.py"], settings, failed)) == ["a.py"]
    assert failed == ["none.py: no such file or folder"]


def test_stdin_is_passed_on(tree):
    assert found("-") == ["-"]
