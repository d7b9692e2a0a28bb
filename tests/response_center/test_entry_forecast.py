"""A case about a missing dose says how far the site is with entering its paper."""

import datetime

import pytest
from django.utils import timezone

from public_portal.models import DailyReport
from public_portal.services.rollups import refresh_statistics
from response_center.models import CaseKind
from response_center.views.facts import diagnosis_of
from response_center.views.show import case_page
from tests.factories import make_site
from tests.response_center.making import make_case

pytestmark = pytest.mark.django_db
FEW_DAYS = datetime.timedelta(days=5)


@pytest.fixture
def reported():
    """A site that reported 50 doses of a day and entered none, and the day."""
    site, day = make_site(on_platform=False), timezone.localdate() - FEW_DAYS
    DailyReport.objects.create(province=site.province, site=site, day=day, doses=50)
    refresh_statistics()
    return site, day


def test_citizen_and_agent_read_the_same_sentence(reported):
    site, day = reported
    case = make_case(site=site, administered_on=day)
    now = timezone.now()
    sentence = case_page(case, now)["entry"]
    assert f"{site.name} đã nhập 0 trong 50 mũi." in sentence
    assert sentence in [check.finding for check in diagnosis_of(case, [], now)]


def test_a_case_about_something_else_or_without_a_site_says_nothing(reported):
    site, day = reported
    now = timezone.now()
    other = make_case(site=site, administered_on=day, kind=CaseKind.QUESTION, description="?")
    nowhere = make_case(administered_on=day)
    assert case_page(other, now)["entry"] == case_page(nowhere, now)["entry"] == ""


def test_a_site_of_the_platform_without_a_report_of_the_day_says_nothing(reported):
    _site, day = reported
    case = make_case(site=make_site(), administered_on=day)
    assert case_page(case, timezone.now())["entry"] == ""
