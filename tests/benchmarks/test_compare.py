"""The pairs by which ``compare`` is judged: their list, their truth, and what is counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks.evidence import compare_changes as do
from benchmarks.evidence.compare import cheap_figures, every_pair, measured, tables
from benchmarks.evidence.compare_lanes import (
    LANES,
    NOTHING,
    Scored,
    lane,
    scored,
    share,
    summary,
    uniformity,
)
from benchmarks.evidence.compare_networks import net, trained, tuned
from benchmarks.evidence.compare_pairs import half_of, network, pair
from benchmarks.evidence.compare_unrelated import beyond, fourier, open_truth
from zoo_spectra.classes.comparing.relation import CHANGES
from zoo_spectra.sources.samples import fetch

PAIRS = {each.name: each for each in every_pair()}
VERDICTS = {*CHANGES, "part_shared", "unrelated", "different"}


def test_there_are_enough_pairs_each_of_one_name_and_one_truth() -> None:
    every = [*every_pair(), *beyond(), *open_truth()]
    assert max(Counter(each.name for each in every).values()) == 1
    related = Counter(each.related for each in PAIRS.values())
    assert related[True] >= 60
    assert related[False] >= 90
    assert {verdict for each in every for verdict in each.right} == VERDICTS
    for each in PAIRS.values():
        kinds = {verdict in ("unrelated", "different") for verdict in each.right}
        assert len(kinds) == 1, f"{each.name}: related or not, not both"


def test_each_verdict_is_in_both_halves() -> None:
    for half in ("tuning", "held"):
        some = Counter(each.right[0] for each in PAIRS.values() if each.half == half)
        assert set(some) == VERDICTS
        assert min(some.values()) >= 4


def test_halves_do_not_move() -> None:
    """By the name alone, so that no later pair moves another."""
    assert [half_of(name) for name in ("a", "b", "c", "d")] == ["held", "tuning", "held", "held"]


QUICK = [
    "tanh: signs of units flipped",
    "bottleneck: the bottleneck rotated",
    "relu: an ONNX model of int8",
    "relu: 3 bits, per row",
    "lstm: 80% by magnitude",
    "relu: rank 1, 0.1 of the norm, 2.weight",
    "relu: its training after 0 and 200 steps",
    "relu: another seed's head",
    "beatnet: float16",
    "relu: seeds 0 and 1",
    "lstm and bottleneck",
]


@pytest.mark.parametrize("name", QUICK)
def test_a_pair_is_made_and_told(name: str, tmp_path: Path) -> None:
    if name.startswith("beatnet"):
        fetch(["beatnet"], echo=lambda line: None)
    found = scored(PAIRS[name], tmp_path / "pair")
    assert found.verdict in found.right, found.evidence
    assert found.said_related == found.related
    assert set(found.scores) == set(LANES)


def test_what_is_done_keeps_what_a_network_computes() -> None:
    """Orders, scales, signs and rotations: the outputs of the changed matrices are the old ones."""
    inputs = np.random.default_rng(0).standard_normal((64, 5))

    def outputs(arrays: dict[str, np.ndarray], between: str) -> np.ndarray:
        x = inputs
        for array in list(arrays.values())[:-1]:
            x = np.tanh(array @ x) if between == "tanh" else np.maximum(array @ x, 0)
        return list(arrays.values())[-1] @ x

    for unit, between in ((do.ordered(), "relu"), (do.scaled_units(0.7), "relu"),
                          (do.flipped(), "tanh")):  # fmt: skip
        before = net(between)
        after = do.along(before, tuple(before), unit)
        assert outputs(after, between) == pytest.approx(outputs(before, between), rel=1e-3)
        assert not np.allclose(after["0.weight"], before["0.weight"])
    before = net("bottleneck")
    after = do.along(before, ("0.weight", "1.weight"), do.turned())
    assert after["1.weight"] @ after["0.weight"] == pytest.approx(
        before["1.weight"] @ before["0.weight"], abs=1e-5
    )


def test_snapshots_are_of_one_run_and_seeds_of_their_own() -> None:
    early = trained("relu", 0, steps=20)
    again = tuned("relu", 0, "digits", 0, 1e-3, begin=20)
    assert all(np.array_equal(early[key], again[key]) for key in early)
    one, other = (net("relu", seed)["0.weight"] for seed in (0, 1))
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.1
    same = net("relu", 0, steps=0)["0.weight"], net("tanh", 0, steps=0)["0.weight"]
    assert not np.allclose(*same), "one seed is another start in each design"


def test_what_is_pruned_and_of_what_rank() -> None:
    array = np.random.default_rng(0).standard_normal((32, 64)).astype(np.float32)
    assert np.mean(do.cut(array, 0.3) == 0) == pytest.approx(0.3, abs=0.01)
    halved = do.two_of_four(array)
    assert np.all(np.count_nonzero(halved.reshape(-1, 4), axis=1) == 2)
    assert np.abs(halved).sum() > np.abs(array - halved).sum()
    assert np.linalg.matrix_rank(do.low_rank(array, 4, 0.1) - array, tol=1e-3) == 4
    rows = do.rows_cut(array, 0.25)
    assert np.count_nonzero(~rows.any(axis=1)) == 8
    assert len(np.unique(do.levels(array, 4, "tensor"))) <= 15


def test_matrices_are_compared_as_they_are() -> None:
    """Names of Keras do not turn them, as arrays by name are turned."""
    array = np.arange(6.0).reshape(2, 3)
    (found,) = network({"dense/kernel": array}).constituents()
    assert np.array_equal(np.asarray(found.matrix), array)
    assert set(fourier()) == {"stft.real.weight", "stft.imag.weight"}


def made(name: str, half: str, related: bool, score: float, verdict: str = "identical") -> Scored:
    right = ("identical",) if related else ("unrelated",)
    said = verdict not in ("unrelated", "different")
    return Scored(name, half, related, right, verdict, said, 0.5, 1.0,
                  dict.fromkeys(LANES, score) | {"compare": float(said)}, ())  # fmt: skip


def test_a_lane_has_its_threshold_from_the_tuned_half() -> None:
    pairs = [
        made("a", "tuning", True, 0.9),
        made("b", "tuning", True, 0.4),
        made("c", "tuning", False, 0.5, "unrelated"),
        made("d", "held", True, 0.7),
        made("e", "held", True, NOTHING, "different"),
        made("f", "held", False, 0.6, "unrelated"),
    ]
    found = lane(pairs, "spectra")
    assert found["threshold"] == 0.5
    assert [found["tuning"][key] for key in ("hits", "of", "false_positives")] == [1, 2, 0]
    assert [found["held"][key] for key in ("hits", "of", "false_positives")] == [1, 2, 1]
    assert lane(pairs, "compare")["held"]["hits"] == 1


def test_what_is_wrong_is_counted_and_named() -> None:
    pairs = [
        made("a", "held", True, 1.0),
        made("b", "held", True, 1.0, "cast"),
        made("c", "held", False, 1.0, "cast"),
        made("d", "held", False, 0.0, "unrelated"),
    ]
    found = summary(pairs)
    assert found["recall"]["share"] == 1
    assert found["false_positives"]["hits"] == 1
    assert found["right_verdict"]["hits"] == 2
    assert set(found["wrong"]) == {"b", "c"}
    assert found["confusions"] == {
        "identical": {"identical": 1, "cast": 1}, "unrelated": {"cast": 1, "unrelated": 1},
    }  # fmt: skip


def test_intervals_and_uniformity_on_known_numbers() -> None:
    assert share(9, 10)["interval"] == pytest.approx([0.5958, 0.9821], abs=1e-4)  # Wilson's
    assert share(0, 0)["share"] == 0
    even = uniformity([(at + 0.5) / 100 for at in range(100)])
    assert even["statistic"] == pytest.approx(0.005)
    assert even["p_value"] > 0.99
    assert even["at_most"] == {"0.01": 1, "0.05": 5, "0.1": 10}
    assert uniformity([0.01 * at / 100 for at in range(100)])["p_value"] < 1e-6
    assert uniformity([]) == {"pairs": 0}


def test_cheap_pairs_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = pair("relu: made to fail", "cast", lambda: net("relu"), lambda: net("relu", 1))
    some = [PAIRS["relu: another seed's head"], wrong]
    pairs = list(measured(some))
    assert "✗ cast" in capsys.readouterr().out
    half = pairs[0].half
    figures = {half: summary(pairs), "lanes": {}, "cheap": cheap_figures((half,), 8)}
    counted = figures["cheap"][half]
    assert sum(of["pairs"] for of in counted.values()) <= 8
    assert all(of["called_related"] == 0 for of in counted.values())
    tables(figures, (half,))
    assert "relu: made to fail: unrelated, right cast" in capsys.readouterr().out
