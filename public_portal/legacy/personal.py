"""The two look-ups about a person, as the old clients send and read them."""

import datetime
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.request import Request

from public_portal.legacy.answers import answer, as_milliseconds
from public_portal.legacy.contract import described
from public_portal.legacy.look_up import Record, ask_for_code, open_record
from public_portal.legacy.question import read_question
from public_portal.legacy.views import OldView
from registration.models import AdministrativeUnit, UnitKind
from registration.services.own_record import Question
from sites.models import Dose
from vaxplatform.api import body_of
from vaxplatform.vietnam import day_in_vietnam

OK = 1


class PersonView(OldView):
    """GET as the old clients ask, POST for whoever would keep a name out of addresses and logs."""

    parser_classes = (FormParser, JSONParser)
    methods: ClassVar[str] = "GET, POST, OPTIONS"
    http_method_names = ["get", "post", "options"]  # noqa: RUF012

    def sent(self, request: Request) -> dict[str, str]:
        """What was sent, as texts: a parameter, a field of a form, or of an object in JSON."""
        data = request.query_params if request.method == "GET" else body_of(request)
        if not isinstance(data, Mapping):
            return {}
        return {name: str(data.get(name, "")) for name in data}


def _question(sent: Mapping[str, str], now: datetime.datetime) -> Question:
    return read_question(sent, on=day_in_vietnam(now))


class OtpSearchView(PersonView):
    @described("otp_search")
    def get(self, request: Request) -> HttpResponse:
        return self._ask(request)

    @described("otp_search", in_body=True)
    def post(self, request: Request) -> HttpResponse:
        return self._ask(request)

    def _ask(self, request: Request) -> HttpResponse:
        now = timezone.now()
        ask_for_code(question=_question(self.sent(request), now), now=now)
        with translation.override("vi"):
            sentence = _("We have sent a code to this phone. It is good for 5 minutes.")
        return answer({"code": OK, "message": sentence})


class PatientVaccinatedView(PersonView):
    @described("patient_vaccinated")
    def get(self, request: Request) -> HttpResponse:
        return self._look(request)

    @described("patient_vaccinated", in_body=True)
    def post(self, request: Request) -> HttpResponse:
        return self._look(request)

    def _look(self, request: Request) -> HttpResponse:
        now, sent = timezone.now(), self.sent(request)
        question = _question(sent, now)
        record = open_record(question=question, code=sent.get("otp", ""), now=now)
        with translation.override("vi"):
            body = {
                "errorResponse": {"code": OK, "description": _("The record was found.")},
                "qrCode": record.qr or _("No COVID-19 vaccination certificate yet"),
                "patientInfo": _patient(record, question),
            }
        return answer(body, status=HTTPStatus.OK)


def _patient(record: Record, question: Question) -> dict[str, Any]:
    citizen = record.citizen
    ward = citizen.ward
    local = ward if ward and ward.kind == UnitKind.WARD else None
    district = _district(ward)
    born = datetime.datetime.fromisoformat(question.date_of_birth).replace(tzinfo=datetime.UTC)
    return {
        "fullname": citizen.full_name,
        "birthday": as_milliseconds(born),
        "personalPhoneNumber": "0" + question.phone.removeprefix("+84"),
        "identification": record.identification,
        "healthInsuranceNumber": record.insurance,
        "province": citizen.province.name,
        "district": district.name if district else "",
        "ward": local.name if local else "",
        "fullyVaccinated": int(record.is_complete),
        "currentProvinceId": citizen.province.code,
        "currentDistrictId": district.code if district else "",
        "currentWardId": local.code if local else "",
        "vaccinatedInfoes": [_dose(dose) for dose in record.doses],
    }


def _district(unit: AdministrativeUnit | None) -> AdministrativeUnit | None:
    """Island districts have no wards: people live in the district itself."""
    if unit is None or unit.kind == UnitKind.DISTRICT:
        return unit
    parent = unit.parent
    return parent if parent and parent.kind == UnitKind.DISTRICT else None


def _dose(dose: Dose) -> dict[str, Any]:
    return {
        "vaccineId": dose.vaccine.code,
        "vaccineName": dose.vaccine.name,
        "injectionDate": as_milliseconds(dose.administered_at),
        "injectionPlace": dose.site.name,
        "batchNumber": dose.lot.number,
    }
