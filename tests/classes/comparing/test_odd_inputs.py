"""What cannot be compared is told, or has a right verdict: never a traceback, never a guess."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from scipy import sparse

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.classes.comparing import comparison, reader, stored
from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.sources import Constituent, Network

Arrays = dict[str, np.ndarray]


def network(matrices: Arrays, kind: str = "artificial") -> Network:
    def walk():  # type: ignore[no-untyped-def]
        return (Constituent(name, matrix) for name, matrix in matrices.items())

    return Network("net", kind, walk)  # type: ignore[arg-type]


ONE = arrays(0, 3)
HOLED = {**ONE, "layer1": np.full((28, 35), np.nan)}
ODD: dict[str, tuple[Arrays, Arrays, str]] = {
    "nan in both, the same": (HOLED, HOLED, "identical"),
    "nan in one": (ONE, HOLED, "identical but one"),
    "inf": ({"w": np.full((9, 9), np.inf)}, {"w": np.ones((9, 9))}, "different"),
    "zero in both": ({"w": np.zeros((9, 9))}, {"w": np.zeros((9, 9))}, "identical"),
    "zeros of two types": (
        {"w": np.zeros((9, 9))}, {"w": np.zeros((9, 9), np.float32)}, "identical"
    ),
    "zero in one": ({"w": np.zeros((9, 9))}, {"w": np.ones((9, 9))}, "different"),
    "one row": ({"w": np.arange(50.0)[None]}, {"w": np.arange(50.0)[None]}, "identical"),
    "one row, scaled": ({"w": np.arange(50.0)[None]}, {"w": 2 * np.arange(50.0)[None]}, "rescaled"),
    "one row, another": (
        {"w": np.random.default_rng(0).standard_normal((1, 50))},
        {"w": np.random.default_rng(1).standard_normal((1, 50))},
        "unrelated",
    ),
    "one entry": ({"w": np.ones((1, 1))}, {"w": 2 * np.ones((1, 1))}, "different"),
    "nothing": ({}, {}, "different"),
    "nothing in one": ({}, ONE, "different"),
    "no entries": ({"w": np.empty((0, 5))}, {"w": np.empty((0, 5))}, "identical"),
    "no shape in common": (
        {"w": np.random.default_rng(0).standard_normal((9, 8))},
        {"w": np.random.default_rng(0).standard_normal((11, 12))},
        "different",
    ),
    "huge": ({"w": 1e200 * ONE["layer0"]}, {"w": 1e201 * ONE["layer0"]}, "different"),
    "tiny": ({"w": 1e-300 * ONE["layer0"]}, {"w": 1e-301 * ONE["layer0"]}, "different"),
    "complex": ({"w": 1j * ONE["layer0"]}, {"w": 2j * ONE["layer0"]}, "different"),
    "whole numbers": (
        {"w": np.arange(99).reshape(9, 11)}, {"w": np.arange(99).reshape(9, 11)}, "identical"
    ),
    "truths": (
        {"w": ONE["layer0"] > 0}, {"w": arrays(1)["layer0"] > 0}, "unrelated"
    ),
    "names twice": (ONE, {f"{name} ": array for name, array in ONE.items()}, "identical"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_odd_matrices(case: str) -> None:
    one, other, verdict = ODD[case]
    for a, b in ((one, other), (other, one)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = zs.compare(network(a), network(b))
        assert found.verdict == verdict.replace(" but one", ""), found
        assert found.evidence
        assert "nan" not in "".join(found.evidence).lower() or "NaN" in "".join(found.evidence)
        repr(found)


def test_nothing_in_common_is_said() -> None:
    found = zs.compare(network({}), network(ONE))
    assert "no constituent could be paired" in found.evidence
    assert any("nothing is said of a relation" in line for line in found.evidence)
    assert found.p_value is None


def test_names_that_are_there_twice() -> None:
    def walk():  # type: ignore[no-untyped-def]
        return (Constituent("w", array) for array in ONE.values())

    found = zs.compare(Network("n", "artificial", walk), ONE)
    assert found.verdict == "identical"


def test_a_matrix_that_is_stored_twice_is_not_left_over() -> None:
    tied = [*ONE.items(), ("head", ONE["layer0"])]

    def walk():  # type: ignore[no-untyped-def]
        return (Constituent(name, array) for name, array in tied)

    found = zs.compare(Network("n", "artificial", walk), ONE)
    assert found.verdict == "identical", found
    assert "stored in one more place of the first, and taken as tied: head" in found.evidence


def test_biological_networks_have_no_order_of_units() -> None:
    nets = [network(arrays(seed, 3), "biological") for seed in (0, 1)]
    found = zs.compare(*nets)
    assert found.verdict == "unrelated"
    assert found.p_value is None


def test_two_brains_are_alike_and_not_one() -> None:
    """Counts of the same connections in two animals, with tails as heavy as those of mice."""
    rng = np.random.default_rng(0)
    shared = np.exp(1.5 * rng.standard_normal((40, 40)))

    def animal() -> dict[str, np.ndarray]:
        whole = rng.poisson(shared * np.exp(0.2 * rng.standard_normal((40, 40))))
        return {f"{a}->{b}": whole[10 * a : 10 * a + 10, 10 * b : 10 * b + 10].astype(float)
                for a in range(4) for b in range(4)}  # fmt: skip

    one, other = animal(), animal()
    found = zs.compare(network(one, "biological"), network(other, "biological"))
    assert not found.related, found
    assert set(found.constituents["relation"]) <= {"unknown", "unlike"}
    copied = {name: 2 * block for name, block in one.items()}
    found = zs.compare(network(one, "biological"), network(copied, "biological"))
    assert found.verdict == "rescaled"


def test_heavy_tails_can_be_put_in_any_order() -> None:
    """A few large entries make up the norm, and some order brings them together."""
    rng = np.random.default_rng(0)
    one, other = (
        {f"w{at}": np.exp(3 * rng.standard_normal((12, 12))) for at in range(6)} for _ in "ab"
    )
    assert not zs.compare(one, other).related


def test_sparse_matrices(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    one = sparse.random_array((60, 60), density=0.2, rng=rng, format="csr")
    other = sparse.random_array((60, 60), density=0.2, rng=rng, format="csr")
    zero = sparse.csr_array((60, 60))
    for most in (1 << 24, 0):
        monkeypatch.setattr(comparison, "DENSE_ENTRIES", most)

        def of(matrix):  # type: ignore[no-untyped-def]
            return zs.compare(network({"w": one}), network({"w": matrix}))

        assert of(one.copy()).verdict == "identical"
        assert of(one * 3).verdict == "rescaled"
        assert of(one.astype(np.float32)).verdict in ("cast", "fine_tuned")
        assert of(other).verdict == ("unrelated" if most else "different")
        assert of(zero).verdict == "different"
        changed = one + 0.01 * one.multiply(other + one)
        assert of(changed).verdict == "fine_tuned"
    assert of(other).constituents["detail"][0] == stored.WHOLE


def test_a_network_that_shrinks_meanwhile() -> None:
    walks = iter([ONE, {"layer0": ONE["layer0"]}, {}, {}])

    def walk():  # type: ignore[no-untyped-def]
        return (Constituent(name, array) for name, array in next(walks).items())

    with pytest.raises(NetworkError, match="the file has changed meanwhile: compare again"):
        zs.compare(Network("n", "artificial", walk), arrays(1, 3))


@pytest.mark.parametrize("after", [0, 2])
def test_what_an_adapter_raises_is_the_networks_fault(after: int) -> None:
    def walk():  # type: ignore[no-untyped-def]
        for at, (name, array) in enumerate(ONE.items()):
            if at == after:
                raise ZeroDivisionError("a fault of a plug-in")
            yield Constituent(name, array)

    for error in (zs.compare, lambda a, b: zs.compare(b, a)):
        with pytest.raises(NetworkError, match=r"net cannot be read: ZeroDivisionError: a fault"):
            error(Network("net", "artificial", walk), ONE)


def test_matrices_in_another_order_are_read_with_little_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader, "KEPT_BYTES", 1)
    back = dict(reversed(arrays(0, 6).items()))
    changed = {name: 1.5 * array for name, array in back.items()}
    assert zs.compare(arrays(0, 6), changed).verdict == "rescaled"


def test_an_adapter_with_one_buffer_for_all() -> None:
    buffer = np.empty((20, 30))
    kept = {f"w{at}": np.random.default_rng(at).standard_normal((20, 30)) for at in range(5)}

    def walk():  # type: ignore[no-untyped-def]
        for name, array in reversed(kept.items()):
            buffer[:] = 2 * array
            yield Constituent(name, buffer)

    found = zs.compare(kept, Network("net", "artificial", walk))
    assert set(found.constituents["detail"]) == {"one scale, 2"}


def test_large_networks_are_looked_at_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(seed: int) -> Arrays:
        rng = np.random.default_rng(seed)
        return {f"w{at}": rng.standard_normal((30, 20 + at)) for at in range(12)}

    monkeypatch.setattr(comparison, "SAMPLE_ENTRIES", 8000)
    one = made(0)
    shuffled = {name: array[::-1] for name, array in one.items()}
    assert zs.compare(one, made(1)).verdict == "unrelated"
    found = zs.compare(one, shuffled)
    assert found.verdict == "permuted", found
    assert any("a sample; --all looks at all" in line for line in found.evidence)
    assert found.constituents["spectral"].null_count() > 0
    every = zs.compare(one, shuffled, every=True)
    assert (every.verdict, every.constituents["spectral"].null_count()) == ("permuted", 0)
    assert set(every.constituents["relation"]) == {"permuted"}


def test_what_was_not_looked_at_whole_is_not_taken_for_related(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half is changed a little, half is of another network, and the sample sees one matrix."""
    rng = np.random.default_rng(0)
    one = {f"w{at}": rng.standard_normal((30, 20 + at)) for at in range(8)}
    other = {name: array * (1 + 0.05 * rng.standard_normal(array.shape))
             for name, array in one.items()}  # fmt: skip
    other |= {f"w{at}": rng.standard_normal((30, 20 + at)) for at in range(4, 8)}
    monkeypatch.setattr(comparison, "SAMPLE_ENTRIES", 1)
    found = zs.compare(one, other)
    assert found.verdict == "part_shared", found
    assert found.constituents["relation"].to_list().count("unknown") == 4
    assert zs.compare(one, other, every=True).verdict == "part_shared"


def test_what_is_no_network() -> None:
    with pytest.raises(TypeError, match="cannot analyze int"):
        zs.compare(1, ONE)
    with pytest.raises(SourceError, match="unknown adapter"):
        zs.compare("nowhere:x", ONE)


def test_both_densities_are_those_of_the_networks() -> None:
    """Of all pairs, where all have changed; of the same, where nothing has, none is computed."""
    one, other = arrays(0), {name: 3 * each for name, each in arrays(1).items()}
    found = zs.compare(one, other)
    assert found.densities is not None
    for density, network in zip(found.densities, (one, other), strict=True):
        assert np.allclose(density, zs.analyze(network).density, atol=1e-12)
    assert zs.compare(one, dict(one)).densities is None


def test_all_reading_is_in_one_thread_that_is_not_the_one_that_compares() -> None:
    """Of one buffer for all, as an adapter may have it; and the thread ends."""
    seen = set[threading.Thread]()

    def buffered(seed: int) -> Network:
        def constituents() -> Iterator[Constituent]:
            buffer = np.empty((24, 20))
            for name, matrix in enumerate(np.random.default_rng(seed).standard_normal((5, 24, 20))):
                seen.add(threading.current_thread())
                buffer[:] = matrix
                yield Constituent(str(name), buffer)

        return Network(f"net{seed}", "artificial", constituents)

    assert zs.compare(buffered(0), buffered(0)).verdict == "identical"
    found = zs.compare(buffered(0), buffered(1))
    assert found.verdict == "unrelated"
    assert found.constituents["spectral"].n_unique() == 5
    assert len(seen) == 2  # one for each comparison
    assert threading.main_thread() not in seen
    for thread in seen:
        thread.join(60)
        assert not thread.is_alive()
