"""A job over many networks, from its file to the last row, whatever dies meanwhile.

``job`` is the file, ``run`` the whole of it: ``plan`` says what is left, ``tasks`` cuts it by cost
and memory, ``schedule`` decides what runs where (pure), ``drive`` carries that out, ``actors`` are
the workers (the only import of Ray), ``work`` is what one does, and ``parts`` what several do of
one large estimate, ``rows`` what it writes, ``usage`` what it took. ``preview`` says what a job
would cost, ``submit`` hands a job to a cluster over HTTP. ``nulls`` is a run over draws of null
models, which ``drawn`` makes of ``originals``.
"""

from zoo_spectra.runner.drive import Stop
from zoo_spectra.runner.job import Job
from zoo_spectra.runner.nulls import Drawing, check_model, make_nulls
from zoo_spectra.runner.plan import Plan, expand, gather
from zoo_spectra.runner.preview import Cost, cost, preview
from zoo_spectra.runner.run import Progress, Silent, Summary, run
from zoo_spectra.runner.submit import submit
from zoo_spectra.runner.work import Receipt

__all__ = [
    "Cost",
    "Drawing",
    "Job",
    "Plan",
    "Progress",
    "Receipt",
    "Silent",
    "Stop",
    "Summary",
    "check_model",
    "cost",
    "expand",
    "gather",
    "make_nulls",
    "preview",
    "run",
    "submit",
]
