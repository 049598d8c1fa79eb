"""The estimate of one large sparse constituent in parts that run anywhere, each from the beginning.

What comes out is that of ``constituent_spectrum``, to the last bit on machines of one kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from zoo_spectra.method.estimate import Estimation, Wanted
from zoo_spectra.method.probes import BLOCK_SIZE, part
from zoo_spectra.method.slq import Coefficients, Operator, operator_of, operator_size
from zoo_spectra.method.spectrum import (
    ConstituentSpectrum,
    estimated_spectrum,
    probe_streams,
    scaled_sparse,
    skip_reason,
)
from zoo_spectra.sources import Constituent, digest, is_sparse

SECONDS_PER_ENTRY = 2e-9  # of one application of a sparse matrix


@dataclass(frozen=True)
class Part:
    """Probes from ``begin`` to ``end``, of those up to ``of``, each of ``steps`` Lanczos steps.

    ``matrix``: the digest of the matrix, so that no other one's are taken for them.
    """

    matrix: str
    begin: int
    end: int
    of: int
    steps: int


@dataclass
class Parted:
    """An estimate that is made of parts. ``constituent``: one for which ``is_parted`` is true."""

    constituent: Constituent
    network_id: str
    _found: dict[int, Coefficients] = field(default_factory=dict)

    def add(self, begin: int, coefficients: list[Coefficients]) -> None:
        """What a part has found; of a probe that is known already the longer one counts."""
        for probe, each in enumerate(coefficients, begin):
            if probe not in self._found or len(each) > len(self._found[probe]):
                self._found[probe] = each

    def run(self, wanted: Part) -> list[Coefficients]:
        """Do a part here."""
        probes = range(wanted.begin, wanted.end)
        return part(self._operator, self._stream, wanted.of, probes, wanted.steps)

    @cached_property
    def digest(self) -> str:
        """Of the matrix."""
        return digest(self.constituent.matrix)

    def seconds(self, wanted: Part) -> float:
        """About what it takes one core to do a part."""
        return self._seconds(wanted.end - wanted.begin, wanted.steps)

    def _seconds(self, probes: int, steps: int) -> float:
        return probes * steps * self._operator.entries * SECONDS_PER_ENTRY

    def lacks(self, seconds: float) -> list[Part]:
        """The parts that are still to be done, of at most about ``seconds`` each, or of one probe.

        Of what is wanted at the moment: more may be wanted after those. None at the end.
        """
        wanted = self._wanted()
        if wanted is None:
            return []
        due = [
            probe
            for probe in range(wanted.begin, wanted.end)
            if probe not in self._found or len(self._found[probe]) < wanted.steps
        ]
        width = max(1, int(seconds / self._seconds(1, wanted.likely)))
        of, steps = wanted.end, wanted.likely
        return [Part(self.digest, begin, end, of, steps) for begin, end in _runs(due, width)]

    def spectrum(self) -> ConstituentSpectrum:
        """Once nothing is lacked. Raises ValueError before."""
        found = estimated_spectrum(self.constituent, self._estimation.result(), self._exponent)
        return replace(found, digest=self.digest)

    def _wanted(self) -> Wanted | None:
        """What is wanted beyond the parts that are there already."""
        found = self._estimation.found
        while (wanted := self._estimation.wanted()) is not None:
            probes = range(wanted.begin, wanted.end)
            known = [self._found[probe] for probe in probes if probe in self._found]
            if len(known) < len(probes) or min(map(len, known)) < wanted.steps:
                break
            found[wanted.begin :] = known
        return wanted

    @cached_property
    def _scaled(self) -> tuple[Any, int]:
        matrix: Any = self.constituent.matrix
        return scaled_sparse(matrix)

    @property
    def _exponent(self) -> int:
        return self._scaled[1]

    @cached_property
    def _operator(self) -> Operator:
        return operator_of(self._scaled[0])

    @cached_property
    def _estimation(self) -> Estimation:
        return Estimation(self._operator)

    @property
    def _stream(self) -> Any:
        return probe_streams(self.network_id, self.constituent)


def is_parted(constituent: Constituent, exact_limit: int) -> bool:
    """Whether it is estimated, and its probes one by one, so that parts make the same of it."""
    matrix: Any = constituent.matrix
    large = is_sparse(matrix) and min(matrix.shape) > max(exact_limit, BLOCK_SIZE)
    return large and operator_size(matrix) > BLOCK_SIZE and skip_reason(matrix) is None


def _runs(numbers: list[int], most: int) -> list[tuple[int, int]]:
    """Ascending numbers as ranges of neighbours, at most so many in each."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number and number - found[-1][0] < most:
            found[-1] = found[-1][0], number + 1
        else:
            found.append((number, number + 1))
    return found
