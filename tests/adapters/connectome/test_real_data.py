"""The contract, and known facts, on the real worms, mice and flies."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from zoo_spectra.method import BIN_WIDTH
from zoo_spectra.method.csd import circular_spectral_difference
from zoo_spectra.method.mme import cumulative_density, mix
from zoo_spectra.method.spectrum import constituent_spectrum
from zoo_spectra.testing import check_adapter
from zoo_spectra_connectome import ConnectomeAdapter

BLOCKS = {"nodes": "@samples/mice/blocks.csv", "partition": "block,hemisphere"}
ABOUT = {"about": "@samples/mice/participants.csv", "family": "genotype"}
MICE = {**BLOCKS, **ABOUT, "directed": "false"}
pytestmark = pytest.mark.usefixtures("sample_root")


def test_all_worms(adapter: ConnectomeAdapter, sample_root: Path) -> None:
    refs = check_adapter(adapter, "@samples/worms/*.json")
    assert len(refs) == 12
    assert {ref.family for ref in refs} == {"worms"}
    for ref in refs:
        file = sample_root / ref.source.removeprefix("connectome:@samples/")
        content = json.loads(file.read_text())
        (whole,) = adapter.load(ref).constituents()
        np.testing.assert_array_equal(whole.matrix, content["connections"]["Generic_CS"])


def test_worm_synapses_run_from_sensory_to_command_neurons(
    adapter: ConnectomeAdapter, sample_root: Path
) -> None:
    nodes = json.loads((sample_root / "worms/witvliet_8.json").read_text())["nodes"]
    sensory, command = nodes.index("ASHL"), nodes.index("AVAL")
    for synapse, forth, back in [("chemical", 16, 0), ("gap", 0, 0), ("both", 16, 0)]:
        (ref,) = adapter.list("@samples/worms/witvliet_8.json", {"synapse": synapse})
        (whole,) = adapter.load(ref).constituents()
        found = whole.matrix[sensory, command], whole.matrix[command, sensory]
        assert found == (forth, back), synapse


def test_gap_junctions_are_undirected(adapter: ConnectomeAdapter) -> None:
    for synapse, directed in [("chemical", True), ("gap", False)]:
        for ref in adapter.list("@samples/worms/*.json", {"synapse": synapse}):
            assert adapter.load(ref).metadata["directed"] is directed, ref.name


def test_mice_have_fourteen_blocks_a_genotype_and_every_edge(
    adapter: ConnectomeAdapter, sample_root: Path
) -> None:
    refs = check_adapter(adapter, "@samples/mice/edgelists/sub-5477*.edgelist", MICE)
    assert [ref.family for ref in refs] == ["DBA2"] * 3
    assert [ref.metadata["sex"] for ref in refs] == ["male", "male", "female"]
    network = adapter.load(refs[0])
    found = {block.name: block.matrix for block in network.constituents()}
    assert len(found) == 14 * 15 / 2, "each projection once"
    graph = nx.read_weighted_edgelist(refs[0].location, nodetype=int)
    expected = nx.to_numpy_array(graph, nodelist=range(332))  # what graspologic makes of the file
    np.testing.assert_array_equal(found["isocortex/L"], expected[:41, :41])
    np.testing.assert_array_equal(found["pallium/L->isocortex/R"], expected[41:61, 166:207])
    assert "isocortex/R->pallium/L" not in found
    assert network.metadata["nodes"] == 332
    assert network.metadata["edges"] == 36390 == graph.number_of_edges()
    total = sum((1 + ("->" in name)) * matrix.sum() for name, matrix in found.items())
    assert total == expected.sum()


def test_nearest_mouse_has_the_same_genotype(adapter: ConnectomeAdapter) -> None:
    """21 of 32 (23 by the scale of version 1); by chance it would be 7 of 31 for each."""
    curves, genotypes = [], []
    for ref in adapter.list("@samples/mice/edgelists/*.edgelist", MICE):
        spectra = [constituent_spectrum(block) for block in adapter.load(ref).constituents()]
        mixed = mix([s.eigenvalues for s in spectra if s.skipped is None])
        cumulative = cumulative_density(mixed.eigenvalues, mixed.mass)
        curves.append(circular_spectral_difference(cumulative))
        genotypes.append(ref.family)
    table = np.array(curves)
    distance = np.abs(table[:, None] - table[None]).sum(axis=2) * BIN_WIDTH
    np.fill_diagonal(distance, np.inf)
    nearest = distance.argmin(axis=1)
    agree = sum(genotypes[a] == genotypes[b] for a, b in enumerate(nearest))
    assert len(genotypes) == 32
    assert 20 <= agree <= 22


@pytest.mark.parametrize(("side", "projection"), [("left", 58), ("right", 63)])
def test_both_fly_sides(adapter: ConnectomeAdapter, side: str, projection: int) -> None:
    options = {"nodes": f"@samples/fly/{side}_cell_labels.csv", "partition": "1"}
    (ref,) = check_adapter(adapter, f"@samples/fly/{side}_adjacency.csv", options)
    found = {block.name: block.matrix for block in adapter.load(ref).constituents()}
    assert len(found) == 16
    assert found["P"].shape == (projection, projection)
    # Projection neurons drive Kenyon cells, which drive output neurons, and never the other way.
    assert found["P->K"].sum() > 2000 > found["K->P"].sum() == 0
    assert found["K->O"].sum() > 8000 > found["O->K"].sum() == 0
    assert not found["P"].any()  # walked over all the same: the core says why it is skipped
