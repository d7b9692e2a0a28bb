"""Whose district a case is: the site's, else the person's."""

from registration.models import AdministrativeUnit, Citizen, UnitKind
from response_center.models import Case
from sites.models import Role, Site, StaffPosting


def district_of(*, site: Site | None = None, citizen: Citizen | None = None) -> int | None:
    """The id of the district above the ward of the site, else of the person's home; None where no
    ward is known, or where wards stand under provinces (since 2025)."""
    ward_id = (site and site.ward_id) or (site is None and citizen and citizen.ward_id) or None
    if ward_id is None:
        return None
    districts = AdministrativeUnit.objects.filter(kind=UnitKind.DISTRICT, children=ward_id)
    return districts.values_list("pk", flat=True).first()


def has_district_officer(case: Case) -> bool:
    """Whether the case has a district and somebody works there: else the level is passed over."""
    return case.district_id is not None and case.district_id in officered({case.district_id})


def officered(districts: set[int]) -> set[int]:
    """Those of the districts where somebody with an active login is posted."""
    postings = StaffPosting.objects.filter(
        role=Role.DISTRICT_OFFICER, district__in=districts, account__is_active=True
    )
    return {pk for pk in postings.values_list("district", flat=True) if pk is not None}
