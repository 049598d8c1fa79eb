"""Figures for papers: what is drawn is what is stored, names are text, what is cut is said."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import zoo_spectra as zs
from networks import arrays
from parts import commit, result
from zoo_spectra import report
from zoo_spectra.catalog import Catalog
from zoo_spectra.errors import CatalogError, FigureError
from zoo_spectra.method import UNIVERSALITY
from zoo_spectra.report import FIGURES, Wanted, content_of, draw

HOSTILE = {
    "<script>alert(1)</script>",
    "a&b\"c'd",
    "</svg><image href='http://x/y'/>",
    "{signal: 1}",
    "bidi\u202egnp",
    "two\nlines",
    "=HYPERLINK(1)",
}


def made(place: Path, networks: int = 12, families: int = 3, **changes: Any) -> Catalog:
    """A catalog of networks with curves of their own, two of them bad."""
    catalog = Catalog.create(place)
    for at in range(networks):
        shift = 0.01 * at
        csd = (np.linspace(-1, 1, 129) * shift).tolist()
        more = {"family": f"f{at % families}", "csd": csd, "csd_depth": [csd] * 4} | changes
        commit(catalog, f"n{at:02}", f"c{at:02}", **more)
    commit(catalog, "bad", "cb", status="failed", reason="no")
    commit(catalog, "old", "co", method_version=1)
    return catalog


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return made(tmp_path_factory.mktemp("figures") / "zoo")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Networks that were analysed, under hostile names."""
    place = str(tmp_path_factory.mktemp("real") / "zoo")
    nets = {name: arrays(at) for at, name in enumerate(sorted(HOSTILE))}
    adapter = zs.MemoryAdapter(nets, family="</text>&")
    zs.run("memory:*", catalog=place, in_process=True, adapters=[adapter], progress=False)
    return Catalog(place)


def rows_of(chart: Any) -> list[list[dict[str, Any]]]:
    """The data of every layer of a chart, in order."""

    def walk(node: Any) -> list[list[dict[str, Any]]]:
        if isinstance(node, list):
            return [rows for each in node for rows in walk(each)]
        if not isinstance(node, dict):
            return []
        data = node.get("data", {})
        own = [data["values"]] if "values" in data else []
        if "name" in data:
            own = [spec["datasets"][data["name"]]]
        inside = (each for key, each in node.items() if key not in ("data", "datasets"))
        return own + [rows for each in inside for rows in walk(each)]

    spec = chart.to_dict()
    return walk(spec)


def test_every_file_of_a_figure_is_in_the_table() -> None:
    folder = Path(report.__file__).parent / "figures"
    files = {each.stem for each in folder.glob("*.py") if "def picture(" in each.read_text()}
    assert files == set(FIGURES)


@pytest.mark.parametrize("kind", FIGURES)
def test_names_are_text_in_every_figure(real: Catalog, kind: str) -> None:
    picture = draw(kind, Wanted(real))
    svg = content_of(picture, ".svg")
    tree = ElementTree.fromstring(svg)
    tags = {each.tag.rpartition("}")[2] for each in tree.iter()}
    assert tags <= {"svg", "g", "path", "text", "rect", "defs", "clipPath", "linearGradient",
                    "stop", "line", "title", "style", "tspan"}  # fmt: skip
    assert not [
        key for each in tree.iter() for key in each.attrib if "href" in key or key[:2] == "on"
    ]
    text = "".join(tree.itertext())
    assert "\u202e" not in text
    if kind in ("csd", "density", "tail", "tree", "depth", "spacing"):
        assert "<script>alert(1)</script>" in text
        assert "two\\nlines" in text
        assert "{signal: 1}" in text


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_other_files(zoo: Catalog, suffix: str) -> None:
    content = content_of(draw("csd", Wanted(zoo, ("n00",))), suffix)
    assert content.startswith({".png": b"\x89PNG", ".pdf": b"%PDF"}[suffix])
    assert len(content) > 5_000


def test_csd_is_what_is_stored(real: Catalog) -> None:
    name = real.networks().select("name").collect()["name"].sort()[0]
    picture = draw("csd", Wanted(real, (name,)))
    spectrum = real.spectrum(name)
    layers = rows_of(picture.chart)
    curves = [[row["y"] for row in rows] for rows in layers if len(rows) == 129 and "y" in rows[0]]
    assert any(np.array_equal(curve, spectrum.csd) for curve in curves)
    for beta in ("coe", "cue", "cse"):
        twice = 2 * spectrum.csd_fluctuation[beta]
        drawn = [None if value < 1e-5 else value for value in twice.tolist()]
        assert drawn in curves, beta
    (band,) = [rows for rows in layers if rows and "high" in rows[0]]
    assert [row["high"] for row in band] == (2 * spectrum.csd_fluctuation["coe"]).tolist()


def test_what_is_left_out_is_said(zoo: Catalog, tmp_path: Path) -> None:
    few = draw("csd", Wanted(zoo, where="family = 'f0'"))
    assert few.said[0] == "Circular spectral difference of 4 networks"
    said = draw("density", Wanted(zoo)).said
    assert said[0] == "Density of eigenvalues of 12 networks by family; thick: median, " + (
        "thin: each network"
    )
    assert "left out: 1 network did not end ok" in said
    assert "left out: 1 network of another method version than 2" in said
    many = made(tmp_path / "many", 22, 11)
    lines = draw("csd", Wanted(many)).said
    assert lines[0].startswith("Circular spectral difference of 16 networks by family")
    assert "6 networks of 3 more values of family" in lines[1]


def test_medians_are_of_all_values_also_of_those_too_small_to_draw(tmp_path: Path) -> None:
    """On a log axis zeros have no place; a median without them would rise along the tail."""
    catalog = Catalog.create(tmp_path / "zoo")
    for at in range(9):
        csd = np.zeros(129)
        csd[70:75] = -0.2
        if at < 2:
            csd[75:80] = -0.1
        commit(catalog, f"n{at}", f"c{at}", csd=csd.tolist(), family="f", tail_mass=0.2)
    curves = [
        [row["y"] for row in rows]
        for rows in rows_of(draw("tail", Wanted(catalog)).chart)
        if rows and "which" in rows[0] and "network" not in rows[0] and len(rows) > 20
    ]
    (median,) = curves
    assert [round(value, 9) for value in median if value is not None] == [0.2] * 6


def test_the_fit_of_the_tail_is_what_is_stored(real: Catalog) -> None:
    picture = draw("tail", Wanted(real))
    rows = real.networks().filter(pl.col("decay_rate").is_not_null()).collect()
    assert rows.height
    for rate, error in rows.select("decay_rate", "decay_rate_se").iter_rows():
        assert any(f"κ = {rate:.2f} ± {error:.2f}" in line for line in picture.said)
    without = real.networks().filter(pl.col("decay_rate").is_null()).collect().height
    assert ("too few eigenvalues" in " ".join(picture.said)) == bool(without)


def test_a_map_has_every_network_and_says_the_others(zoo: Catalog, tmp_path: Path) -> None:
    many = made(tmp_path / "many", 22, 11)
    picture = draw("map", Wanted(many))
    points = next(rows for rows in rows_of(picture.chart) if rows and "label" in rows[0])
    assert len(points) == 22
    assert sum(row["which"] == 8 for row in points) == 8
    assert any("8 networks of 4 more values of family" in line for line in picture.said)
    assert any("1 network did not end ok" in line for line in picture.said)
    named = draw("map", Wanted(zoo, ("n00", "n05", "n11")))
    assert named.said[0].startswith("3 networks by pooled distance")


def test_a_tree_has_the_classes_of_classify(zoo: Catalog) -> None:
    for accuracy in (0.05, 0.2):
        found = zs.classify(zoo, accuracy)
        said = draw("tree", Wanted(zoo, accuracy=accuracy)).said[0]
        number = found["class"].n_unique()
        assert f"ε = {accuracy:g}, {number} class" in said


def test_a_large_tree_says_how_many_are_in_a_branch(tmp_path: Path) -> None:
    catalog = made(tmp_path / "zoo", 64, 2)
    picture = draw("tree", Wanted(catalog))
    layers = rows_of(picture.chart)
    texts = [row["text"] for row in next(rows for rows in layers if "which" in rows[0])]
    assert len(texts) == 60
    members = sum(1 + int(text.partition(" and ")[2].split(" ")[0] or 0) for text in texts)
    assert members == 64
    assert "the 60 largest branches" in " ".join(picture.said)


def test_heat_maps_have_the_density_of_each_constituent(real: Catalog) -> None:
    name = real.networks().select("name").collect()["name"].sort()[0]
    spectrum = real.spectrum(name)
    cells = next(rows for rows in rows_of(draw("depth", Wanted(real, (name,))).chart)
                 if rows and "density" in rows[0])  # fmt: skip
    count = len(spectrum.used)
    assert {round(row["y"] * count) for row in cells} == set(range(count))
    pooled = np.zeros(128)
    top = max(row["density"] for row in cells)
    for row in cells:
        pooled[round((row["x"] + 8) * 8)] += row["density"] / count / 8
    # What is darker than black is cut, in the picture only.
    assert np.all(pooled <= spectrum.density[1:-1] + 1e-3)
    whole = [row for row in cells if row["density"] < top]
    assert len(whole) > len(cells) / 2


def test_a_catalog_without_spectra_has_quarters() -> None:
    place = Path(__file__).resolve().parents[3] / "catalogs" / "timm-random"
    picture = draw("depth", Wanted(Catalog(place), ("resnet18/seed0",)))
    assert "rows: 4 quarters of the depth (the catalog holds no spectra)" in picture.said
    said = draw("spacing", Wanted(Catalog(place), ("resnet18/seed0",))).said
    assert said[0] == "Level spacings of 1 network by family"


def test_spacings_are_those_that_are_stored(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    commit(catalog, "one", "c1", gap_ratio=0.51, gap_ratio_se=0.02)
    picture = draw("spacing", Wanted(catalog))
    stored = catalog.spectra().select("gap_ratio").collect()["gap_ratio"].drop_nulls().to_list()
    rows = rows_of(picture.chart)
    points = next(each for each in rows if each and "low" in each[0])
    assert sorted(row["x"] for row in points) == sorted(stored)
    mean = next(each for each in rows if each and each[0].get("mean"))
    assert [(row["x"], row["low"]) for row in mean] == [(0.51, pytest.approx(0.47))]
    lines = next(each for each in rows if each and each[0].get("text") == "Poisson")
    assert [row["x"] for row in lines] == list(UNIVERSALITY.values())


def test_a_sweep_is_that_of_the_command(zoo: Catalog) -> None:
    rows = zs.sweep(zoo, where="name <> 'n00'")
    picture = draw("sweep", Wanted(zoo, where="name <> 'n00'"))
    points = [row for each in rows_of(picture.chart) for row in each if row.get("which") == 0]
    assert set(zip(rows["accuracy"], rows["classes"], strict=True)) <= {
        (row["x"], row.get("y")) for row in points
    }


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("cds", {}, "did you mean 'csd'"),
        ("csd", {"names": ("n00",), "where": "true"}, "not both"),
        ("csd", {"where": "name = 'nobody'"}, "no network with a result"),
        ("csd", {"by": "famili"}, "did you mean 'family'"),
        ("csd", {"by": "csd"}, "no column 'csd'"),
        ("depth", {}, "at most 8"),
    ],
)
def test_what_cannot_be_drawn(zoo: Catalog, kind: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(FigureError, match=said):
        draw(kind, Wanted(zoo, **more))


def test_a_network_that_is_named_must_have_a_result(zoo: Catalog) -> None:
    with pytest.raises(CatalogError, match="ended failed"):
        draw("csd", Wanted(zoo, ("bad",)))
    with pytest.raises(CatalogError, match="no network 'n99'"):
        draw("csd", Wanted(zoo, ("n99",)))


def test_two_networks_of_one_name_are_told_by_their_sources(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    for at in range(2):
        row, spectra = result(f"n{at}", f"c{at}")
        catalog.commit(f"c{at}", [row | {"name": "same"}], spectra)
    texts = [
        row.get("text") for rows in rows_of(draw("csd", Wanted(catalog)).chart) for row in rows
    ]
    assert {"memory:n0", "memory:n1"} <= set(texts)


def test_without_altair_it_says_what_to_install(
    zoo: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(FigureError, match=r"pip install 'zoo-spectra\[report\]'"):
        draw("csd", Wanted(zoo))


def test_a_figure_has_no_number_that_is_none(real: Catalog) -> None:
    for kind in FIGURES:
        json.dumps(draw(kind, Wanted(real)).chart.to_dict(), allow_nan=False)


def test_a_process_without_room_is_told_so(tmp_path: Path) -> None:
    """What draws would end the process otherwise."""
    made(tmp_path / "zoo", 2)
    words = f"-m zoo_spectra plot csd {tmp_path}/zoo -o {tmp_path}/a.svg"
    ran = subprocess.run(
        ["bash", "-c", f"ulimit -v 12000000; {sys.executable} {words}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2, ran.stderr
    assert "ulimit -v is unlimited" in ran.stderr
    assert not (tmp_path / "a.svg").exists()


def test_curves_that_are_none_are_left_out_or_refused(tmp_path: Path) -> None:
    """As another program may have written them."""
    catalog = Catalog.create(tmp_path / "zoo")
    commit(catalog, "fine", "c0")
    commit(catalog, "short", "c1", density=[1.0], csd_fluctuation_cue=None)
    for kind in ("csd", "density"):
        said = draw(kind, Wanted(catalog)).said
        assert "left out: 1 network without a curve" in said
    commit(catalog, "nan", "c2", tail_mass=float("nan"), csd_fluctuation_coe=[float("nan")] * 129)
    with pytest.raises(FigureError, match="values that are no numbers"):
        content_of(draw("csd", Wanted(catalog)), ".svg")


def test_equal_networks_have_a_map_and_a_tree(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    for at in range(3):
        commit(catalog, f"n{at}", f"c{at}", csd=[0.0] * 129, csd_depth=[[0.0] * 129] * 4)
    for kind in ("map", "tree", "sweep"):
        assert content_of(draw(kind, Wanted(catalog)), ".svg").startswith(b"<svg")
    assert "the plane holds 100 % of the squared distances" in draw("map", Wanted(catalog)).said[0]
