"""Every source of docs/connectomes.md, on small files of each release's layout."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from release_files import CHAIN, FILES, MARKOV, RING, SYMMETRIC, write
from zoo_spectra.errors import ZooSpectraError
from zoo_spectra.sources import is_sparse
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_connectome import ConnectomeAdapter

PAGE = Path(__file__).parents[3] / "docs" / "connectomes.md"
LINES = re.findall(r"(?m)^connectome:(\S+)(?:  # refused: (.+))?$", PAGE.read_text())
READ = [source for source, why in LINES if not why]
REFUSED = [(source, why) for source, why in LINES if why]
# The first constituents by name, or the whole matrix.
RIGHT = {
    "codex/connections.csv.gz": RING,
    "codex/connections.csv.gz?nodes=codex/classification.csv.gz&partition=super_class": {
        "optic": [[0, 5], [0, 0]],
        "central->optic": [[7, 0], [0, 0]],
    },
    "fafb/proofread_connections_783.feather": RING,
    "malecns/connectome-weights-male-cns.feather": RING,
    "hemibrain/traced-total-connections.csv": RING,
    "hemibrain/traced-roi-connections.csv": RING,
    "hemibrain/traced-total-connections.csv?nodes=hemibrain/traced-neurons.csv&partition=type": {
        "KC": [[0, 5], [0, 0]],
    },
    "worm/Cook2019HermReader.json?synapse=each&partition=type": {
        "interneuron": [[0, 5], [0, 0]],
    },
    "worm/herm_full_edgelist.csv?types=chemical,electrical": CHAIN,
    "worm/NeuronConnect.csv?types=S+Sp": RING,
    "microns/synapses_pni_2.csv?weight=none": np.sign(RING),
    "microns/synapses_pni_2.csv?weight=size": RING,
    "allen/oh2014.xlsx?sheet=W_ipsi": RING,
    "allen/W_ipsi.csv": RING,
    "enigma/strucMatrix_ctx.csv": SYMMETRIC,
    "enigma/strucMatrix_with_sctx.csv": SYMMETRIC,
    "tvb/connectivity_76.zip": SYMMETRIC,
    "tvb/connectivity_76/weights.txt": SYMMETRIC,
    "braingraph/*.graphml?weight=number_of_fibers&partition=dn_hemisphere": {
        "left": [[0, 5], [5, 0]],
        "left->right": [[7], [2]],
    },
    "dsi/sub-01.count.pass.connectivity.mat": SYMMETRIC,
    "dsi/sub-01.count.pass.connectogram.txt": SYMMETRIC,
    "qsiprep/sub-01_connectivity.mat?array=aal116_radius2_count_connectivity": SYMMETRIC,
    "hcp/100307.pconn.nii": SYMMETRIC,
    "bids": SYMMETRIC,
    "macaque/markov2014.csv?weight=FLNe": MARKOV,
    "macaque/fln_29x29.csv": MARKOV,
}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("releases")
    for name in FILES:
        write(folder, name)
    return folder


def options_of(query: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in query.split("&") if pair)


def test_the_page_has_each_source_once() -> None:
    assert len(set(LINES)) == len(LINES)
    assert set(READ) == set(RIGHT)
    assert len(REFUSED) > 10
    assert len(re.findall("(?m)^## ", PAGE.read_text())) >= 10


@pytest.mark.parametrize("source", READ)
def test_what_the_page_says_is_read(
    adapter: ConnectomeAdapter, releases: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.chdir(releases)
    pattern, _, query = source.partition("?")
    refs = check_adapter(adapter, pattern, options_of(query))
    found = {block.name: block.matrix for block in adapter.load(refs[0]).constituents()}
    right = RIGHT[source]
    if not isinstance(right, dict):
        right = {next(iter(found)): right}
        assert len(found) == 1
    for name, matrix in right.items():
        made = found[name].toarray() if is_sparse(found[name]) else found[name]
        np.testing.assert_allclose(made, matrix)


@pytest.mark.parametrize(("source", "why"), REFUSED)
def test_what_the_page_says_is_refused(
    adapter: ConnectomeAdapter,
    releases: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    why: str,
) -> None:
    monkeypatch.chdir(releases)
    pattern, _, query = source.partition("?")
    said = check_refuses(adapter, pattern, ZooSpectraError, options_of(query))
    assert why in said


def test_rows_say_what_was_summed(adapter: ConnectomeAdapter, releases: Path) -> None:
    (ref,) = adapter.list(str(releases / "codex/connections.csv.gz"), {})
    row = adapter.load(ref).metadata
    assert (row["rows"], row["duplicates"], row["weight_column"]) == (4, 1, "syn_count")
    assert row["source_column"] == "pre_root_id"
