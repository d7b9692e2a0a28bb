"""Copies of a certificate in other formats: a page asks for one, a worker signs it.

Nothing is handed in to be signed: a request names a certificate, and the worker reads the doses
of its person by their ids, as they stand then. WHO's core data set (DDCC:VS) holds the dose of its
certificate. A SMART Health Card holds the certified doses before it too, because that format does
not say the number of a dose: who reads it counts. Once one of them changed, the copy is shown no
more, is called back (a card by certificates.services.card_keys, a core data set together with its
certificate), and is made again when somebody asks.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from certificates.exceptions import CertificateNotLive
from certificates.hcert import ddcc
from certificates.hcert import verify as hcert
from certificates.hcert.issue import CertificateBatchSigner
from certificates.hcert.keys import Signer
from certificates.hcert.names import split_vietnamese_name
from certificates.models import (
    Certificate,
    CertificateCopy,
    CertificateStatus,
    CopyFormat,
    KeyStatus,
    SigningKey,
)
from certificates.services import keys
from certificates.services.card_keys import copies_called_back, public_key_of
from certificates.services.clock import database_now
from certificates.services.groups import group_of_province
from certificates.services.issuance import certified_content
from certificates.shc import card, verify
from certificates.shc.bundle import CardDose, CardError, Person
from certificates.shc.codes import vaccines
from registration.models import Account
from sites.models import Dose, DoseStatus
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import day_in_vietnam

log = structlog.get_logger(__name__)

ASKED_AN_HOUR = 20  # by one account
BATCH = 50
BUDGET = datetime.timedelta(seconds=5)
HOUR, SECOND = datetime.timedelta(hours=1), datetime.timedelta(seconds=1)


class CopyState(StrEnum):
    """Where the copy of a live certificate is."""

    NONE = "none"  # nobody has asked
    MAKING = "making"
    READY = "ready"
    STALE = "stale"  # signed, but no longer so
    FAILED = "failed"


@dataclass(frozen=True)
class Said:
    """What a copy says. `doses`: the day (ISO) and the product's name of each."""

    name: str
    date_of_birth: str
    doses: tuple[tuple[str, str], ...]


class TooManyCopies(DomainError):
    code = "too_many_copies"
    message = _("You can ask for %(limit)d copies an hour. Try again in an hour.")


class VaccineWithoutCode(DomainError):
    code = "vaccine_without_code"
    message = _("This format has no code yet for a vaccine that you received.")


# ------------------------------------------------------------------ asking
@transaction.atomic
def ask_for_copy(
    *, certificate: Certificate, format: CopyFormat, account: Account, now: datetime.datetime
) -> CertificateCopy:
    """Ask for a certificate in another format, or return the copy there or on its way.

    The caller has seen to it that the account may see the certificate, which comes with its dose
    and vaccine. A copy that failed or is stale is asked for again. Raises CertificateNotLive,
    VaccineWithoutCode or TooManyCopies; nothing is written then.
    """
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if not Certificate.objects.filter(pk=certificate.pk, status=CertificateStatus.LIVE).exists():
        raise CertificateNotLive
    copies = CertificateCopy.objects.select_for_update(of=("self",))
    copy = copies.filter(certificate=certificate, format=format).first()
    if copy is not None and not copy.last_error and not is_stale(copy):
        return copy
    if format == CopyFormat.SMART_HEALTH_CARD and certificate.dose.vaccine.code not in vaccines():
        raise VaccineWithoutCode
    asked = CertificateCopy.objects.filter(asked_by=account, asked_at__gt=now - HOUR)
    if asked.count() >= ASKED_AN_HOUR:
        raise TooManyCopies(limit=ASKED_AN_HOUR)
    if copy is not None:
        return _ask_again(copy, account, now)
    copy, _made = CertificateCopy.objects.get_or_create(
        certificate=certificate,
        format=format,
        defaults={"asked_by": account, "asked_at": now},
    )
    return copy


def _ask_again(copy: CertificateCopy, account: Account, now: datetime.datetime) -> CertificateCopy:
    """Back to the workers; what was signed before is void, unless it is still true."""
    if copy.signed_at and _was_called_back(copy):
        copy.revoked_before = copy.signed_at
    copy.text, copy.last_error = "", ""
    copy.signed_at = copy.key = None
    copy.asked_by, copy.asked_at = account, now
    copy.save()
    copy.covers.clear()
    return copy


def find_copy(certificate: Certificate, format: CopyFormat) -> CertificateCopy | None:
    """The copy of a certificate in a format, signed or on its way."""
    copies = CertificateCopy.objects.select_related("certificate__dose", "key")
    return copies.filter(certificate=certificate, format=format).first()


def state_of(copy: CertificateCopy | None) -> CopyState:
    """Where a copy of a live certificate is."""
    if copy is None:
        return CopyState.NONE
    if copy.last_error:
        return CopyState.FAILED
    if copy.signed_at is None:
        return CopyState.MAKING
    return CopyState.STALE if is_stale(copy) else CopyState.READY


def what_it_says(copy: CertificateCopy, now: datetime.datetime) -> Said | None:
    """What a signed copy says, read as a stranger would; None where it does not verify."""
    assert copy.key is not None  # noqa: S101 - a constraint of the table
    return _read(copy.format, copy.text, copy.key, now)


def _read(format: str, text: str, key: SigningKey, at: datetime.datetime) -> Said | None:
    if format == CopyFormat.DDCC:
        signed = hcert.verify(text, keys.all_keys(), at)
        if signed.certificate is None or not signed.is_valid:
            return None
        says = signed.certificate
        dose = (says["entry"]["dt"], says["labels"]["mp"])
        return Said(says["name"], says["date_of_birth"], (dose,))
    public = public_key_of(key)
    shown = verify.verify(text, {settings.PUBLIC_URL: {public.kid: public}}, at)
    if shown.card is None or not shown.is_valid:
        return None
    name = f"{shown.card.family_name} {shown.card.given_name}".strip()
    doses = tuple((dose.given_on, dose.vaccine) for dose in shown.card.doses)
    return Said(name, shown.card.date_of_birth, doses)


def is_stale(copy: CertificateCopy) -> bool:
    """Whether a signed copy must not be shown: something that it says has changed, a dose before
    it was certified since, or its key is believed no more."""
    if copy.key is None:
        return False
    if copy.key.status == KeyStatus.COMPROMISED or _was_called_back(copy):
        return True
    if copy.format == CopyFormat.DDCC:
        return False
    covered = copy.covers.values("dose")
    return _certified_doses(copy.certificate.dose).exclude(pk__in=covered).exists()


def _was_called_back(copy: CertificateCopy) -> bool:
    return copies_called_back().filter(pk=copy.pk).exists()


# ------------------------------------------------------------------ signing
def sign_copies(_now: datetime.datetime) -> int:
    """Chore: sign what was asked for, within a budget; returns how many were dealt with.

    What was asked for a certificate that has ended meanwhile is forgotten. Raises KeysNotHere in
    a process that may not sign, where there is something to sign.
    """
    forget_ended()
    if not _waiting().exists():
        return 0
    until, done = database_now() + BUDGET, 0
    keys.ensure_signers(now=database_now())
    while database_now() < until:
        batch = _sign_batch()
        done += batch
        if batch < BATCH:
            break
    return done


def forget_ended() -> int:
    """Delete copies that are waiting to be signed, of certificates that have ended."""
    waiting = CertificateCopy.objects.filter(
        signed_at__isnull=True, last_error="", revoked_before__isnull=True
    )
    deleted, _by_model = waiting.exclude(certificate__status=CertificateStatus.LIVE).delete()
    return deleted


def _waiting() -> QuerySet[CertificateCopy]:
    return CertificateCopy.objects.filter(
        signed_at__isnull=True, last_error="", certificate__status=CertificateStatus.LIVE
    )


@transaction.atomic
def _sign_batch() -> int:
    """Sign up to BATCH copies that no other worker holds; returns how many were dealt with.

    Each is signed with the key of its dose's group, held until the end, so that a key called back
    meanwhile waits. Where that key is not here, the copy is left to another worker.
    """
    asked = list(
        _waiting()
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("certificate__dose__citizen", "certificate__dose__site__province")
        .order_by("asked_at")[:BATCH]
    )
    held = keys.hold_signers(now=database_now()) if asked else {}
    done = 0
    for copy in asked:
        group = group_of_province(copy.certificate.dose.site.province.code)
        if group in held:
            _sign(copy, *held[group])
            done += 1
    return done


def _sign(copy: CertificateCopy, key: SigningKey, signer: Signer) -> None:
    """Fill in one copy, or say on it why that cannot be; what nobody could read is not kept.

    Its time is whole seconds, and later than that of the void one it replaces.
    """
    at = database_now().replace(microsecond=0)
    if copy.revoked_before is not None:
        at = max(at, copy.revoked_before.replace(microsecond=0) + SECOND)
    doses = _doses_on(copy)
    try:
        text = _TEXTS[copy.format](copy.certificate, doses, key, signer, at)
        if _read(copy.format, text, key, at) is None:
            raise CardError("unreadable")
    except ValueError as error:
        copy.last_error = str(error) if isinstance(error, CardError) else type(error).__name__
        log.warning("copy_not_signed", copy=copy.pk, reason=copy.last_error)
    else:
        copy.text, copy.signed_at, copy.key = text, at, key
        live = Certificate.objects.filter(dose__in=doses, status=CertificateStatus.LIVE)
        copy.covers.set(live)
    copy.save(update_fields=["text", "last_error", "signed_at", "key"])


def _doses_on(copy: CertificateCopy) -> list[Dose]:
    doses = _certified_doses(copy.certificate.dose)
    if copy.format == CopyFormat.DDCC:
        doses = doses.filter(pk=copy.certificate.dose_id)
    return list(doses)


def _certified_doses(dose: Dose) -> QuerySet[Dose]:
    """The dose and those before it of the same person that have a live certificate."""
    live = Certificate.objects.filter(dose=OuterRef("pk"), status=CertificateStatus.LIVE)
    return (
        Dose.objects.filter(
            Exists(live),
            citizen=dose.citizen_id,
            dose_number__lte=dose.dose_number,
            status=DoseStatus.RECORDED,
        )
        .select_related("vaccine", "lot", "site")
        .order_by("dose_number")
    )


def _smart_health_card(
    certificate: Certificate,
    doses: list[Dose],
    key: SigningKey,
    signer: Signer,
    at: datetime.datetime,
) -> str:
    """The text of the QR code. Raises CardError."""
    citizen = certificate.dose.citizen
    family, given = split_vietnamese_name(citizen.full_name)
    public = public_key_of(key)
    jws = card.issue(
        Person(family, given, citizen.date_of_birth),
        [
            CardDose(
                product=dose.vaccine.code,
                given_on=day_in_vietnam(dose.administered_at),
                lot=dose.lot.number,
                performer=dose.site.name,
            )
            for dose in doses
        ],
        issuer=card.Issuer(settings.PUBLIC_URL, public.kid, signer.sign),
        issued_at=at,
        rid=card.rid_of(certificate.uvci),
    )
    return card.qr_text(jws)


def _core_data_set(
    certificate: Certificate,
    doses: list[Dose],
    key: SigningKey,
    signer: Signer,
    at: datetime.datetime,
) -> str:
    """The text of the QR code, good as long as the certificate and called back with it, by the
    identifier that both have. Raises CardError."""
    content = certified_content([dose.pk for dose in doses]).get(certificate.dose_id)
    if content is None:
        raise CardError("no_dose")
    content["v"][0]["ci"] = certificate.uvci
    (dose,) = doses
    return CertificateBatchSigner(signer).sign(
        ddcc.core_data_set(
            content,
            lot=dose.lot.number,
            centre=dose.site.name,
            issued_at=at,
            expires_at=certificate.expires_at,
        ),
        issued_at=at,
        expires_at=certificate.expires_at,
        subclaim=ddcc.SUBCLAIM,
    )


_TEXTS = {
    CopyFormat.SMART_HEALTH_CARD.value: _smart_health_card,
    CopyFormat.DDCC.value: _core_data_set,
}
