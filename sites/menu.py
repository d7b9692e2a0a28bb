"""The sites' entries of the staff's menu, with how many people wait at each desk."""

from collections.abc import Callable

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sites import rights
from sites.models import Role, StaffPosting
from sites.scoping import posting_of
from vaxplatform.staff import StaffLink, register_staff_links


def posting_on(request: HttpRequest) -> StaffPosting | None:
    """The posting of whoever asks; one query a request however many links ask."""
    if not hasattr(request, "_posting"):
        request._posting = posting_of(getattr(request, "user", None))  # type: ignore[attr-defined]
    found: StaffPosting | None = request._posting  # type: ignore[attr-defined]
    return found


def allowed(action: str) -> Callable[[HttpRequest], bool]:
    """Whether the role of whoever asks has the action."""

    def permission(request: HttpRequest) -> bool:
        posting = posting_on(request)
        return posting is not None and action in rights.MAY[Role(posting.role)]

    return permission


def waiting(place: str) -> Callable[[HttpRequest], str]:
    """How many people of the current session are at a desk; "" for none."""

    def badge(request: HttpRequest) -> str:
        from sites.views.desk import counts_for

        counts = counts_for(request)
        return str(getattr(counts, place)) if counts and getattr(counts, place) else ""

    return badge


def waiting_events(request: HttpRequest) -> str:
    """How many serious events were not sent on in time, and how many people wrote that they are
    unwell and nobody has looked at it; "" for none."""
    from sites.aefi_selectors import count_overdue, unwell_answers

    posting = posting_on(request)
    overdue = count_overdue(posting, now=timezone.now())
    return str(overdue + unwell_answers(posting).order_by().count() or "")


def register_menu() -> None:
    """Called once, when the app is ready."""
    page, records = "sites_staff", "admin:vaccination_sites"
    register_staff_links(
        StaffLink(
            "session",
            _("Check-in"),
            reverse_lazy(f"{page}:check_in"),
            icon="scan",
            symbol="qr_code_scanner",
            permission=allowed(rights.CHECK_IN),
            order=10,
        ),
        StaffLink(
            "session",
            _("Screening"),
            reverse_lazy(f"{page}:screening"),
            icon="doc",
            symbol="stethoscope",
            permission=allowed(rights.SCREEN),
            badge=waiting("waiting_for_screening"),
            order=20,
        ),
        StaffLink(
            "session",
            _("Injection"),
            reverse_lazy(f"{page}:doses"),
            icon="shot",
            symbol="syringe",
            permission=allowed(rights.GIVE_DOSE),
            badge=waiting("waiting_for_shot"),
            order=30,
        ),
        StaffLink(
            "session",
            _("Observation"),
            reverse_lazy(f"{page}:observe"),
            icon="clock",
            symbol="timer",
            permission=allowed(rights.OBSERVE),
            badge=waiting("observed"),
            order=40,
        ),
        StaffLink(
            "session",
            _("Session of today"),
            reverse_lazy(f"{page}:session"),
            icon="cal",
            symbol="event",
            permission=allowed(rights.CHECK_IN),
            order=50,
        ),
        StaffLink(
            "site",
            _("Adverse events"),
            reverse_lazy(f"{page}:adverse_events"),
            icon="alert",
            symbol="emergency_home",
            permission=allowed(rights.SEE_AEFI),
            badge=waiting_events,
            order=5,
        ),
        StaffLink(
            "site",
            _("Doses from paper"),
            reverse_lazy(f"{page}:paper"),
            icon="edit",
            symbol="edit_note",
            permission=allowed(rights.ENTER_PAPER),
            order=10,
        ),
        StaffLink(
            "site",
            _("Doses from files"),
            reverse_lazy(f"{page}:imports"),
            icon="doc",
            symbol="upload_file",
            permission=allowed(rights.ENTER_PAPER),
            order=12,
        ),
        StaffLink(
            "site",
            _("Lists from paper"),
            reverse_lazy(f"{page}:sheets"),
            icon="todo",
            symbol="table_rows",
            permission=allowed(rights.ENTER_PAPER),
            order=11,
        ),
        *(
            StaffLink(
                group,
                text,
                reverse_lazy(f"{records}_{model}_changelist"),
                icon=icon,
                symbol=symbol,
                permission=allowed(action),
                order=order,
            )
            for group, order, text, model, icon, symbol, action in (
                ("site", 20, _("Vaccine stock"), "lot", "box", "inventory_2", rights.SEE_RECORDS),
                ("site", 30, _("Planned sessions"), "session", "cal", "event", rights.SEE_RECORDS),
                (
                    "records",
                    10,
                    _("Doses on record"),
                    "dose",
                    "shot",
                    "syringe",
                    rights.SEE_RECORDS,
                ),
                ("records", 20, _("Visits"), "visit", "user", "badge", rights.SEE_RECORDS),
                (
                    "records",
                    30,
                    _("Appointments"),
                    "appointment",
                    "cal",
                    "event_available",
                    rights.SEE_RECORDS,
                ),
                (
                    "system",
                    10,
                    _("Vaccination sites"),
                    "site",
                    "doc",
                    "location_on",
                    rights.MANAGE_SITES,
                ),
                ("system", 20, _("Campaigns"), "campaign", "doc", "flag", rights.MANAGE_SITES),
                ("system", 30, _("Vaccines"), "vaccine", "shot", "vaccines", rights.EDIT_RULES),
                (
                    "system",
                    40,
                    _("Interval rules"),
                    "intervalrule",
                    "doc",
                    "rule",
                    rights.EDIT_RULES,
                ),
                (
                    "system",
                    50,
                    _("Screening forms"),
                    "screeningform",
                    "doc",
                    "checklist",
                    rights.EDIT_RULES,
                ),
                ("system", 60, _("Staff"), "staffposting", "user", "group", rights.MANAGE_STAFF),
                (
                    "system",
                    70,
                    _("Connected systems"),
                    "apiclient",
                    "lock",
                    "key",
                    rights.MANAGE_STAFF,
                ),
            )
        ),
    )
