"""What is known of each constituent of a network after one walk: shape, digest, place."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_spectra.classes.comparing.plain import is_plain
from zoo_spectra.classes.comparing.walking import Desk, walk_of
from zoo_spectra.sources import Constituent, Network, digest


@dataclass(frozen=True)
class Fact:
    """One constituent: its place from 0, name, shape (p, q), dtype and digest of the entries.

    ``plain``: of entries so simple that equal ones are no evidence.
    """

    at: int
    name: str
    shape: tuple[int, int]
    dtype: str
    digest: str
    plain: bool

    @property
    def entries(self) -> int:
        """p · q."""
        return self.shape[0] * self.shape[1]


def facts_of(network: Network, desk: Desk) -> list[Fact]:
    """Every constituent, in order. Raises NetworkError, and what the walk raises."""
    return [_fact(at, each) for at, each in enumerate(walk_of(network, desk))]


def _fact(at: int, constituent: Constituent) -> Fact:
    matrix = constituent.matrix
    shape = (int(matrix.shape[0]), int(matrix.shape[1]))
    return Fact(at, constituent.name, shape, str(matrix.dtype), digest(matrix), is_plain(matrix))
