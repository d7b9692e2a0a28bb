"""Issue certificates that are due, beside raw signing and beside pgbench writing the same rows."""

import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection
from django.utils import timezone

from bench.ground import items, make_lot
from bench.pgbench import transactions_per_second
from bench.result import Result, typical
from certificates.models import Certificate
from certificates.services.issuance import issue_due
from certificates.services.keys import ensure_signing_key
from sites.services.doses import record_doses

SET = 500
ROUNDS = 6


def measure(seconds: int) -> list[Result]:
    ensure_signing_key(now=timezone.now())
    lot = make_lot()
    while issue_due(SET):
        pass  # what earlier figures left
    for _ in range(ROUNDS):
        record_doses(items=items(lot=lot, count=SET), site=lot.site, now=timezone.now())
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        issued = issue_due(SET)
        rates.append(issued / (time.perf_counter() - began))
    rows = SET * transactions_per_second(_sql(), clients=1, seconds=seconds)
    return [
        Result("issue due certificates, one worker", "certificates", typical(rates), name, rate)
        for name, rate in (
            ("raw ES256 signatures, one core", _signatures_per_second()),
            ("pgbench, the same rows in sets", rows),
        )
    ]


def _signatures_per_second() -> float:
    key = ec.generate_private_key(ec.SECP256R1())
    began, count = time.perf_counter(), 5_000
    for _ in range(count):
        key.sign(b"x" * 300, ec.ECDSA(hashes.SHA256()))
    return count / (time.perf_counter() - began)


def _sql() -> str:
    """Set 500 jobs to issued and write as many certificates, superseding the last ones."""
    sample = Certificate.objects.order_by("-pk").first()
    if sample is None:
        raise RuntimeError("no certificate was issued")
    with connection.cursor() as cursor:
        hcert = cursor.mogrify("%s", [sample.hcert]).decode()
    return f"""
BEGIN;
WITH old AS (
  UPDATE certificates_certificate SET status = 'superseded', ended_at = now(), end_reason = 'x'
   WHERE id IN (SELECT id FROM certificates_certificate WHERE status = 'live' ORDER BY id
                LIMIT {SET} FOR UPDATE SKIP LOCKED) RETURNING dose_id
), jobs AS (
  UPDATE certificates_issuancejob SET state = 'issued', attempts = 1
   WHERE dose_id IN (SELECT dose_id FROM old)
)
SELECT count(*) FROM old;
INSERT INTO certificates_certificate (public_id, dose_id, uvci, hcert, key_id, issued_at,
       expires_at, status, end_reason)
SELECT gen_random_uuid(), dose_id, gen_random_uuid()::text, {hcert}, {sample.key_id}, now(),
       now() + interval '1 year', 'live', ''
  FROM (SELECT DISTINCT dose_id FROM certificates_certificate c WHERE NOT EXISTS (
          SELECT FROM certificates_certificate l WHERE l.dose_id = c.dose_id AND l.status = 'live')
        LIMIT {SET}) d;
COMMIT;
"""  # noqa: S608
