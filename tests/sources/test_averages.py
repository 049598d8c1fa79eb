"""A network and its moving average in one file: the one that is trained counts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from doors import DOORS, check, through
from zoo_spectra.sources.memory import network_from_arrays

NAMES = ("conv1.weight", "layer1.0.conv1.weight", "bn1.running_mean", "fc.weight")
PAIRS = [
    ("encoder_q.", "encoder_k."),
    ("module.base_encoder.", "module.momentum_encoder."),
    ("student.", "teacher."),
    ("online_network.", "target_network."),
    ("q_net.", "q_net_target."),
    ("actor.critic.", "actor.critic_target."),
    ("visual_encoder.", "visual_encoder_m."),
    ("model.", "model_ema."),
    ("model.", "ema_model."),
    ("online_model.", "ema_model."),
    ("backbone.", "ema.backbone."),
    ("", "ema."),
    ("query_encoder.", "key_encoder."),
    ("encoder.", "target_encoder."),
]


def network(prefix: str, seed: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    sides = ((8, 3, 3, 3), (8, 8, 3, 3), (8,), (6, 8))
    made = zip(NAMES, map(torch.randn, sides), strict=True)
    return {prefix + name: tensor for name, tensor in made}


@pytest.mark.parametrize(("trained", "average"), PAIRS, ids=lambda prefix: prefix)
@pytest.mark.parametrize("first", [True, False], ids=["in front", "behind"])
def test_the_trained_one_counts(trained: str, average: str, first: bool) -> None:
    both = [network(trained, 0), network(average, 1)]
    found = network_from_arrays("net", {k: v for part in both[:: 1 if first else -1]
                                        for k, v in part.items()})  # fmt: skip
    check(found, {n: t for n, t in both[0].items() if t.ndim > 1})
    assert found.left_out["moving average"] == 4
    assert "is taken for a moving average of" in found.notes[0]
    assert f"({average}conv1.weight and 3 more)" in found.notes[0]


@pytest.mark.parametrize("door", DOORS)
def test_momentum_contrast(door: str, tmp_path: Path) -> None:
    state = network("encoder_q.", 0) | network("encoder_k.", 1)
    state |= {"queue": torch.randn(6, 64), "queue_ptr": torch.zeros(1, dtype=torch.long)}
    found = through(door, state, tmp_path)
    check(found, {n: t for n, t in network("encoder_q.", 0).items() if t.ndim > 1})
    assert found.left_out["moving average"] == 4


def test_an_average_whose_names_have_lost_their_dots() -> None:
    trained = {"model.diffusion_model.in.0.weight": torch.randn(6, 4)}
    average = {"model_ema.diffusion_modelin0weight": torch.randn(6, 4)}
    check(network_from_arrays("net", trained | average), trained)


@pytest.mark.parametrize(
    "prefixes",
    [
        ("student.", "other."),
        ("k.", "q."),
        ("teacher.", "x."),
        ("encoder_k.", "decoder_q."),
    ],
    ids=lambda prefixes: prefixes[0],
)
def test_two_networks_that_are_no_pair_both_count(prefixes: tuple[str, str]) -> None:
    both = network(prefixes[0], 0) | network(prefixes[1], 1)
    found = network_from_arrays("net", both)
    assert len(list(found.constituents())) == 6
    assert found.notes == ()


def test_an_average_alone_is_the_network() -> None:
    alone = network("ema_model.", 0)
    check(network_from_arrays("net", alone), {n: t for n, t in alone.items() if t.ndim > 1})


def test_a_teacher_of_another_design_is_no_average() -> None:
    wide = {"teacher.fc.weight": torch.randn(9, 8), "student.fc.weight": torch.randn(6, 8)}
    check(network_from_arrays("net", wide), wide)


def test_the_embedding_of_the_target_language_is_no_average() -> None:
    state = {"embedding.weight": torch.randn(30, 8), "target_embedding.weight": torch.randn(30, 8)}
    check(network_from_arrays("net", state), state)


def test_the_key_of_an_attention_is_no_average() -> None:
    layers = ("attn.q", "attn.k", "attn.v", "attn.net_q", "attn.o")
    state = {f"{name}.weight": torch.randn(8, 8) for name in layers}
    check(network_from_arrays("net", state), state)
