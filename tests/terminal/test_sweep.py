"""``sweep`` and ``classify --measure`` from the command line."""

from __future__ import annotations

import io
import json

import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.terminal.app import app
from zoo_spectra.terminal.tables import class_table

COLUMNS = [
    "accuracy",
    "classes",
    "largest",
    "singletons",
    "mixed",
    "silhouette",
    "stability",
    "best",
]


def call(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = str(tmp_path_factory.mktemp("sweep") / "zoo")
    nets = {f"net{seed}": arrays(seed, layers=6, spread=seed % 3) for seed in range(8)}
    adapter = zs.MemoryAdapter(nets)
    zs.run("memory:*", catalog=place, in_process=True, adapters=[adapter], progress=False)
    return place


def test_a_sweep_is_a_table_of_accuracies_and_says_the_best(catalog: str) -> None:
    text = call("sweep", catalog, "--measure", "depth", "--linkage", "complete")
    found = zs.sweep(zs.Catalog(catalog), "complete", "depth")
    assert "Classes by accuracy, complete linkage, measure depth" in text
    for row in found.iter_rows(named=True):
        (line,) = [each for each in text.splitlines() if f" {row['accuracy']:g} " in each]
        assert f" {row['classes']} " in line
    best = found.filter("best").row(0, named=True)
    at = f"Best silhouette at ε = {best['accuracy']:g}: {best['classes']} class"
    assert at in text
    assert f"silhouette {best['silhouette']:.3f}" in text


def test_a_printed_accuracy_gives_what_is_printed(catalog: str) -> None:
    for row in json.loads(call("sweep", catalog, "--json"))[::5]:
        rows = json.loads(call("classify", catalog, "--accuracy", f"{row['accuracy']:g}", "--json"))
        assert max(each["class"] for each in rows) == row["classes"]


def test_for_a_machine(catalog: str) -> None:
    rows = json.loads(call("sweep", catalog, "--json", "--where", "name < 'net5'"))
    assert list(rows[0]) == COLUMNS
    assert max(row["classes"] for row in rows) <= 5
    assert rows[-1]["silhouette"] is None


def test_no_best_accuracy_is_said(catalog: str) -> None:
    text = call("sweep", catalog, "--where", "name < 'net2'")
    assert "No ε gives more than one class and fewer than all networks" in text


@pytest.mark.parametrize("measure", ["depth", "matched"])
def test_classify_says_the_measure(catalog: str, measure: str) -> None:
    text = call("classify", catalog, "--measure", measure, "--accuracy", "9")
    assert f"ε = 9 e-folds, average linkage, measure {measure}" in text
    assert f"measure {measure}" in call("show", catalog)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sweep", "--measure", "deep"), "'pooled', 'depth', 'matched'"),
        (("classify", "--measure", "deep"), "'pooled', 'depth', 'matched'"),
        (("sweep", "--linkage", "ward"), "'average', 'complete', 'single'"),
    ],
)
def test_bad_usage(catalog: str, arguments: tuple[str, ...], message: str) -> None:
    command, *rest = arguments
    result = CliRunner().invoke(app, [command, catalog, *rest], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert message in result.output


def test_how_classes_were_linked_is_said_unless_all_are_exact(catalog: str) -> None:
    opened = zs.Catalog(catalog)
    classes = zs.classify(opened, 0.3)
    assert "how classes were linked" not in call("show", catalog)
    labels = sorted(set(classes["class"]))
    how = {labels[0]: "coarse", labels[1]: "in steps"}
    told = classes.with_columns(
        linked=classes["class"].replace_strict(how, default="exact", return_dtype=pl.String)
    )
    out = io.StringIO()
    Console(file=out, width=200).print(class_table(told))
    said = (
        f"how classes were linked (docs/method.md): {len(labels) - 2} exact, 1 in steps, 1 coarse"
    )
    assert said in out.getvalue()
