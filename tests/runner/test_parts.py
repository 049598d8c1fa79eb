"""A large sparse network that several workers estimate: the row is that of one worker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import zoo_spectra as zs
from local_ray import local_ray
from runner.rows_of import assert_same_rows
from zoo_spectra.catalog import Probed, forget_probes, read_probes, write_probes
from zoo_spectra.catalog.parts import content_digest
from zoo_spectra.method import Coefficients, Settings
from zoo_spectra.runner import on_ray
from zoo_spectra.runner.tasks import More, Task, tasks_of
from zoo_spectra.runner.work import Bench, Receipt, analyze_networks, do_unit
from zoo_spectra.sources import Adapter, Network, NetworkRef

SECONDS = 0.2  # of a part: a probe each, below


def graph(seed: int, shape: tuple[int, int] = (33_500, 40_000)) -> sparse.csr_array:
    """Large enough that its probes are run one by one; more probes are wanted, and more steps."""
    rng, count = np.random.default_rng(seed), 8 * shape[0]
    ends = rng.integers(0, shape[0], count), rng.integers(0, shape[1], count)
    made = sparse.csr_array((rng.lognormal(size=count), ends), shape=shape)
    made.sum_duplicates()
    return made


def brain() -> zs.MemoryAdapter:
    """A large graph, and a small one before and after it."""
    return zs.MemoryAdapter(
        {"brain": {"small": graph(1, (90, 80)), "large": graph(0), "region": graph(2, (200, 200))}},
        kind="biological",
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("undisturbed") / "zoo"
    zs.run("memory:brain", catalog=str(place), in_process=True, adapters=[brain()])
    return place


@dataclass
class Desk:
    """One process that does all the tasks there are, one after the other."""

    bench: Bench
    ref: NetworkRef
    done: list[Task] = field(default_factory=list)

    def run(self, most: int = 1000) -> list[Receipt]:
        """Up to so many parts."""
        waiting = list(tasks_of(self.ref))
        while waiting and len(self.done) < most:
            task = waiting.pop(0)
            answers = do_unit(self.bench, [task], [self.ref], [1])
            if task.kind == "part":
                self.done.append(task)
            receipts = [each for each in answers if isinstance(each, Receipt)]
            if receipts:
                return receipts
            for each in answers:
                assert isinstance(each, More)
                waiting += [*each.parts, task]
        return []


def desk(place: Path, adapter: zs.MemoryAdapter | None = None) -> Desk:
    adapter = adapter or brain()
    (ref,) = adapter.list("brain", {})
    adapters: Mapping[str, Adapter] = {"memory": adapter}
    bench = Bench(adapters, zs.Catalog.create(place), Settings(), parts=SECONDS)
    return Desk(bench, replace(ref, shapes=None))


def files(place: Path) -> list[Path]:
    return sorted((place / "probes").glob("*"))


def test_the_row_is_that_of_one_worker_and_no_file_is_left(
    tmp_path: Path, undisturbed: Path
) -> None:
    at = desk(tmp_path / "zoo")
    assert [receipt.status for receipt in at.run()] == ["ok"]
    rounds = {(task.part.of, task.part.steps) for task in at.done if task.part}
    assert len(rounds) > 1  # more steps were wanted after the first ones
    assert_same_rows(tmp_path / "zoo", undisturbed)
    assert files(tmp_path / "zoo") == []


def test_what_is_there_is_not_done_again_and_what_is_damaged_is(
    tmp_path: Path, undisturbed: Path
) -> None:
    place = tmp_path / "zoo"
    first = desk(place)
    assert first.run(most=3) == []
    there = files(place)
    assert len(there) == 3
    damaged = there[0]
    damaged.write_bytes(damaged.read_bytes()[:-8] + b"\0" * 8)
    (place / "probes" / "notes.txt").write_text("not ours")
    again = desk(place)
    assert [receipt.status for receipt in again.run()] == ["ok"]
    repeated = {task.key for task in first.done} & {task.key for task in again.done}
    assert len(repeated) == 1
    assert_same_rows(place, undisturbed)
    assert [file.name for file in files(place)] == ["notes.txt"]


def test_a_network_that_changes_meanwhile_fails_and_says_so(tmp_path: Path) -> None:
    at = desk(tmp_path / "zoo")
    (more,) = do_unit(at.bench, tasks_of(at.ref), [at.ref], [1])
    assert isinstance(more, More)
    other = zs.MemoryAdapter({"brain": {"small": graph(1, (90, 80))}}, kind="biological")
    late = replace(at.bench, adapters={"memory": other})
    (receipt,) = do_unit(late, more.parts[-1:], [at.ref], [1])
    assert isinstance(receipt, Receipt)
    assert receipt.status == "failed"
    assert "constituent 1 is not there any more" in str(receipt.reason)


def test_parts_of_another_matrix_are_not_taken(tmp_path: Path) -> None:
    place = tmp_path / "zoo"
    first = desk(place)
    assert first.run(most=2) == []
    other = {"small": graph(1, (90, 80)), "large": graph(3), "region": graph(2, (200, 200))}
    changed = desk(place, zs.MemoryAdapter({"brain": other}, kind="biological"))
    changed.ref = first.ref  # a file that was changed after it was listed
    (task,) = first.done[:1]
    (receipt,) = do_unit(changed.bench, [task], [changed.ref], [1])
    assert isinstance(receipt, Receipt)
    assert "is another matrix than it was" in str(receipt.reason)
    (more,) = do_unit(changed.bench, tasks_of(changed.ref), [changed.ref], [1])
    assert isinstance(more, More)
    assert {part.key for part in first.done} <= {part.key for part in more.parts}


def test_a_network_without_a_large_matrix_is_walked_once(tmp_path: Path) -> None:
    walks = []

    class Counting(zs.MemoryAdapter):
        def load(self, ref: NetworkRef) -> Network:
            network = super().load(ref)
            return replace(network, constituents=lambda: walks.append(1) or network.constituents())

    small = {"brain": {"small": graph(1, (90, 80)), "region": graph(2, (200, 200))}}
    at = desk(tmp_path / "zoo", Counting(small, kind="biological"))
    assert [receipt.status for receipt in at.run()] == ["ok"]
    assert len(walks) == 1


def test_an_empty_part_is_none(tmp_path: Path) -> None:
    storage = zs.Catalog.create(tmp_path / "zoo").storage
    storage.write(f"probes/{'0' * 16}-0-{'a' * 32}-4-4-7-1.{content_digest(b'')}.f8", b"")
    assert list(read_probes(storage, "0" * 16)) == []


def test_alone_nothing_is_parted(tmp_path: Path, undisturbed: Path) -> None:
    at = desk(tmp_path / "zoo")
    bench = replace(at.bench, parts=None)
    (receipt,) = analyze_networks(bench, [at.ref], [1])
    assert isinstance(receipt, Receipt)
    assert_same_rows(tmp_path / "zoo", undisturbed)


def test_parts_are_kept_by_result_and_position(tmp_path: Path) -> None:
    storage = zs.Catalog.create(tmp_path / "zoo").storage
    rng = np.random.default_rng(0)
    drawn = [Coefficients(*rng.random((2, 5))) for _ in range(3)]
    write_probes(storage, "0" * 16, Probed(4, "a" * 32, 8, drawn, 1.5))
    write_probes(storage, "1" * 16, Probed(4, "a" * 32, 8, drawn, 1.5))
    (found,) = read_probes(storage, "0" * 16)
    assert (found.position, found.matrix, found.begin, found.seconds) == (4, "a" * 32, 8, 1.5)
    for one, other in zip(found.coefficients, drawn, strict=True):
        np.testing.assert_array_equal(one.diagonal, other.diagonal)
        np.testing.assert_array_equal(one.beside, other.beside)
    forget_probes(storage, "0" * 16)
    assert list(read_probes(storage, "0" * 16)) == []
    assert len(list(read_probes(storage, "1" * 16))) == 1


class KilledOnce(zs.MemoryAdapter):
    """The third and the ninth time that somebody reads it, he is killed: one of the first parts,
    and one of those that are wanted after them. (Who dies twice would be given up.)
    """

    def __init__(self, folder: Path) -> None:
        super().__init__({"brain": {"whole": graph(0)}}, kind="biological")
        self._folder = folder

    def list(self, pattern: str, options: Mapping[str, str]) -> list[NetworkRef]:
        return [replace(ref, shapes=None) for ref in super().list(pattern, options)]  # as of a file

    def load(self, ref: NetworkRef) -> Network:
        mark = self._folder / f"{time.time_ns()}-{os.getpid()}"
        mark.touch()
        if len(list(self._folder.glob("*"))) in (3, 9):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().load(ref)


@pytest.fixture
def connected() -> Iterator[None]:
    with local_ray():
        yield


def test_on_ray_workers_that_are_killed(
    tmp_path: Path, connected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_ray, "PART_SECONDS", SECONDS)
    reads, quiet = tmp_path / "reads", tmp_path / "quiet"
    reads.mkdir()
    adapter = KilledOnce(reads)
    summary = zs.run("memory:brain", catalog=tmp_path / "zoo", workers=2, adapters=[adapter])
    assert [receipt.status for receipt in summary.receipts] == ["ok"]
    processes = {mark.name.partition("-")[2] for mark in reads.iterdir()}
    assert len(processes) >= 3  # two workers, and others after the deaths
    assert len(list(reads.iterdir())) >= 9
    plain = zs.MemoryAdapter({"brain": {"whole": graph(0)}}, kind="biological")
    zs.run("memory:brain", catalog=quiet, in_process=True, adapters=[plain])
    assert_same_rows(tmp_path / "zoo", quiet)
    assert files(tmp_path / "zoo") == []
