"""The adapter hf, against a hub on this machine: which files, which bytes, which commit."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from safetensors.numpy import save

from hub_server import COMMIT, LATER, Holes, Hub, Repo, Trouble
from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.runner import Job
from zoo_spectra.sources import NetworkRef, list_networks, load, parse_source
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint.hub import HubAdapter
from zoo_spectra_checkpoint.hub.ranged import FIRST
from zoo_spectra_checkpoint.hub.wanted import wanted

State = dict[str, np.ndarray]


def weights(seed: int = 0, count: int = 3, side: int = 48) -> State:
    rng = np.random.default_rng(seed)
    return {
        f"layers.{number}.weight": rng.standard_normal((side, side + 16)).astype(np.float32)
        for number in range(count)
    }


def of_torch(state: State, old: bool = False) -> bytes:
    stream = io.BytesIO()
    tensors = {name: torch.from_numpy(each) for name, each in state.items()}
    torch.save(tensors, stream, _use_new_zipfile_serialization=not old)
    return stream.getvalue()


def in_parts(state: State, stem: str = "model", suffix: str = "safetensors") -> dict[str, bytes]:
    """A network in one part a tensor, and its index, as transformers saves it."""
    files, places = {}, {}
    for number, (name, values) in enumerate(state.items(), 1):
        part = f"{stem}-{number:05d}-of-{len(state):05d}.{suffix}"
        files[part] = save({name: values}) if suffix == "safetensors" else of_torch({name: values})
        places[name] = part
    index = {"metadata": {"total_size": 0}, "weight_map": places}
    return {f"{stem}.{suffix}.index.json": json.dumps(index).encode(), **files}


def read(source: str) -> State:
    return {each.name: np.asarray(each.matrix) for each in load(source).constituents()}


def assert_reads(source: str, state: State) -> None:
    got = read(source)
    assert set(got) == set(state)
    for name, matrix in state.items():
        np.testing.assert_array_equal(got[name], matrix)


def listed(source: str) -> NetworkRef:
    [ref] = list_networks(source)
    return ref


def test_the_contract(hub: Hub) -> None:
    data = save(weights())
    hub.repos["acme/one"] = Repo({"model.safetensors": data, "config.json": b"{}"})
    [ref] = check_adapter(HubAdapter(), "acme/one", {"family": "acmes"})
    assert ref.source == "hf:acme/one@main?family=acmes"
    assert (ref.name, ref.family) == ("acme/one", "acmes")
    assert ref.shapes == ((48, 64),) * 3
    about = {"commit": COMMIT, "file": "model.safetensors", "format": "safetensors"}
    assert ref.metadata == {**about, "file_size": len(data)}
    assert_reads("hf:acme/one", weights())


def test_spellings_of_one_network(hub: Hub) -> None:
    hub.repos["acme/one"] = Repo({"model.safetensors": save(weights())})
    hub.repos["one"] = Repo({}, moved="acme/one")
    spelt = ["acme/one", "acme/one@main", "one", "acme/one?file=model.safetensors"]
    refs = [listed(f"hf:{each}") for each in spelt]
    assert {ref.source for ref in refs} == {"hf:acme/one@main"}
    assert len({ref.network_id for ref in refs}) == 1


def test_the_order_of_transformers(hub: Hub) -> None:
    """One file of safetensors, its parts, then the same of bin; variants only by name."""
    files = {
        "model.fp16.safetensors": save(weights(9)),
        **in_parts(weights(4), "pytorch_model", "bin"),
        "pytorch_model.bin": of_torch(weights(3)),
        **in_parts(weights(2)),
        "model.safetensors": save(weights(1)),
    }
    hub.repos["acme/one"] = repo = Repo(files)
    seeds = []
    for chosen in ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"):
        seeds.append(read("hf:acme/one")["layers.0.weight"][0, 0])
        del repo.files[chosen]
    seeds.append(read("hf:acme/one")["layers.0.weight"][0, 0])
    assert seeds == [weights(seed)["layers.0.weight"][0, 0] for seed in (1, 2, 3, 4)]
    assert_reads("hf:acme/one?file=model.fp16.safetensors", weights(9))


def test_a_file_of_a_folder(hub: Hub) -> None:
    files = {f"unet/{name}": data for name, data in in_parts(weights(), "diffusion").items()}
    hub.repos["acme/one"] = Repo({**files, "vae/model.safetensors": save(weights(1))})
    index = "unet/diffusion.safetensors.index.json"
    assert_reads(f"hf:acme/one?file={index}", weights())
    ref = listed("hf:acme/one?file=vae/model.safetensors")
    assert ref.source == "hf:acme/one@main?file=vae/model.safetensors"
    assert ref.name == "acme/one/vae/model.safetensors"
    message = check_refuses(
        HubAdapter(),
        "acme/one",
        SourceError,
        {"file": "unet/diffusion-00001-of-00003.safetensors"},
    )
    assert index in message


def test_candidates_are_named_with_their_sizes(hub: Hub) -> None:
    hub.repos["acme/one"] = Repo(
        {
            "a.safetensors": Holes(b"", 12_300_000),
            "b/b.bin": b"1234",
            "notes.txt": b"",
            "../\x1b[31m.bin": b"",
        }
    )
    message = check_refuses(HubAdapter(), "acme/one", SourceError)
    assert "file=" in message
    assert "a.safetensors (12.3 MB), b/b.bin" in message
    assert "notes" not in message
    assert "\x1b" not in message
    hub.repos["acme/two"] = Repo({"notes.txt": b""})
    assert "no other weights" in check_refuses(HubAdapter(), "acme/two", SourceError)
    wrong = check_refuses(HubAdapter(), "acme/one", SourceError, {"file": "c.bin"})
    assert "c.bin" in wrong
    assert "a.safetensors" in wrong


def with_header_of(length: int, state: State) -> bytes:
    """A safetensors file whose header is so long, by blanks, as the format pads it."""
    data = save(state)
    short = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + short].ljust(length)
    assert len(header) == length
    return length.to_bytes(8, "little") + header + data[8 + short :]


EDGES = (*range(99_990, 100_011), *range(FIRST - 10, FIRST + 3))


@pytest.mark.parametrize("length", EDGES)
def test_headers_of_every_length(length: int, hub: Hub) -> None:
    hub.repos["acme/one"] = Repo({"model.safetensors": with_header_of(length, weights(side=12))})
    assert_reads("hf:acme/one", weights(side=12))


def test_a_listing_moves_little(hub: Hub) -> None:
    """A network of 20 GB in one file, and one in 30 parts."""
    entries, at = {}, 0
    for number in range(300):
        size = 2 * 4096 * 8192
        info = {"dtype": "BF16", "shape": [4096, 8192], "data_offsets": [at, at + size]}
        entries[f"model.layers.{number}.mlp.up_proj.weight"] = info
        at += size
    header = json.dumps(entries).encode()
    whole = Holes(len(header).to_bytes(8, "little") + header, 8 + len(header) + at)
    assert len(whole) > 20e9
    hub.repos["acme/large"] = Repo({"model.safetensors": whole})
    ref = listed("hf:acme/large")
    assert ref.parameters == 300 * 4096 * 8192
    assert hub.sent() <= 100_000
    hub.asked.clear()
    hub.repos["acme/parts"] = Repo(in_parts(weights(count=30, side=200)))
    assert len(listed("hf:acme/parts").shapes or ()) == 30
    assert hub.sent() <= 100_000


def test_a_walk_asks_for_one_tensor_at_a_time(hub: Hub) -> None:
    """Nor for those that no constituent is made of."""
    state = weights(count=4, side=200)
    more = {"norm.weight": np.ones(50_000, np.float32)}
    hub.repos["acme/one"] = Repo({"model.safetensors": save({**state, **more})})
    network = load("hf:acme/one")
    hub.asked.clear()
    tensor, before = state["layers.0.weight"].nbytes, 0
    for number, _ in enumerate(network.constituents(), 1):
        assert hub.sent() == number * tensor, "one tensor, when it is its turn"
        assert hub.sent() - before == tensor
        before = hub.sent()
    assert number == 4


def test_the_commit_that_was_listed_is_read(hub: Hub) -> None:
    hub.repos["acme/one"] = repo = Repo({"model.safetensors": save(weights())})
    ref = listed("hf:acme/one")
    repo.commit, repo.refs = LATER, {COMMIT: COMMIT}
    hub.asked.clear()
    assert HubAdapter().load(ref).metadata["commit"] == COMMIT
    assert all(f"/resolve/{COMMIT}/" in each.path for each in hub.asked if "resolve" in each.path)
    again = listed("hf:acme/one")
    assert again.metadata["commit"] == LATER
    assert again.fingerprint == ref.fingerprint, "the same content is not analysed again"
    repo.files["model.safetensors"] = save(weights(1))
    assert listed("hf:acme/one").fingerprint != ref.fingerprint


def test_a_file_that_changes_while_it_is_read(hub: Hub) -> None:
    hub.repos["acme/one"] = repo = Repo({"model.safetensors": save(weights())})
    network = load("hf:acme/one")
    repo.files["model.safetensors"] = save(weights(1))
    with pytest.raises(NetworkError, match="changed"):
        list(network.constituents())
    network = load("hf:acme/one")
    hub.far_troubles.append(Trouble(longer=7))
    with pytest.raises(NetworkError, match=r"hf:acme/one@main, model.safetensors"):
        list(network.constituents())


def test_other_precisions(hub: Hub) -> None:
    from safetensors.torch import save as save_tensors

    wide = {name: torch.from_numpy(each) for name, each in weights().items()}
    for kind in (torch.bfloat16, torch.float16, torch.float64, torch.float8_e4m3fn):
        narrow = {name: each.to(kind) for name, each in wide.items()}
        hub.repos["acme/one"] = Repo({"model.safetensors": save_tensors(narrow)})
        got = read("hf:acme/one")
        for name, each in narrow.items():
            np.testing.assert_array_equal(got[name], each.to(torch.float64).numpy())


def test_low_rank_adapters_have_their_scale(hub: Hub) -> None:
    rng = np.random.default_rng(0)
    down, up = rng.standard_normal((4, 24)), rng.standard_normal((32, 4))
    state = {"a.q_proj.lora_A.weight": down, "a.q_proj.lora_B.weight": up}
    config = json.dumps({"peft_type": "LORA", "r": 4, "lora_alpha": 16}).encode()
    files = {"adapter_model.safetensors": save(state), "adapter_config.json": config}
    hub.repos["acme/lora"] = Repo(files)
    [(_, matrix)] = read("hf:acme/lora?file=adapter_model.safetensors").items()
    np.testing.assert_allclose(matrix, 4 * up @ down)


def test_archives_are_read_tensor_by_tensor(hub: Hub) -> None:
    """PyTorch's and numpy's: their directory, their pickle, then what is asked for."""
    state = {**weights(count=3, side=300), "norm.weight": np.ones(250_000, np.float32)}
    stream = io.BytesIO()
    np.savez(stream, **state)
    hub.repos["acme/one"] = Repo(
        {"pytorch_model.bin": of_torch(state), "other.npz": stream.getvalue()}
    )
    tensor = state["layers.0.weight"].nbytes
    del state["norm.weight"]
    for option, slack in (("", 1 << 16), ("?file=other.npz", 1 << 16)):
        assert listed(f"hf:acme/one{option}").metadata["commit"] == COMMIT
        assert hub.sent() <= 200_000
        assert_reads(f"hf:acme/one{option}", state)
        assert hub.largest() <= tensor + slack
        assert sum(each.sent for each in hub.asked) < 6 * tensor
        hub.asked.clear()
    assert not load("hf:acme/one").notes
    assert not list(Path(constants.HF_HUB_CACHE).glob("**/*.bin"))


def test_damaged_archives(hub: Hub) -> None:
    data = of_torch(weights())
    hub.repos["acme/one"] = Repo({"pytorch_model.bin": data[: len(data) // 2]})
    with pytest.raises(NetworkError, match="acme/one"):
        read("hf:acme/one")
    hub.repos["acme/one"] = repo = Repo({"pytorch_model.bin": of_torch(weights(side=300))})
    network = load("hf:acme/one")
    hub.always = Trouble(status=503)
    with pytest.raises(NetworkError, match=r"acme/one.*again and again"):
        list(network.constituents())
    hub.always = None
    repo.files["pytorch_model.bin"] = of_torch(weights(1, side=300))
    with pytest.raises(NetworkError, match="changed"):
        list(network.constituents())


def test_what_is_no_archive_is_fetched_whole_and_said(hub: Hub) -> None:
    hub.repos["acme/one"] = Repo({"pytorch_model.bin": of_torch(weights(), old=True)})
    ref = listed("hf:acme/one")
    assert ref.shapes is None
    assert hub.sent() <= 100_000
    network = HubAdapter().load(ref)
    assert len(list(network.constituents())) == 3
    assert any("pytorch_model.bin" in note and "whole" in note for note in network.notes)
    hub.asked.clear()
    assert not any("whole" in note for note in load("hf:acme/one").notes), "it is in the cache now"


def test_safetensors_called_bin_are_read_by_range(hub: Hub) -> None:
    hub.repos["acme/one"] = Repo({"pytorch_model.bin": save(weights())})
    assert_reads("hf:acme/one", weights())
    assert all(each.range for each in hub.asked if each.sent)


def test_patterns_are_refused_in_words(hub: Hub) -> None:
    assert "wildcards" in check_refuses(HubAdapter(), "acme/*", SourceError)


def test_revisions(hub: Hub) -> None:
    data = {"model.safetensors": save(weights())}
    hub.repos["acme/one"] = Repo(data, refs={"v1.0": LATER, "refs/pr/1": LATER})
    hub.repos["acme/one"].refs |= {LATER: LATER}
    ref = listed("hf:acme/one@v1.0")
    assert (ref.name, ref.metadata["commit"]) == ("acme/one@v1.0", LATER)
    assert listed(f"hf:acme/one@{COMMIT}").metadata["commit"] == COMMIT


# The local cache.


def put(repository: str, commit: str, file: str, data: bytes, ref: str = "main") -> Path:
    """A file where the hub's own client would have put it."""
    top = Path(constants.HF_HUB_CACHE, "models--" + repository.replace("/", "--"))
    blob, link = top / "blobs" / "abc123", top / "snapshots" / commit / file
    for folder in (blob.parent, link.parent, top / "refs"):
        folder.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(data)
    link.symlink_to(os.path.relpath(blob, link.parent))
    (top / "refs" / ref).write_text(commit)
    return link


def test_the_cache_serves_without_a_hub(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    put("acme/one", COMMIT, "model.safetensors", save(weights()))
    for setting, value in (("ENDPOINT", "http://127.0.0.1:9"), ("HF_HUB_OFFLINE", True)):
        monkeypatch.setattr(constants, setting, value)
        [ref] = check_adapter(HubAdapter(), "acme/one")
        assert ref.metadata["commit"] == COMMIT
        assert_reads("hf:acme/one", weights())
        assert_reads(f"hf:acme/one@{COMMIT}", weights())
    assert not hub.asked
    message = check_refuses(HubAdapter(), "acme/two", SourceError)
    assert "HF_HUB_OFFLINE is set" in message
    assert "cache" in message


def test_the_cache_is_used_where_it_has_the_commit(hub: Hub) -> None:
    hub.repos["acme/one"] = Repo({"model.safetensors": save(weights(side=300))})
    link = put("acme/one", COMMIT, "model.safetensors", save(weights(side=300)))
    assert_reads("hf:acme/one", weights(side=300))
    assert hub.sent() <= FIRST
    hub.repos["acme/one"].commit = LATER  # which the cache has not
    hub.repos["acme/one"].files["model.safetensors"] = save(weights(1))
    assert_reads("hf:acme/one", weights(1))
    hub.repos["acme/one"].commit = COMMIT
    link.resolve().unlink()  # a link to nothing
    assert_reads("hf:acme/one", weights(1))


def test_no_hub_in_reach_is_said_at_once(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    message = check_refuses(HubAdapter(), "acme/one", SourceError)
    assert "http://127.0.0.1:9 is out of reach" in message
    assert "hf download acme/one" in message
    for address in ("http://no-such-host.invalid", "no-scheme", "ftp://127.0.0.1", "http://[::"):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        assert "out of reach" in check_refuses(HubAdapter(), "acme/one", SourceError)


def test_the_job_of_well_known_models() -> None:
    """Each source can be read, names one repository, and is there once."""
    job = Job.from_toml(str(Path(__file__).parents[3] / "jobs" / "hub.toml"))
    sources = [parse_source(text) for text in job.sources]
    asked = [wanted(source.pattern, source.options.get("file")) for source in sources]
    assert len(set(asked)) == len(asked) == 208
    assert {source.adapter for source in sources} == {"hf"}
    assert all(set(source.options) == {"family"} for source in sources)
    assert len({source.options["family"] for source in sources}) > 30


def test_which_part_of_a_file(hub: Hub) -> None:
    """As for files on a disk: two networks in one file are told apart, by the source to write."""
    both = {f"gen.{name}": each for name, each in weights(1).items()}
    both |= {f"disc.{name}": each for name, each in weights(2).items()}
    hub.repos["acme/one"] = Repo({"model.safetensors": save(both), "x.bin": of_torch(both)})
    for file in ("", "&file=x.bin"):
        source = f"hf:acme/one?key=gen{file}"
        assert_reads(source, weights(1))
        assert listed(source).source.startswith("hf:acme/one@main?")
        assert_reads(listed(source).source, weights(1))
    average = {f"model_ema.{name}": each for name, each in weights(3).items()}
    trained = {f"model.{name}": each for name, each in weights(1).items()}
    hub.repos["acme/ema"] = Repo({"model.safetensors": save({**trained, **average})})
    assert_reads("hf:acme/ema?ema=true", weights(3))
    assert listed("hf:acme/ema?ema=true").name == "acme/ema[ema=true]"
    with pytest.raises(NetworkError) as caught:
        listed("hf:acme/one?key=other")
    written = re.findall(r"hf:acme/one@main[^;\s]*key=\w+", str(caught.value))
    assert {listed(each).parameters for each in written} == {9 * 1024}


def test_experts_are_fetched_one_at_a_time(hub: Hub) -> None:
    stacked = np.random.default_rng(0).standard_normal((8, 64, 96)).astype(np.float32)
    hub.repos["acme/one"] = Repo({"model.safetensors": save({"mlp.experts.up_proj": stacked})})
    got = list(read("hf:acme/one").values())
    assert len(got) == 8
    assert all(any(np.array_equal(each, one) for one in got) for each in stacked)
