"""A person's doses, examinations before them and adverse events, for the file of her own data."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from registration.models import Citizen
from registration.own_data import Fact, Row, register_own_data
from registration.own_facts import moment
from sites.models import AefiReport, Dose, FollowUp, Screening


def _doses(citizen: Citizen) -> Sequence[Row]:
    """Voided ones too: they are on record."""
    doses = Dose.objects.filter(citizen=citizen).select_related("vaccine", "lot", "site__province")
    return [
        [
            Fact("id", _("public number"), str(dose.public_id)),
            Fact("dose_number", _("dose number"), dose.dose_number),
            Fact("dose_kind", _("kind of dose"), dose.dose_kind, dose.get_dose_kind_display()),
            Fact("vaccine", _("vaccine"), dose.vaccine.code, str(dose.vaccine)),
            Fact("lot_number", _("lot"), dose.lot.number),
            Fact("site", _("site"), dose.site.name),
            Fact("province", _("province"), dose.site.province.name),
            moment("administered_at", _("given at"), dose.administered_at),
            moment("recorded_at", _("recorded at"), dose.recorded_at),
            Fact("status", _("status"), dose.status, dose.get_status_display()),
        ]
        for dose in doses.order_by("administered_at", "pk")
    ]


def _screenings(citizen: Citizen) -> Sequence[Row]:
    found = Screening.objects.filter(visit__citizen=citizen).order_by("screened_at")
    return [
        [
            moment("screened_at", _("screened at"), row.screened_at),
            Fact("answers", _("answers"), row.answers, _pairs(row.answers)),
            Fact("vitals", _("vital signs"), row.vitals, _pairs(row.vitals)),
            Fact("decision", _("decision"), row.decision, row.get_decision_display()),
        ]
        for row in found
    ]


def _pairs(values: dict[str, object]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in sorted(values.items())) or "–"


def _events(citizen: Citizen) -> Sequence[Row]:
    found = AefiReport.objects.filter(dose__citizen=citizen).select_related("dose")
    return [
        [
            Fact("number", _("report number"), row.number),
            Fact("dose_number", _("dose number"), row.dose.dose_number),
            moment("onset_at", _("began at"), row.onset_at),
            Fact("symptoms", _("signs"), row.symptoms, ", ".join(row.symptoms) or "–"),
            Fact("description", _("what happened"), row.description),
            Fact("seriousness", _("seriousness"), row.seriousness, row.get_seriousness_display()),
            Fact("outcome", _("outcome"), row.outcome, row.get_outcome_display()),
        ]
        for row in found.order_by("onset_at")
    ]


def _diary(citizen: Citizen) -> Sequence[Row]:
    found = FollowUp.objects.filter(dose__citizen=citizen).exclude(answer="").select_related("dose")
    return [
        [
            Fact("dose_number", _("dose number"), row.dose.dose_number),
            Fact("day", _("day after the dose"), row.day),
            Fact("answer", _("answer"), row.answer, row.get_answer_display()),
            Fact("symptoms", _("signs"), row.symptoms, ", ".join(row.symptoms) or "–"),
            Fact("words", _("in the person's words"), row.words),
            moment("answered_at", _("answered at"), row.answered_at),
        ]
        for row in found.order_by("answered_at")
    ]


def register() -> None:
    """Called once, when the app is ready."""
    register_own_data(30, "doses", _("Doses on record"), _doses)
    register_own_data(40, "screenings", _("Examinations before a dose"), _screenings)
    register_own_data(45, "diary", _("Diary after the doses"), _diary)
    register_own_data(50, "adverse_events", _("Adverse events"), _events)
