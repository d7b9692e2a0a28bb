"""Who may do what with a case, from the posting and the case alone (the roles: sites.rights)."""

from response_center.models import Case, CaseLevel
from sites.models import Role, StaffPosting
from sites.rights import ANSWER_CASES, ENTER_PAPER, MAY, WORK_CASES

# whose cases come up to which officer
OFFICERS: dict[str, str] = {
    Role.DISTRICT_OFFICER: CaseLevel.DISTRICT,
    Role.PROVINCE_OFFICER: CaseLevel.PROVINCE,
}


def _has(posting: StaffPosting | None, action: str) -> bool:
    return posting is not None and action in MAY[Role(posting.role)]


def may_work(posting: StaffPosting | None, case: Case) -> bool:
    """Agents work every case; an officer of a district or province those that came up to it."""
    if _has(posting, WORK_CASES):
        return True
    if posting is None or case.level not in OFFICERS.values():
        return False
    return OFFICERS.get(posting.role) == case.level and _is_place_of(posting, case)


def _is_place_of(posting: StaffPosting, case: Case) -> bool:
    if posting.role == Role.DISTRICT_OFFICER:
        return case.district_id is not None and case.district_id == posting.district_id
    return case.province_id is not None and case.province_id == posting.province_id


def may_answer(posting: StaffPosting | None, case: Case) -> bool:
    """The asked site answers, or its district or province for it."""
    if posting is None or case.site is None or not _has(posting, ANSWER_CASES):
        return False
    if posting.site_id:
        return posting.site_id == case.site_id
    if posting.district_id:
        return case.district_id == posting.district_id
    return posting.province_id == case.site.province_id


def may_note(posting: StaffPosting | None, case: Case) -> bool:
    """Whoever works or answers the case writes notes to the others."""
    return may_work(posting, case) or may_answer(posting, case)


def may_confirm(posting: StaffPosting | None, case: Case) -> bool:
    """Only the site that holds the paper, by those of its staff who enter paper doses."""
    return (
        posting is not None
        and _has(posting, ENTER_PAPER)
        and case.site_id is not None
        and posting.site_id == case.site_id
    )
