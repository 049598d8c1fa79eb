"""What training does to a spectrum: three ImageNet networks against their random twins."""

from __future__ import annotations

from itertools import combinations

import zoo_spectra as zs


def test_trained_networks_are_near_one_another_and_far_from_random_ones() -> None:
    file = "@samples/efficientnet_lite/efficientnet_lite"
    sizes = (0, 1, 2)
    trained = [
        zs.analyze(zs.load(f"timm:efficientnet_lite{n}?checkpoint={file}{n}.pth")) for n in sizes
    ]
    random = [zs.analyze(zs.load(f"timm:efficientnet_lite{n}?seed=0")) for n in sizes]
    assert max(a.distance(b) for a, b in combinations(trained, 2)) < 0.06
    assert max(a.distance(b) for a, b in combinations(random, 2)) < 0.07
    assert min(a.distance(b) for a in trained for b in random) > 0.42
    plain = zs.analyze(zs.load(f"checkpoint:{file}0.pth"))
    assert plain.distance(trained[0]) == 0
