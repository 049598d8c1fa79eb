"""Low-rank adapters: the map is W + scale · B · A, or B · A alone where the file has no W."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import prod, sqrt

import numpy as np

from zoo_spectra.sources.effective.table import Shape, Table
from zoo_spectra.sources.matrices import Matrix

# PEFT and loralib; kohya and diffusers.
_PEFT = re.compile(
    r"(?P<base>.+)\.lora_(?P<role>A|B|E|embedding_A|embedding_B|magnitude_vector)"
    r"(\.(?!weight$)(?P<adapter>[^.]+))?(\.weight)?"
)
_KOHYA = re.compile(
    r"(?P<base>.+?)(\.|_)lora(_linear_layer|_layer)?[._](?P<role>down|up|mid)(\.weight)?"
)
_ROLES = {"embedding_A": "A", "embedding_B": "B", "down": "A", "up": "B"}
# Small factors may span any size: so many entries a product may have, or so many times its factors.
LARGEST, RATIO = 1 << 28, 2048
UNKNOWN = "its scale is not in the file: alpha / r is taken as 1"


@dataclass
class _Adapter:
    """One adapter: the names of its tensors by role, and whether it is of an embedding."""

    base: str
    names: dict[str, str] = field(default_factory=dict)
    embedding: bool = False


def low_rank(table: Table) -> None:
    """The products of the adapters in a file, each in the place of its layer's weight.

    ``settings`` may hold PEFT's adapter_config.json (``r``, ``lora_alpha``, ``use_rslora`` and
    patterns), or ``scales`` by layer. Raises NetworkError for two adapters of one layer, for one
    that lacks a part, and where W is there but not the scale.
    """
    for base, adapters in _adapters(table).items():
        if len(adapters) > 1:
            named = ", ".join(sorted(adapters))
            raise table.refuse(base, f"has the adapters {named}; save the network with one of them")
        (adapter,) = adapters.values()
        if "A" not in adapter.names or "B" not in adapter.names:
            (some, *_) = adapter.names.values()
            raise table.refuse(some, "is a part of a low-rank adapter whose others are not there")
        _merge(table, adapter)


def _adapters(table: Table) -> dict[str, dict[str, _Adapter]]:
    found: dict[str, dict[str, _Adapter]] = {}
    for name in table:
        match = "lora" in name and (_PEFT.fullmatch(name) or _KOHYA.fullmatch(name))
        if not match:
            continue
        groups = match.groupdict()
        which = groups.get("adapter") or "default"
        adapter = found.setdefault(groups["base"], {}).setdefault(which, _Adapter(groups["base"]))
        adapter.names[_ROLES.get(groups["role"], groups["role"])] = name
        adapter.embedding |= groups["role"].startswith("embedding")
    return found


def _merge(table: Table, adapter: _Adapter) -> None:
    names, base = adapter.names, adapter.base
    down, up = (table.shape(names[role]) or () for role in "AB")
    if len(down) < 2 or len(up) < 2:
        raise table.refuse(names["A"], f"and its partner are {down} and {up}, no two factors")
    weight = next((n for n in (f"{base}.base_layer.weight", f"{base}.weight") if n in table), None)
    product, rank = _product(
        adapter, down, up, None if "mid" not in names else table.shape(names["mid"])
    )
    shape = table.shape(weight) if weight else product
    if product is None or shape is None or prod(product) != prod(shape):
        raise table.refuse(names["A"], f"{down} and {names['B']} {up} give no weight of {base}")
    check_size(table, tuple(names.values()), shape)
    alpha = f"{base}.alpha" if f"{base}.alpha" in table else None
    scale = None if alpha else _scale(table, base, rank)
    if scale is None and alpha is None:
        if weight:
            raise table.refuse(
                names["A"],
                "is beside its layer's weight, but its scale alpha / r is not known; merge the "
                "adapter (merge_and_unload), or put its adapter_config.json beside the file",
            )
        table.note(UNKNOWN, f"{base}.weight")
    extra = [role for role in ("mid", "E", "magnitude_vector") if role in names]
    if "magnitude_vector" in extra and not weight:
        raise table.refuse(names["magnitude_vector"], "is DoRA's, which needs the base weights")
    stored = [names["A"], names["B"], *(names[role] for role in extra)]
    made = _Update(product, shape, 1.0 if scale is None else scale, rank, tuple(extra),
                   bool(weight), alpha is not None, adapter.embedding)  # fmt: skip
    parts = [*stored, *([weight] if weight else []), *([alpha] if alpha else [])]
    table.merge(f"{base}.weight", shape, parts, made)


def check_size(table: Table, factors: tuple[str, ...], shape: Shape) -> None:
    """Raise NetworkError for a product that is much larger than its factors."""
    held = sum(prod(table.shape(name) or ()) for name in factors)
    if prod(shape) > max(LARGEST, RATIO * held):
        raise table.refuse(
            factors[0],
            f"and its like, {held:,} entries, span a weight of {shape}; if the file is not "
            "damaged, merge the adapter into its network",
        )


def _product(
    adapter: _Adapter, down: Shape, up: Shape, mid: Shape | None
) -> tuple[Shape | None, int]:
    """The shape of B · A, and the rank; None where the factors do not fit."""
    rank = down[0]
    if adapter.embedding:
        return ((down[1], up[0]) if up[1] == rank else None), rank
    if mid is not None:
        fits = up[1] == mid[0] and mid[1] == rank
        return ((up[0], prod(down[1:]), *mid[2:]) if fits else None), rank
    if up[1] == rank and all(side == 1 for side in up[2:]):
        return (up[0], *down[1:]), rank
    return None, rank


def _scale(table: Table, base: str, rank: int) -> float | None:
    """The scale from beside the file; None where nothing says it."""
    scales = table.settings.get("scales")
    if isinstance(scales, dict) and base in scales:
        return float(scales[base])
    alpha = table.settings.get("lora_alpha")
    patterns = table.settings.get("alpha_pattern")
    for key, value in (patterns if isinstance(patterns, dict) else {}).items():
        if base == key or base.endswith(f".{key}") or _matches(str(key), base):
            alpha = value
    if not isinstance(alpha, int | float) or rank < 1:
        return None
    return alpha / (sqrt(rank) if table.settings.get("use_rslora") else rank)


def _matches(pattern: str, base: str) -> bool:
    try:
        return re.fullmatch(rf"(.*\.)?({pattern})", base) is not None
    except re.error:
        return False


@dataclass(frozen=True)
class _Update:
    """W + scale · B · A of values A, B, then those of ``extra``, W and alpha where they are."""

    product: Shape
    shape: Shape
    scale: float
    rank: int
    extra: tuple[str, ...]
    weight: bool
    alpha: bool
    embedding: bool

    def __call__(self, values: tuple[Matrix, ...]) -> Matrix:
        down, up, *rest = (each.astype(np.float64) for each in values)
        extras = dict(zip(self.extra, rest, strict=False))
        rest = rest[len(self.extra) :]
        if "E" in extras:
            down = down * extras["E"].reshape(-1, *(1,) * (down.ndim - 1))
        change = self._multiplied(down, up, extras.get("mid")) * self._factor(rest)
        change = change.reshape(self.shape) if not self._turned() else change.T
        if not self.weight:
            return change.astype(np.float32)
        made = rest[0] + change
        if "magnitude_vector" in extras:
            rows = made.reshape(len(made), -1)
            norms = np.linalg.norm(rows, axis=1)
            made = rows * (extras["magnitude_vector"].reshape(-1) / norms)[:, None]
        result: Matrix = made.reshape(self.shape).astype(np.float32)
        return result

    def _multiplied(self, down: Matrix, up: Matrix, mid: Matrix | None) -> Matrix:
        if mid is not None:
            flat = up.reshape(len(up), -1), down.reshape(len(down), -1)
            made: Matrix = np.einsum("oa,ab...,bi->oi...", flat[0], mid, flat[1])
            return made
        product = up.reshape(len(up), -1) @ down.reshape(len(down), -1)
        return product.T if self.embedding else product.reshape(self.product)

    def _factor(self, rest: list[Matrix]) -> float:
        return float(rest[-1].reshape(-1)[0]) / self.rank if self.alpha else self.scale

    def _turned(self) -> bool:
        """Whether the layer keeps its weight as (in, out), as GPT-2's Conv1D does."""
        return len(self.product) == 2 and self.shape == self.product[::-1] != self.product
