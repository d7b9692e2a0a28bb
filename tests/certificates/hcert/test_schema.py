"""Our schema against the published one."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.hcert import schema

from .conftest import make_payload

_TEST: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": {"gnt": "AN"},
    "dob": "",
    "t": [
        {
            "tg": "840539006",
            "tt": "LP6464-4",
            "nm": "PCR",
            "sc": "2021-06-11T17:30:00Z",
            "tr": "260415000",
            "tc": "Centre",
            "co": "VN",
            "is": "Bộ Y tế",
            "ci": "01:VN:1",
        }
    ],
}
_RECOVERY: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": {"fnt": "LE"},
    "dob": "1970",
    "r": [
        {
            "tg": "840539006",
            "fr": "2021-06-01",
            "co": "UNHCR",
            "is": "UNHCR",
            "df": "2021-06-12",
            "du": "2021-11-28",
            "ci": "01:VN:1",
        }
    ],
}


def accepts(content: Any) -> bool:
    return schema.has_single_entry(content) and schema.is_valid(content)


@pytest.fixture(scope="module")
def published(third_party: Path) -> jsonschema.Draft202012Validator:
    text = (third_party / "schema" / "1.3.3" / "DCC.combined-schema.json").read_text()
    return jsonschema.Draft202012Validator(
        json.loads(text), format_checker=jsonschema.FormatChecker(["date"])
    )


def test_the_published_examples_are_judged_as_published(third_party: Path) -> None:
    examples = sorted((third_party / "schema" / "test").glob("*/*.json"))
    assert len(examples) > 15
    for path in examples:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        assert accepts(content) == (path.parent.name == "valid"), path.name


def test_each_field_is_required_exactly_where_the_published_schema_requires_it(
    published: jsonschema.Draft202012Validator,
) -> None:
    for whole in (make_payload(), _TEST, _RECOVERY):
        assert accepts(whole)
        kind = next(kind for kind in "vtr" if kind in whole)
        for field in whole:
            content = {key: value for key, value in whole.items() if key != field}
            assert accepts(content) == published.is_valid(content), field
        for field in whole[kind][0]:
            content = copy.deepcopy(whole)
            del content[kind][0][field]
            assert accepts(content) == published.is_valid(content), field


_ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=100)
    | st.lists(st.text())
    | st.dictionaries(st.text(), st.text(), max_size=2)
)


@given(data=st.data(), odd=_ODD)
def test_nothing_is_accepted_that_the_published_schema_refuses(
    published: jsonschema.Draft202012Validator, data: st.DataObject, odd: Any
) -> None:
    content = copy.deepcopy(data.draw(st.sampled_from((make_payload(), _TEST, _RECOVERY))))
    kind = next(kind for kind in "vtr" if kind in content)
    places = [content, content["nam"], content[kind][0]]
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = odd
    if accepts(content):
        assert published.is_valid(content)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("dob",), "1979-04-14\n"),
        (("dob",), "19७९"),
        (("nam", "fnt"), "LE\n"),
        (("nam", "fnt"), "Lê"),
        (("nam", "fn"), "x" * 81),
        (("ver",), "1.3"),
        (("v", 0, "dn"), 0),
        (("v", 0, "dn"), True),
        (("v", 0, "dn"), "1"),
        (("v", 0, "dt"), "2021-02-30"),
        (("v", 0, "dt"), "2021-02-03T00:00:00Z"),
        (("v", 0, "dt"), "20210203"),
        (("v", 0, "co"), "vn"),
        (("v", 0), None),
    ],
)
def test_malformed_fields_are_refused(place: tuple[Any, ...], value: Any) -> None:
    content: Any = make_payload()
    target = content
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    assert not schema.is_valid(content)


@pytest.mark.parametrize("offset", ["Z", "+07", "+0700", "+07:00", "-01:30"])
def test_sample_times_may_have_any_form_of_offset(offset: str) -> None:
    assert schema.is_moment(f"2021-06-11T17:30:00{offset}")
    assert schema.is_moment(f"2021-06-11T17:30:00.123{offset}")


@pytest.mark.parametrize(
    "text",
    ["2021-06-11", "2021-06-11T17:30:00", "2021-13-11T17:30:00Z", "2021-06-11T17:30:00+24:00"],
)
def test_sample_times_without_offset_or_date_are_refused(text: str) -> None:
    assert not schema.is_moment(text)
