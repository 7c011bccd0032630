"""What stands in for settings, and what errors teach of them."""

import pytest

from keraslint.verify.inside import stand_ins
from keraslint.verify.inside.amend import learned
from keraslint.verify.inside.stand_ins import Asked, begin, made


class Library:
    class layer:
        pass


@pytest.fixture(autouse=True)
def nothing_known():
    begin({})


def test_they_are_what_their_names_suggest_and_what_the_program_put_into_them():
    settings = Asked()
    settings.depth, settings["width"] = 3, 5
    assert (settings["depth"], settings.width, settings.dropout_rate) == (3, 5, 0.5)
    assert dict(settings.items()) == {**settings} == {"depth": 3, "width": 5}
    assert settings.model.num_heads == 2 and settings.get("data_format", "channels_first") == "channels_last"


def test_they_are_taken_apart_into_as_many_as_there_are_names():
    dense, sparse, rest = Asked()
    assert [column["embed_dim"] for column in sparse] == [16, 16]
    assert len(list(Asked())) == len(Asked()) == 2


def test_lists_in_lists_have_an_end():
    columns = Asked()
    assert columns[0][1]["dim"] == 16
    with pytest.raises(TypeError):
        list(columns[0][1])


def test_what_is_learned_holds_until_the_model_is_made_otherwise():
    settings = Asked()
    begin({"kind": "relu"})
    assert settings.kind == "relu" and list(stand_ins.ASKED) == ["kind"]
    begin({})
    assert settings.kind == 16 and list(stand_ins.ASKED) == ["kind"]


def test_no_two_models_get_the_same_list():
    choice = [[16], [16]]
    made(choice)[0].append(3)
    assert choice == [[16], [16]]


def errors_of(make):
    """What settings should hold, as the error of a function suggests."""
    with pytest.raises(Exception) as caught:
        make(Asked())
    return list(learned({}, caught.value, Library))


def test_what_a_line_takes_apart_is_to_blame():
    def make(conf):
        parts = conf["disc"]
        return dict(
            size=conf["input_size"],
            depth=parts["n_layer"],
        )

    first = errors_of(make)[0]
    assert list(first) == ["disc"] and isinstance(made(first["disc"]), Asked)


def test_what_was_asked_for_last_is_to_blame_where_the_line_names_none():
    def make(params):
        if params.condconv:
            raise ValueError("Not here.")

    assert {"condconv": False} in errors_of(make)


def test_texts_are_asked_for_by_their_methods():
    def make(params):
        return params.kind_of_pooling_.lower()

    assert isinstance(errors_of(make)[0]["kind_of_pooling_"], str)


def test_settings_that_are_taken_apart_hold_what_was_missing():
    def block(filters, drop_rate):
        return filters, drop_rate

    def make(conf):
        return block(**conf["block_setup_config"])

    [settings] = [each for each in errors_of(make) if any(name.startswith("**") for name in each)]
    begin(settings)
    assert make(Asked()) == (16, 0.5)
