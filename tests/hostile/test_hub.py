"""Files of a hub that are changed a little: what is read by range is what is read from a disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from safetensors.numpy import save

from hub_server import Hub, Repo, local_hub
from zoo_spectra.errors import ZooSpectraError
from zoo_spectra.sources import Source, literal, load

COUNT = 100  # of each, the same each time


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with local_hub(tmp_path, monkeypatch) as served:
        yield served


def answer(source: str) -> str:
    """What a source gives: the digest of its matrices, or ``refused`` in words that name it."""
    from attack import digest

    try:
        return digest(load(source).constituents())
    except ZooSpectraError as error:
        return "refused" if "acme" in str(error) else f"refused without its name: {error}"


def test_changed_files(hub: Hub, tmp_path: Path) -> None:
    from fuzz import mutated
    from good_shared import STATE

    local = tmp_path / "acme" / "model.safetensors"
    local.parent.mkdir()
    on_disk = str(Source("checkpoint", literal(str(local))))
    read = 0
    for number in range(COUNT):
        data = mutated(save(STATE), f"hub/{number}")
        local.write_bytes(data)
        hub.repos["acme/one"] = Repo({"model.safetensors": data})
        found = answer("hf:acme/one")
        assert found == answer(on_disk), f"hub/{number}: {data[:300]!r}"
        read += found != "refused"
    assert 10 < read < COUNT - 10


def test_changed_indices(hub: Hub) -> None:
    """The parts that it names are read, all of them and no others, or nothing is."""
    from attack import digest
    from fuzz import mutated
    from good_shared import STATE

    places = {name: f"model-{n:05d}-of-00003.safetensors" for n, name in enumerate(STATE, 1)}
    parts = {places[name]: save({name: STATE[name]}) for name in STATE}
    index = json.dumps({"metadata": {}, "weight_map": places}).encode()
    hub.repos["acme/one"] = Repo({**parts, "model.safetensors.index.json": index})
    for name, data in parts.items():
        hub.repos[f"acme/{name}"] = Repo({"model.safetensors": data})
    read = 0
    for number in range(COUNT):
        changed = mutated(index, f"index/{number}")
        hub.repos["acme/one"].files["model.safetensors.index.json"] = changed
        found = answer("hf:acme/one")
        if found != "refused":
            named = sorted(set(json.loads(changed)["weight_map"].values()) - {places["fc.bias"]})
            alone = [load(f"hf:acme/{part}").constituents() for part in named]
            assert found == digest(chain.from_iterable(alone)), f"index/{number}: {changed!r}"
            read += 1
    assert 1 < read < COUNT - 10
    assert all(".." not in each.path.split("/") for each in hub.asked)


def test_changed_archives(hub: Hub, tmp_path: Path) -> None:
    """What is fetched whole is in the cache under its content's name: each change is another."""
    import torch
    from fuzz import mutated
    from good_checkpoint import of_torch
    from good_shared import STATE

    state = {name: torch.from_numpy(values) for name, values in STATE.items()}
    local = tmp_path / "acme" / "model.bin"
    local.parent.mkdir()
    on_disk = str(Source("checkpoint", literal(str(local))))
    for number in range(COUNT // 10):
        data = mutated(of_torch(state), f"bin/{number}")
        local.write_bytes(data)
        commit = f"{number:040x}"
        hub.repos["acme/one"] = Repo({"pytorch_model.bin": data}, commit=commit)
        assert answer("hf:acme/one") == answer(on_disk), f"bin/{number}"
