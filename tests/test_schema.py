"""The catalog's documentation is the schema's own."""

from pathlib import Path

import pytest

from zoo_spectra.schema import TABLES, arrow_schema, describe

README = Path(__file__).parents[1] / "catalogs" / "README.md"


@pytest.mark.parametrize("table", sorted(TABLES))
def test_the_readme_documents_every_column(table: str) -> None:
    assert f"## {table}\n\n{describe(table)}\n" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("table", sorted(TABLES))
def test_columns_are_distinct_and_explained(table: str) -> None:
    names = [column.name for column in TABLES[table]]
    assert len(set(names)) == len(names)
    assert all(len(column.meaning) > 5 for column in TABLES[table])
    assert arrow_schema(table).names == names
