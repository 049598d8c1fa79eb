"""Large estimates, of which other workers do parts: what is there of them, and what is lacked.

Nothing of it lives only in memory: a part that has ended is a file in the catalog, and whoever
looks again asks only for what is not there.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from zoo_spectra.catalog import Probed, Storage, read_probes, write_probes
from zoo_spectra.errors import NetworkError
from zoo_spectra.method import Part, Parted, is_parted
from zoo_spectra.runner.rows import Piece
from zoo_spectra.runner.tasks import Task
from zoo_spectra.runner.usage import peak_memory
from zoo_spectra.sources import Constituent, Network, NetworkRef, byte_count, walked

# Of a part: what is shorter is not worth another look at the network, and done by whoever looks.
PART_SECONDS = 20.0


@dataclass
class Parts:
    """What is estimated in parts of a network, while it is walked.

    ``opening``: seconds to open the network, which whoever does a part opens again; ``seconds``:
    about what a part is to take. ``pieces``: what is complete, by position; ``lacked``: parts.
    """

    storage: Storage
    result: str
    ref: NetworkRef
    exact_limit: int
    opening: float
    seconds: float
    pieces: dict[int, Piece] = field(default_factory=dict)
    lacked: list[Task] = field(default_factory=list)

    def takes(self, position: int, constituent: Constituent) -> bool:
        """Whether a constituent is estimated in parts: then it is, as far as they are there."""
        if not is_parted(constituent, self.exact_limit):
            return False
        begun, parted = time.perf_counter(), Parted(constituent, self.ref.network_id)
        elsewhere = 0.0
        for probed in self._there.get((position, parted.digest), ()):
            parted.add(probed.begin, probed.coefficients)
            elsewhere += probed.seconds
        lacked = _lacked(parted, self.seconds)
        self.lacked += [self._task(position, part, parted) for part in lacked]
        if not lacked:
            spectrum = parted.spectrum()
            seconds = elsewhere + time.perf_counter() - begun
            piece = Piece(position, spectrum, spectrum.digest, seconds, 0.0, peak_memory())
            self.pieces[position] = piece
        return True

    @cached_property
    def _there(self) -> dict[tuple[int, str], list[Probed]]:
        found = defaultdict(list)
        for probed in read_probes(self.storage, self.result):
            found[probed.position, probed.matrix].append(probed)
        return found

    def _task(self, position: int, part: Part, parted: Parted) -> Task:
        matrix, network = parted.constituent.matrix, self.ref.network_id
        # A copy, its transpose, and the vectors twice: as they are drawn, and orthogonal.
        memory = 4 * byte_count(matrix) + 16 * part.of * min(matrix.shape)
        return Task(
            key=f"{network}/{position}-{part.begin}-{part.end}-{part.steps}",
            network=network,
            seconds=self.opening + parted.seconds(part),
            memory=math.ceil(memory),
            kind="part",
            positions=(position,),
            part=part,
        )


def do_part(
    storage: Storage, result: str, ref: NetworkRef, network: Network, position: int, part: Part
) -> None:
    """Do a part, and keep it in the catalog. Raises CatalogError, NetworkError."""
    parted = Parted(_constituent(ref, network, position), ref.network_id)
    if parted.digest != part.matrix:
        raise NetworkError(
            f"{ref.name}: constituent {position} is another matrix than it was; the file was "
            "changed meanwhile: run it again"
        )
    begun = time.perf_counter()
    found = parted.run(part)
    seconds = time.perf_counter() - begun
    write_probes(storage, result, Probed(position, part.matrix, part.begin, found, seconds))


def is_there(storage: Storage, result: str, position: int, part: Part) -> bool:
    """Whether a part is in the catalog."""
    return any(
        (probed.position, probed.matrix) == (position, part.matrix)
        and probed.begin <= part.begin
        and probed.begin + len(probed.coefficients) >= part.end
        and len(probed.coefficients[0]) >= part.steps
        for probed in read_probes(storage, result)
    )


def _lacked(parted: Parted, seconds: float) -> list[Part]:
    """What is lacked, after what is short was done here."""
    while lacked := parted.lacks(seconds):
        if sum(map(parted.seconds, lacked)) > seconds:
            return lacked
        for part in lacked:
            parted.add(part.begin, parted.run(part))
    return []


def _constituent(ref: NetworkRef, network: Network, position: int) -> Constituent:
    for at, constituent in enumerate(walked(network, ref.shapes)):
        if at == position:
            return constituent
    raise NetworkError(
        f"{ref.name}: constituent {position} is not there any more; the file was changed "
        "meanwhile: run it again"
    )
