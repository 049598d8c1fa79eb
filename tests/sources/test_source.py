"""Source strings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo_spectra.errors import SourceError
from zoo_spectra.sources.source import Source, check_options, parse_bool, parse_source

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)


def test_a_source_has_adapter_pattern_and_options() -> None:
    source = parse_source("timm:resnet*?seed=1&pretrained=false")
    assert source == Source("timm", "resnet*", {"seed": "1", "pretrained": "false"})
    assert str(source) == "timm:resnet*?pretrained=false&seed=1"


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), TEXT, max_size=4))
def test_the_canonical_form_is_parsed_to_the_same_source(options: dict[str, str]) -> None:
    source = Source("connectome", "@samples/worms/*.json", options)
    assert parse_source(str(source)) == source


@pytest.mark.parametrize("text", ["", "resnet18", ":x", "timm:", "timm:x?seed", "timm:x?=1",
                                  "timm:x?seed=1&seed=2"])  # fmt: skip
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(SourceError):
        parse_source(text)


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(SourceError, match="no option 'sead'; did you mean 'seed'"):
        check_options("timm", ["sead"], ["seed", "pretrained"])


def test_booleans() -> None:
    assert parse_bool("a", "b", "True") is True
    assert parse_bool("a", "b", "false") is False
    with pytest.raises(SourceError, match="true or false"):
        parse_bool("a", "b", "yes")
