"""The Parquet tables in which every result lies, on a disk or an object store.

``catalog`` opens, commits and reads; ``schema`` has every column, ``header`` says which catalog it
is, ``storage`` has the files, ``lock`` keeps a second writer away, and ``clean`` what would spoil a
row. ``snapshot`` and ``manifest`` say which parts count, ``parts`` what a part is, ``order`` which
result of a network is shown, and ``estimates`` which are of an older way. ``scan`` and ``views``
read parts as Polars frames, ``metadata`` adds its columns, and ``sql`` asks. ``compaction`` and
``merge`` make few parts of many.
"""

from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.estimates import is_old_estimate
from zoo_spectra.catalog.header import HEADER
from zoo_spectra.catalog.schema import arrow_schema
from zoo_spectra.catalog.storage import Storage

__all__ = [
    "HEADER",
    "Catalog",
    "Storage",
    "arrow_schema",
    "compact",
    "is_old_estimate",
]
