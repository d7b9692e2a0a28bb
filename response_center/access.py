"""Who may do what with a case, from the posting and the case alone (the roles: sites.rights)."""

from response_center.models import Case, CaseLevel
from sites.models import Role, StaffPosting
from sites.rights import ANSWER_CASES, ENTER_PAPER, MAY, WORK_CASES


def _has(posting: StaffPosting | None, action: str) -> bool:
    return posting is not None and action in MAY[Role(posting.role)]


def may_work(posting: StaffPosting | None, case: Case) -> bool:
    """Agents work every case; a province's officer those that came up to the province."""
    if _has(posting, WORK_CASES):
        return True
    return (
        posting is not None
        and posting.role == Role.PROVINCE_OFFICER
        and case.province_id == posting.province_id
        and case.level == CaseLevel.PROVINCE
    )


def may_answer(posting: StaffPosting | None, case: Case) -> bool:
    """The asked site answers, or its province for it."""
    if posting is None or case.site is None or not _has(posting, ANSWER_CASES):
        return False
    if posting.site_id:
        return posting.site_id == case.site_id
    return posting.province_id == case.site.province_id


def may_confirm(posting: StaffPosting | None, case: Case) -> bool:
    """Only the site that holds the paper, by those of its staff who enter paper doses."""
    return (
        posting is not None
        and _has(posting, ENTER_PAPER)
        and case.site_id is not None
        and posting.site_id == case.site_id
    )
