"""Random probes of an operator, and Lanczos from them: here, or a part of them somewhere else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from zoo_spectra.method.estimate import TOLERANCE, Estimate, Estimation
from zoo_spectra.method.slq import Coefficients, Operator, Recurrence, operator_of
from zoo_spectra.sources import Matrix, Sparse

Stream = Callable[[int], np.random.Generator]
BLOCK = 32  # probes that are run together, where their vectors stay in the cache
BLOCK_SIZE = 1 << 15


def estimate(
    matrix: Matrix | Sparse, stream: Stream, threads: int = 1, tolerance: float = TOLERANCE
) -> Estimate:
    """The spectrum of the smaller Gram matrix of W, which is never formed.

    ``matrix``: W, shape (p, q), float64, dense or a canonical ``csr_array``, not all zero, with
    squares in the range of float64. ``stream(i)``: the random stream of probe i, so that a result
    does not depend on ``threads``.
    """
    operator = operator_of(matrix)
    estimation, active = Estimation(operator, tolerance), list[Recurrence]()
    with ThreadPoolExecutor(1 if operator.dense else threads) as pool:  # BLAS has its own
        while (wanted := estimation.wanted()) is not None:
            if wanted.begin == len(estimation.found):  # others go on where they stopped
                active = starts(operator, stream, wanted.begin, wanted.end)
            done = pool.map(lambda each, steps=wanted.steps: each.extend(steps), active)
            coefficients = [found for each in done for found in each.coefficients()]
            estimation.found[wanted.begin :] = coefficients
    return estimation.result()


def starts(operator: Operator, stream: Stream, begin: int, end: int) -> list[Recurrence]:
    """Lanczos from probes ``begin`` to ``end``: random signs, made orthogonal to those before.

    Signs scatter least of all independent entries, and so many orthogonal ones as the order have no
    scatter at all: their mean is the trace. Dense matrices, and those of small vectors, take
    several at once.
    """
    signs = [stream(i).integers(0, 2, operator.size) * 2.0 - 1.0 for i in range(end)]
    probes = np.column_stack(signs)
    if end <= operator.size:  # two of order 1 are the same
        probes = np.linalg.qr(probes).Q
    width = BLOCK if operator.dense or operator.size <= BLOCK_SIZE else 1
    return [
        Recurrence(operator, probes[:, at : min(at + width, end)] if width > 1 else probes[:, at])
        for at in range(begin, end, width)
    ]


def part(
    operator: Operator, stream: Stream, end: int, probes: range, steps: int
) -> list[Coefficients]:
    """The coefficients of some ``probes`` of those up to ``end``, each from the beginning.

    Those of ``estimate`` to the last bit where probes are run one by one there.
    """
    wanted = starts(operator, stream, probes.start, end)[: len(probes)]
    return [found for each in wanted for found in each.extend(steps).coefficients()]
