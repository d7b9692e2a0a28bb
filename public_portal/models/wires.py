"""The wires from doses and reports to the rollups: statement-level triggers on proxy models."""

from public_portal.models.report import DailyReport
from registration.models import Citizen
from sites.models import Dose, Site, Vaccine
from vaxplatform.wires import after_delete, after_insert, after_update

_DAY = "(d.administered_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"

# People are counted once, at their first and at their completing dose: a change to one of a
# person's doses can move those, so all days of that person's doses are counted again. The lock
# makes two who write doses of one person at the same moment come one after the other: else
# neither would see the other's dose, and the day that lost its "first" would not be marked.
MARK_NEW_DOSES = f"""
    PERFORM 1 FROM registration_citizen c
      WHERE c.id IN (SELECT citizen_id FROM new_rows) ORDER BY c.id FOR NO KEY UPDATE;
    INSERT INTO public_portal_dirtyday (province_id, site_id, day, cause)
    SELECT DISTINCT s.province_id, d.site_id, {_DAY}, 'late_entry'
      FROM vaccination_sites_dose d
      JOIN vaccination_sites_site s ON s.id = d.site_id
     WHERE d.citizen_id IN (SELECT citizen_id FROM new_rows);
    RETURN NULL;
"""  # noqa: S608

MARK_CHANGED_DOSES = f"""
    PERFORM 1 FROM registration_citizen c
      WHERE c.id IN (SELECT citizen_id FROM old_rows UNION SELECT citizen_id FROM new_rows)
      ORDER BY c.id FOR NO KEY UPDATE;
    INSERT INTO public_portal_dirtyday (province_id, site_id, day, cause)
    WITH changed AS (
        SELECT o.site_id, o.administered_at, o.citizen_id AS was_of, n.citizen_id AS is_of,
               CASE WHEN n.status <> o.status THEN 'void'
                    WHEN n.citizen_id <> o.citizen_id THEN 'moved'
                    ELSE 'correction' END AS cause
          FROM old_rows o
          JOIN new_rows n ON n.id = o.id
    ), people AS (
        SELECT was_of AS citizen_id, cause FROM changed UNION SELECT is_of, cause FROM changed
    )
    SELECT DISTINCT s.province_id, d.site_id, {_DAY}, d.cause
      FROM (SELECT site_id, administered_at, cause FROM changed
            UNION ALL
            SELECT e.site_id, e.administered_at, p.cause
              FROM people p
              JOIN vaccination_sites_dose e ON e.citizen_id = p.citizen_id) d
      JOIN vaccination_sites_site s ON s.id = d.site_id;
    RETURN NULL;
"""  # noqa: S608

# A site that is put into another province takes its days along.
MARK_MOVED_SITES = f"""
    INSERT INTO public_portal_dirtyday (province_id, site_id, day, cause)
    SELECT DISTINCT p.province_id, d.site_id, {_DAY}, 'site'
      FROM old_rows o
      JOIN new_rows n ON n.id = o.id AND n.province_id <> o.province_id
      CROSS JOIN LATERAL (VALUES (o.province_id), (n.province_id)) p (province_id)
      JOIN vaccination_sites_dose d ON d.site_id = n.id;
    RETURN NULL;
"""  # noqa: S608

# How many doses make a series says who is fully vaccinated.
MARK_CHANGED_VACCINES = f"""
    INSERT INTO public_portal_dirtyday (province_id, site_id, day, cause)
    SELECT DISTINCT s.province_id, d.site_id, {_DAY}, 'rule'
      FROM vaccination_sites_dose d
      JOIN vaccination_sites_site s ON s.id = d.site_id
     WHERE d.citizen_id IN (
           SELECT e.citizen_id
             FROM old_rows o
             JOIN new_rows n ON n.id = o.id AND n.primary_doses <> o.primary_doses
             JOIN vaccination_sites_dose e ON e.vaccine_id = n.id);
    RETURN NULL;
"""  # noqa: S608

# A person's sex and age on the day are counted; a correction of either moves those counts. Where
# records are joined or taken apart, the doses themselves are given to the other record: the marks
# here say why.
MARK_CHANGED_PEOPLE = f"""
    INSERT INTO public_portal_dirtyday (province_id, site_id, day, cause)
    SELECT DISTINCT s.province_id, d.site_id, {_DAY},
           CASE WHEN n.merged_into_id IS DISTINCT FROM o.merged_into_id THEN 'joined'
                ELSE 'correction' END
      FROM old_rows o
      JOIN new_rows n ON n.id = o.id
       AND (n.date_of_birth, n.sex, n.merged_into_id)
           IS DISTINCT FROM (o.date_of_birth, o.sex, o.merged_into_id)
      CROSS JOIN LATERAL (VALUES (n.id), (n.merged_into_id), (o.merged_into_id)) p (citizen_id)
      JOIN vaccination_sites_dose d ON d.citizen_id = p.citizen_id
      JOIN vaccination_sites_site s ON s.id = d.site_id;
    RETURN NULL;
"""  # noqa: S608

_MARK_REPORTS = """
    INSERT INTO public_portal_dirtyday (province_id, day, cause)
    SELECT DISTINCT province_id, day, 'report' FROM {rows};
    RETURN NULL;
"""


class CountedDose(Dose):
    """Doses, as the rollups watch them."""

    class Meta:
        proxy = True
        triggers = [
            after_insert("mark_new_doses", MARK_NEW_DOSES),
            after_update("mark_changed_doses", MARK_CHANGED_DOSES),
        ]


class CountedCitizen(Citizen):
    """People, as the rollups watch them."""

    class Meta:
        proxy = True
        triggers = [
            after_update("mark_changed_people", MARK_CHANGED_PEOPLE),
        ]


class CountedSite(Site):
    """Sites, as the rollups watch them."""

    class Meta:
        proxy = True
        triggers = [
            after_update("mark_moved_sites", MARK_MOVED_SITES),
        ]


class CountedVaccine(Vaccine):
    """Vaccines, as the rollups watch them."""

    class Meta:
        proxy = True
        triggers = [
            after_update("mark_changed_vaccines", MARK_CHANGED_VACCINES),
        ]


class CountedReport(DailyReport):
    """Daily reports, as the rollups watch them."""

    class Meta:
        proxy = True
        triggers = [
            after_insert("mark_new_reports", _MARK_REPORTS.format(rows="new_rows")),
            after_update(
                "mark_changed_reports",
                _MARK_REPORTS.format(
                    rows="(SELECT province_id, day FROM old_rows"
                    " UNION SELECT province_id, day FROM new_rows) r"
                ),
            ),
            after_delete("mark_deleted_reports", _MARK_REPORTS.format(rows="old_rows")),
        ]
