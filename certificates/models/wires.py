"""The wires from doses and citizens to the issuance queue: statement-level triggers.

They live on proxy models so that this app's migrations own them and `sites` knows nothing of its
consumers. Because PostgreSQL runs them, admin forms, bulk imports, COPY and raw SQL all enqueue.
"""

from registration.models import Citizen
from sites.models import Dose
from vaxplatform.wires import after_insert, after_update

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

# Back into the queue: what was certified is no longer what the records say. A worker supersedes
# the old certificate in the transaction that writes the new one. A cancelled job stays so: its
# certificate was revoked, and only a person decides that there will be another.
# The window counts from the correction on; the dose of the job stands under the name `d`. What was
# not issued yet stays owed for the same cause: there is nothing to replace.
_AGAIN = f"""
    UPDATE certificates_issuancejob j
       SET state = 'pending', attempts = 0, last_error = '',
           cause = CASE WHEN j.state <> 'issued' AND j.cause IN ('first', 'asked')
                        THEN j.cause ELSE 'corrected' END,
           due_at = GREATEST({_DUE}, now()), next_at = GREATEST({_DUE}, now()),
           deadline_at = GREATEST(
               {_DEADLINE_AT}, now() + {_INTERVAL.format(f"({_DEADLINE} - {_DELAY})")})
"""  # noqa: S608

# A voided dose ends its certificate with it. The job comes first: a worker holds it while it
# issues, so that the certificate written meanwhile is seen by the second statement. The last
# statement is for boosters, which say how long the series before them was.
FOLLOW_CHANGED_DOSES = f"""
    UPDATE certificates_issuancejob j
       SET state = 'cancelled', last_error = 'dose_voided'
      FROM new_rows n JOIN old_rows o ON o.id = n.id
     WHERE j.dose_id = n.id AND n.status = 'voided' AND o.status <> 'voided';
    UPDATE certificates_certificate c
       SET status = 'revoked', ended_at = now(), end_reason = 'dose_voided'
      FROM new_rows n JOIN old_rows o ON o.id = n.id
     WHERE c.dose_id = n.id
       AND (c.status = 'live' OR c.status = 'superseded' AND c.end_reason = 'renewed')
       AND n.status = 'voided' AND o.status <> 'voided';
    {_AGAIN}
      FROM new_rows d JOIN old_rows o ON o.id = d.id
     WHERE j.dose_id = d.id AND d.status = 'recorded' AND j.state <> 'cancelled'
       AND (d.citizen_id, d.dose_number, d.dose_kind, d.vaccine_id, d.administered_at)
           IS DISTINCT FROM
           (o.citizen_id, o.dose_number, o.dose_kind, o.vaccine_id, o.administered_at);
    {_AGAIN}
      FROM new_rows n JOIN old_rows o ON o.id = n.id
      JOIN vaccination_sites_dose d ON d.citizen_id IN (n.citizen_id, o.citizen_id)
     WHERE d.id <> n.id AND d.status = 'recorded' AND d.dose_kind <> 'primary'
       AND j.dose_id = d.id AND j.state <> 'cancelled'
       AND 'primary' IN (n.dose_kind, o.dose_kind)
       AND (n.citizen_id, n.dose_number, n.dose_kind, n.vaccine_id, n.status)
           IS DISTINCT FROM
           (o.citizen_id, o.dose_number, o.dose_kind, o.vaccine_id, o.status);
    RETURN NULL;
"""  # noqa: S608

FOLLOW_CHANGED_CITIZENS = f"""
    {_AGAIN}
      FROM vaccination_sites_dose d, new_rows n JOIN old_rows o ON o.id = n.id
     WHERE d.citizen_id = n.id AND j.dose_id = d.id AND d.status = 'recorded'
       AND j.state <> 'cancelled'
       AND (n.full_name, n.date_of_birth) IS DISTINCT FROM (o.full_name, o.date_of_birth);
    RETURN NULL;
"""  # noqa: S608


class QueuedDose(Dose):
    """Doses, as the issuance queue watches them."""

    class Meta:
        proxy = True
        triggers = [
            after_insert("enqueue_new_doses", ENQUEUE_NEW_DOSES),
            after_update("follow_changed_doses", FOLLOW_CHANGED_DOSES),
        ]


class CertifiedCitizen(Citizen):
    """Citizens, as the issuance queue watches them: a corrected name is certified again."""

    class Meta:
        proxy = True
        triggers = [
            after_update("follow_changed_citizens", FOLLOW_CHANGED_CITIZENS),
        ]
