"""zoo_spectra: spectral equivalence classes of artificial and biological networks.

import zoo_spectra as zs
spectrum = zs.analyze(zs.load("timm:resnet18?seed=0"))
zs.run(zs.Job.from_toml("jobs/demo.toml"))
zs.Catalog("catalogs/demo").classes().collect()

The names are in ``__init__.pyi``; each is imported when it is first asked for.
"""

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
