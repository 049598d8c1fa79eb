"""Good files keep the contract, broken ones are refused; run by: python -m pytest"""

from itertools import pairwise

import numpy as np
import pytest
from zoo_spectra_nnet import NNetAdapter, read

from zoo_spectra.errors import FileFormatError, SourceError
from zoo_spectra.testing import check_adapter, check_refuses

SIZES = (5, 12, 12, 5)


def text(seed):
    """A network of three layers, as it is written: a row of weights a line, then a bias a line."""
    random = np.random.default_rng(seed)
    lines = ["// made here", "3,5,5,12,", "5,12,12,5,", "0,", *4 * ["0.0,0.0,0.0,0.0,0.0,"]]
    for inputs, outputs in pairwise(SIZES):
        for row in random.normal(size=(outputs, inputs)):
            lines.append(",".join(map(repr, row.tolist())) + ",")
        lines += [f"{bias!r}," for bias in random.normal(size=outputs).tolist()]
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path):
    for seed in range(2):
        (tmp_path / f"net{seed}.nnet").write_text(text(seed))
    return tmp_path


def test_the_contract(folder):
    refs = check_adapter(NNetAdapter(), f"{folder}/*.nnet", {"family": "acas"})
    assert [ref.name for ref in refs] == [f"{folder.name}/net{seed}" for seed in range(2)]
    check_refuses(NNetAdapter(), f"{folder}/no-such*", SourceError)


def test_every_number_is_where_it_was(folder):
    random = np.random.default_rng(1)
    arrays = read(folder / "net1.nnet")
    for layer, (inputs, outputs) in enumerate(pairwise(SIZES)):
        weight = random.normal(size=(outputs, inputs))
        np.testing.assert_array_equal(arrays[f"layers.{layer}.weight"], weight)
        np.testing.assert_array_equal(arrays[f"layers.{layer}.bias"], random.normal(size=outputs))


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "// nothing else\n",
        text(0)[: len(text(0)) // 2],
        text(0) + "1.0,\n",
        text(0).replace("5,12,12,5", "5,12,12,6"),
        text(0).replace("3,5,5,12", "2,5,5,12"),
        text(0).replace("5,12,12,5", "5,-12,-12,5"),
        text(0).replace("5,12,12,5", "5,many,12,5"),
        text(0).replace("3,5,5,12", "three,5,5,12"),
        "\xe9" + text(0),
    ],
)
def test_what_is_not_whole_is_refused(tmp_path, broken):
    (tmp_path / "net.nnet").write_text(broken)
    check_refuses(NNetAdapter(), f"{tmp_path}/net.nnet", FileFormatError)
