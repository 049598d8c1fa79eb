"""What the report says and holds, without a browser."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_spectra as zs
from networks import FaultyAdapter, arrays
from parts import commit
from zoo_curves import zoo_curves
from zoo_spectra.catalog import Catalog, published_catalogs
from zoo_spectra.errors import CatalogError
from zoo_spectra.report import write_report
from zoo_spectra.report.page.pack import UNKNOWN, decimals, packed, three_digits
from zoo_spectra.report.page.page import page_of
from zoo_spectra.report.page.rows import rounded
from zoo_spectra.report.page.written import written


def opened(path: Path) -> dict[str, Any]:
    """The JSON object of a report."""
    text = path.read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="text/plain" id="data">([A-Za-z0-9+/=]*)</script>', text)
    whole = zlib.decompress(base64.b64decode(data))
    size = int.from_bytes(whole[:4], "little")
    return dict(json.loads(whole[4 : 4 + size]))


def column(told: dict[str, Any], key: str) -> list[Any]:
    (found,) = [each["values"] for each in told["columns"] if each["key"] == key]
    return list(found)


def made(place: Path, count: int = 6) -> Catalog:
    """A catalog of networks whose curves differ."""
    catalog = Catalog.create(place)
    for at, curve in enumerate(zoo_curves(2, count)):
        csd = curve.tolist()
        commit(catalog, f"net{at}", f"c{at}", csd=csd, csd_depth=[csd] * 4)
    return catalog


def test_whole_numbers_of_a_place_are_what_is_shown() -> None:
    values = np.array([0.12344, 0.12346, -0.5, np.nan, 0.00004, 1.0])
    assert decimals(values, 4).tolist() == [1234, 1235, -5000, UNKNOWN, 0, 10000]


def test_three_digits_are_within_half_of_the_last() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate(
        [10.0 ** rng.uniform(-11.9, 0, 2000), [1.0, 0.9999, 0.5, 1e-3, 9.996e-5]]
    )
    code = three_digits(values).astype(int)
    again = ((code - 1) % 900 + 100) / 100 * 10.0 ** -((code - 1) // 900)
    assert np.all(np.abs(again / values - 1) <= 0.5e-2)
    assert [f"{a:.3g}" for a in again[-5:]] == [f"{v:.3g}" for v in values[-5:]]
    assert three_digits(np.array([0.0, 1e-14, -1e-17, np.nan])).tolist() == [0, 0, 0, UNKNOWN]


def test_what_is_packed_is_letters_and_no_other_kind_of_number() -> None:
    hostile = {"name": "</script><script>alert(1)</script>\u2028"}
    text = packed(hostile, {"a": np.arange(6, dtype=np.int16).reshape(2, 3)})
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", text)
    with pytest.raises(TypeError, match="uint8"):
        packed({}, {"a": np.zeros(3, np.uint8)})
    with pytest.raises(ValueError, match="JSON"):
        packed({"a": float("nan")}, {})


def test_numbers_are_rounded_as_they_are_shown() -> None:
    assert [rounded(v) for v in (0.123449, 123456.0, 1e-300)] == [0.1234, 123500.0, 1e-300]
    assert rounded(float("inf")) is None


def test_a_script_cannot_end_too_early() -> None:
    with pytest.raises(ValueError, match="too early"):
        page_of("", "const a = '</SCRIPT >'")


def test_it_tells_of_every_network(tmp_path: Path) -> None:
    adapters = [zs.MemoryAdapter({f"net{s}": arrays(s) for s in range(3)}), FaultyAdapter()]
    place = str(tmp_path / "zoo")
    zs.run(["memory:*", "faulty:raises"], catalog=place, in_process=True, adapters=adapters)
    told = write_report(Catalog(place), tmp_path / "r.html")
    assert (told.networks, told.drawn) == (4, 3)
    assert told.size == (tmp_path / "r.html").stat().st_size
    data = opened(tmp_path / "r.html")
    assert column(data, "name") == ["net0", "net1", "net2", "raises"]
    assert column(data, "status") == ["ok", "ok", "ok", "failed"]
    assert ["networks", "4: 3 ok, 1 failed, 0 quarantined"] in data["facts"]["lines"]
    assert any("not classified" in line for line in data["facts"]["warnings"])


def test_only_failed_networks_are_told_of_too(tmp_path: Path) -> None:
    place = str(tmp_path / "zoo")
    zs.run(["faulty:raises"], catalog=place, in_process=True, adapters=[FaultyAdapter()])
    told = write_report(Catalog(place), tmp_path / "r.html")
    assert (told.networks, told.drawn) == (1, 0)
    data = opened(tmp_path / "r.html")
    assert any("No network can be drawn" in line for line in data["facts"]["warnings"])


def test_results_of_an_older_version_are_said_and_not_drawn(tmp_path: Path) -> None:
    catalog = made(tmp_path / "zoo")
    commit(catalog, "old", "old", method_version=1)
    told = write_report(catalog, tmp_path / "r.html")
    assert (told.networks, told.drawn) == (7, 6)
    data = opened(tmp_path / "r.html")
    assert column(data, "name")[-1] == "old"
    assert any("1 network of method version 1 is left out" in w for w in data["facts"]["warnings"])


def test_what_came_later_or_does_not_meet_the_condition_is_said(tmp_path: Path) -> None:
    catalog = made(tmp_path / "zoo")
    zs.classify(catalog, accuracy=0.2, linkage="complete", where="name != 'net1'")
    commit(catalog, "new", "new")
    told = write_report(catalog, tmp_path / "r.html")
    data = opened(tmp_path / "r.html")
    assert (told.networks, told.drawn) == (7, 6)
    assert data["how"] == {"accuracy": 0.2, "linkage": "complete", "measure": "pooled"}
    said = " ".join(data["facts"]["warnings"])
    assert "1 network came after the catalog was classified" in said
    assert "1 network is not drawn: it does not meet name != 'net1'" in said
    assert column(data, "name")[-1] == "net1"
    assert "removed" not in said
    catalog.remove("name = 'net0'")
    assert write_report(catalog, tmp_path / "r.html").drawn == 5
    said = " ".join(opened(tmp_path / "r.html")["facts"]["warnings"])
    assert "1 network was removed after the catalog was classified" in said


@pytest.mark.parametrize("measure", ["depth", "matched"])
def test_by_every_measure(tmp_path: Path, measure: Any) -> None:
    catalog = made(tmp_path / "zoo")
    zs.classify(catalog, measure=measure)
    assert write_report(catalog, tmp_path / "r.html").drawn == 6
    assert opened(tmp_path / "r.html")["how"]["measure"] == measure


def test_of_too_many_the_medoids_are_drawn(tmp_path: Path) -> None:
    catalog = made(tmp_path / "zoo", 40)
    with pytest.raises(
        CatalogError, match="40 networks are too many.*there are none: zoo-spectra classify"
    ):
        written(catalog, tmp_path / "r.html", most=39)
    classes = zs.classify(catalog, accuracy=0.05)
    count = classes["class"].max()
    assert 3 < count < 39
    told = written(catalog, tmp_path / "r.html", most=39)
    assert (told.networks, told.drawn) == (40, count)
    data = opened(tmp_path / "r.html")
    assert data["medoids"] is True
    medoids = classes.unique("class").sort("class")["medoid"].to_list()
    assert column(data, "name")[:count] == medoids
    assert "stand for 40 of them" in " ".join(data["facts"]["warnings"])
    assert written(catalog, tmp_path / "r.html", most=2).drawn == 2
    said = " ".join(opened(tmp_path / "r.html")["facts"]["warnings"])
    assert f"{count - 2} classes more are not drawn" in said
    commit(catalog, medoids[0], "again", second=9)
    assert written(catalog, tmp_path / "r.html", most=39).drawn == count - 1
    said = " ".join(opened(tmp_path / "r.html")["facts"]["warnings"])
    assert "1 class more" in said
    assert "1 network in none of these classes: classify again" in said


def test_two_thousand_networks_are_less_than_three_megabytes(tmp_path: Path) -> None:
    places = {Path(str(each.location)).name: each for each in published_catalogs()}
    catalog = places["timm-random"]
    told = write_report(catalog, tmp_path / "r.html")
    assert told.networks == told.drawn > 1900
    assert told.size < 3_000_000


def test_a_row_without_curves_by_depth_has_none(tmp_path: Path) -> None:
    catalog = made(tmp_path / "zoo", 3)
    commit(catalog, "bare", "bare", csd_depth=None, csd_fluctuation_coe=None)
    assert write_report(catalog, tmp_path / "r.html").drawn == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": "[1]"},
        {"metadata": "{"},
        {"metadata": json.dumps({"long": "x" * 5000})},
        {"metadata": json.dumps({f"key{at}": at for at in range(600)})},
        {"left_out": '{"a": "b", "c": [1], "d": 1e400}'},
        {"parameters": 2**62, "order_max": 0, "coverage": float("nan")},
        {"tail_mass": float("nan"), "decay_rate": -5.0, "gap_ratio": float("inf")},
        {"status": "weird", "kind": ""},
    ],
)
def test_odd_facts_are_shown_as_they_are(tmp_path: Path, changes: dict[str, Any]) -> None:
    catalog = made(tmp_path / "zoo", 3)
    commit(catalog, "odd", "odd", **changes)
    assert write_report(catalog, tmp_path / "r.html").networks == 4
    data = opened(tmp_path / "r.html")
    assert len({len(each["values"]) for each in data["columns"]}) == 1
    if "x" * 5000 in changes.get("metadata", ""):
        assert column(data, "long")[-1] == "x" * 1000 + "… (5,000 characters)"
    if "parameters" in changes:
        assert str(2**62) in column(data, "parameters")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"csd": [float("nan")] * 129}, "a curve that is none (csd)"),
        ({"csd": [0.0] * 5}, "a curve that is none (csd)"),
        ({"csd": [1.5] + [0.0] * 128}, "not within [-1, 1]"),
        ({"csd": [1e300] * 129}, "not within [-1, 1]"),
        ({"csd_depth": [[2.0] * 129] * 4}, "a csd_depth that is none"),
        ({"csd_fluctuation_cue": [1e9] * 129}, "a csd_fluctuation_cue that is none"),
        ({"scale": None}, "a scale that is none"),
        ({"scale": 0.0}, "a scale that is none"),
    ],
)
def test_what_another_program_wrote_is_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    catalog = made(tmp_path / "zoo", 3)
    commit(catalog, "odd", "odd", **changes)
    with pytest.raises(CatalogError, match=f"{re.escape(said)}.*'odd'"):
        write_report(catalog, tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_a_lost_part_is_said(tmp_path: Path) -> None:
    catalog = made(tmp_path / "zoo", 3)
    next(catalog.storage.root.glob("spectra/*.parquet")).unlink()
    with pytest.raises(CatalogError, match="0 of the 3 spectra of .* a part is lost"):
        write_report(catalog, tmp_path / "r.html")


def test_matrices_that_are_left_out_are_counted_by_reason(tmp_path: Path) -> None:
    nets = {
        "one": arrays(0) | {"bad": np.full((3, 3), np.nan), "layer9": np.zeros((4, 4))},
        "two": arrays(1) | {"layer9": np.zeros((4, 4))},
    }
    place = str(tmp_path / "zoo")
    zs.run("memory:*", catalog=place, in_process=True, adapters=[zs.MemoryAdapter(nets)])
    write_report(Catalog(place), tmp_path / "r.html")
    facts = opened(tmp_path / "r.html")["facts"]
    left = {why: numbers for why, *numbers in facts["left_out"]}
    assert left["all entries are zero"] == [2, 2]
    assert left["non-finite entries"] == [1, 1]
    assert "1 network has non-finite matrices, which are left out." in facts["warnings"]
