"""Job files: what is valid, and errors that name the line and the nearest key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zoo_spectra.errors import JobError
from zoo_spectra.method.analysis import Settings
from zoo_spectra.runner.job import MAX_BYTES, Classification, Job, describe

JOBS = sorted((Path(__file__).parents[2] / "jobs").glob("*.toml"))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "job.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_job(tmp_path: Path) -> None:
    job = Job.from_toml(written(tmp_path, """
        sources = ["timm:resnet18", "connectome:@samples/worms/*.json"]
        catalog = "out"
        samples = ["worms"]
        workers = 2
        realisations = 3
        exact_limit = 512
        [classify]
        accuracy = 0.2
        linkage = "complete"
    """))  # fmt: skip
    assert job.sources == ("timm:resnet18", "connectome:@samples/worms/*.json")
    assert (job.catalog, job.samples, job.workers) == ("out", ("worms",), 2)
    assert job.settings == Settings(realisations=3, exact_limit=512)
    assert job.classify == Classification(accuracy=0.2, linkage="complete")


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)
def test_the_shipped_jobs_are_valid(path: Path) -> None:
    assert Job.from_toml(path).sources


def test_three_jobs_are_shipped() -> None:
    assert {path.stem for path in JOBS} >= {"demo", "timm-random", "timm-pretrained"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('catalog = "x"\n\nsorces = ["a:b"]\n', "line 3: unknown key 'sorces'; did you mean 'sou"),
        ('catalog = "x"\n', "the key 'sources' is missing"),
        ("sources = []\n", "line 1: sources: .*at least 1"),
        ('sources = ["a:b"]\n# workers = 1\nworkers = 0\n', "line 3: workers: .*greater than"),
        ('sources = ["a:b"]\nworkers = "two"\n', "line 2: workers: .*valid integer"),
        ('sources = ["a:b"]\nrealisations = -1\n', "line 2: realisations"),
        ('sources = [\n  "a:b",\n  3,\n]\n', "line 1: sources.1: .*valid string"),
        ('sources = [\n  "a:b",\n  "resnet18",\n]\n', "line 3: 'resnet18' is not a source"),
        ('sources = ["a:b"]\n[classify]\nacuracy = 1\n', "line 3: unknown key 'classify.acuracy'"),
        ('sources = ["a:b"]\n[classify]\nlinkage = "ward"\n', "line 3: classify.linkage: .*avera"),
        ('sources = ["a:b"]\n[classify]\naccuracy = nan\n', "line 3: classify.accuracy"),
        ('sources = ["a:b"]\n[clasify]\naccuracy = 1.0\n', "line 2: unknown key 'clasify'"),
        ('sources = ["a:b"\n', "not valid TOML: Unclosed array"),
        ('sources = ["a:b"]\n[classify.accuracy]\nx = 1\n', "line 2: classify.accuracy"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(JobError, match=message) as caught:
        Job.from_toml(path)
    assert str(path) in str(caught.value)


HOSTILE = {
    "nested": ("x = " + "[" * 500 + "]" * 500, "near line 2: a value beyond all bounds"),
    "long": ("workers = " + "9" * 5000, "near line 2: a value beyond all bounds"),
    "large": ("workers = " + "9" * 30, "line 2: workers: .*less than or equal"),
    "limit": ("exact_limit = 2147483648", "line 2: exact_limit: .*less than or equal"),
    "draws": ("realisations = 1000000000", "line 2: realisations: .*less than or equal"),
    "infinite": ("timeout = 1e400", "line 2: timeout: .*finite"),
    "nul": ('catalog = "a\\u0000b"', "line 2: catalog"),
    "path": (f'catalog = "{"a/" * 3000}"', "line 2: catalog: .*at most 4096"),
    "dotted": ("a" + ".a" * 3000 + " = 1", "line 2: unknown key 'a'|near line 2"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_bounds(tmp_path: Path, name: str) -> None:
    line, message = HOSTILE[name]
    with pytest.raises(JobError, match=message):
        Job.from_toml(written(tmp_path, f'sources = ["a:b"]\n{line}\n'))


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", tmp_path):
        with pytest.raises(JobError, match="no regular file"):
            Job.from_toml(path)
    with pytest.raises(JobError, match="null byte"):
        Job.from_toml("a\0b")
    (tmp_path / "large.toml").write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(JobError, match="more than 10 MB"):
        Job.from_toml(tmp_path / "large.toml")


def test_of_many_faults_the_first_are_said(tmp_path: Path) -> None:
    path = written(tmp_path, 'sources = "a:b"\n' + "".join(f"k{n} = 1\n" for n in range(10_000)))
    with pytest.raises(JobError, match=r"k19.*\n.*: 9,980 more like these$") as told:
        Job.from_toml(path)
    assert str(told.value).count("\n") == 20


def test_keys_in_keys_without_end_are_refused_and_dots_in_texts_are_not(tmp_path: Path) -> None:
    for line in ("[" + "a." * 2000 + "a]", '"a".' * 2000 + "a = 1"):
        with pytest.raises(JobError, match=r"near line 1: a value beyond all bounds"):
            Job.from_toml(written(tmp_path, line + "\n"))
    dotted = "checkpoint:" + "a." * 2000 + "npz"
    text = f'sources = ["{dotted}", \'{dotted}\', "a\\"{dotted}"]\n'
    assert len(Job.from_toml(written(tmp_path, text)).sources) == 3


def test_one_source_needs_no_brackets_and_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    text = '\ufeffsources = "memory:x"\nsamples = "worms"\n'
    job = Job.from_toml(written(tmp_path, text))
    assert (job.sources, job.samples) == (("memory:x",), ("worms",))


def test_the_reference_is_the_models_own() -> None:
    page = Path(__file__).parents[2] / "docs" / "job-file.md"
    assert f"\n{describe()}\n" in page.read_text(encoding="utf-8")
    for model in (Job, Classification):
        assert all(field.description for field in model.model_fields.values())


def test_a_missing_or_binary_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="cannot be read"):
        Job.from_toml(tmp_path / "none.toml")
    (tmp_path / "job.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(JobError, match="cannot be read"):
        Job.from_toml(tmp_path / "job.toml")
