"""How differences of groups are shown: to people, to a machine, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from rich.console import RenderableType

from zoo_spectra.classes import GroupDifferences
from zoo_spectra.terminal.cells import cell, name_column
from zoo_spectra.terminal.frames import write_frame, write_whole
from zoo_spectra.terminal.html import page
from zoo_spectra.terminal.neighbours import people_table
from zoo_spectra.text import visible

SHOWN = 20  # rows of a table on a terminal
PICTURES = (".svg", ".png", ".pdf")
FILES = (".csv", ".html", *PICTURES)
_ROW = {
    "test": pl.String, "of": pl.String, "other": pl.String, "units": pl.Int64,
    "statistic": pl.Float64, "r2": pl.Float64, "p_value": pl.Float64, "p_corrected": pl.Float64,
}  # fmt: skip


def group_tables(found: GroupDifferences, width: int, whole: bool) -> list[RenderableType]:
    """Groups, pairs, and constituents by their p-values: twenty rows of each unless ``whole``."""
    shown: list[RenderableType] = [_groups(found, width)]
    for frame, title, make in (
        (found.pairs, "Pairs of groups, Holm's correction", _pairs),
        (found.constituents, "Where: constituents, Benjamini and Hochberg's correction", _where),
    ):
        if frame.is_empty():
            continue
        rows = frame if whole else frame.head(SHOWN)
        shown.append(make(rows, title, width))
        if rows.height < frame.height:
            more = (
                f"{frame.height - rows.height:,} more rows; --csv, --json and -o FILE.csv have all"
            )
            shown.append(cell(more))
    return shown


def _groups(found: GroupDifferences, width: int) -> RenderableType:
    table = people_table(f"Groups of {visible(found.by)}", width)
    name_column(table, "group", found.groups["group"])
    table.add_column("units", justify="right")
    table.add_column("to centroid", justify="right")
    for group, units, spread in found.groups.iter_rows():
        table.add_row(cell(group), f"{units:,}", f"{spread:.4f}")
    return table


def _pairs(rows: pl.DataFrame, title: str, width: int) -> RenderableType:
    table = people_table(title, width)
    name_column(table, "group", rows["one"])
    name_column(table, "and", rows["other"])
    for name in ("pseudo-F", "R²", "p", "p (Holm)"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows.iter_rows(named=True):
        numbers = (_number(row[each]) for each in ("pseudo_f", "r2", "p_value", "p_holm"))
        table.add_row(cell(row["one"]), cell(row["other"]), *numbers)
    return table


def _where(rows: pl.DataFrame, title: str, width: int) -> RenderableType:
    table = people_table(title, width)
    name_column(table, "constituent", rows["constituent"])
    for name in ("pseudo-F", "R²", "p", "q (BH)"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows.iter_rows(named=True):
        numbers = (_number(row[each]) for each in ("pseudo_f", "r2", "p_value", "q_value"))
        table.add_row(cell(row["constituent"]), *numbers)
    return table


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def frame_of(found: GroupDifferences) -> pl.DataFrame:
    """Every test a row: ``test`` is place, spread, nearest, pair or constituent.

    ``statistic``: pseudo-F, F, or the accuracy. ``p_corrected``: for all tests of its kind.
    """
    size = found.units.height
    rows: list[dict[str, Any]] = [
        {"test": "place", "units": size, "statistic": found.pseudo_f, "r2": found.r2,
         "p_value": found.p_value},
        {"test": "spread", "units": size, "statistic": found.dispersion_f,
         "p_value": found.dispersion_p_value},
        {"test": "nearest", "units": size, "statistic": found.nearest_accuracy,
         "p_value": found.nearest_p_value},
    ]  # fmt: skip
    rows += [
        {"test": "pair", "of": row["one"], "other": row["other"],
         "units": row["one_size"] + row["other_size"], "statistic": row["pseudo_f"],
         "r2": row["r2"], "p_value": row["p_value"], "p_corrected": row["p_holm"]}
        for row in found.pairs.iter_rows(named=True)
    ]  # fmt: skip
    rows += [
        {"test": "constituent", "of": row["constituent"], "units": size,
         "statistic": row["pseudo_f"], "r2": row["r2"], "p_value": row["p_value"],
         "p_corrected": row["q_value"]}
        for row in found.constituents.iter_rows(named=True)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=_ROW)


def json_of(found: GroupDifferences) -> dict[str, object]:
    """What a machine is given: the keys are those of ``GroupDifferences``."""
    plain = {
        key: value for key, value in vars(found).items() if not isinstance(value, pl.DataFrame)
    }
    tables = {key: value for key, value in vars(found).items() if isinstance(value, pl.DataFrame)}
    return plain | {key: frame.to_dicts() for key, frame in tables.items()}


def write_groups(found: GroupDifferences, path: Path) -> None:
    """Every test as .csv, the picture as .svg, .png or .pdf, both as .html.

    Raises BadParameter where it cannot be written, FigureError where what draws is not installed.
    """
    from zoo_spectra.report import content_of, draw_groups

    suffix = path.suffix.lower()
    if suffix == ".csv":
        write_frame(frame_of(found), path)
        return
    if suffix in PICTURES:
        write_whole(path, content_of(draw_groups(found), suffix))
        return
    drawn = content_of(draw_groups(found), ".svg").decode()
    tables = {"Groups": found.groups, "Pairs": found.pairs, "Constituents": found.constituents}
    lines = [*found.lines(), *found.notes]
    shown = {name: frame for name, frame in tables.items() if not frame.is_empty()}
    write_whole(path, page(f"Groups of {found.by}", drawn, lines, shown))
