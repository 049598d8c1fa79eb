"""Each verdict made on purpose from small trained networks, and read back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.stats import kstest

import zoo_spectra as zs

Arrays = dict[str, np.ndarray]
SIZES = (24, 48, 40, 32, 6)


@cache
def _data() -> tuple[torch.Tensor, torch.Tensor]:
    made = torch.Generator().manual_seed(0)
    inputs = torch.randn(256, SIZES[0], generator=made)
    teacher = torch.randn(SIZES[0], SIZES[-1], generator=made)
    return inputs, torch.relu(inputs @ teacher).argmax(dim=1)


def _layers(sizes: tuple[int, ...], seed: int) -> torch.nn.Sequential:
    torch.manual_seed(seed)
    layers: list[torch.nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def _weights(net: torch.nn.Module) -> Arrays:
    return {name: p.detach().numpy().copy() for name, p in net.named_parameters() if p.ndim == 2}


def _train(net: torch.nn.Module, steps: int, rate: float = 3e-3) -> Arrays:
    inputs, labels = _data()
    optimiser = torch.optim.Adam(net.parameters(), lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(net(inputs), labels).backward()
        optimiser.step()
    return _weights(net)


@cache
def trained(seed: int, sizes: tuple[int, ...] = SIZES) -> Arrays:
    """A perceptron without its biases, trained on the same data from a seed of its own."""
    return _train(_layers(sizes, seed), 60)


@cache
def tuned() -> Arrays:
    """The first one, trained further."""
    net = _layers(SIZES, 0)
    _train(net, 60)
    return _train(net, 40, rate=1e-3)


def each(change: Callable[[np.ndarray], np.ndarray]) -> Arrays:
    return {name: np.asarray(change(array)) for name, array in trained(0).items()}


def reordered(arrays: Arrays, scales: bool = False) -> Arrays:
    """The same function: hidden units in another order, or scaled and scaled back (ReLU)."""
    rng, made, before = np.random.default_rng(1), {}, None
    names = list(arrays)
    for name in names:
        array = arrays[name]
        if before is not None:
            array = array / before if scales else array[:, before]
        if name != names[-1]:
            n = len(array)
            before = np.exp(rng.standard_normal(n)) if scales else rng.permutation(n)
            array = array * before[:, None] if scales else array[before]
        made[name] = array.astype(np.float32)
    return made


def levels(array: np.ndarray, bits: int, block: int | str) -> np.ndarray:
    """Rounded to even levels, each tensor, row or block of neighbours with a step of its own."""
    size = {"tensor": array.size, "row": array.shape[1]}.get(str(block), block)
    parts = array.reshape(-1, int(size))
    step = np.abs(parts).max(axis=1, keepdims=True) / (2 ** (bits - 1) - 1)
    return (np.rint(parts / step) * step).astype(np.float32).reshape(array.shape)


def lora(array: np.ndarray) -> np.ndarray:
    if len(array) < 16:
        return array
    rng = np.random.default_rng(array.size)
    update = rng.standard_normal((len(array), 3)) @ rng.standard_normal((3, array.shape[1]))
    return (array + 0.01 * update).astype(np.float32)


def compared(other: Arrays, one: Arrays | None = None) -> zs.Comparison:
    return zs.compare(trained(0) if one is None else one, other)


def evidence(found: zs.Comparison) -> str:
    return "\n".join(found.evidence)


MADE: dict[str, tuple[Callable[[], Arrays], str, str]] = {
    "itself": (lambda: trained(0), "identical", "4 identical"),
    "renamed": (
        lambda: {f"x.{at}": a for at, a in enumerate(trained(0).values())},
        "identical",
        "4 by weights",
    ),
    "in another order": (lambda: dict(reversed(trained(0).items())), "identical", "4 by name"),
    "half precision": (lambda: each(lambda a: a.astype(np.float16)), "cast", "float16"),
    "half precision, read as float32": (
        lambda: each(lambda a: a.astype(np.float16).astype(np.float32)),
        "cast",
        "float16",
    ),
    "brain floats": (
        lambda: each(lambda a: torch.tensor(a).bfloat16().float().numpy()),
        "cast",
        "bfloat16",
    ),
    "doubles": (lambda: each(lambda a: a.astype(np.float64)), "cast", "float64"),
    "scaled": (lambda: each(lambda a: np.float32(-1.5) * a), "rescaled", "one scale, -1.5"),
    "scaled by units": (
        lambda: reordered(trained(0), scales=True),
        "rescaled",
        "undone by the columns of the next layer in 3 of 3 steps",
    ),
    "reordered": (lambda: reordered(trained(0)), "permuted", "in 3 of 3 steps"),
    "reordered and cast": (
        lambda: {k: a.astype(np.float16) for k, a in reordered(trained(0)).items()},
        "permuted",
        "in 3 of 3 steps",
    ),
    "reordered and tuned": (lambda: reordered(tuned()), "permuted", "and changed"),
    "eight bits": (lambda: each(lambda a: levels(a, 8, "tensor")), "quantised", "8 bits, per ten"),
    "eight bits a row": (lambda: each(lambda a: levels(a, 8, "row")), "quantised", "8 bits, per r"),
    "four bits a row": (lambda: each(lambda a: levels(a, 4, "row")), "quantised", "4 bits, per r"),
    "blocks of 32": (lambda: each(lambda a: levels(a, 8, 32)), "quantised", "8 bits, blocks of 32"),
    "four bits in blocks": (
        lambda: each(lambda a: levels(a, 4, 32)),
        "quantised",
        "4 bits, blocks of 32",
    ),
    "pruned": (
        lambda: each(lambda a: a * (np.abs(a) > np.quantile(np.abs(a), 0.6))),
        "pruned",
        "zeros in place of 60 %",
    ),
    "an adapter merged": (lambda: each(lora), "low_rank_update", "rank 3 of"),
    "an adapter merged, in half precision": (
        lambda: each(lambda a: lora(a).astype(np.float16)),
        "low_rank_update",
        "rank 3 of",
    ),
    "trained further": (tuned, "fine_tuned", "4 fine_tuned"),
    "renamed and trained further": (
        lambda: {f"x.{at}": a for at, a in enumerate(tuned().values())},
        "fine_tuned",
        "4 by place",
    ),
    "half from another": (
        lambda: trained(0) | {k: trained(1)[k] for k in list(trained(1))[2:]},
        "part_shared",
        "2 identical, 2 unlike",
    ),
    "another head": (
        lambda: trained(0) | {"6.weight": trained(1)["6.weight"]},
        "part_shared",
        "3 identical, 1 unlike",
    ),
    "a head of another size": (
        lambda: trained(0) | {"6.weight": trained(1, (*SIZES[:-1], 9))["6.weight"]},
        "part_shared",
        "3 rows more in the second",
    ),
    "rows added": (
        lambda: trained(0) | {"0.weight": np.vstack([trained(0)["0.weight"], np.ones((5, 24))])},
        "part_shared",
        "5 rows more in the second",
    ),
    "a layer left out": (
        lambda: {k: a for k, a in trained(0).items() if k != "2.weight"},
        "part_shared",
        "only in the first: 2.weight",
    ),
    "another seed": (lambda: trained(1), "unrelated", "4 unlike"),
    "another seed, renamed": (
        lambda: {f"x.{at}": a for at, a in enumerate(trained(1).values())},
        "unrelated",
        "4 by place",
    ),
    "another architecture": (lambda: trained(1, (24, 50, 36, 6)), "different", "unlike"),
}  # fmt: skip


@pytest.mark.parametrize("case", MADE)
def test_what_was_done_is_read_back(case: str) -> None:
    make, verdict, said = MADE[case]
    found = compared(make())
    assert found.verdict == verdict, found
    assert said in evidence(found), found
    assert found.related == (verdict not in ("unrelated", "different"))
    assert found.constituents["relation"].null_count() == 0


@pytest.mark.parametrize("case", MADE)
def test_the_verdict_does_not_depend_on_which_comes_first(case: str) -> None:
    make, verdict, _ = MADE[case]
    assert zs.compare(make(), trained(0)).verdict == verdict


def test_a_p_value_is_small_for_what_is_related_and_not_for_seeds() -> None:
    assert compared(tuned()).p_value == 1e-4, "the smallest that the draws allow"
    assert compared(reordered(trained(0))).p_value == 1e-4, "learned on rows, tested on columns"
    for seed in (1, 2, 3):
        p = compared(trained(seed)).p_value
        assert p is not None
        assert p > 0.01
        assert p == zs.compare(trained(seed), trained(0)).p_value


def test_trainings_from_one_initialisation_are_related() -> None:
    net = _layers(SIZES, 0)
    start = _weights(net)
    assert compared(start).verdict == "fine_tuned"


def test_a_rotated_stream() -> None:
    """One rotation of what is between two layers without a nonlinearity."""
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((40, 40)))[0]
    one = {f"w{at}": rng.standard_normal((64, 40)).astype(np.float32) for at in range(3)}
    back = {f"b{at}": rng.standard_normal((40, 64)).astype(np.float32) for at in range(3)}
    other = {name: (a @ turn).astype(np.float32) for name, a in one.items()}
    other |= {name: (turn.T @ a).astype(np.float32) for name, a in back.items()}
    found = compared(other, one | back)
    assert found.verdict == "permuted"
    facts = found.constituents.select("constituent", "facts").rows()
    assert {name[0]: fact for name, fact in facts} == {
        "w": '{"rotated": "columns"}',
        "b": '{"rotated": "rows"}',
    }
    assert found.constituents["spectral"].max() == pytest.approx(0, abs=0.01)


def test_orthogonal_initialisations_are_no_rotation_of_each_other() -> None:
    def made(seed: int) -> Arrays:
        rng = np.random.default_rng(seed)
        return {f"w{at}": np.linalg.qr(rng.standard_normal((48, 32)))[0] for at in range(3)}

    assert compared(made(1), made(0)).verdict == "unrelated"


def test_equal_constants_are_no_relation() -> None:
    """Both begin with an identity and a layer of ones; all else is of two seeds."""
    plain = {"eye": np.eye(64, dtype=np.float32), "ones": np.ones((80, 64), dtype=np.float32)}
    found = compared(plain | trained(1), plain | trained(0))
    assert found.verdict == "unrelated"
    assert "many have it" in evidence(found)


def test_fused_and_apart() -> None:
    one = trained(0)
    apart = {k: a for k, a in one.items() if k != "2.weight"}
    apart = {"0.weight": one["0.weight"], "gate": one["2.weight"][:16]} | {
        "up": one["2.weight"][16:],
        "4.weight": one["4.weight"],
        "6.weight": one["6.weight"],
    }
    for a, b in ((one, apart), (apart, one)):
        found = compared(b, a)
        assert found.verdict == "identical", found
        assert "2 by part" in evidence(found)


def test_the_table_is_most_changed_first() -> None:
    found = compared(tuned())
    changes = found.constituents["change"].to_list()
    assert changes == sorted(changes, reverse=True)
    assert found.constituents["spectral"].is_not_null().all()
    assert repr(found).splitlines()[0] == "arrays and arrays: fine_tuned (related)"


def test_p_values_of_independent_trainings_on_the_same_data_are_uniform() -> None:
    nets = [_train(_layers((24, 20, 14, 6), 1000 + seed), 30) for seed in range(120)]
    found = [compared(one, other) for one, other in zip(nets[::2], nets[1::2], strict=True)]
    assert {each.related for each in found} == {False}
    assert kstest([each.p_value for each in found], "uniform").pvalue > 0.01


def test_wide_trainings_on_the_same_data_are_no_reordering() -> None:
    """Where matching of units by their weights finds most that is alike."""
    wide = [_train(_layers((24, 256, 256, 6), seed), 40) for seed in (5, 6)]
    assert compared(*wide).verdict == "unrelated"


def test_convolutions_from_seeds_of_torch() -> None:
    """Real initialisations: uniform, with two layers of one number of channels."""

    def made(seed: int) -> Arrays:
        torch.manual_seed(seed)
        net = torch.nn.Sequential(
            torch.nn.Conv2d(3, 16, 3), torch.nn.Conv2d(16, 12, 3), torch.nn.Conv2d(12, 16, 1),
            torch.nn.Flatten(), torch.nn.Linear(16 * 4, 5),
        )  # fmt: skip
        return {name: p.detach().numpy() for name, p in net.named_parameters() if p.ndim > 1}

    found = [compared(made(2 * at), made(2 * at + 1)) for at in range(80)]
    assert {each.verdict for each in found} == {"unrelated"}
    assert kstest([each.p_value for each in found], "uniform").pvalue > 0.01
