"""A share link shows one certificate, to whoever has it, for as long as the household wants."""

import datetime
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certificates.exceptions import CertificateNotLive
from certificates.models import ShareLink
from certificates.services import sharing
from certificates.services.revocation import revoke_certificate
from certificates.services.sharing import (
    LINKS_A_DAY,
    OPENINGS_AN_HOUR,
    LinkEnded,
    LinkNotFound,
    OpenedTooOften,
    TooManyLinks,
    forget_old_links,
    links_of,
    open_link,
    require_open,
    share_certificate,
    withdraw_link,
)
from registration.models import Citizen, HouseholdMember, RecordAccess
from registration.services.access import AccessPurpose
from registration.services.households import NotInHousehold
from sites.models import Role
from sites.services.doses import void_dose
from tests.certificates.conftest import issued
from tests.factories import make_account, make_citizen, make_staff
from vaxplatform.chores import CHORES
from vaxplatform.history import HistoryMiddleware
from vaxplatform.logs import scrub_text

HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
SECOND = datetime.timedelta(seconds=1)
NAME = "Nguyễn Thị Ánh Tuyết"


@pytest.fixture
def account(certificate):
    """The phone that speaks for the person of `certificate`."""
    return make_account(members=(certificate.dose.citizen,))


@pytest.fixture
def link(certificate, account):
    """A link of an hour, with its secret."""
    return shared(certificate, account)


def shared(certificate, account, *, lifetime=HOUR, now=None):
    return share_certificate(
        account=account, dose=certificate.dose, lifetime=lifetime, now=now or timezone.now()
    )


def signed_in(account) -> Client:
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def path_of(link) -> str:
    return reverse("certificates:shared", args=[link.secret])


# ── the service ───────────────────────────────────────────────────────────────────────────────
def test_the_secret_is_160_random_bits_and_only_its_hash_is_kept(certificate, account):
    one, other = shared(certificate, account), shared(certificate, account)
    assert re.fullmatch(r"[a-z2-7]{32}", one.secret)
    assert one.secret != other.secret
    kept = str(ShareLink.objects.filter(pk=one.link.pk).values().get())
    assert one.secret not in kept
    assert sharing.hash_of(one.secret) in kept
    assert sharing.hash_of(one.secret.upper()) in kept


def test_a_link_shows_the_newest_certificate_and_each_opening_is_counted(certificate, link):
    assert open_link(secret=link.secret, now=timezone.now()) == certificate
    Citizen.objects.filter(pk=certificate.dose.citizen_id).update(full_name="Nguyễn Thị Tuyết")
    newer = issued(certificate.dose)
    assert open_link(secret=link.secret, now=timezone.now()) == newer
    link.link.refresh_from_db()
    assert link.link.openings == 2
    assert link.link.opened_at is not None


def test_each_opening_stands_on_the_persons_record(certificate, link):
    require_open(secret=link.secret, now=timezone.now())
    assert not RecordAccess.objects.exists()
    open_link(secret=link.secret, now=timezone.now())
    access = RecordAccess.objects.get(citizen=certificate.dose.citizen)
    assert (access.purpose, access.account) == (AccessPurpose.SHARE_LINK, None)


def test_a_link_works_until_its_last_moment_and_not_at_its_end(certificate, account):
    now = timezone.now()
    link = shared(certificate, account, lifetime=DAY, now=now)
    assert open_link(secret=link.secret, now=now + DAY - SECOND) == certificate
    with pytest.raises(LinkNotFound):
        open_link(secret=link.secret, now=now + DAY)


def test_a_withdrawn_link_answers_like_one_that_never_was(account, link):
    now = timezone.now()
    assert withdraw_link(account=account, link_id=link.link.pk, now=now)
    assert not withdraw_link(account=account, link_id=link.link.pk, now=now)
    for secret in (link.secret, "a" * 32):
        with pytest.raises(LinkNotFound):
            open_link(secret=secret, now=now)
        with pytest.raises(LinkNotFound):
            require_open(secret=secret, now=now)
    assert not RecordAccess.objects.exists()


def test_nobody_withdraws_the_link_of_another(certificate, link):
    other = make_account(members=(certificate.dose.citizen,))
    assert not withdraw_link(account=other, link_id=link.link.pk, now=timezone.now())
    assert list(links_of(account=other, dose=certificate.dose)) == []
    assert open_link(secret=link.secret, now=timezone.now()) == certificate


def test_a_revoked_certificate_ends_what_its_links_show(certificate, link):
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    with pytest.raises(LinkEnded):
        open_link(secret=link.secret, now=timezone.now())
    assert not RecordAccess.objects.exists()


def test_a_certificate_past_its_end_is_shown_by_no_link(certificate, account):
    end = certificate.expires_at
    link = shared(certificate, account, now=end - SECOND)
    assert open_link(secret=link.secret, now=end - SECOND) == certificate
    with pytest.raises(LinkEnded):
        open_link(secret=link.secret, now=end)


def test_a_voided_dose_ends_what_its_links_show(certificate, link):
    void_dose(dose=certificate.dose, reason="Nhập nhầm người")
    with pytest.raises(LinkEnded):
        require_open(secret=link.secret, now=timezone.now())


def test_who_no_longer_speaks_for_the_person_shows_nothing_either(account, link):
    HouseholdMember.objects.filter(account=account).delete()
    with pytest.raises(LinkNotFound):
        open_link(secret=link.secret, now=timezone.now())


def test_only_the_household_shares_and_only_what_counts(certificate, account):
    with pytest.raises(NotInHousehold):
        shared(certificate, make_account(members=(make_citizen(),)))
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    with pytest.raises(CertificateNotLive):
        shared(certificate, account)
    assert not ShareLink.objects.exists()


def test_a_phone_makes_so_many_links_a_day_and_no_more(certificate, account):
    now = timezone.now()
    for _each in range(LINKS_A_DAY):
        shared(certificate, account, now=now)
    with pytest.raises(TooManyLinks):
        shared(certificate, account, now=now + DAY - SECOND)
    assert shared(certificate, account, now=now + DAY)


def test_a_persons_links_are_opened_so_often_an_hour_and_no_more(certificate, link):
    citizen = certificate.dose.citizen
    RecordAccess.objects.bulk_create(
        RecordAccess(citizen=citizen, purpose=AccessPurpose.SHARE_LINK)
        for _each in range(OPENINGS_AN_HOUR - 1)
    )
    now = timezone.now()
    assert open_link(secret=link.secret, now=now) == certificate
    with pytest.raises(OpenedTooOften):
        open_link(secret=link.secret, now=now)
    link.link.refresh_from_db()
    assert link.link.openings == 1


def test_links_are_forgotten_thirty_days_after_their_end(certificate, account):
    now = timezone.now()
    withdrawn, over = (shared(certificate, account, lifetime=7 * DAY, now=now) for _ in range(2))
    withdraw_link(account=account, link_id=withdrawn.link.pk, now=now)
    assert forget_old_links(now + 30 * DAY) == 0
    assert forget_old_links(now + 30 * DAY + SECOND) == 1
    assert ShareLink.objects.get() == over.link
    assert CHORES["forget_share_links"].work(now + 37 * DAY + SECOND) == 1


# ── the pages ─────────────────────────────────────────────────────────────────────────────────
def test_the_address_is_shown_once_in_a_field_and_as_a_code(certificate, account):
    browser = signed_in(account)
    page = reverse("certificates:share", args=[certificate.public_id])
    response = browser.post(page, {"lifetime": "day"})
    text = response.content.decode()
    secret = re.search(r'readonly value="http://testserver/s/([a-z2-7]{32})/"', text)[1]
    assert open_link(secret=secret, now=timezone.now()) == certificate
    assert "no-store" in response.headers["Cache-Control"]
    link = ShareLink.objects.get()
    assert link.expires_at - link.created_at == DAY
    assert secret not in browser.get(page).content.decode()


def test_a_length_of_ones_own_is_refused(certificate, account):
    page = reverse("certificates:share", args=[certificate.public_id])
    for lifetime in ("", "year", "999999"):
        assert "error" in signed_in(account).post(page, {"lifetime": lifetime}).content.decode()
    assert not ShareLink.objects.exists()


def test_the_list_tells_what_became_of_each_link(certificate, account, link):
    browser = signed_in(account)
    page = reverse("certificates:share", args=[certificate.public_id])
    browser.post(page, {"lifetime": "hour"})
    open_link(secret=link.secret, now=timezone.now())
    withdraw = reverse("certificates:withdraw", args=[certificate.public_id, link.link.pk])
    assert withdraw in browser.get(page).content.decode()
    text = browser.post(withdraw, follow=True).content.decode()
    assert "Đã ngừng chia sẻ" in text
    assert "Đã mở 1 lần" in text
    assert "Chưa mở lần nào" in text
    assert withdraw not in text


def test_strangers_and_staff_make_no_links(certificate, account):
    page = reverse("certificates:share", args=[certificate.public_id])
    stranger = signed_in(make_account(members=(make_citizen(),)))
    assert stranger.get(page).status_code == 404
    assert stranger.post(page, {"lifetime": "hour"}).status_code == 404
    staff = signed_in(make_staff(role=Role.SITE_MANAGER, site=certificate.dose.site))
    for browser in (Client(), staff):
        answer = browser.post(page, {"lifetime": "hour"})
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/account/")
    assert not ShareLink.objects.exists()


def test_reading_the_address_shows_nothing_of_the_person_and_counts_nothing(link, client):
    text = client.get(path_of(link)).content.decode()
    assert "<form" in text
    assert NAME not in text
    link.link.refresh_from_db()
    assert link.link.openings == 0


def test_a_press_shows_the_certificate_and_nothing_of_the_household(certificate, link):
    Citizen.objects.filter(pk=certificate.dose.citizen_id).update(address="12 ngõ Gạch")
    response = Client(enforce_csrf_checks=True).post(path_of(link))
    text = response.content.decode()
    assert response.status_code == 200
    assert NAME in text
    assert "12/03/1987" in text
    assert 'role="img"' in text
    assert reverse("certificates:verify") in text
    assert "12 ngõ Gạch" not in text
    assert str(certificate.dose.citizen.public_id) not in text
    assert str(certificate.public_id) not in text


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_answer_is_kept_by_nobody_and_told_to_nobody(method, link, client):
    for path in (path_of(link), reverse("certificates:shared", args=["a" * 32])):
        response = getattr(client, method)(path)
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in response.headers["X-Robots-Tag"]
        assert 'content="noindex' in response.content.decode()
        assert not response.cookies


def test_the_address_in_capitals_of_a_qr_code_opens_too(link, client):
    answer = client.post(path_of(link).upper())
    assert NAME in answer.content.decode()


def test_unknown_over_and_withdrawn_links_get_the_same_page(certificate, account, client):
    now = timezone.now()
    over = shared(certificate, account, now=now - 2 * HOUR)
    withdrawn = shared(certificate, account)
    withdraw_link(account=account, link_id=withdrawn.link.pk, now=now)
    pages = [
        client.post(path).content.decode().replace(path, "")
        for path in (
            path_of(over),
            path_of(withdrawn),
            reverse("certificates:shared", args=["a" * 32]),
        )
    ]
    assert client.post(path_of(over)).status_code == 404
    assert pages[0] == pages[1] == pages[2]
    assert NAME not in pages[0]


def test_a_link_to_a_revoked_certificate_says_that_it_no_longer_counts(certificate, link, client):
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    for response in (client.get(path_of(link)), client.post(path_of(link))):
        text = response.content.decode()
        assert response.status_code == 410
        assert "không còn giá trị" in text
        assert NAME not in text
        assert "Cấp nhầm người" not in text


def test_too_many_openings_are_told_when_to_come_back(certificate, link, client):
    RecordAccess.objects.bulk_create(
        RecordAccess(citizen=certificate.dose.citizen, purpose=AccessPurpose.SHARE_LINK)
        for _each in range(OPENINGS_AN_HOUR)
    )
    response = client.post(path_of(link))
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "3600"
    assert NAME not in response.content.decode()


def test_neither_logs_nor_history_hold_the_secret(link, client, caplog, monkeypatch):
    told = []
    context = HistoryMiddleware.get_context

    def watched(middleware, request):
        told.append(str(context(middleware, request)))
        return context(middleware, request)

    monkeypatch.setattr(HistoryMiddleware, "get_context", watched)
    with caplog.at_level("DEBUG"):
        client.post(path_of(link))
        client.get(reverse("certificates:shared", args=["b" * 32]))
    told += [scrub_text(record.getMessage()) for record in caplog.records]
    assert any("/s/[hidden]/" in line for line in told if "url" in line)
    assert any("/s/[hidden]/" in line for line in told if "request" in line)
    assert not any(link.secret in line or "b" * 32 in line for line in told)
