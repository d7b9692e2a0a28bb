"""What a phone keeps of a certificate: what its page shows, no more, and the QR code as a drawing.

The phone gets it when somebody of the household asks for it there, and keeps it in its own browser;
the server keeps no list of who keeps what.
"""

from typing import Any

from certificates.card import LANGUAGES, card_of
from certificates.models import Certificate, CertificateStatus
from registration.models import Account
from vaxplatform import formatting
from vaxplatform.qr import QUIET_ZONE, qr_matrix, runs


def phone_copy(certificate: Certificate) -> dict[str, Any]:
    """The state of a certificate (with dose and citizen), and while it is live its copy.

    `{"id", "status", "ended_at", "newer", "copy"}`; `newer` is the id of the live certificate that
    replaced it. Times are ISO, texts stand in both languages.
    """
    state: dict[str, Any] = {
        "id": str(certificate.public_id),
        "status": certificate.status,
        "ended_at": certificate.ended_at,
        "newer": None,
        "copy": None,
    }
    if certificate.status == CertificateStatus.LIVE:
        return {**state, "copy": _copy(certificate)}
    newer = Certificate.objects.filter(dose=certificate.dose_id, status=CertificateStatus.LIVE)
    found = newer.values_list("public_id", flat=True).first()
    return {**state, "newer": str(found) if found else None}


def _copy(certificate: Certificate) -> dict[str, Any]:
    card = card_of(certificate)
    return {
        "name": card.signed["name"],
        "number": card.number,
        "fields": [
            {
                "label": {"vi": field.label, "en": field.english_label},
                "value": {"vi": field.value, "en": field.english or field.value},
            }
            for field in card.main_fields[1:]  # the name is the heading
        ],
        "expires_at": certificate.expires_at,
        "expires": {
            language: formatting.day(certificate.expires_at, language) for language in LANGUAGES
        },
        "code": code_drawing(certificate.hcert),
    }


def code_drawing(text: str) -> dict[str, Any]:
    """The QR code for a script to draw: `side` in modules with the quiet zone, `path` of SVG."""
    matrix = qr_matrix(text)
    path = "".join(
        f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h{length}v1h-{length}z" for x, y, length in runs(matrix)
    )
    return {"side": len(matrix) + 2 * QUIET_ZONE, "path": path}


def certificates_to_keep(account: Account) -> list[dict[str, Any]]:
    """The live certificates of the household, to choose from; person by person, newest first."""
    live = Certificate.objects.filter(
        status=CertificateStatus.LIVE, dose__citizen__households__account=account
    ).select_related("dose__citizen", "dose__vaccine")
    return [
        {
            "id": str(certificate.public_id),
            "name": certificate.dose.citizen.full_name,
            "number": certificate.dose.dose_number,
            "product": str(certificate.dose.vaccine),
            "given": {
                language: formatting.day(certificate.dose.administered_at, language)
                for language in LANGUAGES
            },
        }
        for certificate in live.order_by("dose__citizen__full_name", "-dose__dose_number")
    ]
