"""Open the queue of an agent with 10,000 open cases, beside the bare query of the same 25 rows."""

import datetime
import time
from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.utils import timezone

from bench.ground import make_lot
from bench.result import Result, typical
from registration.models import Account
from response_center.models import Case, CaseKind, CaseLevel, CaseStatus, CaseUrgency
from response_center.rules import ANSWER_WITHIN
from sites.models import Role, Site, StaffPosting

OPEN = 10_000
CLOSED = 40_000
WITHIN = 0.2  # seconds that an agent waits for the list, at most
BARE = """
SELECT c.number, c.kind, c.status, c.due_at, s.name, p.name FROM response_center_case c
LEFT JOIN vaccination_sites_site s ON s.id = c.site_id
LEFT JOIN registration_administrativeunit p ON p.id = c.province_id
WHERE c.status = 'open' ORDER BY c.urgency, c.due_at, c.id LIMIT 25
"""


def measure(seconds: int) -> list[Result]:
    _fill(make_lot().site)
    agent = Account.objects.create_user("bench-agent", is_staff=True, full_name="Bench")
    StaffPosting.objects.create(account=agent, role=Role.AGENT)
    client = Client(HTTP_HOST="localhost")
    client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
    bare = _rate(_bare, seconds / 2)
    return [
        Result(
            f"open the queue, {OPEN:,} open cases",
            "pages",
            _rate(lambda: _page(client), seconds),
            "its 25 rows by a bare query",
            bare,
            asked=1 / WITHIN,
        )
    ]


def _page(client: Client) -> None:
    if client.get("/staff/cases/").status_code != 200:
        raise RuntimeError("the queue did not open")


def _bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE)
        if len(cursor.fetchall()) != 25:
            raise RuntimeError("the bare query found something else")


def _rate(work: Callable[[], None], seconds: float) -> float:
    """How often a second `work` is done, one after the other."""
    work()  # warm
    times = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        work()
        times.append(1 / (time.perf_counter() - began))
    return typical(times)


def _fill(site: Site) -> None:
    now = timezone.now()
    Case.objects.bulk_create(
        (_case(number, site, now) for number in range(OPEN + CLOSED)), batch_size=2_000
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE response_center_case")


def _case(number: int, site: Site, now: datetime.datetime) -> Case:
    opened_at = now - datetime.timedelta(minutes=number % 4_000)
    is_open = number < OPEN
    return Case(
        number=f"B{number:08d}",
        kind=list(CaseKind)[number % 6],
        status=CaseStatus.OPEN if is_open else CaseStatus.RESOLVED,
        level=list(CaseLevel)[number % 4],
        phone=f"+8490{number:07d}",
        site=site,
        province=site.province,
        urgency=list(CaseUrgency)[number % 4],
        said_full_name="Nguyễn Văn Mẫu",
        opened_at=opened_at,
        due_at=opened_at + ANSWER_WITHIN,
        closed_at=None if is_open else now,
    )
