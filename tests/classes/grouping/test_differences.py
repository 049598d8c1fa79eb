"""``zs.groups`` on a catalog: what it finds, what it leaves out, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.spatial.distance import pdist, squareform
from skbio.stats.distance import DistanceMatrix
from skbio.stats.distance import permanova as permanova_of_skbio

import zoo_spectra as zs
from zoo_spectra.catalog import Catalog
from zoo_spectra.classes.grouping.pairwise import holm
from zoo_spectra.errors import CatalogError, DesignError

Make = Callable[..., Catalog]


def people(size: int = 16) -> list[dict[str, Any]]:
    """Two groups at two sites, of two sexes, each at an age of their own; two scans a subject."""
    return [
        {
            "group": "ab"[at // 2 % 2],
            "site": f"site{at // 4 % 2}",
            "sex": "fm"[at // 8 % 2],
            "age": 20.5 + at // 2,
            "subject": f"s{at // 2}",
        }
        for at in range(size)
    ]


def shifts(size: int = 16, effect: float = 0.0, seed: int = 0) -> list[float]:
    noise = np.random.default_rng(seed).standard_normal(size)
    return [float(0.1 * noise[at] + effect * (at // 2 % 2)) for at in range(size)]


def test_a_difference_is_found(make: Make) -> None:
    found = zs.groups(make(people(), shifts(effect=0.5)), "group")
    assert found.p_value < 0.001
    assert found.nearest_accuracy == 1.0
    assert found.nearest_p_value < 0.001
    assert 0.8 < found.r2 < 1
    assert found.groups.rows() == [
        ("a", 8, pytest.approx(0.11, abs=0.1)), ("b", 8, pytest.approx(0.11, abs=0.1)),
    ]  # fmt: skip
    assert found.pairs.select("one", "other", "p_holm").rows() == [("a", "b", found.p_value)]
    assert "4 groups" not in repr(found)
    assert "2 groups of group, 16 networks, pooled distance; all 12,870 shuffles" in repr(found)


def test_it_is_scikit_bios_statistic_of_the_catalogs_distances(make: Make) -> None:
    catalog = make(people(), shifts(effect=0.05))
    found = zs.groups(catalog, "group", permutations=99)
    rows = catalog.networks().sort("name").collect()
    apart = squareform(pdist(np.array(rows["csd"].to_list()), "cityblock")) / 8
    theirs = permanova_of_skbio(DistanceMatrix(apart), rows["group"].to_list(), permutations=0)
    assert found.pseudo_f == pytest.approx(theirs["test statistic"], rel=1e-10)
    assert found.permutations == 99
    assert found.least_p_value == 0.01


def test_a_site_hides_a_difference_until_it_is_allowed_for(make: Make) -> None:
    site = [2.0 * (at // 4 % 2) + each for at, each in enumerate(shifts(effect=0.25))]
    catalog = make(people(), site)
    assert zs.groups(catalog, "group").p_value > 0.2
    for allowed in ({"within": "site"}, {"adjust": ["site"]}):
        found = zs.groups(catalog, "group", **allowed)  # type: ignore[arg-type]
        assert found.p_value < 0.01
        assert found.nearest_p_value < 0.05
        assert found.r2 < 0.1  # of all squares, of which the site has most


def test_scans_are_no_subjects(make: Make) -> None:
    """Two equal scans of each of 8 subjects: as units they are 8, and half as sure."""
    pairs = [each for each in shifts(8, seed=3) for _ in (0, 1)]
    catalog = make(people(), pairs)
    found = zs.groups(catalog, "group", unit="subject")
    assert found.units.height == 8
    assert found.units["networks"].to_list() == [2] * 8
    assert found.permutations == 70
    assert found.exhaustive
    assert found.least_p_value == pytest.approx(2 / 70)
    assert any("the least possible p is 0.029" in note for note in found.notes)
    assert zs.groups(catalog, "group").nearest_accuracy == 1.0
    assert found.nearest_accuracy < 1.0


def test_too_few_networks_are_said(make: Make) -> None:
    found = zs.groups(make(people(8), shifts(8, effect=1.0)), "group", unit="subject")
    assert found.permutations == 6
    assert "no p can be below 0.05: there are too few networks" in found.notes


def test_a_confounded_column_is_said(make: Make) -> None:
    whole = [each | {"scanner": "xy"[each["group"] == "b"]} for each in people()]
    found = zs.groups(make(whole, shifts()), "group")
    assert any(note.startswith("confounded: each value of scanner is in") for note in found.notes)
    assert any("give --unit subject" in note for note in found.notes)
    with pytest.raises(DesignError, match="cannot be told from what is allowed for"):
        zs.groups(make(whole, shifts()), "group", within="scanner")
    known = zs.groups(make(whole, shifts()), "group", unit="subject")
    assert not any("--unit" in note for note in known.notes)


def test_columns_that_are_nearly_confounded_are_said(make: Make) -> None:
    almost = [each | {"scanner": "xy"[each["group"] == "b"]} for each in people(48)]
    almost[0]["scanner"], almost[2]["scanner"] = "y", "x"
    found = zs.groups(make(almost, shifts(48)), "group", adjust=["scanner"], permutations=99)
    assert any("explains 84 % of who is in which group" in note for note in found.notes)


def test_a_difference_of_spread_is_said(make: Make) -> None:
    noise = np.random.default_rng(0).standard_normal(16)
    wide = [float(each * (0.02, 1.0)[at // 2 % 2]) for at, each in enumerate(noise)]
    found = zs.groups(make(people(), wide), "group")
    assert found.dispersion_p_value is not None
    assert found.dispersion_p_value < 0.05
    assert any("spread differently (widest b, tightest a)" in note for note in found.notes)


def test_what_did_not_end_ok_is_counted(make: Make, tmp_path: Path) -> None:
    from parts import commit

    catalog = make(people(), shifts())
    commit(catalog, "bad", "x", status="failed", reason="no weights", run=1)
    found = zs.groups(catalog, "group", permutations=9)
    assert "1 network left out: no result of this version of the method" in found.notes


def test_metadata_with_the_name_of_a_column_is_found(make: Make) -> None:
    catalog = make([each | {"density": each["group"]} for each in people()], shifts())
    assert zs.groups(catalog, "density", permutations=9).groups["group"].to_list() == ["a", "b"]
    assert zs.groups(catalog, "metadata_density", permutations=9).units.height == 16


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("grupo", "no column 'grupo'; did you mean 'group'"),
        ("age", "that is a covariate"),
        ("gap_ratio", "give another column|that is a covariate"),
        ("class", "classes are made of these distances"),
        ("csd", "no column 'csd'"),
        ("subject", None),
    ],
)
def test_other_columns_are_refused(make: Make, by: str, message: str | None) -> None:
    catalog = make(people(), shifts())
    if message is None:
        assert zs.groups(catalog, by, permutations=9).groups.height == 8
        return
    with pytest.raises(DesignError, match=message):
        zs.groups(catalog, by)


def test_equal_networks_are_refused(make: Make) -> None:
    with pytest.raises(DesignError, match="all networks are equal"):
        zs.groups(make(people(), [0.0] * 16), "group")


def test_no_permutation_is_refused(make: Make) -> None:
    with pytest.raises(DesignError, match="0 permutations"):
        zs.groups(make(people(), shifts()), "group", permutations=0)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_groups_may_come_from_a_table(make: Make, tmp_path: Path, suffix: str) -> None:
    catalog, file = make(people(), shifts(effect=0.5)), tmp_path / f"who{suffix}"
    frame = pl.DataFrame(
        {"age": range(17), "name": [f"scan{at:02d}" for at in range(16, -1, -1)],
         "arm": ["xy"[at // 2 % 2] for at in range(16, -1, -1)]}
    )  # fmt: skip
    if suffix == ".parquet":
        frame.write_parquet(file)
    else:
        frame.write_csv(file, separator="\t" if suffix == ".tsv" else ",")
    with pytest.raises(DesignError, match="'age' is a column of the table and of the catalog"):
        zs.groups(catalog, "arm", table=file, adjust=["age"])
    found = zs.groups(catalog, "arm", table=file, within="sex")
    assert dict(found.units.select("unit", "group").rows())["scan02"] == "y"
    assert found.p_value < 0.01
    assert f"1 row of {file} without a network" in found.notes


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("who,arm\nscan00,x\n", "no row of 'who' is called 'scan01', as 15 networks"),
        ("who,arm\nscan00,x\nscan00,y\n", "'scan00' has two rows"),
        ("", "cannot be read"),
    ],
)
def test_a_table_that_is_not_certain_is_refused(
    make: Make, tmp_path: Path, rows: str, message: str
) -> None:
    file = tmp_path / "who.csv"
    file.write_text(rows)
    with pytest.raises(DesignError, match=message):
        zs.groups(make(people(), shifts()), "arm", table=file)
    with pytest.raises(DesignError, match="a table is a file"):
        zs.groups(tmp_path / "people", "arm", table=tmp_path / "who.txt")


def test_a_table_cannot_say_who_has_a_name_twice(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "who.csv"
    file.write_text("who,arm\nscan00,x\n")
    with pytest.raises(DesignError, match="two networks are called 'twin'"):
        zs.groups(make(people(4), shifts(4), name="twin"), "arm", table=file)


@pytest.mark.parametrize("measure", ["pooled", "matched"])
def test_where_is_where_it_was_planted(real: Catalog, tmp_path: Path, measure: Any) -> None:
    file = tmp_path / "who.csv"
    names = real.networks().select("name").collect()["name"].to_list()
    file.write_text("name,half\n" + "".join(f"{name},{name[0]}\n" for name in names))
    found = zs.groups(real, "half", table=file, measure=measure)
    rows = found.constituents
    assert rows["constituent"][0] == "layer1"
    assert rows["q_value"][0] < 0.05
    assert rows["networks"].to_list() == [12, 12, 12]
    assert rows["p_value"].is_sorted()
    assert found.exhaustive  # 924 labelings


def test_of_the_matched_measure_the_constituents_are_its_parts(
    real: Catalog, tmp_path: Path
) -> None:
    """The matched distance is the mean over constituents: so their own distances say."""
    file = tmp_path / "who.csv"
    names = real.networks().select("name").collect()["name"].to_list()
    file.write_text("name,half\n" + "".join(f"{name},{name[0]}\n" for name in names))
    found = zs.groups(real, "half", table=file, measure="matched", permutations=9)
    spectra = {name: real.spectrum(name) for name in sorted(names)}
    curves = np.array([s.named[1][s.named[0].index("layer1")] for s in spectra.values()])
    apart = squareform(pdist(curves, "cityblock"))
    theirs = permanova_of_skbio(DistanceMatrix(apart), [n[0] for n in spectra], permutations=0)
    (own,) = found.constituents.filter(pl.col("constituent") == "layer1")["pseudo_f"]
    assert own == pytest.approx(theirs["test statistic"], rel=1e-8)


def test_a_catalog_without_spectra_says_why_there_is_no_where(tmp_path: Path) -> None:
    from demo import curve
    from parts import result

    catalog = Catalog.create(tmp_path / "published", spectra=False)
    for at in range(8):
        row, _ = result(f"n{at}", f"c{at}", family="ab"[at % 2], run=1, **curve(0.1 * at))
        catalog.commit(f"c{at}", [row])
    found = zs.groups(catalog, "family")
    assert found.constituents.is_empty()
    assert any("constituents are not tested" in note for note in found.notes)
    with pytest.raises(CatalogError, match="use the measure pooled or depth"):
        zs.groups(catalog, "family", measure="matched")


def test_holm_is_as_by_hand() -> None:
    found = holm(np.array([0.01, 0.04, np.nan, 0.03, 0.005]))
    assert found == pytest.approx([0.03, 0.06, np.nan, 0.06, 0.02], nan_ok=True)
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]


def test_pairs_that_never_meet_have_no_numbers(make: Make) -> None:
    """Groups a and c never at one site: all together can be compared, the two cannot."""
    group = [*"aabb", *"bbcc", *"aabb", *"bbcc"]
    who = [{"group": each, "site": f"site{at // 4 % 2}"} for at, each in enumerate(group)]
    found = zs.groups(make(who, shifts()), "group", within="site", permutations=99)
    rows = {(row["one"], row["other"]): row for row in found.pairs.iter_rows(named=True)}
    assert rows["a", "c"]["p_value"] is None
    assert rows["a", "c"]["p_holm"] is None
    assert rows["a", "b"]["p_value"] is not None
    assert any("a and c" in note for note in found.notes)
