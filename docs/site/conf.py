"""The site that `make docs` builds: its pages are the Markdown files of the repository, in place.

Nothing of it comes from elsewhere, when it is built or when it is read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

import zoo_spectra

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # mathml.py

project = "zoo_spectra"
author = "zoo_spectra"
release = version = zoo_spectra.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "mathml"]
root_doc = "docs/index"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "adapters/README.md",
    "benchmarks/README.md",
    "catalogs/README.md",
    "catalogs/timm-random/DATASHEET.md",
    "catalogs/brains-and-nets/DATASHEET.md",
    "docs/*.md",
    "docs/notebooks/*.ipynb",
    "jobs/kuberay/README.md",
]
# Folders that are not looked into: include_patterns alone would have all of them searched.
exclude_patterns = ["**/.*", ".*", "build", "dist", "data", "tests", "zoo_spectra", "docs/site"]

# Markdown as on GitHub: links from file to file, with the anchors of headings.
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
highlight_language = "none"
smartquotes = False  # --option stays what is typed
nb_execution_mode = "off"  # docs/site/notebooks.py runs them, and the tests do
nb_ipywidgets_js: dict[str, object] = {}  # they would be asked for elsewhere

autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
nitpicky = True
# Public names are to be found; others, and those of other projects, are not documented here.
nitpick_ignore_regex = [("py:.*", r"(?!zoo_spectra\.\w+$).*")]

html_theme = "furo"
html_title = f"zoo_spectra {release}"
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_extra_path = ["top"]  # a page at the top that leads to the first one
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False

LONGEST = 150  # characters of a class's signature: beyond, its fields are listed below it


def _signature(
    _app: Sphinx, what: str, _name: str, _object: object, _options: object, signature: str, _: str
) -> tuple[str, None] | None:
    return ("", None) if what == "class" and len(signature or "") > LONGEST else None


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-signature", _signature)
