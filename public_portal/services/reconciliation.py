"""Portal = sites = lots: once a night, all recorded doses counted one by one beside the sums.

Read in one statement, so of one moment, while doses come in: days that wait to be counted again
(DirtyDay) are taken from the doses themselves on both sides.
"""

import datetime
from dataclasses import asdict, dataclass

import structlog
from django.db import connection, transaction
from django.utils.translation import gettext, ngettext

from public_portal.models import ReconciliationRun
from public_portal.restated import last_reconciliation
from vaxplatform import formatting
from vaxplatform.alarms import Raised
from vaxplatform.vietnam import day_in_vietnam, start_of_day

log = structlog.get_logger(__name__)

LOCK = 0x7661785F7265636F  # "vax_reco"
BEGINS_AT = datetime.timedelta(hours=2)  # after midnight in Viet Nam, when few doses come in
OVERDUE_AFTER = datetime.timedelta(hours=36)


@dataclass(frozen=True)
class ProvinceTotals:
    """Recorded doses of a province's sites, each way of knowing them. `places`: at how many sites
    and vaccines the doses, the lots and the sites' own sums are not the same."""

    province_code: str
    doses: int
    lots: int
    sites: int
    portal: int
    places: int

    @property
    def agrees(self) -> bool:
        return not self.places and self.doses == self.lots == self.sites == self.portal


_TOTALS = """
    WITH waiting_sites AS MATERIALIZED (
        SELECT DISTINCT site_id, day FROM public_portal_dirtyday WHERE site_id IS NOT NULL
    ), waiting_provinces AS MATERIALIZED (
        SELECT DISTINCT province_id, day FROM public_portal_dirtyday
    ), doses AS (
        SELECT d.site_id, d.vaccine_id, count(*) AS doses, count(w.site_id) AS not_at_sites,
               count(p.province_id) AS not_on_portal
          FROM vaccination_sites_dose d
          JOIN vaccination_sites_site s ON s.id = d.site_id
         CROSS JOIN LATERAL
               (SELECT (d.administered_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day) t
          LEFT JOIN waiting_sites w ON w.site_id = d.site_id AND w.day = t.day
          LEFT JOIN waiting_provinces p ON p.province_id = s.province_id AND p.day = t.day
         WHERE d.status = 'recorded'
         GROUP BY d.site_id, d.vaccine_id
    ), lots AS (
        SELECT site_id, vaccine_id, sum(doses_used) AS lots
          FROM vaccination_sites_lot GROUP BY site_id, vaccine_id
    ), sites AS (
        SELECT r.site_id, r.vaccine_id, sum(r.doses) AS sites
          FROM public_portal_siteday r
         WHERE NOT EXISTS (SELECT 1 FROM waiting_sites w
                            WHERE w.site_id = r.site_id AND w.day = r.day)
         GROUP BY r.site_id, r.vaccine_id
    ), places AS (
        SELECT site_id, COALESCE(doses, 0) AS doses, COALESCE(lots, 0) AS lots,
               COALESCE(sites, 0) + COALESCE(not_at_sites, 0) AS sites,
               COALESCE(not_on_portal, 0) AS not_on_portal
          FROM doses
          FULL JOIN lots USING (site_id, vaccine_id)
          FULL JOIN sites USING (site_id, vaccine_id)
    ), provinces AS (
        SELECT s.province_id, sum(p.doses) AS doses, sum(p.lots) AS lots, sum(p.sites) AS sites,
               sum(p.not_on_portal) AS not_on_portal,
               count(*) FILTER (WHERE p.doses <> p.lots OR p.doses <> p.sites) AS places
          FROM places p JOIN vaccination_sites_site s ON s.id = p.site_id
         GROUP BY s.province_id
    ), portal AS (
        SELECT r.province_id, sum(r.recorded) AS portal
          FROM public_portal_provinceday r
         WHERE NOT EXISTS (SELECT 1 FROM waiting_provinces w
                            WHERE w.province_id = r.province_id AND w.day = r.day)
         GROUP BY r.province_id
    )
    SELECT u.code, COALESCE(doses, 0)::bigint, COALESCE(lots, 0)::bigint,
           COALESCE(sites, 0)::bigint,
           (COALESCE(portal, 0) + COALESCE(not_on_portal, 0))::bigint, COALESCE(places, 0)
      FROM provinces FULL JOIN portal USING (province_id)
      JOIN registration_administrativeunit u ON u.id = province_id
     ORDER BY u.code
"""


def province_totals() -> list[ProvinceTotals]:
    """The totals of every province with a dose, a lot or a figure. Reads every dose."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS)
        return [ProvinceTotals(*row) for row in cursor.fetchall()]


def differences() -> list[str]:
    """The invariant `portal_sites_and_lots_have_the_same_doses`: a line for each province in which
    they do not."""
    return [
        f"province {row.province_code}: doses {row.doses}, lots {row.lots}, sites {row.sites},"
        f" portal {row.portal}; {row.places} sites and vaccines differ"
        for row in province_totals()
        if not row.agrees
    ]


@transaction.atomic
def reconcile_totals(*, now: datetime.datetime) -> ReconciliationRun | None:
    """Compare the totals and keep the result; None while somebody else does."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None
    rows = province_totals()
    run = ReconciliationRun.objects.create(
        reconciled_at=now,
        doses=sum(row.doses for row in rows),
        lots=sum(row.lots for row in rows),
        sites=sum(row.sites for row in rows),
        portal=sum(row.portal for row in rows),
        differences=[asdict(row) for row in rows if not row.agrees],
    )
    if not run.agrees:
        log.error("totals_differ", provinces=[row["province_code"] for row in run.differences])
    return run


def reconcile_when_due(now: datetime.datetime) -> int:
    """The chore: once a day, from two in the morning on; at once where there was none yet."""
    last = last_reconciliation()
    if last is not None and last.reconciled_at >= _due_at(now):
        return 0
    return int(reconcile_totals(now=now) is not None)


def _due_at(now: datetime.datetime) -> datetime.datetime:
    """The latest two o'clock in the morning, Viet Nam's, before `now`."""
    due_at = start_of_day(day_in_vietnam(now)) + BEGINS_AT
    return due_at if due_at <= now else due_at - datetime.timedelta(days=1)


def reconciliation_alarm(now: datetime.datetime) -> Raised | None:
    """For the board: the last comparison found a difference, or there was none for too long."""
    last = last_reconciliation()
    if last is None:
        return None
    since = formatting.moment(last.reconciled_at)
    if not last.agrees:
        count = len(last.differences)
        title = ngettext(
            "Doses of portal, sites and lots differ in %(count)s province",
            "Doses of portal, sites and lots differ in %(count)s provinces",
            count,
        )
        codes = ", ".join(row["province_code"] for row in last.differences)
        detail = gettext("compared %(time)s; provinces with the codes %(codes)s")
        return Raised(
            title % {"count": formatting.number(count)},
            detail % {"time": since, "codes": codes},
            is_bad=True,
            size=count,
        )
    if now - last.reconciled_at > OVERDUE_AFTER:
        title = gettext("Doses of portal, sites and lots were not compared last night")
        return Raised(title, gettext("last compared %(time)s") % {"time": since})
    return None
