"""Every reason of the verifier in words: what it means, and what to do."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates.card import country_name, product_name
from certificates.hcert.uvci import COUNTRY
from certificates.hcert.verify import Reason, VerificationResult
from certificates.models import Certificate, CertificateStatus, JobCause
from vaxplatform import formatting
from vaxplatform.components import Check, SummaryRow

Text = "str | Promise"


@dataclass(frozen=True)
class Words:
    """One sentence each: why, and what the person who checks should do now."""

    why: "str | Promise"
    advice: "str | Promise"


_SCAN_AGAIN = _("Scan the code again, or paste the whole text from HC1: to the end.")
_ASK_NEWEST = _(
    "Ask the person to open the newest certificate in their health book and show that code."
)
_NOT_OURS = _(
    "Here we can check certificates of Viet Nam, and of the countries whose keys we have. For one "
    "of another country, use that country's verifier."
)
_DO_NOT_ACCEPT = _(
    "Do not accept it. If the person believes this is a mistake, they can report a problem."
)

WORDS: dict[Reason, Words] = {
    Reason.OK: Words(
        _("The signature is right. Not revoked. Not expired."),
        _("Compare the name and date of birth below with the person's identity document."),
    ),
    Reason.TOO_LONG: Words(
        _("This text is longer than any certificate."),
        _("Paste only the text of the QR code, which begins with HC1:."),
    ),
    Reason.NOT_A_CERTIFICATE: Words(
        _("This is not the code of a certificate: it does not begin with HC1:."),
        _("Scan the large QR code on the certificate, not another one."),
    ),
    Reason.BASE45: Words(_("A part of the code is missing or was changed."), _SCAN_AGAIN),
    Reason.INFLATE: Words(_("A part of the code is missing or was changed."), _SCAN_AGAIN),
    Reason.CBOR: Words(_("The content of the code cannot be read."), _SCAN_AGAIN),
    Reason.COSE: Words(_("The code carries no signed certificate."), _SCAN_AGAIN),
    Reason.ALG: Words(_("The code is signed in a way that is not allowed."), _DO_NOT_ACCEPT),
    Reason.UNKNOWN_KEY: Words(_("We do not know who signed this code."), _NOT_OURS),
    Reason.KEY: Words(_("The signer's key is not safe enough to be believed."), _DO_NOT_ACCEPT),
    Reason.SIGNATURE: Words(
        _("The signature does not fit the content: the code was changed or made up."),
        _DO_NOT_ACCEPT,
    ),
    Reason.CWT: Words(
        _("The certificate does not say from when and until when it is valid."), _DO_NOT_ACCEPT
    ),
    Reason.NOT_YET_VALID: Words(
        _("This certificate is not valid yet."),
        _("Check the date and time, and try again after its first day."),
    ),
    Reason.EXPIRED: Words(_("This certificate has expired."), _ASK_NEWEST),
    Reason.KEY_EXPIRED: Words(
        _("The key that signed this certificate is no longer in use."), _ASK_NEWEST
    ),
    Reason.KEY_USAGE: Words(
        _("The signer's key may not be used for this kind of certificate, or for this country."),
        _DO_NOT_ACCEPT,
    ),
    Reason.CONTENT: Words(
        _("The code does not hold exactly one vaccination, test or recovery."), _DO_NOT_ACCEPT
    ),
    Reason.SCHEMA: Words(_("A field of the certificate is missing or malformed."), _DO_NOT_ACCEPT),
    Reason.REVOKED: Words(_("This certificate was revoked."), _DO_NOT_ACCEPT),
    Reason.KEY_REVOKED: Words(
        _("All certificates of the key that signed this one were revoked."), _ASK_NEWEST
    ),
}
_REPLACED = Words(_("This certificate was replaced by a newer one."), _ASK_NEWEST)
_CORRECTED = Words(
    _("This certificate was replaced by a newer one after a correction."), _ASK_NEWEST
)
_FOREIGN = _(
    "The signature of another country is right, and the certificate has not expired. Whether that "
    "country revoked it cannot be seen here."
)
_READ_FIRST = _(  # a positive test is as genuine as a negative one
    "Read below what it certifies. Then compare the name and date of birth with the person's "
    "identity document."
)

# The checks run in this order and stop at the first that fails.
_ORDER = list(Reason)
_STAGES = (
    (_("The code itself"), Reason.COSE, _("readable"), _("not readable")),
    (_("Signature"), Reason.SIGNATURE, _("right"), _("not right")),
    (_("Validity"), Reason.KEY_EXPIRED, _("not expired"), _("not in its time")),
    (_("Content"), Reason.SCHEMA, _("complete"), _("not complete")),
    (_("Revocation"), Reason.KEY_REVOKED, _("not revoked"), _("revoked")),
)
# Where a stage fails before it comes to what it is named after.
_FINDINGS: dict[Reason, "str | Promise"] = {
    Reason.ALG: _("of a kind that is not allowed"),
    Reason.UNKNOWN_KEY: _("signer not known"),
    Reason.KEY: _("of a key that is not safe"),
    Reason.KEY_USAGE: _("not for this signer to certify"),
}


@dataclass(frozen=True)
class Verdict:
    """The result of one check, ready to be shown. `rows` is empty unless it is valid: nothing of
    a person is shown of a code that does not count."""

    is_valid: bool
    reason: str
    words: Words
    checks: tuple[Check, ...]
    rows: tuple[SummaryRow, ...]
    checked_at: datetime.datetime
    is_foreign: bool = False
    ended_at: datetime.datetime | None = None


def verdict_of(result: VerificationResult, *, now: datetime.datetime) -> Verdict:
    """The verdict in words. A revoked certificate of ours is looked up for when and why."""
    ended = _ended(result)
    words, reason = _words(result), result.reason.value
    if ended is not None and ended.status == CertificateStatus.SUPERSEDED:
        is_correction = ended.end_reason == JobCause.CORRECTED
        words, reason = _CORRECTED if is_correction else _REPLACED, "revoked_replaced"
    return Verdict(
        is_valid=result.is_valid,
        reason=reason,
        words=words,
        checks=_checks(result.reason),
        rows=_rows(result.certificate) if result.is_valid and result.certificate else (),
        checked_at=now,
        is_foreign=result.certificate is not None and _is_foreign(result.certificate),
        ended_at=ended.ended_at if ended else None,
    )


def _words(result: VerificationResult) -> Words:
    words, signed = WORDS[result.reason], result.certificate
    if not result.is_valid or signed is None:
        return words
    advice = words.advice if signed["kind"] == "vaccination" else _READ_FIRST
    return Words(_FOREIGN if _is_foreign(signed) else words.why, advice)


def _is_foreign(signed: dict[str, Any]) -> bool:
    return bool(signed["issuer"] != COUNTRY)


def _ended(result: VerificationResult) -> Certificate | None:
    if result.reason != Reason.REVOKED or result.certificate is None:
        return None
    return Certificate.objects.filter(uvci=result.certificate["uvci"]).first()


def _checks(reason: Reason) -> tuple[Check, ...]:
    """What was looked at: what passed, what failed, and what was not reached."""
    if reason == Reason.OK:
        return ()
    failed_at, checks, reached = _ORDER.index(reason), [], True
    for text, last, good, bad in _STAGES:
        if not reached:
            checks.append(Check(text, _("not checked"), "wait"))
        elif failed_at > _ORDER.index(last):
            checks.append(Check(text, good, "ok"))
        else:
            checks.append(Check(text, _FINDINGS.get(reason, bad), "bad"))
            reached = False
    return tuple(checks)


def _rows(signed: dict[str, Any]) -> tuple[SummaryRow, ...]:
    """What to compare, what it certifies, who says so where it is not us, and until when."""
    expires = datetime.datetime.fromisoformat(signed["expires_at"])
    return (
        SummaryRow(_("Full name"), signed["name"]),
        SummaryRow(_("Date of birth"), formatting.partial_date(signed["date_of_birth"])),
        *_ENTRY_ROWS[signed["kind"]](signed),
        *(_issuer_row(signed) if _is_foreign(signed) else ()),
        SummaryRow(_("Valid until"), formatting.day(expires)),
    )


def _vaccination_rows(signed: dict[str, Any]) -> tuple[SummaryRow, ...]:
    entry = signed["entry"]
    doses = _("%(number)s of %(series)s") % {"number": entry["dn"], "series": entry["sd"]}
    return (
        SummaryRow(_("Dose"), doses),
        SummaryRow(_("Product"), product_name(signed)),
        SummaryRow(_("Date of vaccination"), formatting.partial_date(entry["dt"])),
    )


def _test_rows(signed: dict[str, Any]) -> tuple[SummaryRow, ...]:
    entry, labels = signed["entry"], signed["labels"]
    return (
        SummaryRow(_("Test result"), _RESULTS.get(entry["tr"], labels["tr"])),
        SummaryRow(_("Type of test"), _TESTS.get(entry["tt"], labels["tt"])),
        SummaryRow(_("Sample taken"), _moment(entry["sc"])),
    )


def _recovery_rows(signed: dict[str, Any]) -> tuple[SummaryRow, ...]:
    entry = signed["entry"]
    return (
        SummaryRow(_("First positive test"), formatting.partial_date(entry["fr"])),
        SummaryRow(_("Counts as recovered from"), formatting.partial_date(entry["df"])),
        SummaryRow(_("Counts as recovered until"), formatting.partial_date(entry["du"])),
    )


_ENTRY_ROWS = {"vaccination": _vaccination_rows, "test": _test_rows, "recovery": _recovery_rows}

# SNOMED CT and LOINC codes of the EU value sets; what they do not name is shown in their words.
_RESULTS = {
    "260373001": _("Positive: the virus was found"),
    "260415000": _("Negative: the virus was not found"),
}
_TESTS = {"LP6464-4": _("Test for nucleic acid (PCR)"), "LP217198-3": _("Rapid antigen test")}


def _issuer_row(signed: dict[str, Any]) -> tuple[SummaryRow]:
    country = country_name(signed["issuer"], "en" if formatting.is_english() else "vi")
    return (SummaryRow(_("Issued by"), f"{country}: {signed['issued_by']}"),)


def _moment(text: str) -> str:
    """A moment of a certificate in our time; one that Python does not read stands as it is."""
    try:
        return formatting.moment(datetime.datetime.fromisoformat(text))
    except (ValueError, OverflowError):  # the last hours of 9999 are in no year here
        return text
