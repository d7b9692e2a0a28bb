import datetime

import pytest

from response_center import exceptions
from response_center.models import CaseEvent, CaseKind
from response_center.services.cases import claim_case, reject_case
from response_center.services.missing_dose import refuse_dose
from response_center.services.objections import OBJECT_WITHIN, may_object, object_to
from sites.models import Role
from sites.scoping import NotAllowed
from tests.factories import make_lot, make_site, make_staff
from tests.response_center.making import make_agent, make_case, make_case_at_site

pytestmark = pytest.mark.django_db


def rejected(now, **over):
    case = make_case(now=now, **over)
    agent = make_agent()
    claim_case(case=case, agent=agent, now=now)
    reject_case(case=case, by=agent, reason="no_such_dose", words="Không có", now=now)
    return case


def test_an_objection_goes_one_level_up_before_others_with_48_hours_from_now(now):
    case = rejected(now, site=make_site(province_code="27"))
    later = now + datetime.timedelta(days=3)
    object_to(case=case, words="Tôi có giấy xác nhận.", now=later)
    assert (case.status, case.level, case.urgency) == ("open", "province", 2)
    assert (case.closed_at, case.rejection_reason) == (None, "")
    assert case.due_at == later + datetime.timedelta(hours=48)
    assert (case.objected_at, case.reopened) == (later, 1)
    event = CaseEvent.objects.get(case=case, verb="objected")
    assert (event.note, event.is_public) == ("Tôi có giấy xác nhận.", True)


def test_the_second_answer_is_final(now):
    case = rejected(now)
    object_to(case=case, words="Không đúng", now=now)
    agent = make_agent()
    claim_case(case=case, agent=agent, now=now)
    reject_case(case=case, by=agent, reason="no_such_dose", words="Vẫn không có", now=now)
    assert not may_object(case, now)
    with pytest.raises(exceptions.AlreadyObjected):
        object_to(case=case, words="Vẫn không đúng", now=now)


def test_an_answer_is_final_after_30_days(now):
    case = rejected(now)
    object_to_at = now + OBJECT_WITHIN
    assert may_object(case, object_to_at)
    with pytest.raises(exceptions.NotToObjectTo):
        object_to(case=case, words="Muộn", now=object_to_at + datetime.timedelta(seconds=1))


@pytest.mark.parametrize("words", ["", "  "])
def test_an_objection_says_something(now, words):
    with pytest.raises(exceptions.WordsMissing):
        object_to(case=rejected(now), words=words, now=now)


def test_an_open_report_has_no_answer_to_object_to(now):
    with pytest.raises(exceptions.NotToObjectTo):
        object_to(case=make_case(now=now), words="Nhanh lên", now=now)


# ── the site refuses ──────────────────────────────────────────────────────────────────────────
def test_only_the_asked_site_refuses_a_dose(now):
    case = make_case_at_site(lot=make_lot(site=make_site()), now=now)
    stranger = make_staff(role=Role.SITE_RECORDER, site=make_site())
    with pytest.raises(NotAllowed):
        refuse_dose(case=case, by=stranger, reason="no_such_dose", words="Không", now=now)


@pytest.mark.parametrize(
    ("over", "code"),
    [({"reason": "because"}, "reason_missing"), ({"words": " "}, "words_missing")],
)
def test_a_refusal_names_its_reason_and_says_what_to_do(now, over, code):
    lot = make_lot(site=make_site())
    case = make_case_at_site(lot=lot, now=now)
    values = {"reason": "no_such_dose", "words": "Không có", **over}
    with pytest.raises(exceptions.InvalidInput) as refusal:
        refuse_dose(case=case, by=make_staff(site=lot.site), now=now, **values)
    assert refusal.value.code == code


def test_what_is_not_about_a_missing_dose_is_answered_in_words(now):
    lot = make_lot(site=make_site())
    case = make_case_at_site(lot=lot, now=now, kind=CaseKind.COMPLAINT, description="Chờ lâu")
    with pytest.raises(exceptions.NotAboutAMissingDose):
        refuse_dose(case=case, by=make_staff(site=lot.site), reason="other", words="Không", now=now)


def test_the_person_objects_to_a_site_that_found_nothing(now):
    lot = make_lot(site=make_site(province_code="27"))
    case = make_case_at_site(lot=lot, now=now)
    refuse_dose(
        case=case, by=make_staff(site=lot.site), reason="no_such_dose", words="Không có", now=now
    )
    object_to(case=case, words="Tôi có phiếu.", now=now)
    assert (case.status, case.level) == ("open", "province")
