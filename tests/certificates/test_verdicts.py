"""What the verifier says: every stage truly, and other countries' certificates in their rows."""

import pytest
from django.utils import timezone
from django.utils.translation import override

from certificates.hcert.verify import Reason, VerificationResult
from certificates.models import Certificate, CertificateStatus
from certificates.services.foreign import import_signers
from certificates.services.verification import check_certificate
from certificates.verdicts import verdict_of
from tests.certificates.hcert.conftest import make_payload
from tests.certificates.test_foreign_signers import foreign_hcert, foreign_signer, pem, sign

UNREADABLE = [
    *(Reason.TOO_LONG, Reason.NOT_A_CERTIFICATE, Reason.BASE45),
    *(Reason.INFLATE, Reason.CBOR, Reason.COSE),
]


def checks(reason: Reason) -> list[tuple[str, str]]:
    with override("en"):
        verdict = verdict_of(VerificationResult("invalid", reason), now=timezone.now())
        return [(str(check.text), str(check.finding)) for check in verdict.checks]


@pytest.mark.parametrize("reason", UNREADABLE)
def test_of_a_code_that_cannot_be_read_nothing_is_said_about_its_signature(reason):
    assert checks(reason) == [
        ("The code itself", "not readable"),
        ("Signature", "not checked"),
        ("Validity", "not checked"),
        ("Content", "not checked"),
        ("Revocation", "not checked"),
    ]


@pytest.mark.parametrize(
    ("reason", "stage"),
    [
        (Reason.ALG, "Signature"),
        (Reason.UNKNOWN_KEY, "Signature"),
        (Reason.SIGNATURE, "Signature"),
        (Reason.EXPIRED, "Validity"),
        (Reason.KEY_USAGE, "Content"),
        (Reason.SCHEMA, "Content"),
        (Reason.REVOKED, "Revocation"),
        (Reason.KEY_REVOKED, "Revocation"),
    ],
)
def test_exactly_one_stage_fails_and_those_after_it_are_not_checked(reason, stage):
    verdict = verdict_of(VerificationResult("invalid", reason), now=timezone.now())
    results = [check.result for check in verdict.checks]
    names = [name for name, _finding in checks(reason)]
    failed = names.index(stage)
    assert results == ["ok"] * failed + ["bad"] + ["wait"] * (len(names) - failed - 1)


@pytest.mark.parametrize(
    ("reason", "finding"),
    [
        (Reason.ALG, "of a kind that is not allowed"),
        (Reason.UNKNOWN_KEY, "signer not known"),
        (Reason.KEY, "of a key that is not safe"),
        (Reason.SIGNATURE, "not right"),
    ],
)
def test_only_a_signature_that_was_checked_is_called_not_right(reason, finding):
    assert checks(reason)[1] == ("Signature", finding)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_falls_into_a_stage(reason):
    if reason == Reason.OK:
        assert checks(reason) == []
    else:
        assert len(checks(reason)) == 5


def shown(text: str) -> tuple[dict[str, str], str, str]:
    """Rows, why and advice in English for a text as the verifier judges it now."""
    now = timezone.now()
    with override("en"):
        verdict = verdict_of(check_certificate(text=text, at=now), now=now)
        assert verdict.is_valid
        rows = {str(row.label): str(row.value).replace("\xa0", " ") for row in verdict.rows}
        return rows, str(verdict.words.why), str(verdict.words.advice)


@pytest.fixture
def german(db):
    signer = foreign_signer()
    import_signers(text=pem(signer))
    return signer


def of_kind(kind: str, **entry) -> dict:
    content = make_payload()
    del content["v"]
    own = {"tg": "840539006", "co": "DE", "is": "RKI", "ci": "URN:UVCI:01:DE:ABC#X"}
    return content | {kind: [own | entry]}


def test_a_foreign_vaccination_says_who_issued_it_and_that_its_revocation_is_unknown(german):
    rows, why, _advice = shown(foreign_hcert(german))
    assert rows["Dose"] == "2 of 2"
    assert rows["Issued by"] == "Germany: RKI"
    assert "cannot be seen here" in why


def test_a_test_certificate_shows_its_result_kind_and_moment(german):
    content = of_kind("t", tt="LP217198-3", sc="2026-11-20T08:15:00Z", tr="260373001", tc="Berlin")
    rows, _why, advice = shown(sign(german, content))
    assert rows["Test result"] == "Positive: the virus was found"
    assert rows["Type of test"] == "Rapid antigen test"
    assert rows["Sample taken"] == "20 November 2026, 15:15"
    assert "Dose" not in rows
    assert "what it certifies" in advice


@pytest.mark.parametrize("moment", ["9999-12-31T23:00:00Z", "0001-01-01T00:00:00+23:00"])
def test_a_moment_that_has_no_date_here_is_shown_as_it_is(german, moment):
    content = of_kind("t", tt="LP217198-3", sc=moment, tr="260373001", tc="Berlin")
    rows, _why, _advice = shown(sign(german, content))
    assert rows["Sample taken"] == moment


def test_codes_that_nobody_here_knows_are_shown_as_they_are(german):
    content = of_kind("t", tt="LP0-0", sc="2026-11-20T08:15:60Z", tr="1", tc="Berlin")
    rows, _why, _advice = shown(sign(german, content))
    assert (rows["Test result"], rows["Type of test"]) == ("1", "LP0-0")
    assert rows["Sample taken"] == "2026-11-20T08:15:60Z"


def test_a_recovery_certificate_shows_from_when_until_when_it_counts(german):
    content = of_kind("r", fr="2026-05-01", df="2026-05-12", du="2026-10-28")
    rows, _why, _advice = shown(sign(german, content))
    assert rows["First positive test"] == "1 May 2026"
    assert rows["Counts as recovered from"] == "12 May 2026"
    assert rows["Counts as recovered until"] == "28 October 2026"


def test_our_own_certificate_says_not_revoked_and_names_no_issuer(certificate):
    rows, why, _advice = shown(certificate.hcert)
    assert "Issued by" not in rows
    assert "Not revoked" in why


@pytest.mark.parametrize(
    ("cause", "says"),
    [("corrected", "after a correction"), ("asked", "newer one.")],
)
def test_a_replaced_certificate_says_why_it_was_replaced(certificate, cause, says):
    now = timezone.now()
    Certificate.objects.update(status=CertificateStatus.SUPERSEDED, ended_at=now, end_reason=cause)
    with override("en"):
        verdict = verdict_of(check_certificate(text=certificate.hcert, at=now), now=now)
        assert str(verdict.words.why).rstrip(".").endswith(says.rstrip("."))
    assert verdict.reason == "revoked_replaced"


def test_the_page_shows_a_foreign_certificate(german, client):
    page = client.post("/verify/", {"hcert": foreign_hcert(german)}).content.decode()
    assert "verdict--ok" in page
    assert "RKI" in page
    assert "danh sách thu hồi" not in page  # there is none of that country here


def test_the_page_says_which_list_of_ours_it_asked(certificate, client):
    page = client.post("/verify/", {"hcert": certificate.hcert}).content.decode()
    assert "danh sách thu hồi" in page
