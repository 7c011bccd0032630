"""Where a project's modules are found that nothing says the folder of."""

import sys

import pytest

from keraslint.verify.inside.project import Project
from keraslint.verify.inside.roots import Roots


def write(folder, **files):
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    before = set(sys.modules)

    def assume(name):
        raise LookupError(name)

    made = Project(str(tmp_path), {}, assume)
    made.install()
    yield made
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_package_below_another_folder(project, tmp_path):
    write(tmp_path, examples__train="from own_nets.layers import Net\n")
    write(tmp_path / "src" / "own_nets", layers="class Net:\n    pass\n")
    (tmp_path / "src" / "own_nets" / "__init__.py").write_text("")
    names = project.namespace(str(tmp_path / "examples" / "train.py"))
    assert names["Net"].__module__ == "own_nets.layers"
    assert not project.roots.ambiguous


def test_a_folder_beside_the_script_and_one_above_it(project, tmp_path):
    write(tmp_path, code__nets__big="from own_config.sizes import WIDTH\nfrom own_parts import part\n")
    write(tmp_path, code__own_config__sizes="WIDTH = 3\n1 / 0\n", own_parts="part = 4\n")
    names = project.namespace(str(tmp_path / "code" / "nets" / "big.py"))
    assert (names["WIDTH"], names["part"]) == (3, 4)


def test_the_nearest_is_taken_and_what_it_lacks_from_the_others(project, tmp_path):
    write(tmp_path, one__net="from own_tools import here\nfrom own_tools.far import there\n")
    write(tmp_path, one__lib__own_tools="here = 1\n", two__own_tools__far="there = 2\n", own_tools__other="")
    names = project.namespace(str(tmp_path / "one" / "net.py"))
    assert (names["here"], names["there"]) == (1, 2)
    assert project.roots.ambiguous["own_tools"] == "taken from one/lib/own_tools.py, not from own_tools"


def test_relative_imports_say_what_the_package_is(project, tmp_path):
    write(tmp_path, deep__nets__net="from ..own_base import base\n", deep__own_base="base = 5\n")
    assert project.namespace(str(tmp_path / "deep" / "nets" / "net.py"))["base"] == 5


def test_folders_whose_names_are_none_of_python_s(project, tmp_path):
    write(tmp_path / "nets-1.0", net="from .own_parts import part\n", own_parts="part = 7\n")
    assert project.namespace(str(tmp_path / "nets-1.0" / "net.py"))["part"] == 7


def test_a_package_is_run_as_a_whole(project, tmp_path):
    package = tmp_path / "src" / "own_package"
    write(package, hidden__parts="part = 8\n")
    (package / "__init__.py").write_text(
        "import os\n__path__.append(os.path.join(os.path.dirname(__file__), 'hidden'))\n"
    )
    write(tmp_path, script="from own_package.parts import part\n")
    assert project.namespace(str(tmp_path / "script.py"))["part"] == 8


def test_what_is_not_there_is_not_found(tmp_path):
    write(tmp_path, net="")
    (tmp_path / "pictures").mkdir()
    roots = Roots(str(tmp_path))
    assert roots.find("own_tools") is None
    assert roots.find("pictures") is None


def test_a_package_whose_module_fails_gives_what_can_be_had_of_it(project, tmp_path):
    package = tmp_path / "own_package"
    write(
        package, parts="class Net:\n    pass\n1 / 0\nclass Late:\n    pass\nclass Wrong(missing):\n    pass\n"
    )
    write(package, nets="from own_package.parts import *\nfrom own_package.parts import Late as Other\n")
    (package / "__init__.py").write_text("")
    names = project.namespace(str(package / "nets.py"))
    assert names["Net"].__name__ == "Net"
    assert names["Other"] is names["Late"]
    assert "Wrong" not in dict(names)
    with pytest.raises(ImportError, match="Wrong"):
        __import__("own_package.parts", fromlist=["Wrong"]).Wrong


def test_a_package_hides_a_module_of_its_name(project, tmp_path):
    package = tmp_path / "own_package"
    write(
        package,
        nets="from .parts import part\nclass Net:\n    size = part\n",
        nets__other="",
        parts="part = 6\n",
    )
    for folder in (package, package / "nets"):
        (folder / "__init__.py").write_text("")
    assert project.namespace(str(package / "nets.py"))["Net"].size == 6


def test_a_repository_that_imports_itself_by_another_name_than_its_folder(project, tmp_path):
    repository = tmp_path / "own-nets-main"
    write(
        repository,
        models__net="from own_nets.layers.dense import Dense\nclass Net:\n    part = Dense\nimport no_such_package\n",
        layers__dense="class Dense:\n    pass\n",
    )
    names = project.namespace(str(repository / "models" / "net.py"))
    assert names["Net"].part.__module__ == "own_nets.layers.dense"
    with pytest.raises(ImportError, match="no_such_package"):
        __import__("no_such_package")
