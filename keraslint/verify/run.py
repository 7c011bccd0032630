"""`verify` from findings to findings with evidence: jobs out, recordings in, a verdict for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from keraslint.config import Settings
from keraslint.finding import Finding
from keraslint.result import Result
from keraslint.source.files import shown
from keraslint.verify import counterfactual
from keraslint.verify.evidence import better, evidence
from keraslint.verify.jobs import check_recipes, job, place
from keraslint.verify.kept import Runner
from keraslint.verify.models import Model, models
from keraslint.verify.verdict import INCONCLUSIVE, Verdict, in_words, judge
from keraslint.verify.workers import Limits, Pool, interpreter, regimes_of


@dataclass
class Verified:
    """Findings with evidence, and the models that were built for them, each with its result."""

    findings: list[Finding] = field(default_factory=list)
    models: list[Model] = field(default_factory=list)


def verify(
    result: Result,
    settings: Settings,
    python: str,
    limits: Limits,
    wanted: list[str] = (),
    started: Callable[[str, int, int], None] = lambda name, done, of: None,
    cached: bool = True,
) -> Verified:
    """Build the models that findings are about and judge the findings by what they do.

    settings: with one backend, which is run. python: an interpreter that has Keras. wanted: see `models.models`.
    started: told the name of each model, how many are done, and of how many. cached: whether to use and to keep
    results of other runs. Raises NoKeras, and ConfigError for recipes or a record that cannot be used.
    """
    check_recipes(settings)
    findings = result.findings
    chosen = models(result, list(wanted))
    regimes = regimes_of(python)
    verified = Verified(models=chosen)
    answers: dict[int, dict] = {}
    for legacy in sorted(set(regimes.values())):
        regime = next(r for r, is_legacy in regimes.items() if is_legacy == legacy)
        own = [model for model in chosen if _regime_for(model, regimes) == regime]
        if not own:
            continue
        start = partial(Pool, python, legacy, limits, settings.backend[0])
        known = (interpreter(python), legacy, settings.backend[0])
        with Runner(start, known, settings.cache_dir if cached else None) as runner:
            _run(runner, own, result, settings, started)
            _judge(own, runner, result, settings, answers)
    named = {shown(model.rpartition("::")[0]) for model in wanted}
    decided = [f for f in findings if f.span.filename not in named or id(f) in answers]
    nothing = {"verdict": INCONCLUSIVE, "reason": "no model that could be built stands behind this finding"}
    verified.findings = [replace(f, evidence=answers.get(id(f), nothing)) for f in decided]
    return verified


def _regime_for(model: Model, regimes: dict[str, bool]) -> str:
    """The regime to run a model in: one that its findings hold in, else the newest."""
    newest = next(iter(regimes))
    named = [regime for regime in regimes if any(regime in f.regimes for f in model.findings)]
    return newest if not named or newest in named else named[0]


def _run(runner: Runner, chosen: list[Model], result: Result, settings: Settings, started) -> None:
    by_place = {(model.path, model.name, model.until): model for model in chosen}
    done = 0

    def begins(each: dict) -> None:
        started(each["name"], done, len(chosen))

    for each, answer, about in runner.run((job(model, result, settings) for model in chosen), begins):
        model = by_place[each["filename"], each["name"], each["until"]]
        model.result, model.about = answer, about
        done += 1


def _judge(
    chosen: list[Model], runner: Runner, result: Result, settings: Settings, answers: dict[int, dict]
) -> None:
    sources = {path: source for path, source in result.read.read.items() if source is not None}

    def where(path: str, row: int):
        return place(sources, path, row)

    for model in chosen:
        for site in model.result.get("sites", ()):
            site["where"] = in_words(*where(site["filename"], site["row"]))
        for finding in model.findings:
            verdict: Verdict = judge(finding, model.result, model.about, where)
            found = evidence(verdict, model, where)
            answers[id(finding)] = better(answers.get(id(finding)), found)
    counterfactual.add(chosen, runner, result, settings, answers)
