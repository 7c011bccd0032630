"""Writes `rules/layers/keras2.toml` and `keras3.toml`: what installed Keras says, and does, of each public layer.

    python tools/probe_layers.py                 # probe and write
    python tools/probe_layers.py --check         # probe, write nothing, fail if a table is out of date
    python tools/probe_layers.py applications    # the table of the ready-made models, which takes minutes

Signatures are read with `inspect` from every version of `VERSIONS`. Whether a layer acts differently in training is
found by experiment in the first version of `BEHAVIOUR`: the layer is built as `layer_recipes` says, called implicitly
from a block that is given `training`, True and False, and the outputs and variables are compared.
Needs the environments that `tools/keras_envs.py` makes.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import keras_envs
import layer_recipes as recipes

TABLES = Path(__file__).resolve().parent.parent / "rules" / "layers"
# table -> environments whose signatures are read, in the order of the versions; behaviour is that of BEHAVIOUR.
VERSIONS = {
    "keras2": ["2.21.0"],
    "keras3": ["3.5.0", "3.9.2", "3.10.0", "3.15.1", "3.16.0.dev2026102704"],
}
REGIMES = {"keras2": ["2"], "keras3": ["3.0", "3.10", "3.16"]}
BEHAVIOUR = {"keras2": "2.21.0", "keras3": "3.15.1"}
REPEATS = 6  # an augmentation that is drawn with probability one half may do nothing once


# ---------------------------------------------------------------- inside an environment


def load():
    """The Keras of this environment; tf_keras where that is the one installed."""
    if os.environ.get("TF_USE_LEGACY_KERAS"):
        import tf_keras

        return tf_keras
    import keras

    return keras


def public_layers(keras) -> dict[str, type]:
    """Public name -> class, with the `experimental` names of Keras 2."""
    found = {}
    spaces = [("", keras.layers)]
    experimental = getattr(keras.layers, "experimental", None)
    if experimental is not None:
        spaces += [("experimental.", experimental), ("experimental.preprocessing.", experimental.preprocessing)]
    for prefix, space in spaces:
        for name in sorted(dir(space)):
            value = getattr(space, name)
            if inspect.isclass(value) and issubclass(value, keras.layers.Layer):
                found[prefix + name] = value
    return found


def source_of(value) -> str:
    if isinstance(value, (bool, int, float, str, type(None), tuple, list, dict)):
        return json.dumps(value) if isinstance(value, str) else repr(value)
    return "..."  # an object: only that there is a default matters


def parameters(function) -> list[str]:
    """`def f(self, a, b=1, *, c, **kwargs)` -> `["a", "b=1", "*", "c", "**kwargs"]`."""
    result, starred = [], False
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        if parameter.kind is parameter.VAR_POSITIONAL:
            result.append("*" + parameter.name)
            starred = True
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            result.append("**" + parameter.name)
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            result.append("*")
            starred = True
        default = "" if parameter.default is parameter.empty else "=" + source_of(parameter.default)
        result.append(parameter.name + default)
    return result


def training_of(function) -> str:
    """The default of `training`: its source, "required" or "absent"."""
    parameter = inspect.signature(function).parameters.get("training")
    if parameter is None:
        return "absent"
    return "required" if parameter.default is parameter.empty else source_of(parameter.default)


def signatures(keras) -> dict:
    """Canonical name -> signatures and other names. The canonical name is the class's own where that is public."""
    names = public_layers(keras)
    result = {}
    for name, cls in names.items():
        same = [other for other, value in names.items() if value is cls]
        canonical = cls.__name__ if cls.__name__ in same else min(same, key=lambda text: (text.count("."), text))
        if name == canonical:
            result[name] = {
                "init": parameters(cls.__init__),
                "call": parameters(cls.call),
                "training": training_of(cls.call),
                "aliases": [other for other in same if other != canonical],
            }
    return result


class Prober:
    """Builds layers and compares what they do with training True and False."""

    def __init__(self, keras):
        import numpy

        self.keras, self.np = keras, numpy
        self.classes = public_layers(keras)
        layers = keras.layers

        class Block(layers.Layer):
            """Hands its mode on through the call context, so that layers without `training` are reached as well."""

            def __init__(self, layer):
                super().__init__()
                self.layer = layer

            def build(self, *shapes):  # keeps Keras 3 from tracing `call` once more to build it
                self.built = True

            def call(self, args, training=None):
                return self.layer(*args)

        class Wrapped(layers.Wrapper):
            def call(self, inputs, training=None):
                return self.layer(inputs)

        self.block, self.wrapped = Block, Wrapped

    def inputs(self, kind):
        """Positional arguments of a call: see `layer_recipes.INPUTS`."""
        rng = self.np.random.default_rng(0)

        def floats(*shape):
            return self.tensor(rng.uniform(0.0, 1.0, shape).astype("float32"))

        ids = self.tensor(rng.integers(1, 4, (4, 3)))
        images = self.tensor(rng.uniform(0, 255, (4, 8, 8, 3)).astype("float32"))
        one_hot = self.tensor(self.np.eye(4, dtype="float32"))
        boxes = {
            "boxes": self.tensor(rng.uniform(0, 8, (4, 3, 4)).astype("float32")),
            "labels": self.tensor(self.np.ones((4, 3), "float32")),
        }
        if isinstance(kind, tuple):
            return [self.tensor(rng.uniform(0, 255, kind).astype("float32"))]
        kinds = {
            "flat": lambda: [floats(4, 6)],
            "list": lambda: [[floats(4, 6), floats(4, 6)]],
            "list3": lambda: [[floats(4, 5, 6), floats(4, 5, 6)]],
            "two": lambda: [floats(4, 5, 8), floats(4, 5, 8)],
            "ids": lambda: [ids],
            "list ids": lambda: [[ids[:, :1], ids[:, 1:2]]],
            "sequence": lambda: [floats(4, 5, 6)],
            "video 1": lambda: [floats(2, 4, 6, 3)],
            "video 2": lambda: [floats(2, 4, 6, 6, 3)],
            "video 3": lambda: [floats(2, 3, 4, 4, 4, 3)],
            "state": lambda: [floats(4, 6), floats(4, 3)],
            "states": lambda: [floats(4, 6), [floats(4, 3), floats(4, 3)]],
            "nested states": lambda: [floats(4, 6), [[floats(4, 3), floats(4, 3)], [floats(4, 3), floats(4, 3)]]],
            "sound": lambda: [floats(2, 128)],
            "channel of sound": lambda: [floats(2, 128, 1)],
            "words": lambda: [self.words()],
            "boxes": lambda: [{"images": images, "bounding_boxes": boxes}],
            "labelled images": lambda: [{"images": images, "labels": one_hot}],
        }
        return kinds[kind]()

    def tensor(self, array):
        import tensorflow

        return tensorflow.constant(array)

    def words(self):
        import tensorflow

        return tensorflow.constant([["a"], ["b"], ["a"], ["c"]])

    def child(self, text):
        """`"LSTM dropout"` -> an LSTM with a dropout rate."""
        name, _, option = text.partition(" ")
        given = {"Dropout": {"rate": 0.5}, "Rescaling": {"scale": 0.5}, "RandomFlip": {}}.get(name, {"units": 3})
        if option:
            given = dict(given, **{option: 0.5})
        return self.classes[name](**given)

    def arguments(self, name, child=None):
        """Constructor arguments by `layer_recipes`."""
        cls = self.classes[name]
        given = {}
        for parameter in list(inspect.signature(cls.__init__).parameters.values())[1:]:
            if parameter.default is parameter.empty and parameter.name in recipes.REQUIRED:
                given[parameter.name] = recipes.REQUIRED[parameter.name]
        given.update(recipes.BUILD.get(name) or {})
        if "function" in given:
            given["function"] = lambda x: x
        if name in recipes.CHILDREN:
            [parameter, *_], quiet, _, many = recipes.CHILDREN[name]
            make = child if child is not None else quiet
            given[parameter] = lambda: [self.child(make), self.child(quiet)] if many else self.child(make)
        return given

    def make(self, name, given):
        cls = self.wrapped if name == "Wrapper" else self.classes[name]
        return cls(**{key: value() if callable(value) and key != "function" else value for key, value in given.items()})

    def flat(self, value):
        """The arrays of a nested output."""
        if isinstance(value, dict):
            return [array for key in sorted(value) for array in self.flat(value[key])]
        if isinstance(value, (list, tuple)):
            return [array for item in value for array in self.flat(item)]
        return [] if value is None else [self.np.asarray(value)]

    def state(self, layer):
        """Values of the variables; `weights` leaves out the states of the random generators."""
        return [self.np.asarray(weight) for weight in layer.weights]

    def same(self, left, right):
        return len(left) == len(right) and all(
            a.shape == b.shape and (self.np.allclose(a, b, atol=1e-5) if a.dtype.kind in "fiu" else (a == b).all())
            for a, b in zip(left, right)
        )

    def run(self, name, given, kind, training, weights=None, trainable=True):
        """One call of a fresh layer: its output, its variables before and after, and what `weights` sets.

        Fresh, since a recurrent cell of Keras 2 keeps the dropout mask of its first call for ever.
        """
        layer = self.make(name, given)
        args = self.inputs(kind)
        block = self.block(layer)
        block(args, training=False)  # builds it
        if weights is not None:
            layer.set_weights(weights)
        weights = self.state(layer)  # freezing changes the order of the variables
        if not trainable:
            layer.trainable = False
        if name in recipes.MASKED or name in recipes.CHILDREN:
            self.forget_masks(layer)
        before = self.state(layer)
        output = self.flat(block(args, training=training))
        return output, before, self.state(layer), weights

    def forget_masks(self, layer):
        """Keras 2 keeps the dropout mask (even "none") of a cell's first call."""
        seen = [layer]
        for part in getattr(layer, "_flatten_layers", lambda: [])():
            seen.append(part)
        for part in seen:
            for reset in ("reset_dropout_mask", "reset_recurrent_dropout_mask"):
                if hasattr(part, reset):
                    getattr(part, reset)()

    def effects(self, name, given, kind, **options):
        """What differs with the mode: "output", "variables"; and whether the training output is random."""
        quiet, _, _, weights = self.run(name, given, kind, False, **options)
        changed, loud = set(), []
        for _ in range(REPEATS):
            output, before, after, _ = self.run(name, given, kind, True, weights=weights, **options)
            if not self.same(quiet, output):
                changed.add("output")
            if not self.same(before, after):
                changed.add("variables")
            loud.append(output)
        stochastic = any(not self.same(loud[0], output) for output in loud[1:])
        again = self.run(name, given, kind, False, weights=weights, **options)[0]
        if not self.same(quiet, again):
            raise RuntimeError(f"{name} is random in inference: its recipe must not be")
        return changed, stochastic

    def input_kind(self, name, given):
        if name in recipes.INPUTS:
            return recipes.INPUTS[name]
        errors = []
        for shape in recipes.SHAPES:
            try:
                self.run(name, given, shape, False)
                return shape
            except Exception as error:
                errors.append(f"{shape}: {type(error).__name__} {str(error).splitlines()[0][:100]}")
        raise RuntimeError("; ".join(errors))

    def forwards(self, name):
        """How a wrapper calls its child: "explicit", "implicit" or "direct" (the child's `call`, not the child)."""
        [parameter, *_], quiet, loud, many = recipes.CHILDREN[name]
        base = type(self.child(loud or quiet))  # some wrappers are explicit only to a child that takes `training`
        calls = []

        @self.keras.saving.register_keras_serializable("probe", name="Spy" + name)
        class Spy(base):
            def __call__(self, *args, **kwargs):
                calls.append("explicit" if kwargs.get("training") is not None else "implicit")
                return super().__call__(*args, **kwargs)

        def spy():
            return Spy() if name == "Pipeline" else Spy(0.5) if base.__name__ == "Dropout" else Spy(3)

        given = {**self.arguments(name), parameter: lambda: [spy(), spy()] if many else spy()}
        kind = self.input_kind(name, given)
        block, args = self.block(self.make(name, given)), self.inputs(kind)
        block(args, training=False)
        calls.clear()
        block(args, training=True)
        return calls[0] if calls else "direct"

    def behaviour(self, name):
        """The keys of the table that say how the layer acts."""
        if name in recipes.CHILDREN:
            return self.wrapper(name)
        if recipes.BUILD.get(name, {}) is None:
            return {"sensitive": "never"}
        given = self.arguments(name)
        accepted = inspect.signature(self.classes[name].__init__).parameters
        knobs = [knob for knob in recipes.KNOBS if knob in accepted and knob not in recipes.NOT_KNOBS.get(name, [])]
        knobs += [knob for knob in recipes.HIDDEN_KNOBS.get(name, []) if knob not in knobs]
        if not knobs:
            kind = self.input_kind(name, given)
            effect, stochastic = self.effects(name, given, kind)
            return self.verdict("always" if effect else "never", [], effect, stochastic, name, given, kind)
        zeros = {knob: None if knob in accepted and accepted[knob].default is None else 0.0 for knob in knobs}
        effect, stochastic, on = set(), False, []
        kind = self.input_kind(name, {**given, **zeros, knobs[0]: recipes.KNOBS[knobs[0]]})
        try:
            base = self.effects(name, {**given, **zeros}, kind)[0]
        except Exception:  # zero is refused: such a layer cannot be built to do nothing
            base = {"refused"}
        for knob in knobs:
            found, random = self.effects(name, {**given, **zeros, knob: recipes.KNOBS[knob]}, kind)
            effect, stochastic = effect | found, stochastic or random
            on += [knob] if found else []
        sensitive = "never" if not on else "always" if base else "if"
        return self.verdict(sensitive, on if sensitive == "if" else [], effect, stochastic, name, given, kind)

    def verdict(self, sensitive, nonzero, effect, stochastic, name, given, kind):
        result = {"sensitive": sensitive}
        if sensitive == "never":
            return result
        if nonzero:
            result["nonzero"] = nonzero
        loud = {**given, **{knob: recipes.KNOBS[knob] for knob in nonzero}}
        if "variables" in effect and not self.effects(name, loud, kind, trainable=False)[0]:
            result["trainable"] = True
        result["effect"] = sorted(effect)
        if stochastic:
            result["stochastic"] = True
        return result

    def wrapper(self, name):
        parameters, _, loud, _ = recipes.CHILDREN[name]
        given = self.arguments(name)
        kind = self.input_kind(name, given)
        effect, stochastic = self.effects(name, given, kind)
        result = self.verdict("always" if effect else "never", [], effect, stochastic, name, given, kind)
        if not effect and self.effects(name, self.arguments(name, loud), kind)[0]:
            result["sensitive"] = "if"
        return {**result, "child": parameters, "forwards": self.forwards(name)}


def probe_behaviour(keras) -> dict:
    import warnings

    warnings.simplefilter("ignore")
    prober = Prober(keras)
    stated = recipes.STATED[keras.__name__]
    result = {}
    for name in sorted(signatures(keras)):
        if stated.get(name):
            result[name] = stated[name]
            continue
        try:
            result[name] = prober.behaviour(name)
        except Exception as error:
            result[name] = {"error": f"{type(error).__name__}: {error}"}
    return result


def applications(keras) -> dict:
    """Model function -> classes of the layers in its default graph, Dropouts with rate 0 left out."""
    result = {}
    for name in sorted(dir(keras.applications)):
        function = getattr(keras.applications, name)
        if inspect.isfunction(function):
            layers = function(weights=None)._flatten_layers()
            result[name] = sorted({type(layer).__name__ for layer in layers if getattr(layer, "rate", 1)})
            keras.backend.clear_session()
    return result


def inside(task: str) -> None:
    """Prints one line of JSON: what this environment's Keras says."""
    keras = load()
    found = {"signatures": signatures, "behaviour": probe_behaviour, "applications": applications}[task](keras)
    print("\n" + json.dumps({"version": keras.__version__, "found": found}))


# ---------------------------------------------------------------- outside


def ask(version: str, task: str) -> dict:
    python, env = keras_envs.env_for(version)
    command = [python, __file__, "--inside", task]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"probe_layers: {version} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def toml(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return json.dumps(value)


def applications_table(answers: dict) -> str:
    """The text of `applications.toml`: which layers that act by mode the ready-made models have."""
    import tomllib

    lines = [
        "# The models of keras.applications, each a graph without pins, and the layers in it that act by mode, with",
        "# default arguments. Written by tools/probe_layers.py: do not edit. `regimes` stands where not all have it.",
    ]
    sensitive = {}
    for name, found in answers.items():
        layers = tomllib.loads((TABLES / f"{name}.toml").read_text())["layers"]
        acts = {layer for layer, fact in layers.items() if fact["sensitive"] != "never"}
        for model, classes in found.items():
            sensitive.setdefault(model, {})[name] = sorted(acts & set(classes))
    for model, by_table in sorted(sensitive.items()):
        if len({tuple(classes) for classes in by_table.values()}) > 1:
            raise SystemExit(f"probe_layers: {model} differs between Keras 2 and 3: give the table a place for it")
        lines += ["", f"[applications.{model}]", f"layers = {toml(next(iter(by_table.values())))}"]
        if list(by_table) != list(answers):
            lines.append(f"regimes = {toml([regime for name in by_table for regime in REGIMES[name]])}")
    return "\n".join(lines) + "\n"


def table(name: str) -> str:
    """The text of one table file."""
    if name == "applications":
        return applications_table({name: ask(BEHAVIOUR[name], "applications")["found"] for name in VERSIONS})
    answers = [ask(version, "signatures") for version in VERSIONS[name]]
    versions = [answer["version"] for answer in answers]
    main = versions.index(BEHAVIOUR[name])
    acts = ask(BEHAVIOUR[name], "behaviour")["found"]
    newest = [answers[main], *answers[main + 1 :], *reversed(answers[:main])]
    facts: dict[str, dict] = {}
    renamed: dict[str, str] = {}
    for answer in newest:
        for layer, found in answer["found"].items():
            known = next((other for other in [layer, *found["aliases"]] if other in facts), None)
            if known is None:
                facts[layer] = dict(found)
            elif known != layer:
                renamed[layer] = known
    lines = [
        "# What Keras says and does of each public layer, by version. Written by tools/probe_layers.py: do not edit.",
        "# The keys are explained in docs/versions.md.",
        "",
        "[meta]",
        f'library = {toml("tf_keras" if name == "keras2" else "keras")}',
        f"versions = {toml(versions)}",
        f"behaviour = {toml(versions[main])}",
    ]
    for layer in sorted(facts):
        lines += ["", *entry(layer, facts[layer], answers, acts, renamed, versions)]
    return "\n".join(lines) + "\n"


def entry(layer, fact, answers, acts, renamed, versions) -> list[str]:
    """The lines of one layer."""
    key = layer if layer.isidentifier() else json.dumps(layer)
    names = [layer, *(new for new, known in renamed.items() if known == layer)]
    seen = {
        answer["version"]: next((answer["found"][name] for name in names if name in answer["found"]), None)
        for answer in answers
    }
    aliases = {other for found in seen.values() if found for other in found["aliases"]} | set(names)
    lines = [f"[layers.{key}]", f"init = {toml(fact['init'])}", f"call = {toml(fact['call'])}"]
    if fact["training"] != "absent":
        lines.append(f"training = {toml(fact['training'])}")
    act = acts.get(layer, {"sensitive": "never"} if fact["training"] == "absent" else UNPROBED.get(layer))
    if act is None or "error" in act:
        print(f"probe_layers: {layer}: {act and act['error']}", file=sys.stderr)
        act = {"sensitive": "never" if fact["training"] == "absent" else "always", "note": "not run"}
    for name in ("sensitive", "nonzero", "trainable", "child", "forwards", "effect", "stochastic", "note"):
        if name in act:
            lines.append(f"{name} = {toml(act[name])}")
    if aliases - {layer}:
        lines.append(f"aliases = {toml(sorted(aliases - {layer}))}")
    present = [version for version in versions if seen[version]]
    if present != versions:
        lines.append(f"versions = {toml(present)}")
    other = {version: seen[version]["training"] for version in present if seen[version]["training"] != fact["training"]}
    if other:
        lines.append(f"[layers.{key}.training_in]")
        lines += [f"{json.dumps(version)} = {toml(value)}" for version, value in other.items()]
    return lines


# Layers that only a version without a behaviour probe has.
UNPROBED = {"Mosaic": {"sensitive": "always", "effect": ["output"], "stochastic": True, "note": "by its source"}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="keras2, keras3 (both by default), applications")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a table is out of date")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return inside(options.inside)
    stale = []
    for name in options.tables or VERSIONS:
        path, text = TABLES / f"{name}.toml", table(name)
        if options.check:
            stale += [] if path.read_text() == text else [path]
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if stale:
        raise SystemExit("probe_layers: out of date: " + ", ".join(map(str, stale)))


if __name__ == "__main__":
    main()
