"""What is surely no layer, and so leaves the call context alone, though the source that is read does not define it."""

import builtins
import keyword

import pytest
from texts import findings, modes

# A callee in lower case that is not known may be a layer, and may have changed the context for what follows.
NET = """
{imports}


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        {before}
        return self.drop(x)
"""
CALLED = [
    name
    for name in dir(builtins)
    if not keyword.iskeyword(name) and callable(getattr(builtins, name)) and not name.startswith("__")
]
LIBRARIES = """
tensorflow numpy jax math os time random re json pathlib collections itertools datetime logging string copy typing
abc enum warnings argparse pickle csv glob shutil scipy sklearn pandas matplotlib PIL cv2 tqdm absl torch operator
functools contextlib dataclasses types inspect io subprocess urllib requests seaborn
""".split()


def mode(before, imports=""):
    """The mode of the Dropout in a bare call, where an unknown layer before it may have left its own default (R5)."""
    return modes(NET.format(before=before, imports=imports), "call")["self.drop"]


def test_what_is_not_known_may_be_a_layer():
    assert mode("anything(x)") == "unknown"
    assert mode("self.anything = make(); self.anything(x)") == "unknown"
    assert mode("_anything(x)") == "unknown"
    assert mode("layer, _ = make(x); layer(x)") == "unknown"
    assert mode("_Anything(x)") == "infer"
    assert mode("Anything(x)") == "infer"  # a class, which is made here and not called


@pytest.mark.parametrize("name", [*CALLED, "display", "get_ipython"])
def test_the_functions_of_python(name):
    assert mode(f"{name}(x)") == "infer"


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_functions_of_libraries(library):
    assert mode(f"result = {library}.part.make(x); result(x)", f"import {library}") == "infer"
    assert mode("make(x)(x)", f"from {library} import make") == "infer"


def test_what_another_library_makes_may_be_a_layer():
    assert mode("layer = other.part.make(x); layer(x)", "import other") == "unknown"


# What Keras gives every layer and model. Another base, which is not known either, may give any other name.
METHODS = """
build add_loss add_metric add_weight add_variable compute_mask compute_output_shape get_config from_config summary
build_from_config quantize set_weights get_weights load_weights save_weights compute_loss
make_train_function make_test_function make_predict_function __setattr__ __getattr__
fit fit_generator train_on_batch evaluate evaluate_generator test_on_batch predict predict_generator predict_on_batch
compile export save train eval
""".split()


@pytest.mark.parametrize("name", METHODS)
def test_the_methods_of_keras(name):
    mixed = NET.replace(
        "class Net(keras.Model)", "from elsewhere import Mixin\n\n\nclass Net(Mixin, keras.Model)"
    )
    for text in (NET, mixed):
        text = text.format(before=f"self.{name}(x)", imports="")
        assert modes(text, "call") == {"self.drop": "infer"}
    other = text.replace(f"self.{name}(", "self.other(")
    assert modes(other, "call") == {"self.drop": "unknown"}


PHASES = ("learning_phase", "set_learning_phase", "learning_phase_scope", "in_train_phase", "in_test_phase")


@pytest.mark.parametrize("name", PHASES)
def test_what_is_gone_of_the_backend(name):  # R17
    assert findings(f"\nkeras.backend.{name}(1)\n") == [(2, "KER401")]
    assert findings(f"\nfrom keras import backend as K\nx = K.{name}(1)\n") == [(3, "KER401")]


@pytest.mark.parametrize("name", ["image_data_format", "floatx", "clear_session"])
def test_what_is_left_of_the_backend(name):
    assert findings(f"\nkeras.backend.{name}()\n") == []


# Models and layers of packages that are built on Keras, by the names that their users write.
MODELS = (
    "keras_hub.models.Task",
    "keras_hub.models.Backbone",
    "keras_nlp.models.Task",
    "keras_nlp.models.Backbone",
)
OWN = """
import {package}


class Own({base}):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


def main(x, y):
    net = {made}
    net.fit(x, y)
"""


@pytest.mark.parametrize("base", MODELS)
def test_models_of_packages_built_on_keras(base):
    text = OWN.format(package=base.partition(".")[0], base=base, made="Own()")
    assert findings(text) == [(10, "KER101")]
    assert findings(text.replace(base, "some.other.Model")) == []


def test_a_layer_of_a_package_built_on_keras():
    text = OWN.format(
        package="tensorflow_recommenders as tfrs", base="tfrs.tasks.Task", made="keras.Sequential([Own()])"
    )
    assert findings(text) == []  # a layer gets its mode from the context
    assert modes(text, "fit", name="Own") == {"self.drop": "train"}
