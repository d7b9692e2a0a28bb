"""Whatever a believed country signs, page and API answer; none of it makes them fail.

A believed signer may be careless, or its key may be stolen: what it signs goes through the whole
platform, from the database's question about revocation to the words on the page.
"""

import copy
import json
from datetime import timedelta

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from certificates.services.foreign import import_signers
from tests.certificates.hcert.hostile import content_of
from tests.certificates.test_foreign_signers import foreign_signer, pem, sign

API = "/api/v1/certificates/verify/"
PAGE = reverse("certificates:verify")

# What well-formed certificates may hold, and what comes near it.
TEXTS = st.sampled_from(
    [
        "",
        "\x00",
        "{}%s%(x)s{0}",
        "<script>alert(1)</script>",
        "\u202e\u2066drawkcab\u0301\u0301\u0301",
        "🧑🏽‍⚕️" * 8,
        "A" * 81,
        "9" * 40,
        "0000-00-00",
        "0001-01-01",
        "9999-12-31",
        "1954-00-00",
        "1954-13",
        "1954",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:60Z",
        "9999-12-31T23:59:59-12:00",
        "URN:UVCI:01:VN:A#B",
        "URN:UVCI:01:DE:\x00#B",
    ]
) | st.text(max_size=90)
FIELDS = (
    *("ver", "nam", "dob", "v", "t", "r", "fn", "fnt", "gn", "gnt"),
    *("tg", "co", "is", "ci", "vp", "mp", "ma", "dn", "sd", "dt"),
    *("tt", "nm", "sc", "tr", "tc", "fr", "df", "du"),
)
LANGUAGES = st.sampled_from(["vi", "en"])
VALUES = (
    TEXTS
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.none()
    | st.booleans()
    | st.binary(max_size=9)
    | st.lists(TEXTS, max_size=2)
    | st.dictionaries(TEXTS, TEXTS, max_size=2)
)


@pytest.fixture
def german(db):
    signer = foreign_signer()
    import_signers(text=pem(signer))
    return signer


@settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
@given(kind=st.sampled_from("vtr"), field=st.sampled_from(FIELDS), value=VALUES, language=LANGUAGES)
@example(kind="v", field="dob", value="1954-00-00", language="en")
@example(kind="v", field="ci", value="URN:UVCI:01:DE:\x00#B", language="vi")
@example(kind="t", field="sc", value="9999-12-31T23:59:59Z", language="vi")
@example(kind="r", field="df", value="0001-01-01", language="en")
def test_any_value_in_any_field_of_a_truly_signed_certificate_is_answered(
    german, client, kind, field, value, language
):
    content = copy.deepcopy(content_of(kind))
    maps = (content, content["nam"], content[kind][0])
    where = next((each for each in maps if field in each), maps[-1])
    where[field] = value
    answered(client, sign(german, content), language)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    issuer=TEXTS | st.none() | st.integers(0, 9),
    days=st.integers(-800, 2_900_000),  # as far as Python's own dates go
    language=LANGUAGES,
)
def test_any_issuer_and_any_end_of_a_truly_signed_certificate_are_answered(
    german, client, issuer, days, language
):
    text = sign(german, content_of("v"), issuer=issuer, expires_in=timedelta(days=days))
    answered(client, text, language)


def answered(client, text: str, language: str) -> None:
    """See that the API and the page answer with the same verdict."""
    told = client.post(API, json.dumps({"hcert": text}), content_type="application/json")
    assert told.status_code == 200
    page = client.post(PAGE, {"hcert": text}, HTTP_ACCEPT_LANGUAGE=language)
    assert page.status_code == 200
    body = page.content.decode()
    assert ("verdict--ok" in body) == (told.json()["status"] == "valid")
    assert "<script>alert" not in body
