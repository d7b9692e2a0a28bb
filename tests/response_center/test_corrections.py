"""Corrections: proposed, decided by a second person, written; the certificate follows."""

import datetime
import threading

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from certificates.models import Certificate, IssuanceJob
from certificates.services.issuance import drain_due
from certificates.services.verification import check_certificate
from registration.models import Citizen
from registration.services.citizens import Paper
from registration.services.corrections import NumberNotAccepted
from response_center import exceptions
from response_center.models import (
    Case,
    CaseEvent,
    CaseKind,
    CaseStatus,
    Correction,
    CorrectionLine,
    DuplicatePair,
)
from response_center.services.cases import claim_case, reject_case
from response_center.services.corrections import (
    apply_correction,
    propose_correction,
    refuse_correction,
    withdraw_correction,
)
from response_center.services.merging import merge_cases
from sites.exceptions import DoseAlreadyVoided, DoseBeforeBirth
from sites.models import Lot, Role
from sites.scoping import NotAllowed
from sites.services.doses import void_dose
from tests.factories import make_citizen, make_details, make_dose, make_lot, make_site, make_staff
from tests.response_center.making import make_agent, make_case, told

pytestmark = pytest.mark.django_db
GROUNDS = "Căn cước trên ảnh ghi rõ họ tên."


def wrong_data(now, **over):
    return make_case(kind=CaseKind.WRONG_DATA, description="Sai tên", now=now, **over)


def proposed(case, now, lines, **over):
    agent = over.pop("agent", None) or make_agent()
    claim_case(case=case, agent=agent, now=now)
    return propose_correction(case=case, lines=lines, grounds=GROUNDS, by=agent, now=now, **over)


def hours_ago(hours):
    return timezone.now() - datetime.timedelta(hours=hours)


# ── two persons ───────────────────────────────────────────────────────────────────────────────
def test_a_name_is_corrected_by_two_people_and_the_person_is_told(now):
    case = wrong_data(now, citizen=make_citizen(full_name="Nguyễn Thị Anh Tuyet"))
    correction = proposed(case, now, {"full_name": "Nguyễn Thị Ánh Tuyết"})
    assert (correction.status, correction.needs_second) == ("proposed", True)
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == ("open", None)
    apply_correction(correction=correction, by=make_agent(), now=now)
    case.refresh_from_db()
    assert case.citizen.full_name == "Nguyễn Thị Ánh Tuyết"
    assert case.citizen.search_name == "nguyen thi anh tuyet"
    assert (case.status, case.cause, case.closed_at) == ("resolved", "typing_error", now)
    assert len(told(case)) == 1
    assert "Tuyết" not in told(case)[0]


def test_who_proposed_does_not_decide(now):
    agent = make_agent()
    case = wrong_data(now)
    correction = proposed(case, now, {"sex": "male"}, agent=agent)
    for decide in (
        lambda: apply_correction(correction=correction, by=agent, now=now),
        lambda: refuse_correction(
            correction=correction, reason="other", words="Không", by=agent, now=now
        ),
    ):
        with pytest.raises(exceptions.SecondPersonNeeded):
            decide()


def test_the_database_refuses_a_decision_by_the_same_person(now):
    agent = make_agent()
    correction = proposed(wrong_data(now), now, {"sex": "male"}, agent=agent)
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.filter(pk=correction.pk).update(
            status="applied", decided_by=agent, decided_at=now
        )


def test_a_site_s_staff_decides_nothing(now):
    correction = proposed(wrong_data(now), now, {"sex": "male"})
    recorder = make_staff(role=Role.SITE_RECORDER, site=make_site())
    with pytest.raises(NotAllowed):
        apply_correction(correction=correction, by=recorder, now=now)


def test_an_address_needs_one_person(now):
    case = wrong_data(now)
    correction = proposed(case, now, {"address": "12 Lê Lợi"})
    case.refresh_from_db()
    assert (correction.status, case.citizen.address) == ("applied", "12 Lê Lợi")


def test_values_are_sealed_in_the_database(now):
    correction = proposed(wrong_data(now), now, {"full_name": "Lê Thị Mẫu"})
    raw = CorrectionLine.objects.filter(correction=correction).extra(
        select={"raw": "encode(new, 'escape')"}
    )
    assert "Mẫu" not in raw.values_list("raw", flat=True).get()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ({"full_name": "x" * 300}, "name_too_long"),
        ({"full_name": "<script>"}, "name_has_symbols"),
        ({"date_of_birth": "31/02/1980"}, "no_such_day"),
        ({"id_number": "12345"}, "cccd_needs_twelve_digits"),
        ({"sex": "unknown"}, "value_not_readable"),
        ({"dose_number": "12"}, "value_not_readable"),
        ({"dose_owner": "not a person"}, "value_not_readable"),
        ({"lot_number": "AB12"}, "nobody_to_correct"),
        ({}, "nothing_to_correct"),
    ],
)
def test_what_cannot_be_right_is_refused_and_nothing_is_written(now, lines, code):
    case = wrong_data(now)
    agent = make_agent()
    claim_case(case=case, agent=agent, now=now)
    with pytest.raises(exceptions.DomainError) as refusal:
        propose_correction(case=case, lines=lines, grounds=GROUNDS, by=agent, now=now)
    assert refusal.value.code == code
    case.refresh_from_db()
    assert case.claimed_by == agent
    assert not Correction.objects.exists()


def test_what_stands_on_record_is_not_corrected(now):
    case = wrong_data(now)
    with pytest.raises(exceptions.NothingToCorrect):
        proposed(case, now, {"full_name": case.citizen.full_name})


def test_a_refused_correction_is_at_the_desk_again_with_words_for_staff_only(now):
    case = wrong_data(now)
    correction = proposed(case, now, {"sex": "male"})
    second = make_agent()
    refuse_correction(
        correction=correction, reason="evidence_unreadable", words="Ảnh mờ", by=second, now=now
    )
    case.refresh_from_db()
    event = CaseEvent.objects.get(verb="correction_refused")
    assert (case.status, event.is_public, event.note) == ("open", False, "Ảnh mờ")
    assert told(case) == []
    with pytest.raises(exceptions.CorrectionHasMoved):
        apply_correction(correction=correction, by=make_agent(), now=now)


def test_who_proposed_may_take_it_back(now):
    agent = make_agent()
    correction = proposed(wrong_data(now), now, {"sex": "male"}, agent=agent)
    with pytest.raises(NotAllowed):
        withdraw_correction(correction=correction, by=make_agent(), now=now)
    withdraw_correction(correction=correction, by=agent, now=now)
    assert correction.status == "withdrawn"


def test_what_the_person_asked_for_is_refused_with_the_report(now):
    case = wrong_data(now)
    asked = Correction.objects.create(case=case, citizen=case.citizen)
    agent = make_agent()
    claim_case(case=case, agent=agent, now=now)
    reject_case(case=case, by=agent, reason="already_right", words="Đúng rồi", now=now)
    asked.refresh_from_db()
    assert (asked.status, asked.refusal_reason) == ("refused", "already_right")


# ── papers ────────────────────────────────────────────────────────────────────────────────────
def test_a_number_takes_the_place_of_the_one_of_its_kind(now):
    from registration.services.citizens import find_or_create_citizen

    papers = (Paper("cccd", "079187000001"), Paper("cmnd", "123456789"))
    case = wrong_data(now, citizen=find_or_create_citizen(details=make_details(papers=papers)))
    Citizen.objects.filter(pk=case.citizen_id).update(identity_check="matched")
    correction = proposed(case, now, {"id_number": "079 187 000 002"})
    apply_correction(correction=correction, by=make_agent(), now=now)
    numbers = {paper.kind: paper.number for paper in case.citizen.documents.all()}
    assert numbers == {"cccd": "079187000002", "cmnd": "123456789"}
    assert Citizen.objects.get(pk=case.citizen_id).identity_check == "not_checked"


def test_somebody_else_s_number_is_refused_without_a_word_about_them_and_put_before_people(now):
    from registration.services.citizens import find_or_create_citizen

    holder = find_or_create_citizen(details=make_details(papers=(Paper("cccd", "079187000001"),)))
    case = wrong_data(now)
    correction = proposed(case, now, {"id_number": "079187000001", "sex": "male"})
    sex = case.citizen.sex
    for _twice in range(2):
        with pytest.raises(NumberNotAccepted) as refusal:
            apply_correction(correction=correction, by=make_agent(), now=now)
    assert holder.full_name not in refusal.value.detail
    pair = DuplicatePair.objects.get()
    assert {pair.kept, pair.merged} == {holder, case.citizen}
    assert (pair.sign, pair.status) == ("told", "found")
    correction.refresh_from_db()
    case.citizen.refresh_from_db()
    assert (correction.status, case.citizen.sex) == ("proposed", sex)


# ── doses and their certificates ──────────────────────────────────────────────────────────────
@pytest.fixture
def certified(signing_keys):
    """A dose of two hours ago whose certificate is out, and a report about it."""
    lot = make_lot(site=make_site())
    dose = make_dose(lot=lot, administered_at=hours_ago(2), source="paper")
    assert drain_due() == 1
    return dose, wrong_data(timezone.now(), citizen=dose.citizen)


def verdict(certificate):
    """What a verifier says: ok, revoked …"""
    result = check_certificate(text=certificate.hcert, at=timezone.now())
    return result.reason.value


def test_a_corrected_dose_s_old_certificate_is_not_believed_once_the_new_one_is_there(certified):
    dose, case = certified
    old = Certificate.objects.get()
    assert verdict(old) == "ok"
    day = timezone.localdate() - datetime.timedelta(days=5)
    correction = proposed(case, timezone.now(), {"administered_on": day.isoformat()}, dose=dose)
    assert correction.needs_second
    apply_correction(correction=correction, by=make_agent(), now=timezone.now())
    assert IssuanceJob.objects.get().cause == "corrected"
    assert drain_due() == 1
    old.refresh_from_db()
    new = Certificate.objects.get(status="live")
    assert (old.status, old.end_reason, old.ended_at) == ("superseded", "corrected", new.issued_at)
    assert (verdict(old), verdict(new)) == ("revoked", "ok")


def test_a_corrected_name_stands_on_a_new_certificate(certified):
    _dose, case = certified
    correction = proposed(case, timezone.now(), {"full_name": "Đặng Văn Mẫu"})
    apply_correction(correction=correction, by=make_agent(), now=timezone.now())
    assert drain_due() == 1
    result = check_certificate(text=Certificate.objects.get(status="live").hcert, at=timezone.now())
    assert "Đặng" in str(result.certificate)


def test_before_its_certificate_is_out_a_dose_is_corrected_by_one(signing_keys):
    dose = make_dose(source="paper", administered_at=timezone.now())
    case = wrong_data(timezone.now(), citizen=dose.citizen)
    other = make_lot(site=dose.site)
    correction = proposed(case, timezone.now(), {"lot_number": other.number}, dose=dose)
    dose.refresh_from_db()
    assert (correction.status, dose.lot) == ("applied", other)
    used = dict(Lot.objects.values_list("pk", "doses_used"))
    assert sorted(used.values()) == [0, 1]
    assert used[other.pk] == 1


def test_a_dose_that_is_nobody_s_is_taken_back_with_its_certificate(certified):
    dose, case = certified
    Case.objects.filter(pk=case.pk).update(kind=CaseKind.NOT_MY_DOSE)
    correction = proposed(case, timezone.now(), {"dose_owner": ""}, dose=dose)
    apply_correction(correction=correction, by=make_agent(), now=timezone.now())
    dose.refresh_from_db()
    assert (dose.status, dose.void_reason) == ("voided", GROUNDS)
    assert verdict(Certificate.objects.get()) == "revoked"


def test_a_dose_goes_to_the_person_who_was_given_it(certified):
    dose, case = certified
    Case.objects.filter(pk=case.pk).update(kind=CaseKind.NOT_MY_DOSE)
    other = make_citizen()
    correction = proposed(case, timezone.now(), {"dose_owner": str(other.public_id)}, dose=dose)
    apply_correction(correction=correction, by=make_agent(), now=timezone.now())
    dose.refresh_from_db()
    assert dose.citizen == other
    assert drain_due() == 1
    assert [verdict(each) for each in Certificate.objects.order_by("pk")] == ["revoked", "ok"]


def test_a_birth_after_the_dose_is_refused(certified):
    _dose, case = certified
    tomorrow = timezone.localdate()
    correction = proposed(case, timezone.now(), {"date_of_birth": tomorrow.isoformat()})
    Citizen.objects.filter(pk=case.citizen_id)
    case.citizen.doses.update(administered_at=hours_ago(72))
    with pytest.raises(DoseBeforeBirth):
        apply_correction(correction=correction, by=make_agent(), now=timezone.now())


def test_a_dose_that_was_voided_meanwhile_is_not_corrected(certified):
    dose, case = certified
    correction = proposed(case, timezone.now(), {"dose_number": "2"}, dose=dose)
    void_dose(dose=dose, reason="nhập nhầm")
    with pytest.raises(DoseAlreadyVoided):
        apply_correction(correction=correction, by=make_agent(), now=timezone.now())
    correction.refresh_from_db()
    assert correction.status == "proposed"


def test_a_strange_dose_cannot_be_slipped_into_a_report(certified):
    _dose, case = certified
    strange = make_dose(source="paper")
    with pytest.raises(exceptions.DoseOfSomebodyElse):
        proposed(case, timezone.now(), {"dose_number": "2"}, dose=strange)


# ── meanwhile ─────────────────────────────────────────────────────────────────────────────────
def test_of_two_corrections_of_one_record_the_second_is_looked_at_anew(now):
    citizen = make_citizen(full_name="Lê Thị Mâu")
    first = proposed(wrong_data(now, citizen=citizen), now, {"full_name": "Lê Thị Mẫu"})
    other = wrong_data(now, citizen=citizen, dose_number=2)
    second = proposed(other, now, {"full_name": "Lê Thị Mậu"})
    apply_correction(correction=first, by=make_agent(), now=now)
    with pytest.raises(exceptions.RecordHasChanged):
        apply_correction(correction=second, by=make_agent(), now=now)
    citizen.refresh_from_db()
    assert citizen.full_name == "Lê Thị Mẫu"


def test_a_case_that_was_joined_with_another_corrects_nothing(now):
    citizen = make_citizen()
    case = wrong_data(now, citizen=citizen)
    correction = proposed(case, now, {"sex": "other"})
    kept = wrong_data(now, citizen=citizen, dose_number=2)
    agent = make_agent()
    claim_case(case=kept, agent=agent, now=now)
    merge_cases(cases=[case], into=kept, by=agent, now=now)
    with pytest.raises(exceptions.CaseClosed):
        apply_correction(correction=correction, by=make_agent(), now=now)
    case.refresh_from_db()
    assert case.status == CaseStatus.MERGED


def at_once(*calls):
    """Run the calls in threads that start together; what each returned or raised."""
    gate = threading.Barrier(len(calls), timeout=20)
    outcomes = [None] * len(calls)

    def run(position, call):
        gate.wait()
        try:
            outcomes[position] = call()
        except exceptions.DomainError as refusal:
            outcomes[position] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_succeeds():
    now = timezone.now()
    correction = proposed(wrong_data(now), now, {"full_name": "Lê Thị Mẫu"})
    people = [make_agent() for _each in range(4)]
    outcomes = at_once(
        *(
            lambda by=by: apply_correction(
                correction=Correction.objects.get(pk=correction.pk), by=by, now=now
            )
            for by in people
        )
    )
    assert sum(isinstance(each, Correction) for each in outcomes) == 1
    refused = {type(each) for each in outcomes if not isinstance(each, Correction)}
    assert refused <= {exceptions.CaseClosed, exceptions.CorrectionHasMoved}


@pytest.mark.django_db(transaction=True)
def test_a_correction_and_the_worker_that_issues_at_once_end_with_one_true_certificate(
    signing_keys,
):
    dose = make_dose(source="paper", administered_at=hours_ago(2))
    case = wrong_data(timezone.now(), citizen=dose.citizen)
    correction = proposed(case, timezone.now(), {"full_name": "Đặng Văn Mẫu"})
    second = make_agent()
    outcomes = at_once(
        drain_due,
        lambda: apply_correction(correction=correction, by=second, now=timezone.now()),
    )
    assert isinstance(outcomes[1], Correction)
    drain_due()
    live = Certificate.objects.get(status="live")
    assert "Đặng" in str(check_certificate(text=live.hcert, at=timezone.now()).certificate)
    for old in Certificate.objects.exclude(pk=live.pk):
        assert verdict(old) == "revoked"
