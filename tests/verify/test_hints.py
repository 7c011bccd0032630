"""What a method's code says of the rank of its argument."""

import textwrap

import pytest

from keraslint.verify.inside.hints import definition, hint, parts_of


def made(tmp_path, body):
    """A class with the `call` whose body is given, and the texts of its file."""
    path = tmp_path / "nets.py"
    text = f"class Net:\n    def call(self, x, y=None):\n{textwrap.indent(textwrap.dedent(body), ' ' * 8)}\n"
    path.write_text(text)
    names = {"__name__": "nets"}
    exec(compile(text, str(path), "exec"), names)
    return names["Net"], {str(path): text}


def said(tmp_path, body, name="x"):
    net, sources = made(tmp_path, body)
    return hint(net, definition(net, "call", sources), name, sources)


@pytest.mark.parametrize(
    "body, ranks",
    [
        ("b, h, w, c = x.shape", (4,)),
        ("b, n, d = tf.unstack(tf.shape(x))", (3,)),
        ("shape = K.int_shape(x)\nb, d = shape", (2,)),
        ("x = tf.cast(x, 'float32')\nreturn tf.transpose(x, perm=[0, 2, 1, 3])", (4,)),
        ("return tf.einsum('bnd,bmd->bnm', x, y)", (3,)),
        ("return tf.einsum('b n d, b m d -> b n m', x, y)", (3,)),
        ("return x + 1", ()),
        ("b, *others = x.shape", ()),
    ],
)
def test_ranks(tmp_path, body, ranks):
    assert said(tmp_path, body).ranks == ranks


@pytest.mark.parametrize(
    "body, least",
    [
        ("return x.shape[2]", 3),
        ("return x[:, :, 0]", 3),
        ("return x[:, None, 0]", 2),
        ("return tf.reduce_mean(x, axis=[1, 2])", 3),
        ("return tf.reduce_mean(x, axis=-1)", 1),
        ("return tf.expand_dims(x, axis=2)", 0),
    ],
)
def test_the_least_rank(tmp_path, body, least):
    assert said(tmp_path, body).least == least


def test_what_it_is_bound_to_later_is_another_thing(tmp_path):
    assert said(tmp_path, "x = self.embedding(x)\nreturn x[:, :, 0]").least == 0
    assert said(tmp_path, "x = self.norm(x)\nb, n, c = x.shape").ranks == (3,)


def test_comments_say_shapes_of_what_was_passed(tmp_path):
    body = """\
        # x.shape == (batch, 64, units)
        # y shape == (batch_size, hidden)
        x = self.dense(x)
        # x shape == (batch, 64, 7, 7)
        # z.shape == (batch, 3)
        """
    assert said(tmp_path, body).ranks == (3,)
    assert said(tmp_path, body, "y").ranks == (2,)


def test_what_a_helper_does_with_the_argument_counts(tmp_path):
    body = "return self.split(x)\n\n    def split(self, states):\n        b, n, d = states.shape"
    path = tmp_path / "nets.py"
    text = f"class Net:\n    def call(self, x):\n        {body}\n"
    path.write_text(text)
    names = {"__name__": "nets"}
    exec(compile(text, str(path), "exec"), names)
    sources = {str(path): text}
    assert hint(names["Net"], definition(names["Net"], "call", sources), "x", sources).ranks == (3,)


def test_docstrings(tmp_path):
    body = '"""Doc.\n\nArgs:\n    x: states of shape `(batch, steps, features)`.\n    y: a 2D tensor.\n"""'
    assert said(tmp_path, body).ranks == (3,)
    assert said(tmp_path, body, "y").ranks == (2,)


def test_arguments_that_are_looked_up_by(tmp_path):
    assert said(tmp_path, "return tf.gather(self.table, x)").indices
    assert not said(tmp_path, "return tf.gather(x, y)").indices


def test_sizes_of_what_is_made(tmp_path):
    assert said(tmp_path, "return tf.random.normal((x, 4)) + y").count
    assert not said(tmp_path, "return tf.random.normal((x, 4)) + y", "y").count
    assert not said(tmp_path, "return tf.zeros(tf.shape(x))").count
    assert said(tmp_path, "return tf.reshape(y, (-1, x, 4))").count
    assert said(tmp_path, "return tf.reshape(y, [2, 3 * x])").count
    assert not said(tmp_path, "return tf.reshape(x, (-1, x.shape[1]))").count
    assert not said(tmp_path, "return tf.reshape(y, x)").count


@pytest.mark.parametrize(
    "body, parts, keys",
    [
        ("a, b = x", ["a", "b"], []),
        ("a, b = [tf.cast(each, 'float32') for each in x]", ["a", "b"], []),
        ("a = x[0]\nreturn a + x[2]", ["x[0]", "x[1]", "x[2]"], []),
        ("return x['ids'] + x['mask']", ["x['ids']", "x['mask']"], ["ids", "mask"]),
        ("return x[0]", [], []),
        ("shape = tf.shape(x)\nreturn shape[0] + shape[1]", [], []),
    ],
)
def test_parts(tmp_path, body, parts, keys):
    net, sources = made(tmp_path, body)
    assert parts_of(definition(net, "call", sources), "x")[1:] == (parts, keys)


def test_what_is_not_of_the_sources_is_not_read():
    class Sources(dict):
        def __missing__(self, filename):
            raise AssertionError(f"{filename} was read")

    assert definition(textwrap.TextWrapper, "wrap", Sources()) is None


def test_arguments_that_are_tested_for_their_truth(tmp_path):
    for body in ("if x:\n    return y", "return y if x else 0", "return y if y.ok and not x else 0"):
        assert said(tmp_path, body).flag
    assert not said(tmp_path, "if x is None:\n    return y").flag
