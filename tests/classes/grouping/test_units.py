"""Who is in which group, and what is left out: said, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from zoo_spectra.classes.grouping.units import Units, units_of
from zoo_spectra.errors import DesignError


def units(facts: dict[str, list[Any]], **asked: Any) -> Units:
    frame = pl.DataFrame(facts, strict=False)
    given: dict[str, Any] = {"by": "group", "within": None, "adjust": [], "unit": None, **asked}
    return units_of([f"scan{at}" for at in range(frame.height)], frame, **given)


def test_groups_are_in_order_and_labels_are_theirs() -> None:
    found = units({"group": ["b", "a", "b", "a", "c", "c"]})
    assert found.groups == ("a", "b", "c")
    assert found.label.tolist() == [1, 0, 1, 0, 2, 2]
    assert found.said == ()
    numbers = units({"group": [10, 9, 10, 9]})
    assert numbers.groups == ("9", "10")
    assert units({"group": [True, False, True, False]}).groups == ("false", "true")


def test_what_has_no_value_is_left_out_and_said() -> None:
    found = units(
        {"group": ["a", None, "a", "b", "b", "b"], "age": [1.0, 2.0, 3.0, float("nan"), 5.0, 7.5]},
        adjust=["age"],
    )
    assert found.rows.tolist() == [0, 2, 4, 5]
    assert found.said == (
        "1 network left out: nothing in group",
        "1 network left out: nothing in age",
    )
    assert found.covariates is not None
    assert found.covariates[:, 0].tolist() == [1, 3, 5, 7.5]


def test_who_is_alone_is_left_out_and_said() -> None:
    found = units({"group": ["a", "a", "b", "b", "c"]})
    assert found.groups == ("a", "b")
    assert found.said == ("1 unit left out: alone in their group of group (scan4)",)
    strata = units({"group": ["a", "a", "b", "b", "b"], "site": [1, 1, 1, 1, 2]}, within="site")
    assert strata.said == ("1 unit left out: alone in their stratum of site (scan4)",)
    assert strata.stratum is not None
    assert strata.stratum.tolist() == [0, 0, 0, 0]


def test_one_that_is_alone_leaves_others_alone() -> None:
    """Without the one alone at its site, the last of group b is alone, too."""
    facts = {"group": ["a", "a", "b", "b", "c", "c"], "site": [1, 1, 1, 2, 1, 1]}
    found = units(facts, within="site")
    assert found.groups == ("a", "c")
    assert len(found.said) == 2


@pytest.mark.parametrize("group", [["a"] * 4, ["a", "b", "c", "d"], ["a", "a", "a", "b"]])
def test_one_group_is_refused(group: list[str]) -> None:
    with pytest.raises(DesignError, match="a difference needs two"):
        units({"group": group})


def test_no_values_at_all_are_refused() -> None:
    with pytest.raises(DesignError, match="no network has a value in each of group"):
        units({"group": [None, None]})


@pytest.mark.parametrize("values", [list(range(11)), [0.5, 0.5, 1.5, 1.5]])
def test_numbers_are_a_covariate(values: list[float]) -> None:
    with pytest.raises(DesignError, match="that is a covariate"):
        units({"group": values})


def test_scans_of_a_subject_are_one_unit() -> None:
    found = units(
        {
            "group": ["a", "a", "b", "b", "a", "b"],
            "subject": ["s1", "s1", "s2", "s2", "s3", "s4"],
            "age": [1, 3, 5, 5, 9, 11],
        },
        unit="subject",
        adjust=["age"],
    )
    assert found.name == ("s1", "s2", "s3", "s4")
    assert found.label.tolist() == [0, 1, 0, 1]
    assert found.covariates is not None
    assert found.covariates[:, 0].tolist() == [2, 5, 9, 11]
    points = np.arange(12.0).reshape(6, 2)
    assert found.mean(points).tolist() == [[1, 2], [5, 6], [8, 9], [10, 11]]


@pytest.mark.parametrize("column", ["group", "site", "sex"])
def test_a_subject_in_two_is_refused(column: str) -> None:
    facts = {
        "group": ["a", "a", "b", "b", "a", "b"],
        "site": ["x", "x", "x", "x", "x", "x"],
        "sex": ["f", "f", "m", "m", "f", "m"],
        "subject": ["s1", "s1", "s2", "s2", "s3", "s4"],
    }
    facts[column][1] = "z"
    with pytest.raises(DesignError, match=f"subject 's1' is in two of '{column}'"):
        units(facts, unit="subject", within="site", adjust=["sex"])


def test_a_covariate_of_words_is_an_indicator_each() -> None:
    found = units({"group": ["a", "b", "a", "b"], "sex": ["f", "m", "m", "f"]}, adjust=["sex"])
    assert found.covariates is not None
    assert found.covariates.tolist() == [[1, 0], [0, 1], [0, 1], [1, 0]]
