"""Random initialisation: timm's own numbers, and torch left as it was."""

from __future__ import annotations

import logging
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch

from whole import whole
from zoo_spectra.sources.adapter import load
from zoo_spectra_timm.building import quiet, timm_library

ARCHITECTURES = ["mobilenetv3_small_050", "vit_tiny_patch16_224", "test_nfnet", "test_coatnet"]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_numbers_are_those_of_create_model(name: str, threads: int) -> None:
    torch.manual_seed(7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = timm_library().create_model(name, pretrained=False)
    plain = {key: p.detach().numpy() for key, p in model.named_parameters()}
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        network = load(f"timm:{name}?seed=7")
    finally:
        torch.set_num_threads(before)
    count = 0
    for key, matrix in whole(network.constituents()):
        want = plain[key]
        np.testing.assert_array_equal(matrix, want.reshape(len(want), -1))
        count += 1
    assert count == sum(p.ndim >= 2 and k.endswith("weight") for k, p in plain.items())


def test_seeds_differ() -> None:
    first, second = (next(load(f"timm:test_vit?seed={s}").constituents()).matrix for s in (0, 1))
    assert not np.array_equal(first, second)


def test_torch_is_left_as_it_was_and_does_not_matter() -> None:
    plain = next(load("timm:test_resnet?seed=5").constituents()).matrix
    torch.manual_seed(123)
    state = torch.get_rng_state()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.device("meta"):
            odd = next(load("timm:test_resnet?seed=5").constituents()).matrix
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(odd, plain)
    assert odd.dtype == np.float32


def test_a_fresh_process_is_quiet_and_imports_lazily() -> None:
    """Also where torchvision was built for another torch: timm alone cannot be imported there."""
    code = (
        "import sys, warnings; import zoo_spectra_timm\n"
        "assert not {'torch', 'timm'} & set(sys.modules)\n"
        "from zoo_spectra.sources import load\n"
        "network = load('timm:test_vit?seed=0')\n"
        "assert 'torchvision.ops' in sys.modules\n"
        "print(len(list(network.constituents())), len(warnings.filters) < 50)"
    )
    run = [sys.executable, "-W", "always", "-c", code]
    ran = subprocess.run(run, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    count, _ = ran.stdout.split()
    assert int(count) > 20
    assert ran.stderr == ""


def test_timm_is_silenced_only_while_it_builds(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("timm.models._builder")
    level = logging.getLogger("timm").level
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with quiet():
            logger.warning("No pretrained configuration specified")
            warnings.warn("Mapping deprecated model name", stacklevel=1)
        assert not caught
        assert not caplog.records
    logger.warning("heard again")
    assert [record.message for record in caplog.records] == ["heard again"]
    assert logging.getLogger("timm").level == level
