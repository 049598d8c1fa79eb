"""The Parquet tables in which every result lies, on a disk or an object store.

``catalog`` opens, commits and reads; ``schema`` has every column, ``header`` says which catalog it
is, ``storage`` has the files, ``lock`` keeps a second writer away, and ``clean`` what would spoil a
row. ``snapshot`` and ``manifest`` say which parts count, ``parts`` what a part is (and ``pages``
how much it says that it holds), ``order`` which result of a network is shown, and ``current``
which results count. ``scan`` and ``views`` read parts as Polars frames, ``metadata`` adds its
columns, and ``sql`` asks. ``compaction`` and ``merge`` make few parts of many, ``union`` one
catalog of several, ``exports`` files for other programs; ``history`` is what a catalog held after
an earlier run, ``runs`` how runs go or went, ``nulls`` draws of null models, ``probes`` what a
large estimate has so far.

``answers`` are what is said of single networks (out of no more than ``tables``): ``stored`` makes
spectra of rows again, ``layers`` a table of constituents, and ``near`` finds the nearest networks
(by ``curves``, or by ``matches`` of ``constituents``). ``told`` is a catalog in a few lines,
``published`` are those that come along.
"""

from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.constituents import named, read_curves
from zoo_spectra.catalog.current import is_current, is_old_estimate
from zoo_spectra.catalog.curves import CURVES, WHOLE, stacked
from zoo_spectra.catalog.exports import Exported, export
from zoo_spectra.catalog.header import HEADER
from zoo_spectra.catalog.history import as_of, classes_of, runs_of
from zoo_spectra.catalog.near import ANSWER, Asked, Found, asked_of, described, measured, near_to
from zoo_spectra.catalog.nulls import place_of as nulls_place
from zoo_spectra.catalog.probes import Probed, forget_probes, read_probes, write_probes
from zoo_spectra.catalog.published import published_catalogs
from zoo_spectra.catalog.runs import RunRecord, RunTold, begin_run, end_run, last_record, run_told
from zoo_spectra.catalog.schema import arrow_schema
from zoo_spectra.catalog.storage import Storage
from zoo_spectra.catalog.stored import check_sound, constituents_of
from zoo_spectra.catalog.union import Merged, merge_catalogs
from zoo_spectra.catalog.unread import LeftOut, least_read, matrices_left_out

__all__ = [
    "ANSWER",
    "CURVES",
    "HEADER",
    "WHOLE",
    "Asked",
    "Catalog",
    "Exported",
    "Found",
    "LeftOut",
    "Merged",
    "Probed",
    "RunRecord",
    "RunTold",
    "Storage",
    "arrow_schema",
    "as_of",
    "asked_of",
    "begin_run",
    "check_sound",
    "classes_of",
    "compact",
    "constituents_of",
    "described",
    "end_run",
    "export",
    "forget_probes",
    "is_current",
    "is_old_estimate",
    "last_record",
    "least_read",
    "matrices_left_out",
    "measured",
    "merge_catalogs",
    "named",
    "near_to",
    "nulls_place",
    "published_catalogs",
    "read_curves",
    "read_probes",
    "run_told",
    "runs_of",
    "stacked",
    "write_probes",
]
