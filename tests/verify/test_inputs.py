"""The search for inputs; the messages are what Keras 3.15 and TensorFlow 2.21 said."""

import math
import textwrap

import pytest

from keraslint.verify.inside.arrays import Spec, describe
from keraslint.verify.inside.errors import told
from keraslint.verify.inside.inputs import _in_order, structures
from keraslint.verify.inside.search import MOST_ALIKE, MOST_ELEMENTS, search


def found(start, accepts):
    """The arguments on which a search ends; `accepts` raises what is wrong with some."""

    def attempt(arguments):
        try:
            accepts(*arguments)
        except Exception as error:
            return 0, error
        return 1, None

    return search([start], attempt).arguments


VECTOR = Spec("float", (2, 16))


@pytest.mark.parametrize(
    "message, wanted",
    [
        (
            "Input 0 of layer 'conv' is incompatible with the layer: expected min_ndim=4, found ndim=2.",
            lambda s: len(s.shape) == 4,
        ),
        (
            'Input 0 of layer "dense" is incompatible with the layer: expected axis -1 of input shape to have value 5, '
            "but received input with shape (2, 16)",
            lambda s: s.shape == (2, 5),
        ),
        ("Matrix size-incompatible: In[0]: [2,16], In[1]: [8,4] [Op:MatMul]", lambda s: s.shape == (2, 8)),
        (
            "Input to reshape is a tensor with 32 values, but the requested shape has 320 [Op:Reshape]",
            lambda s: s.shape == (2, 160),
        ),
        (
            "Dimension 1 in both shapes must be equal: shape[0] = [2,5,16] vs. shape[1] = [2,16,256] [Op:ConcatV2]",
            lambda s: s.shape == (2, 5),
        ),
        ("Shape mismatch, can't divide axis of length 16 in chunks of 7", lambda s: s.shape == (2, 21)),
        (
            "Value for attr 'Tindices' of float is not in the list of allowed values: int32, int64",
            lambda s: s.kind == "int",
        ),
    ],
)
def test_a_message_leads_to_what_it_asks_for(message, wanted):
    def accepts(spec):
        if not wanted(spec):
            raise ValueError(message)

    [answer] = found([VECTOR], accepts)
    assert wanted(answer)


def test_structures_are_found():
    def pair(value):
        _, _ = value if isinstance(value, list) else ()

    assert isinstance(found([VECTOR], pair)[0], list)

    def keyed(value):
        if not isinstance(value, dict) or "image" not in value:
            raise KeyError("image")

    assert list(found([VECTOR], keyed)[0]) == ["image"]


def test_what_is_gone_through_by_its_keys_becomes_a_dict():
    def call(value):
        if not isinstance(value, dict):
            raise AttributeError(
                "'tensorflow.python.framework.ops.EagerTensor' object has no attribute 'items'"
            )

    assert list(found([VECTOR], call)[0].values()) == [VECTOR]


def test_nothing_is_made_that_does_not_fit_into_memory():
    tried = []

    def grows(arguments):
        tried.append(arguments)
        return 0, ValueError("Negative dimension size caused by subtracting")

    answer = search([[Spec("float", (2, 32, 32, 3))]], grows)
    assert answer.arguments is None
    assert all(math.prod(leaf.shape) < MOST_ELEMENTS for [leaf] in tried)


def test_structures_are_shown_as_they_are_written_in_recipes():
    assert describe([VECTOR, {"ids": Spec("int", (2, 8), 10)}]) == "[float(2, 16), {'ids': int(2, 8) < 10}]"


def test_lists_are_as_long_as_is_asked_for():
    def three(value):
        if not isinstance(value, list) or len(value) != 3:
            raise ValueError("A `Pooling` layer should be called on a list of 3 inputs")

    assert len(found([VECTOR], three)[0]) == 3

    def built_of_a_list(value):
        if not isinstance(value, list):
            raise TypeError("'int' object is not subscriptable")

    assert len(found([VECTOR], built_of_a_list)[0]) == 2


def test_a_model_without_a_call_of_its_own_can_be_started_all_the_same():
    class Library:
        layer = sequential = type("Layer", (), {})

        def is_graph(self, model):
            return False

    class Gan:
        def call(self, *args, **kwargs):
            raise NotImplementedError

    assert structures(Gan(), Library(), {})[0] == [VECTOR]


class Library:
    layer = sequential = type("Layer", (), {})

    def is_graph(self, model):
        return False


def first(tmp_path, methods):
    """What a class with these methods is called with first."""
    return starts(tmp_path, methods)[0]


def starts(tmp_path, methods):
    text = f"class Net:\n{textwrap.indent(textwrap.dedent(methods), '    ')}\n"
    path, names = tmp_path / "nets.py", {"__name__": "nets"}
    exec(compile(text, str(path), "exec"), names)
    return structures(names["Net"](), Library(), {str(path): text})


def test_the_mode_that_a_call_passes_is_no_input():
    class Net:
        def call(self, x, training=False, mask=None):
            return x

    assert _in_order(([VECTOR, False], {}), ["x"], Net()) == [VECTOR]
    assert _in_order(([VECTOR, False, None], {}), ["x"], Net()) == [VECTOR, None]
    assert _in_order(([VECTOR], {"training": True, "mask": None}), ["x"], Net()) == [VECTOR, None]


def test_an_argument_that_is_taken_apart_into_its_own_name(tmp_path):
    found = first(tmp_path, "def call(self, x):\n    x, t = x\n    return x + t")
    assert [len(each) for each in found] == [2]


def test_what_is_documented_comes_first(tmp_path):
    found = first(
        tmp_path,
        '''
        def call(self, inputs):
            """Args:
                inputs: [nodes, edges]
                    - nodes (Tensor): of shape (N, 3)
                    - edges (Tensor): indices of shape (2, M)
            """
            n, e = inputs[0], inputs[1]
        ''',
    )
    assert found == [[Spec("float", (2, 3)), Spec("int", (2, 2))]]


def test_parts_that_are_only_documented(tmp_path):
    found = first(
        tmp_path,
        '''
        def call(self, inputs):
            """**Input**

            - Node features of shape `(n_nodes, n_features)`;
            - Adjacency matrix of shape `(n_nodes, n_nodes)`;
            """
            return self.helper(inputs)
        ''',
    )
    assert found == [[Spec("float", (2, 16)), Spec("float", (2, 2))]]


def test_parts_that_are_documented_by_other_names(tmp_path):
    found = first(
        tmp_path,
        '''
        def call(self, inputs, mask=None):
            """
            :param query:       [batch_size, 1, C]
            :param keys:        [batch_size, T, C]
            :param keys_length: [batch_size, 1]
            :return:            [batch_size, 1, C]
            """
            queries, keys, lengths = inputs
            return self.helper(queries, keys, lengths)
        ''',
    )
    assert found == [[Spec("float", (2, 1, 16)), Spec("float", (2, 8, 16)), Spec("int", (2, 1))]]


def test_what_build_takes_apart(tmp_path):
    methods = "def build(self, shape):\n    (b, n, d), (c, m) = shape\n\ndef call(self, inputs):\n    return sum(inputs)"
    assert [[len(part.shape) for part in each] for each in first(tmp_path, methods)] == [[3, 2]]
    methods = "def build(self, shape):\n    b, h, w, c = shape\n\ndef call(self, inputs):\n    return inputs"
    assert [len(each.shape) for each in first(tmp_path, methods)] == [4]


def test_images_of_a_backbone(tmp_path):
    found = starts(
        tmp_path,
        """
        def call(self, inputs):
            c3, c4, c5 = inputs
            for each in c3, c4, c5:
                pass
            b, h, w, c = c3.shape
            b, h, w, c = c4.shape
            b, h, w, c = c5.shape
        """,
    )
    sides = [[part.shape[1] for part in each] for [each] in found[:3]]
    assert sides == [[16, 16, 16], [32, 16, 8], [8, 16, 32]]


def test_parts_that_may_be_left_out(tmp_path):
    found = starts(
        tmp_path,
        """
        def call(self, inputs):
            x, layer_past, weights = inputs
            b, n, d = x.shape
            if weights is not None:
                x = x * weights
        """,
    )
    assert [[part and len(part.shape) for part in each] for [each] in found[:2]][1] == [3, None, None]


def test_a_number_is_given_where_one_is_asked_for(tmp_path):
    assert first(tmp_path, "def call(self, x, *, capacity: int):\n    return x")[1] == Spec("int", (), 3)
    assert first(tmp_path, "def call(self, n):\n    return tf.random.normal((n, 3))") == [Spec("int", (), 3)]


@pytest.mark.parametrize(
    "message, kind",
    [
        ("A must be a SparseTensor", "sparse"),
        (
            "cannot compute ScatterNd as input #2(zero-based) was expected to be a int32 tensor but is a int64 tensor",
            "int64",
        ),
        (
            "Shapes of all inputs must match: values[0].shape = [2,16] != values[1].shape = [] [Op:Pack]",
            "int",
        ),
    ],
)
def test_kinds_that_messages_ask_for(message, kind):
    def accepts(spec):
        if spec.kind != kind:
            raise ValueError(message)

    start = Spec("int", (2, 8)) if kind == "int64" else VECTOR
    assert found([start], accepts)[0].kind == kind


def test_an_image_is_made_as_large_as_a_message_says():
    def accepts(spec):
        if spec.shape[1] < 224:
            raise ValueError(
                "Computed output size would be negative: -5 [input_size: 1, effective_filter_size: 7, stride: 1]"
            )

    assert found([Spec("float", (2, 32, 32, 3))], accepts)[0].shape == (2, 224, 224, 3)


@pytest.mark.parametrize(
    "message, shape",
    [
        (
            "{{function_node __wrapped__MirrorPad_device_/job:localhost/replica:0/task:0/device:CPU:0}} The first dimension "
            "of paddings must be the rank of inputs[4,2], [2,9,144] [Op:MirrorPad]",
            (2, 32, 32, 16),
        ),
        (
            "{{function_node __wrapped__RFFT_device_/job:localhost/replica:0/task:0/device:CPU:0}} Input dimension 2 must "
            "have length of at least 2048 but got: 1200 [Op:RFFT]",
            (2, 2048),
        ),
        (
            "The number of input channels must be evenly divisible by the number of groups. Received groups=768, but the "
            "input has 16 channels (full input shape is (2, 2, 2, 16)).",
            (2, 768),
        ),
        (
            "{{function_node __wrapped__Slice_device_/job:localhost/replica:0/task:0/device:CPU:0}} Expected size[2] in "
            "[0, 15], but got 16 [Op:Slice]",
            (2, 17),
        ),
    ],
)
def test_shapes_that_messages_ask_for(message, shape):
    def attempt(arguments):
        return (0, None) if arguments[0].shape == shape else (0, ValueError(message))

    assert len(search([[VECTOR]], attempt).tried) == 1


def test_a_sequence_that_is_as_long_as_what_is_made_of_another():
    def added(x, mels):
        if x.shape[1] != 256 * mels.shape[-1]:
            raise ValueError(f"Incompatible shapes: [2,{x.shape[1]},128] vs. [2,{256 * mels.shape[-1]},128]")

    start = [Spec("float", (2, 8, 16)), Spec("float", (2, 8, 16))]
    assert found(start, added)[0].shape == (2, 4096, 16)


@pytest.mark.parametrize("patches, shape", [(256, (2, 64, 64, 3)), (128, (2, 32, 64, 3))])
def test_an_image_of_as_many_patches_as_there_are_places(patches, shape):
    def embedded(image):
        count = image.shape[1] * image.shape[2] // 16
        if count != patches:
            raise ValueError(f"Incompatible shapes: [2,{count},16] vs. [1,{patches},16] [Op:AddV2]")

    assert found([Spec("float", (2, 32, 32, 3))], embedded)[0].shape == shape


@pytest.mark.parametrize("shape", [(2, 16), (2, 32, 32, 16)])
def test_positions_that_are_made_an_image(shape):
    def reshaped(x):
        if len(x.shape) != 3 or x.shape[1] != 4:
            raise ValueError(
                f"Input to reshape is a tensor with {math.prod(x.shape)} values, but the requested shape has "
                f"{2 * 4 * x.shape[-1]}"
            )

    assert found([Spec("float", shape)], reshaped)[0].shape == (2, 4, 16)


def test_an_image_that_is_cut_into_windows():
    def cut(x):
        if x.shape[1] % 7:
            raise ValueError(
                "Input to reshape is a tensor with 32768 values, but the requested shape has 25088"
            )

    assert found([Spec("float", (2, 32, 32, 16))], cut)[0].shape == (2, 28, 28, 16)


def test_images_that_are_made_as_large_as_one_another():
    """What `Concatenate` says of three sizes of a pyramid."""

    def attempt(arguments):
        sizes = [spec.shape[1] * 2**at for at, spec in enumerate(arguments)]
        for at, (one, other) in enumerate(zip(sizes, sizes[1:])):
            if one != other or len(arguments[at].shape) != 4:
                return at, ValueError(
                    f"matching shapes. Received: [(2, {one}, {one}, 3), (2, {other}, {other}, 3)]"
                )
        return 2, None

    large, middle, small = search([[Spec("float", (2, 32, 32, 3))] * 3], attempt).arguments
    assert large.shape[1] == 2 * middle.shape[1] == 4 * small.shape[1]


def test_only_the_state_of_a_recurrent_layer_is_made_as_wide_as_that():
    def accepts(tokens, state):
        if state.shape != (2, 1024):
            raise ValueError(
                "An `initial_state` was passed that is not compatible with `cell.state_size`. Received `state_spec`=ListWrapper("
                f"[InputSpec(shape={state.shape}, ndim={len(state.shape)})]); however `cell.state_size` is [1024]"
            )

    start = [Spec("int", (2, 8)), Spec("float", (2, 8, 16))]
    assert found(start, accepts) == [Spec("int", (2, 8)), Spec("float", (2, 1024))]


def test_sizes_that_are_to_be_divided():
    def even(x):
        assert x.shape[-1] % 6 == 0, "Model vector size must be multiple of six"

    assert found([Spec("float", (2, 8, 16))], even) == [Spec("float", (2, 8, 48))]


def test_what_is_no_array():
    def call(x, flag):
        if isinstance(x, bool):
            raise TypeError("unsupported operand type(s)")
        if isinstance(flag, Spec):
            raise ValueError("The truth value of an array with more than one element is ambiguous.")

    assert found([VECTOR, VECTOR], call) == [VECTOR, False]


def test_a_batch_that_code_has_written_down():
    def accepts(x, y):
        if x.shape[0] != 32:
            raise ValueError(f"Incompatible shapes: [32,1] vs. {list(x.shape)} [Op:Mul]")

    assert [each.shape for each in found([VECTOR, VECTOR], accepts)] == [(32, 16), (32, 16)]


def test_a_shape_that_code_sets():
    """The batch too; all were made of one row as the model takes much memory."""

    def accepts(x, y):
        for spec, shape in ((x, (32, 12, 16)), (y, (32, 9, 16))):
            if spec.shape != shape:
                raise ValueError(
                    f"Tensor's shape {spec.shape} is not compatible with supplied shape {shape}."
                )

    start = [Spec("float", (1, 8, 16))] * 2
    assert [each.shape for each in found(start, accepts)] == [(32, 12, 16), (32, 9, 16)]


def test_what_an_error_asks_for_is_tried_at_once_where_a_layer_was_passed():
    tried = []

    def attempt(arguments):
        tried.append(arguments[0].shape)
        if arguments[0].shape[-1] == 5:
            return 2, None
        return 1, ValueError(
            "expected axis -1 of input shape to have value 5, but received input with shape (2, 16)"
        )

    search([[VECTOR], [Spec("float", (2, 8, 16))], [Spec("float", (2, 32, 32, 3))]], attempt)
    assert tried == [(2, 16), (2, 5)]


def test_what_fails_alike_whatever_it_is_given_is_given_up():
    def broken(arguments):
        return 0, TypeError(f"Expected `trainable` argument to be a boolean, but got: {arguments[0].shape}")

    starts = [[Spec("float", (2, size))] for size in range(3, 60)]
    assert len(search(starts, broken).tried) == MOST_ALIKE + 1
    assert len(search(starts, broken, alike=6).tried) == 7


def test_what_autograph_says_of_the_error_is_told():
    text = (
        'in user code:\n\n    File "nets.py", line 7, in call  *\n        return self.out(x)\n\n'
        "    ValueError: Dimensions must be equal, but are 16 and 8\n"
    )
    assert told(ValueError(text)) == "ValueError: Dimensions must be equal, but are 16 and 8"


def test_an_assertion_says_what_it_compared():
    def call(x, wanted):
        assert x == wanted

    with pytest.raises(AssertionError) as caught:
        call((2, 16), (4, 16))
    assert "((2, 16) != (4, 16))" in told(caught.value)

    def small(x):
        assert len(x) < 2

    with pytest.raises(AssertionError) as caught:
        small((2, 16))
    assert "!=" not in told(caught.value)

    def rows(x):
        shape, size = x.shape, (4, 16)
        assert shape == size

    assert found([VECTOR], rows) == [Spec("float", (4, 16))]


def test_what_einops_says_last_is_told():
    class EinopsError(RuntimeError):
        pass

    error = EinopsError(
        ' Error while processing rearrange-reduction pattern "b (n l) d -> (b d n) l".\n Input tensor shape: (2, 8, 16). '
        "Additional info: {'l': 16}.\n Shape mismatch, can't divide axis of length 8 in chunks of 16\n\nArguments received by Net.call():\n  • x=3"
    )
    assert told(error) == (
        'EinopsError: Error while processing rearrange-reduction pattern "b (n l) d -> (b d n) l". '
        "Shape mismatch, can't divide axis of length 8 in chunks of 16"
    )


def test_the_size_that_gives_as_many_chunks():
    def rearranged(x):
        if 2 * x.shape[1] % 64:
            raise ValueError(f"can't divide axis of length {2 * x.shape[1]} in chunks of 64")

    assert found([Spec("float", (2, 8, 16))], rearranged)[0].shape == (2, 32, 16)


def test_what_keras_adds_to_a_message_is_left_out():
    said = "\n\nboth must be even\n\nCall arguments received by layer 'net' (type Net):\n  • x=tf.Tensor"
    assert (
        told(ValueError(f"Exception encountered when calling layer 'net'.{said}"))
        == "ValueError: both must be even"
    )
    key = "Exception encountered when calling layer 'net' (type Net).\n\nembed_2\n\nCall arguments received by layer"
    assert told(KeyError(key)) == "KeyError: 'embed_2'"
    assert told(KeyError("embed_2")) == "KeyError: 'embed_2'"
    bold = "Exception encountered when calling Net.call().\n\n\x1b[1membed_2\x1b[0m\n\nArguments received by Net.call()"
    assert told(KeyError(bold)) == "KeyError: 'embed_2'"
