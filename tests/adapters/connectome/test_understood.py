"""What a table means is told beyond doubt, or it is refused with the option that settles it."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.sources import Network
from zoo_spectra_connectome import ConnectomeAdapter

FIRST = 720575940600000017  # floating point would merge it with the next


def load(adapter: ConnectomeAdapter, path: Path, options: Mapping[str, str]) -> Network:
    (ref,) = adapter.list(str(path), options)
    return adapter.load(ref)


def dense(network: Network) -> list[list[float]]:
    (whole,) = network.constituents()
    matrix = whole.matrix
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix).tolist()


KINDS = "pre,post,type,n\nA,B,chem,3\nA,B,gap,4\nB,A,gap,4\n"
TRIANGLE = "0,1,2,3\n0,0,4,5\n0,0,0,6\n0,0,0,7\n"
BOTH = [[0, 1, 2, 3], [1, 0, 4, 5], [2, 4, 0, 6], [3, 5, 6, 7]]
NEARLY = "0,1.0004,2\n1,0,4\n2,4,0\n"
READ: list[tuple[str, str, dict[str, str], list[list[float]]]] = [
    ("a region and no number", "pre,post,roi\nA,B,E\nA,B,F\nB,A,E\n", {}, [[0, 2], [1, 0]]),
    ("semicolons", "pre;post;weight\nA;B;1,5\nB;A;2,25\n", {}, [[0, 1.5], [2.25, 0]]),
    ("semicolons, no header", "A;B;3\nB;A;2\nA;A;1\n", {}, [[1, 3], [2, 0]]),
    ("pipes", "A|B|3\nB|A|2\n", {}, [[0, 3], [2, 0]]),
    ("decimal commas in a matrix", "0\t0,5\n0,5\t1\n", {}, [[0, 0.5], [0.5, 1]]),
    ("dots of which one is short", "A;B;1.234\nB;A;12.5\nA;A;7\n", {}, [[7, 1.234], [12.5, 0]]),
    ("fractions", "A;B;0.234\nB;A;1.500\n", {}, [[0, 0.234], [1.5, 0]]),
    ("said dots", "A;B;1.234\nB;A;2.500\n", {"decimal": "."}, [[0, 1.234], [2.5, 0]]),
    (
        "said decimals",
        "pre;post;n\nA;B;1,234\nB;A;2,500\n",
        {"decimal": ","},
        [[0, 1.234], [2.5, 0]],
    ),
    ("said delimiter", "a,x;b;3\nb;a,x;4\n", {"delimiter": ";"}, [[0, 3], [4, 0]]),
    ("said by word", "a b\tc\nc\ta b\n", {"delimiter": "tab"}, [[0, 1], [1, 0]]),
    ("trailing tabs", "a\tb\t3\t\nb\ta\t4\t\n", {}, [[0, 3], [4, 0]]),
    ("one kind", KINDS, {"types": "chem"}, [[0, 3], [0, 0]]),
    ("kinds summed", KINDS, {"types": "chem+gap"}, [[0, 7], [4, 0]]),
    ("all kinds", KINDS, {"types": "all"}, [[0, 7], [4, 0]]),
    ("rows that count", KINDS, {"types": "all", "weight": "none"}, [[0, 2], [1, 0]]),
    ("kinds by name", KINDS, {"type": "type", "types": "gap"}, [[0, 4], [4, 0]]),
    (
        "columns by number",
        "A B 5 x\nB A 2 y\n",
        {"source": "1", "target": "2", "weight": "3"},
        [[0, 5], [2, 0]],
    ),
    ("neurons", "Neuron 1,Neuron 2,Nbr\nA,B,5\nB,A,2\n", {}, [[0, 5], [2, 0]]),
    ("an index", ",pre,post,n\n0,A,B,5\n3,B,A,2\n", {}, [[0, 5], [2, 0]]),
    ("an index without weights", ",pre,post\n0,A,B\n3,B,A\n", {}, [[0, 1], [1, 0]]),
    (
        "ids before indices",
        "pre_id,post_id,pre_index,post_index,n\n7,9,0,1,5\n9,7,1,0,2\n",
        {},
        [[0, 5], [2, 0]],
    ),
    (
        "averages beside counts",
        "pre,post,syn_count,gaba_avg\nA,B,5,0.1\nB,A,2,0.2\n",
        {},
        [[0, 5], [2, 0]],
    ),
    ("a header that is said", "v w\nA B\nB A\n", {"header": "true"}, [[0, 1], [1, 0]]),
    (
        "undirected rows",
        "Source,Target,Type,Weight\nA,B,Undirected,2\nA,A,Undirected,1\n",
        {},
        [[1, 2], [2, 0]],
    ),
    (
        "undirected rows both ways",
        "Source,Target,Type,Weight\nA,B,Undirected,2\nB,A,Undirected,2\n",
        {},
        [[0, 2], [2, 0]],
    ),
    (
        "some undirected",
        "Source,Target,Type,Weight\nA,B,Directed,1\nA,B,Undirected,2\n",
        {},
        [[0, 3], [2, 0]],
    ),
    ("pandas", ",0,1,2\n0,0,1,2\n1,1,0,3\n2,2,3,0\n", {}, [[0, 1, 2], [1, 0, 3], [2, 3, 0]]),
    (
        "R",
        '"X1.2" "L.a" "V"\n"1-2" 0 1 2\n"L a" 1 0 3\n"V" 2 3 0\n',
        {},
        [[0, 1, 2], [1, 0, 3], [2, 3, 0]],
    ),
    (
        "connectogram",
        "data\tdata\t3\t1\t\ndata\tdata\tL\tR\t\n3\tL\t0\t2\t\n1\tR\t2\t0\t\n",
        {},
        [[0, 2], [2, 0]],
    ),
    ("upper", TRIANGLE, {"symmetry": "upper"}, BOTH),
    ("undirected", TRIANGLE, {"directed": "false"}, BOTH),
    (
        "mean",
        NEARLY,
        {"symmetry": "mean", "format": "adjacency"},
        [[0, 1.0002, 2], [1.0002, 0, 4], [2, 4, 0]],
    ),
    (
        "nearly, the lower",
        NEARLY,
        {"symmetry": "lower", "format": "adjacency"},
        [[0, 1, 2], [1, 0, 4], [2, 4, 0]],
    ),
    (
        "sum",
        "0,1,2\n5,1,4\n2,4,9\n",
        {"symmetry": "sum", "format": "adjacency"},
        [[0, 6, 4], [6, 1, 8], [4, 8, 9]],
    ),
]


@pytest.mark.parametrize(("what", "text", "options", "right"), READ, ids=[each[0] for each in READ])
def test_what_is_read(
    adapter: ConnectomeAdapter,
    tmp_path: Path,
    what: str,
    text: str,
    options: dict[str, str],
    right: list[list[float]],
) -> None:
    (tmp_path / "a.csv").write_text(text)
    np.testing.assert_allclose(dense(load(adapter, tmp_path / "a.csv", options)), right, rtol=1e-15)


REFUSED: list[tuple[str, str, dict[str, str], str]] = [
    ("no weights", "A,B,\nB,A,\nA,A,\n", {}, "weights may be missing; say weight=none"),
    ("two delimiters", "a,b;3\nb,c;4\nc,a;5\n", {}, "comma or semicolon.*delimiter="),
    ("blanks and commas", "0 1,5\n1 2,3\n2 0,4\n", {}, "delimiter=comma, or.*decimal=,"),
    ("numbers in a cell", "0 1\t5\n1 0\t4\n", {}, "mixed delimiters"),
    (
        "thousands",
        "pre\tpost\tn\nA\tB\t1,234\nB\tA\t2,500\n",
        {},
        "thousands or decimals; say decimal=",
    ),
    ("dots", "pre;post;n\nA;B;1.234\nB;A;12.500\n", {}, "thousands or decimals; say decimal="),
    ("both marks", "pre;post;n\nA;B;1,5\nB;A;2.5\n", {}, "say which is decimal"),
    ("short row", "# x\npre,post,n\n\nA,B,1\nB,A\n", {}, "line 5, column 3: the row has 2 cells"),
    ("zero byte", "pre,post,n\nA,B\0,1\n", {}, "line 2, column 4 of its text is a zero byte"),
    ("kinds", KINDS, {}, r"'type' holds several kinds of edges \('chem', 'gap', …\); types=all"),
    ("gap among others", KINDS.replace("type", "how"), {}, "several kinds of edges"),
    ("no such kind", KINDS, {"types": "chme"}, "no edge of kind 'chme'.*did you mean 'chem'"),
    ("no kinds", "pre,post,n\nA,B,1\n", {"types": "chem"}, "say in which column with type="),
    (
        "counts",
        "pre,post,count,size\nA,B,1,2\nB,A,2,3\n",
        {},
        "may be in 'count', 'size'; say which with weight=",
    ),
    ("positions", "pre,post,x,y\nA,B,1,2\nB,A,2,3\n", {}, "weight=none where each edge counts 1"),
    ("numbers of rows", "source,target,id\nA,B,1\nB,A,2\n", {}, "weight="),
    (
        "two pairs",
        "pre_id,post_id,pre_root_id,post_root_id\n1,2,3,4\n",
        {},
        "say which with source= and target=",
    ),
    ("one end", "A B 5\nB A 2\n", {"source": "1"}, "go together; give both"),
    ("many columns", "A B 5 x\nB A 2 y\nA A 1 x\n", {}, "say source= and target="),
    (
        "coordinates",
        "-54.5 1.3 2.2\n3.1 4.2 1.0\n2.0 1.0 3.3\n4 5 6.5\n1 1 1.5\n",
        {},
        "is a number and no id",
    ),
    (
        "floating ids",
        "pre,post,n\n11.0,22.0,3\n22.0,11.0,2\n",
        {},
        "line 2, column 1.*'11.0' is a number and no id",
    ),
    ("lost digits", "pre,post,n\n7.2e17,7.3e17,3\n7.3e17,7.2e17,2\n", {}, "is a number and no id"),
    ("labels", "0 R0\n1 R1\n2 R2\n", {}, "table of labels.*format=edges"),
    ("regions", "A\tL\nB\tR\nC\tL\nD\tR\n", {"header": "false"}, "table of labels.*format=edges"),
    ("groups", "1 1\n2 1\n3 2\n4 2\n", {}, "groups.*format=edges"),
    ("genes", "gene,s1,s2\nBRCA1,12,3\nTP53,5,9\nMYC,1,1\nSHH,4,4\n", {}, "table of labels"),
    ("one column", "0.5\n0.3\n", {}, "its first rows: 0.5; 0.3"),
    ("header", "v1,w2\nA,B\nB,C\n", {}, "may be a header.*header=true or header=false"),
    (
        "two readings",
        "0,1,2\n1,0,3\n2,1,5\n",
        {},
        "say format=adjacency or format=edges; its first rows",
    ),
    ("missing weight", "pre,post,n\nA,B,NA\nB,A,2\n", {}, r"line 2, column 3.*\(a missing entry\)"),
    ("a count that is none", "pre,post,count\nA,B,5\nB,A,x5\n", {}, "weight 'x5' is no number"),
    ("missing end", "pre,post,n\nA,nan,1\nB,A,2\n", {}, "line 2, column 2.*missing entry"),
    (
        "missing entry",
        "0,1,n/a,1\n1,0,1,1\n1,1,0,1\n1,1,1,0\n",
        {},
        "'n/a' is no number: a missing entry",
    ),
    (
        "triangle",
        TRIANGLE,
        {},
        "only the upper triangle.*directed=false.*symmetry=upper.*symmetry=none",
    ),
    ("the other triangle", TRIANGLE, {"symmetry": "lower"}, "neither empty nor the mirror"),
    (
        "nearly symmetric",
        NEARLY,
        {"directed": "false", "format": "adjacency"},
        "symmetric up to 0.0001.*symmetry=mean",
    ),
    ("data", "1,2,3,4,5\n" + "7,2,3,4,5\n" * 3, {}, "are no names"),
    ("no braces before", "A B 2\nB A {'weight': 2.0}\n", {}, "attributes in braces"),
    ("a weight of a matrix", "0,1,1,1\n" * 4, {"weight": "n"}, "weight= is for edge tables"),
    (
        "no direction",
        "Source,Target,Type,Weight\n" + "A,B,Directed,1\n" * 1200 + "A,B,Mixed,1\n",
        {},
        "neither Directed nor",
    ),
]


@pytest.mark.parametrize(
    ("what", "text", "options", "message"), REFUSED, ids=[each[0] for each in REFUSED]
)
def test_what_is_refused(
    adapter: ConnectomeAdapter,
    tmp_path: Path,
    what: str,
    text: str,
    options: dict[str, str],
    message: str,
) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises((NetworkError, SourceError), match=f"(?s)a.csv: .*{message}"):
        load(adapter, tmp_path / "a.csv", options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delimiter": "coma"}, "did you mean 'comma'"),
        ({"decimal": "point"}, "decimal='point'"),
        ({"header": "yes"}, "must be true or false"),
        ({"symmetry": "uper"}, "did you mean 'upper'"),
        ({"symmetry": "upper", "directed": "false"}, "say the same"),
        ({"types": " , "}, "types= is empty"),
        ({"types": "a+b,c"}, "a comma parts them"),
        ({"sheet": "s"}, "'sheet' is only for .xlsx"),
        ({"array": "s"}, "'array' is only for"),
        ({"source": "per", "target": "post"}, "no source column 'per'; did you mean 'pre'"),
    ],
)
def test_options_that_are_wrong(
    adapter: ConnectomeAdapter, tmp_path: Path, options: dict[str, str], message: str
) -> None:
    (tmp_path / "a.csv").write_text("pre,post,n\nA,B,1\nB,A,2\n")
    with pytest.raises(SourceError, match=message):
        adapter.list(str(tmp_path / "a.csv"), options)


def test_a_network_of_each_kind(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    (tmp_path / "worm.csv").write_text(KINDS)
    refs = list(adapter.list(str(tmp_path / "worm.csv"), {"types": "chem,gap"}))
    assert [ref.name.partition("/")[2] for ref in refs] == ["worm/chem", "worm/gap"]
    assert len({ref.network_id for ref in refs}) == 2
    for ref, right in zip(refs, ([[0, 3], [0, 0]], [[0, 4], [4, 0]]), strict=True):
        assert dense(adapter.load(ref)) == right
        (again,) = adapter.list(*_parts(ref.source))
        assert again == ref


def _parts(source: str) -> tuple[str, dict[str, str]]:
    pattern, _, options = source.partition(":")[2].partition("?")
    return pattern, dict(each.split("=") for each in options.split("&"))


def release(**more: object) -> pa.Table:
    ids = [FIRST, FIRST + 1, FIRST, FIRST]
    others = [FIRST + 1, FIRST, FIRST + 1, FIRST + 2]
    return pa.table({"pre_pt_root_id": ids, "post_pt_root_id": others, **more})


@pytest.mark.parametrize("form", ["parquet", "feather", "lz4.feather", "csv", "csv.gz"])
def test_releases_of_whole_brains(adapter: ConnectomeAdapter, tmp_path: Path, form: str) -> None:
    table = release(neuropil=["EB", "EB", "FB", "FB"], syn_count=[5, 6, 7, 8])
    table = table.append_column("gaba_avg", pa.array([0.5] * 4))
    path = tmp_path / f"fly.{form}"
    if form == "parquet":
        pq.write_table(table, path)
    elif form.endswith("feather"):
        feather.write_feather(table, path, compression="lz4" if "lz4" in form else "uncompressed")
    else:
        text = table.to_pandas().to_csv(index=False).encode()
        path.write_bytes(gzip.compress(text) if form.endswith("gz") else text)
    network = load(adapter, path, {})
    assert dense(network) == [[0, 12, 8], [6, 0, 0], [0, 0, 0]]
    said = {key: network.metadata.get(key) for key in ("source_column", "weight_column", "rows")}
    assert said == {"source_column": "pre_pt_root_id", "weight_column": "syn_count", "rows": 4}
    assert network.metadata["duplicates"] == 1
    assert network.metadata["heaviest"] == f"{FIRST} -> {FIRST + 1}: 12"


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"size": [1, 2, 3, 4], "syn_count": [1, 2, 3, 4]}, {}, "may be in 'size', 'syn_count'"),
        ({"type": ["a", "b", "a", "a"], "n": [1, 2, 3, 4]}, {}, "several kinds of edges"),
        ({"type": ["a", "b", None, "a"], "n": [1, 2, 3, 4]}, {"types": "c"}, "no edge of kind 'c'"),
        ({"n": [1, 2, None, 4]}, {}, "1 empty cells"),
        ({"n": [1.0, 2, np.nan, 4]}, {}, r"missing entries \(nan\)"),
        (
            {"x": [0.5, 1, 2, 3]},
            {"source": "x", "target": "pre_pt_root_id", "weight": "none"},
            "no ids",
        ),
    ],
)
@pytest.mark.parametrize("form", ["parquet", "feather"])
def test_columns_that_do_not_tell(
    adapter: ConnectomeAdapter,
    tmp_path: Path,
    form: str,
    columns: dict[str, object],
    options: dict[str, str],
    message: str,
) -> None:
    write = pq.write_table if form == "parquet" else feather.write_feather
    write(release(**columns), tmp_path / f"a.{form}")
    with pytest.raises(NetworkError, match=message):
        load(adapter, tmp_path / f"a.{form}", options)


def test_kinds_and_directions_of_columns(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    table = release(kind=["a", "b", "a", "a"], n=[1, 2, 3, 4])
    table = table.append_column("how", pa.array(["Directed"] * 3 + ["Undirected"]))
    pq.write_table(table, tmp_path / "a.parquet")
    network = load(adapter, tmp_path / "a.parquet", {"types": "a"})
    assert dense(network) == [[0, 4, 4], [0, 0, 0], [4, 0, 0]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le-bom"])
def test_encodings(adapter: ConnectomeAdapter, tmp_path: Path, encoding: str) -> None:
    text = "pre,post,n\nÄ,B,1\nB,Ä,2\n"
    data = b"\xff\xfe" + text.encode("utf-16-le") if "bom" in encoding else text.encode(encoding)
    (tmp_path / "a.csv").write_bytes(data)
    network = load(adapter, tmp_path / "a.csv", {})
    assert dense(network) == [[0, 1], [2, 0]]
    assert network.metadata["heaviest"] == "B -> Ä: 2"


def test_a_latin_table_is_refused_by_name(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("pre,post,n\nÄ,B,1\n".encode("latin-1"))
    with pytest.raises(NetworkError, match="not UTF-8.*save it as UTF-8"):
        load(adapter, tmp_path / "a.csv", {})


def test_facts_of_a_matrix(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(";A;B;C\nA;2;1,5;0\nB;1,5;0;3\nC;0;3;0\n")
    said = load(adapter, tmp_path / "m.csv", {}).metadata
    assert {key: said[key] for key in ("form", "delimiter", "decimal", "named", "symmetry")} == {
        "form": "adjacency",
        "delimiter": "semicolon",
        "decimal": ",",
        "named": True,
        "symmetry": "symmetric",
    }
    assert (said["nodes"], said["edges"], said["loops"]) == (3, 3, 1)
    assert said["heaviest"] == "B -> C: 3"
