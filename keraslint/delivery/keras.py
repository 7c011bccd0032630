"""What Keras itself contributes: its classes, the methods its bases give, and the functions it exports."""

from __future__ import annotations

import sys

from keraslint import summary as s
from keraslint.delivery import calls, containers, gradients, graphs, layers, objects
from keraslint.delivery.iteration import iterated
from keraslint.delivery.machine import Machine, Raised, fork
from keraslint.delivery.values import (
    ANYTHING,
    DATA,
    MISSING,
    NONE,
    TENSOR,
    BoundMethod,
    ClassValue,
    External,
    ExternalMethod,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    PartialCall,
    Sequence,
    Tape,
    Union,
    Weights,
    options,
    truth,
    union,
)
from keraslint.semantics.context import EMPTY, NOTHING, Given
from keraslint.semantics.layers import REQUIRED, application_layers, layer_facts, sensitive_functions
from keraslint.semantics.names import is_keras

MOST_NESTED = 4  # containers in one another
MODELS = ("keras.Model", "keras.Sequential", "keras.Functional")
TRAINED_BY = ("fit", "fit_generator", "train_on_batch")
EVALUATED_BY = ("evaluate", "evaluate_generator", "test_on_batch")
PREDICTED_BY = ("predict", "predict_generator", "predict_on_batch")
STARTED_BY = (*TRAINED_BY, *EVALUATED_BY, *PREDICTED_BY, "compile", "export", "save", "train", "eval")

LEARNING_PHASE = frozenset(
    f"keras.backend.{name}"
    for name in (
        "learning_phase",
        "set_learning_phase",
        "learning_phase_scope",
        "in_train_phase",
        "in_test_phase",
    )
)

# Models whose steps run their `compute_loss`, with the mode, and nothing else (`tensorflow_recommenders/models/base.py`).
_STEPS_BY_LOSS = ("tensorflow_recommenders.Model", "tensorflow_recommenders.models.Model")

# Bases of other packages that are Keras models or layers, where their source cannot be followed.
KNOWN_BASES = {
    "tensorflow_recommenders.Model": "model",
    "tensorflow_recommenders.models.Model": "model",
    "tensorflow_recommenders.tasks.Task": "layer",
    "keras_hub.models.Task": "model",
    "keras_hub.models.Backbone": "model",
    "keras_nlp.models.Task": "model",
    "keras_nlp.models.Backbone": "model",
}


def kind(cls) -> str | None:
    """`model`, `layer`, or None for a class that is neither."""
    found = None
    for one in cls.mro if isinstance(cls, ClassValue) else (cls,):
        if isinstance(one, External):
            if one.name in MODELS or one.name.startswith("keras.applications."):
                return "model"
            if one.name.startswith("keras.layers."):
                found = "layer"
            elif one.name in KNOWN_BASES:
                found = KNOWN_BASES[one.name]
    return found


def class_name(layer) -> str:
    """The name that a report gives a layer's class."""
    if not isinstance(layer, Instance):
        return "?"
    return layer.cls.name


def is_application(layer: Instance) -> bool:
    return isinstance(layer.cls, External) and layer.cls.name.startswith("keras.applications.")


def application_members(layer: Instance) -> tuple[str, ...]:
    return application_layers(layer.cls.name.rpartition(".")[2]) or ()


# ---------------------------------------------------------------- construction


def initialise(m: Machine, instance: Instance, base: External, args: list, kwargs: dict):
    """The constructor of a class of Keras."""
    policy = _policy(m.frame)
    if policy != NONE:
        m.state.write(instance.slots, graphs.POLICY, policy)
    if kind(base) == "model":
        _initialise_model(m, instance, base, args, kwargs)
    elif base.name.startswith("keras.layers."):
        facts = layer_facts(base.name.rpartition(".")[2])
        names = [p.name for p in facts.init] if facts else []
        bound = {**dict(zip(names, args)), **kwargs}
        for param in facts.init if facts else ():
            if param.name not in bound and param.default is not REQUIRED:
                default = param.default
                plain = isinstance(default, (bool, int, float, str, type(None)))
                bound[param.name] = Known(default) if plain and "**" not in kwargs else DATA
        for name, value in bound.items():
            if name != "**":
                m.state.write(instance.slots, name, value)
    if "trainable" in kwargs:
        m.state.write(instance.slots, "trainable", kwargs["trainable"])


def _initialise_model(m, instance, base, args, kwargs):
    if base.name == "keras.Sequential":
        graphs.make_sequential(m, instance, args[0] if args else kwargs.get("layers", NONE))
        return
    inputs = kwargs.get("inputs", kwargs.get("input", args[0] if args else NONE))
    outputs = kwargs.get("outputs", kwargs.get("output", args[1] if len(args) > 1 else NONE))
    if graphs.symbolic((inputs,)) and graphs.symbolic((outputs,)):
        graphs.make_functional(m, instance, inputs, outputs)
    elif outputs != NONE:
        m.state.write(instance.slots, "outputs", ANYTHING)  # of a graph that is not known


OLD_COPY = "@old copy"  # slot of a layer of the copy of Keras 2 that TensorFlow has in it


def construct(m: Machine, name: str, args: list, kwargs: dict):
    """An object of a class of Keras."""
    instance = Instance(External(name), m.site, m.frame.symbol if m.frame else "")
    instance.arguments = (tuple(args), tuple(kwargs.items()))
    instance.built_in_call = m.running
    initialise(m, instance, instance.cls, args, kwargs)
    if (
        m.frame
        and m.frame.env.module.old_names
        and s.text(m.callee).split(".")[0] in m.frame.env.module.old_names
    ):
        m.state.write(instance.slots, OLD_COPY, Known(True))
    if kind(instance.cls) == "layer":
        m.instances.append(instance)
    return instance


def set_trainable(m: Machine, layer: Instance, value):
    """`layer.trainable = value` reaches every layer inside."""
    for each in with_inner(layer):
        m.state.write(each.slots, "trainable", value)


def with_inner(layer: Instance) -> list[Instance]:
    """A layer and all that it holds, at any depth."""
    found: dict = {}
    waiting = [layer]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = True
            waiting += held(one)
    return list(found)


def held(layer: Instance) -> list[Instance]:
    """The layers that a layer or model holds directly."""
    found: dict[Instance, bool] = {}

    def collect(value, depth=0):
        for option in options(value):
            if isinstance(option, Instance) and _is_layer(option):
                found[option] = True
            elif isinstance(option, Sequence) and depth < MOST_NESTED:
                for item in option.items:
                    collect(item, depth + 1)
            elif isinstance(option, Mapping) and depth < MOST_NESTED:
                for item in option.items.values():
                    collect(item, depth + 1)

    for name, value in layer.slots.items():
        if not isinstance(value, Known) and not name.startswith("@"):
            collect(value)
    if graphs.is_graph(layer):
        for member in graphs.members(layer):
            collect(member)
    return [each for each in found if each is not layer]


def _is_layer(instance: Instance) -> bool:
    return bool(kind(instance.cls)) or graphs.is_graph(instance)


def holds_others(model: Instance, known: list) -> bool:
    """Whether the attributes of a model hold, or may hold, other layers than these."""
    return not all(map(_is_certain, model.slots.values())) or not set(held(model)) <= set(known)


def _is_order_known(model: Instance, found: list) -> bool:
    """Whether the layers of a class are listed in the order of its attributes.

    Keras 3 orders them by when they came in, and keeps one whose attribute gets another value.
    """
    replaced = any(
        isinstance(first, Instance) and model.slots.get(name) is not first
        for name, (_, first) in model.assigned.items()
    )
    births = [layer.slots.born for layer in found]
    return births == sorted(births) and not replaced


def _is_certain(value) -> bool:
    """Whether it is known which layers of a model a value holds, if any, in every Keras.

    Keras 2 orders those of a dict by their keys.
    """
    if isinstance(value, Sequence):
        return not value.open and all(map(_is_certain, value.items))
    if isinstance(value, Mapping):
        items = value.items.values()
        return not value.open and all(not isinstance(item, Instance) and _is_certain(item) for item in items)
    if isinstance(value, Instance):
        return _is_layer(value)
    return value is not ANYTHING and not isinstance(value, Union)


# ---------------------------------------------------------------- attributes and methods

_METHODS = frozenset(
    [
        "call",
        "__call__",
        "__init__",
        "build",
        "add",
        "pop",
        "get_layer",
        "stateless_call",
        "compute_loss",
        "train_step",
        "test_step",
        "predict_step",
        "make_train_function",
        "make_test_function",
        "make_predict_function",
        "add_loss",
        "add_metric",
        "add_weight",
        "add_variable",
        "compute_mask",
        "compute_output_shape",
        "get_config",
        "from_config",
        "summary",
        "build_from_config",
        "quantize",
        "forward",
        "set_weights",
        "get_weights",
        "load_weights",
        "save_weights",
        "__setattr__",
        "__getattr__",
        "__new__",
    ]
) | frozenset(STARTED_BY)


def attribute(m: Machine, instance: Instance, name: str, base: External):
    """What Keras gives an instance under this name; MISSING if nothing that matters."""
    if graphs.is_graph(instance):
        if name in ("layers", "_layers"):
            return graphs.layer_list(m, instance)
        if name in ("output", "outputs") and graphs.GRAPH in instance.slots:
            return instance.slots["outputs"]
        if name in ("input", "inputs") and graphs.GRAPH in instance.slots:
            return instance.slots["inputs"]
    if name == "layers" and is_keras(base.name):
        found = held(instance)
        is_known = isinstance(instance.cls, ClassValue) and _is_order_known(instance, found)
        return Sequence("list", found, not is_known or holds_others(instance, found))
    if is_application(instance) and name in ("output", "input"):
        node = graphs.input_tensor()
        if name == "input":
            return node
        return graphs.call_symbolically(m, instance, [node], NOTHING, True, [node])
    if name == "output" and is_keras(base.name):
        return ANYTHING
    if name in gradients.WEIGHTS:
        return Weights((instance,))
    if name == "trainable":
        return Known(True)
    if name == "_call_has_training_arg" and m.running and not m.regime.stack:
        return union(Known(signature.accepts) for signature in layers.signatures(m, instance))
    if name == "built" and m.running:
        return Known(True)  # `__call__` builds a layer before it runs it
    if name in _METHODS and (is_keras(base.name) or base.name in KNOWN_BASES):
        return ExternalMethod(instance, name, base)
    return MISSING


def call_method(m: Machine, method: ExternalMethod, args: list, kwargs: dict):
    """A method that a class of Keras gives."""
    receiver, name, base = method
    if receiver is None and args:
        receiver, args = args[0], args[1:]
    if not isinstance(receiver, Instance):
        return ANYTHING if name != "__init__" else NONE
    handler = _HANDLERS.get(name)
    if handler is not None:
        return handler(m, receiver, base or External("object"), args, kwargs)
    if name in STARTED_BY:
        m.note(name, receiver, [NOTHING], kwargs)
        return DATA
    return DATA if base is not None and is_keras(base.name) else ANYTHING


def _init(m, receiver, base, args, kwargs):
    if is_keras(base.name):
        initialise(m, receiver, base, args, kwargs)
    return NONE


def _call(m, receiver, base, args, kwargs):
    """`super().call(...)` or `layer.call(...)` of a class of Keras."""
    if not m.running or graphs.symbolic((*args, *kwargs.values())):
        return layers.call_layer(m, receiver, args, kwargs) if graphs.symbolic(args) else TENSOR
    facts = layer_facts(base.name.rpartition(".")[2], m.regime.name)
    known = (
        facts.signatures
        if facts and base.name.startswith("keras.layers.")
        else layers.signatures(m, receiver)
    )
    if graphs.is_graph(receiver) or kind(base) == "model":
        known = (layers.Signature(True, None, 1),)
    values = []
    if "training" in kwargs:
        values = layers.given(m, kwargs["training"])
    elif known[0].position is not None and known[0].position < len(args):
        values = layers.given(m, args[known[0].position])
    else:
        for signature in known:
            default = signature.default if signature.accepts else None
            origin = layers.Origin("default", None, base.name)
            values.append(Given(default, origin) if default not in (None, REQUIRED) else EMPTY)
    accepts = known[0].accepts
    for value in values:
        if accepts:
            layers.note_delivery(
                m, receiver, value, "direct", value if "training" in kwargs else NOTHING, base.name
            )
    node, m.node = m.node, None
    try:
        return layers.run_base(m, receiver, tuple(values))
    finally:
        m.node = node


def _dunder_call(m, receiver, base, args, kwargs):
    return layers.call_layer(m, receiver, args, kwargs)


def _add(m, receiver, base, args, kwargs):
    if graphs.LAYERS in receiver.slots:
        graphs.add(m, receiver, args[0] if args else kwargs.get("layer", ANYTHING))
    return NONE


def _pop(m, receiver, base, args, kwargs):
    stack = receiver.slots.get(graphs.LAYERS, ())
    if stack:
        m.state.write(receiver.slots, graphs.LAYERS, stack[:-1])
    return NONE


def _get_layer(m, receiver, base, args, kwargs):
    given = {"name": NONE, "index": NONE, **dict(zip(("name", "index"), args)), **kwargs}
    if given["index"] != NONE:
        return containers.subscript(m, attribute(m, receiver, "layers", base), given["index"])
    wanted = given["name"]
    known = isinstance(wanted, Known) and wanted != NONE
    found = [i for i in held(receiver) if known and i.slots.get("name") == wanted]
    return found[0] if found else ANYTHING


def _stateless_call(m, receiver, base, args, kwargs):
    """`model.stateless_call(...)`: `call` without a context, except from 3.16 on."""
    kwargs = {k: v for k, v in kwargs.items() if k not in ("return_losses", "losses")}
    weights, args = args[0] if args else kwargs.get("trainable_variables", DATA), args[2:]
    result = Sequence("tuple", (TENSOR, DATA, DATA))
    if m.running and m.regime.stack:
        raise Raised  # Keras 2 has no such method
    with gradients.standing_for(m, weights, receiver):
        if not m.running:
            explicit = layers.given(m, kwargs["training"]) if "training" in kwargs else [NOTHING]
            m.note("stateless_call", receiver, explicit)
        elif m.regime.jax_context:
            layers.call_layer(m, receiver, args, kwargs)
        else:
            _call_without_context(m, receiver, base, args, kwargs)
    return result


def _call_without_context(m, receiver, base, args, kwargs):
    own = objects.class_attribute(receiver.cls, "call")
    cell, outer = m.context["cell"], m.outer
    m.state.write(m.context, "cell", None)
    m.outer = (m.site, receiver, m.callee)
    try:
        if isinstance(own, FunctionValue):
            layers.direct_call(m, receiver, own, args, kwargs)
        else:
            _call(m, receiver, base, args, kwargs)
    finally:
        m.outer = outer
    m.state.write(m.context, "cell", cell)


def default_step(entry: str):
    """The train_step, test_step or predict_step of Keras."""

    def step(m, receiver, base, args, kwargs):
        if not m.running:
            return DATA
        if entry != "predict" and _steps_by_loss(receiver):
            _run_loss(m, receiver, entry, [DATA], {"training": Known(entry == "fit", layers.Origin("entry"))})
            return DATA
        if not can_be_fed(receiver):
            raise Raised
        value = Given(entry == "fit", layers.Origin("entry"))
        accepts = m.regime.trainer_always_passes or any(s.accepts for s in layers.signatures(m, receiver))
        given = value if accepts else NOTHING
        if m.backend == "jax" and not m.regime.jax_context:
            # From 3.0 to 3.15, `stateless_call` runs `call` itself, outside any call context.
            layers.note_delivery(m, receiver, value if accepts else EMPTY, "explicit", given)
            layers.run(m, receiver, (given,), [TENSOR], {})
        else:
            layers.call_with(m, receiver, [TENSOR], {}, [given])
        compute_loss(m, receiver, entry)
        return DATA

    return step


def compute_loss(m, receiver: Instance, entry: str):
    """What a trainer does with the model's own `compute_loss`, after the forward pass of `fit` and `evaluate`.

    Since 3.4 it is told the mode; layers called in it have no context.
    """
    own = objects.class_attribute(receiver.cls, "compute_loss")
    if entry == "predict" or not isinstance(own, FunctionValue):
        return
    names = [p.name for p in own.params]
    kwargs = {name: DATA for name in ("x", "y", "y_pred", "sample_weight") if name in names}
    if "training" in names and not m.regime.stack:
        kwargs["training"] = Known(entry == "fit", layers.Origin("entry"))
    _run_loss(m, receiver, entry, [], kwargs)


def _run_loss(m, receiver: Instance, entry: str, args: list, kwargs: dict):
    own = objects.class_attribute(receiver.cls, "compute_loss")
    if not isinstance(own, FunctionValue):
        raise Raised  # NotImplementedError
    by = [Weights((receiver,))] if entry == "fit" else []
    gradients.under(m, Tape(by), lambda: calls.call(m, BoundMethod(own, receiver), args, kwargs))


def _steps_by_loss(receiver: Instance) -> bool:
    mro = receiver.cls.mro if isinstance(receiver.cls, ClassValue) else ()
    return any(isinstance(one, External) and one.name in _STEPS_BY_LOSS for one in mro)


def can_be_fed(receiver: Instance) -> bool:
    """Whether the trainer can call a model: it hands all the data on as the first argument."""
    args, named = inputs_of(receiver)
    return len(args) + len(named) == 1


def inputs_of(receiver: Instance) -> tuple[list, dict]:
    """A tensor for each input that the model's `call` needs; those behind `training` go by name."""
    own = objects.class_attribute(receiver.cls, "call")
    if not isinstance(own, FunctionValue):
        return [TENSOR], {}
    needed = [p.name for p in own.params[1:] if p.kind == "positional" and p.name not in own.defaults]
    first = needed.index("training") if "training" in needed else len(needed)
    return [TENSOR] * max(first, 1), dict.fromkeys(needed[first + 1 :], TENSOR)


_HANDLERS = {
    "__init__": _init,
    "call": _call,
    "forward": _call,
    "__call__": _dunder_call,
    "add": _add,
    "pop": _pop,
    "get_layer": _get_layer,
    "stateless_call": _stateless_call,
    "train_step": default_step("fit"),
    "test_step": default_step("evaluate"),
    "predict_step": default_step("predict"),
    "build": lambda m, receiver, base, args, kwargs: NONE,
}


# ---------------------------------------------------------------- functions from outside

# Packages whose functions are no layers, and make none.
_DATA_ROOTS = sys.stdlib_module_names | frozenset(
    "PIL absl cv2 jax matplotlib numpy pandas requests scipy seaborn sklearn tensorflow torch tqdm".split()
)
_SAME = (
    "keras.models.clone_model",
    "tensorflow.function",
    "keras.ops.stop_gradient",
    "tensorflow.get_static_value",
)
_TRANSPARENT = (
    "jax.jit",
    "jax.checkpoint",
    "tensorflow.recompute_grad",
    "keras.remat",
    "tensorflow.custom_gradient",
)


# Functions that call one of two functions: their first three parameters.
_CONDITIONAL = {
    "tensorflow.cond": ("pred", "true_fn", "false_fn"),
    "tensorflow.compat.v1.cond": ("pred", "true_fn", "false_fn"),
    "tensorflow.__internal__.smart_cond.smart_cond": ("pred", "true_fn", "false_fn"),
    "tensorflow.python.framework.smart_cond.smart_cond": ("pred", "true_fn", "false_fn"),
    "keras.ops.cond": ("pred", "true_fn", "false_fn"),
    "jax.lax.cond": ("pred", "true_fun", "false_fun"),
}


# What is called in training, and what else.
_BY_PHASE = {"keras.backend.in_train_phase": ("x", "alt"), "keras.backend.in_test_phase": ("alt", "x")}
_POLICIES = (
    "keras.mixed_precision.set_global_policy",
    "keras.mixed_precision.set_dtype_policy",
    "keras.mixed_precision.experimental.set_policy",
    "keras.config.set_dtype_policy",
    "keras.config.set_floatx",
    "keras.backend.set_floatx",
)
_MERGES = ("add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract")


def call_outside(m: Machine, name: str, args: list, kwargs: dict):
    """Call something that the sources do not define."""
    owner, _, last = name.rpartition(".")
    if args and isinstance(args[0], Instance) and _is_method(External(owner), last):
        return call_method(m, ExternalMethod(args[0], last, External(owner)), args[1:], kwargs)
    if name == "keras.Input" or name == "keras.layers.Input":
        return _input(m, args, kwargs)
    if name in MODELS or name.startswith(("keras.layers.", "keras.applications.")):
        if last[:1].isupper():
            return construct(m, name, args, kwargs)
        return _merge(m, last, args, kwargs)
    if name in ("functools.partial", "functools.partialmethod") and args:
        return PartialCall(args[0], tuple(args[1:]), tuple(kwargs.items()))
    if name == "functools.wraps" or (name == "tensorflow.function" and not args):
        return PartialCall(External(name), tuple(args), tuple(kwargs.items()))
    if name in _POLICIES:
        _set_policy(m, args[0] if args else ANYTHING)
        return NONE
    if name == "tensorflow.GradientTape":
        return _tape(m)
    if name in ("jax.grad", "jax.value_and_grad") and args:
        return gradients.differentiated(args[0], _argnums(args, kwargs), name == "jax.value_and_grad")
    if name in ("copy.copy", "copy.deepcopy") and args:
        return objects.copied(args[0], name == "copy.deepcopy")
    if name in _SAME or name in _TRANSPARENT:
        return args[0] if args else ANYTHING
    if name in _CONDITIONAL:
        return _one_of_two(m, _CONDITIONAL[name], args, kwargs)
    if name in _BY_PHASE:
        return _by_phase(m, name, args, kwargs)
    if name == "collections.defaultdict":
        return Mapping({}, True)
    if last in ("load_model", "from_pretrained", "from_preset", "hub_load"):
        return ANYTHING
    return _call_plain(m, name, args, kwargs)


def _is_method(owner: External, name: str) -> bool:
    """Whether `owner.name(layer, ...)` is a call of a method, with the layer as its first argument."""
    return name in ("__init__", "__call__", "call") or (name in _METHODS and kind(owner) is not None)


def _policy(frame):
    """The policy for dtypes in force: what a function that runs has set, or the module where it all began."""
    while frame is not None and frame.policy is None:
        frame = frame.parent
    return frame.policy if frame is not None else NONE


def _set_policy(m, value):
    """A policy is in force while the functions run that set it; whether other functions come later is not known."""
    frame = m.frame
    if m.forks:
        value = union((_policy(frame), value))
    while frame is not None:
        frame.policy = value
        frame = frame.parent
    module = m.frame.env.module
    module.policy = value if m.frame.function is None else union((module.policy or NONE, value))


def _tape(m) -> Tape:
    tape = Tape()
    m.taped.append(tape)
    return tape


def _argnums(args, kwargs) -> tuple[int, ...]:
    """The positions of the arguments that `jax.grad` differentiates by."""
    value = kwargs.get("argnums", args[1] if len(args) > 1 else Known(0))
    found = [each.value for each in gradients.variables(value) if isinstance(each, Known)]
    return tuple(at for at in found if type(at) is int)


def _input(m, args, kwargs):
    dtype = kwargs.get("dtype", NONE)
    if "tensor" in kwargs and graphs.symbolic((kwargs["tensor"],)):
        return kwargs["tensor"]
    return graphs.input_tensor(graphs.named(dtype))


def _merge(m, name, args, kwargs):
    """`keras.layers.add([x, y])` and the other lower-case forms make a layer and call it."""
    if name == "deserialize":
        return ANYTHING
    if name not in _MERGES:  # `preprocess_input`
        return graphs.derived(args)
    layer = construct(m, f"keras.layers.{name.capitalize()}", [], {})
    return calls.call(m, layer, args[:1] or [kwargs.get("inputs", TENSOR)], {})


def _call_plain(m, name, args, kwargs):
    """A function that knows nothing of layers; what it is given to call is called once, here."""
    made = iterated(m, name, args, kwargs)
    if made is not None:
        return made
    hands_on = any(map(_holds_layers, (*args, *kwargs.values())))
    for value in (*args, *kwargs.values()):
        _call_back(m, value, ANYTHING if hands_on else TENSOR)
    tensors = graphs.symbolic((*args, *kwargs.values()))
    if tensors:
        return graphs.derived(tensors)
    if name in LEARNING_PHASE:
        m.note("learning_phase", None, None, {"name": name})
    acts = sensitive_functions().get(_written(name), {})
    if acts.get("kind") == "v1_layer" and not {"training", "**"} & set(kwargs):
        m.note("v1_layer", None, None, {"name": name})
    elif m.running and acts:
        rate = args[1] if len(args) > 1 else kwargs.get("rate", DATA)
        m.note("operation", None, None, {"name": name, "rate": rate})
    if name.split(".")[0] in _DATA_ROOTS or is_keras(name):
        return ANYTHING if hands_on else DATA
    return ANYTHING


def _holds_layers(value, depth=0) -> bool:
    """Whether a value is a container with layers in it, which a function may hand on."""
    for option in options(value):
        if isinstance(option, (Sequence, Mapping)) and depth < MOST_NESTED:
            items = option.items if isinstance(option, Sequence) else option.items.values()
            if any(_holds_layers(item, depth + 1) for item in items):
                return True
        elif depth and isinstance(option, Instance) and kind(option.cls):
            return True
    return False


def _one_of_two(m, names, args, kwargs):
    """`cond(training, yes, no)`: only the function that the condition picks is called."""
    test, *branches = (
        kwargs.get(name, args[at] if at < len(args) else DATA) for at, name in enumerate(names)
    )
    decided = truth(test)
    picked = branches if decided is None else [branches[0 if decided else 1]]
    fork(m, [lambda branch=branch: _call_back(m, branch) for branch in picked])
    return graphs.derived((*args, *kwargs.values()))


def _by_phase(m, name, args, kwargs):
    """`K.in_train_phase(yes, no, training)`: a None is the context's value, and else the learning phase, which is 0.

    Keras 2 `backend.py`. Keras 3 has it no more, so none of the two is called.
    """
    m.note("learning_phase", None, None, {"name": name})
    if m.regime is not None and not m.regime.stack:
        return DATA
    given = {**dict(zip(("x", "alt", "training"), args)), **kwargs}
    cell = m.context["cell"]
    current = union(map(layers.as_value, cell.options)) if cell is not None else NONE
    passed = options(given.pop("training", NONE))
    training = union(current if value == NONE else value for value in passed)
    return _one_of_two(m, ("training", *_BY_PHASE[name]), [], {**given, "training": training})


def _written(name: str) -> str:
    """The name as the table of functions spells it."""
    return "tf." + name[len("tensorflow.") :] if name.startswith("tensorflow.") else name


def _call_back(m, value, argument=TENSOR):
    """Call what was handed to a function from outside, if it is a function or layer and layers are running."""
    for function in options(value) if m.running else ():
        args = [argument]
        if isinstance(function, FunctionValue):
            args *= sum(p.kind == "positional" and p.name not in function.defaults for p in function.params)
        elif not isinstance(function, (BoundMethod, PartialCall, Instance)):
            continue
        elif isinstance(function, Instance) and not kind(function.cls):
            continue
        objects.quietly(m, lambda function=function, args=args: calls.call(m, function, args, {}))
