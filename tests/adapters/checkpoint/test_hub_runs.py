"""Whole runs over a hub on this machine: in this process, and by Ray's workers."""

from __future__ import annotations

import pickle
from pathlib import Path

import polars as pl
import pytest
from safetensors.numpy import save

import zoo_spectra as zs
from hub_server import COMMIT, LATER, TOKEN, Hub, Repo, Trouble
from local_ray import local_ray
from zoo_spectra.errors import UnlistedError
from zoo_spectra.runner import gather
from zoo_spectra.terminal.commands.sources import ls
from zoo_spectra_checkpoint.hub import HubAdapter

from .test_hub import in_parts, weights

STATE = weights(count=4, side=96)
LARGEST = STATE["layers.0.weight"].nbytes


@pytest.fixture
def zoo(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A private network in one file and one in parts, a gated one, and one that is damaged."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.repos["acme/one"] = Repo({"model.safetensors": save(STATE)}, private=True)
    hub.repos["acme/parts"] = Repo(in_parts(STATE))
    hub.repos["acme/gated"] = Repo({"model.safetensors": save(STATE)}, gated=True)
    hub.repos["acme/broken"] = Repo({"model.safetensors": save(STATE)[:-5]})
    return hub


SOURCES = [f"hf:acme/{name}" for name in ("one", "parts", "gated", "broken", "gone")]


def rows(catalog: Path) -> pl.DataFrame:
    return zs.Catalog(str(catalog)).networks().sort("name").collect()


def assert_complete(found: pl.DataFrame) -> None:
    status = dict(zip(found["name"], found["status"], strict=True))
    assert status == {
        "acme/one": "ok",
        "acme/parts": "ok",
        "acme/gated": "failed",
        "acme/broken": "failed",
        "acme/gone": "failed",
    }
    reasons = dict(zip(found["name"], found["reason"], strict=True))
    assert "gated" in reasons["acme/gated"]
    assert "no such repository" in reasons["acme/gone"]
    assert "acme/broken@main, model.safetensors" in reasons["acme/broken"]
    digests = dict(zip(found["name"], found["weights_digest"], strict=True))
    assert digests["acme/one"] == digests["acme/parts"] is not None
    assert not any(TOKEN in str(row) for row in found.iter_rows())


def test_in_this_process(zoo: Hub, tmp_path: Path) -> None:
    ran = zs.run(SOURCES, catalog=str(tmp_path / "z"), in_process=True)
    assert (ran.count("ok"), ran.count("failed")) == (2, 3)
    found = rows(tmp_path / "z")
    assert_complete(found)
    assert zoo.largest() <= LARGEST
    assert found.filter(name="acme/one")["metadata"].str.contains(COMMIT).all()
    zoo.repos["acme/gated"].gated = False
    zoo.repos["acme/one"].commit = LATER  # of the same content
    zoo.repos["acme/parts"].files = in_parts(weights(7))
    again = zs.run(SOURCES[:3], catalog=str(tmp_path / "z"), in_process=True)
    assert (again.done_before, again.count("ok")) == (1, 2)
    found = rows(tmp_path / "z")
    assert len(found) == 5
    assert found.filter(name="acme/one")["metadata"].str.contains(LATER).all()


def test_a_listing_says_what_it_could_not_look_at(
    zoo: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    found = gather(SOURCES)
    assert [ref.shapes is None for ref in found] == [False, False, True, True, True]
    assert [line.partition("@")[0] for line in found.troubles] == SOURCES[2:]
    with pytest.raises(UnlistedError):
        gather(SOURCES[2:3])
    ls(SOURCES, with_cost=False, as_json=False)
    assert "the repository is gated" in capsys.readouterr().out


def test_workers_of_ray_get_the_address_and_the_token(zoo: Hub, tmp_path: Path) -> None:
    """They are on no worker's machine: the environment of the workers names no hub."""
    with local_ray():
        ran = zs.run(SOURCES, catalog=str(tmp_path / "z"))
    assert (ran.count("ok"), ran.count("failed")) == (2, 3)
    assert_complete(rows(tmp_path / "z"))
    assert zoo.largest() <= LARGEST


def test_the_adapter_carries_its_line_and_does_not_show_it(
    zoo: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = HubAdapter()
    packed = pickle.dumps(adapter)
    monkeypatch.delenv("HF_TOKEN")
    carried = pickle.loads(packed)
    [ref] = carried.list("acme/one", {})
    assert len(list(carried.load(ref).constituents())) == 4
    assert TOKEN not in repr(vars(carried))


def test_a_line_that_is_cut_for_good_fails_its_network_alone(zoo: Hub, tmp_path: Path) -> None:
    refs = zs.list_networks("hf:acme/one")
    zoo.always = Trouble(cut=100)
    with pytest.raises(UnlistedError):
        zs.run("hf:acme/one", catalog=str(tmp_path / "z"), in_process=True)
    sources = ["hf:acme/one", "memory:mine"]
    mine = zs.MemoryAdapter({"mine": {"layer": STATE["layers.0.weight"]}})
    zs.run(sources, catalog=str(tmp_path / "z"), in_process=True, adapters=[mine])
    found = rows(tmp_path / "z")
    assert found["status"].to_list() == ["failed", "ok"]
    assert found["network_id"][0] == refs[0].network_id
    zoo.always = None
    zs.run(sources, catalog=str(tmp_path / "z"), in_process=True, adapters=[mine])
    assert rows(tmp_path / "z")["status"].to_list() == ["ok", "ok"]
