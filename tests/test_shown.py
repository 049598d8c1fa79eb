"""How values show themselves: a few lines of text, and in a notebook a picture below them."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.classes import equivalence_classes
from zoo_spectra.text import sparkline

SVG = "{http://www.w3.org/2000/svg}"


def picture(html: str) -> ElementTree.Element:
    """The SVG of it, which is well-formed and asks for nothing from elsewhere."""
    assert "href" not in html
    return ElementTree.fromstring(html[html.index("<svg") :])


def test_blocks_go_from_the_least_to_the_most() -> None:
    assert sparkline([0, 1, 2, 7]) == "▁▂▃█"
    assert sparkline([3, 3]) == "▁▁"
    assert sparkline([]) == ""
    assert sparkline(list(range(64)), 8) == "▁▂▃▄▅▆▇█"
    assert len(sparkline(list(range(129)))) == 32


def test_a_spectrum_shows_its_curve() -> None:
    spectrum = zs.analyze(arrays(0))
    line = next(each for each in repr(spectrum).splitlines() if "CSD" in each)
    assert sparkline(spectrum.csd.tolist()) in line
    drawn = picture(spectrum._repr_html_())
    (curve,) = drawn.iter(f"{SVG}polyline")
    places = np.array([pair.split(",") for pair in curve.attrib["points"].split()], dtype=float)
    assert len(places) == 129
    top = max(np.abs(spectrum.csd).max(), 2 * spectrum.csd_fluctuation["coe"].max())
    assert np.allclose(places[:, 1], 45 * (1 - 0.95 * spectrum.csd / top), atol=0.06)


def test_names_are_text() -> None:
    spectrum = replace(zs.analyze(arrays(0)), name="<script>alert(1)</script>\x1b[31m")
    html = spectrum._repr_html_()
    assert "<script" not in html
    assert "\x1b" not in html
    picture(html)


def test_classes_show_their_sizes() -> None:
    curves = np.repeat([[0.0] * 129, [1.0] * 129, [2.0] * 129], [5, 2, 1], axis=0)
    found = equivalence_classes(curves, 0.1)
    assert found.sizes.tolist() == [5, 2, 1]
    text = repr(found)
    assert "Classes of 8 networks: 3, the largest of 5, 1 of one network alone" in text
    assert sparkline([5, 2, 1]) in text
    assert len(list(picture(found._repr_html_()).iter(f"{SVG}rect"))) == 3


def test_a_catalog_shows_what_it_holds(tmp_path: Path) -> None:
    place = tmp_path / "zoo"
    nets = {**{f"n{at}": arrays(at % 2) for at in range(4)}, "bad": {"w": np.full((3, 3), np.inf)}}
    adapter = zs.MemoryAdapter(nets)
    zs.run("memory:*", catalog=str(place), in_process=True, adapters=[adapter], progress=False)
    catalog = zs.Catalog(place)
    assert "5 networks: 1 artificial failed, 4 artificial ok\n  not classified" in repr(catalog)
    assert "<svg" not in catalog._repr_html_()
    zs.classify(catalog, 0.001)
    assert f"2 classes at ε = 0.001, average linkage, pooled: sizes {sparkline([2, 2])}" in repr(
        catalog
    )
    assert len(list(picture(catalog._repr_html_()).iter(f"{SVG}rect"))) == 2
    for part in (place / "networks").iterdir():
        part.write_bytes(b"")
    assert "cannot be read now" in repr(catalog)


def test_an_empty_catalog(tmp_path: Path) -> None:
    assert "0 networks\n  not classified" in repr(zs.Catalog.create(tmp_path / "zoo"))


def test_a_run_shows_how_networks_ended(tmp_path: Path) -> None:
    wrong = {"w": np.full((3, 3), np.inf)}
    nets = {**{f"n{at}": arrays(at) for at in range(3)}, "<script>bad</script>": wrong}
    adapter = zs.MemoryAdapter(nets)
    runs = [
        zs.run(what, catalog=str(tmp_path), in_process=True, adapters=[adapter], progress=False)
        for what in ("memory:n0", "memory:*")
    ]
    assert repr(runs[1]) in unescape(runs[1]._repr_html_())
    assert "<script" not in runs[1]._repr_html_()
    drawn = picture(runs[1]._repr_html_())
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert texts == ["done before", "1", "ok", "2", "failed", "1"]
    widths = [float(bar.attrib["width"]) for bar in drawn.iter(f"{SVG}rect")]
    assert widths[0] == widths[2] == pytest.approx(widths[1] / 2, abs=0.1)
    places = [float(text.attrib["x"]) for text in drawn.iter(f"{SVG}text")]
    assert max(places) < float(drawn.attrib["width"]) - 20
    assert [text.text for text in picture(runs[0]._repr_html_()).iter(f"{SVG}text")] == ["ok", "1"]


def test_a_run_of_nothing_has_no_picture() -> None:
    nothing = zs.Summary(catalog="zoo", asked=0, done_before=0, seconds=0.0)
    assert "<svg" not in nothing._repr_html_()
    assert "0 networks asked for" in nothing._repr_html_()
