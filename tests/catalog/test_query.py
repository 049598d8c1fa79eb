"""SQL over the catalog's tables, and over nothing else unless it is said."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from parts import commit
from zoo_spectra.catalog import sql
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.classes.classify import classify
from zoo_spectra.errors import CatalogError

SECRET = "not for everybody"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog.create(tmp_path / "zoo")
    commit(made, "an", "a1")
    commit(made, "bo", "b1")
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secret.csv"
    path.write_text(f"name,network_id\n{SECRET},x\n")
    return path


READS = [
    "SELECT * FROM read_csv('{}')",
    "SELECT * FROM READ_CSV('{}')",
    "SELECT * FROM ReAd_CsV ('{}') AS t",
    "SELECT * FROM read_csv\n\t('{}')",
    "SELECT * FROM read_csv\N{NO-BREAK SPACE}('{}')",
    "SELECT * FROM read_csv /* a comment */ ('{}')",
    "SELECT * FROM read_csv -- a comment\n('{}')",
    "SELECT * FROM read_csv /* /* nested */ */ ('{}')",
    "SELECT * FROM \"read_csv\"('{}')",
    "SELECT * FROM \"READ_CSV\" ('{}')",
    "SELECT * FROM `read_csv`('{}')",
    "SELECT * FROM 'read_csv'('{}')",
    "SELECT * FROM (read_csv('{}'))",
    "SELECT * FROM ((SELECT * FROM read_csv('{}'))) AS t",
    "FROM read_csv('{}')",
    "WITH networks AS (SELECT * FROM read_csv('{}')) SELECT * FROM networks",
    "SELECT name FROM networks UNION ALL SELECT name FROM read_csv('{}')",
    "SELECT name FROM networks EXCEPT SELECT name FROM read_csv('{}')",
    "SELECT * FROM networks WHERE name IN (SELECT name FROM read_csv('{}'))",
    "SELECT (SELECT name FROM read_csv('{}'))",
    "SELECT EXISTS (SELECT * FROM read_csv('{}'))",
    "SELECT t.name FROM networks JOIN read_csv('{}') AS t ON TRUE",
    "SELECT t.name FROM networks CROSS JOIN read_csv('{}') AS t",
    "SELECT t.name FROM networks, read_csv('{}') AS t",
    "SELECT t.name FROM networks JOIN LATERAL read_csv('{}') AS t ON TRUE",
    "SELECT * FROM TABLE(read_csv('{}'))",
    "EXPLAIN SELECT * FROM read_csv('{}')",
    "CREATE TABLE t AS SELECT * FROM read_csv('{}')",
    "SELECT '\\' , name FROM read_csv('{}') --'",
    "SELECT $$ ' $$, name FROM read_csv('{}') -- '",
    "SELECT * FROM read_parquet('{}')",
    "SELECT * FROM read_ipc('{}')",
    "SELECT * FROM read_json('{}')",
    "SELECT * FROM read_ndjson('{}')",
    "SELECT * FROM scan_csv('{}')",
    "SELECT * FROM main.read_csv('{}')",
    "SELECT * FROM '{}'",
    'SELECT * FROM "{}"',
    "SELECT * FROM `{}`",
    "COPY networks FROM '{}'",
    "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{}'",
    "SELECT * FROM networks; SELECT * FROM read_csv('{}')",
]


@pytest.mark.parametrize("query", READS)
def test_no_file_is_read(catalog: Catalog, file: Path, query: str) -> None:
    with pytest.raises(CatalogError) as caught:
        catalog.query(query.format(file))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("query", READS)
def test_without_the_check_polars_would_read_some(
    catalog: Catalog, file: Path, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a Polars with one more way to read files is noticed here."""
    monkeypatch.setattr(sql, "refuse_files", lambda _: None)
    named = "read_" in query.lower()
    try:
        found = catalog.query(query.format(file))
    except CatalogError:
        return
    assert named, "what the check lets pass must not be read"
    assert isinstance(found, pl.DataFrame)


def test_files_are_read_when_it_is_said(catalog: Catalog, file: Path) -> None:
    found = catalog.query(f"SELECT name FROM read_csv('{file}')", files=True)
    assert found["name"].to_list() == [SECRET]
    joined = f"SELECT n.name FROM networks n JOIN read_csv('{file}') t ON n.name <> t.name"
    assert catalog.query(joined, files=True).height == 2


def test_urls_are_not_asked(catalog: Catalog) -> None:
    with pytest.raises(CatalogError, match="'read_csv' reads files.*--files"):
        catalog.query("SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')")


def test_variables_are_no_tables(catalog: Catalog) -> None:
    secret = pl.DataFrame({"a": [SECRET]})
    with pytest.raises(CatalogError, match="no table 'secret'"):
        catalog.query("SELECT * FROM secret")
    assert secret.height == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM netwroks", "no table 'netwroks'; did you mean 'networks'"),
        ("SELECT * FROM networks JOIN nowhere USING (name)", "no table 'nowhere'"),
        ("SELECT nmae FROM networks", "no column 'nmae'; did you mean 'name'"),
        ("SELECT x.nmae FROM networks AS x", "'nmae'"),
        ("SELECT name FROM spectra", "no column 'name'"),
        ("SELECT * FROM networks WHERE zz = 1", "no column 'zz'"),
        ("SELEC name", "SELEC"),
        ("", "query is at fault"),
        (";", "query is at fault"),
        ("SELECT frobnicate(name) FROM networks", "frobnicate"),
        ("SELECT name + 1 FROM networks", "query is at fault"),
        ("SELECT name FROM networks GROUP BY family", "query is at fault|name"),
        ("SELECT '", "query is at fault"),
        ("SELECT * FROM networks WHERE name = 'a\0b' AND", "query is at fault"),
        ("(" * 3000, "query is at fault"),
        ("SELECT " + "(" * 3000 + "1" + ")" * 3000, "query is at fault"),
    ],
)
def test_a_faulty_query_is_a_message_of_a_line(catalog: Catalog, query: str, message: str) -> None:
    with pytest.raises(CatalogError, match=message) as caught:
        catalog.query(query)
    assert len(str(caught.value)) < 500


def test_the_tables_are_shown_and_joined(catalog: Catalog) -> None:
    classify(catalog)
    shown = catalog.query("SHOW TABLES")
    assert set(shown[shown.columns[0]]) == {"networks", "spectra", "classes", "removals", "nulls"}
    assert catalog.query("SELECT * FROM removals").is_empty()
    catalog.remove("name = 'bo'")
    assert catalog.query("SELECT name FROM removals")["name"].to_list() == ["bo"]
    everything = (
        "SELECT n.name, COUNT(*) AS rows FROM NETWORKS n JOIN Spectra s USING (commit_id) "
        'JOIN "classes" c ON c.network_id = n.network_id GROUP BY n.name'
    )
    assert catalog.query(everything).rows() == [("an", 3)]
    assert catalog.query("SELECT 1 AS one").rows() == [(1,)]
    assert catalog.query("WITH q(z) AS (SELECT name FROM networks) SELECT z FROM q").height == 1


def test_which_tables_there_are(catalog: Catalog) -> None:
    assert catalog.query("SHOW TABLES")["name"].to_list() == [
        "classes",
        "networks",
        "nulls",
        "removals",
        "spectra",
    ]
