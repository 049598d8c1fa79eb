"""What can be asked of a catalog, by those who read its tables and need no more of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import polars as pl

from zoo_spectra.catalog.storage import Storage


class Tables(Protocol):
    """The views of ``Catalog``, and how they are collected."""

    @property
    def storage(self) -> Storage: ...

    @property
    def holds_spectra(self) -> bool: ...

    def networks(self, where: str | None = None) -> pl.LazyFrame: ...

    def spectra(self) -> pl.LazyFrame: ...

    def classes(self) -> pl.LazyFrame: ...

    def network(self, name: str) -> dict[str, Any]: ...

    def collect(self, frame: pl.LazyFrame) -> pl.DataFrame: ...

    def batches(self, frame: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]: ...
