"""Builds classes of real projects with `keraslint verify`, and prints how many could be as Markdown.

    python tools/verify_sweep.py                            # all sources, both parts
    python tools/verify_sweep.py --part tuning              # the classes that the heuristics were made on
    python tools/verify_sweep.py --source spektral --source dragen1860/TensorFlow-2.x-Tutorials
    python tools/verify_sweep.py --findings                 # the correctness findings of these sources, judged
    python tools/verify_sweep.py --folder ~/code/nets --kind script --regime 2    # code that is on this machine
    python tools/verify_sweep.py --json results.jsonl --output results.md

Classes are chosen by rule, not by hand: every class of a module that defines `call` and makes a layer that acts by
mode or one of the project's own; tests are left out. Of each source a sample is drawn by `--seed`. The file that a class stands in decides
whether it belongs to the part that the heuristics may be made on (`tuning`) or to the one that is held out (`held-out`). With the
usual seed both parts have been read by now: what is to be a first contact needs another seed or other folders.

Packages are unpacked wheels and repositories clones at a commit, kept in `~/.cache/keraslint` or in the folder that
KERASLINT_SOURCES names. Where they import more than Keras, that is installed into `extras` beside them (1 GB). Needs the
environments of `tools/keras_envs.py`.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import hashlib
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import keras_envs

from keraslint.config import Settings, settings_for
from keraslint.engine import check
from keraslint.result import Result
from keraslint.rulebook import folder as rules_folder
from keraslint.rulebook import load_toml
from keraslint.source.discover import discover
from keraslint.source.files import Source as File
from keraslint.source.files import SourceError
from keraslint.verify.jobs import job
from keraslint.verify.models import Model
from keraslint.verify.run import verify
from keraslint.verify.workers import Limits, Pool

CACHE = Path(os.environ.get("KERASLINT_SOURCES") or Path.home() / ".cache" / "keraslint")
SEED = "keraslint"
EACH = 8  # classes of one source and part, at most
PARTS = ("tuning", "held-out")
KINDS = ("script", "library")
LIMITS = Limits(seconds=150.0, memory=1 << 30, workers=2)
TESTS = re.compile(r"(^|[/_])tests?([/_.]|$)|conftest")


@dataclass(frozen=True)
class Source:
    """Code of one origin. name: a package as NAME==VERSION, or a repository as OWNER/NAME@COMMIT; regime: the Keras that it is for."""

    name: str
    kind: str  # script (notebooks too) or library
    regime: str
    place: str = ""  # where it is, if it is not to be fetched

    @property
    def is_package(self) -> bool:
        return "==" in self.name

    @property
    def folder(self) -> Path:
        return (
            Path(self.place)
            if self.place
            else CACHE / ("packages" if self.is_package else "repositories") / self.name.replace("/", "+")
        )


# (kind, regime) -> names
_NAMES = {
    ("script", "3.10"): (
        "IIhamidII/keras-io@7a0eca6f815ee84a7a08243751923e02605b644d",
        "fchollet/deep-learning-with-python-notebooks@dea84a4e12cc3bb3cb61ce952a0168bca113d315",
    ),
    ("script", "2"): (
        "svpino/keras-io@0135abc7f119379dc51cafc97036f91ddfb451a7",
        "tensorflow/docs@7c3650212740204359d4ceae481abc79345541be",
        "dragen1860/TensorFlow-2.x-Tutorials@9861a308283d17693d497fdfaab20b92c0b26d08",
        "MorvanZhou/NLP-Tutorials@3aa02a13151b696e8c034da5f7bd2ef4294a5e5f",
        "MorvanZhou/mnistGANs@ba7e598933010695d75e9ac524fa1d1014022416",
        "calmisential/Basic_CNNs_TensorFlow2@907303dc0db0548682e131cf680ae8aab4ab0ad2",
        "YunYang1994/TensorFlow2.0-Examples@299fd6689f242d0f647a96b8844e86325e9fcb46",
        "PacktPublishing/Hands-On-Image-Generation-with-TensorFlow-2.0@58d930d925bbe0e2e752bd9d08487815ed27d986",
        "PacktPublishing/Deep-Learning-with-TensorFlow-and-Keras-3rd-edition@7f1d064983bc7ffd7ba9305124a3ad2b82a2ab77",
        "PacktPublishing/Hands-On-Neural-Networks-with-TensorFlow-2.0@1427cd8814245d1621411f58f27168cc649d1b70",
        "davidADSP/Generative_Deep_Learning_2nd_Edition@9b1048dbe0d698b486ed16d529cf16fcd3aea29d",
        "ageron/handson-ml3@e3f3f9e66d58cfa1d068a498433063a1d3fba9ef",
        "jason9693/MusicTransformer-tensorflow2.0@f7c06c0cb2e9cdddcbf6db779cb39cd650282778",
        "duckzhao/tensorflow2_learning@dd6ecee13a7a70e2bfcbb37791ed3cad22004861",
        "forskamse/TensorFlow-2-Implementations-of-CNN-Based-Networks@4d9e97a06aa3a72250110f1bb0218f029b088ca6",
        "siavash-khodadadeh/MetaLearning-TF2.0@de852bd3b2ff46f8d390cebf561add3a166ee855",
    ),
    ("library", "3.10"): (
        "keras-hub==0.32.0",
        "keras-cv==0.9.0",
        "bayesflow==2.0.12",
        "keras-tcn==3.5.7",
        "kgcnn==4.0.2",
    ),
    ("library", "2"): (
        "TensorSpeech/TensorFlowTTS@136877136355c82d7ba474ceb7a8f133bd84767e",
        "spektral==1.3.1",
        "deepctr==0.9.4",
        "tensorflow-recommenders==0.7.7",
        "tf-models-official==2.20.0",
        "kecam==1.4.3",
        "transformers==4.46.3",
    ),
}
SOURCES = tuple(Source(name, kind, regime) for (kind, regime), names in _NAMES.items() for name in names)

# What the sources import besides Keras. Without their own dependencies, of which TensorFlow and Keras are some.
EXTRAS = (
    "absl-py", "annotated-types", "array-record", "ase", "attrs", "audioread", "beautifultable", "bidict",
    "catalogue", "check_shapes", "click", "cloudpickle", "conditional", "contextlib2", "contourpy", "cycler",
    "cython", "dataclasses-json", "decorator", "deprecated", "dill", "dm-tree", "docopt", "drjit", "easydict",
    "einops", "etils", "featuretools", "filelock", "fire", "fonttools", "fsspec", "gin-config",
    "googleapis-common-protos", "gpflow", "gym", "gymnasium", "huggingface-hub==0.36.0", "hypernets", "imageio",
    "immutabledict", "importlib-resources", "jieba", "jinja2", "jiwer", "joblib", "kagglehub", "keras-applications",
    "keras-nlp", "keras-preprocessing==1.1.2", "keras-tuner", "kiwisolver", "kt-legacy", "lark", "lazy-loader",
    "librosa==0.10.1", "llvmlite", "lxml", "markupsafe", "matplotlib", "mitsuba", "ml-collections", "mpmath",
    "msgpack", "multipledispatch", "narwhals", "nest-asyncio", "networkx", "nltk", "numba", "opencv-python-headless",
    "packaging", "pandas", "pillow", "pooch", "promise", "psutil", "pycocotools", "pydantic", "pydantic-core",
    "pygame", "pymatgen", "pyparsing", "python-dateutil", "PyWavelets", "pyyaml", "rapidfuzz", "rdflib", "rdkit",
    "regex", "sacrebleu", "safetensors", "schema", "scikit-image", "scikit-learn", "seaborn", "sentencepiece",
    "soundfile", "soxr", "sympy", "tabulate", "tensorflow-addons==0.23.0", "tensorflow-datasets", "tensorflow-hub",
    "tensorflow-metadata", "tensorflow-model-optimization", "tensorflow-probability", "tf-slim", "threadpoolctl",
    "tifffile", "tiktoken", "tokenizers==0.20.3", "toml", "tqdm", "traitlets", "transformers==4.46.3",
    "typeguard==2.13.3", "typing-inspection", "tzdata", "wcwidth", "woodwork", "yacs", "zipp",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", action="append", help="only those whose name begins so; several allowed")
    parser.add_argument("--folder", action="append", help="code that is here instead; several allowed")
    parser.add_argument("--kind", choices=KINDS, default="script", help="what is in these folders (script)")
    parser.add_argument("--regime", default="2", help="the Keras that they are for (2)")
    parser.add_argument("--part", choices=PARTS, help="only the classes of this part")
    parser.add_argument("--seed", default=SEED)
    parser.add_argument("--each", type=int, default=EACH, help=f"classes of a source and part ({EACH})")
    parser.add_argument(
        "--findings", action="store_true", help="judge the correctness findings, instead of building a sample"
    )
    parser.add_argument("--list", action="store_true", help="only print the classes that are chosen")
    parser.add_argument("--json", type=Path, help="write what each class came to here, a line each")
    parser.add_argument("--output", type=Path, help="write the document here instead of printing it")
    options = parser.parse_args()
    here = [os.path.abspath(folder) for folder in options.folder or ()]
    sources = [Source(os.path.basename(each), options.kind, options.regime, each) for each in here]
    if not here:
        sources = [s for s in SOURCES if not options.source or s.name.startswith(tuple(options.source))]
    if not sources:
        parser.error("no source is called so; SOURCES has them")
    for source in sources:
        bring(source)
    if options.list:
        print("\n".join(row["class"] for source in sources for row in sample(source, options)))
        return 0
    if not (CACHE / "extras").is_dir() and any(map(imports_more, sources)):
        install_extras()
    swept: list[dict] = []
    found = chain.from_iterable(map(judged, sources)) if options.findings else built(sources, options)
    for row in found:
        swept.append(row)
        print(
            f"{len(swept)}: {row.get('class') or row['place']}: {row['stage']}", file=sys.stderr, flush=True
        )
        if options.json:
            with options.json.open("w" if len(swept) == 1 else "a") as file:
                file.write(json.dumps(row) + "\n")
    swept.sort(key=lambda row: row.get("class", ""))
    text = "\n".join(verdicts(swept) if options.findings else report(swept, options))
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)
    return 0


# ---------------------------------------------------------------- sources


def bring(source: Source) -> None:
    """Download a source, if it is not there."""
    if source.folder.is_dir():
        return
    new = Path(f"{source.folder}.new")
    new.parent.mkdir(parents=True, exist_ok=True)
    if source.is_package:
        options = ["--no-deps", "--only-binary", ":all:", "--python-version", "3.11", "--platform", "any"]
        with tempfile.TemporaryDirectory() as folder:
            run(sys.executable, "-m", "pip", "download", "-q", *options, "-d", folder, source.name)
            [wheel] = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(new)
    else:
        name, _, commit = source.name.partition("@")
        run("git", "clone", "-q", "--filter=blob:none", "--no-checkout", f"https://github.com/{name}", new)
        run("git", "-C", new, "checkout", "-q", commit)
    new.rename(source.folder)  # a folder that is there is whole


def imports_more(source: Source) -> bool:
    """Whether a source imports what is neither Python's, nor its own, nor there with Keras."""
    own = {path.stem for path in source.folder.rglob("*") if path.suffix == ".py" or path.is_dir()}
    there = {*own, *sys.stdlib_module_names, "keras", "tf_keras", "tensorflow", "numpy", "h5py"}
    for _, tree in parsed(source):
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            if {name.partition(".")[0] for name in names} - there:
                return True
    return False


def install_extras() -> None:
    python = str(keras_envs.base_python())
    run(python, "-m", "pip", "install", "-q", "--no-deps", "--target", CACHE / "extras", *EXTRAS)


def run(*command) -> None:
    if subprocess.run([str(part) for part in command]).returncode:
        raise SystemExit(f"verify_sweep: failed: {' '.join(map(str, command))}")


# ---------------------------------------------------------------- which classes


def sample(source: Source, options: argparse.Namespace) -> list[dict]:
    """The classes that are drawn of a source."""
    with uncollected():
        found = list(candidates(source))
    rows = []
    for part in PARTS if options.part is None else (options.part,):
        mine = [row for row in found if part_of(source, row[0], options.seed) == part]
        random.Random(f"{options.seed} {source.name} {part}").shuffle(mine)
        rows += [
            {
                "source": source.name,
                "kind": source.kind,
                "regime": source.regime,
                "part": part,
                "root": str(source.folder),
                "path": str(source.folder / file),
                "name": name,
                "class": f"{source.name} {file}::{name}",
            }
            for file, name in sorted(mine[: options.each])
        ]
    return rows


def part_of(source: Source, file: str, seed: str) -> str:
    digest = hashlib.sha256(f"{seed} {source.name} {file}".encode()).digest()
    return PARTS[digest[0] % 2]


def candidates(source: Source) -> Iterator[tuple[str, str]]:
    """(file, class) of the classes that define `call` and make a layer that acts by mode, or one of the project's own."""
    trees = dict(parsed(source))
    classes = [
        (file, node) for file, tree in trees.items() for node in tree.body if isinstance(node, ast.ClassDef)
    ]
    bases = {node.name: {last_name(base) for base in node.bases} for _, node in classes}
    layers = {"Layer", "Model"}
    while more := {name for name, own in bases.items() if own & layers} - layers:
        layers |= more
    wanted = (layers - {"Layer", "Model"}) | sensitive_names()
    for file, node in sorted(classes, key=lambda pair: (pair[0], pair[1].lineno)):
        defines = any(isinstance(part, ast.FunctionDef) and part.name == "call" for part in node.body)
        if node.name in layers and defines and makes(node) & (wanted - {node.name}):
            yield file, node.name


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Without Python's search for garbage, which would take longer than to parse so much that is kept."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def makes(node: ast.ClassDef) -> set[str]:
    """The names that are called in a class."""
    return {last_name(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}


def parsed(source: Source) -> Iterator[tuple[str, ast.Module]]:
    """The modules and notebooks of a source that can be read, without its tests."""
    for path in discover([str(source.folder)], settings(source), []):
        file = os.path.relpath(path, source.folder)
        if not TESTS.search(file):
            try:
                yield file, ast.parse(File(path, Path(path).read_bytes()).text)
            except (SourceError, SyntaxError, ValueError):
                continue


def last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def sensitive_names() -> set[str]:
    """The layers that act by mode, by the tables."""
    table = load_toml((rules_folder() / "layers" / "keras3.toml").read_text(encoding="utf-8"))
    return {name.rpartition(".")[2] for name, entry in table["layers"].items() if entry.get("sensitive")}


# ---------------------------------------------------------------- what they come to


def built(sources: list[Source], options: argparse.Namespace) -> Iterator[dict]:
    """The rows of all sources with what the verifier made of each class. Keras is started once for those of a regime."""
    for regime in dict.fromkeys(source.regime for source in sources):
        use(regime)
        wanted: dict[tuple[str, str], dict] = {}
        made = drawn([source for source in sources if source.regime == regime], options, wanted)
        with Pool(str(keras_envs.base_python()), regime == "2", LIMITS) as pool:
            for each, result in pool.run(made):
                yield {**wanted[each["filename"], each["name"]], **outcome(result)}


def drawn(sources: list[Source], options: argparse.Namespace, wanted: dict) -> Iterator[dict]:
    """The work of making the classes that are drawn of each source. wanted: gets their rows, by file and name."""
    for source in sources:
        rows = sample(source, options)
        wanted.update({(row["path"], row["name"]): row for row in rows})
        yield from jobs(source, rows)


def jobs(source: Source, rows: list[dict]) -> Iterator[dict]:
    """The work of making each class, as for a class that nothing was found in."""
    files = discover([str(source.folder)], settings(source), [])
    read = SimpleNamespace(read={path: File(path, Path(path).read_bytes()) for path in files})
    for row in rows:
        yield job(Model(row["path"], row["name"]), Result(read=read), settings(source))


def judged(source: Source) -> list[dict]:
    """The correctness findings of a source, each with the verdict."""
    use(source.regime)
    result = check([str(source.folder)], settings(source))
    result.findings = [finding for finding in result.findings if finding.category == "correctness"]
    verified = verify(result, settings(source), str(keras_envs.base_python()), LIMITS)
    return [
        {
            "source": source.name,
            "kind": source.kind,
            "stage": finding.evidence["verdict"],
            "code": finding.code,
            "place": f"{os.path.relpath(finding.span.filename, source.folder)}:{finding.span.start.row}",
            **finding.evidence,
        }
        for finding in verified.findings
    ]


def use(regime: str) -> None:
    """Have the verifier run a Keras of the regime."""
    _, env = keras_envs.env_for(regime)
    for name in [name for name in os.environ if name.startswith(("KERAS_", "TF_", "PYTHON"))]:
        del os.environ[name]
    os.environ.update(env, PYTHONPATH=os.pathsep.join([env["PYTHONPATH"], str(CACHE / "extras")]))


def settings(source: Source) -> Settings:
    found = settings_for(str(source.folder), isolated=True)
    return replace(found, root=str(source.folder), keras=(source.regime,), backend=("tensorflow",))


def outcome(result: dict) -> dict:
    """How far a class came: called, built (but not called), had (but not built), missing; and why not further."""
    stages = {None: "called", "call": "built", "build": "had", "load": "missing"}
    row = {
        key: result.get(key)
        for key in (
            "reason",
            "seconds",
            "processor_seconds",
            "memory",
            "built",
            "arguments",
            "inputs",
            "tried",
            "assumed",
            "sites",
        )
    }
    errors = {
        entry: about["error"]["message"]
        for entry, about in result.get("entries", {}).items()
        if "error" in about
    }
    row.update(stage=stages.get(result.get("failed"), result.get("failed")), errors=errors)
    row["needs"] = sorted(
        set(re.findall(r"(?:needs the package|No module named) '([\w.]+)'", str(result.get("reason"))))
    )
    return row


# ---------------------------------------------------------------- the document


def report(rows: list[dict], options: argparse.Namespace) -> list[str]:
    """How many classes were called, and why others were not."""
    lines = [
        "# Real classes",
        "",
        "How many classes of real projects `keraslint verify` can make and call without being told how.",
        f"Written by `python tools/verify_sweep.py {' '.join(sys.argv[1:])}` with the seed `{options.seed}`.",
        "",
        "| part | kind | classes | had | built | called | share | of those whose dependencies are installed |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for part in PARTS:
        for kind in KINDS:
            own = [row for row in rows if (row["part"], row["kind"]) == (part, kind)]
            if own:
                lines.append(table_row([part, kind, *shares(own)]))
    if rows:
        lines.append(table_row(["all", "", *shares(rows)]))
    lines += [
        "",
        *times(rows),
        "",
        "## By source",
        "",
        "| source | regime | classes | called |",
        "|---|---|---|---|",
    ]
    for source, regime in dict.fromkeys((row["source"], row["regime"]) for row in rows):
        own = [row for row in rows if row["source"] == source]
        lines.append(table_row([source, regime, len(own), count(own, "called")]))
    lines += ["", "## Classes", "", *("- " + told(row) for row in rows)]
    return lines


def shares(rows: list[dict]) -> list:
    called = count(rows, "called")
    installed = len([row for row in rows if not row["needs"]])
    built_or_more = called + count(rows, "built")
    return [
        len(rows),
        built_or_more + count(rows, "had"),
        built_or_more,
        called,
        f"{called / len(rows):.0%}",
        f"{called} of {installed} ({called / max(installed, 1):.0%})",
    ]


def times(rows: list[dict]) -> list[str]:
    """What the classes took that were called, and the memory that any took."""
    called = [row for row in rows if row["stage"] == "called"]
    if len(called) < 2:
        return []
    lines = []
    for key, what in (("processor_seconds", "of the processor"), ("seconds", "of the clock")):
        cuts = statistics.quantiles([row[key] for row in called], n=20)
        lines.append(
            f"Seconds {what} for a class that was called, warm, with all entries recorded: median {cuts[9]:.1f}, "
            f"90th percentile {cuts[17]:.1f}, 95th {cuts[18]:.1f}."
        )
    most = max(row["memory"] for row in rows if row["memory"])
    return [*lines, f"Most memory that a worker had for itself: {most} MB."]


def told(row: dict) -> str:
    if row["stage"] == "called":
        return f"`{row['class']}`: called as `{row['built']}` with `{', '.join(row['inputs'])}`"
    return f"`{row['class']}`: {row['stage']}: {row['reason']}"


def verdicts(rows: list[dict]) -> list[str]:
    """What became of the findings: by rule, and each that was not confirmed."""
    words = ("confirmed", "refuted", "context-dependent", "broken", "inconclusive")
    lines = [table_row(["rule", *words]), "|---" * (len(words) + 1) + "|"]
    for code in sorted({row["code"] for row in rows}):
        lines.append(table_row([code, *(count([r for r in rows if r["code"] == code], w) for w in words)]))
    lines.append(table_row(["all", *(count(rows, word) for word in words)]))
    lines += [
        "",
        *(
            f"- {row['source']} `{row['place']}` {row['code']}: {row['stage']}: {row['reason']}"
            for row in rows
        ),
    ]
    return lines


def count(rows: list[dict], stage: str) -> int:
    return sum(row["stage"] == stage for row in rows)


def table_row(cells) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
