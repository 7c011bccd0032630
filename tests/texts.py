"""What keraslint makes of a text, for tests that say more in Keras code than in Python."""

from keraslint import engine
from keraslint.analysis import Sources, interpret
from keraslint.config import Settings
from keraslint.delivery.sensitivity import is_sensitive
from keraslint.source.files import Source

PATH = "/net.py"
HEAD = "import keras\nimport tensorflow as tf\nfrom keras import layers\n"


def settings(regimes, backend="tensorflow", **options):
    return Settings(root="/", keras=tuple(regimes.split(",")), backend=(backend,), **options)


def run(text):
    """The sources and the interpreted program of a text that follows HEAD."""
    sources = Sources(10**6, {PATH: Source(PATH, (HEAD + text).encode())})
    program = interpret(sources, [PATH], (), "/")
    assert not program.failures
    return sources, program


def rows(text, entry="fit", regime="3.10", backend="tensorflow", name=""):
    """(callee, layer, mode) of each site of the one model (or of what has that name) in a text that follows HEAD."""
    sources, program = run(text)
    reports = engine.model_reports(sources, program, PATH, settings(regime, backend), name)
    [report] = [one for one in reports if name or one.kind == "model"] if len(reports) > 1 else reports
    [table] = report.tables
    return [(row.callee, (row.layer or "").rpartition(".")[2], row.modes[entry]) for row in table.sites]


def modes(text, entry="fit", regime="3.10", backend="tensorflow", name=""):
    """callee -> mode, as in `rows`."""
    return {callee: mode for callee, _, mode in rows(text, entry, regime, backend, name)}


def sensitive(text):
    """Whether the one class or graph of a text acts by mode."""
    _, program = run(text)
    [subject] = program.subjects(PATH)
    [instance] = subject.instances
    return is_sensitive(instance)


def findings(text, regimes="3.10", backend="tensorflow", **options):
    """(row, code) of each finding in a text that follows HEAD; rows are those of the text."""
    found = engine.check(
        ["-"], settings(regimes, backend, **options), (PATH, (HEAD + text).encode())
    ).findings
    assert not any("internal error" in finding.message for finding in found)
    return [(finding.span.start.row - HEAD.count("\n"), finding.code) for finding in found]
