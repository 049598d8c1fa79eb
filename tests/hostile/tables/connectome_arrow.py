"""Hostile Arrow files."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
from good_connectome import of_arrow, table
from makers import Table, cases_of


def written(columns: Mapping[str, object]) -> bytes:
    return of_arrow(pa.table(dict(columns)), "zstd")


def old() -> bytes:
    """A file of Feather's first version."""
    stream = io.BytesIO()
    feather.write_feather(table().to_pandas(), stream, version=1)
    return stream.getvalue()


def with_bad_indices() -> bytes:
    """A column whose places lie outside the list of its values."""
    places = pa.array([0, 1], pa.int32())
    column = pa.DictionaryArray.from_arrays(places, pa.array(["a", "b"]))
    made = of_arrow(pa.table({"source": column, "target": column}))
    whole = places.buffers()[1].to_pybytes()[:8]
    return made.replace(whole, np.array([7 << 24, 9 << 24], "<i4").tobytes())


WHOLE = of_arrow(table())
FILES: Table = {
    "the first version": old(),
    "the magic alone": b"ARROW1\0\0",
    "the magic twice": b"ARROW1\0\0" + bytes(100) + b"ARROW1",
    "a footer of two gigabytes": WHOLE[:-10] + b"\xff\xff\xff\x7fARROW1",
    "a footer of minus one": WHOLE[:-10] + b"\xff\xff\xff\xffARROW1",
    "places outside the values": with_bad_indices(),
    "no columns": written({}),
    "one column": written({"source": [1, 2]}),
    "ends that are fractions": written({"source": [0.5, 1.5], "target": [1.5, 0.5]}),
    "ends that are missing": written({"source": [1, None], "target": [2, 1]}),
    "lists": written({"source": [[1], [2]], "target": [[2], [1]]}),
    "weights that are texts": written({"pre": [1, 2], "post": [2, 1], "weight": ["x", "y"]}),
    "weights that are missing": written({"pre": [1, 2], "post": [2, 1], "weight": [1.0, None]}),
    "weights that are no numbers": written(
        {"pre": [1, 2], "post": [2, 1], "weight": [1.0, np.nan]}
    ),
    "two counts": written({"pre": [1, 2], "post": [2, 1], "a": [1, 2], "b": [1, 2]}),
    "kinds": written({"pre": [1, 2], "post": [2, 1], "type": ["x", "y"], "n": [1, 2]}),
    "fifty million equal rows": written(
        {name: pa.repeat(pa.scalar(value), 50_000_000) for name, value in (("pre", 1), ("post", 2))}
    ),
}
READ = {"fifty million equal rows", "the magic twice"}
CASES = cases_of(FILES, ".feather", READ)
