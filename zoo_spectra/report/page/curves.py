"""What is drawn of each network: its curves, the conjugate's fluctuation, densities by depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from zoo_spectra.catalog import CURVES, WHOLE, Catalog, read_curves, stacked
from zoo_spectra.method import DEPTH, S_EDGES, Floats, Integers, depth_curves
from zoo_spectra.report.page.space import KEY
from zoo_spectra.text import visible

CONJUGATES = ("coe", "cue", "cse")
TAIL = int(np.searchsorted(S_EDGES, np.log(2)))  # the first edge beyond the circular support
BINS = 64  # bins of a density by depth, two of the grid each
MOST_DEPTHS = 32  # intervals of depth of one network
MOST_CELLS = 1 << 20  # of all of them; beyond it, the four that every catalog has
_COLUMNS = [f"csd_fluctuation_{each}" for each in CONJUGATES]


@dataclass(frozen=True)
class Drawn:
    """Of n networks. ``csd``: shape (n, 129). ``fluctuation``: shape (n, 3, 70), up to the end of
    the circular support, for COE, CUE and CSE. NaN: not known.

    ``depth``: shape (T, 64), mass per bin of a quarter e-fold, of all intervals of depth of all
    networks, of which network i has those from ``start[i]`` to ``start[i + 1]``. ``names``: the
    constituent of each interval, where an interval is one; else empty. ``gap_ratio``: shape (T,),
    of that constituent, or NaN.
    """

    csd: Floats
    fluctuation: Floats
    depth: Floats
    start: Integers
    names: list[str]
    gap_ratio: Floats


def drawn_of(catalog: Catalog, networks: pl.DataFrame) -> Drawn:
    """The curves of ``networks`` (``network_id``, ``commit_id``), in their order."""
    own = pl.col("network_id").is_in(networks["network_id"].to_list())
    columns = [*KEY, "scale", "constituents", *CURVES.values(), *_COLUMNS]
    stored = catalog.collect(catalog.networks().filter(own).select(columns))
    rows = networks.select(KEY).join(stored, on=KEY, how="left", maintain_order="left")
    csd = _whole(rows, "csd", WHOLE["pooled"], (len(S_EDGES),))
    fluctuation = np.stack([_whole(rows, c, pl.col(c).list.len() == 129, (129,)) for c in _COLUMNS])
    by_constituent = catalog.holds_spectra and _cells(rows) <= MOST_CELLS
    curves = _constituents(catalog, rows) if by_constituent else {}
    quarters = _whole(rows, "csd_depth", WHOLE["depth"], (DEPTH, len(S_EDGES)))
    expected = np.minimum(np.exp(S_EDGES) / 2, 1.0)
    pieces, names, ratios = [], [], []
    for at in range(rows.height):
        if at in curves:
            piece, name, ratio = curves[at]
        else:
            piece, name = quarters[at] + expected, [""] * DEPTH
            ratio = np.full(DEPTH, np.nan)
        pieces.append(_densities(piece))
        names += name
        ratios.append(ratio)
    start = np.cumsum([0, *map(len, pieces)])
    depth, gap_ratio = np.concatenate(pieces), np.concatenate(ratios)
    shown = [visible(name) for name in names]
    return Drawn(csd, fluctuation.swapaxes(0, 1)[:, :, :TAIL], depth, start, shown, gap_ratio)


def _whole(rows: pl.DataFrame, column: str, sound: pl.Expr, shape: tuple[int, ...]) -> Floats:
    """A column of curves, shape (n, *shape); NaN where a row has none."""
    found = np.full((rows.height, *shape), np.nan)
    good = rows.select(sound.fill_null(False)).to_series()
    if good.any():
        found[good.to_numpy()] = stacked(rows.filter(good)[column])
    return found


def _cells(rows: pl.DataFrame) -> int:
    depths = rows["constituents"].clip(1, MOST_DEPTHS).sum()
    return int(depths) * BINS


def _constituents(
    catalog: Catalog, rows: pl.DataFrame
) -> dict[int, tuple[Floats, list[str], Floats]]:
    """F by depth of each network, names and gap ratios, where its spectra are there."""
    found: dict[int, list[tuple[Integers, list[str], Floats]]] = {}
    for some in read_curves(catalog, rows.select(*KEY, "scale")):
        found.setdefault(some.at, []).append((some.position, some.names, some.curves))
    ratios = _gap_ratios(catalog, rows)
    made = {}
    for at, pieces in found.items():
        position = np.concatenate([each for each, _, _ in pieces])
        if len(position) != rows["constituents"][at]:
            continue  # a part is lost
        order = np.argsort(position)
        curves = np.concatenate([each for _, _, each in pieces])[order]
        names = [name for _, each, _ in pieces for name in each]
        if len(curves) > MOST_DEPTHS:
            curves = depth_curves(curves, MOST_DEPTHS)
            made[at] = curves, [""] * MOST_DEPTHS, np.full(MOST_DEPTHS, np.nan)
        else:
            own = np.array([ratios.get((at, int(place)), np.nan) for place in position[order]])
            made[at] = curves, [names[place] for place in order], own
    return made


def _gap_ratios(catalog: Catalog, rows: pl.DataFrame) -> dict[tuple[int, int], float]:
    places = rows.select(KEY).with_row_index("at").lazy()
    some = catalog.spectra().filter(pl.col("gap_ratio").is_not_null()).join(places, on=KEY)
    frame = catalog.collect(some.select("at", "position", "gap_ratio"))
    return {(at, position): ratio for at, position, ratio in frame.iter_rows()}


def _densities(cumulative: Floats) -> npt.NDArray[np.float64]:
    """Mass per bin, shape (T, 64), of curves of shape (T, 129)."""
    return np.diff(cumulative[:, :: (len(S_EDGES) - 1) // BINS], axis=1)
