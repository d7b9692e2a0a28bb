"""The portal's cost with few doses and with many, a refresh of changed doses, and what a page costs
beside a bare view of the same table and a file of its size.

BENCH_MANY says how many doses are many: 10000000 for the whole figure. The doses are spread over
630 sites and 240 days, two a person; the triggers that would queue a certificate for each are off
while they are written, and the statistics are rebuilt from them.
"""

import datetime
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import RequestFactory
from whitenoise import WhiteNoise

from bench.ground import ENDLESS, VACCINE
from bench.pace import ROUNDS
from bench.result import Result, typical
from public_portal.models import DailyReport, ProvinceDay
from public_portal.services.rollups import (
    rebuild_statistics,
    refresh_all_statistics,
)
from registration.models import AdministrativeUnit, UnitKind
from sites.models import Lot, Site, Vaccine

FEW, MANY = 10_000, int(os.environ.get("BENCH_MANY", "1000000"))
CHANGED = 10_000
SITES_A_PROVINCE, DAYS = 10, 240
FIRST_DAY = datetime.date(2021, 3, 8)
PAGES = {
    "page of the statistics": "/statistics/",
    "page of a province": "/statistics/provinces/79/",
    "API, provinces": "/api/v1/statistics/provinces/",
    "API, days of a province": "/api/v1/statistics/daily/?province=79",
}
BARE = """
<table>{% for row in rows %}<tr><td>{{ row.province__name }}</td>
<td>{{ row.recorded }}</td><td>{{ row.reported }}</td><td>{{ row.first }}</td>
<td>{{ row.full }}</td></tr>{% endfor %}</table>
"""


def measure(seconds: int) -> list[Result]:
    provinces = list(AdministrativeUnit.objects.filter(scheme=2021, kind=UnitKind.PROVINCE))
    _make_sites(provinces)
    _report(provinces)
    _give(FEW)
    rebuild_statistics()
    few = {name: _pace(_uncached(path), seconds) for name, path in PAGES.items()}
    _give(MANY - FEW)
    rebuild_statistics()
    many = {name: _pace(_uncached(path), seconds) for name, path in PAGES.items()}
    return [
        *(
            Result(
                f"{name}, {MANY:,} doses",
                "answers",
                many[name],
                f"the same, {FEW:,} doses",
                few[name],
                ratio_asked=1 / 1.2,
            )
            for name in PAGES
        ),
        *_beside_others(many["page of the statistics"], seconds),
        _refresh(),
    ]


# ── the ground ────────────────────────────────────────────────────────────────────────────────
def _make_sites(provinces: list[AdministrativeUnit]) -> None:
    sites = Site.objects.bulk_create(
        Site(code=f"B{unit.code}{number:02d}", name=f"Benchmark {number}", province=unit)
        for unit in provinces
        for number in range(SITES_A_PROVINCE)
    )
    vaccine = Vaccine.objects.get(code=VACCINE)
    Lot.objects.bulk_create(
        Lot(
            site=site,
            vaccine=vaccine,
            number="BENCH",
            expires_on=datetime.date(2099, 12, 31),
            doses_received=ENDLESS,
            doses_used=MANY,
        )
        for site in sites
    )


def _report(provinces: list[AdministrativeUnit]) -> None:
    """Every province reported every day, as it was: the days of the portal are those of reports."""
    DailyReport.objects.bulk_create(
        DailyReport(
            province=unit, day=FIRST_DAY + datetime.timedelta(days=day), doses=1000, first_doses=500
        )
        for unit in provinces
        for day in range(DAYS)
    )


_GIVE = """
WITH places AS (
  SELECT row_number() OVER (ORDER BY l.id) - 1 AS n, l.id AS lot_id, l.site_id, l.vaccine_id,
         s.province_id
    FROM vaccination_sites_lot l JOIN vaccination_sites_site s ON s.id = l.site_id
   WHERE l.number = 'BENCH'
), people AS (
  INSERT INTO registration_citizen (public_id, full_name, search_name, date_of_birth, sex, phone,
         nationality, ethnicity, occupation, workplace, address, identity_check, created_at,
         province_id)
  SELECT gen_random_uuid(), 'Nguyễn Thị Ánh Tuyết', 'nguyen thi anh tuyet',
         (date '1930-01-01' + random(0, 33000))::text, (ARRAY['male', 'female'])[random(1, 2)],
         '', 'VN', '', '', '', '', 'not_checked', now(), p.province_id
    FROM generate_series(1, %(people)s) i
    JOIN places p ON p.n = i %% (SELECT count(*) FROM places)
  RETURNING id, province_id
)
INSERT INTO vaccination_sites_dose (public_id, citizen_id, dose_number, dose_kind, vaccine_id,
       lot_id, site_id, residence_province_id, administered_at, recorded_at, vaccinator, source,
       status, void_reason, idempotency_key, request_digest)
SELECT gen_random_uuid(), c.id, d.number, 'primary', p.vaccine_id, p.lot_id, p.site_id,
       c.province_id, d.at, d.at, 'Lê Thị Mai', 'paper', 'recorded', '', gen_random_uuid(), ''
  FROM (SELECT id, province_id, random(0, %(first_days)s) AS day,
               random(0, %(sites)s - 1) AS nth FROM people) c
  JOIN places p ON p.province_id = c.province_id AND p.n %% %(sites)s = c.nth
 CROSS JOIN LATERAL (VALUES
       (1, timestamptz '2021-03-08 08:00+07' + c.day * interval '1 day'),
       (2, timestamptz '2021-03-08 14:00+07' + (c.day + 28) * interval '1 day')) d (number, at)
"""
SET = 100_000


def _give(doses: int) -> None:
    """Doses of the past without what else they would set off."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET statement_timeout = 0")
        for start in range(0, doses // 2, SET):
            people = min(SET, doses // 2 - start)
            cursor.execute(
                _GIVE, {"people": people, "first_days": DAYS - 29, "sites": SITES_A_PROVINCE}
            )
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE")


# ── the pages ─────────────────────────────────────────────────────────────────────────────────
def _pace(work: Callable[[], object], seconds: int) -> float:
    """Calls a second of CPU, of this process and of its PostgreSQL backend together."""
    work()
    rates = []
    for _round in range(ROUNDS):
        began, calls, until = _cpu(), 0, time.perf_counter() + seconds / ROUNDS
        while time.perf_counter() < until:
            work()
            calls += 1
        rates.append(calls / (_cpu() - began))
    return typical(rates)


def _cpu() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    backend = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return time.process_time() + backend


def _uncached(path: str) -> Callable[[], object]:
    """A request whose answer is made from the tables, nothing kept from the one before."""
    handler = WSGIHandler()

    def work() -> None:
        cache.clear()
        status, _body = _call(handler, path)
        if not status.startswith("200"):
            raise RuntimeError(f"{path} answered {status}")

    return work


def _call(application: Callable[..., Any], path: str) -> tuple[str, bytes]:
    """One request to a WSGI application, without a server between."""
    environ = RequestFactory(SERVER_NAME="localhost").get(path).environ
    said: list[str] = []
    body = application(environ, lambda status, _headers: said.append(status))
    content = b"".join(body)
    if hasattr(body, "close"):
        body.close()
    return said[0], content


def _bare(_request: HttpRequest) -> HttpResponse:
    """What a first draft would be: the sums of the same table by province, and 63 rows."""
    rows = (
        ProvinceDay.objects.values("province__name")
        .annotate(
            recorded=Sum("recorded"),
            reported=Sum("reported"),
            first=Sum("people_first"),
            full=Sum("people_full"),
        )
        .order_by("province__name")
    )
    return HttpResponse(engines["django"].from_string(BARE).render({"rows": rows}))


def _beside_others(uncached: float, seconds: int) -> list[Result]:
    path = PAGES["page of the statistics"]
    request = RequestFactory().get(path)
    bare = _pace(lambda: _bare(request), seconds)
    _status, page = _call(WSGIHandler(), path)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.html").write_bytes(page)
        files = WhiteNoise(WSGIHandler(), root=folder)
        file = _pace(lambda: _call(files, "/page.html"), seconds)
    handler = WSGIHandler()
    kept = _pace(lambda: _call(handler, path), seconds)
    return [
        Result(
            "page of the statistics, uncached", "answers", uncached, "a bare view", bare, None, 1
        ),
        Result(
            "page of the statistics, cached",
            "answers",
            kept,
            "whitenoise, the same",
            file,
            None,
            0.8,
        ),
    ]


# ── a refresh ─────────────────────────────────────────────────────────────────────────────────
def _refresh() -> Result:
    """Doses of the last week are entered by many sites at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            _GIVE.replace(
                "random(0, %(first_days)s)", "random(%(first_days)s - 6, %(first_days)s)"
            ),
            {"people": CHANGED // 2, "first_days": DAYS - 29, "sites": SITES_A_PROVINCE},
        )
    began = time.perf_counter()
    refresh_all_statistics(datetime.datetime.now(datetime.UTC))
    taken = time.perf_counter() - began
    began = time.perf_counter()
    rebuild_statistics()
    whole = time.perf_counter() - began
    return Result(
        f"refresh of {CHANGED:,} doses of {MANY:,}",
        "doses",
        CHANGED / taken,
        "counting all anew",
        MANY / whole,
        asked=CHANGED / 2,
    )
