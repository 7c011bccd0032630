"""Every spelling of a name of Keras comes to one."""

import pytest

from keraslint.semantics.names import canonical, is_keras, is_object

SPELLINGS = {
    "keras.layers.Dropout": [
        "keras.layers.Dropout",
        "tensorflow.keras.layers.Dropout",
        "tf_keras.layers.Dropout",
        "keras.api.layers.Dropout",
        "keras.src.layers.Dropout",
        "keras.src.layers.regularization.dropout.Dropout",
        "keras.layers.core.Dropout",
        "keras._tf_keras.keras.layers.Dropout",
        "tensorflow.compat.v1.keras.layers.Dropout",
        "tensorflow.compat.v2.keras.layers.Dropout",
        "tensorflow.python.keras.layers.Dropout",
        "tf_keras.src.layers.regularization.dropout.Dropout",
    ],
    "keras.Model": [
        "keras.Model",
        "keras.models.Model",
        "keras.engine.training.Model",
        "keras.src.models.model.Model",
        "keras.src.engine.training.Model",
        "tensorflow.keras.Model",
        "tensorflow.keras.models.Model",
        "tensorflow.python.keras.engine.training.Model",
    ],
    "keras.Sequential": [
        "keras.Sequential",
        "keras.models.Sequential",
        "keras.src.models.sequential.Sequential",
    ],
    "keras.Functional": ["keras.Functional", "keras.src.models.functional.Functional"],
    "keras.Input": ["keras.Input", "keras.layers.Input", "keras.src.layers.core.input_layer.Input"],
    "keras.layers.Layer": ["keras.Layer", "keras.layers.Layer", "keras.engine.base_layer.Layer"],
    "keras.applications.ResNet50": [
        "keras.applications.ResNet50",
        "keras.applications.resnet50.ResNet50",
        "tensorflow.keras.applications.resnet.ResNet50",
        "keras.src.applications.resnet.ResNet50",
    ],
    "keras.applications.resnet50.preprocess_input": [
        "tensorflow.keras.applications.resnet50.preprocess_input"
    ],
    "keras.layers.add": ["tensorflow.keras.layers.add"],
    "keras.backend.learning_phase": [
        "tensorflow.keras.backend.learning_phase",
        "tf_keras.backend.learning_phase",
    ],
    "keras.ops.cond": ["keras.ops.cond"],
    "keras": ["keras", "tensorflow.keras", "tf_keras"],
}
OTHERS = (
    "tensorflow.nn.dropout",
    "numpy.layers.Dropout",
    "kerastuner.Model",
    "keras_hub.layers.Dropout",
    "mine.Model",
    "torch.nn.Dropout",
)


@pytest.mark.parametrize("name, spelling", [(name, one) for name, all_ in SPELLINGS.items() for one in all_])
def test_spellings(name, spelling):
    assert canonical(spelling) == name
    assert is_keras(canonical(spelling))


@pytest.mark.parametrize("name", OTHERS)
def test_names_of_others_stay(name):
    assert canonical(name) == name
    assert not is_keras(name)


def test_tensorflow_s_own_second_version():
    assert canonical("tensorflow.compat.v2.nn.dropout") == "tensorflow.nn.dropout"
    assert canonical("keras.utils.Model") == "keras.utils.Model"


# What real Keras, TensorFlow, JAX, PyTorch and NumPy have under these names: a module, class or function, or a text.
OBJECTS = (
    "keras",
    "keras.layers.Dropout",
    "tensorflow.nn",
    "tensorflow.float32",
    "jax.grad",
    "torch.nn.Module",
    "numpy.float32",
)
MAY_BE_FALSE = (
    "keras.__version__",
    "numpy.__doc__",
    "elsewhere",
    "elsewhere.FLAG",
    "os.environ",
    "kerastuner",
)


def test_what_is_surely_an_object():
    assert [name for name in (*OBJECTS, *MAY_BE_FALSE) if is_object(name)] == [*OBJECTS]
