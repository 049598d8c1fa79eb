"""Which part of a file is the network: one is found, of several none is guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import zoo_spectra as zs
from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.sources import Source, list_networks, literal
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter

State = dict[str, torch.Tensor]


def state(seed: int, *prefixes: str, shape: tuple[int, int] = (6, 5)) -> State:
    made = torch.Generator().manual_seed(seed)
    names = {"conv.weight": (4, 3, 2, 2), "fc.weight": shape, "fc.bias": shape[:1]}
    return {
        "".join((*prefixes, name)): torch.randn(side, generator=made)
        for name, side in names.items()
    }


def saved(content: object, folder: Path, name: str = "a.pt") -> str:
    torch.save(content, folder / name)
    return str(folder / name)


def flat(content: State, folder: Path, suffix: str) -> str:
    path = folder / f"a.{suffix}"
    if suffix == "safetensors":
        save_file(content, path)
    elif suffix == "npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in content.items()})
    else:
        torch.save(content, path)
    return str(path)


def is_network(path: str, want: State, **options: str) -> zs.Network:
    """That a source is read, and is a state dict, whatever its names begin with."""
    [ref] = check_adapter(CheckpointAdapter(), literal(path), options)
    network = CheckpointAdapter().load(ref)
    found = [each.matrix for each in network.constituents()]
    matrices = [tensor.flatten(1).numpy() for tensor in want.values() if tensor.dim() > 1]
    assert len(found) == len(matrices)
    for one in matrices:
        assert any(np.array_equal(one, other) for other in found)
    return network


def is_refused(path: str, *said: str, **options: str) -> str:
    message = check_refuses(CheckpointAdapter(), literal(path), NetworkError, options)
    for each in said:
        assert each in message, message
    return message


def moments(seed: int) -> dict[str, Any]:
    tensors = {n: {"exp_avg": t, "exp_avg_sq": t**2} for n, t in enumerate(state(seed).values())}
    return {"state": tensors, "param_groups": [{"lr": 0.1, "params": [0, 1, 2]}]}


# Where there is one network, whatever lies beside it.
ONE: dict[str, Callable[[State], Any]] = {
    "alone": lambda s: s,
    "below a name": lambda s: {"generator": s, "lr": 0.1},
    "deep": lambda s: {"runs": [{"best": {"net": {"state_dict": s}}, "step": 3}]},
    "in a list": lambda s: [s, {"epoch": 3}],
    "in a tuple": lambda s: (3, s),
    "below a number": lambda s: {0: s},
    "with an optimiser": lambda s: {"model": s, "optimizer": moments(1)},
    "with an optimiser of another name": lambda s: {"model": s, "opt": moments(1)},
    "with optimisers in a list": lambda s: {"state_dict": s, "optimizer_states": [moments(1)]},
    "with moments by name": lambda s: {
        "model": s,
        "adam": {name: {"exp_avg": t, "exp_avg_sq": t} for name, t in s.items()},
    },
    "with an old optimiser": lambda s: {
        "model": s,
        "last_optimizer_state": {"buf": torch.ones(9, 9)},
    },
    "with a scheduler and a scaler": lambda s: {
        "model": s,
        "lr_scheduler": {"table": torch.ones(5, 5)},
        "scaler": {"scale": torch.tensor(3.0)},
    },
    "with loose tensors": lambda s: {"state_dict": s, "confusion": torch.ones(9, 9)},
    "twice the same": lambda s: {"state_dict": s, "model": s},
    "twice the same tensors": lambda s: {"state_dict": s, "best": dict(s)},
    "the average alone": lambda s: {"ema": s, "step": 3},
}


@pytest.mark.parametrize("how", ONE)
def test_one_network_is_found(how: str, tmp_path: Path) -> None:
    is_network(saved(ONE[how](state(0)), tmp_path), state(0))


SEVERAL: dict[str, tuple[Any, tuple[str, ...]]] = {
    "an average": ({"model": state(0), "model_ema": state(1)}, ("model", "model_ema")),
    "another network": ({"netG": state(0), "netD": state(1)}, ("netG", "netD")),
    "teacher and student": ({"teacher": state(0), "student": state(1)}, ("teacher", "student")),
    "checkpoints in a list": ([{"model": state(0)}, {"model": state(1)}], ("0.model", "1.model")),
    "of numbers": ({0: state(0), 1: state(1)}, ("0", "1")),
    "of a callback": (
        {"state_dict": state(0), "callbacks": {"EMA": {"weights": state(1)}}},
        ("state_dict", "callbacks.EMA.weights"),
    ),
    "with a dot": ({"v1.0": state(0), "v2.0": state(1)}, ("v1.0", "v2.0")),
    "in one another": ({**state(0), "discriminator": state(1)}, (".", "discriminator")),
}


@pytest.mark.parametrize("how", SEVERAL)
def test_several_are_listed_with_sizes_and_sources(how: str, tmp_path: Path) -> None:
    content, keys = SEVERAL[how]
    path = saved(content, tmp_path)
    said = is_refused(path, f"{path} holds 2 networks; write which one: ")
    for seed, key in enumerate(keys):
        source = str(Source("checkpoint", literal(path), {"key": key}))
        assert f"{key} (84 parameters) {source}" in said
        assert len(list_networks(source)) == 1
        is_network(path, state(seed), key=key)


def test_loose_tensors_beside_the_weights_are_counted(tmp_path: Path) -> None:
    content = {"state_dict": state(0), "table": torch.ones(9, 9), "head.weight": torch.ones(4, 4)}
    network = is_network(saved(content, tmp_path), state(0))
    assert network.left_out["beside the state dict"] == 2


def test_a_key_is_a_path_or_what_names_begin_with(tmp_path: Path) -> None:
    two = state(0, "module.encoder.") | state(1, "module.decoder.")
    path = saved({"state_dict": two, "epoch": 3}, tmp_path)
    is_network(path, two)
    is_network(path, two, key="state_dict")
    for key in ("state_dict.module.encoder", "module.encoder", "encoder"):
        is_network(path, state(0), key=key)
    is_network(path, {"fc.weight": state(1)["fc.weight"]}, key="decoder.fc")
    is_refused(path, "nothing at key=head", "state_dict (168 parameters)", key="head")
    is_refused(path, "nothing at key=enc", key="enc")


@pytest.mark.parametrize("suffix", ["safetensors", "npz", "pt"])
def test_prefixes_are_keys_in_every_format(suffix: str, tmp_path: Path) -> None:
    two = state(0, "module.generator.") | state(1, "module.discriminator.")
    path = flat(two, tmp_path, suffix)
    is_network(path, two)
    is_network(path, state(0), key="generator")
    network = is_network(path, state(1), key="module.discriminator")
    assert next(each.name for each in network.constituents()) in ("conv.weight", "fc.weight")
    is_refused(path, "nothing at key=nothing", key="nothing")


def test_slashes_are_dots_in_keys(tmp_path: Path) -> None:
    arrays = {f"params/Dense_{n}/kernel": np.full((3, 4 + n), n + 1.0, "f4") for n in range(2)}
    np.savez(tmp_path / "a.npz", **arrays)
    for key in ("params/Dense_1", "params.Dense_1"):
        [only] = zs.load(f"checkpoint:{tmp_path}/a.npz?key={key}").constituents()
        assert only.matrix.shape in ((3, 5), (5, 3))


AVERAGES: dict[str, Any] = {
    "model_ema": {"model": state(0), "model_ema": state(1)},
    "ema": {"model": state(0), "ema": state(1)},
    "ema_state_dict": {"state_dict": state(0), "ema_state_dict": state(1)},
    "state_dict_ema": {"state_dict": state(0), "state_dict_ema": state(1), "optimizer": moments(2)},
    "module_ema": {"module": state(0), "module_ema": state(1)},
    "in the average's own dict": {"model": state(0), "ema": {"decay": 0.9, "shadow": state(1)}},
    "of a callback": {"state_dict": state(0), "callbacks": {"EMACallback": {"weights": state(1)}}},
    "of a callback with settings": {
        "state_dict": state(0),
        "callbacks": {"EMA{'decay': 0.99}": {"state_dict": state(1)}},
    },
    "by names": state(0, "model.") | state(1, "model_ema."),
    "by names, in a dict": {"state_dict": state(0, "model.") | state(1, "model_ema.module.")},
    "by names, of the rest": state(0) | state(1, "ema."),
    "without the trained one": {"ema": state(1), "step": 3},
    "without dots": state(0, "model.diffusion_model.")
    | {
        f"model_ema.{name.replace('.', '')}": tensor
        for name, tensor in state(1, "diffusion_model.").items()
    }
    | {"model_ema.decay": torch.tensor(0.9), "model_ema.num_updates": torch.tensor(3)},
}


@pytest.mark.parametrize("how", AVERAGES)
def test_the_average_is_taken_where_it_is_asked_for(how: str, tmp_path: Path) -> None:
    is_network(saved(AVERAGES[how], tmp_path), state(1), ema="true")


@pytest.mark.parametrize("suffix", ["safetensors", "npz", "pt"])
def test_the_average_in_every_format(suffix: str, tmp_path: Path) -> None:
    path = flat(state(0, "model.") | state(1, "model_ema."), tmp_path, suffix)
    network = is_network(path, state(0))
    assert any("moving average" in note for note in network.notes)
    is_network(path, state(0), ema="false")
    is_network(path, state(1), ema="true")
    is_network(path, state(1), key="model_ema")


NO_AVERAGE: dict[str, tuple[Any, tuple[str, ...]]] = {
    "none": ({"model": state(0)}, ("no moving average", "conv", "fc")),
    "two networks": ({"netG": state(0), "netD": state(1)}, ("key=netG", "key=netD")),
    "two averages": (
        {"model": state(0), "ema_fast": state(1), "ema_slow": state(2)},
        ("holds 2 networks", "ema_fast", "ema_slow"),
    ),
    "two averages by names": (
        state(0, "model.") | state(1, "model_ema.") | state(2, "ema."),
        ("holds 2 networks", "key=model_ema", "key=ema"),
    ),
    "a layer of that name": (
        state(0) | {"ema_gate.weight": torch.ones(3, 3)},
        ("no moving average", "ema_gate"),
    ),
    "a list": (
        {"model": state(0), "ema": {"decay": 0.9, "shadow_params": list(state(1).values())}},
        ("ema.shadow_params is a list of 3 tensors without names",),
    ),
}


@pytest.mark.parametrize("how", NO_AVERAGE)
def test_no_average_is_guessed(how: str, tmp_path: Path) -> None:
    content, said = NO_AVERAGE[how]
    is_refused(saved(content, tmp_path), *said, ema="true")


@pytest.mark.parametrize("suffix", ["safetensors", "npz", "pt"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("student.", "teacher."),
        ("online.", "target."),
        ("module.encoder_q.", "module.encoder_k."),
        ("model.", "model_ema."),
    ],
)
def test_two_copies_that_differ_ask_which(
    first: str, second: str, suffix: str, tmp_path: Path
) -> None:
    """The same names and shapes are one network and its average; a larger teacher is another."""
    alike = state(0, first) | state(1, second)
    is_network(flat(alike, tmp_path, suffix), state(0))
    differ = state(0, first) | state(1, second, shape=(9, 7))
    path = flat(differ, tmp_path, suffix)
    ends = [name.strip(".").rpartition(".")[2] for name in (first, second)]
    is_refused(path, "holds 2 networks", *(f"{end} (" for end in ends))
    is_network(path, state(0), key=first.strip("."))
    is_network(path, state(1, shape=(9, 7)), key=second.strip("."))


def test_a_sharded_network_has_parts_too(tmp_path: Path) -> None:
    for number, seed in ((1, 0), (2, 1)):
        part = state(seed, "model." if seed == 0 else "model_ema.")
        save_file(part, tmp_path / f"m-{number}-of-2.safetensors")
    is_network(f"{tmp_path}/m-1-of-2.safetensors", state(1), ema="true")
    is_network(f"{tmp_path}/m-2-of-2.safetensors", state(0), key="model")


def test_a_part_is_a_network_of_its_own(tmp_path: Path) -> None:
    path = saved({"model": state(0), "model_ema": state(1)}, tmp_path)
    sources = [f"checkpoint:{path}?{end}" for end in ("key=model", "key=model_ema", "ema=true")]
    refs = [list_networks(source)[0] for source in sources]
    assert len({ref.network_id for ref in refs}) == 3
    names = [ref.name.partition("/")[2] for ref in refs]
    assert names == ["a[key=model]", "a[key=model_ema]", "a[ema=true]"]
    assert [ref.source for ref in refs] == sources
    [plain] = list_networks(f"checkpoint:{path}?ema=false")
    assert plain.source == f"checkpoint:{path}"  # what changes nothing is left out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"key": ""}, "key is empty"),
        ({"ema": "yes"}, "true or false"),
        ({"key": "x" * 2000}, "2,000"),
    ],
)
def test_options_that_say_nothing(options: Mapping[str, str], says: str, tmp_path: Path) -> None:
    path = saved(state(0), tmp_path)
    assert says in check_refuses(CheckpointAdapter(), path, SourceError, options)
