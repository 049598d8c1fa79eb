"""Small networks for tests, with known faults."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from zoo_spectra.adapter import NetworkRef
from zoo_spectra.memory import MemoryAdapter
from zoo_spectra.network import Constituent, Network
from zoo_spectra.source import Source


def arrays(seed: int, layers: int = 3, spread: float = 1.0) -> dict[str, np.ndarray]:
    """Gaussian layers of growing width; ``spread`` > 0 gives their scales a log-normal spread."""
    rng = np.random.default_rng(seed)
    scales = np.exp(spread * rng.standard_normal(layers))
    return {
        f"layer{k}": scales[k] * rng.standard_normal((20 + 8 * k, 30 + 5 * k))
        for k in range(layers)
    }


def zoo(count: int = 6) -> MemoryAdapter:
    """``count`` good networks, net0 … ."""
    return MemoryAdapter({f"net{seed}": arrays(seed) for seed in range(count)})


class FaultyAdapter:
    """``faulty:KIND``: real faults. The process dies of SIGKILL for ``killed``."""

    name = "faulty"
    options: Mapping[str, str] = {}

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        source = str(Source(self.name, pattern))
        return [NetworkRef(source, self.name, pattern, "artificial")]

    def load(self, ref: NetworkRef) -> Network:
        def walk() -> Iterator[Constituent]:
            yield Constituent("good", np.eye(4) + np.ones((4, 4)))
            if ref.name == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if ref.name == "raises":
                raise ZeroDivisionError("a fault inside the plug-in")

        return Network(ref.name, "artificial", walk, "", ref.source)
