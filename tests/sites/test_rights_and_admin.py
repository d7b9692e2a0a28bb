"""Roles as one table, and admin forms that stay within a posting."""

import re
import uuid

import pytest
from django.urls import reverse

from registration.models import RecordAccess
from sites.models import ApiClient, Dose, Lot, Role, Session, Site, StaffPosting
from sites.rights import MAY
from sites.services.access import token_digest
from tests.factories import (
    make_dose,
    make_lot,
    make_site,
    make_staff,
    province,
)
from tests.sites.making import Desk
from vaxplatform.rights import may

pytestmark = pytest.mark.django_db
LISTS = ("lot", "session", "appointment", "visit", "dose")


def sign_in(client, account):
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return account


def changelist(model):
    return reverse(f"admin:vaccination_sites_{model}_changelist")


def change(row):
    name = f"admin:vaccination_sites_{row._meta.model_name}_change"
    return reverse(name, args=[row.pk])


def listed(client, model):
    answer = client.get(changelist(model))
    return set(answer.context["cl"].queryset.values_list("pk", flat=True))


def test_every_role_stands_in_the_table():
    assert set(MAY) == set(Role)


def test_rights_end_with_the_login_and_citizens_have_none():
    staff = make_staff(role=Role.ADMIN)
    assert may(staff, "manage_staff")
    staff.is_active = False
    assert not may(staff, "manage_staff")
    assert not may(None, "manage_staff")


@pytest.mark.parametrize("model", LISTS)
def test_lists_show_the_own_site_only(client, model):
    mine, other = Desk(), Desk()
    for desk in (mine, other):
        desk.inject(desk.clear())
    sign_in(client, mine.manager)
    rows = {"lot": {mine.lot.pk}, "session": {mine.session.pk}, "appointment": set()}
    rows["visit"] = set(mine.session.visits.values_list("pk", flat=True))
    rows["dose"] = set(mine.site.doses.values_list("pk", flat=True))
    assert listed(client, model) == rows[model]


def test_every_row_of_the_own_site_opens_with_its_actions(client):
    desk = Desk()
    dose = desk.inject(desk.clear()).dose
    sign_in(client, desk.manager)
    for row in (desk.lot, desk.session, dose, dose.visit):
        assert client.get(change(row)).status_code == 200


def test_a_manager_closes_sessions_of_the_own_site_only(client):
    desk, other = Desk(), Desk()
    chosen = [desk.session.pk, other.session.pk]
    body = {"action": "close_it", "_selected_action": chosen}
    sign_in(client, desk.recorder)
    client.post(changelist("session"), body)
    sign_in(client, desk.manager)
    assert Session.objects.filter(status="open").count() == 2
    client.post(changelist("session"), body)
    assert Session.objects.get(status="closed") == desk.session


def test_a_province_officer_sees_the_sites_of_the_province(client):
    here, elsewhere = make_site(province_code="79"), make_site(province_code="01")
    sign_in(client, make_staff(role=Role.PROVINCE_OFFICER, province=province("79")))
    assert here.pk in listed(client, "site")
    assert elsewhere.pk not in listed(client, "site")
    assert client.get(change(elsewhere)).status_code == 302


def test_another_sites_row_is_not_opened(client):
    stranger = make_dose()
    sign_in(client, Desk().manager)
    assert client.get(change(stranger)).status_code == 302
    assert client.get(f"/staff/doses/{stranger.pk}/void/").status_code == 404
    assert client.post(f"/staff/stock/{stranger.lot.pk}/waste/").status_code == 404
    assert not RecordAccess.objects.exists()


def test_a_list_names_nobody_and_opening_a_row_is_logged(client):
    desk = Desk()
    dose = desk.inject(desk.clear()).dose
    sign_in(client, desk.manager)
    assert dose.citizen.full_name not in client.get(changelist("dose")).content.decode()
    assert dose.citizen.full_name in client.get(change(dose)).content.decode()
    assert RecordAccess.objects.get().account == desk.manager


def test_nothing_is_deleted_not_even_in_bulk(client):
    desk = Desk()
    dose = desk.inject(desk.clear()).dose
    sign_in(client, desk.manager)
    body = {"action": "delete_selected", "_selected_action": [dose.pk], "post": "yes"}
    client.post(changelist("dose"), body)
    delete = reverse("admin:vaccination_sites_dose_delete", args=[dose.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert Dose.objects.filter(pk=dose.pk).exists()


def test_a_manager_voids_a_dose_with_a_reason_and_a_recorder_does_not(client):
    desk = Desk()
    dose = desk.inject(desk.clear()).dose
    path = f"/staff/doses/{dose.pk}/void/"
    sign_in(client, desk.recorder)
    assert client.post(path, {"reason": "x"}).status_code == 403
    sign_in(client, desk.manager)
    assert client.post(path, {"reason": " "}).context["form"].errors
    assert client.post(path, {"reason": "nhầm người"}).status_code == 302
    dose.refresh_from_db()
    assert (dose.status, dose.void_reason) == ("voided", "nhầm người")
    assert dose.visit.status == "cleared"


def test_stock_comes_in_and_goes_by_its_pages(client):
    desk = Desk(doses=5)
    sign_in(client, desk.manager)
    empty = client.get("/staff/stock/receive/").context["form"]
    body = {
        "site": desk.site.pk,
        "vaccine": desk.lot.vaccine_id,
        "number": desk.lot.number,
        "expires_on": "31/12/2030",
        "doses": "10",
        "idempotency_key": empty["idempotency_key"].value(),
    }
    for _pressed_twice in range(2):
        assert client.post("/staff/stock/receive/", body).status_code == 302
    waste = f"/staff/stock/{desk.lot.pk}/waste/"
    broken = {"reason": "vỡ", "idempotency_key": uuid.uuid4()}
    too_many = client.post(waste, {"doses": "99", **broken})
    assert too_many.context["form"].errors["doses"]
    client.post(waste, {"doses": "2", **broken})
    assert Lot.objects.get(pk=desk.lot.pk).doses_left == 13
    other = {**body, "site": make_site().pk}
    assert client.post("/staff/stock/receive/", other).context["form"].errors["site"]


def test_a_site_recalls_its_own_row_and_the_nation_every_row(client):
    desk = Desk(number="XAU-1")
    elsewhere = make_lot(site=make_site(), number="XAU-1")
    sign_in(client, desk.manager)
    client.post(f"/staff/stock/{desk.lot.pk}/recall/", {"reason": "lạnh hỏng"})
    assert Lot.objects.filter(recalled_at__isnull=False).get() == desk.lot
    sign_in(client, make_staff(role=Role.NATIONAL_OFFICER))
    client.post(f"/staff/stock/{elsewhere.pk}/recall/", {"reason": "chất lượng"})
    assert Lot.objects.filter(recalled_at__isnull=False).count() == 2


def test_a_session_is_planned_for_the_own_site_only(client):
    desk, other = Desk(), make_site()
    sign_in(client, desk.manager)
    add = reverse("admin:vaccination_sites_session_add")
    body = {"held_on": "01/12/2026", "part": "morning", "seats": "50"}
    for field in ("site", "campaign", "vaccine"):
        body[field] = ""
    assert client.post(add, {**body, "site": other.pk}).status_code == 200
    assert Session.objects.count() == 1
    client.post(add, {**body, "site": desk.site.pk})
    assert Session.objects.filter(site=desk.site, part="morning").exists()
    client.post(add, {**body, "site": desk.site.pk})
    assert Session.objects.filter(part="morning").count() == 1


# ── roles ─────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("role", [Role.SITE_MANAGER, Role.SITE_RECORDER])
def test_nobody_but_the_administrator_opens_postings_and_clients(client, role):
    sign_in(client, make_staff(role=role, site=make_site()))
    for model in ("staffposting", "apiclient"):
        assert client.get(changelist(model)).status_code == 403


def test_the_administrator_makes_a_login_and_may_not_change_the_own_role(client):
    admin, site = make_staff(role=Role.ADMIN), make_site()
    sign_in(client, admin)
    body = {
        "username": "dieuduong",
        "full_name": "Lê Thị Mẫu",
        "password": "mot-mat-khau-dai-42",
        "role": "site_recorder",
        "site": site.pk,
        "province": "",
    }
    add = reverse("admin:vaccination_sites_staffposting_add")
    assert client.post(add, {**body, "password": "123"}).status_code == 200
    assert client.post(add, {**body, "site": ""}).status_code == 200
    assert StaffPosting.objects.count() == 1
    assert client.post(add, body).status_code == 302
    assert StaffPosting.objects.get(account__username="dieuduong").site == site
    own = {"role": "national_officer", "site": "", "province": ""}
    assert client.post(change(admin.posting), own).status_code == 403
    admin.posting.refresh_from_db()
    assert admin.posting.role == Role.ADMIN


def test_a_token_is_shown_once_and_kept_as_a_hash(client):
    sign_in(client, make_staff(role=Role.ADMIN))
    add = reverse("admin:vaccination_sites_apiclient_add")
    body = {"name": "HIS", "site": make_site().pk}
    page = client.post(add, body, follow=True).content.decode()
    api_client = ApiClient.objects.get()
    shown = [w for w in re.findall(r"[\w-]{43}", page) if token_digest(w) == digest_of(api_client)]
    assert shown
    assert shown[0] not in client.get(change(api_client)).content.decode()


def digest_of(api_client):
    return bytes(api_client.token_digest)


@pytest.mark.parametrize(
    "model",
    ["site", "campaign", "vaccine", "intervalrule", "screeningform", "staffposting", "apiclient"],
)
def test_the_administrators_lists_and_forms_open(client, model):
    make_site()
    sign_in(client, make_staff(role=Role.ADMIN))
    assert client.get(changelist(model)).status_code == 200
    assert client.get(reverse(f"admin:vaccination_sites_{model}_add")).status_code == 200


def test_unknown_filters_in_a_list_are_no_error(client):
    desk = Desk()
    sign_in(client, desk.manager)
    for query in ("site__api_clients__token_digest=x", "p=999999", "o=99", "q=%00"):
        answer = client.get(f"{changelist('dose')}?{query}")
        assert answer.status_code in (200, 302, 400)
    assert Site.objects.filter(pk=desk.site.pk).exists()
