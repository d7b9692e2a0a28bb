"""Codes, dose numbers and the health content."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.hcert import payload, schema, valuesets

from .conftest import make_entry, make_payload


@pytest.mark.parametrize(
    ("kind", "number", "primary_doses", "expected"),
    [
        ("primary", 1, 1, (1, 1)),
        ("primary", 1, 2, (1, 2)),
        ("primary", 2, 2, (2, 2)),
        ("primary", 1, 3, (1, 3)),
        ("primary", 2, 3, (2, 3)),
        ("primary", 3, 3, (3, 3)),
        ("booster", 3, 2, (3, 3)),
        ("additional", 3, 2, (3, 3)),
        ("booster", 4, 2, (4, 4)),
        ("booster", 2, 1, (2, 1)),
        ("additional", 2, 1, (2, 1)),
        ("booster", 3, 1, (3, 1)),
        ("booster", 4, 3, (4, 4)),
    ],
)
def test_doses_are_numbered_as_the_rules_say(
    kind: str, number: int, primary_doses: int, expected: tuple[int, int]
) -> None:
    assert valuesets.dose_numbers(kind, number, primary_doses) == expected


@pytest.mark.parametrize(
    ("kind", "number", "primary_doses"),
    [("primary", 3, 2), ("primary", 0, 2), ("booster", 2, 2), ("booster", 1, 1), ("fifth", 1, 2)],
)
def test_a_dose_number_that_cannot_be_is_refused(
    kind: str, number: int, primary_doses: int
) -> None:
    with pytest.raises(ValueError, match="dose"):
        valuesets.dose_numbers(kind, number, primary_doses)


def test_our_products_are_those_of_the_published_value_sets(third_party: Path) -> None:
    folder = third_party / "schema" / "valuesets"
    published = json.loads((folder / "vaccine-encoding-instructions.json").read_text())
    names = json.loads((folder / "vaccine-medicinal-product.json").read_text())
    ours = valuesets.products()
    assert set(ours) == set(names["valueSetValues"])
    for row in published["valueSetValues"].values():
        product = ours[row["vaccine-code"].removesuffix(" (deprecated)")]
        assert product.holder == row["vaccine-manufacturer"]
        assert set(product.prophylaxis) == set(row["sct-codes"])


def test_every_vaccine_used_in_viet_nam_can_be_issued(third_party: Path) -> None:
    with (third_party.parent / "vaccines.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        triple = row["eu_product_mp"], row["eu_holder_ma"], row["eu_prophylaxis_vp"]
        assert valuesets.triple_is_known(*triple), row["name"]
        assert valuesets.products()[triple[0]].prophylaxis[0] == triple[2]


def test_every_product_has_a_named_holder_and_type() -> None:
    for product in valuesets.products().values():
        named = valuesets.label("holders", product.holder)
        assert named != product.holder or named == "Fiocruz"
        for code in product.prophylaxis:
            assert valuesets.label("prophylaxis", code) != code


def test_the_content_holds_what_was_given() -> None:
    content = make_payload()
    assert content["nam"] == {
        "fn": "Đặng",
        "fnt": "DANG",
        "gn": "Thị Bích Phượng",
        "gnt": "THI<BICH<PHUONG",
    }
    assert content["v"][0] | {"ci": ""} == {
        "tg": "840539006",
        "vp": "29061000087103",
        "mp": "EU/1/21/1529",
        "ma": "ORG-100001699",
        "dn": 2,
        "sd": 2,
        "dt": "2021-11-05",
        "co": "VN",
        "is": "Bộ Y tế",
        "ci": "",
    }


def test_a_name_of_one_word_has_a_family_name_only() -> None:
    assert make_payload("An")["nam"] == {"fn": "An", "fnt": "AN"}


def test_the_time_of_a_dose_never_gets_into_the_certificate() -> None:
    moment: Any = datetime(2021, 11, 5, 23, 30, tzinfo=UTC)
    assert make_payload(dose_date=moment)["v"][0]["dt"] == "2021-11-05"


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"full_name": ""}, "Latin letter"),
        ({"full_name": "Иван"}, "Latin letter"),
        ({"date_of_birth": ""}, "date of birth"),
        ({"date_of_birth": "1899"}, "date of birth"),
        ({"date_of_birth": "2001-13"}, "date of birth"),
        ({"date_of_birth": "2001-01-01\n"}, "date of birth"),
        ({"product": "unknown"}, "belong together"),
        ({"holder": "ORG-100030215"}, "belong together"),
        ({"prophylaxis": "1119349007"}, "belong together"),
        ({"product": "VLA2001", "holder": "ORG-100036422"}, "belong together"),
        ({"dose_number": 0}, "counted from one"),
        ({"issuer": "x" * 81}, "80"),
        ({"uvci": ""}, "80"),
    ],
)
def test_facts_that_cannot_be_certified_are_refused(over: dict[str, Any], why: str) -> None:
    with pytest.raises(payload.PayloadError, match=why):
        make_payload(**over)


@given(
    name=st.text(min_size=1, max_size=200).map(lambda text: "Ng" + text),
    born=st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    digits=st.sampled_from((4, 7, 10)),
    product=st.sampled_from([p for p in valuesets.products().values() if p.active]),
    numbers=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    given_on=st.dates(date(2021, 3, 8), date(2030, 1, 1)),
)
def test_whatever_is_built_satisfies_the_schema(
    name: str,
    born: date,
    digits: int,
    product: valuesets.Product,
    numbers: tuple[int, int],
    given_on: date,
) -> None:
    content = payload.vaccination_payload(
        subject=payload.Subject.vietnamese(name, born.isoformat()[:digits]),
        entry=make_entry(
            product=product.code,
            holder=product.holder,
            prophylaxis=product.prophylaxis[0],
            dose_number=numbers[0],
            series_doses=numbers[1],
            dose_date=given_on,
        ),
    )
    assert schema.has_single_entry(content)
    assert schema.is_valid(content)
