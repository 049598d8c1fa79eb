"""A job over many networks, from its file to the last row, whatever dies meanwhile.

``job`` is the file, ``run`` the whole of it: ``plan`` says what is left, ``tasks`` cuts it by cost
and memory, ``schedule`` decides what runs where (pure), ``drive`` carries that out, ``actors`` are
the workers (the only import of Ray), ``work`` is what one does, ``rows`` what it writes, ``usage``
what it took. ``submit`` hands a job to a cluster over HTTP.
"""

from zoo_spectra.runner.drive import Stop
from zoo_spectra.runner.job import Job
from zoo_spectra.runner.run import Progress, Summary, run
from zoo_spectra.runner.submit import submit
from zoo_spectra.runner.work import Receipt

__all__ = [
    "Job",
    "Progress",
    "Receipt",
    "Stop",
    "Summary",
    "run",
    "submit",
]
