"""What an error message asks of the arguments that a model was called with."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator

from keraslint.verify.inside.arrays import Spec, Structure, leaves, mapped
from keraslint.verify.inside.documented import BATCH
from keraslint.verify.inside.inputs import BY_RANK, COUNT, IMAGE, TOKENS, VOLUME, of_shape
from keraslint.verify.inside.restructures import RESTRUCTURES

LARGEST = 2048  # the largest number in a message that may be a size
LONGEST = 8192  # the largest in which two shapes may differ
LARGEST_BATCH = 256
MULTIPLES = (48, 224)  # of 2, 3, 4, 6, 8, 12, 16; and of 7, 14, 28, 32
WINDOWS = (28, 24)  # sides of images that are cut up
HALVED = 256  # side of an image that is made half as large eight times
MOST_NUMBERS = 3
SAID, MATCHING, USUAL, MENTIONED = 0, 1, 3, 4  # how far-fetched a repair is


def repairs(arguments: list[Structure], message: str) -> Iterator[tuple[int, list[Structure]]]:
    """Arguments that may do what a message asks for, each with how far-fetched it is."""
    for pattern, restructure in RESTRUCTURES:
        match = re.search(pattern, message, re.DOTALL)
        if match:
            yield from ((SAID, better) for better in restructure(arguments, match))
    for pattern, change in _REPAIRS:
        match = re.search(pattern, message, re.DOTALL)
        if match:
            yield from ((SAID, better) for better in _each_leaf(arguments, change, match))
    for rows in _other_batches(message):
        yield SAID, mapped(lambda leaf: _with_rows(leaf, rows), arguments)
    for rank in _ranks(message):
        yield from ((MATCHING, better) for better in _each_leaf(arguments, _of_usual_rank, rank))
    for one, other in differing(message):
        for sizes in ((one, other), (other, one)):
            exactly = list(_each_leaf(arguments, _sized, sizes))
            yield from ((MATCHING, better) for better in exactly)
            cost = USUAL if exactly else MATCHING
            for change in (_scaled, _in_area):
                yield from ((cost, better) for better in _each_leaf(arguments, change, sizes))
    if re.search(_JOINED, message):
        yield from ((USUAL, better) for better in _each_leaf(arguments, _for_halves, None))
    for rank in BY_RANK:
        yield from ((USUAL, better) for better in _each_leaf(arguments, _of_usual_rank, rank))
    yield from ((USUAL, better) for better in _each_leaf(arguments, _widened, None))
    for number in _numbers(message):
        yield from ((MENTIONED, better) for better in _each_leaf(arguments, _with_last, number))


def _each_leaf(arguments: list[Structure], change: Callable, what) -> Iterator[list[Structure]]:
    """The arguments with all leaves changed, as sizes are mostly the same everywhere, or one."""
    count = len(leaves(arguments))
    options = [change(leaf, what) for leaf in leaves(arguments)]
    for at in [None, *range(count)] if count > 1 else [None]:
        for choice in range(max((len(options[n]) for n in range(count) if at in (None, n)), default=0)):
            yield _replaced(arguments, options, at, choice)


def _replaced(arguments, options: list[list[Spec]], at: int | None, choice: int) -> list[Structure]:
    counter = itertools.count()

    def other(leaf):
        wanted = options[index := next(counter)]
        return wanted[min(choice, len(wanted) - 1)] if wanted and at in (None, index) else leaf

    return mapped(other, arguments)


def _with_rank(leaf: Spec, rank: int) -> list[Spec]:
    usual = {4: IMAGE, 5: VOLUME}.get(rank, BY_RANK.get(rank))
    if usual is None or len(leaf.shape) == rank:
        return []
    last = leaf.shape[-1:] if 1 < len(leaf.shape) and leaf.kind == "float" else usual.shape[-1:]
    kept = usual._replace(shape=(*usual.shape[:-1], *last)) if rank > 1 else usual
    return list(dict.fromkeys([kept, usual, BY_RANK[rank]]))


def _by_ranks(wanted: int, has: int) -> Callable:
    """`must be rank 4 but is rank 3`: one more than it has. wanted, has: the groups of a match that say them."""
    return lambda leaf, match: _with_rank(leaf, len(leaf.shape) + int(match[wanted]) - int(match[has]))


def _of_usual_rank(leaf: Spec, rank: int) -> list[Spec]:
    """Of another rank with the last size that it has, as what its layers are made for may be known by now."""
    if len(leaf.shape) == rank:
        return []
    keeps = len(leaf.shape) > 1 and rank > 1 and leaf.kind == "float"
    return (
        [BY_RANK[rank]._replace(shape=(*BY_RANK[rank].shape[:-1], leaf.shape[-1]))]
        if keeps
        else [BY_RANK[rank]]
    )


def _widened(leaf: Spec, _what) -> list[Spec]:
    """A mask of (rows, steps) made fit for scores of (rows, heads, steps, steps)."""
    if len(leaf.shape) != 2:
        return []
    rows, steps = leaf.shape
    return [leaf._replace(shape=(rows, *ones, steps)) for ones in ((1,), (1, 1))]


def _with_last(leaf: Spec, size: int) -> list[Spec]:
    return _with_axis(leaf, -1, size)


def _with_axis(leaf: Spec, axis: int, size: int) -> list[Spec]:
    if not -len(leaf.shape) <= axis < len(leaf.shape) or axis in (0, -len(leaf.shape)):
        return []
    shape = list(leaf.shape)
    shape[axis] = size
    return [leaf._replace(shape=tuple(shape))] if tuple(shape) != leaf.shape else []


def _with_axes(leaf: Spec, match) -> list[Spec]:
    """`expected axis -1 of input shape to have value 5, but received input with shape (2, 16)`."""
    axis, wanted = int(match[1]), int(match[2])
    got = re.findall(r"\d+|None", match[3])[axis]
    if got == "None" or axis >= len(leaf.shape):
        return _with_axis(leaf, axis, wanted)
    own = leaf.shape[axis] if -len(leaf.shape) <= axis else 0
    sizes = [wanted, own + wanted - int(got), own * wanted // max(int(got), 1)]
    return [spec for size in dict.fromkeys(sizes) if size > 0 for spec in _with_axis(leaf, axis, size)]


def _sized(leaf: Spec, sizes: tuple[int, int]) -> list[Spec]:
    """The axis that has one size made to have the other."""
    one, other = sizes
    places = [at for at, size in enumerate(leaf.shape) if size == one and at]
    found = [spec for at in places for spec in _with_axis(leaf, at, other)]
    if len(places) > 1:  # as the height and the width of an image
        shape = tuple(other if at in places else size for at, size in enumerate(leaf.shape))
        found.insert(0, leaf._replace(shape=shape))
    return found


def _scaled(leaf: Spec, sizes: tuple[int, int]) -> list[Spec]:
    """Where a size comes from what is a part or a multiple of it: made to give the other."""
    one, other = sizes
    found: list[Spec] = []
    if len(leaf.shape) > 3 and all(n * other % one == 0 for n in leaf.shape[1:-1]):
        found = [
            leaf._replace(
                shape=(leaf.shape[0], *(n * other // one for n in leaf.shape[1:-1]), leaf.shape[-1])
            )
        ]
    last = leaf.shape[-1] * other // one if one and leaf.shape else 0
    if not found and last and len(leaf.shape) > 1:
        found = _with_last(leaf, last)
    return found


def _in_area(leaf: Spec, sizes: tuple[int, int]) -> list[Spec]:
    """An image whose parts are counted, of so many times more: as much higher and wider, or longer on one side."""
    one, other = sizes
    if len(leaf.shape) != len(IMAGE.shape) or other <= one or other % one:
        return []
    rows, height, width, channels = leaf.shape
    times, side = other // one, math.isqrt(other // one)
    if side * side == times:
        return [leaf._replace(shape=(rows, height * side, width * side, channels))]
    return [leaf._replace(shape=(rows, height, width * times, channels))]


def _bigger(leaf: Spec, match) -> list[Spec]:
    """Twice as high and wide, or as much more as a message says that is missing."""
    if len(leaf.shape) < 3:
        return []
    said = re.search(r"input_size: (\d+), effective_filter_size: (\d+)", match.string)
    times = -(-int(said[2]) // max(int(said[1]), 1)) if said else 2
    return [
        leaf._replace(shape=(leaf.shape[0], *(max(times, 2) * n for n in leaf.shape[1:-1]), leaf.shape[-1]))
    ]


def _for_halves(leaf: Spec, _what) -> list[Spec]:
    """An image that can be made half as large many times, as in a U-Net, and be joined with what is made of that again."""
    if len(leaf.shape) != len(IMAGE.shape) or leaf.kind != "float":
        return []
    rows, *_, channels = leaf.shape
    return [leaf._replace(shape=(rows, HALVED, HALVED, channels))] if leaf.shape[1] < HALVED else []


def _to_state(leaf: Spec, match) -> list[Spec]:
    """The state of a recurrent layer is as wide as that: of the leaves the one that has the shape which was received."""
    given = tuple(int(size) for size in re.findall(r"\d+", f"{match[1]}, {match[2]}"))
    return [leaf._replace(shape=(given[0], int(match[3])))] if leaf.shape == given else []


def _as_supplied(leaf: Spec, match) -> list[Spec]:
    """What `set_shape` does not fit, of the shape that it sets."""
    given, supplied = (tuple(map(int, re.findall(r"\d+", shape))) for shape in match.groups())
    return [leaf._replace(shape=supplied)] if leaf.shape == given else []


def _resized(leaf: Spec, match) -> list[Spec]:
    """`a tensor with 512 values, but the requested shape has 320000`: as many times more, or less."""
    has, wanted = int(match[1]), int(match[2])
    sizes = [(axis, leaf.shape[axis] * wanted) for axis in range(1, len(leaf.shape)) if has]
    found = [
        spec
        for axis, size in sizes
        if size % has == 0 and size
        for spec in _with_axis(leaf, axis, size // has)
    ]
    return [*(found or _in_windows(leaf)), *_in_a_row(leaf, has, wanted)]


def _in_a_row(leaf: Spec, has: int, wanted: int) -> list[Spec]:
    """With as many positions as give the values that are wanted, all on one axis."""
    rows, *sides, last = leaf.shape if len(leaf.shape) > 1 else (0, 0)
    positions = math.prod(sides) * wanted
    return (
        [leaf._replace(shape=(rows, positions // has, last))]
        if rows and positions and positions % has == 0
        else []
    )


def _in_windows(leaf: Spec) -> list[Spec]:
    """An image that can be cut into windows of 7 or of 8 and 12."""
    if len(leaf.shape) != len(IMAGE.shape):
        return []
    rows, *_, channels = leaf.shape
    return [leaf._replace(shape=(rows, side, side, channels)) for side in WINDOWS if side != leaf.shape[1]]


def _longer_axis(leaf: Spec, match) -> list[Spec]:
    """The axis that is too short, or what that is a part of, made as long as it must be."""
    wanted, has = int(match[1]), int(match[2])
    return [
        *_sized(leaf, (has, wanted)),
        *_with_last(leaf, max(wanted, leaf.shape[-1] * -(-wanted // max(has, 1)))),
    ]


def _longer_by(leaf: Spec, match) -> list[Spec]:
    """Of what is cut: as long as it must be, or where it was made shorter before, longer by that."""
    has, wanted = int(match[1]), int(match[2])
    return [*_sized(leaf, (has, wanted)), *_sized(leaf, (wanted, wanted + wanted - has))]


def _in_chunks(leaf: Spec, match) -> list[Spec]:
    """What is divided into chunks, or what that is a part of, with the next size that can be."""
    has, chunk = int(match[1]), int(match[2])
    wanted = -(-has // chunk) * chunk
    sides = [(axis, leaf.shape[axis] * wanted) for axis in range(1, len(leaf.shape))]
    of_it = [spec for axis, size in sides if size % has == 0 for spec in _with_axis(leaf, axis, size // has)]
    return [*_sized(leaf, (has, wanted)), *of_it]


def _to_tokens(leaf: Spec, _match) -> list[Spec]:
    if leaf.is_int:
        return []
    same, usual = leaf._replace(kind="int"), TOKENS._replace(limit=10)
    return [same, usual] if len(leaf.shape) < 3 else [usual, same]


def _to_kind(kind: str, *shapes: tuple[int, ...]) -> Callable:
    """Of another kind, and of the usual shapes of that kind."""

    def changed(leaf: Spec, _match) -> list[Spec]:
        return [] if leaf.kind == kind else [Spec(kind, shape) for shape in shapes or (leaf.shape,)]

    return changed


def _to_sparse(leaf: Spec, _match) -> list[Spec]:
    """A graph's matrix: one for all nodes."""
    rows = leaf.shape[-2:]
    return [leaf._replace(kind="sparse", shape=rows)] if leaf.kind != "sparse" and len(rows) == 2 else []


def _to_long(leaf: Spec, _match) -> list[Spec]:
    return [leaf._replace(kind="int64")] if leaf.kind == "int" else []


def _to_count(leaf: Spec, _match) -> list[Spec]:
    return [COUNT] if leaf.shape else []


def _below(leaf: Spec, match) -> list[Spec]:
    return [leaf._replace(limit=max(int(match[2]), 1))] if leaf.is_int else []


def _divisible(leaf: Spec, multiple: int) -> Spec:
    """With sizes that can be divided by most small numbers, but for the rows and the channels of an image."""
    count = len(leaf.shape)
    sizes = [
        multiple if at and (at == count - 1 or count > 3) and size > 3 else size
        for at, size in enumerate(leaf.shape)
    ]
    return leaf._replace(shape=tuple(sizes))


def _shaped(_leaf: Spec, match) -> list[Spec]:
    sizes = [int(size) if size.isdigit() else None for size in re.findall(r"\d+|None", match[1])]
    return [of_shape((None, *sizes))]


def _of_rank(group: int) -> Callable:
    return lambda leaf, match: _with_rank(leaf, int(match[group]))


def _exactly(rank: int) -> Callable:
    return lambda leaf, _match: _with_rank(leaf, rank)


def _at_least(rank: int) -> Callable:
    return lambda leaf, _match: _with_rank(leaf, rank) if len(leaf.shape) < rank else []


def _instead(leaf: Spec, match) -> list[Spec]:
    """`expected min_ndim=4, found ndim=2`: only what is of the rank that was found."""
    return _with_rank(leaf, int(match[1])) if len(leaf.shape) == int(match[2]) else []


# What a message says -> what a leaf may become.
_REPAIRS: tuple[tuple[str, Callable], ...] = (
    (r"expected (?:min_)?ndim=(\d+), found ndim=(\d+)", _instead),
    (r"expected (?:min_)?ndim=(\d+)", _of_rank(1)),
    (r"paddings must be the rank of inputs ?\[(\d)", _of_rank(1)),
    (r"must have length of at least (\d+) but got: (\d+)", _longer_axis),
    (r"expected axis (-?\d+)(?: of input shape)? to have value (\d+),? but received input with shape \(([^)]*)\)", _with_axes),
    (r"expected axis (-?\d+)[^{]*\{(-?\d+): (\d+)\}", lambda leaf, m: _with_axis(leaf, int(m[2]), int(m[3]))),
    (r"tensor with (\d+) values, but the requested shape (?:has|requires a multiple of) (\d+)", _resized),
    (r"Expected dimension (\d+) at axis (\d+) of the input shaped", lambda leaf, m: _with_axis(leaf, int(m[2]), int(m[1]))),
    (r"[Ee]xpected size\[\d\] in \[0, (\d+)\], but got (\d+)", _longer_by),
    (r"can't divide axis of length (\d+) in chunks of (\d+)", _in_chunks),
    (r"expected shape=\(None, ([\d, None]+)\)", _shaped),
    (r"InputSpec\(shape=\((\d+), ?([\d, ]*)\), ndim=\d\)\]\); however `cell.state_size` is \[(\d+)\]", _to_state),
    (r"shape \(([\d, ]+)\) is not compatible with supplied shape \(([\d, ]+)\)", _as_supplied),
    (r"(?:final|last) dimension of .?(\d+)", lambda leaf, m: _with_last(leaf, int(m[1]))),
    (r"\((\d+)\) cannot be more than the number of channels", lambda leaf, m: _with_last(leaf, int(m[1]))),
    (r"[Rr]eceived groups=(\d+), but the input has \d+ channels", lambda leaf, m: _with_last(leaf, int(m[1]))),
    (r"Number of channels \(\d+\) must be a multiple of the number of groups \((\d+)\)", lambda leaf, m: _with_last(leaf, int(m[1]))),
    (
        r"Negative dimension|computed output size would be negative|must be positive|would be less than|window size|larger than|must be at least|"
        r"[Cc]omputed output size would be|increasing the input size|with dimension 0|input_size: 0|not less than|must be non-negative|params is empty|no greater than the dimension size",
        _bigger,
    ),
    (
        r"Tindices|must be (?:an )?int|int32, int64|indices must be|'indices'|Indexer must have integer|integer type|not an integer|OneHot|"
        r"[Ee]xpected (?:dtype )?.?int|Value for attr 'TI'",
        _to_tokens,
    ),
    (r"expected to be an? (?:float|half|double)|of float|float32|to float|Value for attr 'T' of (?:int|bool)|half, bfloat16|is not in the list of allowed values: .*double", _to_kind("float")),
    (r"expected to be an? bool|[Ee]xpected .?bool|must be bool|LogicalAnd|logical_and", _to_kind("bool")),
    (r"[Mm]ust be a [Ss]parse|is not sparse|has no attribute '(?:indices|dense_shape)'|[Ee]xpected .{0,20}SparseTensor|argument must be a SparseTensor", _to_sparse),
    (r"expected to be a int32 tensor but is a int64|int64 tensor but is a int32|Tindices.* int32 .*int64|expects? int64", _to_long),
    (r"\[\] *\[Op:Pack\]|Op:Pack|[Mm]ust be a scalar|must have rank 0|only integer scalar|cannot be interpreted as an integer", _to_count),
    (r"[Ee]xpected .{0,40}string|of type string|string tensor|to string|strings?, (?:got|but)", _to_kind("str", (2,), (2, 1), (2, 8))),
    (r"indices\[.*?\] = (\d+) is not in \[0, (\d+)\)", _below),
    (r"must be (?:at least )?rank (\d) but is rank (\d)", _by_ranks(1, 2)),
    (r"transpose expects a vector of size (\d)\. But input\(1\) is a vector of size (\d)", _by_ranks(2, 1)),
    (r"rank 4|4D|4-D|4 dimensions|\(batch, height, width|expected 4", _exactly(4)),
    (r"tuple index out of range|list index out of range|need at least 3", _at_least(3)),
    (r"rank 3|3D|3-D|expected 3", _exactly(3)),
    (r"rank (?:of )?(?:at least )?(\d)|(\d) dimensions|[Pp]ermut\w+ .*?size (\d)", lambda leaf, m: _with_rank(leaf, int(m[1] or m[2] or m[3]))),
    (r"axis (\d+) is out of bounds|[Dd]imension (\d+) .*out of range|index (\d+) of dimension", lambda leaf, m: _with_rank(leaf, int(m[1] or m[2] or m[3]) + 1)),
    (r"batch (?:dimension|size) of (?:one|1\b)|squeeze dim\[0\], expected a dimension of 1", lambda leaf, m: [_with_rows(leaf, 1)]),
    (r"squeeze dim\[(\d)\], expected a dimension of 1", lambda leaf, m: _with_axis(leaf, int(m[1]), 1)),
    (r"(?:positive integer|strictly positive).*=-\d", lambda leaf, m: [wide for times in (4, 16, 64) for wide in _with_last(leaf, times * (leaf.shape or (1,))[-1])]),
    (r"truth value of an array|as a Python .?bool", lambda leaf, m: [False, True]),
    (r"multiple of|divisible|evenly", lambda leaf, m: [_divisible(leaf, each) for each in MULTIPLES]),
    (r"not enough values to unpack \(expected (\d+)", _of_rank(1)),
    (r"too many values to unpack \(expected (\d+)", _of_rank(1)),
    (r"[Ss]lice index (\d+) of dimension", lambda leaf, m: _with_rank(leaf, int(m[1]) + 1)),
)  # fmt: skip

_JOINED = r"matching shapes except for the concat|Dimension [12] in both shapes must be equal"
_SHAPE = r"(?<![\w])[\[(]((?:(?:\d+|None|\?)\s*,?\s*){1,6})[\])]"


def differing(message: str) -> Iterator[tuple[int, int]]:
    """The sizes in which two shapes of a message differ."""
    said = re.findall(
        r"\((\d+)\) cannot be more than [\w ]+\((\d+)\)|are (\d+) and (\d+)|(?<!\d)(\d+) (?:!=|vs\.?) (\d+)",
        message,
    )
    pairs = [tuple(int(size) for size in sizes if size) for sizes in said]
    for has, parts in re.findall(r"\(size = (\d+)\) and num_split (\d+)", message):
        pairs.append((int(has), -(-int(has) // int(parts)) * int(parts)))
    shapes = _shapes(message)
    joined = re.search(r"Dimension (\d+) in both shapes must be equal", message)  # the others may differ
    for one, other in zip(shapes, shapes[1:]):
        if joined and int(joined[1]) < min(len(one), len(other)):
            pairs.append((one[int(joined[1])], other[int(joined[1])]))
            continue
        if "In[0]" in message and one and len(other) > 1:
            pairs.append((one[-1], other[-2]))
        pairs += [
            pair for pair in zip(reversed(one), reversed(other)) if pair[0] != pair[1] and 1 not in pair
        ]
    return iter(dict.fromkeys(pair for pair in pairs if all(0 < size <= LONGEST for size in pair)))


def _other_batches(message: str) -> list[int]:
    """The sizes of a batch that code has written down: the first of a shape, where that of the other is ours."""
    shapes = [shape for shape in _shapes(message) if shape]
    pairs = [(one, other) for one, other in zip(shapes, shapes[1:]) if len(one) == len(other)]
    firsts = {size for one, other in pairs for size in (one[0], other[0]) if BATCH in (one[0], other[0])}
    return sorted(size for size in firsts if BATCH < size <= LARGEST_BATCH)


def _with_rows(leaf: Spec, rows: int) -> Spec:
    return leaf._replace(shape=(rows, *leaf.shape[1:])) if leaf.shape[:1] == (BATCH,) else leaf


def _ranks(message: str) -> list[int]:
    """The ranks of the shapes in a message, if they differ: the highest first."""
    ranks = {len(shape) for shape in _shapes(message)}
    return sorted(ranks & BY_RANK.keys(), reverse=True) if len(ranks) > 1 else []


def _shapes(message: str) -> list[list[int]]:
    return [[int(size) for size in re.findall(r"\d+", shape)] for shape in re.findall(_SHAPE, message)]


def _numbers(message: str) -> list[int]:
    """The numbers in a message that may be sizes."""
    found = dict.fromkeys(int(n) for n in re.findall(r"(?<![\w.\-:])\d{1,4}(?![\w.])", message))
    return [n for n in found if 2 < n <= LARGEST][:MOST_NUMBERS]
