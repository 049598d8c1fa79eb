"""The Parquet tables in which every result lies, on a disk or an object store.

``catalog`` opens, commits and reads; ``schema`` has every column, ``storage`` the files, ``lock``
keeps a second writer away. ``snapshot`` says which parts count and ``views`` reads them as Polars
frames; ``compaction`` and ``merge`` make few large parts of many small ones.
"""

from zoo_spectra.catalog.catalog import HEADER, Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.schema import arrow_schema
from zoo_spectra.catalog.storage import Storage

__all__ = [
    "HEADER",
    "Catalog",
    "Storage",
    "arrow_schema",
    "compact",
]
