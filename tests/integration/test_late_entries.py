"""A dose that is entered late is due within 30 minutes of its entry, by whatever door it came."""

import datetime

import pytest
from django.utils import timezone

from certificates.models import IssuanceJob
from certificates.services.issuance import drain_due
from sites.models import Dose
from tests.factories import make_lot
from tests.sites.imports import making
from tests.sites.making import Desk
from tests.sites.test_api_doses import client_of, item, post
from tests.sites.test_desk_pages import paper_body, sign_in
from vaxplatform.promise import certificate_expected_by

pytestmark = pytest.mark.django_db

HALF_AN_HOUR = datetime.timedelta(minutes=30)


@pytest.fixture
def desk():
    return Desk()


def by_a_file(desk, client, tmp_path):
    lot = make_lot(site=desk.site, number=making.LOT)
    assert lot.doses_left
    making.send(tmp_path, desk.site, making.row(1))


def by_the_form(desk, client, tmp_path):
    sign_in(client, desk.recorder)
    assert client.post("/staff/paper/", paper_body(desk)).status_code == 302


def by_the_api(desk, client, tmp_path):
    long_ago = (timezone.now() - datetime.timedelta(days=60)).isoformat()
    body = item(desk.lot, administered_at=long_ago, source="paper")
    assert post(client_of(desk.site), [body]).data[0]["status"] == "recorded"


def by_the_api_three_hours_late(desk, client, tmp_path):
    late = (timezone.now() - datetime.timedelta(hours=3)).isoformat()
    assert post(client_of(desk.site), item(desk.lot, administered_at=late)).status_code == 201


@pytest.mark.parametrize("enter", [by_a_file, by_the_form, by_the_api, by_the_api_three_hours_late])
def test_a_late_entry_is_due_at_once_and_at_the_latest_in_half_an_hour(
    desk, client, tmp_path, signing_key, enter
):
    enter(desk, client, tmp_path)
    dose = Dose.objects.get()
    job = IssuanceJob.objects.get(pk=dose.pk)
    assert job.due_at == dose.recorded_at
    assert job.deadline_at == dose.recorded_at + HALF_AN_HOUR
    assert drain_due() == 1, "the worker does not wait"
    certificate = dose.certificates.get(status="live")
    assert dose.recorded_at <= certificate.issued_at < job.deadline_at


def test_the_api_promises_what_the_queue_was_told(desk):
    """Every wait from none to a day: the answer's moment is the deadline of the job."""
    api = client_of(desk.site)
    for n, minutes in enumerate((0, 1, 29, 30, 31, 59, 60, 1_440)):
        given_at = timezone.now() - datetime.timedelta(minutes=minutes)
        answer = post(api, item(desk.lot, n, administered_at=given_at.isoformat()))
        dose = Dose.objects.get(public_id=answer.data["dose_id"])
        deadline = IssuanceJob.objects.get(pk=dose.pk).deadline_at
        said = datetime.datetime.fromisoformat(answer.data["certificate_expected_by"])
        assert said == deadline
        assert deadline == certificate_expected_by(
            administered_at=dose.administered_at,
            recorded_at=dose.recorded_at,
            delay_seconds=1_800,
            deadline_seconds=3_600,
        )
        late = dose.recorded_at + HALF_AN_HOUR
        assert deadline == max(dose.administered_at + 2 * HALF_AN_HOUR, late)
