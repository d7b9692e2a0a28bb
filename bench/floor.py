"""The plain floor of an import: `python -m bench.floor FILE SITE`.

The least that reading, checking, matching and recording can cost: calamine, COPY into a staging
table, and a few statements over the whole set. It keeps no reasons that people could read, cannot
be taken up after a crash, and holds every lock until its end.
"""

import datetime
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

COLUMNS = (
    "name", "birth", "sex", "phone", "kind", "number", "bhyt", "province", "ward", "address",
    "priority", "dose", "product", "lot", "day", "hour", "vaccinator", "note",
)  # fmt: skip


def main(path: Path, site: str) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaxplatform.settings")
    django.setup()
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(STAGE)
        cursor.copy_expert("COPY floor_rows FROM STDIN", _as_copy(path))
        cursor.execute("ANALYZE floor_rows")
        for statement in STATEMENTS:
            cursor.execute(statement, {"site": site})
        cursor.execute("SELECT coalesce(outcome, 'held'), count(*) FROM floor_told GROUP BY 1")
        print(json.dumps(dict(cursor.fetchall())))


def _as_copy(path: Path) -> io.StringIO:
    """The cells as text, and the paper's number hashed and sealed, which only Python can."""
    from python_calamine import CalamineWorkbook

    from vaxplatform.crypto import blind_index, seal

    out = io.StringIO()
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows()
    for line, row in enumerate(rows, start=1):
        if line == 1:
            continue
        cells = [_text(cell) for cell in row]
        number = cells[5].zfill(12) if len(cells[5]) == 11 else cells[5]
        hashed, sealed = blind_index("cccd", number).hex(), seal(number).hex()
        out.write("\t".join((str(line), *cells, f"\\\\x{hashed}", f"\\\\x{sealed}")) + "\n")
    out.seek(0)
    return out


def _text(cell: Any) -> str:
    if isinstance(cell, float):
        return str(int(cell))
    if isinstance(cell, datetime.datetime | datetime.date):
        return cell.isoformat()[:10]
    return str(cell).replace("\\", "").replace("\t", " ").replace("\n", " ")


STAGE = f"""
CREATE TEMP TABLE floor_rows (
  line int, {", ".join(f"{name} text" for name in COLUMNS)}, hashed bytea, sealed bytea)
"""
# With the day first → ISO; then a day as a serial number or as ISO, null where there is none.
_ISO = r"regexp_replace(btrim({0}), '^(\d\d?)/(\d\d?)/(\d{{4}})$', '\3-\2-\1')"
_DAY = r"""
  CASE WHEN {0} ~ '^\d{{5}}$' THEN date '1899-12-30' + {0}::int
       WHEN {0} ~ '^\d{{4}}-(0?[1-9]|1[0-2])-\d\d?$'
        AND split_part({0}, '-', 3)::int BETWEEN 1 AND extract(day FROM make_date(
              split_part({0}, '-', 1)::int, split_part({0}, '-', 2)::int, 1) + interval '1 month'
              - interval '1 day')
       THEN {0}::date END"""
_NAME = r"btrim(regexp_replace(normalize(name, NFC), '\s+', ' ', 'g'))"
_SEARCH = r"""
  replace(regexp_replace(lower(normalize({0}, NFD)), U&'[\0300-\036F]', '', 'g'), 'đ', 'd')"""

STATEMENTS = (
    # What the cells say.
    f"""
CREATE TEMP TABLE floor_read AS
SELECT r.line, r.full_name, {_SEARCH.format("r.full_name")} AS search_name,
       ({_DAY.format("r.birth")})::text AS birth,
       CASE lower(r.sex) WHEN 'nam' THEN 'male' WHEN 'nữ' THEN 'female' END AS sex,
       '+84' || ltrim(regexp_replace(regexp_replace(normalize(r.phone, NFKC), '[^0-9]', '', 'g'),
                      '^84', ''), '0') AS phone,
       CASE WHEN length(r.number) = 11 THEN '0' || r.number ELSE r.number END AS number,
       u.id AS province_id, r.address, r.dose::int AS dose_number, v.id AS vaccine_id,
       l.id AS lot_id, l.expires_on, l.recalled_at, {_DAY.format("r.day")} AS day, r.vaccinator,
       r.hashed, r.sealed
  FROM (SELECT line, {_NAME} AS full_name, {_ISO.format("birth")} AS birth, sex, phone, number,
               province, address, dose, product, upper(btrim(lot)) AS lot, {_ISO.format("day")}
               AS day, vaccinator, hashed, sealed
          FROM floor_rows) r
  LEFT JOIN registration_administrativeunit u ON u.scheme = 2021 AND u.kind = 'province'
   AND (u.code = r.province OR u.name = replace(r.province, 'TP. ', ''))
  LEFT JOIN vaccination_sites_vaccine v ON v.code = 'EU/1/21/1529'
   AND replace(lower(btrim(r.product)), ' ', '') = 'astrazeneca'
  LEFT JOIN vaccination_sites_lot l ON l.number = r.lot AND l.vaccine_id = v.id
   AND l.site_id = (SELECT id FROM vaccination_sites_site WHERE code = %(site)s)
""",  # noqa: S608 - expressions of our own
    # The checks of a row by itself, and of rows that say the same.
    """
CREATE TEMP TABLE floor_told AS
SELECT r.*, gen_random_uuid() AS public_id, NULL::bigint AS citizen_id, CASE
         WHEN full_name = '' OR full_name ~ '[0-9]' OR birth IS NULL OR sex IS NULL
           OR left(birth, 4)::int NOT BETWEEN 1900 AND extract(year FROM now())
           OR phone !~ '^\\+84[0-9]{9}$' OR number !~ '^[0-9]{12}$'
           OR vaccine_id IS NULL OR province_id IS NULL OR day IS NULL
           OR day > current_date OR day < '2021-03-08' OR day < birth::date
           OR dose_number NOT BETWEEN 1 AND 9 THEN 'refused'
         WHEN lot_id IS NULL OR expires_on < day OR recalled_at IS NOT NULL THEN 'held'
         WHEN row_number() OVER (PARTITION BY number, dose_number, day ORDER BY line) > 1
         THEN 'duplicate' END AS outcome
  FROM floor_read r
""",
    "ANALYZE floor_told",
    # Who is on record by the number, and whether name and birth agree.
    """
UPDATE floor_told f SET citizen_id = c.id, outcome = CASE
         WHEN c.search_name <> f.search_name OR c.date_of_birth <> f.birth THEN 'held' END
  FROM registration_identitydocument d JOIN registration_citizen c ON c.id = d.citizen_id
 WHERE d.kind = 'cccd' AND d.number_index = f.hashed AND f.outcome IS NULL
""",
    # Strangers like whom somebody without such a paper is on record wait.
    """
UPDATE floor_told f SET outcome = 'held'
 WHERE f.outcome IS NULL AND f.citizen_id IS NULL AND EXISTS (
   SELECT 1 FROM (
     SELECT c.id FROM registration_citizen c
      WHERE c.search_name = f.search_name AND c.date_of_birth >= left(f.birth, 4)
        AND c.date_of_birth < left(f.birth, 4) || '~'
     UNION
     SELECT c.id FROM registration_citizen c
      WHERE c.date_of_birth = f.birth AND c.province_id = f.province_id
        AND similarity(c.search_name, f.search_name) >= 0.75
     UNION
     SELECT c.id FROM registration_citizen c WHERE c.phone = f.phone AND c.phone <> ''
   ) c WHERE NOT EXISTS (SELECT 1 FROM registration_identitydocument d
                          WHERE d.citizen_id = c.id AND d.kind = 'cccd'))
""",
    # Doses on record already, or in their place.
    """
UPDATE floor_told f SET outcome = CASE
         WHEN d.dose_number = f.dose_number AND d.vaccine_id = f.vaccine_id
          AND d.administered_at::date = f.day THEN 'duplicate' ELSE 'held' END
  FROM vaccination_sites_dose d
 WHERE d.citizen_id = f.citizen_id AND d.status = 'recorded' AND f.outcome IS NULL
   AND (d.dose_number = f.dose_number OR d.administered_at::date = f.day
        OR (d.dose_number < f.dose_number) <> (d.administered_at::date < f.day))
""",
    """
WITH strangers AS (
  INSERT INTO registration_citizen (public_id, full_name, search_name, date_of_birth, sex, phone,
         nationality, ethnicity, occupation, workplace, address, identity_check, created_at,
         province_id)
  SELECT public_id, full_name, search_name, birth, sex, phone, 'VN', '', '', '', address,
         'not_checked', now(), province_id
    FROM floor_told WHERE outcome IS NULL AND citizen_id IS NULL RETURNING id, public_id
)
UPDATE floor_told f SET citizen_id = s.id FROM strangers s WHERE s.public_id = f.public_id
""",
    """
INSERT INTO registration_identitydocument (citizen_id, kind, number, number_index, added_at)
SELECT citizen_id, 'cccd', sealed, hashed, now() FROM floor_told WHERE outcome IS NULL
    ON CONFLICT DO NOTHING
""",
    """
WITH doses AS (
  INSERT INTO vaccination_sites_dose (public_id, citizen_id, dose_number, dose_kind, vaccine_id,
         lot_id, site_id, residence_province_id, administered_at, vaccinator, source, status,
         void_reason, idempotency_key, request_digest)
  SELECT public_id, f.citizen_id, f.dose_number, 'primary', f.vaccine_id, lot_id, l.site_id,
         province_id, day + interval '8 hours', vaccinator, 'paper', 'recorded', '',
         md5(concat_ws('|', f.number, f.dose_number, f.day))::uuid,
         sha256(concat_ws('|', f.number, f.dose_number, f.day)::bytea)
    FROM floor_told f JOIN vaccination_sites_lot l ON l.id = f.lot_id
   WHERE outcome IS NULL
      ON CONFLICT DO NOTHING RETURNING public_id
)
UPDATE floor_told f SET outcome = 'recorded' FROM doses d WHERE d.public_id = f.public_id
""",
    """
UPDATE vaccination_sites_lot l SET doses_used = doses_used + n
  FROM (SELECT lot_id, count(*) n FROM floor_told WHERE outcome = 'recorded' GROUP BY 1) f
 WHERE l.id = f.lot_id
""",
)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
