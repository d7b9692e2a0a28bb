"""The wires from doses and citizens to the issuance queue: statement-level triggers.

They live on proxy models so that this app's migrations own them and `sites` knows nothing of its
consumers. Because PostgreSQL runs them, admin forms, bulk imports, COPY and raw SQL all enqueue.
"""

import pgtrigger

from registration.models import Citizen
from sites.models import Dose

# The window, as vaxplatform.promise computes it; the settings travel with each connection and
# raw SQL without them gets the promised 30 and 60 minutes.
_DELAY = "COALESCE(current_setting('vax.certificate_delay_seconds', true), '1800')::int"
_DEADLINE = "COALESCE(current_setting('vax.certificate_deadline_seconds', true), '3600')::int"
_INTERVAL = "make_interval(secs => {})"
_DUE = f"GREATEST(d.administered_at + {_INTERVAL.format(_DELAY)}, d.recorded_at)"  # noqa: S608
_DEADLINE_AT = (
    f"GREATEST(d.administered_at + {_INTERVAL.format(_DEADLINE)},"  # noqa: S608
    f" d.recorded_at + {_INTERVAL.format(f'({_DEADLINE} - {_DELAY})')})"
)

ENQUEUE_NEW_DOSES = f"""
    INSERT INTO certificates_issuancejob (dose_id, due_at, deadline_at, next_at)
    SELECT d.id, {_DUE}, {_DEADLINE_AT}, {_DUE}
      FROM new_rows d
     WHERE d.status = 'recorded'
    ON CONFLICT (dose_id) DO NOTHING;
    RETURN NULL;
"""  # noqa: S608

# A voided dose ends its certificate with it; a corrected one is issued again, and the worker
# supersedes the old certificate in the transaction that writes the new one.
FOLLOW_CHANGED_DOSES = """
    UPDATE certificates_certificate c
       SET status = 'revoked', ended_at = now(), end_reason = 'dose_voided'
      FROM new_rows n JOIN old_rows o ON o.id = n.id
     WHERE c.dose_id = n.id AND c.status = 'live'
       AND n.status = 'voided' AND o.status <> 'voided';
    UPDATE certificates_issuancejob j
       SET state = 'cancelled'
      FROM new_rows n JOIN old_rows o ON o.id = n.id
     WHERE j.dose_id = n.id AND n.status = 'voided' AND o.status <> 'voided';
    UPDATE certificates_issuancejob j
       SET state = 'pending', attempts = 0, last_error = '',
           due_at = GREATEST(j.due_at, now()), next_at = GREATEST(j.due_at, now()),
           deadline_at = GREATEST(j.deadline_at, now() + (j.deadline_at - j.due_at))
      FROM new_rows n JOIN old_rows o ON o.id = n.id
     WHERE j.dose_id = n.id AND n.status = 'recorded'
       AND (n.citizen_id, n.dose_number, n.dose_kind, n.vaccine_id, n.administered_at)
           IS DISTINCT FROM
           (o.citizen_id, o.dose_number, o.dose_kind, o.vaccine_id, o.administered_at);
    RETURN NULL;
"""

FOLLOW_CHANGED_CITIZENS = """
    UPDATE certificates_issuancejob j
       SET state = 'pending', attempts = 0, last_error = '',
           due_at = GREATEST(j.due_at, now()), next_at = GREATEST(j.due_at, now()),
           deadline_at = GREATEST(j.deadline_at, now() + (j.deadline_at - j.due_at))
      FROM vaccination_sites_dose d, new_rows n JOIN old_rows o ON o.id = n.id
     WHERE d.citizen_id = n.id AND j.dose_id = d.id AND d.status = 'recorded'
       AND (n.full_name, n.date_of_birth) IS DISTINCT FROM (o.full_name, o.date_of_birth);
    RETURN NULL;
"""


class QueuedDose(Dose):
    """Doses, as the issuance queue watches them."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="enqueue_new_doses",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),
                func=ENQUEUE_NEW_DOSES,
            ),
            pgtrigger.Trigger(
                name="follow_changed_doses",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
                func=FOLLOW_CHANGED_DOSES,
            ),
        ]


class CertifiedCitizen(Citizen):
    """Citizens, as the issuance queue watches them: a corrected name is certified again."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="follow_changed_citizens",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
                func=FOLLOW_CHANGED_CITIZENS,
            ),
        ]
