"""What errors of constructors lead to; each message is what Python or Keras 3.15 said."""

import inspect

import pytest

from keraslint.verify.inside.amend import amended, asked_for, blamed, handed_on


class Library:
    class layer:
        pass

    @classmethod
    def is_keras(cls, kind):
        return kind is cls.layer


class Encoder(Library.layer):
    pass


def failing(function, **arguments):
    """The error of a call, and the parameters of the function."""
    with pytest.raises(Exception) as caught:
        function(**arguments)
    return caught.value, list(inspect.signature(function).parameters.values())


def first(function, **arguments):
    error, parameters = failing(function, **arguments)
    return next(amended(arguments, error, parameters, Library))


def test_what_is_gone_through_becomes_a_list():
    def make(units, rate):
        for size in units:
            print(size)

    assert first(make, units=16, rate=0.5) == {"units": [16, 16], "rate": 0.5}


def test_a_list_of_numbers_of_blocks_is_as_small_as_one_number_of_them():
    def make(stackwise_num_blocks):
        return stackwise_num_blocks[0]

    assert first(make, stackwise_num_blocks=2) == {"stackwise_num_blocks": [2, 2]}


def test_what_the_innermost_line_speaks_of_is_to_blame():
    def make(rate, kind):
        if kind not in ("same", "valid"):
            raise ValueError("kind must be one of 'same', 'valid'")

    error, parameters = failing(make, rate=0.5, kind=3)
    assert blamed(error, ["rate", "kind"]) == ["kind"]
    tried = [each["kind"] for each in amended({"rate": 0.5, "kind": 3}, error, parameters, Library)]
    assert "same" in tried and "valid" in tried


def test_settings():
    def make(setup):
        return setup.hidden_size

    made = first(make, setup=3)["setup"].make()
    assert made.hidden_size == 16 and made["num_heads"] == 2


def test_what_a_call_left_out_is_given_where_the_message_speaks_of_it():
    def make(units, name=None, rate=0.5):
        raise ValueError(
            "Argument `name` must be a string and cannot contain character `/`. Received: name=None"
        )

    error, parameters = failing(make, units=16)
    assert list(asked_for(error, parameters, Library)) == [{"name": "name"}]


def test_the_other_of_two_sizes_in_which_shapes_differ():
    def make(units, width):
        raise ValueError("Inputs have incompatible shapes. Received shapes (2, 2, 16) and (2, 2, 512)")

    assert first(make, units=16, width=4) == {"units": 512, "width": 4}


def test_what_a_check_compares_an_argument_to():
    def make(width, kind):
        if kind == "mean":
            return width
        elif kind == "max":
            return -width
        else:
            raise ValueError((kind, "is no kind."))

    error, parameters = failing(make, width=16, kind=3)
    tried = [each["kind"] for each in amended({"width": 16, "kind": 3}, error, parameters, Library)]
    assert tried[:2] == ["max", "mean"]


def test_images_that_are_too_small():
    def make(size):
        raise ValueError("Negative dimension size caused by subtracting 3 from 1 for 'MaxPool', " + str(size))

    assert first(make, size=32) == {"size": 64}


def test_an_object_of_a_class_that_is_checked():
    def make(coder):
        assert isinstance(coder, Encoder), "coder must be an Encoder."

    assert isinstance(first(make, coder=3)["coder"].make(), Encoder)


def test_the_argument_of_the_type_that_the_message_speaks_of_comes_first():
    def make(stage, block):
        return "res" + str(stage) + block

    assert first(make, stage=16, block=[16]) == {"stage": 16, "block": "a"}


def test_as_many_numbers_as_a_shape_asks_for():
    def reshape(value):
        raise ValueError("Input to reshape is a tensor with 1 values, but the requested shape has 3")

    def make(offset):
        return reshape(offset)

    assert first(make, offset=16) == {"offset": [0.5, 0.5, 0.5]}


def test_a_part_that_is_none_by_default_and_is_called():
    def make(units, head=None, size=None):
        return head(units)

    error, parameters = failing(make, units=16)
    [given] = asked_for(error, parameters, Library)
    assert repr(given["head"]) == "keras.layers.Dense(16)"


def test_lists_become_as_long_as_they_are_indexed():
    def make(shape, name):
        return shape[2] + len(name)

    assert first(make, shape=(32, 32), name="net") == {"shape": (32, 32, 32), "name": "net"}


def test_a_list_that_holds_the_size_that_does_not_fit():
    def make(filters):
        raise ValueError("Number of groups (32) cannot be more than the number of channels (16).")

    assert first(make, filters=[16, 16]) == {"filters": [32, 32]}


def test_the_argument_whose_value_the_message_tells():
    def make(filters, factor):
        size = check(filters, factor)
        return size

    def check(filters, factor):
        raise ValueError("The `kernel_size` argument must be a tuple of 2 integers. Received: 0.5")

    assert list(first(make, filters=16, factor=0.5).items())[1] != ("factor", 0.5)


def test_what_must_be_of_another_length_is_made_so_wherever_it_is():
    def make(size, depth):
        raise ValueError("resize3d takes size of type tuple/list and of length 3")

    assert first(make, depth=2, size=(32, 32)) == {"depth": 2, "size": (32, 32, 32)}


def test_what_the_class_that_is_derived_from_lacks():
    def base(use_bias, rate=0.1):
        return use_bias, rate

    def make(units, **kwargs):
        return base(**kwargs)

    error, _ = failing(make, units=16)
    assert handed_on(error, make) == {"use_bias": False}


def test_what_was_left_none_by_who_made_it():
    class Params:
        num_heads = size_per_head = None

    def make(params):
        params.total = params.num_heads * params.size_per_head

    error, _ = failing(make, params=Params())
    assert handed_on(error, make) == {"num_heads": 2, "size_per_head": 2}
