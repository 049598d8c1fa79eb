"""The mathematics: numpy in, numpy out, no files and no processes.

From constituents to eigenvalues (``spectrum``, with ``lapack``, ``torch_solver`` and, for large
orders, ``estimate``, made of ``probes`` by the quadrature of ``slq``, or of parts (``parted``);
``engine`` has them beside one another), to the mixed matrix ensemble (``mme``), the error of
estimates (``replicates``), its conjugate circular ensembles (``circular``), the circular spectral
difference, its tail and its distance (``csd``), level statistics (``levels``), resampled curves
(``bootstrap``), and all of it for one network (``analysis``), in which a matrix that is stored
twice counts once (``tied``), and the same along the network and name by name, with the measures of
distance (``resolved``). ``single`` is one constituent as if it were a network; ``nulls`` are null
models. What is the paper's and what is ours: docs/method.md.
"""

from zoo_spectra.defaults import MEASURES, Measure
from zoo_spectra.method.analysis import (
    Settings,
    Spectrum,
    analyze,
    as_network,
    combine,
    combined_digest,
)
from zoo_spectra.method.csd import Tail, distance
from zoo_spectra.method.engine import Device, Engine, all_threads, check_device, limited, solve
from zoo_spectra.method.estimate import ESTIMATE_VERSION
from zoo_spectra.method.levels import UNIVERSALITY, GapRatio
from zoo_spectra.method.mme import BIN_WIDTH, S_EDGES
from zoo_spectra.method.nulls import (
    SINGLY,
    TRADED,
    Beyond,
    Drawn,
    Mixing,
    Original,
    beyond,
    drawn,
    drawn_alone,
    mixings,
)
from zoo_spectra.method.parted import Part, Parted, is_parted
from zoo_spectra.method.resolved import (
    DEPTH,
    constituent_curves,
    depth_csd,
    depth_curves,
    distances_to,
    measure_between,
    named_curves,
)
from zoo_spectra.method.single import Alone, alone, density_of, distance_alone
from zoo_spectra.method.slq import Coefficients
from zoo_spectra.method.spectrum import (
    ALL_ZERO,
    EXACT_LIMIT,
    METHOD_VERSION,
    ConstituentSpectrum,
    Floats,
    Integers,
)
from zoo_spectra.method.tied import stored_once, unsolved

__all__ = [
    "ALL_ZERO",
    "BIN_WIDTH",
    "DEPTH",
    "ESTIMATE_VERSION",
    "EXACT_LIMIT",
    "MEASURES",
    "METHOD_VERSION",
    "SINGLY",
    "S_EDGES",
    "TRADED",
    "UNIVERSALITY",
    "Alone",
    "Beyond",
    "Coefficients",
    "ConstituentSpectrum",
    "Device",
    "Drawn",
    "Engine",
    "Floats",
    "GapRatio",
    "Integers",
    "Measure",
    "Mixing",
    "Original",
    "Part",
    "Parted",
    "Settings",
    "Spectrum",
    "Tail",
    "all_threads",
    "alone",
    "analyze",
    "as_network",
    "beyond",
    "check_device",
    "combine",
    "combined_digest",
    "constituent_curves",
    "density_of",
    "depth_csd",
    "depth_curves",
    "distance",
    "distance_alone",
    "distances_to",
    "drawn",
    "drawn_alone",
    "is_parted",
    "limited",
    "measure_between",
    "mixings",
    "named_curves",
    "solve",
    "stored_once",
    "unsolved",
]
