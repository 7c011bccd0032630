import json
import os
import re
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

import keraslint
from keraslint import cli
from keraslint.config import ConfigError, settings_for
from keraslint.finding import Finding, Location, Span
from keraslint.result import Result


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "KERASLINT_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()
    return tmp_path


class Engine:
    """Stands in for the engine where a test is about what the command line does with its answers."""

    def __init__(self):
        self.calls = []
        self.findings = []
        self.files = ["/a.py"]
        self.errors = []

    def check(self, paths, settings, stdin=None, summaries=None, jobs=1):
        self.calls.append(SimpleNamespace(paths=paths, settings=settings, stdin=stdin))
        return Result(list(self.findings), self.files, 10, list(self.errors))


@pytest.fixture
def engine(monkeypatch, folder):
    (folder / "net.py").write_text("import keras\n")
    engine = Engine()
    monkeypatch.setitem(sys.modules, "keraslint.engine", engine)
    return engine


@pytest.fixture
def run(capfd):
    def run(*argv):
        status = cli.main(list(argv))
        captured = capfd.readouterr()
        return SimpleNamespace(status=status, out=captured.out, err=captured.err)

    return run


def finding(filename="a.py", row=1, code="KER101", name="model-without-training"):
    span = Span(filename, Location(row, 1), Location(row, 5))
    return Finding(code, "says so", span, name, "correctness", "manifest", "error", "Net", (("2", ("fit",)),))


def start(*argv):
    """Python in a process of its own, which finds this package wherever it starts."""
    root = os.path.dirname(os.path.dirname(keraslint.__file__))
    environment = {**os.environ, "PYTHONPATH": root}
    return subprocess.Popen(
        [sys.executable, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=_hear_interrupts if os.name == "posix" else None,
    )


def _hear_interrupts():
    """What runs in the background of a script inherits that they are ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


# The whole command line


def test_version_imports_nothing_heavy():
    program = (
        "import sys; from keraslint.cli import main; main(['--version']);"
        "print([name for name in ('libcst', 'pathspec', 'tomllib', 'tomli', 'json', 'keras') if name in sys.modules])"
    )
    out, _ = start("-c", program).communicate()
    assert out == f"keraslint {keraslint.__version__}\n[]\n"


def test_help_names_the_commands(run):
    shown = run("--help")
    assert shown.status == 0
    for name in cli.COMMANDS:
        assert f"\n  {name} " in shown.out
        out, _ = start("-m", "keraslint", name, "--help").communicate()
        assert out.startswith(f"usage: keraslint {name} ")
    assert run().status == 2


@pytest.mark.parametrize(
    "argv, said",
    [
        (["chek"], "there is no command 'chek'; did you mean `check`?"),
        (["net.py"], "there is no command 'net.py'; did you mean `keraslint check net.py`?"),
        (["frobnicate"], "there is no command 'frobnicate'; see `keraslint --help`"),
        (["check", "--selct", "x"], "unrecognized arguments: --selct; see `keraslint check --help`"),
        (["check", "--output-format", "xml"], "invalid choice: 'xml'"),
        (["check", "--select", "E501"], "the command line: select: no rule has the code or prefix 'E501'"),
        (["check", "--keras", "1"], "the command line: keras: '1' is no Keras version"),
        (["check", "--jobs", "0"], "--jobs: '0' is no number above 0"),
        (["check", "--backend", "mxnet"], "the command line: backend: unknown backend 'mxnet'"),
        (["check", "--per-file-ignores", "x"], "--per-file-ignores: 'x' is not PATTERN:CODES"),
        (["check", "--config", "no.toml"], "--config: there is no file no.toml"),
        (["explain", "no.py"], "no.py: no such file; the target is FILE or FILE::Class"),
        (["rule", "KER999"], "there is no rule 'KER999'; did you mean `KER"),
        (["rule"], "name a rule"),
        (["config", "nowhere"], "nowhere: no such file or folder"),
    ],
)
def test_what_is_wrong_is_one_line_and_status_2(run, folder, argv, said):
    (folder / "net.py").write_text("")
    shown = run(*argv)
    assert shown.status == 2
    assert shown.out == ""
    assert shown.err.startswith("keraslint: error: ") and shown.err.count("\n") == 1
    assert said in shown.err


def test_an_interruption_is_130(run, engine):
    def check(*args, **options):
        raise KeyboardInterrupt

    engine.check = check
    shown = run("check")
    assert (shown.status, shown.err) == (130, "keraslint: interrupted\n")


def test_a_crash_is_one_line_that_says_where(run, engine, monkeypatch):
    def check(*args, **options):
        raise KeyError("lost")

    engine.check = check
    shown = run("check")
    assert shown.status == 2
    assert re.fullmatch(
        r"keraslint: error: internal error: KeyError: 'lost' at commands/checking.py:\d+; set .*\n", shown.err
    )
    monkeypatch.setenv("KERASLINT_TRACEBACK", "1")
    with pytest.raises(KeyError):
        cli.main(["check"])


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX pipe")
def test_a_closed_pipe_is_silent(folder):
    for number in range(3000):
        (folder / f"a_rather_long_name_{number}.py").write_text("")
    process = start("-m", "keraslint", "check", "--show-files")
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 141


# check

MODEL = """\
import keras


class {name}(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = keras.layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


{name}().fit(x, y)
"""


@pytest.fixture
def net(folder):
    """A file with one KER101, where a project for Keras 3.15 has it."""
    (folder / "keraslint.toml").write_text("keras = '3.15'\n")
    (folder / "net.py").write_text(MODEL.format(name="Net"))
    return folder


def test_findings_are_printed_and_counted_and_the_status_is_1(run, net):
    (net / "other.py").write_text(MODEL.format(name="Other"))
    (net / "fine.py").write_text("x = 1\n")
    shown = run("check", "--output-format", "concise")
    assert shown.status == 1
    assert [line.split(" ")[:2] for line in shown.out.splitlines()] == [
        ["net.py:9:5:", "KER101"],
        ["other.py:9:5:", "KER101"],
    ]
    assert shown.err == "Found 2 findings in 2 files. `--diff --unsafe-fixes` shows what can be repaired.\n"
    assert run("check", "--exit-zero").status == 0
    assert run("check", "--ignore", "KER101").status == 0
    assert run("check", "--keras", "2").status == 0


def test_a_clean_run_says_how_much_was_read(run, net):
    shown = run("check", "--select", "KER2")
    assert (shown.status, shown.out, shown.err) == (0, "", "No findings in 1 file.\n")
    assert run("check", "--select", "KER2", "-q").err == ""


def test_data_formats_print_data_only(run, net):
    shown = run("check", "--output-format", "json")
    [found] = json.loads(shown.out)
    assert (found["code"], found["filename"], found["location"]) == (
        "KER101",
        "net.py",
        {"row": 9, "column": 5},
    )
    assert (shown.status, shown.err) == (1, "")


def test_a_notebook_is_placed_by_cell(run, net):
    sources = ["# A model", "!pip install keras\n" + MODEL.format(name="Net")]
    kinds = ["markdown", "code"]
    cells = [{"cell_type": kind, "source": source} for kind, source in zip(kinds, sources)]
    (net / "net.ipynb").write_text(json.dumps({"cells": cells}))
    shown = run("check", "net.ipynb", "--output-format", "concise")
    assert shown.out.startswith("net.ipynb:cell 2:10:5: KER101 ")
    assert "\n10 |     def call(self, x):\n" in run("check", "net.ipynb").out


@pytest.mark.parametrize("comment", ["# noqa: KER101", "# keraslint: ignore[KER101] it is a sketch"])
def test_suppressed_findings_are_not_reported(run, net, comment):
    text = (net / "net.py").read_text().replace("def call(self, x):", f"def call(self, x):  {comment}")
    (net / "net.py").write_text(text)
    assert run("check").status == 0


def test_what_cannot_be_understood_is_a_finding(run, net):
    (net / "net.py").write_text("import keras\nx = (\n")
    shown = run("check", "--output-format", "concise")
    assert shown.status == 1
    assert shown.out.startswith("net.py:") and " KER900 not analysed: " in shown.out


def test_what_could_not_be_done_is_status_2_and_the_rest_is_still_reported(run, net):
    shown = run("check", "none.py", "net.py", "--output-format", "concise")
    assert shown.status == 2
    assert shown.out.startswith("net.py:9:5: KER101 ")
    assert shown.err == "keraslint: error: none.py: no such file or folder\n"
    assert run("check", "none.py", "--exit-zero").status == 2


def test_an_empty_folder_is_a_warning(run, folder):
    (folder / "empty").mkdir()
    shown = run("check", "empty")
    assert (shown.status, shown.out) == (0, "")
    assert shown.err == "keraslint: warning: no Python files or notebooks found under empty\n"
    assert run("check", "empty", "--output-format", "json").out == "[]\n"


def test_statistics_go_to_stderr(run, engine):
    engine.findings = [finding(), finding(code="KER102", name="other"), finding(code="KER102", name="other")]
    shown = run("check", "--statistics", "--output-format", "gitlab")
    assert len(json.loads(shown.out)) == 3
    assert re.fullmatch(
        r"2  KER102  other\n1  KER101  model-without-training\n3 findings in 1 file, 10 lines, \d+\.\d\d s\n",
        shown.err,
    )


def test_output_file(run, net):
    shown = run("check", "-o", "out.txt", "--output-format", "concise")
    assert (shown.status, shown.out) == (1, "")
    assert (net / "out.txt").read_text().startswith("net.py:9:5: KER101 ")
    shown = run("check", "-o", "net.py/out.txt")
    assert shown.status == 2
    assert shown.err == "keraslint: error: --output-file: net.py/out.txt cannot be written: File exists\n"


@pytest.mark.parametrize("argv, environment, color", [
    ([], {}, False), (["--color", "always"], {}, True), ([], {"FORCE_COLOR": "1"}, True),
    (["--color", "never"], {"FORCE_COLOR": "1"}, False), ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
])  # fmt: skip
def test_color(run, net, monkeypatch, argv, environment, color):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in run("check", *argv).out) is color


def test_options_become_settings(run, engine, folder):
    (folder / "keraslint.toml").write_text("output-format = 'concise'\nkeras = '2'\nselect = ['KER2']\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "net.py").write_text("import keras\n")
    run(
        "check", "--select", "KER101,KER102", "--select", "KER4", "--extend-ignore", "KER102", "--keras", "3.10,2",
        "--keras", ">=3.10,<3.16", "--backend", "jax", "--exclude", "old,gen/*", "--force-exclude",
        "--no-respect-gitignore", "--per-file-ignores", "tests/*:KER101,KER4", "--per-file-ignores", "x.py:KER1", "sub",
    )  # fmt: skip
    [call] = engine.calls
    settings = call.settings
    assert call.paths == [str(folder / "sub" / "net.py")] and call.stdin is None
    assert settings.select == ("KER101", "KER102", "KER4")
    assert settings.extend_ignore == ("KER102",)
    assert settings.keras == ("3.10,2", ">=3.10,<3.16")
    assert settings.backend == ("jax",)
    assert settings.exclude == ("old", str(folder / "gen" / "*"))
    assert settings.per_file_ignores == (
        (str(folder / "tests" / "*"), ("KER101", "KER4")),
        ("x.py", ("KER1",)),
    )
    assert settings.force_exclude and not settings.respect_gitignore
    assert settings.output_format == "concise"
    run("check", "--isolated")
    assert engine.calls[-1].settings.output_format == "full"
    assert engine.calls[-1].paths == [str(folder / "net.py"), str(folder / "sub" / "net.py")]


def test_paths_with_settings_of_their_own_are_checked_with_them(run, engine, folder):
    for name in ("a", "b", "c"):
        (folder / name).mkdir()
        (folder / name / "net.py").write_text("import keras\n")
    (folder / "a" / "keraslint.toml").write_text("keras = '2'\n")
    engine.findings = [finding()]
    shown = run("check", "a", "b", "c", "--output-format", "concise")
    a, b, c = (str(folder / name / "net.py") for name in ("a", "b", "c"))
    assert [(call.paths, call.settings.keras) for call in engine.calls] == [
        ([a], ("2",)),
        ([b, c], ("auto",)),
    ]
    assert engine.calls[1].settings.root == str(folder)
    assert shown.err.startswith("Found 2 findings in 1 file. ")


class Stdin:
    def __init__(self, data):
        self.buffer = SimpleNamespace(read=lambda: data)


def test_stdin_has_the_settings_of_the_file_it_is_called(run, engine, folder, monkeypatch):
    (folder / "sub").mkdir()
    (folder / "sub" / "keraslint.toml").write_text("keras = '2'\n")
    monkeypatch.setattr(sys, "stdin", Stdin(b"import keras\n"))
    run("check", "-", "--stdin-filename", "sub/net.py")
    run("check", "--stdin-filename", "sub/net.py")
    run("check", "-")
    assert [(call.paths, call.stdin, call.settings.keras) for call in engine.calls] == [
        ([], ("sub/net.py", b"import keras\n"), ("2",)),
        ([], ("sub/net.py", b"import keras\n"), ("2",)),
        ([], ("-", b"import keras\n"), ("auto",)),
    ]


def test_stdin_is_checked(run, net, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Stdin(MODEL.format(name="New").encode()))
    shown = run("check", "-", "--stdin-filename", "net.py", "--output-format", "concise")
    assert shown.status == 1
    assert shown.out.startswith("net.py:9:5: KER101 `New.call`")


def test_stdin_that_is_excluded_is_not_checked_if_forced(run, engine, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Stdin(b"import keras\n"))
    assert run("check", "-", "--stdin-filename", "build/net.py", "--force-exclude").status == 0
    assert engine.calls == []


def test_show_files(run, folder):
    (folder / "sub").mkdir()
    for name in ("b.py", "sub/a.ipynb", "c.txt"):
        (folder / name).write_text("")
    shown = run("check", "--show-files")
    assert (shown.status, shown.out.split()) == (0, ["b.py", os.path.join("sub", "a.ipynb")])
    shown = run("check", "--show-files", "none.py", "b.py")
    assert (shown.status, shown.out) == (2, "b.py\n")
    assert shown.err == "keraslint: error: none.py: no such file or folder\n"


def test_files_without_keras_are_not_interpreted(run, engine, folder, monkeypatch):
    (folder / "net.py").write_text("x = 1\n")
    monkeypatch.setattr(sys, "stdin", Stdin(b"y = 2\n"))
    for argv in ([], ["--no-cache"], ["--fix"], ["--add-ignore", "as meant"], ["-"]):
        shown = run("check", *argv)
        assert (shown.status, shown.out) == (0, ""), shown.err
    assert engine.calls == []
    assert not (folder / ".keraslint_cache").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_streams_that_are_closed_or_full(net):
    shell = f"{sys.executable} -m keraslint check --output-format concise"
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(keraslint.__file__))}
    for closed, status in ((">&-", 1), ("2>&-", 1), ("- <&-", 2), ("> /dev/full", 2)):
        done = subprocess.run(
            f"{shell} {closed}", shell=True, capture_output=True, text=True, env=environment
        )
        said = done.stdout + done.stderr
        assert done.returncode == status, said
        assert "internal error" not in said
        assert said.count("KER101") == (closed == "2>&-")
        assert ("Found" in said) == (closed == ">&-")


# explain


def test_explain(run, net):
    (net / "net.py").write_text(MODEL.format(name="Net") + MODEL.format(name="Other"))
    shown = run("explain", "net.py", "--keras", "2")
    assert (shown.status, shown.err) == (0, "")
    assert "Net (model) net.py:4:1\n" in shown.out and "Other (model) net.py:17:1\n" in shown.out
    assert "  Keras 2 (tensorflow)\n" in shown.out
    data = json.loads(run("explain", "net.py::Other", "--output-format", "json").out)
    [other] = data["models"]
    [table] = other["tables"]
    assert (other["name"], table["regime"]) == ("Other", "3.10")
    assert {site["modes"]["fit"] for site in table["sites"]} == {"infer"}


def test_explain_of_what_is_not_there(run, net):
    shown = run("explain", "net.py::Nte")
    assert shown.status == 2
    assert shown.err.startswith("keraslint: error: net.py: no model or layer named Nte")


def test_explain_of_a_file_without_models(run, net):
    (net / "net.py").write_text("")
    shown = run("explain", "net.py")
    assert (shown.status, shown.err) == (
        0,
        "keraslint: warning: net.py: no Keras model or layer is defined here\n",
    )
    assert json.loads(run("explain", "net.py", "--output-format", "json").out) == {"version": 1, "models": []}


# rule and config


def test_rule(run):
    page = run("rule", "ker101").out
    assert page.startswith("# KER101 model-without-training (correctness)\n")
    assert "## What it does" in page
    assert run("rule", "model-without-training").out == page
    listed = run("rule", "--all").out.splitlines()
    assert len(listed) > 20 and listed[0].startswith("KER101  model-without-training ")
    data = json.loads(run("rule", "KER101", "KER102", "--output-format", "json").out)
    assert [rule["code"] for rule in data] == ["KER101", "KER102"]


def test_config_says_what_holds_and_where_it_came_from(run, folder):
    (folder / "pyproject.toml").write_text(
        "[project]\ndependencies = ['keras==2.15']\n[tool.keraslint]\nselect = ['KER1']\n"
        "per-file-ignores = {'a\"b' = ['KER101']}\n"
    )
    shown = run("config", "--backend", "jax").out
    assert f"# root: {folder}\n" in shown
    assert 'select = ["KER1"]  # pyproject.toml\n' in shown
    assert 'backend = ["jax"]  # the command line\n' in shown
    assert 'keras = ["auto"]  # default\n' in shown
    assert "# keras in force: 2 (keras==2.15 in pyproject.toml)\n" in shown
    assert run("check", "--backend", "jax", "--show-settings").out == shown


def test_what_config_prints_is_a_configuration_file(run, folder):
    (folder / "keraslint.toml").write_text(
        "select = ['KER1']\nkeras = ['2']\n[per-file-ignores]\n'a\"b' = ['KER101']\n"
    )
    shown = run("config").out
    (folder / "again.toml").write_text(shown)
    settings = settings_for(".")
    try:
        assert settings_for(".", config="again.toml") == settings
    except ConfigError as error:
        pytest.fail(str(error))


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_an_interruption_in_the_middle_of_the_work(folder):
    lines = "\n".join(f"x{number} = keras.layers.Dense({number})(inputs)" for number in range(500))
    for number in range(100):
        (folder / f"net_{number}.py").write_text(f"import keras\ninputs = keras.Input((1,))\n{lines}\n")
    program = (
        "import keraslint.engine; print('ready', flush=True); from keraslint.cli import console; console()"
    )
    process = start("-c", program, "check", "--no-cache")
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (130, "", "keraslint: interrupted\n")
