"""Two workers drain a backlog of due doses, beside raw signing and pgbench writing the same rows.

The workers are processes of their own (`drain_certificates --once`); they and PostgreSQL share this
machine. BENCH_DOSES says how many doses: 100000 for the whole figure.
"""

import os
import subprocess
import sys
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection
from django.utils import timezone

from bench.ground import make_lot
from bench.pgbench import transactions_per_second
from bench.result import Result
from bench.watched import cpu_of_backends
from certificates.models import Certificate
from certificates.services.issuance import drain_due
from certificates.services.keys import ensure_signing_key
from sites.models import Lot

DOSES = int(os.environ.get("BENCH_DOSES", "20000"))
WORKERS = 2
SET = 500
FAMILIES = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ"]
MIDDLES = [
    "Thị",
    "Văn",
    "Hữu",
    "Đức",
    "Minh",
    "Ngọc",
    "Quang",
    "Thanh",
    "Xuân",
    "Kim",
    "Bảo",
    "Gia",
]
GIVENS = ["An", "Anh", "Bình", "Châu", "Cường", "Dũng", "Đạt", "Giang", "Hà", "Hải", "Hạnh", "Lan"]


def measure(seconds: int) -> list[Result]:
    ensure_signing_key(now=timezone.now())
    drain_due()  # what earlier figures left
    idle = _drain_by_workers()  # nothing: what it costs to start Python
    lot = make_lot()
    _record(lot, DOSES)
    last = _last_certificate()
    cpu = _drain_by_workers()
    rate, issued = _written_since(last)
    if issued < DOSES:
        raise RuntimeError(f"{issued} of {DOSES} certificates came out")
    signatures = _signatures_per_second()
    _record(lot, DOSES)
    last = _last_certificate()
    transactions_per_second(_sql(), clients=WORKERS, seconds=seconds)
    rows, _count = _written_since(last)
    drained = f"drain {DOSES:,} due doses, {WORKERS} workers"
    return [
        Result(drained, "certificates", rate, "raw ES256 signatures, one core", signatures),
        Result(drained, "certificates", rate, "pgbench, the same rows in sets", rows),
        Result(
            "the same, by second of CPU",
            "certificates",
            issued / (cpu - idle),
            "raw ES256 signatures, one core",
            signatures,
        ),
    ]


def _record(lot: Lot, doses: int) -> None:
    """First doses of new people with names of their own, given an hour ago, due now."""
    statement = _SQL_OF_DOSES.format(
        place=lot.site.province_id, vaccine=lot.vaccine_id, lot=lot.pk, site=lot.site_id
    )
    with connection.cursor() as cursor:
        for start in range(0, doses, SET):
            names = [FAMILIES, MIDDLES, MIDDLES[::-1], GIVENS, min(SET, doses - start)]
            cursor.execute(statement, names)
        cursor.execute("ANALYZE")


_SQL_OF_DOSES = """
WITH people AS (
  INSERT INTO registration_citizen (public_id, full_name, search_name, date_of_birth, sex, phone,
         nationality, ethnicity, occupation, workplace, address, identity_check, created_at,
         province_id)
  SELECT gen_random_uuid(), concat_ws(' ', f[random(1, cardinality(f))],
         m[random(1, cardinality(m))], n[random(1, cardinality(n))], g[random(1, cardinality(g))]),
         '', (date '1940-01-01' + random(0, 24000))::text, 'female', '', 'VN', '', '', '', '',
         'not_checked', now(), {place}
    FROM (SELECT %s::text[] AS f, %s::text[] AS m, %s::text[] AS n, %s::text[] AS g) words,
         generate_series(1, %s) RETURNING id
)
INSERT INTO vaccination_sites_dose (public_id, citizen_id, dose_number, dose_kind, vaccine_id,
       lot_id, site_id, residence_province_id, administered_at, vaccinator, source, status,
       void_reason, idempotency_key, request_digest)
SELECT gen_random_uuid(), id, 1, 'primary', {vaccine}, {lot}, {site}, {place},
       now() - interval '1 hour', 'Lê Thị Mai', 'live', 'recorded', '', gen_random_uuid(),
       decode(repeat('00', 32), 'hex')
  FROM people
"""


def _last_certificate() -> int:
    last = Certificate.objects.order_by("-pk").values_list("pk", flat=True).first()
    return last or 0


def _written_since(last: int) -> tuple[float, int]:
    """Certificates a second and in all, after the one given. The time is from the first set to
    the last, so that starting Python is no part of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE issued_at > first),"
            " extract(epoch FROM max(issued_at) - min(issued_at)) FROM certificates_certificate,"
            " (SELECT min(issued_at) FROM certificates_certificate WHERE id > %s) f(first)"
            " WHERE id > %s",
            [last, last],
        )
        count, after_the_first, seconds = cursor.fetchone()
    return float(after_the_first / seconds), int(count)


def _drain_by_workers() -> float:
    """Run the workers until nothing is due; returns the seconds of CPU that they and their
    PostgreSQL backends spent."""
    command = [sys.executable, "manage.py", "drain_certificates", "--once"]
    before = os.times()
    backends: dict[int, float] = {}
    workers = [
        subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
        for _ in range(WORKERS)
    ]
    while any(worker.poll() is None for worker in workers):
        backends |= cpu_of_backends()
        time.sleep(0.1)
    if any(worker.returncode for worker in workers):
        raise RuntimeError("a worker failed; its reason stands above")
    after = os.times()
    own = after.children_user + after.children_system
    return own - before.children_user - before.children_system + sum(backends.values())


def _signatures_per_second() -> float:
    key = ec.generate_private_key(ec.SECP256R1())
    began, count = time.perf_counter(), 5_000
    for _ in range(count):
        key.sign(b"x" * 300, ec.ECDSA(hashes.SHA256()))
    return count / (time.perf_counter() - began)


def _sql() -> str:
    """What a worker writes for a set: the claim, then certificates and finished jobs."""
    sample = Certificate.objects.order_by("-pk").first()
    if sample is None:
        raise RuntimeError("no certificate was issued")
    with connection.cursor() as cursor:
        hcert = cursor.mogrify("%s", [sample.hcert]).decode()
    return f"""
UPDATE certificates_issuancejob SET attempts = 1, next_at = now() + interval '1 hour'
 WHERE dose_id IN (
   SELECT dose_id FROM certificates_issuancejob
    WHERE state = 'pending' AND attempts = 0 AND cause = 'first' AND due_at <= now()
    ORDER BY due_at LIMIT {SET} FOR UPDATE SKIP LOCKED);
BEGIN;
WITH mine AS (
  SELECT dose_id FROM certificates_issuancejob
   WHERE state = 'pending' AND attempts = 1 LIMIT {SET} FOR UPDATE SKIP LOCKED
), jobs AS (
  UPDATE certificates_issuancejob SET state = 'issued', last_error = ''
   WHERE dose_id IN (SELECT dose_id FROM mine) RETURNING dose_id
)
INSERT INTO certificates_certificate (public_id, dose_id, uvci, hcert, key_id, issued_at,
       expires_at, status, end_reason)
SELECT gen_random_uuid(), dose_id, gen_random_uuid()::text, {hcert}, {sample.key_id},
       statement_timestamp(), now() + interval '1 year', 'live', ''
  FROM jobs;
COMMIT;
"""  # noqa: S608
