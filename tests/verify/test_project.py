"""How the user's modules are obtained."""

import sys

import pytest

from keraslint.verify.inside.project import Project

PACKAGE = {
    "__init__.py": "from nets_for_test.sound import heard\n",
    "sound.py": "import not_installed\nfrom not_installed.deep import phonemes\n\nloaded = not_installed.load('en')\n\n"
    "def heard():\n    return phonemes(loaded)\n",
    "nets.py": "class Net:\n    pass\n",
    "once.py": "from __future__ import annotations\n\nmade = []\nmade.append(1)\nimport not_installed\n\n"
    "def is_frame(x: Unknown) -> bool:\n    return isinstance(x, (int, not_installed.Frame))\n",
    "late.py": "import not_installed\n\nclass Net(not_installed.Layer):\n    pass\n",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    folder = tmp_path / "nets_for_test"
    folder.mkdir()
    for name, text in PACKAGE.items():
        (folder / name).write_text(text)

    def assume(name):
        raise LookupError(name)

    found = Project(str(tmp_path), {}, assume)
    found.install()
    yield lambda name: found.namespace(str(folder / name))
    for name in [name for name in sys.modules if name.startswith(("nets_for_test", "not_installed"))]:
        del sys.modules[name]


def test_a_package_that_is_not_installed_is_missed_only_where_it_is_used(project):
    assert project("nets.py")["Net"].__module__ == "nets_for_test.nets"
    with pytest.raises(ModuleNotFoundError, match="needs the package 'not_installed.deep'"):
        project("sound.py")["heard"]()


def test_what_ran_before_an_import_that_failed_is_not_run_again(project):
    names = project("once.py")
    assert names["made"] == [1]
    assert names["is_frame"](2) and not names["is_frame"]("2")


def test_what_derives_from_it_says_so(project):
    with pytest.raises(NameError, match="needs the package 'not_installed'"):
        project("late.py")["Net"]


def test_the_modules_beside_the_model_come_before_those_beside_others(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    for place in ("first", "second"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "parts_for_test.py").write_text(f"here = {place!r}\n")
        (tmp_path / place / "nets_here.py").write_text("from parts_for_test import here\n")
    found = Project(str(tmp_path), {}, lambda name: name)
    found.install()
    own = found.namespace(str(tmp_path / "first" / "nets_here.py"))
    found.namespace(str(tmp_path / "second" / "nets_here.py"))
    try:
        assert own["here"] == "first"
        assert vars(sys.modules["nets_here"])["_namespace"] is own
    finally:
        for name in ("parts_for_test", "nets_here"):
            sys.modules.pop(name, None)


def test_a_folder_that_is_no_package_may_hold_some(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    package = tmp_path / "holder_for_test" / "nets"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "sizes.py").write_text("UNITS = 3\n")
    (package / "net.py").write_text(
        "from holder_for_test.nets.sizes import UNITS\n\nclass Net:\n    units = UNITS\n"
    )
    found = Project(str(tmp_path), {}, str)
    found.install()
    try:
        net = found.namespace(str(package / "net.py"))["Net"]
        assert net.units == 3 and net.__module__ == "holder_for_test.nets.net"
    finally:
        for name in [name for name in sys.modules if name.startswith("holder_for_test")]:
            del sys.modules[name]
