"""docs/integration.md is kept true: each code is provoked, limits and examples are compared."""

import datetime
import inspect
import json
import re
import time
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from certificates.api import changes
from certificates.services import webhooks
from registration.models import Citizen
from registration.services.citizens import IdentityDoesNotMatch
from sites import exceptions
from sites.api.validation import MOST_ITEMS
from sites.models import Lot, Site
from sites.services import doses
from tests.factories import ABDALA, JANSSEN, make_dose, make_lot, make_site
from tests.sites.test_api_doses import client_of, item, person, post

TEXT = (Path(settings.BASE_DIR) / "docs" / "integration.md").read_text(encoding="utf-8")


def section(title):
    return TEXT.split(f"## {title}")[1].split("\n## ")[0]


CODES = re.findall(r"^\| `(\w+)` \|", section("The codes of refusals"), re.MULTILINE)


@pytest.fixture
def lot(db):
    return make_lot(site=make_site(), doses=2_000)


@pytest.fixture
def api(lot):
    return client_of(lot.site)


def ago(days):
    return (timezone.now() - datetime.timedelta(days=days)).isoformat()


def after_a_first_dose(lot, api, **over):
    """A first dose of somebody a hundred days ago, then what is to be refused."""
    assert post(api, item(lot, administered_at=ago(100))).status_code == 201
    return item(lot, **over)


def a_key_twice(lot, api):
    body = item(lot)
    assert post(api, body).status_code == 201
    return {**body, "vaccinator": "Trần Văn Khác"}


def change(model, row, **fields):
    model.objects.filter(pk=row.pk).update(**fields)


def a_changed_lot(lot, **fields):
    change(Lot, lot, **fields)
    return item(lot)


def a_used_up_lot(lot):
    used = make_lot(site=lot.site, doses=1)
    make_dose(lot=used)
    return item(used)


def a_closed_site(lot):
    change(Site, lot.site, is_active=False)
    return item(lot)


PROVOKED = {
    "idempotency_key_reused": a_key_twice,
    "vaccine_unknown": lambda lot, api: item(lot, vaccine="EU/0/00/0000"),
    "lot_unknown": lambda lot, api: item(lot, lot_number="KHONG-CO"),
    "lot_expired": lambda lot, api: a_changed_lot(lot, expires_on=datetime.date(2021, 6, 1)),
    "lot_recalled": lambda lot, api: a_changed_lot(
        lot, recalled_at=timezone.now(), recall_reason="Thu hồi"
    ),
    "lot_exhausted": lambda lot, api: a_used_up_lot(lot),
    "dose_in_future": lambda lot, api: item(lot, administered_at=ago(-1)),
    "dose_too_old": lambda lot, api: item(lot, administered_at="2021-03-07T10:00:00+07:00"),
    "dose_before_birth": lambda lot, api: item(
        lot, citizen=person(date_of_birth=timezone.localdate().isoformat()), administered_at=ago(9)
    ),
    "identity_does_not_match": lambda lot, api: after_a_first_dose(
        lot, api, citizen=person(full_name="Trần Văn Khác", date_of_birth="1950-01-01")
    ),
    "dose_number_taken": lambda lot, api: after_a_first_dose(lot, api),
    "dose_on_same_day": lambda lot, api: after_a_first_dose(
        lot, api, dose_number=2, administered_at=ago(100)
    ),
    "dose_out_of_order": lambda lot, api: after_a_first_dose(
        lot, api, dose_number=2, administered_at=ago(120)
    ),
    "interval_too_short": lambda lot, api: after_a_first_dose(
        lot, api, dose_number=2, administered_at=ago(97)
    ),
    "vaccines_not_interchangeable": lambda lot, api: (
        after_a_first_dose(make_lot(site=lot.site, code=ABDALA), api, dose_number=2)
        | {"vaccine": JANSSEN, "lot_number": make_lot(site=lot.site, code=JANSSEN).number}
    ),
    "site_not_active": lambda lot, api: a_closed_site(lot),
}


@pytest.mark.parametrize("code", CODES)
def test_each_code_of_the_table_is_what_the_api_answers_and_nothing_is_written(lot, api, code):
    body = PROVOKED[code](lot, api)
    before = (doses.Dose.objects.count(), Citizen.objects.count())
    answer = post(api, body)
    assert (answer.status_code, answer.data["code"]) == (409, code)
    (result,) = post(api, [body]).data
    assert result == {"status": "refused", **answer.data}
    assert (doses.Dose.objects.count(), Citizen.objects.count()) == before


def test_the_table_of_codes_is_all_that_recording_can_refuse():
    recording = inspect.getsource(doses).split("def void_dose")[0]
    names = set(re.findall(r"exceptions\.([A-Z]\w+)", recording))
    codes = {getattr(exceptions, name).code for name in names} | {IdentityDoesNotMatch.code}
    assert set(CODES) == codes
    assert len(CODES) == len(codes)


def test_the_request_of_the_document_is_recorded(lot, api):
    (text,) = re.findall(r"-d '(\{.*?\})'", TEXT, re.DOTALL)
    change(Lot, lot, number=json.loads(text)["lot_number"])
    answer = post(api, json.loads(text))
    assert answer.status_code == 201
    table = section("One dose")
    assert all(f'"{field}"' in table for field in answer.data)


def test_the_limits_are_those_of_the_code():
    rows = dict(re.findall(r"^\| ([^|`]+?)(?: by `[^`]+`)? \| ([\d,]+)", section("Limits"), re.M))
    assert {name: int(number.replace(",", "")) for name, number in rows.items()} == {
        "doses in a request": MOST_ITEMS,
        "body": settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20,
        "changes in an answer": changes.MOST,
        "events in a message": webhooks.MOST_EVENTS,
        "people looked up": settings.API_LOOKUPS_PER_HOUR,
        "changes are kept": settings.CERTIFICATE_CHANGES_KEPT_DAYS,
    }
    assert webhooks.BACKOFF_SECONDS == (10, 60, 5 * 60, 15 * 60, 3600)
    assert settings.WEBHOOKS_GIVEN_UP_AFTER_DAYS == 7


def test_the_example_tells_genuine_messages_from_others():
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict = {}
    exec(compile(code, "docs/integration.md", "exec"), names)  # noqa: S102 - it is our own text
    is_genuine, body, now = names["is_genuine"], b'{"events":[]}', int(time.time())
    header = webhooks.signature(secret="bí mật", body=body, at=now)
    assert is_genuine("bí mật", header, body)
    assert not is_genuine("khác", header, body)
    assert not is_genuine("bí mật", header, body + b" ")
    assert not is_genuine("bí mật", header, body, now=now + 301)
    assert not is_genuine("bí mật", header.replace(f"t={now}", f"t={now + 1}"), body)
    for broken in ("", "t=x,v1=y", f"t={now}", "a,b"):
        assert not is_genuine("bí mật", broken, body)


def test_keys_are_uuids_of_any_kind(lot, api):
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, "một dòng của tệp"))
    assert post(api, item(lot, idempotency_key=key)).status_code == 201
