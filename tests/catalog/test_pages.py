"""What a Parquet file says of its lists, against pyarrow's own reading of it."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from zoo_spectra.catalog import pages

COUNTS = (3, 0, 4000, 70_000)


def written(path: Path, **options: object) -> bytes:
    values = np.random.default_rng(0).normal(size=sum(COUNTS)).round(1)
    lists = pa.ListArray.from_arrays(pa.array([0, *np.cumsum(COUNTS)], pa.int32()), values)
    names = ["an", None, "cy" * 50, "dé"]
    pq.write_table(pa.table({"name": names, "curve": lists}), path, **options)
    return path.read_bytes()


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["zstd", "none"])
@pytest.mark.parametrize("group", [2, 10])
@pytest.mark.parametrize("dictionary", [True, False])
def test_as_pyarrow_reads_it(
    tmp_path: Path, version: str, compression: str, group: int, dictionary: bool
) -> None:
    path = tmp_path / "a.parquet"
    written(
        path, data_page_version=version, compression=compression, row_group_size=group,
        use_dictionary=dictionary, data_page_size=2000, write_page_checksum=True,
    )  # fmt: skip
    footer = pq.ParquetFile(path).metadata
    expected = [footer.row_group(at).column(1).num_values for at in range(footer.num_row_groups)]
    with pa.OSFile(str(path)) as source:
        assert pages.list_values(source) == expected
        assert source.tell() == 0
    assert sum(expected) == sum(COUNTS) + 1  # an empty list is a place too


def test_what_pages_hold_counts_and_not_what_the_footer_says(tmp_path: Path) -> None:
    content = written(tmp_path / "a.parquet", compression="none", use_dictionary=False)
    places = 74_004  # in the footer, once, and in no page, of which there are several
    zigzag = bytes([0x80 | (2 * places) & 127, 0x80 | (2 * places) >> 7 & 127, 2 * places >> 14])
    start = content.rindex(b"curve")
    at = content.index(zigzag, start)
    lied = content[:at] + bytes([0x80 | 2, 0x80, 0]) + content[at + 3 :]
    assert pq.ParquetFile(pa.BufferReader(lied)).metadata.row_group(0).column(1).num_values == 1
    assert pages.list_values(pa.BufferReader(lied)) == [places]


def test_a_damaged_file_is_a_value_error(tmp_path: Path) -> None:
    content = written(tmp_path / "a.parquet", data_page_size=2000)
    drawn = random.Random(1)
    ends = {"read": 0, "refused": 0}
    for _ in range(3000):
        changed = bytearray(content[: drawn.choice([len(content)] * 9 + [len(content) // 2])])
        for _ in range(drawn.randint(1, 3)):
            changed[-drawn.randint(1, 700)] = drawn.randrange(256)
        try:
            pages.list_values(pa.BufferReader(bytes(changed)))
            ends["read"] += 1
        except ValueError:
            ends["refused"] += 1
    assert min(ends.values()) > 100, ends


@pytest.mark.parametrize("content", [b"", b"PAR1", b"\xff" * 12, b"\0" * 12 + b"PAR1"])
def test_what_is_no_parquet(content: bytes) -> None:
    with pytest.raises(ValueError, match="footer"):
        pages.list_values(pa.BufferReader(content))


def test_more_pages_than_any_file_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.parquet"
    lists = pa.table({"curve": [[float(at)] * 3 for at in range(20_000)]})
    pq.write_table(lists, path, data_page_size=2000, use_dictionary=False)
    with pa.OSFile(str(path)) as source:
        assert pages.list_values(source) == [60_000]
        monkeypatch.setattr(pages, "MOST_PAGES", 5)
        with pytest.raises(ValueError, match="more than 5 pages"):
            pages.list_values(source)
