"""How doses and reports become rows of the rollups: one counting, for a few days or for all.

A person counts once in the country: with the earliest recorded dose, and as fully vaccinated with
the earliest that completes the primary series of its own product (DOMAIN, Vaccines and rules).
"Earliest" is by time of injection, then by id. Days are days in Viet Nam.
"""

_START = "(k.day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')"
_END = "((k.day + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')"

# The doses of some sites' days (parameters: site ids, days), found by the index; or every dose.
DOSES_OF_DAYS = f"""
    SELECT d.*, k.day
      FROM unnest(%s::bigint[], %s::date[]) k (site_id, day)
      JOIN vaccination_sites_dose d
        ON d.site_id = k.site_id AND d.administered_at >= {_START} AND d.administered_at < {_END}
"""  # noqa: S608
ALL_DOSES = """
    SELECT d.*, (d.administered_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day
      FROM vaccination_sites_dose d
"""

_EARLIER = """
    SELECT 1 FROM vaccination_sites_dose e {joins}
     WHERE e.citizen_id = d.citizen_id AND e.status = 'recorded'
       AND (e.administered_at, e.id) < (d.administered_at, d.id) {also}
"""
_EARLIER_ANY = _EARLIER.format(joins="", also="")
_EARLIER_FULL = _EARLIER.format(
    joins="JOIN vaccination_sites_vaccine ev ON ev.id = e.vaccine_id",
    also="AND e.dose_kind = 'primary' AND e.dose_number >= ev.primary_doses",
)

# What is counted of the recorded doses besides their number: column → which dose counts (`d` the
# dose, `v` its vaccine). A new figure is a line here and its column in models.DoseCounts; sums,
# refresh, rebuild, drift check and `Totals.counts` follow.
COUNTS = {
    "people_first": f"NOT EXISTS ({_EARLIER_ANY})",
    "people_full": "d.dose_kind = 'primary' AND d.dose_number >= v.primary_doses"
    f" AND NOT EXISTS ({_EARLIER_FULL})",
    "boosters": "d.dose_kind = 'booster'",
}
_NAMES = ", ".join(COUNTS)
SITE_COLUMNS = f"site_id, province_id, day, vaccine_id, doses, {_NAMES}"


def _for_each(template: str) -> str:
    """`template` once for each count, as a part of a list of columns."""
    return ", ".join(template.format(name=name, which=which) for name, which in COUNTS.items())


def site_days(doses: str) -> str:
    """SQL of the SiteDay rows (SITE_COLUMNS) that `doses`, one of the two above, amount to."""
    return f"""
        SELECT d.site_id, s.province_id, d.day, d.vaccine_id, count(*) AS doses,
               {_for_each("count(*) FILTER (WHERE {which}) AS {name}")}
          FROM ({doses}) d
          JOIN vaccination_sites_site s ON s.id = d.site_id
          JOIN vaccination_sites_vaccine v ON v.id = d.vaccine_id
         WHERE d.status = 'recorded'
         GROUP BY d.site_id, s.province_id, d.day, d.vaccine_id
    """  # noqa: S608


ENTRY_COLUMNS = "site_id, province_id, day, entered_on, doses"


def late_entries(doses: str) -> str:
    """SQL of the LateEntry rows (ENTRY_COLUMNS) that `doses`, one of the two above, amount to."""
    return f"""
        SELECT d.site_id, s.province_id, d.day,
               (d.recorded_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS entered_on,
               count(*) AS doses
          FROM ({doses}) d
          JOIN vaccination_sites_site s ON s.id = d.site_id
         WHERE d.status = 'recorded'
           AND d.recorded_at >= ((d.day + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')
         GROUP BY d.site_id, s.province_id, d.day, entered_on
    """  # noqa: S608


PROVINCE_COLUMNS = (
    f"province_id, day, recorded, {_NAMES}, reported, reported_first, covered, covered_first"
)
# Some provinces' days (parameters: province ids, days), or every one.
OF_DAYS = """
    JOIN unnest(%s::bigint[], %s::date[]) k (province_id, day)
      ON k.province_id = {row}.province_id AND k.day = {row}.day
"""
OF_ALL = ""
# The recorded row `r` is of what the report `w` is about, by a site or by the province itself: two
# conditions, each with equalities that a join can hash.
_SAME_VACCINE = "(w.vaccine_id IS NULL OR r.vaccine_id = w.vaccine_id)"
_SAME_DAY = f"r.province_id = w.province_id AND r.day = w.day AND {_SAME_VACCINE}"
SITE_COVERS = f"r.site_id = w.site_id AND {_SAME_DAY}"
PROVINCE_COVERS = f"w.site_id IS NULL AND {_SAME_DAY}"


def province_days(of: str, *, sites: str = "public_portal_siteday") -> str:
    """SQL of the ProvinceDay rows (PROVINCE_COLUMNS) for `of`, OF_DAYS (whose two parameters it
    takes twice) or OF_ALL, over the site rows of the table `sites`.

    A place's row without a vaccine is its total and wins over its rows by vaccine; the province's
    own total wins over the sum of its sites. Part of the first doses unknown: all unknown. A
    report covers what it is about and nothing else (models.ProvinceDay).
    """
    return f"""
        WITH of_sites AS (
            SELECT r.* FROM {sites} r {of.format(row="r")}
        ), recorded AS (
            SELECT r.province_id, r.day, sum(r.doses) AS recorded,
                   {_for_each("sum(r.{name}) AS {name}")}
              FROM of_sites r
             GROUP BY r.province_id, r.day
        ), ranked AS (
            SELECT r.*, rank() OVER (PARTITION BY r.province_id, r.day
                                         ORDER BY r.site_id IS NOT NULL) AS place_rank,
                   rank() OVER (PARTITION BY r.province_id, r.day, r.site_id
                                    ORDER BY r.vaccine_id IS NOT NULL) AS vaccine_rank
              FROM public_portal_dailyreport r {of.format(row="r")}
        ), winning AS (
            SELECT * FROM ranked WHERE place_rank = 1 AND vaccine_rank = 1
        ), reported AS (
            SELECT province_id, day, sum(doses) AS reported,
                   CASE WHEN count(*) = count(first_doses) THEN sum(first_doses) END
                       AS reported_first
              FROM winning
             GROUP BY province_id, day
        ), covered AS (
            SELECT province_id, day, sum(doses) AS covered, sum(people_first) AS covered_first
              FROM (SELECT r.* FROM winning w JOIN of_sites r ON {SITE_COVERS}
                    UNION ALL
                    SELECT r.* FROM winning w JOIN of_sites r ON {PROVINCE_COVERS}) r
             GROUP BY province_id, day
        )
        SELECT province_id, day, COALESCE(recorded, 0) AS recorded,
               {_for_each("COALESCE({name}, 0) AS {name}")}, reported, reported_first,
               COALESCE(covered, 0) AS covered, COALESCE(covered_first, 0) AS covered_first
          FROM recorded FULL JOIN reported USING (province_id, day)
          LEFT JOIN covered USING (province_id, day)
    """  # noqa: S608
