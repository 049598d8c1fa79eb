"""What is done to a network: each takes its matrices, (rows, columns) by name, and gives new ones.

A chain is the names of layers, one after the other, whose rows are the next one's columns: units
that may be reordered, scaled or rotated there and back. A kernel has several columns a unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np
import torch

from benchmarks.evidence.compare_networks import Arrays

Change = Callable[[np.ndarray], np.ndarray]
Do = Callable[[Arrays], Arrays]
Where = Callable[[str], bool]
NF4 = np.array(  # the levels of Dettmers et al., arXiv:2305.14314, appendix E
    [-1.0, -0.6961928, -0.52507305, -0.39491749, -0.28444138, -0.18477343, -0.09105004, 0.0,
     0.0795803, 0.1609302, 0.2461123, 0.33791524, 0.44070983, 0.562617, 0.72295684, 1.0]
)  # fmt: skip


def everywhere(_: str) -> bool:
    return True


def each(arrays: Arrays, change: Change, where: Where = everywhere) -> Arrays:
    return {k: np.asarray(change(a)).astype(np.float32) if where(k) else a
            for k, a in arrays.items()}  # fmt: skip


def renamed(arrays: Arrays) -> Arrays:
    return {f"x.{at}": array for at, array in enumerate(arrays.values())}


def backwards(arrays: Arrays) -> Arrays:
    return dict(reversed(arrays.items()))


def cast(arrays: Arrays, *types: str) -> Arrays:
    """Through types, one after the other, and back in float32."""

    def through(array: np.ndarray) -> np.ndarray:
        tensor = torch.tensor(array)
        for name in types:
            tensor = tensor.to(getattr(torch, name))
        return tensor.float().numpy()

    return each(arrays, through)


def stored_as(arrays: Arrays, dtype: str) -> Arrays:
    return {name: array.astype(dtype) for name, array in arrays.items()}


def along(arrays: Arrays, chain: Sequence[str], unit: Callable[[int], tuple[Change, Change]]
          ) -> Arrays:  # fmt: skip
    """What ``unit`` does to the rows (n, m) of each layer of a chain, and to the next's columns.

    Columns are given to it as rows of a unit each, (n, m).
    """
    made = dict(arrays)
    for one, following in pairwise(chain):
        n = len(made[one])
        rows, columns = unit(n)
        made[one] = rows(made[one].astype(np.float64)).astype(np.float32)
        after = made[following].astype(np.float64)
        p, kernel = len(after), after.shape[1] // n
        by_unit = after.reshape(p, n, kernel).transpose(1, 0, 2).reshape(n, -1)
        back = columns(by_unit).reshape(n, p, kernel).transpose(1, 0, 2)
        made[following] = back.reshape(p, -1).astype(np.float32)
    return made


def ordered(seed: int = 0) -> Callable[[int], tuple[Change, Change]]:
    rng = np.random.default_rng(seed)

    def unit(n: int) -> tuple[Change, Change]:
        order = rng.permutation(n)
        return lambda a: a[order], lambda a: a[order]

    return unit


def by_heads(heads: int, seed: int = 0) -> Callable[[int], tuple[Change, Change]]:
    """Whole heads in another order: blocks of rows."""
    rng = np.random.default_rng(seed)

    def unit(n: int) -> tuple[Change, Change]:
        order = np.arange(n).reshape(heads, -1)[rng.permutation(heads)].reshape(-1)
        return lambda a: a[order], lambda a: a[order]

    return unit


def scaled_units(spread: float, seed: int = 0) -> Callable[[int], tuple[Change, Change]]:
    rng = np.random.default_rng(seed)

    def unit(n: int) -> tuple[Change, Change]:
        scales = np.exp(spread * rng.standard_normal(n))[:, None]
        return lambda a: a * scales, lambda a: a / scales

    return unit


def flipped(seed: int = 0) -> Callable[[int], tuple[Change, Change]]:
    """Signs of units, as tanh allows."""
    rng = np.random.default_rng(seed)

    def unit(n: int) -> tuple[Change, Change]:
        signs = rng.choice([-1.0, 1.0], n)[:, None]
        return lambda a: a * signs, lambda a: a * signs

    return unit


def turned(heads: int = 1, seed: int = 0) -> Callable[[int], tuple[Change, Change]]:
    """A rotation of the units of each head (where nothing but linear layers lies between)."""
    rng = np.random.default_rng(seed)

    def unit(n: int) -> tuple[Change, Change]:
        turns = [np.linalg.qr(rng.standard_normal((n // heads, n // heads)))[0]
                 for _ in range(heads)]  # fmt: skip

        def turn(a: np.ndarray) -> np.ndarray:
            parts = np.split(a, heads)
            return np.concatenate([q @ part for q, part in zip(turns, parts, strict=True)])

        return turn, turn

    return unit


def columns_turned(arrays: Arrays, one: str, other: str, heads: int, seed: int, how: str) -> Arrays:
    """Rows of two matrices that meet in a product, queries and keys: reordered or rotated alike."""
    kinds = {"heads": by_heads, "turned": turned}
    rows, _ = kinds[how](heads, seed)(len(arrays[one]))
    return arrays | {k: rows(arrays[k].astype(np.float64)).astype(np.float32) for k in (one, other)}


def gates(arrays: Arrays, inputs: str, recurrent: str, after: str, seed: int = 0) -> Arrays:
    """Hidden units of an LSTM in another order, the same in all four gates."""
    n = arrays[recurrent].shape[1]
    order = np.random.default_rng(seed).permutation(n)
    rows = np.concatenate([gate * n + order for gate in range(4)])
    return arrays | {
        inputs: arrays[inputs][rows],
        recurrent: arrays[recurrent][rows][:, order],
        after: arrays[after][:, order],
    }


def levels(array: np.ndarray, bits: int, block: int | str, affine: bool = False) -> np.ndarray:
    """Rounded to even levels, with a step for the tensor, a row, or a block of neighbours."""
    size = {"tensor": array.size, "row": array.shape[1]}.get(str(block), block)
    number = array.size // int(size) * int(size)
    parts, rest = array.reshape(-1)[:number].reshape(-1, int(size)), array.reshape(-1)[number:]
    if affine:
        low = parts.min(axis=1, keepdims=True)
        step = (parts.max(axis=1, keepdims=True) - low) / (2**bits - 1)
    else:
        low, step = 0.0, np.abs(parts).max(axis=1, keepdims=True) / (2 ** (bits - 1) - 1)
    step = np.where(step, step, 1)
    made = np.rint((parts - low) / step) * step + low
    return np.concatenate([made.reshape(-1), rest]).reshape(array.shape).astype(np.float32)


def normal_floats(array: np.ndarray) -> np.ndarray:
    """NF4 in blocks of 64: sixteen uneven levels times the largest of a block."""
    if array.size % 64:
        return array
    parts = array.reshape(-1, 64)
    largest = np.abs(parts).max(axis=1, keepdims=True)
    nearest = np.abs((parts / largest)[..., None] - NF4).argmin(axis=-1)
    return (NF4[nearest] * largest).reshape(array.shape)


def cut(array: np.ndarray, share: float) -> np.ndarray:
    """Zeros in place of the smallest."""
    return array * (np.abs(array) > np.quantile(np.abs(array), share))


def cut_of_all(arrays: Arrays, share: float) -> Arrays:
    """Zeros in place of the smallest of all matrices together."""
    limit = np.quantile(np.concatenate([np.abs(a).reshape(-1) for a in arrays.values()]), share)
    return each(arrays, lambda a: a * (np.abs(a) > limit))


def two_of_four(array: np.ndarray) -> np.ndarray:
    """Of four neighbours the two largest; as it is where rows are no multiple of four."""
    if array.shape[1] % 4:
        return array
    parts = array.reshape(-1, 4)
    places = np.argsort(np.abs(parts), axis=1)
    return (parts * (np.argsort(places, axis=1) >= 2)).reshape(array.shape)


def rows_cut(array: np.ndarray, share: float) -> np.ndarray:
    """Zeros in place of the rows of least norm."""
    norms = np.linalg.norm(array, axis=1)
    return array * (norms > np.quantile(norms, share))[:, None]


def random_cut(array: np.ndarray, share: float) -> np.ndarray:
    return array * (np.random.default_rng(array.size).random(array.shape) > share)


def low_rank(array: np.ndarray, rank: int, size: float) -> np.ndarray:
    """An update of that rank and of ``size`` times the norm; none where the order is too low."""
    p, q = array.shape
    if min(p, q) < 4 * rank:
        return array
    rng = np.random.default_rng(array.size + rank)
    update = rng.standard_normal((p, rank)) @ rng.standard_normal((rank, q))
    return array + size * np.linalg.norm(array) / np.linalg.norm(update) * update


def mixed(one: Arrays, other: Arrays, share: float) -> Arrays:
    """Weights averaged: ``share`` of the other."""
    return {k: ((1 - share) * a + share * other[k]).astype(np.float32) for k, a in one.items()}


def layers_of(one: Arrays, other: Arrays, names: Iterable[str]) -> Arrays:
    """The other's layers in place of those named."""
    return one | {name: other[name] for name in names}


def without(arrays: Arrays, where: Where) -> Arrays:
    return {name: array for name, array in arrays.items() if not where(name)}


def more_rows(array: np.ndarray, number: int) -> np.ndarray:
    """New rows below, as large as those there are."""
    new = np.random.default_rng(number).standard_normal((number, array.shape[1])) * array.std()
    return np.vstack([array, new.astype(np.float32)])


def vector_quantised(array: np.ndarray) -> np.ndarray:
    """Pairs of neighbours as the nearest of 64 pairs (a codebook drawn from them)."""
    if array.size % 2:
        return array
    parts = array.reshape(-1, 2)
    book = parts[np.random.default_rng(0).choice(len(parts), min(64, len(parts)), replace=False)]
    nearest = ((parts[:, None] - book) ** 2).sum(axis=-1).argmin(axis=1)
    return book[nearest].reshape(array.shape)


def scaled_float8(array: np.ndarray) -> np.ndarray:
    """Eight-bit floats of an uneven scale a row, as fp8 checkpoints have them."""
    scale = np.abs(array).max(axis=1, keepdims=True) / 448
    scale = np.where(scale, scale, 1).astype(np.float32)
    return torch.tensor(array / scale).to(torch.float8_e4m3fn).float().numpy() * scale
