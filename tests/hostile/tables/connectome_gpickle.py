"""Pickles, which are never opened."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

from cases import WITNESS
from makers import Table, cases_of


class Runs:
    """Something that would make a file when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path(WITNESS),)  # type: ignore[return-value]


FILES: Table = {
    **{f"code by protocol {n}": pickle.dumps(Runs(), protocol=n) for n in range(6)},
    "text": b"cos\nsystem\n(S'touch witness'\ntR.",
    "marks": b"(" * 5_000_000,
    "a memo beyond": b"\x80\x04r\xff\xff\xff\xff.",
    "a text of gigabytes": b"\x80\x04\x8d\xff\xff\xff\xff\x00\x00\x00\x00.",
    "nothing": b"",
}
PACKED: Table = {"code in gz": gzip.compress(pickle.dumps(Runs()))}
CASES = [*cases_of(FILES, ".gpickle"), *cases_of(PACKED, ".pkl.gz")]
