"""What the server remembers of files between analyses, small enough to stay: a summary takes 60 times its pickle."""

from __future__ import annotations

import pickle
import zlib
from collections import OrderedDict
from collections.abc import Iterator, MutableMapping

from ..summary import Summary

MOST_BYTES = 16 << 20


class Packed(MutableMapping[bytes, Summary]):
    """Summaries by digest, packed; the ones that nobody asked for longest are dropped first."""

    def __init__(self, most_bytes: int = MOST_BYTES):
        self.most_bytes = most_bytes
        self.size = 0
        self._packed: OrderedDict[bytes, bytes] = OrderedDict()

    def __getitem__(self, key: bytes) -> Summary:
        packed = self._packed[key]
        self._packed.move_to_end(key)
        return pickle.loads(zlib.decompress(packed))

    def __setitem__(self, key: bytes, summary: Summary) -> None:
        if key in self._packed:
            del self[key]
        try:
            self._packed[key] = zlib.compress(pickle.dumps(summary, pickle.HIGHEST_PROTOCOL), 1)
        except RecursionError:  # nested too deeply to be packed: it is read anew each time
            return
        self.size += len(self._packed[key])
        while self.size > self.most_bytes and len(self._packed) > 1:
            del self[next(iter(self._packed))]

    def __delitem__(self, key: bytes) -> None:
        self.size -= len(self._packed.pop(key))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)
