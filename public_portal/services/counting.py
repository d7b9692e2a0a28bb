"""How doses and reports become rows of the rollups: one counting, for a few days or for all.

A person counts once in the country: with the earliest recorded dose, and as fully vaccinated with
the earliest that completes the primary series of its own product (DOMAIN, Vaccines and rules).
"Earliest" is by time of injection, then by id. Days are days in Viet Nam.

The rollups stand in three layers, each counted from the one before: rows of a site's day from its
doses; rows of a province's day, and of a province's residents, from the rows of sites.
"""

from collections.abc import Callable
from dataclasses import dataclass

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

# Age in whole years on the day of the dose. Of a birth without a day or month the earliest is
# taken: who was born in 1959 counts as 62 through all of 2021.
_AGE = """
    extract(year FROM d.day)::int - left(c.date_of_birth, 4)::int
    - (substr(c.date_of_birth, 6) > to_char(d.day, 'MM-DD'))::int
"""
AGE_BANDS = ((0, 11), (12, 17), (18, 29), (30, 49), (50, 64), (65, 79), (80, None))


def age_column(band: tuple[int, int | None]) -> str:
    first, last = band
    return f"age_{first}_{'up' if last is None else last}"


# What is counted of the recorded doses besides their number: column → which dose counts (`d` the
# dose, `v` its vaccine, `c` the person, `a.age` the age). A new figure is a line here and its
# column in models.DoseCounts; sums, refresh, rebuild, drift check and `Totals.counts` follow.
COUNTS = {
    "people_first": f"NOT EXISTS ({_EARLIER_ANY})",
    "people_full": "d.dose_kind = 'primary' AND d.dose_number >= v.primary_doses"
    f" AND NOT EXISTS ({_EARLIER_FULL})",
    "boosters": "d.dose_kind = 'booster'",
    "additional": "d.dose_kind = 'additional'",
    "male": "c.sex = 'male'",
    "female": "c.sex = 'female'",
    **{
        age_column((first, last)): f"a.age >= {first}" + (f" AND a.age <= {last}" if last else "")
        for first, last in AGE_BANDS
    },
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
          JOIN registration_citizen c ON c.id = d.citizen_id
         CROSS JOIN LATERAL (SELECT {_AGE} AS age) a
         WHERE d.status = 'recorded'
         GROUP BY d.site_id, s.province_id, d.day, d.vaccine_id
    """  # noqa: S608


_PEOPLE = ("people_first", "people_full")
SITE_RESIDENCE_COLUMNS = f"site_id, residence_id, day, doses, {', '.join(_PEOPLE)}"


def site_residences(doses: str) -> str:
    """SQL of the SiteResidenceDay rows that `doses`, one of the two above, amount to."""
    people = ", ".join(f"count(*) FILTER (WHERE {COUNTS[name]}) AS {name}" for name in _PEOPLE)
    return f"""
        SELECT d.site_id, d.residence_province_id AS residence_id, d.day,
               count(*) AS doses, {people}
          FROM ({doses}) d
          JOIN vaccination_sites_vaccine v ON v.id = d.vaccine_id
         WHERE d.status = 'recorded'
         GROUP BY d.site_id, d.residence_province_id, d.day
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
# Some places' days (parameters: place ids, days), or every one.
OF_DAYS = """
    JOIN unnest(%s::bigint[], %s::date[]) k (place, day)
      ON k.place = {row}.{place} AND k.day = {row}.day
"""
OF_ALL = ""
# The recorded row `r` is of what the report `w` is about, by a site or by the province itself: two
# conditions, each with equalities that a join can hash.
_SAME_VACCINE = "(w.vaccine_id IS NULL OR r.vaccine_id = w.vaccine_id)"
_SAME_DAY = f"r.province_id = w.province_id AND r.day = w.day AND {_SAME_VACCINE}"
SITE_COVERS = f"r.site_id = w.site_id AND {_SAME_DAY}"
PROVINCE_COVERS = f"w.site_id IS NULL AND {_SAME_DAY}"


def province_days(of: str, sites: str) -> str:
    """SQL of the ProvinceDay rows (PROVINCE_COLUMNS) for `of`, OF_DAYS (whose two parameters it
    takes twice) or OF_ALL, over the SiteDay rows of the table `sites`.

    A place's row without a vaccine is its total and wins over its rows by vaccine; the province's
    own total wins over the sum of its sites. Part of the first doses unknown: all unknown. A
    report covers what it is about and nothing else (models.ProvinceDay).
    """
    return f"""
        WITH of_sites AS (
            SELECT r.* FROM {sites} r {of.format(row="r", place="province_id")}
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
              FROM public_portal_dailyreport r {of.format(row="r", place="province_id")}
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


VACCINE_COLUMNS = "province_id, vaccine_id, day, doses"


def province_vaccines(of: str, sites: str) -> str:
    """SQL of the ProvinceVaccineDay rows for `of`, over the SiteDay rows of the table `sites`."""
    return f"""
        SELECT r.province_id, r.vaccine_id, r.day, sum(r.doses) AS doses
          FROM {sites} r {of.format(row="r", place="province_id")}
         GROUP BY r.province_id, r.vaccine_id, r.day
    """  # noqa: S608


RESIDENCE_COLUMNS = f"residence_id, day, doses, {', '.join(_PEOPLE)}"


def residence_days(of: str, sites: str) -> str:
    """SQL of the ResidenceDay rows for `of`, over the SiteResidenceDay rows of `sites`."""
    people = ", ".join(f"sum(r.{name}) AS {name}" for name in _PEOPLE)
    return f"""
        SELECT r.residence_id, r.day, sum(r.doses) AS doses, {people}
          FROM {sites} r {of.format(row="r", place="residence_id")}
         GROUP BY r.residence_id, r.day
    """  # noqa: S608


# ── the rollups ───────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Rollup:
    """A table of counts. `place` and the day name the rows that are counted again together; with
    `part` they name one row. `name` is what a line of drift calls it.

    `count(what)` is the SQL of its rows, for some days or for all: of doses for a site's rows
    (DOSES_OF_DAYS, ALL_DOSES), of rows of the table `source` for the others (OF_DAYS, OF_ALL).
    """

    name: str
    table: str
    columns: str
    place: str
    count: Callable[..., str]
    part: str = ""
    source: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.place, "day", self.part)))

    @property
    def figures(self) -> tuple[str, ...]:
        """The columns that do not name the row."""
        return tuple(name for name in self.columns.split(", ") if name not in self.keys)


SITE_DAY = Rollup("site", "public_portal_siteday", SITE_COLUMNS, "site_id", site_days, "vaccine_id")
LATE_ENTRY = Rollup(
    "late entry of site",
    "public_portal_lateentry",
    ENTRY_COLUMNS,
    "site_id",
    late_entries,
    "entered_on",
)
SITE_RESIDENCE = Rollup(
    "residence at site",
    "public_portal_siteresidenceday",
    SITE_RESIDENCE_COLUMNS,
    "site_id",
    site_residences,
    "residence_id",
)
PROVINCE_DAY = Rollup(
    "province",
    "public_portal_provinceday",
    PROVINCE_COLUMNS,
    "province_id",
    province_days,
    source=SITE_DAY.table,
)
PROVINCE_VACCINE = Rollup(
    "vaccine in province",
    "public_portal_provincevaccineday",
    VACCINE_COLUMNS,
    "province_id",
    province_vaccines,
    "vaccine_id",
    source=SITE_DAY.table,
)
RESIDENCE_DAY = Rollup(
    "residents of province",
    "public_portal_residenceday",
    RESIDENCE_COLUMNS,
    "residence_id",
    residence_days,
    source=SITE_RESIDENCE.table,
)
OF_SITES = (SITE_DAY, LATE_ENTRY, SITE_RESIDENCE)
OF_PROVINCES = (PROVINCE_DAY, PROVINCE_VACCINE)
ROLLUPS = (*OF_SITES, *OF_PROVINCES, RESIDENCE_DAY)  # each after what it is counted from
