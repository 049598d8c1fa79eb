"""Source strings."""

import os
from fnmatch import fnmatchcase

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from zoo_spectra.errors import SourceError
from zoo_spectra.sources.source import (
    Source,
    check_options,
    literal,
    parse_bool,
    parse_source,
    plain,
)


def test_a_source_has_adapter_pattern_and_options() -> None:
    source = parse_source("timm:resnet*?seed=1&pretrained=false")
    assert source == Source("timm", "resnet*", {"seed": "1", "pretrained": "false"})
    assert str(source) == "timm:resnet*?pretrained=false&seed=1"


# What a name may hold, with much of what has a meaning in a source, and bytes that are no UTF-8.
SIGNS = [*"*?[]%&=#!-^\\ \n\x1b\x00:/.~é", "%3F", "%5B", "[[]", "\udcff", "\udce9"]
SIGN = st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(SIGNS))
NAME = st.lists(SIGN, min_size=1, max_size=12).map("".join)
OPTIONS = st.dictionaries(st.one_of(st.just("family"), NAME), NAME, max_size=4)


@given(pattern=NAME, options=OPTIONS, adapter=st.sampled_from(["timm", "connectome", "memory"]))
def test_the_canonical_form_is_parsed_to_the_same_source(
    pattern: str, options: dict[str, str], adapter: str
) -> None:
    source = Source(adapter, pattern, options)
    assert parse_source(str(source)) == source
    str(source).encode()


@given(NAME)
def test_what_is_typed_has_a_canonical_form(text: str) -> None:
    try:
        source = parse_source(f"memory:{text}")
    except SourceError:
        assume(False)
    assert parse_source(str(source)) == source


@given(NAME)
def test_every_name_has_a_pattern_that_matches_it_alone(name: str) -> None:
    assume(os.fsdecode(os.fsencode(name)) == name)
    source = parse_source(str(Source("memory", literal(name))))
    assert plain(source.pattern) == name
    assert fnmatchcase(name, source.pattern)
    assert not fnmatchcase(name + "x", source.pattern)


def test_a_half_of_a_pair_has_a_canonical_form() -> None:
    """It is no character and no byte; it can come from JSON."""
    source = Source("memory", "a\ud800", {"family": "\udfff"})
    assert parse_source(str(source)) == source
    assert str(source) == "memory:a%ED%A0%80?family=%ED%BF%BF"


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("x:résumé [1]*.npz", "x:résumé [1]*.npz"),  # as it is read, so it is written
        ("x:a[[]b[*]", "x:a%5Bb%2A"),
        ("x:50%.npz", "x:50%25.npz"),
        ("x:%41%2f%20b", "x:A/ b"),
        ("x:%zz%4", "x:%25zz%254"),
        ("x:%0A%1b%7F%C2%85%E2%80%AE%FF", "x:%0A%1B%7F%C2%85%E2%80%AE%FF"),
        ("x:a?b=1+1&a=%26%3d", "x:a?a=%26%3D&b=1%2B1"),
        ("x:a?b=@samples/c.csv", "x:a?b=%40samples/c.csv"),
    ],
)
def test_the_canonical_form(typed: str, canonical: str) -> None:
    assert str(parse_source(typed)) == canonical
    assert str(parse_source(canonical)) == canonical


def test_a_source_without_some_options() -> None:
    source = parse_source("x:a%3Fb?c=1&family=d&e=2")
    assert str(source.without({"family", "about"})) == "x:a%3Fb?c=1&e=2"


@pytest.mark.parametrize("text", ["", "resnet18", ":x", "timm:", "timm:x?seed", "timm:x?=1",
                                  "timm:x?seed=1&seed=2"])  # fmt: skip
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(SourceError):
        parse_source(text)


def test_a_question_mark_in_a_name_is_explained() -> None:
    with pytest.raises(SourceError, match="a \\? that is part of a name is written %3F"):
        parse_source("checkpoint:what?.npz")


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(SourceError, match="no option 'sead'; did you mean 'seed'"):
        check_options("timm", ["sead"], ["seed", "pretrained"])


def test_booleans() -> None:
    assert parse_bool("a", "b", "True") is True
    assert parse_bool("a", "b", "false") is False
    with pytest.raises(SourceError, match="true or false"):
        parse_bool("a", "b", "yes")
