"""How a run begins: Ray starts while the sources are listed, and it is said what is waited for."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest
import ray
from ray import cloudpickle

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.errors import SourceError
from zoo_spectra.runner.later import Later
from zoo_spectra.runner.run import Silent
from zoo_spectra.sources import NetworkRef

PATIENCE = 300.0


@pytest.fixture(autouse=True)
def sent_by_value() -> Iterator[None]:
    """Workers do not find this file."""
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    ray.shutdown()


class ListsOnceRayIsThere(zs.MemoryAdapter):
    """Its listing takes as long as a Ray takes to start."""

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        _until(ray.is_initialized)
        return super().list(pattern, options)


class Told(Silent):
    """Keeps what was waited for."""

    def __init__(self) -> None:
        self.phases: list[str] = []

    def phase(self, what: str) -> None:
        self.phases.append(what)


def test_ray_starts_while_the_sources_are_listed(tmp_path: Path) -> None:
    adapter, told = ListsOnceRayIsThere({"net": arrays(0)}), Told()
    place = str(tmp_path / "zoo")
    summary = zs.run("memory:net", catalog=place, workers=1, adapters=[adapter], progress=told)
    assert summary.count("ok") == 1
    assert told.phases == ["starting Ray", "1 of 1 workers ready"]
    assert not ray.is_initialized()


def test_no_ray_is_started_for_what_is_wrong_at_once(tmp_path: Path) -> None:
    told = Told()
    with pytest.raises(SourceError, match="matches none"):
        zs.run(
            "memory:x", catalog=str(tmp_path), adapters=[zs.MemoryAdapter({"a": arrays(0)})],
            progress=told,
        )  # fmt: skip
    assert told.phases == []


def test_what_is_done_already_needs_no_ray(tmp_path: Path) -> None:
    adapter, told = zs.MemoryAdapter({"net": arrays(0)}), Told()
    for _ in range(2):
        zs.run("memory:net", catalog=str(tmp_path), in_process=True, adapters=[adapter])
    again = zs.run("memory:net", catalog=str(tmp_path), adapters=[adapter], progress=told)
    assert again.done_before == 1
    assert told.phases == []


def test_a_call_under_way_gives_what_it_gives_or_raises() -> None:
    gate = threading.Event()
    later = Later(lambda: gate.wait(PATIENCE))
    assert not later.is_there(0.0)
    gate.set()
    assert later.result() is True
    with pytest.raises(ZeroDivisionError):
        Later(lambda: 1 / 0).result()


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)
