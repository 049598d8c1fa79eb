"""The work of one worker: load, analyse, commit, and say so in receipts."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from zoo_spectra.catalog import Catalog, forget_probes
from zoo_spectra.errors import CatalogError, NetworkError
from zoo_spectra.method import (
    ConstituentSpectrum,
    Engine,
    Settings,
    combine,
    limited,
    solve,
    stored_once,
    unsolved,
)
from zoo_spectra.runner.commit import Result, commit
from zoo_spectra.runner.failures import failed
from zoo_spectra.runner.parts import Parts, do_part
from zoo_spectra.runner.place import Place
from zoo_spectra.runner.rows import (
    Piece,
    Row,
    finished,
    network_row,
    pieces_of,
    spectra_rows,
    spectrum_columns,
)
from zoo_spectra.runner.tasks import More, Task, result_id
from zoo_spectra.runner.usage import peak_memory, reset_peak_memory
from zoo_spectra.sources import (
    Adapter,
    Constituent,
    Network,
    NetworkRef,
    guarded,
    opened,
    walked,
)


@dataclass(frozen=True)
class Receipt:
    """What the driver is told of a network's row: the result itself is in the catalog already."""

    network_id: str
    name: str
    status: str
    reason: str | None


@dataclass(frozen=True)
class Bench:
    """What a worker works with. ``engine``: its threads, or its GPU; ``place``: where it is.

    ``parts``: where there are others, who take parts of large estimates, the seconds of a part.
    """

    adapters: Mapping[str, Adapter]
    catalog: Catalog
    settings: Settings
    engine: Engine = field(default_factory=Engine)
    place: Place | None = None
    parts: float | None = None


def do_unit(
    bench: Bench, tasks: Sequence[Task], refs: Sequence[NetworkRef], attempts: Sequence[int]
) -> list[Receipt | More]:
    """Do what was started as one; the receipts are of the networks whose rows are committed then.

    ``refs`` and ``attempts``: of each task. Raises CatalogError.
    """
    first, ref = tasks[0], refs[0]
    if first.kind == "whole":
        return analyze_networks(bench, refs, attempts)
    if first.kind == "finish":
        return [finish_network(bench, ref, attempts[0])]
    if first.kind == "part":
        failure = analyze_part(bench, ref, first, attempts[0])
    else:
        number = first.key.rpartition("/")[2]
        failure = analyze_share(bench, ref, first.positions, number, attempts[0])
    return [] if failure is None else [failure]


def analyze_networks(
    bench: Bench, refs: Sequence[NetworkRef], attempts: Sequence[int]
) -> list[Receipt | More]:
    """Analyse whole networks and commit their rows as one part; or say what is to be done first.

    A network's own fault becomes its `failed` row. Raises CatalogError when nothing can be
    committed.
    """
    ends = [_analyzed(bench, ref, attempt) for ref, attempt in zip(refs, attempts, strict=True)]
    results = [end for end in ends if isinstance(end, Result)]
    more = [end for end in ends if isinstance(end, More)]
    if not results:
        return [*more]
    rows = commit(bench.catalog, results[0].row["commit_id"], results)
    estimated = {row["network_id"] for row in rows if row.get("spectrum_kind") == "slq"}
    for ref in () if bench.parts is None else refs:
        if ref.network_id in estimated:
            forget_probes(bench.catalog.storage, result_id(ref, bench.settings))
    return [*map(_receipt, rows), *more]


def _analyzed(bench: Bench, ref: NetworkRef, attempts: int) -> Result | More:
    row = network_row(ref, bench.settings, attempts, place=bench.place)
    pieces: list[Piece] = []
    try:
        with guarded():
            started = time.perf_counter()
            network = _open(bench, ref)
            opening = time.perf_counter() - started
            parts = _parts(bench, ref, opening)
            found = list(_walk(bench, ref, network, parts=parts))
            if parts is not None:
                if parts.lacked:
                    return More(ref.network_id, tuple(parts.lacked))
                found = sorted([*found, *parts.pieces.values()], key=lambda each: each.position)
            pieces.extend(_once(found, network))
            row = _summed_up(bench, row, network, pieces, opening)
    except CatalogError:  # of what other workers have written
        raise
    except Exception as error:
        # Whatever a network does, it is the network's row that says so; the run goes on.
        row = failed(row, error)
    return Result(row, spectra_rows(row["network_id"], row["commit_id"], pieces))


def _parts(bench: Bench, ref: NetworkRef, opening: float) -> Parts | None:
    if bench.parts is None:
        return None
    result, limit = result_id(ref, bench.settings), bench.settings.exact_limit
    return Parts(bench.catalog.storage, result, ref, limit, opening, bench.parts)


def analyze_part(bench: Bench, ref: NetworkRef, task: Task, attempts: int) -> Receipt | None:
    """Do a part of an estimate, and keep it in the catalog.

    Returns None, or the receipt of the network's `failed` row. Raises CatalogError.
    """
    assert task.part is not None
    try:
        with guarded(), limited(bench.engine.threads):
            storage, result = bench.catalog.storage, result_id(ref, bench.settings)
            do_part(storage, result, ref, _open(bench, ref), task.positions[0], task.part)
    except CatalogError:
        raise
    except Exception as error:  # as above
        row = failed(network_row(ref, bench.settings, attempts, place=bench.place), error)
        return _receipt(*commit(bench.catalog, row["commit_id"], [Result(row)]))
    return None


def analyze_share(
    bench: Bench, ref: NetworkRef, positions: Collection[int], number: str, attempts: int
) -> Receipt | None:
    """Analyse and commit the constituents at ``positions`` of a network that is split.

    Returns None, or the receipt of the network's `failed` row. Raises CatalogError.
    """
    commit_id = result_id(ref, bench.settings)
    try:
        with guarded():
            network, others = _open(bench, ref), dict[int, ConstituentSpectrum]()
            pieces = list(_walk(bench, ref, network, positions, others))
            pieces = _once(pieces, network, others)
        _check_positions(ref, pieces, positions)
        rows = spectra_rows(ref.network_id, commit_id, pieces)
    except Exception as error:  # as above
        return _failed(bench, ref, attempts, error)
    try:
        bench.catalog.commit(f"{commit_id}-{number}", [], rows)
    except CatalogError:
        raise
    except Exception as error:
        return _failed(bench, ref, attempts, error)
    return None


def finish_network(bench: Bench, ref: NetworkRef, attempts: int) -> Receipt:
    """The row of a split network, from its committed shares. Raises CatalogError."""
    commit_id = result_id(ref, bench.settings)
    row = network_row(ref, bench.settings, attempts, commit_id, bench.place)
    found = bench.catalog.pieces(commit_id)
    try:
        pieces = pieces_of(found)
        _check_positions(ref, pieces, range(len(ref.shapes or ())))
        with guarded():
            row = _summed_up(bench, row, _open(bench, ref), pieces, 0.0)
    except Exception as error:  # as above
        return _failed(bench, ref, attempts, error)
    return _receipt(*commit(bench.catalog, f"{commit_id}-row", [Result(row)]))


def _failed(bench: Bench, ref: NetworkRef, attempts: int, error: Exception) -> Receipt:
    """Commit the `failed` row of a split network."""
    commit_id = result_id(ref, bench.settings)
    row = failed(network_row(ref, bench.settings, attempts, commit_id, bench.place), error)
    return _receipt(*commit(bench.catalog, f"{commit_id}-row", [Result(row)]))


def unfinished(
    ref: NetworkRef,
    settings: Settings,
    status: str,
    reason: str,
    attempts: int,
    place: Place | None = None,
) -> Row:
    """The row of a network that no worker could end; ``place``: where the last one was."""
    return finished(network_row(ref, settings, attempts, place=place), status, reason)


def _open(bench: Bench, ref: NetworkRef) -> Network:
    reset_peak_memory()
    with limited(bench.engine.threads):
        return opened(bench.adapters[ref.adapter], ref)


def _walk(
    bench: Bench,
    ref: NetworkRef,
    network: Network,
    positions: Collection[int] | None = None,
    others: dict[int, ConstituentSpectrum] | None = None,
    parts: Parts | None = None,
) -> Iterator[Piece]:
    """The constituents at ``positions`` (all by default), each analysed as it is read.

    ``others`` gets those that are passed by and could be the same as one of them, unsolved. What is
    estimated in ``parts`` is left to them, and all after it where they are not all there.
    """
    wanted = None if positions is None else frozenset(positions)
    shapes = {shape for at, shape in enumerate(ref.shapes or ()) if wanted and at in wanted}
    taken: list[int] = []

    def chosen() -> Iterator[Constituent]:
        for position, constituent in enumerate(walked(network, ref.shapes)):
            if parts is not None and (parts.takes(position, constituent) or parts.lacked):
                continue
            if wanted is None or position in wanted:
                taken.append(position)
                yield constituent
            elif others is not None and constituent.matrix.shape in shapes:
                others[position] = unsolved(constituent)

    solved = solve(chosen(), bench.settings.exact_limit, ref.network_id, bench.engine)
    largest = peak = 0
    for number, each in enumerate(solved):
        # To ask the system takes as long as a small constituent, and only a larger one changes it.
        if each.constituent.nbytes > largest:
            largest, peak = each.constituent.nbytes, peak_memory()
        yield Piece(
            taken[number],
            each.spectrum,
            each.spectrum.digest,
            each.seconds,
            each.load_seconds,
            peak,
        )


def _once(
    pieces: list[Piece], network: Network, others: Mapping[int, ConstituentSpectrum] | None = None
) -> list[Piece]:
    """The pieces, with what is stored twice skipped, also where an earlier share has it."""
    spectra = {piece.position: piece.spectrum for piece in pieces} | dict(others or {})
    places = sorted(spectra)
    once = dict(zip(places, stored_once([spectra[at] for at in places], network.kind), strict=True))
    return [replace(piece, spectrum=once[piece.position]) for piece in pieces]


def _check_positions(ref: NetworkRef, pieces: list[Piece], expected: Collection[int]) -> None:
    found = {piece.position for piece in pieces}
    missing = sorted(set(expected) - found)
    if missing:
        raise NetworkError(
            f"{ref.name}: constituents {missing[:5]} of {len(ref.shapes or ())} are missing; the "
            "adapter promised other shapes, or parts of the catalog were removed meanwhile"
        )


def _summed_up(
    bench: Bench, row: Row, network: Network, pieces: list[Piece], opening: float
) -> Row:
    """The `ok` row of a network whose constituents are all analysed."""
    started = time.perf_counter()
    spectra = [piece.spectrum for piece in pieces]
    spectrum = combine(network, spectra, bench.settings, row["network_id"])
    combining = time.perf_counter() - started
    return finished(
        row
        | spectrum_columns(spectrum)
        | {
            "weights_digest": spectrum.weights_digest,
            "seconds": sum(piece.seconds for piece in pieces) + combining,
            "load_seconds": sum(piece.load_seconds for piece in pieces) + opening,
            "peak_memory": max(peak_memory(), *(piece.peak_memory for piece in pieces)),
        },
        "ok",
    )


def _receipt(row: Row) -> Receipt:
    return Receipt(row["network_id"], row["name"], row["status"], row["reason"])
