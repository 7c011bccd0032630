"""Runs the models of a source text under real Keras and notes which mode every layer call gets.

Runs inside one of the environments of `keras_envs.py`. Nothing is patched: `sys.setprofile` shows every `call` of a
layer as it starts, with its arguments bound, so that signatures stay as Keras and their authors see them.

A text says in its first comments what to run:

    # run: Net() <- float(2, 8)                 the model's expression, and what it is called with
    # run: make(3) <- float(2, 8), int(2, 5) < 10 -> float(2, 1)     several inputs; the shape of the targets
    # only: 3.0, 3.10                           the regimes it is meant for
"""

from __future__ import annotations

import ast
import gc
import importlib
import inspect
import os
import re
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

ENTRIES = ("fit", "evaluate", "predict", "call", "call_true", "call_false")
# Builtin layers whose children the user wrote; what other builtin layers hold is their own affair.
HOLDERS = {"Bidirectional", "Pipeline", "RNN", "SpectralNormalization", "StackedRNNCells", "TimeDistributed", "Wrapper"}
GRAPH_LOOPS = {"_run_through_graph", "_run_internal_graph"}
SPEC = re.compile(r"(float|int)\(([\d, ]*)\)(?:\s*<\s*(\d+))?")


# ---------------------------------------------------------------- what to run


@dataclass
class Run:
    """One `# run:` line. Inputs and targets are (kind, shape, limit of ints)."""

    expression: str
    inputs: list[tuple]
    targets: list[tuple]


def specs(text: str) -> list[tuple]:
    """`float(2, 8), int(2, 5) < 10` -> `[("float", (2, 8), 0), ("int", (2, 5), 10)]`."""
    found = SPEC.findall(text)
    if SPEC.sub("", text).strip(" ,"):
        raise ValueError(f"not understood: {text!r} (write float(2, 8) or int(2, 5) < 10)")
    return [(kind, tuple(int(n) for n in shape.split(",") if n.strip()), int(limit or 2)) for kind, shape, limit in found]


def runs(text: str) -> list[Run]:
    """The `# run:` lines of a source text."""
    result = []
    for line in re.findall(r"^# run:(.*)$", text, re.M):
        left, arrow, right = line.partition("<-")
        if not arrow:
            raise ValueError(f"no `<-` in {line.strip()!r}")
        inputs, _, targets = right.partition("->")
        result.append(Run(left.strip(), specs(inputs), specs(targets)))
    return result


def only(text: str) -> list[str] | None:
    """The regimes of the `# only:` line; None if there is none."""
    line = re.search(r"^# only:(.*)$", text, re.M)
    return [name.strip() for name in line.group(1).split(",")] if line else None


# ---------------------------------------------------------------- Keras, and where things are in it


class Library:
    """The Keras of this environment."""

    def __init__(self):
        self.legacy = bool(os.environ.get("TF_USE_LEGACY_KERAS"))
        self.keras = importlib.import_module("tf_keras" if self.legacy else "keras")
        self.backend = "tensorflow" if self.legacy else self.keras.backend.backend()
        if self.backend == "tensorflow":
            import tensorflow

            tensorflow.config.run_functions_eagerly(True)
            tensorflow.get_logger().setLevel("ERROR")
        if self.legacy:
            self.alias()
        self.root = str(Path(self.keras.__file__).parent)
        self.sequential = self.keras.Sequential
        tensor = self.keras.Input((1,))
        self.functional = type(self.keras.Model(tensor, tensor))
        self.public = {}
        for name in sorted(dir(self.keras.layers)):
            value = getattr(self.keras.layers, name)
            if inspect.isclass(value) and (value not in self.public or name == value.__name__):
                self.public[value] = f"keras.layers.{name}"
        self.graphs = {self.sequential: "keras.Sequential", self.functional: "keras.Model", self.keras.Model: "keras.Model"}
        self.public.update(self.graphs)
        gc.collect()
        gc.freeze()  # every clear_session() would go through all that was imported

    def alias(self):
        """`import keras` gives tf_keras, as for a project of its time."""
        for name, module in list(sys.modules.items()):
            if name == "tf_keras" or name.startswith("tf_keras."):
                sys.modules["keras" + name[len("tf_keras") :]] = module

    def context_value(self):
        """`training` of the current call context."""
        if self.legacy:
            from tf_keras.src.engine import base_layer_utils

            return base_layer_utils.call_context().training
        from keras.src.backend.common import global_state

        context = global_state.get_global_attribute("current_call_ctx")
        return getattr(context, "training", None)

    def name(self, cls: type) -> str:
        """`keras.layers.Dropout` for Keras's own, the plain name for the source's own."""
        if cls in self.public:
            return self.public[cls]
        return cls.__name__


# ---------------------------------------------------------------- the profile


@dataclass(frozen=True)
class Site:
    """The innermost call expression of the source from which a layer was called."""

    row: int
    column: int
    callee: str
    within: str
    filename: str


@dataclass
class Observer:
    """Turns profile events into (site, layer, accepts, value) while `recording`."""

    library: Library
    sources: dict[str, str]  # filename -> text
    events: list = field(default_factory=list)
    recording: bool = False

    def __post_init__(self):
        self.calls = {}  # filename -> {(end line, end byte): Call node}
        self.nodes = {}  # id(graph node) -> (node, Site)
        self.added = {}  # (id(sequential), id(layer)) -> (both, Site)
        self.codes = {}  # class -> codes of the `call`s in its MRO

    def start(self):
        sys.setprofile(self.profile)

    def stop(self):
        sys.setprofile(None)

    def profile(self, frame, event, argument):
        if event != "call":
            return
        name = frame.f_code.co_name
        if name == "call":
            if self.recording:
                self.layer_call(frame)
        elif name == "__init__":
            if frame.f_code.co_filename.endswith("node.py") and frame.f_code.co_filename.startswith(self.library.root):
                node = frame.f_locals["self"]
                self.nodes[id(node)] = (node, self.user_site(frame))
        elif name == "add" and frame.f_code.co_filename.endswith("sequential.py"):
            model, layer = frame.f_locals["self"], frame.f_locals["layer"]
            self.added[id(model), id(layer)] = (model, layer, self.user_site(frame))

    def is_layer(self, frame) -> bool:
        return frame.f_code.co_name == "call" and isinstance(frame.f_locals.get("self"), self.library.keras.layers.Layer)

    def layer_call(self, frame):
        if not self.is_layer(frame):
            return
        layer = frame.f_locals["self"]
        if type(layer) is self.library.keras.layers.InputLayer or not self.is_written(frame, layer):
            return
        site = self.site(frame)
        if site is None:
            return
        accepts, value = self.value(frame)
        self.events.append((site, self.library.name(self.owner(frame.f_code, type(layer))), accepts, value))

    def is_written(self, frame, layer) -> bool:
        """Whether this call stands for one in the source: not a builtin's super().call, nor its inner parts."""
        outer = frame.f_back
        while outer is not None and outer.f_code.co_filename not in self.sources:
            if self.is_layer(outer):
                holder = outer.f_locals["self"]
                if holder is layer or getattr(holder, "_functional", None) is layer:
                    return False
                builtin = next((base for base in type(holder).__mro__ if base in self.library.public), None)
                return builtin in self.library.graphs or getattr(builtin, "__name__", "") in HOLDERS
            outer = outer.f_back
        return True

    def owner(self, code, cls) -> type:
        """The class whose `call` runs: the object's own, unless that one went to a base by super()."""
        if cls not in self.codes:
            self.codes[cls] = [
                (inspect.unwrap(vars(base)["call"]).__code__, base)
                for base in cls.__mro__
                if inspect.isfunction(inspect.unwrap(vars(base).get("call", None)))
            ]
        found = self.codes[cls]
        if found and found[0][0] is code:
            return cls
        owner = next((base for other, base in found if other is code), cls)
        if owner in self.library.public or not owner.__module__.startswith(("keras.", "tf_keras.")):
            return owner
        # A private base, as BatchNormalizationBase of Keras 2: the public class that stands for it.
        before = cls.__mro__[: cls.__mro__.index(owner)]
        return next((base for base in reversed(before) if base in self.library.public), owner)

    def value(self, frame):
        """(does `call` take it, the value)."""
        names, code = frame.f_locals, frame.f_code
        if "training" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
            return True, names["training"]
        if code.co_flags & inspect.CO_VARKEYWORDS:
            position = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
            given = names[code.co_varnames[position]]
            if "training" in given or self.library.legacy:
                return True, given.get("training")
        return False, self.library.context_value()

    def site(self, frame) -> Site | None:
        """Where the source calls this layer; None for the root itself."""
        child = frame.f_locals["self"]
        outer = frame.f_back
        added = None  # the place in a Sequential's list, for one that nobody in the source calls
        inner = False  # inside the graph that is only how a Sequential runs its list
        while outer is not None:
            if outer.f_code.co_filename in self.sources:
                return self.position(outer)
            name = outer.f_code.co_name
            if name in GRAPH_LOOPS:
                inner = self.of_sequential(outer)
                if not inner:
                    return self.nodes.get(id(outer.f_locals["node"]), (None, None))[1]
            if name == "call" and self.is_layer(outer):
                holder = outer.f_locals["self"]
                if isinstance(holder, self.library.sequential):
                    known = self.added.get((id(holder), id(child)))
                    added = known[2] if known else added
                    inner = False
                if not inner:
                    child = holder
            outer = outer.f_back
        return added

    def of_sequential(self, loop) -> bool:
        """Whether a graph that runs is only how a Sequential runs its list."""
        owner = loop.f_locals.get("self")
        outer = loop.f_back
        while outer is not None:
            if self.is_layer(outer):
                holder = outer.f_locals["self"]
                if isinstance(holder, self.library.sequential):
                    return True
                if holder is not owner:
                    return False
            outer = outer.f_back
        return False

    def user_site(self, frame) -> Site | None:
        outer = frame.f_back
        while outer is not None:
            if outer.f_code.co_filename in self.sources:
                return self.position(outer)
            outer = outer.f_back
        return None

    def position(self, frame) -> Site | None:
        """The call expression that a frame is at. Its end is what identifies it: a chain of calls shares its start."""
        filename, code = frame.f_code.co_filename, frame.f_code
        start, end_row, column, end_column = list(code.co_positions())[frame.f_lasti // 2]
        if filename not in self.calls:
            tree = ast.parse(self.sources[filename])
            self.calls[filename] = {
                (node.end_lineno, node.end_col_offset): node for node in ast.walk(tree) if isinstance(node, ast.Call)
            }
        node = self.calls[filename].get((end_row, end_column))
        callee = ""
        if node is not None:
            start, column = node.lineno, node.col_offset
            callee = " ".join((ast.get_source_segment(self.sources[filename], node.func) or "").split())
        line = self.sources[filename].splitlines()[start - 1].encode()
        within = re.sub(r"\.<locals>\.<(listcomp|genexpr|dictcomp|setcomp)>", "", code.co_qualname)
        return Site(start, len(line[:column].decode()) + 1, callee, within, filename)


# ---------------------------------------------------------------- the entries


class Program:
    """A source text that can be loaded afresh as often as needed."""

    def __init__(self, text: str, filename: str, library: Library):
        self.text, self.filename, self.library = text, filename, library
        self.code = compile(text, filename, "exec")

    def load(self, observer: Observer) -> dict:
        """A new namespace of the module; sibling modules of a file are importable, and fresh as well."""
        module = types.ModuleType("fixture")
        module.__file__ = self.filename
        sys.modules["fixture"] = module
        folder = os.path.dirname(self.filename)
        if folder:
            sys.path.insert(0, folder)
            for path in Path(folder).rglob("*.py"):
                observer.sources.setdefault(str(path), path.read_text())
            for name, other in list(sys.modules.items()):
                if other is not module and (getattr(other, "__file__", None) or "").startswith(folder + os.sep):
                    del sys.modules[name]
        try:
            exec(self.code, module.__dict__)
        finally:
            if folder:
                sys.path.remove(folder)
        return module.__dict__


def arrays(wanted: list[tuple]):
    import numpy

    rng = numpy.random.default_rng(0)
    return [
        rng.integers(0, limit, shape) if kind == "int" else rng.uniform(0, 1, shape).astype("float32")
        for kind, shape, limit in wanted
    ]


def packed(values: list):
    return values[0] if len(values) == 1 else values


class Session:
    """Records one `# run:` line in one environment."""

    def __init__(self, program: Program, run: Run, library: Library):
        self.program, self.run, self.library = program, run, library
        self.keras = library.keras
        self.data = arrays(run.inputs)
        self.expected = None

    def tensors(self):
        if self.library.legacy:
            import tensorflow

            return [tensorflow.constant(array) for array in self.data]
        return [self.keras.ops.convert_to_tensor(array) for array in self.data]

    def fresh(self):
        """A new model and the observer that saw it being built."""
        with mock.patch("gc.collect"):  # which would be most of the time of a small model
            self.keras.backend.clear_session()
        observer = Observer(self.library, {self.program.filename: self.program.text})
        observer.start()
        try:
            return eval(self.run.expression, self.program.load(observer)), observer
        finally:
            observer.stop()

    def call(self, layer, **options):
        """`call(self, a, b)` gets its inputs apart, `call(self, inputs)` as a list."""
        values = self.tensors()
        apart = len(values) > 1 and not isinstance(layer, (self.library.functional, self.library.sequential))
        if apart:
            parameters = list(inspect.signature(layer.call).parameters.values())
            plain = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in ("training", "mask")]
            apart = len(plain) >= len(values)
        return layer(*values, **options) if apart else layer(packed(values), **options)

    def targets(self):
        """As the header says, or zeros shaped like the output."""
        if self.run.targets:
            return packed(arrays(self.run.targets))
        import numpy

        output = self.call(self.fresh()[0])
        if isinstance(output, dict):
            return {key: numpy.zeros(value.shape, "float32") for key, value in output.items()}
        many = output if isinstance(output, (list, tuple)) else [output]
        return packed([numpy.zeros(value.shape, "float32") for value in many])

    def hosted(self, layer):
        """`fit` needs a model around a plain layer."""
        inputs = [self.keras.Input(array.shape[1:], dtype=str(array.dtype)) for array in self.data]
        parameters = list(inspect.signature(layer.call).parameters.values())
        apart = len(inputs) > 1 and len([p for p in parameters if p.default is p.empty]) > 1
        return self.keras.Model(inputs, layer(*inputs) if apart else layer(packed(inputs)))

    def starter(self, entry: str, model):
        """A function that starts the entry once."""
        if entry.startswith("call"):
            options = {"call": {}, "call_true": {"training": True}, "call_false": {"training": False}}[entry]
            return lambda: self.call(model, **options)
        if not isinstance(model, self.keras.Model):
            model = self.hosted(model)
        if entry == "predict":
            self.compile(model)
            return lambda: model.predict(packed(self.data), batch_size=len(self.data[0]), verbose=0)
        self.compile(model)
        start = getattr(model, entry)
        return lambda: start(packed(self.data), self.expected, batch_size=len(self.data[0]), verbose=0)

    def compile(self, model):
        """The source's own `compile` stays in force; only how the steps are run is changed."""
        if getattr(model, "optimizer", None) is None:
            model.compile(optimizer="sgd", loss="mse")
        model.run_eagerly = True
        if not self.library.legacy:
            model.jit_compile = False

    def record(self, entry: str):
        """The events of one start, the second: the first one builds, and Keras then calls layers on trial."""
        if entry in ("fit", "evaluate") and self.expected is None:
            self.expected = self.targets()
        model, observer = self.fresh()
        observer.start()
        try:
            start = self.starter(entry, model)
            start()
            observer.recording = True
            start()
        finally:
            observer.stop()
        return observer.events

    def kind(self, model) -> str:
        if type(model) is self.library.functional:
            return "functional"
        if type(model) is self.library.sequential:
            return "sequential"
        return "model" if isinstance(model, self.keras.Model) else "layer"

    def name(self, model) -> str:
        """The class's name if the source has the class; else the function's or the variable's."""
        if type(model) not in self.library.public and not type(model).__module__.startswith(("keras.", "tf_keras.")):
            return type(model).__name__
        node = ast.parse(self.run.expression, mode="eval").body
        while isinstance(node, (ast.Call, ast.Subscript)):
            node = node.func if isinstance(node, ast.Call) else node.value
        return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", self.run.expression)

    def table(self):
        """(name, kind, the regime's record) of this line."""
        result = {"version": self.keras.__version__, "sites": [], "errors": {}}
        try:
            model, _ = self.fresh()
        except Exception as error:
            return None, None, {"version": self.keras.__version__, "error": message(error)}
        rows: dict[tuple, dict] = {}
        for entry in ENTRIES:
            try:
                events = self.record(entry)
            except Exception as error:
                result["errors"][entry] = message(error)
                continue
            for site, layer, accepts, value in events:
                modes = rows.setdefault((site, layer, accepts), {}).setdefault(entry, [])
                if mode(value) not in modes:
                    modes.append(mode(value))
        for (site, layer, accepts), modes in sorted(rows.items(), key=lambda item: order(item[0])):
            row = {"row": site.row, "column": site.column, "within": site.within, "callee": site.callee}
            if site.filename != self.program.filename:
                row["filename"] = os.path.relpath(site.filename, os.path.dirname(self.program.filename))
            row.update(layer=layer, accepts=accepts, modes={key: sorted(modes[key]) for key in ENTRIES if key in modes})
            result["sites"].append(row)
        if not result["errors"]:
            del result["errors"]
        return self.name(model), self.kind(model), result


def order(key):
    site, layer, accepts = key
    return site.filename, site.row, site.column, layer, accepts


def mode(value) -> str:
    """What a layer does with a value: None is inference, for every builtin layer of Keras."""
    try:
        return "train" if value else "infer"
    except Exception:  # a symbolic tensor
        return "unknown"


def message(error: Exception) -> str:
    """`TypeError: what it says`, without what differs between two runs."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith("Exception encountered when calling")] or lines or [""]
    return f"{type(error).__name__}: {re.sub(r'0x[0-9a-f]+', '0x', said[0])[:160]}"


def record_text(text: str, filename: str, library: Library) -> dict:
    """What this environment's Keras does with the models of a text: name -> kind, expression and record.

    `filename` may be invented for a text that is no file, as the example of a rule's page.
    """
    result = {}
    program = Program(text, filename, library)
    for run in runs(text):
        name, kind, found = Session(program, run, library).table()
        key = name or run.expression
        if key in result:
            key = run.expression
        result[key] = {"kind": kind, "run": run.expression, "record": found}
    return result
