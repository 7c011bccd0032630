"""Functional graphs and Sequential models: how they are recorded, and how they run."""

from __future__ import annotations

from typing import NamedTuple

from keraslint.delivery import keras, layers
from keraslint.delivery.machine import Machine
from keraslint.delivery.values import (
    ANYTHING,
    FLOAT,
    NONE,
    TENSOR,
    External,
    Instance,
    Known,
    Mapping,
    Node,
    Origin,
    Sequence,
    Tensor,
    Union,
    options,
)
from keraslint.semantics.context import ABSENT, NOTHING, UNKNOWN, Given
from keraslint.semantics.layers import REQUIRED
from keraslint.semantics.regimes import Regime

GRAPH = "@graph"  # slot of a functional model: (input tensors, output tensors)
INPUT = "@input"  # slot of a Sequential that knows its input: the dtype of that
LAYERS = "@layers"  # slot of a Sequential: (layer, site, callee, the function around) of each as it was added
POLICY = "@policy"  # slot of a layer: the policy for its dtype, where the program sets one


def symbolic(values) -> list[Tensor]:
    """The symbolic tensors among some values, inside containers too."""
    found: list[Tensor] = []
    for value in values:
        kind = type(value)
        if kind is Tensor:
            if value.node is not None:
                found.append(value)
        elif kind in _INSIDE and (inner := _INSIDE[kind](value)):
            found.extend(symbolic(inner))
    return found


_INSIDE = {
    Sequence: lambda value: value.items,
    Mapping: lambda value: value.items.values(),
    Union: lambda value: value.options,
}


def derived(values) -> Tensor:
    """The result of an operation that is no layer; symbolic if some of the values are."""
    parents = tuple(symbolic(values))
    dtypes = {parent.dtype for parent in parents}
    dtype = dtypes.pop() if len(dtypes) == 1 else FLOAT
    return Tensor(Node(None, parents), dtype if dtype in _FLOATS else FLOAT) if parents else TENSOR


_FLOATS = ("float16", "bfloat16", "float64", None)


def input_tensor(dtype: str | None = FLOAT) -> Tensor:
    """`keras.Input(...)`"""
    return Tensor(Node(None, ()), dtype)


def dtype_of(layer) -> str | None:
    """What a layer converts its input to; None if that is not known."""
    if not isinstance(layer, Instance):
        return None
    given = layer.slots.get("dtype", NONE)
    return named(policy(layer) if given == NONE else given)


def policy(layer: Instance):
    """The policy for dtypes that was in force when a layer was made, as a value."""
    return layer.slots.get(POLICY, NONE)


def _output_dtype(m: Machine, layer) -> str | None:
    """What a layer makes; None if that is not known, as where it holds others of another dtype."""
    if not isinstance(layer, Instance):
        return None
    facts = layers.facts_of(m, layer) if isinstance(layer.cls, External) else None
    if facts is not None and not facts.child:
        return dtype_of(layer)
    found = {dtype_of(each) for each in keras.with_inner(layer)}
    return found.pop() if len(found) == 1 else None


def named(value) -> str | None:
    """The dtype that a value names, or in which a policy of that name computes; None if that is not known."""
    found = {
        str(each.value or FLOAT).removeprefix("mixed_") if isinstance(each, Known) else None
        for each in options(value)
    }
    return found.pop() if len(found) == 1 else None


def call_symbolically(m: Machine, layer, args, pin: Given, plain: bool, tensors) -> Tensor:
    """Record the call of a layer in the graph that its inputs belong to.

    plain: the call has one positional argument and no other, the fast path of Keras 3.10.
    """
    alone = plain and len(args) == 1 and isinstance(args[0], Tensor)
    fast = alone and _converts_nothing(m, layer, args[0].dtype)
    node = Node(layer, tuple(tensors), pin, fast, m.site, m.callee, m.frame.symbol if m.frame else "")
    return Tensor(node, _output_dtype(m, layer))


def _converts_nothing(m: Machine, layer, dtype: str | None) -> bool | None:
    """Whether a layer takes an input of a dtype as it is; None if that is not known."""
    if _takes_any_dtype(m, layer):
        return True
    own = dtype_of(layer)
    return None if own is None or dtype is None else own == dtype


# Layers that convert no input (`_convert_input_args` of those with a `training`, in Keras 3.10.0 and 3.15.1).
_OF_ANY_DTYPE = ("Pipeline", "RandomCrop", "RandomFlip")


def _takes_any_dtype(m: Machine, layer) -> bool:
    facts = layers.facts_of(m, layer) if isinstance(layer, Instance) else None
    return facts is not None and facts.name in _OF_ANY_DTYPE


# ---------------------------------------------------------------- making


def make_functional(m: Machine, model: Instance, inputs, outputs):
    """Give a model its graph."""
    m.state.write(model.slots, GRAPH, (tuple(symbolic((inputs,))), tuple(symbolic((outputs,)))))
    m.state.write(model.slots, "inputs", inputs)
    m.state.write(model.slots, "outputs", outputs)
    m.graphs.append(model)


def make_sequential(m: Machine, model: Instance, stack):
    """Give a Sequential its first layers."""
    m.state.write(model.slots, LAYERS, ())
    m.graphs.append(model)
    for item in stack.items if isinstance(stack, Sequence) else ():
        add(m, model, item)


def add(m: Machine, model: Instance, layer):
    """`model.add(layer)`"""
    stack = model.slots.get(LAYERS, ())
    if not stack and _tells_input(layer):
        m.state.write(model.slots, INPUT, _dtype_given(layer))
    if not isinstance(layer, Tensor):  # an Input says nothing but the shape
        added = (layer, m.site, m.callee, m.frame.symbol if m.frame else "")
        m.state.write(model.slots, LAYERS, (*stack, added))


def _dtype_given(layer):
    """The dtype that the first of a Sequential names, as a value."""
    if isinstance(layer, Tensor):
        return ANYTHING if layer.dtype is None else Known(layer.dtype)
    return layer.slots.get("dtype", NONE)


def _tells_input(layer) -> bool:
    """Whether a Sequential that begins with this knows its input, and so makes its graph at once."""
    if isinstance(layer, Instance):
        return _is_input(layer) or bool(
            {"input_shape", "batch_input_shape", "batch_shape", "input_dim"} & set(layer.slots)
        )
    return isinstance(layer, Tensor)


def is_deferred(layer: Instance) -> bool:
    """Whether a Sequential gets its graph only when it is called."""
    return LAYERS in layer.slots and INPUT not in layer.slots


def is_graph(instance: Instance) -> bool:
    return GRAPH in instance.slots or LAYERS in instance.slots


def members(model: Instance) -> list:
    """The layers of a graph, in execution order."""
    if LAYERS in model.slots:
        return [layer for layer, *_ in model.slots[LAYERS]]
    if GRAPH not in model.slots:
        return []  # its making was given up half-way
    return [node.op for node in execution_order(*model.slots[GRAPH]) if node.op is not None]


def layer_list(m: Machine, model: Instance) -> Sequence:
    """`model.layers`: those of a Sequential as they were added, those of a graph by their depth, with its inputs, each once."""
    if GRAPH not in model.slots:
        added = [layer for layer in members(model) if not _is_input(layer)]
        return Sequence("list", added, LAYERS not in model.slots or not _are_layers(added))
    inputs, outputs = model.slots[GRAPH]
    mapped = _map_graph(inputs, outputs)
    ends = {id(tensor.node) for tensor in inputs}
    ops = {_key(node, ends): node for node in mapped.nodes.values()}
    listed = [ops[op] for op in sorted(ops, key=lambda op: (-mapped.op_depths[op], mapped.found[op]))]
    found = [
        Instance(_INPUT_LAYER) if id(node) in ends else node.op
        for node in listed
        if id(node) in ends or node.op is not None
    ]
    between = [node for node in listed if node.op is None and id(node) not in ends]
    is_known = is_whole = (
        _are_layers(found) and all(node.parents for node in between) and _is_known(model.slots["outputs"])
    )
    if m.regime is None or m.regime.stack:
        # In Keras 2 an operation on tensors counts as a layer, and so does a layer that is an attribute.
        is_known = is_whole and not between and not keras.holds_others(model, found)
    return Sequence("list", found if is_whole else [*found, ANYTHING], not is_known)


def _are_layers(values) -> bool:
    return all(isinstance(value, Instance) for value in values)


def _is_known(outputs) -> bool:
    """Whether the outputs of a graph are all known to be of it."""
    if isinstance(outputs, (Sequence, Mapping)):
        return not outputs.open and all(map(_is_known, _INSIDE[type(outputs)](outputs)))
    return isinstance(outputs, Tensor) and outputs.node is not None


_INPUT_LAYER = External("keras.layers.InputLayer")


# ---------------------------------------------------------------- running


class _Map(NamedTuple):
    """A graph as Keras maps it. depths: of nodes by id; by `_key` op_depths, and found: when it was met first."""

    nodes: dict[int, Node]
    depths: dict[int, int]
    op_depths: dict[int, int]
    found: dict[int, int]


def _key(node: Node, ends) -> int:
    """What a node runs. Where a graph begins, be it in the midst of another, is an input of its own."""
    return id(node) if node.op is None or id(node) in ends else id(node.op)


def execution_order(inputs, outputs) -> list[Node]:
    """Keras' own order: by depth from the outputs, deepest first."""
    mapped = _map_graph(inputs, outputs)
    by_depth: dict = {}
    for key, depth in mapped.depths.items():
        by_depth.setdefault(depth, []).append(mapped.nodes[key])
    ordered = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    ends = {id(t.node) for t in inputs}
    return [node for node in ordered if id(node) not in ends]


def _map_graph(inputs, outputs) -> _Map:
    """What leads from the inputs to the outputs (`keras/src/ops/function.py`, map_graph)."""
    ends = {id(t.node) for t in inputs}
    finished: set = set()
    postorder: list[Node] = []
    found: dict = {}

    def visit(node):
        if id(node) in finished:
            return
        found.setdefault(_key(node, ends), len(found))
        if id(node) not in ends:
            for tensor in node.parents:
                visit(tensor.node)
        finished.add(id(node))
        postorder.append(node)

    for tensor in outputs:
        visit(tensor.node)
    depths: dict = {}
    op_depths: dict = {}
    nodes: dict = {}
    for node in reversed(postorder):
        nodes[id(node)] = node
        depth = depths.setdefault(id(node), 0)
        op = _key(node, ends)
        depth = max(depth, op_depths.get(op, 0))
        op_depths[op] = depth
        depths[id(node)] = depth
        if id(node) in ends:
            continue
        for tensor in node.parents:
            nodes[id(tensor.node)] = tensor.node
            depths[id(tensor.node)] = max(depth + 1, depths.get(id(tensor.node), 0))
    for key in ends - nodes.keys():
        depths[key], op_depths[key], found[key] = 0, 0, -1
    nodes.update((id(tensor.node), tensor.node) for tensor in inputs)
    return _Map(nodes, depths, op_depths, found)


def run(m: Machine, model: Instance, given: Given):
    """Run a graph whose model received `given`."""
    if LAYERS in model.slots:
        _run_sequential(m, model, given)
        return TENSOR
    for node in execution_order(*model.slots[GRAPH]):
        if node.op is None:
            continue
        site, callee, within = m.site, m.callee, m.within
        if node.site is not None:
            m.site, m.callee, m.within, m.node = node.site, node.callee, node.within, node
        try:
            values = _node_values(m, node.op, node.pin, given, node.fast, node.site is not None)
            layers.call_held(m, node.op, values)
        finally:
            m.site, m.callee, m.within, m.node = site, callee, within, None
    return TENSOR


def _run_sequential(m, model, given):
    dtype = named(model.slots.get(INPUT, NONE))
    for layer, *added in model.slots[LAYERS]:
        site, callee, within = m.site, m.callee, m.within
        if m.site is None:
            m.site, m.callee, m.within = added
        try:
            for option in layer.options if isinstance(layer, Union) else (layer,):
                if _is_input(option):
                    continue
                fast = _converts_nothing(m, option, dtype)
                layers.call_held(m, option, _node_values(m, option, NOTHING, given, fast))
            if m.regime.records_defaults == "fast":  # nowhere else does it matter
                dtype = _output_dtype(m, layer)
        finally:
            m.site, m.callee, m.within = site, callee, within


def _is_input(layer) -> bool:
    return isinstance(layer, Instance) and layer.cls == _INPUT_LAYER


def _node_values(m, op, pin, given, fast, written=True) -> list[Given]:
    """What a node's layer is called with; several if that is not known, unknown if it is the default of an unknown layer.

    written: whether the source makes the graph. Keras 3 does that by calling the layer with its pin alone: a `training`
    that is required is missing there, whatever the graph would hand on.
    """
    found = []
    for signature in layers.signatures(m, op):
        needed = signature.default is REQUIRED and not m.regime.required_may_be_absent
        if needed and written and (pin is None or pin.value is ABSENT):
            return [NOTHING]
        for each in (True, False) if fast is None else (fast,):
            value = node_value(m.regime, signature, pin or NOTHING, given, each, keras.class_name(op))
            if value not in found:
                found.append(value)
    passed = {value.value for value in found if value is not NOTHING}
    return found if len(passed) < 2 else [Given(UNKNOWN)]


def node_value(regime: Regime, signature, pin: Given, given: Given, fast: bool, name: str) -> Given:
    """The explicit value with which a graph calls a layer of this name.

    `models/functional.py` (`Functional.call`, `operation_fn`) and `ops/node.py`; Keras 2
    `Functional._run_internal_graph`.
    """
    if regime.graph_overrides_pins and given.value is not None and given.value is not ABSENT:
        if signature.accepts or regime.graph_feeds_all:
            return given
    if regime.drops_undeclared and not signature.accepts:
        return NOTHING
    if pin.value is not ABSENT:
        lost = regime.stack and (pin.value is None or not signature.accepts)
        return NOTHING if lost else pin
    records = regime.records_defaults == "always" or (regime.records_defaults == "fast" and fast)
    if records and signature.accepts and signature.default in (True, False):
        return Given(signature.default, Origin("default", None, name))
    return NOTHING
