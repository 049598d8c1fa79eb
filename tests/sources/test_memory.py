"""The in-memory adapter, and that the contract suite notices what is broken."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import pytest

from networks import arrays, zoo
from zoo_spectra.errors import SourceError
from zoo_spectra.sources.adapter import NetworkRef
from zoo_spectra.sources.memory import MemoryAdapter
from zoo_spectra.sources.network import Constituent, Network
from zoo_spectra.testing import check_adapter, check_refuses


def test_the_contract() -> None:
    check_adapter(zoo(3), "net*")
    check_refuses(zoo(), "none", SourceError)
    check_refuses(MemoryAdapter(), "*", SourceError)


def test_an_edited_array_is_another_network() -> None:
    (before,) = MemoryAdapter({"a": arrays(0)}).list("a", {})
    (after,) = MemoryAdapter({"a": arrays(1)}).list("a", {})
    assert before.network_id == after.network_id
    assert before.fingerprint != after.fingerprint


class Broken(MemoryAdapter):
    """A good adapter, but for one change to its refs or its networks."""

    def __init__(
        self,
        ref: Callable[[NetworkRef], NetworkRef] = lambda ref: ref,
        network: Callable[[Network], Network] = lambda network: network,
    ) -> None:
        super().__init__({"a": arrays(0), "b": arrays(1)})
        self.change_ref, self.change_network = ref, network

    def __reduce__(self) -> tuple[object, ...]:
        return (Broken._again, (), None)

    _last: Broken

    @staticmethod
    def _again() -> Broken:
        return Broken._last

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        Broken._last = self
        return [self.change_ref(ref) for ref in super().list(pattern, options)]

    def load(self, ref: NetworkRef) -> Network:
        return self.change_network(super().load(dataclasses.replace(ref, name=ref.source[7:])))


def replaced(**changes: object) -> Callable[[NetworkRef], NetworkRef]:
    return lambda ref: dataclasses.replace(ref, **changes)  # type: ignore[arg-type]


def walking(walk: Callable[[], object]) -> Callable[[Network], Network]:
    return lambda network: dataclasses.replace(network, constituents=walk)  # type: ignore[arg-type]


def changing() -> Callable[[Network], Network]:
    rng = np.random.default_rng(0)

    def walk() -> Iterator[Constituent]:
        yield Constituent("w", rng.normal(size=(3, 3)))

    return walking(walk)


def constant(*matrices: np.ndarray) -> Callable[[Network], Network]:
    return walking(lambda: iter([Constituent("w", matrix) for matrix in matrices]))


NO_SHAPES = replaced(shapes=None)


@pytest.mark.parametrize(
    ("adapter", "rule"),
    [
        (Broken(replaced(source="memory:a")), "two networks share one source"),
        (Broken(replaced(name="x")), "two networks share one name"),
        (Broken(lambda ref: replaced(source=f"{ref.source}?b=1&a=2")(ref)), "canonical form"),
        (Broken(replaced(adapter="other")), "ref.adapter is 'other'"),
        (Broken(replaced(metadata={"text": "x" * 70000})), "too large"),
        (Broken(replaced(metadata={"lost": 1})), "metadata 'lost' was lost"),
        (Broken(replaced(family="x")), "ref.family is 'x'"),
        (Broken(replaced(shapes=((1, 2),))), "promised"),
        (Broken(NO_SHAPES, changing()), "a second walk gives other constituents"),
        (Broken(NO_SHAPES, walking(list)), "gives an iterator"),
        (Broken(NO_SHAPES, constant(np.eye(3), np.eye(3))), "two constituents of one name"),
        (Broken(NO_SHAPES, constant(np.ones(3))), "is no matrix"),
        (Broken(NO_SHAPES, constant(np.eye(2, dtype=complex))), "is not real"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_suite_notices(adapter: Broken, rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_adapter(adapter, "*")


def test_the_suite_notices_that_bad_input_is_accepted() -> None:
    with pytest.raises(AssertionError, match="was accepted; expected SourceError"):
        check_refuses(zoo(), "net0", SourceError)
