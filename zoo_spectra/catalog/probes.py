"""What the parts of a large estimate have found, until the row of their network is there.

    probes/<result>-<position>-<matrix>-<begin>-<end>-<steps>-<milliseconds>.<digest>.f8

A file a part: the Lanczos coefficients of probes ``begin`` to ``end``, shape (end - begin, 2,
steps), as float64, little-endian. It is no result, and nothing is lost with it but the time that it
took: what is damaged, or no such file, is passed by and done again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from zoo_spectra.catalog.parts import content_digest
from zoo_spectra.catalog.storage import Storage
from zoo_spectra.method import Coefficients

FOLDER = "probes"
_NAME = re.compile(
    r"(?P<result>[0-9a-f]{16})-(?P<position>\d{1,9})-(?P<matrix>[0-9a-f]{32})"
    r"-(?P<begin>\d{1,9})-(?P<end>\d{1,9})-(?P<steps>\d{1,9})-(?P<milliseconds>\d{1,12})\.(?P<digest>[0-9a-f]{16})\.f8"
)
_MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Probed:
    """A part: of the constituent at ``position``, its probes from ``begin`` on, and its seconds.

    ``matrix``: the digest of the constituent's matrix.
    """

    position: int
    matrix: str
    begin: int
    coefficients: list[Coefficients]
    seconds: float


def write_probes(storage: Storage, result: str, probed: Probed) -> None:
    """Keep a part of a result. Raises CatalogError where it cannot be written."""
    values = np.array([(each.diagonal, each.beside) for each in probed.coefficients])
    content = values.astype("<f8").tobytes()
    end, milliseconds = probed.begin + len(values), round(1000 * probed.seconds)
    what = result, probed.position, probed.matrix
    stem = "-".join(map(str, (*what, probed.begin, end, values.shape[2], milliseconds)))
    storage.write(f"{FOLDER}/{stem}.{content_digest(content)}.f8", content)


def read_probes(storage: Storage, result: str) -> Iterator[Probed]:
    """The parts of a result that are there and sound. Raises CatalogError."""
    for name, numbers in _listed(storage, result):
        content = storage.read(f"{FOLDER}/{name}", _MOST_BYTES)
        if content is None or content_digest(content) != numbers["digest"]:
            continue
        position, begin, end, steps = (
            int(numbers[key]) for key in ("position", "begin", "end", "steps")
        )
        shape = end - begin, 2, steps
        if begin >= end or not steps or len(content) != 8 * prod(shape):
            continue
        values = np.frombuffer(content, "<f8").reshape(shape)
        if not np.isfinite(values).all():
            continue
        found = [Coefficients(*both) for both in values]
        yield Probed(position, numbers["matrix"], begin, found, int(numbers["milliseconds"]) / 1000)


def forget_probes(storage: Storage, result: str) -> None:
    """Delete the parts of a result, whose row is there. Raises CatalogError."""
    for name, _ in _listed(storage, result):
        storage.delete(f"{FOLDER}/{name}")


def _listed(storage: Storage, result: str) -> Iterator[tuple[str, dict[str, str]]]:
    for entry in storage.entries(FOLDER):
        match = _NAME.fullmatch(entry.name)
        if match and match["result"] == result:
            yield entry.name, match.groupdict()
