"""The in-memory adapter, and that the contract suite notices what is broken."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from networks import arrays, zoo
from zoo_spectra.errors import SourceError
from zoo_spectra.sources import memory
from zoo_spectra.sources.adapter import NetworkRef
from zoo_spectra.sources.memory import MemoryAdapter
from zoo_spectra.sources.network import Constituent, Network
from zoo_spectra.sources.source import Source, literal
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


def test_the_fingerprint_follows_every_entry_name_shape_and_type() -> None:
    one = np.arange(12.0).reshape(3, 4)
    changed = one.copy()
    changed[2, 3] += 1e-12
    kinds = [
        {"w": one}, {"w": changed}, {"v": one}, {"w": one.reshape(4, 3)}, {"w": one, "v": one},
        {"w": one.astype("f4")}, {"w": one.astype(">f8")}, {"w": one, "b": np.zeros(3)}, {},
        {"w": np.array([[object()]])}, {"w": np.empty((0, 3))}, {"w": np.array(1.0)},
    ]  # fmt: skip
    found = [next(iter(MemoryAdapter({"a": kind}).list("a", {}))).fingerprint for kind in kinds]
    assert len(set(found)) == len(kinds)
    for same in (np.asfortranarray(one), np.tile(one, 2)[:, :4], one.copy()):
        assert next(iter(MemoryAdapter({"a": {"w": same}}).list("a", {}))).fingerprint == found[0]


def test_arrays_are_hashed_for_a_fingerprint_where_one_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run asks whether they have changed; ``analyze`` does not, and hashes each as it solves."""
    hashed: list[int] = []
    real = memory.digest

    def counting(array: np.ndarray) -> str:
        hashed.append(id(array))
        return real(array)

    monkeypatch.setattr(memory, "digest", counting)
    mapping = arrays(0)
    spectrum = zs.analyze(mapping)
    assert hashed == []
    (ref,) = MemoryAdapter({"arrays": mapping}).list("arrays", {})
    assert hashed == [id(array) for array in mapping.values()]
    assert spectrum.source == ref.source == "memory:arrays"
    again = zs.analyze(MemoryAdapter({"arrays": mapping}).load(ref))
    np.testing.assert_array_equal(again.csd_resamples, spectrum.csd_resamples)
    np.testing.assert_array_equal(again.csd, spectrum.csd)


@pytest.mark.parametrize("name", ["run[lr=0.1]", "what?", "50%", "a*", "new\nline", "\udcff"])
def test_a_network_of_any_name_is_named_by_its_source(name: str) -> None:
    extra = {"memory": MemoryAdapter({name: arrays(0), "run1": arrays(1), "ab": arrays(2)})}
    (ref,) = zs.list_networks(str(Source("memory", literal(name))), extra)
    assert ref.name == name
    assert zs.list_networks(ref.source, extra) == [ref]
    assert zs.load(ref.source, extra).name == name
    assert len(ref.network_id) == 32


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
        (Broken(replaced(source="memory:a")), "lists two networks as str 'memory:a'"),
        (Broken(replaced(name="x")), "two networks share one name"),
        (Broken(lambda ref: replaced(source=f"{ref.source}?b=1&a=2")(ref)), "canonical form"),
        (Broken(replaced(adapter="other")), "with adapter 'other'"),
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


class Describing(MemoryAdapter):
    """An option ``family`` that is declared as describing, and may change something beside."""

    options: Mapping[str, str] = {"family": "the family", "seed": "the weights"}
    describing = frozenset({"family"})

    def __init__(self, changes: str = "") -> None:
        super().__init__({"a": arrays(0)})
        self.changes = changes

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        (ref,) = super().list(pattern, {})
        family = options.get("family", "")
        said = str(Source("memory", "a", {"seed": family} if self.changes == "id" else options))
        mark = family if self.changes == "fingerprint" else ""
        changed = ref.fingerprint + mark
        return [dataclasses.replace(ref, source=said, family=family, fingerprint=changed)]

    def load(self, ref: NetworkRef) -> Network:
        return dataclasses.replace(super().load(ref), family=ref.family)


def test_an_option_that_describes_is_no_part_of_the_identity() -> None:
    (plain,) = check_adapter(Describing(), "a")
    (ref,) = check_adapter(Describing(), "a", {"family": "x"})
    assert (ref.source, ref.identity, ref.family) == ("memory:a?family=x", "memory:a", "x")
    assert ref.network_id == plain.network_id
    (other,) = check_adapter(Describing(), "a", {"family": "x", "seed": "1"})
    assert other.identity == "memory:a?seed=1"
    assert other.network_id != plain.network_id
    extra = {"memory": Describing()}
    assert zs.load("memory:a?family=x", extra).identity == "memory:a"
    assert zs.load("memory:a", extra).identity == ""


@pytest.mark.parametrize(
    ("changes", "rule"),
    [("id", "changes its network_id"), ("fingerprint", "changes its fingerprint")],
)
def test_the_suite_notices_what_a_description_changes(changes: str, rule: str) -> None:
    with pytest.raises(AssertionError, match=f"an option that describes {rule}"):
        check_adapter(Describing(changes), "a", {"family": "x"})


class Relative(MemoryAdapter):
    """A file of the current folder, named by its relative path."""

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        refs = super().list("a", {}) if os.path.exists(pattern) else []
        return [dataclasses.replace(ref, source=f"memory:{pattern}") for ref in refs]


def test_the_suite_notices_a_source_that_depends_on_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError, match="memory:here: lists \\[\\], not itself alone"):
        check_adapter(Relative({"a": arrays(0)}), "here")


def test_the_suite_notices_that_bad_input_is_accepted() -> None:
    with pytest.raises(AssertionError, match="was accepted; expected SourceError"):
        check_refuses(zoo(), "net0", SourceError)
