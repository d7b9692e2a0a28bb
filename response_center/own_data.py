"""A person's reports, for the file of her own data."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from registration.models import Citizen
from registration.own_data import Fact, Row, register_own_data
from registration.own_facts import moment
from response_center.models import Case, CaseKind


def _cases(citizen: Citizen) -> Sequence[Row]:
    found = Case.objects.filter(citizen=citizen).exclude(kind=CaseKind.STUCK_CERTIFICATE)
    return [
        [
            Fact("number", _("case number"), row.number),
            Fact("kind", _("about"), row.kind, row.get_kind_display()),
            Fact("status", _("status"), row.status, row.get_status_display()),
            Fact("description", _("What happened"), row.description),
            moment("opened_at", _("opened at"), row.opened_at),
        ]
        for row in found.order_by("opened_at")
    ]


def register() -> None:
    """Called once, when the app is ready."""
    register_own_data(70, "cases", _("Reports"), _cases)
