"""Weights made one at a time are, bit for bit, those of the whole model; and nothing else moves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import zip_longest

import numpy as np
import pytest
import torch
from torch import nn

from whole import whole
from zoo_spectra.sources.adapter import load
from zoo_spectra.sources.network import Constituent, flatten_weight
from zoo_spectra.sources.torch_module import read_tensors
from zoo_spectra_timm import recording, replaying
from zoo_spectra_timm.building import isolated, quiet, timm_library
from zoo_spectra_timm.recording import Unrecordable, View, Write, record
from zoo_spectra_timm.replaying import Replay

# Small ones of many modules, initialisers and orders of construction.
RECORDED = [
    "test_byobnet",
    "test_convnext2",
    "test_efficientnet_gn",
    "test_nfnet",
    "test_resnet",
    "test_vit3",
    "convmixer_768_32",
    "crossvit_9_240",
    "deit_tiny_distilled_patch16_224",
    "densenet121",
    "edgenext_xx_small",
    "efficientformer_l1",
    "efficientvit_m0",
    "eva02_tiny_patch14_224",
    "ghostnet_050",
    "hrnet_w18_small",
    "levit_128s",
    "mixer_s32_224",
    "mobilevitv2_050",
    "pit_ti_224",
    "poolformer_s12",
    "regnetx_002",
    "repvgg_a0",
    "resnext26ts",
    "tnt_s_legacy_patch16_224",
    "visformer_tiny",
    "xcit_nano_12_p16_224",
]
PLAIN = {
    # Torch's own trunc_normal_ draws until numbers fit, and does nothing without values.
    "hiera_tiny_224": "values",
    # Weights set to the offsets of pixels.
    "convit_tiny": "other tensors",
}


def plain(name: str, seed: int) -> Iterator[tuple[str, np.ndarray]]:
    with quiet(), isolated(0):
        torch.manual_seed(seed)
        model = timm_library().create_model(name, pretrained=False)
    tensors = model.state_dict(keep_vars=True)
    for key in read_tensors(tensors, "timm").stored:
        yield key, flatten_weight(tensors[key].detach().numpy())


def assert_same(walk: Iterator[Constituent], name: str, seed: int) -> None:
    for (ours, found), (key, matrix) in zip_longest(whole(walk), plain(name, seed)):
        assert ours == key
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, matrix, err_msg=f"{name}, {key}")


@pytest.mark.parametrize("name", RECORDED)
def test_bit_for_bit(name: str) -> None:
    made = record(name)
    for seed in (0, 2**63 - 1):
        assert_same(Replay(made, seed).constituents(), name, seed)


@pytest.mark.parametrize("name", PLAIN)
def test_what_cannot_be_recorded_is_built_plainly(name: str) -> None:
    with pytest.raises(Unrecordable, match=PLAIN[name]):
        record(name)
    assert_same(load(f"timm:{name}?seed=3").constituents(), name, 3)


def test_the_adapter_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoo_spectra_timm.opening.random_model", lambda *_: pytest.fail("built"))
    assert_same(load("timm:test_vit?seed=3").constituents(), "test_vit", 3)


def test_walks_do_not_disturb_one_another_nor_torch() -> None:
    replay = Replay(record("xcit_nano_12_p16_224"), 5)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, second = replay.constituents(), replay.constituents()
    ahead = [next(first).matrix for _ in range(20)]
    assert torch.equal(torch.get_rng_state(), before)
    for number, constituent in enumerate(second):
        torch.rand(number)
        if number < len(ahead):
            np.testing.assert_array_equal(constituent.matrix, ahead[number])
    torch.set_default_dtype(torch.float64)
    try:
        with torch.device("meta"):
            assert_same(replay.constituents(), "xcit_nano_12_p16_224", 5)
    finally:
        torch.set_default_dtype(torch.float32)


def test_what_another_seeds_draws_is_not_mistaken() -> None:
    """The stream that architectures share is that of one seed, and no step of it is skipped."""
    replaying.milestones.cache_clear()
    names = ["mixer_s32_224", "resnet10t", "mixer_s32_224"]
    for name, seed in zip(names, [0, 1, 1], strict=True):
        assert_same(load(f"timm:{name}?seed={seed}").constituents(), name, seed)
    assert len(replaying.milestones(0)) > 30  # mixer_s32_224 has 19 million numbers, drawn twice
    assert all(position % replaying.STEP == 0 for position in replaying.milestones(0))
    whole = torch.Generator().manual_seed(0)
    torch.empty(3 * replaying.STEP).uniform_(generator=whole)
    assert torch.equal(whole.get_state(), replaying.milestones(0)[3 * replaying.STEP])


VIEWS: list[Callable[[torch.Tensor], torch.Tensor]] = [
    lambda t: t,
    lambda t: t[:3],
    lambda t: t[:, :5],
    lambda t: t.T,
    lambda t: t[::2, ::3],
]


@pytest.mark.parametrize("size", [(4, 6), (4, 8), (5, 7), (40, 50)])
@pytest.mark.parametrize("draw", ["uniform_", "normal_"])
@pytest.mark.parametrize("cut", range(len(VIEWS)))
def test_passing_over_is_drawing(draw: str, cut: int, size: tuple[int, int]) -> None:
    part = VIEWS[cut](torch.empty(size))
    view = View(tuple(part.shape), part.stride(), part.storage_offset())
    assert view.contiguous == part.is_contiguous()
    write = Write(getattr(torch.ops.aten, draw).default, (), view, torch.float32)
    drawn, passed = (torch.Generator().manual_seed(9) for _ in range(2))
    getattr(part, draw)(generator=drawn)
    replaying._pass(write, passed)
    assert torch.equal(drawn.get_state(), passed.get_state())


class Parts(nn.Module):
    """Initialisers that timm's architectures seldom use, before ``last`` decides."""

    def __init__(self, last: Callable[[nn.Module], object]) -> None:
        super().__init__()
        self.qkv = nn.Linear(10, 30)
        self.mlp = nn.Linear(10, 7)
        self.tied = nn.Linear(10, 7)
        self.tied.weight = self.mlp.weight
        self.head = nn.Linear(9, 40, bias=False)
        with torch.no_grad():
            for part in self.qkv.weight.split(10):
                nn.init.xavier_normal_(part)
            self.qkv.bias.normal_()
            self.mlp.weight[:, 2:].normal_(std=3).mul_(2)
            self.mlp.weight.t()[:1].fill_(0.5)
            self.head.weight.t().normal_()
            last(self)


def make(module: Callable[[], nn.Module], monkeypatch: pytest.MonkeyPatch) -> None:
    build = type("Timm", (), {"create_model": staticmethod(lambda *_, **__: module())})
    monkeypatch.setattr(recording, "timm_library", lambda: build)


def parts_are_right() -> None:
    made = dict(whole(Replay(record("parts"), 4).constituents()))
    with isolated(4):
        want = Parts(lambda module: None).state_dict()
    assert list(made) == ["qkv.weight", "mlp.weight", "head.weight"]
    for name, matrix in made.items():
        np.testing.assert_array_equal(matrix, want[name].numpy())


def test_views_ties_and_partial_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    make(lambda: Parts(lambda module: None), monkeypatch)
    parts_are_right()


def test_a_torch_that_draws_otherwise_is_left_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong count would give other numbers, and is noticed before any is made."""
    right = replaying.draws_of

    def wrong(write: Write) -> int | None:
        return right(write) and write.view.numel  # as if normal_ drew no part of a block twice

    replaying.counting_holds.cache_clear()
    monkeypatch.setattr(replaying, "draws_of", wrong)
    try:
        assert not replaying.counting_holds()
        assert_same(load("timm:test_resnet?seed=0").constituents(), "test_resnet", 0)
        make(lambda: Parts(lambda module: None), monkeypatch)
        with pytest.raises(AssertionError, match="Mismatched"):
            parts_are_right()
    finally:
        replaying.counting_holds.cache_clear()


def permuted(module: nn.Module) -> None:
    module.mlp.weight.copy_(module.mlp.weight[torch.randperm(7, device="cpu")])


REFUSED: dict[str, Callable[[nn.Module], object]] = {
    "orthogonal": lambda m: nn.init.orthogonal_(m.mlp.weight),
    "sparse": lambda m: nn.init.sparse_(m.mlp.weight, 0.5),
    "copied": lambda m: m.mlp.weight.copy_(m.qkv.weight[:7]),
    "of values": lambda m: m.mlp.weight.copy_(torch.ones(7, 10, device="cpu")),
    "replaced": lambda m: setattr(m.mlp, "weight", nn.Parameter(m.mlp.weight * 2)),
    "its data replaced": lambda m: setattr(m.mlp.weight, "data", m.qkv.weight[:7].clone()),
    "scaled by a tensor": lambda m: m.mlp.weight.mul_(m.mlp.bias[:, None]),
    "double": lambda m: m.double(),
    "bernoulli": lambda m: m.mlp.weight.bernoulli_(0.5),
    "random on the CPU": lambda m: torch.rand(3, device="cpu"),
    "a generator of its own": lambda m: m.mlp.weight.normal_(generator=torch.Generator()),
    "data dependent": lambda m: m.mlp.weight.sum().item(),
    "torch's truncated normal": lambda m: nn.init.trunc_normal_(m.mlp.weight),
    "permuted": permuted,
}


@pytest.mark.parametrize("case", REFUSED)
def test_anything_else_is_not_recorded(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make(lambda: Parts(REFUSED[case]), monkeypatch)
    with pytest.raises((Unrecordable, RuntimeError, NotImplementedError)):
        record("parts")


def test_one_weight_in_memory_at_a_time() -> None:
    """wide_resnet50_2 is 275 MB; its largest weight 38 MB."""
    code = (
        "from zoo_spectra.sources import load\n"
        "from zoo_spectra.runner.usage import peak_memory, reset_peak_memory\n"
        "list(load('timm:test_resnet?seed=0').constituents())\n"
        "network = load('timm:wide_resnet50_2?seed=0')\n"
        "reset_peak_memory()\n"
        "before = peak_memory()\n"
        "for constituent in network.constituents(): pass\n"
        "print(peak_memory() - before)"
    )
    run = [sys.executable, "-c", code]
    ran = subprocess.run(run, capture_output=True, text=True, check=True)
    assert 0 < float(ran.stdout) < 180e6  # freed pieces of a heap pile up at first
