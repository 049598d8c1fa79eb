"""What is drawn of each network: its curves, the conjugate's fluctuation, densities by depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from zoo_spectra.catalog import CURVES, WHOLE, Catalog, read_curves, stacked
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import DEPTH, S_EDGES, Floats, Integers, depth_curves
from zoo_spectra.report.page.space import KEY
from zoo_spectra.text import visible

CONJUGATES = ("coe", "cue", "cse")
TAIL = int(np.searchsorted(S_EDGES, np.log(2)))  # the first edge beyond the circular support
BINS = 64  # bins of a density by depth, two of the grid each
MOST_DEPTHS = 32  # intervals of depth of one network
MOST_CELLS = 1 << 20  # of all of them; beyond it, the four that every catalog has
_EDGES, _ROUNDING = len(S_EDGES), 1e-9
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
    """The curves of ``networks`` (``network_id``, ``commit_id``), in their order.

    Raises CatalogError for a scale or a curve that is none.
    """
    own = pl.col("network_id").is_in(networks["network_id"].to_list())
    columns = [*KEY, "name", "scale", "constituents", *CURVES.values(), *_COLUMNS]
    stored = catalog.collect(catalog.networks().filter(own).select(columns))
    rows = networks.select(KEY).join(stored, on=KEY, how="left", maintain_order="left")
    odd = rows.filter(~(pl.col("scale").is_finite() & (pl.col("scale") > 0)).fill_null(False))
    if odd.height:
        raise _none(catalog, "scale", odd["name"][0])
    csd = _whole(catalog, rows, "csd", WHOLE["pooled"], (_EDGES,))
    fluctuation = np.stack(
        [_whole(catalog, rows, c, pl.col(c).list.len() == _EDGES, (_EDGES,)) for c in _COLUMNS], 1
    )
    by_constituent = catalog.holds_spectra and _cells(rows) <= MOST_CELLS
    curves = _constituents(catalog, rows) if by_constituent else {}
    quarters = _whole(catalog, rows, "csd_depth", WHOLE["depth"], (DEPTH, _EDGES))
    expected = np.minimum(np.exp(S_EDGES) / 2, 1.0)  # F_C
    unnamed = [""] * DEPTH, np.full(DEPTH, np.nan)
    pieces, names, ratios = [], list[str](), []
    for at in range(rows.height):
        piece, name, ratio = curves.get(at) or (quarters[at] + expected, *unnamed)
        pieces.append(_densities(piece))
        names += map(visible, name)
        ratios.append(ratio)
    start = np.cumsum([0, *map(len, pieces)])
    depth, gap_ratio = np.concatenate(pieces), np.concatenate(ratios)
    return Drawn(csd, fluctuation[:, :, :TAIL], depth, start, names, gap_ratio)


def _none(catalog: Catalog, what: str, name: str) -> CatalogError:
    return CatalogError(
        f"{catalog.location} holds a {what} that is none, of {name!r}; another program has written "
        "it: remove that network, and run the job again"
    )


def _whole(
    catalog: Catalog, rows: pl.DataFrame, column: str, sound: pl.Expr, shape: tuple[int, ...]
) -> Floats:
    """A column of curves within [-1, 1], shape (n, *shape); NaN where a row has none."""
    found = np.full((rows.height, *shape), np.nan)
    good = rows.select(sound.fill_null(False)).to_series()
    if good.any():
        own = stacked(rows.filter(good)[column])
        inside = (np.abs(own) <= 1 + _ROUNDING).reshape(len(own), -1).all(axis=1)
        if not inside.all():
            raise _none(catalog, column, rows.filter(good).filter(pl.Series(~inside))["name"][0])
        found[good.to_numpy()] = own
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
    for at, due in enumerate(rows["constituents"].to_list()):
        pieces = found.get(at, [])
        position = np.concatenate([np.empty(0, np.int64), *(each for each, _, _ in pieces)])
        if len(position) != due:
            raise CatalogError(
                f"{catalog.location} holds {len(position)} of the {due} spectra of "
                f"{rows['name'][at]!r}: a part is lost; run the job again"
            )
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
    return np.diff(cumulative[:, :: (_EDGES - 1) // BINS], axis=1)
