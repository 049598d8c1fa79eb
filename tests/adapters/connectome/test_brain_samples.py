"""Brains of humans and macaques: each file is what docs/brains.md says of it, and is read so."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat

from zoo_spectra.sources import samples
from zoo_spectra.sources.sample_list import SAMPLES
from zoo_spectra.testing import check_adapter
from zoo_spectra_connectome import ConnectomeAdapter

JOB = Path(__file__).parents[3] / "jobs/brains.toml"


@pytest.fixture(scope="module")
def brains() -> Path:
    """The folder of all samples that are brains."""
    names = tomllib.loads(JOB.read_text(encoding="utf-8"))["samples"]
    return samples.fetch(names, echo=lambda line: None)[0].parent


def above(matrix: np.ndarray) -> np.ndarray:
    """The weights above the diagonal."""
    return matrix[np.triu_indices(len(matrix), 1)]


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(above(one), above(other))[0, 1])


@pytest.mark.parametrize("name", ["humans", "humans_200", "humans_rest", "macaque"])
def test_a_licence_lies_beside_the_matrices(brains: Path, name: str) -> None:
    (licence,) = (brains / name).glob("LICENSE*")
    known = {"MIT": "MIT License", "BSD": "BSD 3-Clause", "GPL": "GNU GENERAL PUBLIC LICENSE"}
    assert known[SAMPLES[name].licence[:3]] in licence.read_text(encoding="utf-8")
    assert SAMPLES[name].citation in (brains / name / "SOURCE.txt").read_text(encoding="utf-8")


def test_fibres_of_twelve_people(brains: Path) -> None:
    found = {
        group: {
            path.stem: loadmat(path)["sc"].astype(float) for path in (brains / folder).iterdir()
        }
        for group, folder in [("hcp", "humans/hcp"), ("gw", "humans/gw")]
    }
    assert {group: len(people) for group, people in found.items()} == {"hcp": 7, "gw": 5}
    people = found["hcp"] | found["gw"]
    for name, matrix in people.items():
        assert matrix.shape == (94, 94), name
        assert not np.diag(matrix).any(), name
        assert matrix.min() == 0
        assert matrix.max() > 7e6, "counts of fibres"
        assert ((matrix + matrix.T).sum(axis=0) > 0).all(), "no region is isolated"
        left, right = (np.log1p(matrix[side::2, side::2]) for side in (0, 1))
        assert agreement(left, right) > 0.75, "left and right by turns"
        assert np.array_equal(matrix, matrix.T) is (name in found["hcp"]), name
        assert np.corrcoef(matrix.ravel(), matrix.T.ravel())[0, 1] > 0.9, name
    logs = [np.log1p(matrix) for matrix in people.values()]
    assert min(agreement(one, other) for one in logs for other in logs) > 0.65


def test_a_group_of_people_and_two_of_them(adapter: ConnectomeAdapter, brains: Path) -> None:
    refs = check_adapter(adapter, "@samples/humans_200/*.npz")
    assert [ref.name for ref in refs] == [
        f"humans_200/{n}" for n in ("group", "subject1", "subject2")
    ]
    read = []
    for ref in refs:
        network = adapter.load(ref)
        assert network.metadata["directed"] is False
        (whole,) = network.constituents()
        stored = np.load(brains / f"{ref.name}.npz")["x"]
        assert stored.shape == (200, 200)
        assert not np.diag(stored).any()
        assert 0.6 < np.mean(stored == 0) < 0.73
        np.testing.assert_array_equal(whole.matrix, stored)
        read.append(stored)
    group, one, other = read
    assert min(agreement(group, one), agreement(group, other)) > 0.8 > agreement(one, other) > 0.6


def test_correlations_at_rest(adapter: ConnectomeAdapter, brains: Path) -> None:
    assert len(check_adapter(adapter, "@samples/humans_rest/*/*_schaefer_100.csv")) == 3 + 2
    refs = adapter.list("@samples/humans_rest/*/*.csv", {})
    assert len(refs) == 24 + 16
    assert len({ref.name.split("_")[0] for ref in refs if "people/" in ref.name}) == 20
    for ref in refs:
        (whole,) = adapter.load(ref).constituents()
        stored = np.loadtxt(brains / "humans_rest" / f"{ref.name}.csv", delimiter=",")
        np.testing.assert_array_equal(whole.matrix, stored)
        atlas, order = ref.name.split("_")[-2:]
        assert stored.shape == (int(order), int(order)), ref.name
        np.testing.assert_array_equal(stored, stored.T)
        assert (np.diag(stored) == 1).all(), ref.name
        assert np.abs(above(stored)).max() < 1
        assert np.linalg.eigvalsh(stored)[0] > 0, "correlations of more samples than regions"
        mean = np.loadtxt(brains / f"humans_rest/means/main_{atlas}_{order}.csv", delimiter=",")
        least = 0.995 if "means/" in ref.name else 0.45
        assert agreement(stored, mean) > least, ref.name


def test_classes_of_tracts_of_the_macaque(brains: Path) -> None:
    with zipfile.ZipFile(brains / "macaque/cocomac_76.zip") as archive:
        weights = np.loadtxt(archive.open("weights.txt"))
        regions = [line.split()[0].decode() for line in archive.open("centres.txt")]
    assert weights.shape == (76, 76)
    assert [name[0] for name in regions] == ["r"] * 38 + ["l"] * 38
    assert [name[1:] for name in regions[:38]] == [name[1:] for name in regions[38:]]
    assert {"V1", "V2", "FEF", "PFCCL", "TCPOL"} < {name[1:] for name in regions}
    right, left = weights[:38, :38], weights[38:, 38:]
    np.testing.assert_array_equal(right, left)
    assert set(right.ravel()) == {0, 1, 2, 3}, "absent, sparse, moderate, dense"
    assert 0.1 < np.mean(right != right.T) < 0.5, "tracers have a direction"
    assert np.count_nonzero(weights[:38, 38:]) == np.count_nonzero(weights[38:, :38]) == 19


def test_the_job_has_every_brain(brains: Path) -> None:
    job = tomllib.loads(JOB.read_text(encoding="utf-8"))
    paths = [source.removeprefix("connectome:@samples/").split("?")[0] for source in job["sources"]]
    found = {file.relative_to(brains).as_posix() for path in paths for file in brains.glob(path)}
    tables = {"participants.csv", "blocks.csv", "atlas.csv"}
    wanted = {
        f"{name}/{file}"
        for name in job["samples"]
        for file in SAMPLES[name].files
        if file != "LICENSE.txt" and file not in tables and "cell_labels" not in file
    }
    assert found == wanted
    assert len(found) == 12 + 32 + 2 + 12 + 3 + 40 + 1
