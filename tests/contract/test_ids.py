"""Ids are for ever: those of published catalogs, and of samples on every machine."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import zoo_spectra as zs
from zoo_spectra.sources import samples

PUBLISHED = Path(__file__).parents[2] / "catalogs/timm-random"
MOUSE = "connectome:@samples/mice/edgelists/sub-54776_ses-1_dti.edgelist?directed=false"
BLOCKS = "nodes=@samples/mice/blocks.csv&partition=block,hemisphere"
ABOUT = "about=@samples/mice/participants.csv&family=genotype"
WORM = "bc9bd436c0b619b2fde3e79ded90512e"
IDS = {
    "timm:resnet18?seed=0": "4aa50d593034e1ab5bffe8b8c87bafaa",
    "timm:resnet18?seed=0&max_parameters=400M": "4aa50d593034e1ab5bffe8b8c87bafaa",
    "connectome:@samples/worms/white.json?synapse=chemical&family=worm": WORM,
    f"{MOUSE}&{BLOCKS}": "d5a96590b81713e24426706778b27b95",
    f"{MOUSE}&{BLOCKS}&{ABOUT}": "d5a96590b81713e24426706778b27b95",
    "checkpoint:@samples/neuralfoil/nn-small.npz?family=foil": "8b8a4191dadc61d16346a4734d53b141",
}


@pytest.fixture(scope="module", autouse=True)
def sample_files() -> None:
    samples.fetch(["neuralfoil", "worms", "mice"], echo=lambda line: None)


@pytest.mark.parametrize(("source", "network_id"), IDS.items())
def test_ids_stay(source: str, network_id: str) -> None:
    (ref,) = zs.list_networks(source)
    assert ref.network_id == network_id


def test_a_sample_by_its_path_is_the_sample() -> None:
    (ref,) = zs.list_networks(f"connectome:{samples.samples_root()}/worms/white.json")
    assert (
        ref.network_id == IDS["connectome:@samples/worms/white.json?synapse=chemical&family=worm"]
    )


def test_published_networks_keep_their_ids() -> None:
    rows = zs.Catalog(PUBLISHED).networks().select("source", "network_id").collect()
    for source, network_id in rows.sample(40, seed=0).iter_rows():
        assert hashlib.blake2b(source.encode(), digest_size=16).hexdigest() == network_id
        (ref,) = zs.list_networks(source)
        assert (ref.source, ref.network_id) == (source, network_id)
