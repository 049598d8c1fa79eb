"""Large estimates, of which other workers do parts: what is there of them, and what is lacked.

Nothing of it lives only in memory: a part that has ended is a file in the catalog, and whoever
looks again asks only for what is not there.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from dataclasses import replace

from zoo_spectra.catalog import Probed, Storage, read_probes, write_probes
from zoo_spectra.errors import NetworkError
from zoo_spectra.method import Part, Parted, is_parted
from zoo_spectra.runner.rows import Piece
from zoo_spectra.runner.tasks import More, Task
from zoo_spectra.runner.usage import peak_memory
from zoo_spectra.sources import Constituent, Network, NetworkRef, byte_count, digest, walked

# Of a part: what is shorter is not worth another look at the network, and done by whoever looks.
PART_SECONDS = 20.0


def estimates(
    storage: Storage,
    result: str,
    ref: NetworkRef,
    network: Network,
    exact_limit: int,
    seconds: float,
) -> dict[int, Piece] | More:
    """The pieces of the constituents that are estimated in parts, or the parts that are lacked.

    ``seconds``: about what a part is to take.
    """
    pieces: dict[int, Piece] = {}
    tasks: list[Task] = []
    there: dict[int, list[Probed]] | None = None
    opened = time.perf_counter()
    for position, constituent in enumerate(walked(network, ref.shapes)):
        reading = time.perf_counter() - opened
        if is_parted(constituent, exact_limit):
            there = _there(storage, result) if there is None else there
            begun, parted = time.perf_counter(), Parted(constituent, ref.network_id)
            for probed in there[position]:
                parted.add(probed.begin, probed.coefficients)
            lacked = _lacked(parted, seconds)
            tasks += [_task(ref, position, part, parted, reading) for part in lacked]
            if not tasks:
                elsewhere = sum(probed.seconds for probed in there[position])
                pieces[position] = _piece(position, parted, begun, elsewhere)
        opened = time.perf_counter()
    return More(ref.network_id, tuple(tasks)) if tasks else pieces


def do_part(
    storage: Storage, result: str, ref: NetworkRef, network: Network, position: int, part: Part
) -> None:
    """Do a part, and keep it in the catalog. Raises CatalogError, NetworkError."""
    parted = Parted(_constituent(ref, network, position), ref.network_id)
    begun = time.perf_counter()
    found = parted.run(part)
    seconds = time.perf_counter() - begun
    write_probes(storage, result, Probed(position, part.begin, found, seconds))


def is_there(storage: Storage, result: str, position: int, part: Part) -> bool:
    """Whether a part is in the catalog."""
    return any(
        probed.position == position
        and probed.begin <= part.begin
        and probed.begin + len(probed.coefficients) >= part.end
        and len(probed.coefficients[0]) >= part.steps
        for probed in read_probes(storage, result)
    )


def _there(storage: Storage, result: str) -> dict[int, list[Probed]]:
    found = defaultdict(list)
    for probed in read_probes(storage, result):
        found[probed.position].append(probed)
    return found


def _lacked(parted: Parted, seconds: float) -> list[Part]:
    """What is lacked, after what is short was done here."""
    while lacked := parted.lacks(seconds):
        if sum(map(parted.seconds, lacked)) > seconds:
            return lacked
        for part in lacked:
            parted.add(part.begin, parted.run(part))
    return []


def _task(ref: NetworkRef, position: int, part: Part, parted: Parted, reading: float) -> Task:
    """``reading``: seconds to come to the matrix, which a worker reads again."""
    matrix = parted.constituent.matrix
    # A copy, its transpose, and the vectors twice: as they are drawn, and orthogonal.
    memory = 4 * byte_count(matrix) + 16 * part.of * min(matrix.shape)
    return Task(
        key=f"{ref.network_id}/{position}-{part.begin}-{part.end}-{part.steps}",
        network=ref.network_id,
        seconds=reading + parted.seconds(part),
        memory=math.ceil(memory),
        kind="part",
        positions=(position,),
        part=part,
    )


def _piece(position: int, parted: Parted, begun: float, elsewhere: float) -> Piece:
    known = digest(parted.constituent.matrix)
    spectrum = replace(parted.spectrum(), digest=known)
    seconds = elsewhere + time.perf_counter() - begun
    return Piece(position, spectrum, known, seconds, 0.0, peak_memory())


def _constituent(ref: NetworkRef, network: Network, position: int) -> Constituent:
    for at, constituent in enumerate(walked(network, ref.shapes)):
        if at == position:
            return constituent
    raise NetworkError(
        f"{ref.name}: constituent {position} is not there any more; the file was changed meanwhile"
    )
