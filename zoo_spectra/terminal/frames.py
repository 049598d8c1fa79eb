"""A frame as a query gives it: to a person, to a pipe, or into a file."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import typer
from rich.console import RenderableType

from zoo_spectra.terminal.arguments import standard_output, tell
from zoo_spectra.terminal.tables import frame_json
from zoo_spectra.text import count, visible
from zoo_spectra.whole import whole

PAGE = 40  # rows on a terminal
_HIDDEN = r"[[\p{C}\p{Z}]--[ ]]"
FILES = (".csv", ".json", ".parquet", ".xlsx")


def hand_over(
    frame: pl.DataFrame,
    as_csv: bool,
    as_json: bool,
    output: Path | None,
    lines: Sequence[str] = (),
) -> bool:
    """Give a frame to a machine or into a file, if that is asked; whether it was.

    ``lines``: what there is to say beside it, on standard error.
    """
    if output is not None:
        write_frame(frame, output)
        print(f"{count(frame.height, 'row')} in {visible(output)}")
    elif as_json:
        print(frame_json(frame))
    elif as_csv:
        print(csv_text(frame), end="")
    else:
        return False
    for line in lines:
        tell(line)
    return True


def print_told(
    frame: pl.DataFrame, table: Callable[[int], RenderableType], lines: Sequence[str]
) -> None:
    """Print a frame's table, made for a width, unless it is empty; and ``lines`` below."""
    out = standard_output()
    if not frame.is_empty():
        out.print(table(out.width))
    for line in lines:
        out.print(visible(line), soft_wrap=True, highlight=False, markup=False)


def print_frame(frame: pl.DataFrame, page: int | None) -> None:
    """Print a frame as a table: ``page`` rows of it with short cells, or with None all of it.

    The last line says how many rows there are.
    """
    shown = _visible(frame if page is None else frame.head(page))
    whole = {"fmt_str_lengths": 1 << 30, "fmt_table_cell_list_len": -1} if page is None else {}
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=-1 if page is None else None,
        tbl_hide_dataframe_shape=True,
        **(whole or {"fmt_str_lengths": 60}),  # type: ignore[arg-type]
    ):
        print(shown)
    if shown.height < frame.height:
        more = "in a pipe, with --csv, --json or -o FILE all of them are written"
        print(f"{shown.height:,} of {count(frame.height, 'row')}; {more}")
    else:
        print(count(frame.height, "row"))


def _visible(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with what is not seen in its text written out."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    odd = [name for name in texts if frame[name].str.contains(_HIDDEN).any()]
    shown = frame.with_columns(
        pl.col(name).map_elements(visible, return_dtype=pl.String) for name in odd
    )
    return shown.rename({name: clean for name in frame.columns if (clean := visible(name)) != name})


def csv_text(frame: pl.DataFrame) -> str:
    """A frame as CSV. Raises BadParameter for columns that hold lists, which CSV has no way to."""
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    if nested:
        raise typer.BadParameter(
            f"{', '.join(nested[:3])}: a list has no place in CSV; choose other columns, or "
            "--json or -o FILE.parquet"
        )
    return frame.write_csv()


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as its suffix says, whole or not at all. Raises BadParameter.

    ExportError where a workbook cannot hold it, or what makes one is not installed.
    """
    match path.suffix.lower():
        case ".csv":
            content = csv_text(frame).encode()
        case ".json":
            content = frame_json(frame).encode()
        case ".parquet":
            buffer = io.BytesIO()
            frame.write_parquet(buffer)
            content = buffer.getvalue()
        case ".xlsx":
            from zoo_spectra.terminal.spreadsheets import workbook_of

            content = workbook_of(frame)
        case _:
            raise typer.BadParameter(f"{path}: the name must end in {', '.join(FILES)}")
    write_whole(path, content)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, replacing one of that name. Raises BadParameter."""
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """``whole``, whose errors are BadParameter."""
    try:
        with whole(path) as temporary:
            yield temporary
    except OSError as error:
        raise typer.BadParameter(f"{path}: cannot be written: {error.strerror}") from error
