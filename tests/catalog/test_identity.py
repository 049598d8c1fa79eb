"""A catalog knows which one it is: removed or replaced while it is used, it says so."""

from __future__ import annotations

import json
import multiprocessing
import pickle
import shutil
from pathlib import Path

import pytest

import zoo_spectra as zs
from networks import arrays, zoo
from parts import assert_shows, commit
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.errors import CatalogError
from zoo_spectra.sources.memory import MemoryAdapter
from zoo_spectra.sources.network import Network


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog.create(tmp_path / "zoo")


def use(catalog: Catalog) -> None:
    commit(catalog, "an", "a1")


def test_a_catalog_that_was_removed_is_not_made_anew(catalog: Catalog) -> None:
    workers = [catalog, pickle.loads(pickle.dumps(catalog))]
    for worker in workers:
        use(worker)
    shutil.rmtree(catalog.storage.root)
    for worker in workers:
        with pytest.raises(CatalogError, match="no catalog any more: it was removed meanwhile"):
            use(worker)
        with pytest.raises(CatalogError, match="removed meanwhile"):
            compact(worker)
    assert not catalog.storage.root.exists()


def test_a_catalog_that_was_replaced_is_left_alone(catalog: Catalog) -> None:
    worker = pickle.loads(pickle.dumps(catalog))
    use(worker)
    shutil.rmtree(catalog.storage.root)
    other = Catalog.create(catalog.location)
    for each in (catalog, worker):
        with pytest.raises(CatalogError, match="replaced meanwhile by another catalog"):
            use(each)
    assert other.networks().collect().is_empty()


def test_a_copy_put_back_is_the_same_catalog(catalog: Catalog, tmp_path: Path) -> None:
    use(catalog)
    shutil.copytree(catalog.storage.root, tmp_path / "copy")
    shutil.rmtree(catalog.storage.root)
    shutil.move(tmp_path / "copy", catalog.storage.root)
    commit(catalog, "bo", "b1")
    assert_shows(catalog, [("an", "a1"), ("bo", "b1")])


@pytest.mark.parametrize("header", ['{"format": 1, "method_version": 1}', None])
def test_headers_without_an_id_work(catalog: Catalog, header: str | None) -> None:
    path = catalog.storage.root / "catalog.json"
    content = json.loads(path.read_text())
    assert len(content["id"]) == 16
    del content["id"]
    path.write_text(header or json.dumps(content))
    opened = Catalog.create(catalog.location)
    use(opened)
    assert "id" not in json.loads(path.read_text())
    assert_shows(opened, [("an", "a1")])


class Vandal(MemoryAdapter):
    """Removes the catalog while the second network is loaded, and perhaps makes another."""

    def __init__(self, place: Path, again: bool) -> None:
        super().__init__({f"net{seed}": arrays(seed) for seed in range(3)})
        self._place, self._again, self._loaded = place, again, 0

    def load(self, ref: zs.NetworkRef) -> Network:
        self._loaded += 1
        if self._loaded == 3:
            shutil.rmtree(self._place)
            if self._again:
                Catalog.create(self._place)
        return super().load(ref)


@pytest.mark.parametrize(("again", "message"), [(False, "removed"), (True, "replaced")])
def test_a_run_whose_catalog_goes_ends_with_an_error(
    tmp_path: Path, again: bool, message: str
) -> None:
    place = tmp_path / "zoo"
    with pytest.raises(CatalogError, match=f"{message} meanwhile"):
        zs.run("memory:*", catalog=str(place), in_process=True, adapters=[Vandal(place, again)])


def test_the_end_of_a_run_looks_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Removed after the last commit."""
    place, commit_ = tmp_path / "zoo", Catalog.commit

    def last(catalog: Catalog, *arguments: object) -> None:
        commit_(catalog, *arguments)  # type: ignore[arg-type]
        shutil.rmtree(place)

    monkeypatch.setattr(Catalog, "commit", last)
    with pytest.raises(CatalogError, match="removed meanwhile"):
        zs.run("memory:*", catalog=str(place), in_process=True, adapters=[zoo(1)])


def _create(place: str, barrier: object, ids: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    ids.put(Catalog.create(place)._header.identity)  # type: ignore[attr-defined]


def test_made_by_several_at_once_it_is_one_catalog(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for turn in range(10):
        barrier, ids = context.Barrier(4), context.Queue()
        place = str(tmp_path / f"zoo{turn}")
        several = [context.Process(target=_create, args=(place, barrier, ids)) for _ in range(4)]
        for process in several:
            process.start()
        found = {ids.get(timeout=60) for _ in several}
        for process in several:
            process.join()
        assert len(found) == 1
