"""What a phone on a slow line has to fetch: the page and all that it names, as they are sent."""

import datetime
import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certificates.models import IssuanceJob
from certificates.services.issuance import drain_due
from tests.factories import make_account, make_dose, make_lot, make_site

pytestmark = pytest.mark.django_db
NAMED = re.compile(r'<(?:link|script|img)\b[^>]*?\b(?:href|src)="(/[^"]+)"')
TEXTS = (".css", ".js", ".svg", ".webmanifest")


def bytes_sent(client: Client, address: str) -> int:
    """The size of one answer as it leaves for a browser that takes gzip."""
    static = staticfiles_storage.base_url
    if address.startswith(static):
        file = Path(finders.find(address.removeprefix(static)))
        content = file.read_bytes()
        return len(gzip.compress(content, mtime=0) if file.suffix in TEXTS else content)
    response = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    return len(b"".join(response) if response.streaming else response.content)


def weight(client: Client, address: str) -> int:
    """Bytes of a first visit: nothing is in the browser's cache yet."""
    page = client.get(address).content.decode()
    named = set(NAMED.findall(page))
    assert named
    return bytes_sent(client, address) + sum(bytes_sent(client, each) for each in named)


def test_the_home_page_weighs_at_most_60_kilobytes(client):
    assert weight(client, "/") <= 60_000


def test_the_health_book_of_two_doses_weighs_at_most_100_kilobytes(client, signing_key):
    now = timezone.now()
    lot = make_lot(site=make_site())
    given = now - datetime.timedelta(days=60)
    first = make_dose(lot=lot, administered_at=given)
    second = make_dose(lot=lot, citizen=first.citizen, dose_number=2)
    IssuanceJob.objects.filter(dose__in=[first, second]).update(due_at=now, next_at=now)
    assert drain_due() == 2
    account = make_account(members=(first.citizen,))
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("registration:person", args=[first.citizen.public_id])
    assert weight(client, address) <= 100_000


def test_texts_are_laid_down_zipped_where_they_are_collected(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    call_command(
        "collectstatic", interactive=False, verbosity=0, ignore_patterns=["unfold", "drf*"]
    )
    plain, zipped = tmp_path / "vaxplatform/site.css", tmp_path / "vaxplatform/site.css.gz"
    assert gzip.decompress(zipped.read_bytes()) == plain.read_bytes()
    assert len(zipped.read_bytes()) < len(plain.read_bytes()) / 3
