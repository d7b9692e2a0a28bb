"""The admin forms as people with unsteady hands and screen readers meet them, in Vietnamese."""

import pytest
from django.contrib import admin
from django.utils.functional import Promise

from sites.models import Role, ScreeningForm, VaccineSpelling
from tests.factories import make_dose, make_lot, make_site, make_staff
from tests.journeys.hands import check_page, sign_in_as_staff

APPS = ("registration", "vaccination_sites", "certificates", "public_portal", "response_center")


def rows_below_their_parent() -> tuple[str, ...]:
    """The forms whose cells are edited in a table."""
    spelt, form = VaccineSpelling.objects.first(), ScreeningForm.objects.first()
    assert spelt is not None
    assert form is not None
    return f"vaccine/{spelt.vaccine_id}/change/", f"screeningform/{form.pk}/change/"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [360, 1280])
def test_lists_and_forms_of_the_admin_are_fit_for_all(chromium, live_server, width):
    site = make_site()
    make_dose(lot=make_lot(site=site))
    manager = make_staff(role=Role.SITE_MANAGER, site=site)
    official = make_staff(role=Role.NATIONAL_OFFICER)
    for account, paths in (
        (manager, ("lot/?o=3", "dose/")),
        (official, ("intervalrule/", "site/add/", *rows_below_their_parent())),
    ):
        page = chromium.new_context(viewport={"width": width, "height": 800}).new_page()
        sign_in_as_staff(page, live_server.url, account, "/staff/")
        for path in paths:
            page.goto(f"{live_server.url}/staff/vaccination_sites/{path}")
            check_page(page)
            assert "Type to search" not in page.content()


def test_every_column_and_field_of_an_admin_form_has_words_to_translate():
    nameless = []
    for model, form in admin.site._registry.items():
        if model._meta.app_label not in APPS:
            continue
        for shown in (model, *(inline.model for inline in form.inlines)):
            nameless += [
                f"{shown.__name__}.{field.name}"
                for field in shown._meta.local_fields
                if field.editable and not field.primary_key and field.name != "password"
                if not isinstance(field.verbose_name, Promise)
            ]
    assert not nameless
