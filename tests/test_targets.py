import os

import pytest

from keraslint import targets
from keraslint.config import ConfigError, Settings
from keraslint.targets import allows, backends, exact_versions, keras_targets, regime_of, regimes


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with nothing installed anywhere; returns a function that writes a file and forgets."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for cached in (targets._auto_keras, targets._auto_backend, targets._declarations):
            cached.cache_clear()
        return auto()

    return write


def auto():
    return regimes(Settings(root=os.getcwd()))


def explicit(*keras):
    return regimes(Settings(root="/nowhere", keras=keras))


@pytest.mark.parametrize(
    "version, regime",
    [
        ((1, 9, 9), None),
        ((2, 4, 0), "2"),
        ((2, 21, 0), "2"),
        ((3, 0, 0), "3.0"),
        ((3, 9, 2), "3.0"),
        ((3, 10, 0), "3.10"),
        ((3, 15, 1), "3.10"),
        ((3, 16, 0), "3.16"),
        ((4, 0, 0), "3.16"),
    ],
)
def test_the_boundaries(version, regime):
    assert regime_of(version) == regime


@pytest.mark.parametrize(
    "keras, expected",
    [
        (["2"], ["2"]),
        (["2.15"], ["2"]),
        (["3.15"], ["3.10"]),
        (["3.15.1"], ["3.10"]),
        (["3.9.2"], ["3.0"]),
        (["3.1.15"], ["3.0"]),
        (["3.0"], ["3.0"]),
        (["3.10"], ["3.10"]),
        (["3.16.0.dev2026102704"], ["3.16"]),
        (["3"], ["3.0", "3.10", "3.16"]),
        (["3.x"], ["3.0", "3.10", "3.16"]),
        (["3.16.0rc1"], ["3.16"]),
        ([">=3.10"], ["3.10", "3.16"]),
        ([">=2.15"], ["2", "3.0", "3.10", "3.16"]),
        (["==2.15"], ["2"]),
        (["==3.3.*"], ["3.0"]),
        (["==3.1.42"], ["3.0"]),
        (["<3"], ["2"]),
        ([">=3.3,<3.10"], ["3.0"]),
        ([">3.9.2,<3.10.1"], ["3.0", "3.10"]),
        (["~=3.9"], ["3.0", "3.10", "3.16"]),
        (["~=3.9.1"], ["3.0"]),
        (["^2.15"], ["2"]),
        (["~3.9"], ["3.0"]),
        (["!=3.5"], ["2", "3.0", "3.10", "3.16"]),
        (["2,3.15"], ["2", "3.10"]),
        (["2,>=3.10,<3.12"], ["2", "3.10"]),
        (["3.10", "2"], ["2", "3.10"]),
        (["all"], ["2", "3.0", "3.10", "3.16"]),
    ],
)
def test_versions_and_specifiers_pick_regimes(keras, expected):
    assert list(explicit(*keras)) == expected


@pytest.mark.parametrize("keras", ["1.0", "tf", ">=x", "3.y.", "=>3", ">=4", "<2"])
def test_what_is_no_version_is_one_clear_line(keras):
    with pytest.raises(ConfigError) as error:
        explicit(keras)
    assert f"the settings: keras: {keras!r} is no Keras version" in str(error.value)


def test_bounds_as_packaging_reads_them():
    specifiers = pytest.importorskip("packaging.specifiers")
    texts = [
        ">=3.3,<3.10",
        "~=3.9",
        "~=3.9.2",
        "==3.9",
        "==3.9.*",
        "!=3.9.*",
        "!=3.9.1",
        ">3.9",
        "<=3.9.1",
        "<3.9",
        "===3.9.1",
    ]
    versions = [(major, minor, patch) for major in (2, 3) for minor in range(12) for patch in range(4)]
    for text in texts:
        known = specifiers.SpecifierSet(text)
        for version in versions:
            assert allows(text, version) == known.contains(".".join(map(str, version))), (text, version)


def test_full_versions_are_kept_for_who_can_run_them():
    settings = Settings(root="/", keras=("2,3.15.1", ">=3.10.0", "3.16.0", "3.1"))
    assert exact_versions(settings) == ("3.15.1", "3.16.0")


@pytest.mark.parametrize(
    "name, text, expected",
    [
        ("requirements.txt", "keras==2.15.0\n", ["2"]),
        ("requirements.txt", "numpy\nkeras>=3.3,<3.10  # pinned\n", ["3.0"]),
        ("requirements.txt", "Keras~=3.10.0 ; python_version > '3.9'\n", ["3.10"]),
        ("requirements.txt", "tensorflow-cpu==2.15.0 --hash=sha256:00\n", ["2"]),
        ("requirements.txt", "tensorflow[and-cuda]>=2.16\n", ["3.10"]),
        ("requirements.txt", "tensorflow>=2.10\n", ["2", "3.10"]),
        ("requirements.txt", "tensorflow<2.16\nkeras\n", ["2"]),
        ("requirements.txt", "keras>=3\ntensorflow<2.16\n", ["3.0", "3.10"]),
        ("requirements.txt", "tf_keras\ntensorflow>=2.16\n", ["2"]),
        ("requirements.txt", "keras-nightly==3.16.0.dev2026102704\n", ["3.16"]),
        ("requirements.txt", "keras\n", ["3.10"]),
        ("requirements.txt", "keras-tuner==1.4\nmykeras==2.1\nkeras_hub==0.2\n", ["3.10"]),
        ("requirements-dev.txt", "keras==3.0.5\n", ["3.0"]),
        ("requirements/base.txt", "keras==3.0.5\n", ["3.0"]),
        ("pyproject.toml", "[project]\ndependencies = ['keras (>=2.4,<3)']\n", ["2"]),
        ("pyproject.toml", "[project.optional-dependencies]\ntf = ['tensorflow==2.12']\n", ["2"]),
        ("pyproject.toml", "[dependency-groups]\ndev = ['keras==3.1', {include-group = 'x'}]\n", ["3.0"]),
        ("pyproject.toml", "[tool.poetry.dependencies]\nkeras = '^2.12'\n", ["2"]),
        ("pyproject.toml", "[tool.poetry.group.x.dependencies]\nkeras = {version = '~3.4'}\n", ["3.0"]),
        ("pyproject.toml", "[project]\ndependencies = ['keras==2.15'\n", ["3.10"]),
        ("setup.cfg", "[options]\ninstall_requires =\n    tensorflow >= 2.4, < 2.11\n", ["2"]),
        ("setup.cfg", "[options]\ninstall_requires = keras<3\n", ["2"]),
        ("setup.py", "import keras\nsetup(install_requires=['numpy', \"keras==3.2.1\"])\n", ["3.0"]),
        ("environment.yml", "dependencies:\n  - python=3.10\n  - tensorflow=2.10\n", ["2"]),
        ("Pipfile", "[packages]\nkeras = '==3.2'\ntensorflow = '*'\n", ["3.0"]),
        ("Pipfile.lock", '{"default": {"keras": {"version": "==2.15.0"}}}', ["2"]),
        ("uv.lock", 'version = 1\n[[package]]\nname = "keras"\nversion = "3.4.1"\nsource = {}\n', ["3.0"]),
        ("poetry.lock", '[[package]]\nname = "tensorflow"\nversion = "2.15.1"\n', ["2"]),
        ("pylock.toml", '[[packages]]\nname = "keras"\nversion = "3.4.1"\n', ["3.0"]),
    ],
)
def test_auto_reads_what_the_project_declares(project, name, text, expected):
    assert list(project(name, text)) == expected


def test_the_lock_file_says_what_really_runs(project):
    project("requirements.txt", "keras>=2.15\n")
    assert list(auto()) == ["2", "3.0", "3.10"]
    assert list(project("uv.lock", '[[package]]\nname = "keras"\nversion = "3.15.1"\n')) == ["3.10"]


def test_the_closest_folder_that_declares_counts_and_none_above_the_repository(project, tmp_path):
    project("requirements.txt", "keras==2.15\n")
    (tmp_path / "sub").mkdir()
    assert regimes(Settings(root=str(tmp_path / "sub"))) == ("2",)
    project("sub/requirements.txt", "keras==3.1\n")
    assert regimes(Settings(root=str(tmp_path / "sub"))) == ("3.0",)
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    assert regimes(Settings(root=str(tmp_path / "repo"))) == ("3.10",)


@pytest.mark.parametrize(
    "installed, expected",
    [
        (["keras-2.15.0.dist-info", "tensorflow-2.15.0.dist-info"], ["2"]),
        (["keras-3.9.2.dist-info"], ["3.0"]),
        (["tensorflow_cpu-2.14.0.dist-info"], ["2"]),
        (["keras_nightly-3.16.0.dev2026102704.dist-info"], ["3.16"]),
        (["keras_hub-0.2.0.dist-info", "keras", "numpy-2.0.0.dist-info"], ["3.10"]),
    ],
)
@pytest.mark.parametrize("place", [".venv/lib/python3.12/site-packages", "elsewhere"])
def test_auto_reads_the_names_of_what_is_installed(
    project, tmp_path, monkeypatch, installed, expected, place
):
    monkeypatch.setattr("sys.path", [str(tmp_path / "elsewhere")])
    for name in installed:
        (tmp_path / place / name).mkdir(parents=True)
    assert list(auto()) == expected


def test_it_is_said_where_the_answer_comes_from(project):
    project("requirements.txt", "tensorflow==2.15.0\n")
    assert keras_targets(Settings(root=os.getcwd())).why == "tensorflow==2.15.0 in requirements.txt"
    assert keras_targets(Settings(root="/nowhere", keras=("2",))).why == "2 in the settings"


@pytest.mark.parametrize(
    "requirements, expected",
    [
        ("", ["tensorflow"]),
        ("keras\njax\n", ["jax"]),
        ("keras\ntorch>=2\n", ["torch"]),
        ("keras\njax\ntorch\n", ["jax", "torch"]),
        ("keras\njax\ntensorflow\n", ["tensorflow"]),
        ("torch\n", ["tensorflow"]),
    ],
)
def test_auto_backend(project, requirements, expected):
    project("requirements.txt", requirements)
    settings = Settings(root=os.getcwd())
    assert list(backends(settings)) == expected
    assert backends(settings, ["jax"]) == ("jax",)


def test_explicit_backends(project):
    assert backends(Settings(root="/", backend=("torch,jax",))) == ("jax", "torch")
    with pytest.raises(ConfigError, match="backend: unknown backend 'pytorch'; did you mean `torch`"):
        backends(Settings(root="/", backend=("pytorch",)))
