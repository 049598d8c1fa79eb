"""Run the notebooks of docs/notebooks, each in a fresh kernel and an empty folder; keep outputs.

python docs/site/notebooks.py [NOTEBOOK…]
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SECONDS = 600  # for a cell
HOME = "/home/you"  # stands for the folder in what is kept


def executed(path: Path, root: Path = NOTEBOOKS.parents[1]) -> Any:
    """A notebook as it is after a run. Raises nbclient's CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook, timeout=SECONDS, resources={"metadata": {"path": folder}}, record_timing=False
        )
        client.execute()
    places = {folder: HOME, str(root): f"{HOME}/zoo_spectra"}
    for cell in notebook.cells:
        cell.metadata.clear()
        for output in cell.get("outputs", ()):
            _replace(output, places)
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    return notebook


def _replace(output: Any, places: dict[str, str]) -> None:
    """Folders of this machine by those of nobody, in every text of an output."""
    texts = output.get("data", output)
    for key, value in texts.items():
        if isinstance(value, str):
            for place, name in places.items():
                value = value.replace(place, name)
            texts[key] = value


def main() -> None:
    for path in map(Path, sys.argv[1:]) if sys.argv[1:] else sorted(NOTEBOOKS.glob("*.ipynb")):
        nbformat.write(executed(path), path)
        print(path)


if __name__ == "__main__":
    main()
