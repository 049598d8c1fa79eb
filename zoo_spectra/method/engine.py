"""How the spectra of constituents are computed: side by side on threads, or in batches on a GPU.

Threads inside one LAPACK call gain little, one call a thread gains all; so
each constituent has one thread, but for the largest, which have all to themselves.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Literal

from threadpoolctl import ThreadpoolController

from zoo_spectra.errors import DeviceError
from zoo_spectra.method.spectrum import DENSE_ENTRIES, ConstituentSpectrum, batch_spectra
from zoo_spectra.sources import Constituent, digest, is_sparse

Device = Literal["cpu", "cuda", "torch-cpu"]
# Above this order a constituent has all threads: it would be the last to end, and two at once
# would take much memory.
ALONE_ORDER = 2048
BATCH_BYTES = 256 << 20


@dataclass(frozen=True)
class Engine:
    """LAPACK on ``threads`` threads (``cpu``), or torch, on a GPU (``cuda``) or without one.

    ``torch-cpu`` is the code of ``cuda`` on a machine without a GPU. Results of the three agree
    within 1e-6 of λ_max. Without ``digests`` no spectrum has that of its matrix.
    """

    device: Device = "cpu"
    threads: int = 1
    digests: bool = True


@dataclass(frozen=True)
class Solved:
    """One constituent's spectrum, and the seconds it took to read and to solve."""

    constituent: Constituent
    spectrum: ConstituentSpectrum
    load_seconds: float
    seconds: float


_Read = tuple[Constituent, float]


def all_threads() -> Engine:
    """LAPACK on every core that this process may use."""
    available = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
    return Engine(threads=len(available(0)))


def check_device(device: Device) -> None:
    """Raise DeviceError when the device needs torch, or a GPU, that is not on this machine."""
    if device == "cpu":
        return
    try:
        import torch
    except ImportError as error:
        raise DeviceError(
            f"device {device!r} needs torch, which is not installed here; pip install torch, or "
            "leave device out of the job"
        ) from error
    if device == "cuda" and not torch.cuda.is_available():
        raise DeviceError(
            "device 'cuda': torch sees no GPU on this machine; run on a cluster that has some, or "
            "leave device out of the job"
        )


def limited(threads: int) -> AbstractContextManager[object]:
    """Inside, BLAS and OpenMP have at most so many threads."""
    limits: AbstractContextManager[object] = _libraries(len(sys.modules)).limit(limits=threads)
    return limits


@lru_cache(maxsize=1)
def _libraries(_modules: int) -> ThreadpoolController:
    """The loaded libraries that have threads. To find them takes milliseconds, so they are looked
    for again only when modules were imported, which may have brought new ones.
    """
    return ThreadpoolController()


def solve(
    constituents: Iterable[Constituent], exact_limit: int, network_id: str, engine: Engine
) -> Iterator[Solved]:
    """Each constituent's spectrum, in order, while the next ones are read.

    At most twice as many constituents as threads, or a batch of 256 MB, are held at once: copies,
    since whoever reads may use one buffer for all. BLAS has one thread from the first result to the
    last.
    """
    one = partial(_solve_one, exact_limit=exact_limit, network_id=network_id, known=engine.digests)
    reads = _timed(constituents)
    with limited(1):
        if engine.device != "cpu":
            for batch in _batches(reads, exact_limit):
                yield from _solve_batch(batch, exact_limit, network_id, engine.device)
        elif engine.threads == 1:
            yield from map(one, reads)
        else:
            yield from _side_by_side(reads, one, engine.threads)


def _timed(constituents: Iterable[Constituent]) -> Iterator[_Read]:
    started = time.perf_counter()
    for constituent in constituents:
        yield constituent, time.perf_counter() - started
        started = time.perf_counter()


def _copied(read: _Read) -> _Read:
    constituent, load_seconds = read
    matrix = constituent.matrix
    copy = matrix.copy() if is_sparse(matrix) else matrix.copy("K")
    return Constituent(constituent.name, copy), load_seconds


def _solve_one(
    read: _Read, exact_limit: int, network_id: str, known: bool, threads: int = 1
) -> Solved:
    constituent, load_seconds = read
    started = time.perf_counter()
    (spectrum,) = batch_spectra([constituent], exact_limit, network_id, threads=threads)
    spectrum = _known(spectrum, constituent) if known else spectrum
    return Solved(constituent, spectrum, load_seconds, time.perf_counter() - started)


def _known(spectrum: ConstituentSpectrum, constituent: Constituent) -> ConstituentSpectrum:
    """The spectrum with its matrix's digest."""
    return replace(spectrum, digest=digest(constituent.matrix))


def _side_by_side(reads: Iterable[_Read], one: partial[Solved], threads: int) -> Iterator[Solved]:
    flights: deque[Future[Solved]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for read in reads:
            if min(read[0].matrix.shape) > ALONE_ORDER:
                while flights:
                    yield flights.popleft().result()
                with limited(threads):
                    large = one(read, threads=threads)
                yield large
                continue
            flights.append(pool.submit(one, _copied(read)))
            if len(flights) >= 2 * threads:
                yield flights.popleft().result()
        while flights:
            yield flights.popleft().result()


def _batches(reads: Iterable[_Read], exact_limit: int) -> Iterator[list[_Read]]:
    batch: list[_Read] = []
    size = 0
    for read in reads:
        batch.append(_copied(read))
        size += _bytes_to_solve(read[0], exact_limit)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _bytes_to_solve(constituent: Constituent, exact_limit: int) -> int:
    """A sparse matrix that is diagonalised is made dense first."""
    rows, columns = map(int, constituent.matrix.shape)
    if is_sparse(constituent.matrix) and min(rows, columns) <= exact_limit:
        return 8 * min(rows * columns, DENSE_ENTRIES)
    return constituent.nbytes


def _solve_batch(
    batch: Sequence[_Read], exact_limit: int, network_id: str, device: Device
) -> Iterator[Solved]:
    from zoo_spectra.method.torch_solver import torch_eigenvalues

    started = time.perf_counter()
    on_device = partial(torch_eigenvalues, device="cuda" if device == "cuda" else "cpu")
    spectra = batch_spectra([c for c, _ in batch], exact_limit, network_id, on_device)
    spectra = [_known(spectrum, c) for spectrum, (c, _) in zip(spectra, batch, strict=True)]
    share = (time.perf_counter() - started) / len(batch)
    for (constituent, load_seconds), spectrum in zip(batch, spectra, strict=True):
        yield Solved(constituent, spectrum, load_seconds, share)
