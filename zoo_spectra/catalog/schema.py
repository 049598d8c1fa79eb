"""The catalog's tables, column by column: the only place where a column is declared.

``describe()`` writes the tables of ``catalogs/README.md``, so the two cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

# 2: removals, and rows ordered by run. A reader of 1 would show what is removed, and the results
# of a writer of 1 would be hidden behind those of numbered runs.
FORMAT_VERSION = 2

_TEXT, _INT, _REAL, _LONG = pa.string(), pa.int32(), pa.float64(), pa.int64()
_REALS, _CURVES = pa.list_(pa.float64()), pa.list_(pa.list_(pa.float32()))
_DEPTHS = pa.list_(_REALS)
_TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type, what it holds (with shape and unit), and its range."""

    name: str
    type: pa.DataType
    meaning: str
    range: str = ""
    nullable: bool = True


def _key(name: str, type_: pa.DataType, meaning: str, range_: str = "") -> Column:
    return Column(name, type_, meaning, range_, nullable=False)


_LEVELS = (
    Column(
        "gap_ratio", _REAL, "mean adjacent gap ratio; null where levels are degenerate", "[0, 1]"
    ),
    Column("gap_ratio_se", _REAL, "its standard error", "≥ 0"),
    Column("universality", _TEXT, "nearest universality class", "poisson, coe, cue, cse"),
    Column("universality_deviation", _REAL, "distance to that class, in standard errors", "≥ 0"),
)

NETWORKS = (
    _key("network_id", _TEXT, "BLAKE2b-128 of `source` without options that only describe, hex"),
    _key("commit_id", _TEXT, "identifies this result; joins its rows in `spectra`"),
    _key("source", _TEXT, "canonical source string of this one network"),
    _key("adapter", _TEXT, "the adapter that read it"),
    _key("name", _TEXT, "short name, for people"),
    _key("kind", _TEXT, "what it is", "artificial, biological"),
    _key("family", _TEXT, "architecture family, genotype, or folder; may be empty"),
    _key("status", _TEXT, "how the analysis ended", "ok, failed, quarantined"),
    Column("reason", _TEXT, "why it failed; null when `ok`"),
    _key("attempts", _INT, "how often it was tried in this run", "≥ 1"),
    _key("fingerprint", _TEXT, "changes with the file behind the network; empty: never"),
    Column("weights_digest", _TEXT, "BLAKE2b-128 of the sorted digests of all constituents, hex"),
    Column("parameters", _LONG, "number of entries in the constituents used", "≥ 4"),
    Column("constituents", _INT, "number m of constituents used", "≥ 1"),
    Column("skipped", _INT, "number of matrices skipped; the reasons are in `spectra`", "≥ 0"),
    Column("coverage", _REAL, "entries in constituents / entries of all stored tensors", "[0, 1]"),
    Column("left_out", _TEXT, "JSON object: how many stored tensors are in none, by reason"),
    Column("notes", _TEXT, "what was guessed when the weights were read; null: nothing"),
    Column("order_max", _INT, "largest order N", "≥ 2"),
    Column("spectrum_kind", _TEXT, "how the spectra were obtained", "exact, slq"),
    Column("scale", _REAL, "σ, weighted median of all eigenvalues, in weights squared", "> 0"),
    Column("null_mass", _REAL, "mass of the numerical zeros", "[0, 1]"),
    Column("density", _REALS, "mass per bin, 130: underflow, 128 bins of s, overflow", "sums to 1"),
    Column("density_se", _REALS, "standard error of `density`, 130; null when exact", "≥ 0"),
    Column("csd", _REALS, "F_M - F_C at the 129 edges of s = ln(λ/σ) in [-8, 8]", "[-1, 1]"),
    Column("csd_error", _REAL, "95 % limit of d to the exact `csd`; null when exact", "≥ 0"),
    Column("csd_depth", _DEPTHS, "the same, of each quarter of the depth, 4 × 129", "[-1, 1]"),
    Column("csd_fluctuation_coe", _REALS, "standard deviation of F_C, COE, 129", "[0, 1]"),
    Column("csd_fluctuation_cue", _REALS, "the same, CUE", "[0, 1]"),
    Column("csd_fluctuation_cse", _REALS, "the same, CSE", "[0, 1]"),
    Column("csd_realisations_coe", _CURVES, "CSD against R draws of the COE, R × 129", "[-1, 1]"),
    Column("csd_realisations_cue", _CURVES, "the same, CUE", "[-1, 1]"),
    Column("csd_realisations_cse", _CURVES, "the same, CSE", "[-1, 1]"),
    Column("csd_resamples", _CURVES, "CSD of 32 resamples of the constituents; empty at m = 1"),
    Column("tail_mass", _REAL, "1 - F_M(ln 2): mass beyond the circular support", "[0, 1/2]"),
    Column("tail_count", _INT, "eigenvalues with x > 2; below 10 the fits are null", "≥ 0"),
    Column("decay_rate", _REAL, "κ of the tail, CSD ~ x^-κ (weighted Hill)", "> 0"),
    Column("decay_rate_se", _REAL, "its standard error", "> 0"),
    Column("tail_law", _TEXT, "the likelier law of the tail", "power_law, exponential"),
    Column("tail_law_ratio", _REAL, "log-likelihood ratio; positive: power law"),
    Column("tail_law_p_value", _REAL, "its significance (Vuong)", "[0, 1]"),
    Column(
        "vanishing_location",
        _REAL,
        "first x with abs(CSD) < 0.001; null if one decides",
        "≥ 2",
    ),
    *_LEVELS,
    _key("metadata", _TEXT, "JSON object: what the adapter knows (genotype, architecture, …)"),
    Column("described", _TEXT, "JSON object: the part of it that is known without reading weights"),
    _key("realisations", _INT, "R, draws per circular ensemble", "≥ 0"),
    _key("exact_limit", _INT, "largest order diagonalised; above it: slq", "≥ 2"),
    _key("method_version", _INT, "version of the conventions", "≥ 1"),
    _key("versions", _TEXT, "JSON object: versions of the packages that made the row"),
    Column("seconds", _REAL, "wall time of the analysis", "≥ 0"),
    Column("load_seconds", _REAL, "wall time of reading or initialising the weights", "≥ 0"),
    Column("peak_memory", _LONG, "peak resident memory of the process meanwhile, bytes", "≥ 0"),
    Column("host", _TEXT, "the machine that the network was analysed on, or that lost it"),
    Column("pid", _LONG, "id of the process there", "≥ 1"),
    Column("worker", _TEXT, "id of the Ray worker, hex; null without Ray"),
    Column("ray_log", _TEXT, "where that worker's log is on that machine; null without Ray"),
    Column("traceback", _TEXT, "of an error that nobody foresaw; its last 20 kB"),
    _key("finished_at", _TIME, "when the result was committed (UTC)"),
    Column("run", _LONG, "number of the run in this catalog; null, as 0, before format 2", "≥ 1"),
)

SPECTRA = (
    _key("network_id", _TEXT, "the network, as in `networks`"),
    _key("commit_id", _TEXT, "the result, as in `networks`"),
    _key("position", _INT, "place of the constituent in the network, from 0", "≥ 0"),
    _key("constituent", _TEXT, "name of the matrix"),
    _key("rows", _LONG, "p, rows of the matrix", "≥ 0"),
    _key("columns", _LONG, "q, columns of the matrix", "≥ 0"),
    _key("order", _LONG, "N = min(p, q)", "≥ 0"),
    Column("skipped", _TEXT, "why it is no constituent; null when it is one"),
    _key("spectrum_kind", _TEXT, "how the spectrum was obtained", "exact, slq"),
    _key("eigenvalues", _REALS, "squared singular values, ascending, N (slq: nodes)", "≥ 0"),
    Column("weights", _REALS, "slq: weight of each node, sums to 1; null when exact", "(0, 1]"),
    Column("probe", pa.list_(pa.int32()), "slq: number of the probe of each node; null when exact"),
    Column("steps_error", _REAL, "slq: e-folds more steps may move; null when exact", "≥ 0"),
    *_LEVELS,
    _key("digest", _TEXT, "BLAKE3-128 of the entries, shape and type, hex"),
    _key("method_version", _INT, "version of the conventions", "≥ 1"),
    Column("seconds", _REAL, "wall time of the spectrum", "≥ 0"),
    Column("load_seconds", _REAL, "wall time of reading or initialising the matrix", "≥ 0"),
    Column("peak_memory", _LONG, "peak resident memory of the process so far, bytes", "≥ 0"),
)

CLASSES = (
    _key("classification_id", _TEXT, "identifies one run of `classify`"),
    _key("network_id", _TEXT, "the network, as in `networks`"),
    _key("commit_id", _TEXT, "the result that was classified, as in `networks`"),
    _key("name", _TEXT, "its name"),
    _key("kind", _TEXT, "its kind", "artificial, biological"),
    _key("family", _TEXT, "its family"),
    _key("class", _INT, "equivalence class, 1 is the largest", "≥ 1"),
    _key("class_size", _INT, "number of members", "≥ 1"),
    _key("medoid", _TEXT, "name of the class's medoid"),
    _key("medoid_id", _TEXT, "network_id of the class's medoid"),
    _key("medoid_distance", _REAL, "distance to the medoid, in e-folds", "≥ 0"),
    Column("stability", _REAL, "share of resamples that stay; null: nothing to resample", "[0, 1]"),
    _key("accuracy", _REAL, "ε, in e-folds", "≥ 0"),
    _key("linkage", _TEXT, "linkage", "average, complete, single"),
    Column(
        "measure", _TEXT, "what was compared; null, as pooled, before", "pooled, depth, matched"
    ),
    Column("exact", pa.bool_(), "whether the class is that of the matrix of all distances"),
    Column("linked", _TEXT, "how the class was found; null before", "exact, in steps, coarse"),
    _key("method_version", _INT, "version of the conventions", "≥ 1"),
    _key("classified_at", _TIME, "when (UTC)"),
    Column("run", _LONG, "number of the classification in this catalog; null, as 0, before", "≥ 1"),
    Column("condition", _TEXT, "SQL that said which networks; null when all `ok` ones"),
)

REMOVALS = (
    _key("network_id", _TEXT, "the network: its results up to this one are not shown any more"),
    _key("commit_id", _TEXT, "its newest result when it was removed, as in `networks`"),
    _key("run", _LONG, "the run of that result; 0 for none", "≥ 0"),
    _key("finished_at", _TIME, "when that result was committed (UTC)"),
    _key("classification", _LONG, "the newest classification then, its `run`; 0 for none", "≥ 0"),
    _key("name", _TEXT, "the network's name"),
    _key("removed_at", _TIME, "when it was removed (UTC)"),
    _key("condition", _TEXT, "SQL that said which networks"),
)

# A view: the networks of the catalog of draws inside, beside the network that each is drawn from.
NULLS = (
    _key("network_id", _TEXT, "the network drawn from, as in `networks`"),
    _key("network", _TEXT, "its name"),
    _key("model", _TEXT, "null model", "degree, strength, erdos-renyi, block, weights, …"),
    _key("draw", _LONG, "number of the draw", "≥ 0"),
    _key("status", _TEXT, "how the analysis of the draw ended", "ok, failed, quarantined"),
    Column("reason", _TEXT, "why it failed; null when `ok`"),
    Column("distance", _REAL, "d of the draw to the network, in e-folds", "≥ 0"),
    Column("scale", _REAL, "σ of the draw", "> 0"),
    Column("null_mass", _REAL, "its mass of the numerical zeros", "[0, 1]"),
    Column("tail_mass", _REAL, "its mass beyond the circular support", "[0, 1/2]"),
    Column("spectrum_kind", _TEXT, "how its spectra were obtained", "exact, slq"),
    Column("csd", _REALS, "its F_M - F_C at the 129 edges", "[-1, 1]"),
    Column("rounds", _LONG, "rounds of trades, the most of a constituent; null: none", "≥ 0"),
    Column("in_place", _REAL, "share of the edges that trades leave in place", "[0, 1]"),
    Column("strength_agreement", _REAL, "correlation of strengths, the least", "[-1, 1]"),
    Column("notes", _TEXT, "what the draw cannot tell, or was guessed when weights were read"),
    _key("method_version", _INT, "version of the conventions", "≥ 1"),
    Column("seconds", _REAL, "wall time of the analysis", "≥ 0"),
    _key("finished_at", _TIME, "when the draw was committed (UTC)"),
    _key("draw_id", _TEXT, "`network_id` of the draw in the catalog `nulls`"),
)

VIEWS = {"nulls": NULLS}
TABLES = {"networks": NETWORKS, "spectra": SPECTRA, "classes": CLASSES, "removals": REMOVALS}

# What every part has had from the first format on; a file that lacks one of them is no part.
REQUIRED = {
    "networks": ("network_id", "commit_id", "name", "kind", "family", "status", "finished_at"),
    "spectra": ("network_id", "commit_id", "position", "constituent", "eigenvalues"),
    "classes": ("classification_id", "network_id", "commit_id", "name", "class", "classified_at"),
    "removals": ("network_id", "commit_id", "run", "finished_at", "classification"),
}


def arrow_schema(table: str) -> pa.Schema:
    """The Arrow schema of a table or view: networks, spectra, classes, removals or nulls."""
    columns = (TABLES | VIEWS)[table]
    return pa.schema([pa.field(c.name, c.type, c.nullable) for c in columns])


def polars_schema(table: str) -> pl.Schema:
    """The same in Polars."""
    return pl.DataFrame(arrow_schema(table).empty_table()).schema


def parquet_options(schema: pa.Schema) -> dict[str, Any]:
    """How pyarrow is to write a table of this schema.

    Eigenvalues and curves hardly repeat: a dictionary or statistics of them only cost; what does
    repeat are their first bytes, which splitting into streams brings together.
    """
    return {
        "compression": "zstd",
        "write_page_checksum": True,
        "write_statistics": [f.name for f in schema if not pa.types.is_nested(f.type)],
        "use_dictionary": [f.name for f in schema if pa.types.is_string(f.type)],
        "use_byte_stream_split": [path for f in schema if (path := _float_path(f))],
    }


def _float_path(field: pa.Field) -> str | None:
    """The Parquet path of a column of floats, or of (lists of) lists of them; None for others."""
    path, kind = str(field.name), field.type
    while pa.types.is_list(kind):
        path, kind = f"{path}.list.element", kind.value_type
    return path if pa.types.is_floating(kind) else None


def describe(table: str) -> str:
    """A table's columns as a Markdown table."""
    lines = ["| column | type | null | meaning | range |", "|---|---|---|---|---|"]
    for c in (TABLES | VIEWS)[table]:
        kind = str(c.type).replace("element: ", "")
        lines.append(
            f"| `{c.name}` | {kind} | {'yes' if c.nullable else 'no'} | {c.meaning} | {c.range} |"
        )
    return "\n".join(lines)
