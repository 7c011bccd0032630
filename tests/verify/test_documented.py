"""What docstrings say of arrays; the texts are written as projects write them."""

import inspect
import time

from keraslint.verify.inside.arrays import Spec
from keraslint.verify.inside.documented import ranks, said


def documented(text):
    return said(inspect.cleandoc(text))


def test_sizes_that_have_a_name_are_the_same_everywhere():
    found = documented("""Attention.

    Args:
        query: states of shape `(batch, steps, units)`.
        scores: `(batch, steps, steps)` tensor,
            of what goes to what.
        image (Tensor): shape (batch, height, width, 3).
        rate: float in (0, 1).

    Returns:
        y: states of shape `(batch, other)`.
    """)
    assert found.named == {
        "query": Spec("float", (2, 8, 16)),
        "scores": Spec("float", (2, 8, 8)),
        "image": Spec("float", (2, 32, 32, 3)),
    }


def test_parts_that_are_named_in_a_list():
    found = documented("""Forward pass.

    Args:
        inputs: [nodes, edge_index, lattice]

            - nodes (Tensor): Node embeddings of shape `([N], F)` .
            - edge_index (Tensor): Edge indices of shape `(2, M)` .
            - lattice: without words.
    """)
    assert found.listed == [Spec("float", (2, 16)), Spec("int", (2, 2)), None]


def test_parts_that_are_listed_without_names():
    found = documented("""A layer for graphs.

    **Input**

    - Node features of shape `(n_nodes, n_features)`;
    - Sparse adjacency matrix of shape `(n_nodes, n_nodes)`;

    **Output**

    - Node features of shape `(n_nodes, channels)`.

    **Arguments**

    - `channels`: integer;
    """)
    assert found.listed == [Spec("float", (2, 16)), Spec("sparse", (2, 2))]


def test_what_a_whole_layer_takes():
    found = documented("""A block.

    Input shape:
        4D tensor with shape: `(batch, rows, cols, channels)`.

    Output shape:
        4D tensor with shape: `(batch, new_rows, new_cols, filters)`.
    """)
    assert found.listed == [Spec("float", (2, 32, 32, 16))]


def test_ranks_without_sizes():
    assert ranks("Args:\n    x: a 3D tensor.\n    y: of shape `(batch, steps, units)`", "x") == [3]
    assert ranks("Args:\n    x: a 3D tensor.\n    y: of shape `(batch, steps, units)`", "y") == [3]
    assert ranks("", "x") == []


def test_words_in_brackets_are_no_shape_and_take_no_time():
    text = (
        "Args:\n    x: a tensor (see `that`, which has it) [of many words, one after the other"
        + ", and more" * 200
    )
    started = time.process_time()
    assert documented(text + " of shape (batch, 3)").named == {"x": Spec("float", (2, 3))}
    assert time.process_time() - started < 1


def test_a_shape_that_is_not_said_to_be_one_begins_with_the_batch():
    found = documented("""Warps what was seen.

    images: [B, N, H, W, 3]
    :param keys_length: [batch_size, 1]
    sizes: (height, width) of all
    """)
    assert found.named == {"images": Spec("float", (2, 8, 8, 8, 3)), "keys_length": Spec("int", (2, 1))}


def test_lines_that_each_say_an_input():
    found = documented("""Attention with memory.

    # Input shape
        Content, 3D tensor with shape: `(batch_size, seq_length, units)`.
        Mask, 3D tensor with shape: `(batch_size, seq_length, before + seq_length)`.
        Bias, 1D tensor with shape: `(units,)`.
    """)
    assert found.listed == [Spec("float", (2, 8, 16)), Spec("float", (2, 8, 24)), Spec("float", (16,))]


def test_lines_that_say_the_same_input_in_two_ways():
    found = documented("""A block.

    Input shape:
        4D tensor with shape: `(batch, channels, rows, cols)` if the channels are first
        or 4D tensor with shape: `(batch, rows, cols, channels)`.
    """)
    assert [len(each.shape) for each in found.listed] == [4]
