"""A person's certificates, for the file of her own data."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate
from registration.models import Citizen
from registration.own_data import Fact, Row, register_own_data
from registration.own_facts import moment


def _certificates(citizen: Citizen) -> Sequence[Row]:
    """All that were ever issued; the text of the code too, which others can read and check."""
    found = Certificate.objects.filter(dose__citizen=citizen).select_related("dose")
    return [
        [
            Fact("uvci", _("certificate ID"), row.uvci),
            Fact("dose_number", _("dose number"), row.dose.dose_number),
            Fact("status", _("status"), row.status, row.get_status_display()),
            moment("issued_at", _("issued at"), row.issued_at),
            moment("expires_at", _("expires at"), row.expires_at),
            Fact("hcert", _("text of the QR code"), row.hcert),
        ]
        for row in found.order_by("issued_at", "pk")
    ]


def register() -> None:
    """Called once, when the app is ready."""
    register_own_data(60, "certificates", _("Certificates"), _certificates)
