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


def register() -> None:
    """Called once, when the app is ready."""
    register_invariant("stock_counts_equal_doses", stock_differences)
    register_invariant("seats_taken_equal_appointments", seat_differences)
    register_invariant("no_citizen_has_two_recorded_doses_of_a_number", numbers_taken_twice)
    register_invariant("a_dose_is_of_its_site_s_lot", doses_of_strange_lots)
    register_invariant("a_vaccinated_visit_has_its_dose", visits_without_dose)
    register_invariant("a_dose_of_a_visit_was_screened_that_day", doses_without_screening)
