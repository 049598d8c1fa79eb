"""The work of one worker on one network: load, analyse, commit, and say so in a receipt."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from zoo_spectra.adapter import Adapter, NetworkRef
from zoo_spectra.analysis import Settings, combine
from zoo_spectra.catalog import Catalog
from zoo_spectra.errors import NetworkError
from zoo_spectra.network import Constituent, Network
from zoo_spectra.rows import Row, finished, network_row, spectra_rows, spectrum_columns
from zoo_spectra.runner.usage import peak_memory, reset_peak_memory
from zoo_spectra.spectrum import ConstituentSpectrum, constituent_spectrum


@dataclass(frozen=True)
class Receipt:
    """What the driver is told: the result itself is in the catalog already."""

    network_id: str
    name: str
    status: str
    reason: str | None
    seconds: float


class _Reading:
    """A walk over a network's constituents that times the reading and digests the entries."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._digest = hashlib.blake2b(digest_size=16)
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Constituent]:
        started = time.perf_counter()
        for constituent in self._network.constituents():
            matrix = np.ascontiguousarray(constituent.matrix)
            self.seconds += time.perf_counter() - started
            self._digest.update(f"{constituent.name}{matrix.shape}{matrix.dtype.str}".encode())
            self._digest.update(matrix.data if matrix.size else b"")
            yield constituent
            started = time.perf_counter()
        self.seconds += time.perf_counter() - started

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def analyze_and_commit(
    ref: NetworkRef,
    adapter: Adapter,
    catalog: Catalog,
    settings: Settings,
    attempts: int = 1,
    threads: int = 1,
) -> Receipt:
    """Analyse one network and commit its rows. A network's own fault becomes a `failed` row.

    ``threads`` bounds BLAS and OpenMP. Raises CatalogError when the result cannot be committed.
    """
    started = time.perf_counter()
    reset_peak_memory()
    row = network_row(ref, settings, attempts)
    spectra: list[ConstituentSpectrum] = []
    try:
        with threadpool_limits(threads):
            network = adapter.load(ref)
        load_seconds = time.perf_counter() - started
        # Again: loading may have brought in a library with threads of its own.
        with threadpool_limits(threads):
            reading = _Reading(network)
            for constituent in reading:
                spectra.append(
                    constituent_spectrum(constituent, settings.exact_limit, ref.network_id)
                )
                del constituent
            spectrum = combine(network, spectra, settings, ref.network_id)
    except Exception as error:
        # Whatever a network does, it is the network's row that says so; the run goes on.
        row = finished(row, "failed", _reason(error))
        catalog.commit(_part(row), [row], spectra_rows(row, spectra))
        return _receipt(row, started)
    row |= spectrum_columns(spectrum)
    row |= _usage(started, load_seconds + reading.seconds) | {"weights_digest": reading.digest}
    row = finished(row, "ok")
    catalog.commit(_part(row), [row], spectra_rows(row, spectrum.constituents, spectrum.gap_ratios))
    return _receipt(row, started)


def give_up(ref: NetworkRef, catalog: Catalog, settings: Settings, attempts: int) -> Receipt:
    """Commit a `quarantined` row for a network whose worker died each time it was tried."""
    row = finished(
        network_row(ref, settings, attempts),
        "quarantined",
        f"the worker process died in all {attempts} attempts (out of memory, or a crash in "
        "native code); look at the system's log, or give the machine more memory",
    )
    catalog.commit(_part(row), [row])
    return Receipt(ref.network_id, ref.name, "quarantined", row["reason"], 0.0)


def _reason(error: Exception) -> str:
    if isinstance(error, NetworkError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory for this network; use a machine with more, or fewer workers"
    return f"{type(error).__name__}: {error}"


def _usage(started: float, load_seconds: float) -> Row:
    return {
        "seconds": time.perf_counter() - started - load_seconds,
        "load_seconds": load_seconds,
        "peak_memory": peak_memory(),
    }


def _part(row: Row) -> str:
    return f"{row['network_id']}-{row['commit_id']}"


def _receipt(row: Row, started: float) -> Receipt:
    seconds = time.perf_counter() - started
    return Receipt(row["network_id"], row["name"], row["status"], row["reason"], seconds)
