"""The random programs of `tools/random_programs` can be read, and explained in every regime."""

from hypothesis import HealthCheck, given, settings
from random_programs.programs import files

from keraslint import engine
from keraslint.config import Settings

REGIMES = ("2", "3.0", "3.10", "3.16")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(file=files())
def test_random_programs_are_explained(file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("random")
    path = folder / "program.py"
    path.write_text(file.text, encoding="utf-8")
    compile(file.text, str(path), "exec")
    reports = engine.explain(str(path), Settings(root=str(folder), keras=REGIMES, backend=("tensorflow",)))
    name = file.make.partition("(")[0]
    [report] = [report for report in reports if report.name == name]
    assert [t.regime for t in report.tables] == list(REGIMES)
    assert not engine.check([str(path)], Settings(root=str(folder), keras=REGIMES)).errors
