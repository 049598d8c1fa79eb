"""The figure of groups: every unit, every group's mean, and where they differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from demo import make_demo
from zoo_spectra.classes import GroupDifferences, groups
from zoo_spectra.report import content_of, draw_groups


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> GroupDifferences:
    catalog = make_demo(tmp_path_factory.mktemp("grouped") / "demo")
    return groups(catalog, "genotype", measure="depth")


def datasets(chart: Any) -> list[list[dict[str, Any]]]:
    """The rows of every layer."""
    found: list[list[dict[str, Any]]] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            for each in node.values():
                if isinstance(each, list) and each and isinstance(each[0], dict):
                    found.append(each)
                walk(each)
        elif isinstance(node, list):
            for each in node:
                walk(each)

    walk(chart.to_dict())
    return found


def test_it_draws_every_unit_and_says_the_statistics(found: GroupDifferences) -> None:
    picture = draw_groups(found)
    points = [rows for rows in datasets(picture.chart) if "mx" in rows[0]]
    assert all(len(rows) == found.units.height == 8 for rows in points)
    said = "\n".join(picture.said)
    assert f"R² = {found.r2:.3f}" in said
    assert "the plane holds" in said
    assert "R² of 3 of 3 constituents" in said
    bars = [rows for rows in datasets(picture.chart) if "r2" in rows[0]]
    assert [row["name"] for row in bars[0]] == found.constituents["constituent"].to_list()


def test_names_are_text_and_files_are_whole(found: GroupDifferences) -> None:
    odd = replace(
        found,
        by="<script>",
        units=found.units.with_columns(group=pl.lit("<b>") + pl.col("group")),
    )
    svg = content_of(draw_groups(odd), ".svg").decode()
    assert svg.rstrip().endswith("</svg>")
    assert "<script>" not in svg
    assert "<b>" not in svg


def test_without_constituents_only_the_plane_is_drawn(found: GroupDifferences) -> None:
    plain = replace(found, constituents=found.constituents.clear())
    assert not [rows for rows in datasets(draw_groups(plain).chart) if "r2" in rows[0]]
