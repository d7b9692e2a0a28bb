"""What the figures stand on: a database of their own with one site, and people by the thousand."""

import datetime
import uuid
from hashlib import sha256

from django.utils import timezone

from registration.models import AdministrativeUnit, UnitKind
from registration.services.citizens import CitizenDetails, Paper
from sites.models import Lot, MovementKind, Site, StockMovement, Vaccine
from sites.services.doses import DoseItem

VACCINE = "EU/1/20/1528"
ENDLESS = 1_000_000_000


def make_lot() -> Lot:
    """A lot that does not run out, at a new site."""
    province = AdministrativeUnit.objects.get(scheme=2021, kind=UnitKind.PROVINCE, code="01")
    site = Site.objects.create(code=uuid.uuid4().hex[:12], name="Benchmark", province=province)
    lot = Lot.objects.create(
        site=site,
        vaccine=Vaccine.objects.get(code=VACCINE),
        number=f"B{uuid.uuid4().hex[:8].upper()}",
        expires_on=datetime.date(2099, 12, 31),
        doses_received=ENDLESS,
    )
    StockMovement.objects.create(lot=lot, kind=MovementKind.RECEIVED, doses=ENDLESS)
    return lot


def items(*, lot: Lot, count: int, minutes_ago: int = 60) -> list[DoseItem]:
    """First doses of `count` new people."""
    now = timezone.now()
    made = []
    for _ in range(count):
        key = uuid.uuid4()
        number = key.int % 10**12
        made.append(
            DoseItem(
                idempotency_key=key,
                digest=sha256(key.bytes).digest(),
                citizen=CitizenDetails(
                    full_name="Nguyễn Thị Ánh Tuyết",
                    date_of_birth="1987-03-12",
                    sex="female",
                    province_id=lot.site.province_id,
                    papers=(Paper("cccd", f"{number:012d}"),),
                ),
                dose_number=1,
                dose_kind="primary",
                vaccine_code=VACCINE,
                lot_number=lot.number,
                administered_at=now - datetime.timedelta(minutes=minutes_ago),
                vaccinator="Lê Thị Mai",
            )
        )
    return made


def sql_of_doses(*, lot: Lot, count: int) -> str:
    """The rows that recording `count` doses writes, as one pgbench transaction.

    The triggers that queue the certificates, mark the statistics and keep the history are on the
    tables, so they run here too.
    """
    place = lot.site.province_id
    return f"""
BEGIN;
WITH people AS (
  INSERT INTO registration_citizen (public_id, full_name, search_name, date_of_birth, sex, phone,
         nationality, ethnicity, occupation, workplace, address, identity_check, created_at,
         province_id)
  SELECT gen_random_uuid(), 'Nguyễn Thị Ánh Tuyết', 'nguyen thi anh tuyet', '1987-03-12',
         'female', '', 'VN', '', '', '', '', 'not_checked', now(), {place}
    FROM generate_series(1, {count}) RETURNING id
), papers AS (
  INSERT INTO registration_identitydocument (citizen_id, kind, number, number_index, added_at)
  SELECT id, 'cccd', decode(repeat('00', 41), 'hex'),
         decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'), now()
    FROM people
)
INSERT INTO vaccination_sites_dose (public_id, citizen_id, dose_number, dose_kind, vaccine_id,
       lot_id, site_id, residence_province_id, administered_at, vaccinator, source, status,
       void_reason, idempotency_key, request_digest)
SELECT gen_random_uuid(), id, 1, 'primary', {lot.vaccine_id}, {lot.pk}, {lot.site_id}, {place},
       now() - interval '1 hour', 'Lê Thị Mai', 'live', 'recorded', '', gen_random_uuid(),
       decode(repeat('00', 32), 'hex')
  FROM people;
UPDATE vaccination_sites_lot SET doses_used = doses_used + {count} WHERE id = {lot.pk};
COMMIT;
"""  # noqa: S608
