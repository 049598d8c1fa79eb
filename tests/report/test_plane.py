"""Networks in the plane keep the distances that a plane can keep."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from zoo_curves import zoo_curves
from zoo_spectra.method import BIN_WIDTH
from zoo_spectra.report.plane import plane_of


def test_the_plane_keeps_distances_that_a_plane_can_keep() -> None:
    on_a_line = np.outer(np.arange(9.0) ** 2, np.ones(129)) / 129
    for points in (on_a_line, np.repeat(on_a_line, 400, axis=0)):  # whole, and by landmarks
        plane = plane_of(points)
        assert plane.landmarks == min(len(points), 1000 if len(points) > 2500 else len(points))
        assert plane.held == pytest.approx(1)
        some = slice(None, None, 97)
        apart = cdist(points[some], points[some], "cityblock") * BIN_WIDTH
        assert cdist(plane.place[some], plane.place[some]) == pytest.approx(apart, abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_plane_of_few(count: int) -> None:
    points = zoo_curves(1, count)
    plane = plane_of(points)
    apart = cdist(points, points, "cityblock") * BIN_WIDTH
    assert cdist(plane.place, plane.place) == pytest.approx(apart, abs=1e-9)


def test_equal_networks_are_at_one_place() -> None:
    plane = plane_of(np.ones((5, 129)))
    assert np.abs(plane.place).max() < 1e-6
    assert plane.held == 1
