"""zoo_spectra: spectral equivalence classes of artificial and biological networks.

import zoo_spectra as zs
spectrum = zs.analyze(zs.load("timm:resnet18?seed=0"))
zs.run(zs.Job.from_toml("jobs/demo.toml"))
zs.Catalog("catalogs/demo").classes().collect()
"""

from zoo_spectra.adapter import Adapter, NetworkRef, list_networks, load
from zoo_spectra.analysis import Settings, Spectrum, analyze
from zoo_spectra.catalog import Catalog
from zoo_spectra.classify import classify
from zoo_spectra.errors import ZooSpectraError
from zoo_spectra.job import Job
from zoo_spectra.memory import MemoryAdapter
from zoo_spectra.mme import S_EDGES
from zoo_spectra.network import Constituent, Network
from zoo_spectra.runner.run import Summary, run
from zoo_spectra.spectrum import METHOD_VERSION

__all__ = [
    "METHOD_VERSION",
    "S_EDGES",
    "Adapter",
    "Catalog",
    "Constituent",
    "Job",
    "MemoryAdapter",
    "Network",
    "NetworkRef",
    "Settings",
    "Spectrum",
    "Summary",
    "ZooSpectraError",
    "analyze",
    "classify",
    "list_networks",
    "load",
    "run",
]
