"""Files of every name: what a listing prints, a row holds or a person types loads that file."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from zoo_spectra.errors import SourceError
from zoo_spectra.sources.adapter import listing
from zoo_spectra.sources.source import parse_source
from zoo_spectra.testing import check_adapter
from zoo_spectra_checkpoint import CheckpointAdapter
from zoo_spectra_connectome import ConnectomeAdapter

NAMES = [
    "what?", "what?family=x", "x#1", "a&b=c", "50%", "a%41", "a%3F", "aA", "a%20b", "a b", " lead",
    "style [v1.2]", "[ab]", "a]b", "a[[]b", "st*r", "**", "a*b[?]", "!x", "-rf", "--help", "a:b",
    "quote'", 'double"', "back\\slash", "new\nline", "tab\t", "\x1b[31mred", "bell\x07", "c1\x9b",
    "\u202egnp", "\ufeffbom", "line\u2028sep", "Ünïcödé", "名前", "🧠", "e\u0301", "~", "~root",
    "$HOME", "`ls`", "a;b", "@samples", "", "x" * 250, "caf\udce9", "\udcff\udcfe", "d[v2]/m",
    "d*/m", "q?/m", "sp ace/ x", "caf\udce9/m",
]  # fmt: skip
SUFFIX = ".npz"  # of both adapters


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of each name; the number of the name is in its matrix."""
    for number, name in enumerate(NAMES):
        path = tmp_path / f"{name}{SUFFIX}"
        path.parent.mkdir(exist_ok=True)
        np.savez(path, w=np.eye(3) * (number + 1) + 1.0)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def number_of(network: zs.Network) -> int:
    (constituent,) = network.constituents()
    return int(constituent.matrix[0, 0]) - 2


@pytest.mark.parametrize("adapter", ["checkpoint", "connectome"])
def test_what_is_listed_loads(folder: Path, adapter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dotted names apart, which a wildcard does not match, as in a shell."""
    refs = zs.list_networks(f"{adapter}:{folder}/**/*{SUFFIX}")
    refs += zs.list_networks(f"{adapter}:{SUFFIX}")
    monkeypatch.chdir("/")
    found = {}
    for ref in refs:
        assert str(parse_source(ref.source)) == ref.source
        ref.source.encode()
        ref.name.encode()
        ref.family.encode()
        assert ref.source.isprintable()
        assert zs.list_networks(ref.source) == [ref] == [pickle.loads(pickle.dumps(ref))]
        found[ref.location] = number_of(zs.load(ref.source))
    assert found == {f"{folder}/{name}{SUFFIX}": number for number, name in enumerate(NAMES)}
    assert len({ref.network_id for ref in refs}) == len(NAMES)


@pytest.mark.parametrize("adapter", [CheckpointAdapter(), ConnectomeAdapter()])
def test_the_contract_is_kept_for_names_of_every_kind(folder: Path, adapter: zs.Adapter) -> None:
    for name in ("caf\udce9/m", "aA", "x" * 250):
        (folder / f"{name}{SUFFIX}").unlink()  # two of one shown name, one of one stem, a long one
    (folder / f"~{SUFFIX}").unlink()
    check_adapter(adapter, f"{folder}/q?/*")
    check_adapter(adapter, f"{folder}/[!.x]*{SUFFIX}")


def test_a_name_is_typed_as_it_is(folder: Path) -> None:
    """But for a ?, which begins the options, a wildcard, and an escape that another file has."""
    for number, name in enumerate(NAMES):
        if set(name) & {"?", "*"} or name in ("a%41", "a%20b"):
            continue
        typed = f"checkpoint:./{name}{SUFFIX}"
        if name == "a[[]b":  # the escape of glob for a[b, which is not there
            with pytest.raises(SourceError, match="a%5Bb.npz matches no file"):
                zs.load(typed)
        else:
            assert number_of(zs.load(typed)) == number, name


def test_an_escape_comes_first_and_then_the_name_as_it_is_typed(folder: Path) -> None:
    def name(typed: str) -> str:
        return NAMES[number_of(zs.load(f"checkpoint:{typed}{SUFFIX}"))]

    assert name("a%41") == "aA"
    (folder / f"aA{SUFFIX}").unlink()
    assert name("a%41") == "a%41"
    assert name("a%2541") == "a%41"
    assert name("a%20b") == "a b"
    assert name("50%") == "50%"


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("what?.npz", "what%3F.npz"),
        ("what?family=x.npz", "what%3Ffamily=x.npz"),
        ("what?.npz?family=worm", "what%3F.npz"),
        ("q?/m.npz", "q%3F/m.npz"),
    ],
)
def test_a_question_mark_that_is_typed_is_explained(folder: Path, typed: str, right: str) -> None:
    with pytest.raises(SourceError) as caught:
        zs.list_networks(f"checkpoint:{typed}")
    said = str(caught.value)
    assert said.endswith(f"there is a file of that name: write checkpoint:{right}")
    assert NAMES[number_of(zs.load(f"checkpoint:{right}"))] + SUFFIX == typed.removesuffix(
        "?family=worm"
    )


def test_a_table_may_have_any_name_too(folder: Path) -> None:
    for name in NAMES:
        if name == "" or len(name) > 200:
            continue
        table = folder / f"{name}.csv"
        table.write_bytes(b"region\nX\nY\nX\n")
        options = {"nodes": str(table), "partition": "region"}
        (ref,) = check_adapter(ConnectomeAdapter(), f"{folder}/aA{SUFFIX}", options)
        (again,) = zs.list_networks(ref.source)
        assert ref.options["nodes"] == again.options["nodes"] == str(table)


def test_a_name_that_is_no_utf8_becomes_a_row(folder: Path, tmp_path: Path) -> None:
    summary = zs.run(
        ["checkpoint:caf\udce9.npz", "checkpoint:caf%E9/*"],
        catalog=str(tmp_path / "cat"),
        in_process=True,
    )
    assert summary.count("ok") == 2
    rows = zs.Catalog(tmp_path / "cat").networks().sort("source").collect()
    assert rows["name"].to_list() == [f"{folder.name}/caf\\xe9", "caf\\xe9/m"]
    assert rows["family"].to_list() == [folder.name, "caf\\xe9"]
    assert {NAMES[number_of(zs.load(source))] for source in rows["source"]} == {
        "caf\udce9", "caf\udce9/m",
    }  # fmt: skip


def test_a_listing_says_what_it_leaves_out(folder: Path) -> None:
    (folder / "lost.npz").symlink_to("gone.npz")
    (folder / "notes.docx").touch()
    found = listing(f"checkpoint:{folder}/*")
    assert (
        str(found.left_out)
        == f"7 left out: 1 .docx, 1 dangling link ({folder}/lost.npz), 5 folders"
    )
    assert found.refs == tuple(zs.list_networks(f"checkpoint:{folder}/*"))
    assert not listing("memory:a", {"memory": zs.MemoryAdapter({"a": {"w": np.eye(2)}})}).left_out
