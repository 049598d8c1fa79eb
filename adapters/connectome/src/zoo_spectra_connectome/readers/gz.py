"""Files packed by gzip: unpacked beside no other, as far as a file of their size may go."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Guard, budget_of

RELMAT = "_relmat.dense.tsv"
BYTES, RATIO = 32 << 20, 16  # that any file may unpack to, and so many times its bytes
PIECE = 1 << 20


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The content of ``a.csv.gz`` as a file ``a.csv``, which is gone afterwards.

    Raises NetworkError when it unpacks to too much, and what gzip raises.
    """
    with TemporaryDirectory(prefix="zoo-spectra-") as folder:
        inner = Path(folder) / path.name[: -len(".gz")]
        _unpack(path, inner)
        if inner.name.lower().endswith(RELMAT):  # and what says how it is to be read
            from zoo_spectra_connectome.readers.relmat import beside

            for file in beside(path):
                inner.with_name(file.name).symlink_to(file.resolve())
        yield inner


def _unpack(path: Path, inner: Path) -> None:
    guard, size = Guard(budget_of(path)), 0
    allowed = max(BYTES, RATIO * path.stat().st_size)
    with gzip.open(path, "rb") as stream, inner.open("wb") as target:
        while piece := stream.read(PIECE):
            guard.tick()
            size += len(piece)
            if size > allowed:
                raise NetworkError(
                    f"it unpacks to more than {allowed >> 20} MB, {RATIO} times its size; if it is "
                    "no damaged file, unpack it (gunzip)"
                )
            target.write(piece)
