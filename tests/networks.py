"""Small networks for tests, quick, slow and with real faults."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from waiting import PATIENCE, wait_for
from zoo_spectra.sources.adapter import NetworkRef
from zoo_spectra.sources.memory import MemoryAdapter
from zoo_spectra.sources.network import Constituent, Network
from zoo_spectra.sources.source import Source


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


class SlowAdapter:
    """``slow:net*?count=N&seconds=S``: N good networks, S seconds to read each constituent.

    With ``gate`` the last of them waits until that file is there: a run is not over before.
    """

    name = "slow"
    options: Mapping[str, str] = {"count": "how many", "seconds": "how long each constituent takes"}

    def __init__(self, gate: str | Path | None = None) -> None:
        self._gate = gate and Path(gate)

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        names = [f"net{seed}" for seed in range(int(options["count"]))]
        shapes = tuple(array.shape for array in arrays(0).values())
        return [
            NetworkRef(
                source=str(Source(self.name, name, options)),
                adapter=self.name,
                name=name,
                kind="artificial",
                options=dict(options),
                shapes=shapes,
            )
            for name in names
            if fnmatchcase(name, pattern)
        ]

    def load(self, ref: NetworkRef) -> Network:
        def walk() -> Iterator[Constituent]:
            number = int(ref.name[3:])
            if self._gate and number == int(ref.options["count"]) - 1:
                wait_for(self._gate.exists)
            for name, array in arrays(number).items():
                time.sleep(float(ref.options["seconds"]))
                yield Constituent(name, array)

        return Network(ref.name, "artificial", walk, "", ref.source)


class PreyAdapter(SlowAdapter):
    """Every fourth network says which process reads it and waits to be killed, the first time.

    ``folder`` has a file for each of them, with the id of the process.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def load(self, ref: NetworkRef) -> Network:
        network, number = super().load(ref), int(ref.name[3:])

        def walk() -> Iterator[Constituent]:
            for at, constituent in enumerate(network.constituents()):
                if at == number // 4 % 3:
                    self._wait_to_be_killed(ref.name)
                yield constituent

        return network if number % 4 else replace(network, constituents=walk)

    def _wait_to_be_killed(self, name: str) -> None:
        mark = self._folder / name
        if not mark.exists():
            written = mark.with_suffix(".tmp")
            written.write_text(str(os.getpid()))
            written.rename(mark)
            time.sleep(10 * PATIENCE)


class FaultyAdapter:
    """``faulty:KIND``: a network that is read and then really fails in that way.

    ``raises``; the process dies: ``killed`` (SIGKILL), ``segfault``; ``hangs``, which it says in
    the file ``told``; ``greedy`` takes gigabytes, slowly; anything else is fine.
    """

    name = "faulty"
    options: Mapping[str, str] = {}

    def __init__(self, told: Path | None = None) -> None:
        self._told = told

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        source = str(Source(self.name, pattern))
        return [NetworkRef(source, self.name, pattern, "artificial", shapes=((4, 4),))]

    def load(self, ref: NetworkRef) -> Network:
        def walk() -> Iterator[Constituent]:
            yield Constituent("good", np.eye(4) + np.ones((4, 4)))
            if ref.name == "hangs" and self._told:
                self._told.touch()
            _fail(ref.name)

        return Network(ref.name, "artificial", walk, "", ref.source)


def _fail(kind: str) -> None:
    match kind:
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "segfault":
            ctypes.string_at(0)
        case "raises":
            raise ZeroDivisionError("a fault inside the plug-in")
        case "hangs":
            time.sleep(10 * PATIENCE)
        case "greedy":
            held = []
            while True:
                held.append(np.ones(1 << 24))  # 128 MB, touched
                time.sleep(0.05)


class GatedGraphs:
    """``gated:*``: two directed graphs, ``large`` and ``small``; small is read at a gate.

    It waits until that file is there: a run over both is not over before.
    """

    name = "gated"
    options: Mapping[str, str] = {}
    NODES: Mapping[str, int] = {"large": 40, "small": 25}

    def __init__(self, gate: str | Path) -> None:
        self._gate = Path(gate)

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        return [
            NetworkRef(
                source=f"gated:{name}",
                adapter=self.name,
                name=name,
                kind="biological",
                shapes=((nodes, nodes),),
            )
            for name, nodes in self.NODES.items()
            if fnmatchcase(name, pattern)
        ]

    def load(self, ref: NetworkRef) -> Network:
        if ref.name == "small":
            wait_for(self._gate.exists)
        nodes = self.NODES[ref.name]
        random = np.random.default_rng(nodes)
        matrix = random.exponential(size=(nodes, nodes)) * (random.random((nodes, nodes)) < 0.2)
        return Network(
            ref.name, "biological", lambda: iter([Constituent("adjacency", matrix)]), "", ref.source
        )
