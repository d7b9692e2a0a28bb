"""What the rows of a site's file may name, read once for each chunk."""

import datetime

from registration.models import AdministrativeUnit, UnitKind
from registration.selectors import provinces_in_use
from sites.imports.rows import Known, Product, place_key
from sites.models import Site, Vaccine, VaccineSpelling
from vaxplatform.vietnam import search_key


def known_for(site: Site, *, on: datetime.date) -> Known:
    """Products by every spelling, provinces by code and name, wards of the site's province."""
    vaccines = list(Vaccine.objects.all())
    products = {v.pk: Product(v.code, v.primary_doses) for v in vaccines}
    spellings = {
        search_key(name): products[vaccine.pk]
        for vaccine in vaccines
        for name in (vaccine.code, vaccine.name, vaccine.vietnamese_name)
    }
    spellings |= {row.key: products[row.vaccine_id] for row in VaccineSpelling.objects.all()}
    provinces: dict[str, int] = {}
    for province in (*AdministrativeUnit.objects.provinces(), *provinces_in_use()):
        provinces[place_key(province.name)] = provinces[province.code] = province.pk
    wards = AdministrativeUnit.objects.filter(kind=UnitKind.WARD).filter(
        parent__parent=site.province_id
    )
    return Known(
        products=spellings,
        provinces=provinces,
        wards={code: (pk, site.province_id) for code, pk in wards.values_list("code", "pk")},
        site_code=site.code,
        site_province_id=site.province_id,
        site_name=site.name,
        today=on,
    )
