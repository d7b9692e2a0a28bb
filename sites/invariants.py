"""What must hold among lots, visits and doses (RELIABILITY, promises 1 and 3)."""

from collections.abc import Iterable

from django.db import connection

from vaxplatform.invariants import register_invariant

# Lots whose counters differ from what the rows say.
STOCK = """
    SELECT l.id, l.doses_used, COALESCE(d.used, 0), l.doses_received, COALESCE(m.received, 0),
           l.doses_wasted, COALESCE(m.wasted, 0)
      FROM vaccination_sites_lot l
      LEFT JOIN (SELECT lot_id, count(*) used FROM vaccination_sites_dose
                  WHERE status = 'recorded' GROUP BY lot_id) d ON d.lot_id = l.id
      LEFT JOIN (SELECT lot_id, sum(doses) FILTER (WHERE kind = 'received') received,
                        sum(doses) FILTER (WHERE kind = 'wasted') wasted
                   FROM vaccination_sites_stockmovement GROUP BY lot_id) m ON m.lot_id = l.id
     WHERE l.doses_used <> COALESCE(d.used, 0)
        OR l.doses_received <> COALESCE(m.received, 0)
        OR l.doses_wasted <> COALESCE(m.wasted, 0)
"""
SEATS = """
    SELECT s.id, s.seats_taken, s.seats, count(a.id)
      FROM vaccination_sites_session s
      LEFT JOIN vaccination_sites_appointment a
             ON a.session_id = s.id AND a.status <> 'cancelled'
     GROUP BY s.id
    HAVING s.seats_taken <> count(a.id) OR s.seats_taken > s.seats
"""
TWICE = """
    SELECT citizen_id, dose_number, count(*)
      FROM vaccination_sites_dose
     WHERE status = 'recorded'
     GROUP BY citizen_id, dose_number
    HAVING count(*) > 1
"""
OTHER_SITE = """
    SELECT d.id, d.site_id, l.site_id, d.vaccine_id, l.vaccine_id
      FROM vaccination_sites_dose d JOIN vaccination_sites_lot l ON l.id = d.lot_id
     WHERE d.site_id <> l.site_id OR d.vaccine_id <> l.vaccine_id
"""
WITHOUT_DOSE = """
    SELECT v.id, v.status
      FROM vaccination_sites_visit v
     WHERE v.status IN ('observed', 'discharged')
       AND NOT EXISTS (SELECT FROM vaccination_sites_dose d WHERE d.visit_id = v.id)
"""
# A dose of a visit means: screened and allowed the same day, same person, same session.
WITHOUT_SCREENING = """
    SELECT d.id, v.id
      FROM vaccination_sites_dose d
      JOIN vaccination_sites_visit v ON v.id = d.visit_id
      LEFT JOIN vaccination_sites_screening s ON s.visit_id = v.id
     WHERE d.status = 'recorded'
       AND (s.id IS NULL OR s.decision NOT IN ('inject', 'caution')
            OR v.citizen_id <> d.citizen_id OR v.session_id IS DISTINCT FROM d.session_id
            OR v.status NOT IN ('observed', 'discharged')
            OR (s.screened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
               <> (d.administered_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)
"""

# Files whose counts differ from what became of their rows. A chunk counts in its own transaction.
IMPORT_COUNTS = """
    SELECT b.id, b.recorded, b.duplicates, b.held, b.refused,
           count(r.id) FILTER (WHERE r.outcome = 'recorded'),
           count(r.id) FILTER (WHERE r.outcome = 'duplicate'),
           count(r.id) FILTER (WHERE r.outcome = 'held'),
           count(r.id) FILTER (WHERE r.outcome = 'refused')
      FROM vaccination_sites_doseimport b
      LEFT JOIN vaccination_sites_importedrow r ON r.batch_id = b.id
     GROUP BY b.id
    HAVING (b.recorded, b.duplicates, b.held, b.refused) IS DISTINCT FROM
           (count(r.id) FILTER (WHERE r.outcome = 'recorded'),
            count(r.id) FILTER (WHERE r.outcome = 'duplicate'),
            count(r.id) FILTER (WHERE r.outcome = 'held'),
            count(r.id) FILTER (WHERE r.outcome = 'refused'))
"""
# A dose counts once as recorded by a file, at that file's site, for the person of the row.
IMPORTED_DOSES = """
    SELECT r.id, r.batch_id
      FROM vaccination_sites_importedrow r
      JOIN vaccination_sites_doseimport b ON b.id = r.batch_id
      LEFT JOIN vaccination_sites_dose d ON d.id = r.dose_id
     WHERE r.outcome = 'recorded' AND (d.id IS NULL OR d.site_id <> b.site_id)
    UNION ALL
    SELECT min(r.id), min(r.batch_id)
      FROM vaccination_sites_importedrow r
     WHERE r.outcome = 'recorded'
     GROUP BY r.dose_id
    HAVING count(*) > 1
"""
# A chunk that is done has its rows (each row at least one outcome), and no row lies outside one.
CHUNKS = """
    SELECT c.batch_id, c.first_line
      FROM vaccination_sites_importedchunk c
     WHERE NOT EXISTS (SELECT FROM vaccination_sites_importedrow r
                        WHERE r.batch_id = c.batch_id AND r.line = c.first_line)
        OR NOT EXISTS (SELECT FROM vaccination_sites_importedrow r
                        WHERE r.batch_id = c.batch_id AND r.line = c.last_line)
    UNION ALL
    SELECT b.id, 0
      FROM vaccination_sites_doseimport b
     WHERE b.rows_done <> (SELECT count(DISTINCT r.line) FROM vaccination_sites_importedrow r
                            WHERE r.batch_id = b.id)
        OR EXISTS (SELECT FROM vaccination_sites_importedrow r
                    WHERE r.batch_id = b.id
                      AND NOT EXISTS (SELECT FROM vaccination_sites_importedchunk c
                                       WHERE c.batch_id = b.id
                                         AND r.line BETWEEN c.first_line AND c.last_line))
"""


def _rows(sql: str) -> Iterable[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def stock_differences() -> list[str]:
    return [
        f"lot {lot}: used {used} but {doses} doses, received {received} but {came},"
        f" wasted {wasted} but {went}"
        for lot, used, doses, received, came, wasted, went in _rows(STOCK)
    ]


def seat_differences() -> list[str]:
    return [
        f"session {session}: {taken} of {seats} seats taken, {booked} appointments"
        for session, taken, seats, booked in _rows(SEATS)
    ]


def numbers_taken_twice() -> list[str]:
    return [f"citizen {c}: dose {number} recorded {n} times" for c, number, n in _rows(TWICE)]


def doses_of_strange_lots() -> list[str]:
    return [f"dose {row[0]}: site or vaccine is not its lot's" for row in _rows(OTHER_SITE)]


def visits_without_dose() -> list[str]:
    return [f"visit {visit}: {status} without a dose" for visit, status in _rows(WITHOUT_DOSE)]


def doses_without_screening() -> list[str]:
    return [
        f"dose {dose}: visit {visit} has no passed screening of its day"
        for dose, visit in _rows(WITHOUT_SCREENING)
    ]


def import_count_differences() -> list[str]:
    return [
        f"import {row[0]}: says {row[1:5]} recorded, on record, held, refused; its rows {row[5:]}"
        for row in _rows(IMPORT_COUNTS)
    ]


def rows_without_their_dose() -> list[str]:
    return [
        f"row {row} of import {batch}: its dose is not there, elsewhere, or counted twice"
        for row, batch in _rows(IMPORTED_DOSES)
    ]


def chunks_without_their_rows() -> list[str]:
    return [
        f"import {batch}: the chunk at line {line} and its rows differ"
        for batch, line in _rows(CHUNKS)
    ]


def register() -> None:
    """Called once, when the app is ready."""
    register_invariant("stock_counts_equal_doses", stock_differences)
    register_invariant("seats_taken_equal_appointments", seat_differences)
    register_invariant("no_citizen_has_two_recorded_doses_of_a_number", numbers_taken_twice)
    register_invariant("a_dose_is_of_its_site_s_lot", doses_of_strange_lots)
    register_invariant("a_vaccinated_visit_has_its_dose", visits_without_dose)
    register_invariant("a_dose_of_a_visit_was_screened_that_day", doses_without_screening)
    register_invariant("counts_of_an_import_equal_its_rows", import_count_differences)
    register_invariant("a_recorded_row_of_an_import_has_its_dose", rows_without_their_dose)
    register_invariant("a_chunk_of_an_import_has_its_rows", chunks_without_their_rows)
