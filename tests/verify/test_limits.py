"""What a search may take, whatever errors ask for."""

import contextlib
import itertools
import math
import time

from keraslint.verify.inside import build
from keraslint.verify.inside import search as module
from keraslint.verify.inside.arrays import Spec
from keraslint.verify.inside.search import MOST_KNOWN, MOST_SAME, search
from keraslint.verify.inside.ways import Way


def test_no_try_takes_more_memory_than_small_inputs_do():
    """An error about sizes has them doubled, again and again."""
    tried = []

    def attempt(arguments):
        tried.append(arguments[0])
        return 0, ValueError("Negative dimension size caused by subtracting 3 from 1")

    assert search([[Spec("float", (2, 64, 64, 3))]], attempt).arguments is None
    sizes = [math.prod(spec.shape) for spec in tried]
    assert len(sizes) > 3
    assert max(sizes) < 3_000_000


def test_what_a_message_counts_is_no_side_of_an_image():
    tried = []

    def attempt(arguments):
        tried.append(arguments[0])
        values = math.prod(arguments[0].shape)
        return 0, ValueError(
            f"Input to reshape is a tensor with {values} values, but the requested shape requires a multiple of 18900"
        )

    search([[Spec("float", (1, 28, 28, 3))], [Spec("float", (1, 28))]], attempt)
    assert any(18900 in spec.shape for spec in tried)
    assert not any(18900 in spec.shape for spec in tried if len(spec.shape) == 4)


def test_arguments_of_a_slow_call_are_made_smaller_where_they_can_be(monkeypatch):
    """The state of a recurrent layer is 1024 wide, and its sequence is not because of that 1024 long."""
    monkeypatch.setattr(module, "SLOW", 0.01)

    def attempt(arguments):
        tokens, state, image = arguments
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass
        square = image.shape[1] == image.shape[2] and image.shape[1] > 64
        return 0, None if state.shape[-1] == 1024 and square else ValueError("No.")

    start = [Spec("int", (2, 1024)), Spec("float", (2, 1024)), Spec("float", (2, 224, 224, 3))]
    found = search([start], attempt).arguments
    assert [spec.shape for spec in found] == [(2, 8), (2, 1024), (2, 224, 224, 3)]
    monkeypatch.setattr(module, "SIDE", 96)
    assert search([start], attempt).arguments[2].shape == (2, 96, 96, 3)
    monkeypatch.setattr(module, "SLOW", 1)
    assert search([start], attempt).arguments == start


def test_a_search_that_comes_no_further_than_one_message_is_given_up():
    """Other arguments fail before it, with messages of their own."""
    starts = [[Spec("float", (2, size))] for size in range(3, 60)]

    def attempt(arguments):
        size = arguments[0].shape[-1]
        return (
            (0.5, TypeError("'int' object is not callable")) if size % 2 else (0, ValueError(f"No {size}."))
        )

    def there(**options):
        return sum(line.endswith("is not callable") for line in search(starts, attempt, **options).tried)

    assert there() == MOST_SAME + 1
    assert there(known={"TypeError: 'int' object is not callable"}) == MOST_KNOWN + 1


def test_making_models_takes_no_more_time_than_it_may(monkeypatch):
    """Each error leads to another way; the first is tried however long the project took to load."""
    monkeypatch.setattr(build, "quiet", lambda library: contextlib.nullcontext())

    def make():
        end = time.process_time() + 0.05
        while time.process_time() < end:
            pass
        raise ValueError("No.")

    def tried(seconds):
        lines = []
        ways = (Way(make, f"Net({at})", []) for at in itertools.count())
        assert (
            list(
                build.build(ways, None, {}, lines, lambda make: (make(), None), time.process_time() + seconds)
            )
            == []
        )
        return len(lines)

    assert tried(-1) == 1
    assert tried(0.12) == 3
