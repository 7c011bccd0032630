"""The entries: how a model is started, and what the trainer passes to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from keraslint.delivery import calls, graphs, keras, objects
from keraslint.delivery.machine import Machine, OutOfBudget, Raised
from keraslint.delivery.values import (
    DATA,
    BoundMethod,
    External,
    FunctionValue,
    Instance,
    Known,
    Node,
    Origin,
    Site,
    Tensor,
)
from keraslint.semantics.context import NOTHING
from keraslint.semantics.regimes import REGIMES

TRAINER = {"fit": True, "evaluate": False, "predict": False}
DIRECT = {"call": NOTHING, "call_true": True, "call_false": False}
ENTRIES = (*TRAINER, *DIRECT)
WANTED = {
    "fit": True,
    "evaluate": False,
    "predict": False,
    "call": False,
    "call_true": True,
    "call_false": False,
}
_STEPS = {"fit": "train_step", "evaluate": "test_step", "predict": "predict_step"}
_MAKERS = {"fit": "make_train_function", "evaluate": "make_test_function", "predict": "make_predict_function"}
# What a model may define that lets `evaluate` do other things than `predict`.
_TELLS_APART = ("test_step", "predict_step", "make_test_function", "make_predict_function", "compute_loss")
RUN_LIMIT = 20_000


class Run(NamedTuple):
    """What one entry delivered; `complete` is False if the interpreter had to give up on the way."""

    entry: str
    deliveries: list
    noted: list
    complete: bool
    raised: bool
    tapes: list  # every differentiation that was seen
    anew: frozenset[Site]  # where a second call makes layers again, and uses none that the first made

    @property
    def stuck(self) -> bool:
        """Whether it raises, or cannot be followed to its end."""
        return self.raised or not self.complete


def run_entries(
    m: Machine, subjects: Iterable[Instance], entries: Iterable[str], regime: str, backend: str = "tensorflow"
) -> list[Run]:
    """The runs of some models, each started by each of the entries."""
    runs: list[Run] = []
    for subject in subjects:
        known: dict[str, Run] = {}
        for entry in entries:
            alike = known.get("evaluate") if entry == "predict" and not _tells_apart(subject) else None
            known[entry] = (
                alike._replace(entry=entry) if alike else run_entry(m, subject, entry, regime, backend)
            )
        runs += known.values()
    return runs


def _tells_apart(subject: Instance) -> bool:
    return any(isinstance(objects.class_attribute(subject.cls, name), FunctionValue) for name in _TELLS_APART)


def run_entry(m: Machine, subject: Instance, entry: str, regime: str, backend: str = "tensorflow") -> Run:
    """Start a model (or a layer, inside a functional host) and record every delivery; leaves no trace."""
    state = m.state
    mark = state.mark()
    m.regime, m.backend = REGIMES[regime], backend
    noted, taped, limit, m.limit = m.noted, m.taped, m.limit, RUN_LIMIT
    instances = len(m.instances), len(m.graphs)
    try:
        run = _started(m, subject, entry)
        made = _made_in_call(run)
        if made:
            run = run._replace(anew=_made_anew(made, _made_in_call(_started(m, subject, entry))))
    finally:
        m.frame, m.regime = None, None
        m.limit = limit
        state.open = 1
        state.rewind(mark)
        state.release()
        m.context["cell"] = None
        del m.instances[instances[0] :], m.graphs[instances[1] :]
        m.deliveries, m.noted = [], noted
        m.tapes, m.taped = (), taped
    return run


def _started(m, subject, entry) -> Run:
    """One start, from the state that there is."""
    m.deliveries, m.noted, m.tapes, m.taped = [], [], (), []
    m.site, m.callee, m.within, m.frame, m.node, m.steps, m.forks = None, "", "", None, None, 0, 0
    m.context.update({"cell": None, "goes on": True})
    m.outer, m.inside, m.entering, m.passed = (None, None, ""), (), ("", None), None
    complete, raised = True, False
    try:
        _start(m, subject, entry)
    except Raised:
        raised = True
    except (OutOfBudget, RecursionError):
        complete = False
    return Run(entry, m.deliveries, m.noted, complete, raised, m.taped, frozenset())


def _made_in_call(run: Run) -> set[Instance]:
    """The layers that were called and that a `call` had made."""
    called = {d.layer for d in run.deliveries if isinstance(d.layer, Instance)}
    return {layer for layer in called if layer.built_in_call and layer.site is not None}


def _made_anew(first: set[Instance], second: set[Instance]) -> frozenset[Site]:
    """Where the second of two calls makes layers; not where it uses one that the first made and kept."""
    kept = {layer.site for layer in second & first}
    return frozenset(layer.site for layer in second - first if layer.site not in kept)


def _start(m, subject, entry):
    if entry in DIRECT:
        value = DIRECT[entry]
        args, kwargs = keras.inputs_of(subject)
        if value is not NOTHING:
            kwargs["training"] = Known(value, Origin("entry"))
        calls.call(m, subject, args, kwargs)
        return
    if keras.kind(subject.cls) == "layer":
        subject = _host(subject)
    made = _made_function(m, subject, entry)
    own = objects.class_attribute(subject.cls, _STEPS[entry])
    if made is not None:
        calls.call(m, made, _data_for(made.params), {})
    elif isinstance(own, FunctionValue):
        calls.call(m, BoundMethod(own, subject), _data_for(own.params[1:]), {})
    else:
        keras.default_step(entry)(m, subject, None, [], {})


def _made_function(m, subject, entry) -> FunctionValue | None:
    """The function that the subject's own `make_train_function` (or its like) returns, if it is of the sources."""
    maker = objects.class_attribute(subject.cls, _MAKERS[entry])
    if not isinstance(maker, FunctionValue):
        return None
    made = calls.call(m, BoundMethod(maker, subject), [], {})
    return made if isinstance(made, FunctionValue) else None


def _data_for(params) -> list:
    return [DATA] * sum(p.kind == "positional" and p.default is None for p in params)


def _host(layer: Instance) -> Instance:
    """The functional model in which a layer alone is trained."""
    source = graphs.input_tensor()
    args, named = keras.inputs_of(layer)
    node = Node(layer, (source,) * (len(args) + len(named)), NOTHING, True)
    host = Instance(External("keras.Model"))
    host.slots[graphs.GRAPH] = ((source,), (Tensor(node),))
    return host
