"""The promise as SQL: one reading of a dose's wait, for the home page, the board and the officials.

The wait is counted from the injection; that of a dose entered more than 30 minutes after it (a
late entry), from 30 minutes before its entry. So for every dose the certificate comes in time
when it comes 30 to 60 minutes after `counted_from`: the same moments as `vaxplatform.promise`
computes. They are computed from the dose and not read from its job, whose window moves when the
dose is certified again. Only the first certificate of a dose counts.
"""

from typing import Any

from django.conf import settings

DELAY = "make_interval(secs => %(delay)s)"
DEADLINE = "make_interval(secs => %(deadline)s)"

# Where the first certificate came outside of its window and the dose went into the queue again
# later, the time of the injection may have been corrected since: what counts is the time that
# stood when the certificate was issued. Read for those few doses only.
_GIVEN_AT = f"""
    CASE WHEN (c.issued_at > p.counted_from + {DEADLINE} OR c.issued_at < p.counted_from + {DELAY})
          AND EXISTS (SELECT FROM certificates_issuancejob j WHERE j.dose_id = d.id
                         AND j.due_at IS DISTINCT FROM p.counted_from + {DELAY})
         THEN (SELECT e.administered_at FROM vaccination_sites_doseevent e
                WHERE e.pgh_obj_id = d.id AND e.pgh_created_at <= c.issued_at
                ORDER BY e.pgh_id DESC LIMIT 1)
     END
"""  # noqa: S608

# Doses on record that were entered from %(start)s until before %(end)s. Parameters besides: those
# of `window_parameters`, and `province` and `site`, ids or None.
PROMISED_DOSES = f"""
    SELECT d.id, d.source, d.site_id, s.province_id, d.recorded_at,
           g.administered_at, g.counted_from, c.issued_at,
           g.counted_from > g.administered_at AS is_late_entry,
           g.counted_from + {DEADLINE} <= %(now)s AS is_over,
           COALESCE(c.issued_at < g.counted_from + {DELAY}, false) AS is_early,
           COALESCE(c.issued_at BETWEEN g.counted_from + {DELAY}
                                    AND g.counted_from + {DEADLINE}, false) AS is_in_time
      FROM vaccination_sites_dose d
      JOIN vaccination_sites_site s ON s.id = d.site_id
      CROSS JOIN LATERAL (
          SELECT GREATEST(d.administered_at, d.recorded_at - {DELAY}) AS counted_from) p
      LEFT JOIN LATERAL (SELECT min(issued_at) AS issued_at FROM certificates_certificate
                          WHERE dose_id = d.id) c ON true
      CROSS JOIN LATERAL (
          SELECT COALESCE({_GIVEN_AT}, d.administered_at) AS administered_at OFFSET 0) a
      CROSS JOIN LATERAL (
          SELECT a.administered_at,
                 GREATEST(a.administered_at, d.recorded_at - {DELAY}) AS counted_from) g
     WHERE d.recorded_at >= %(start)s AND d.recorded_at < %(end)s AND d.status = 'recorded'
       AND (%(province)s IS NULL OR s.province_id = %(province)s)
       AND (%(site)s IS NULL OR d.site_id = %(site)s)
"""  # noqa: S608

# The same with `bin`: the number of the dose's wait among those that begin at the minutes of
# %(bounds)s, from 1. OFFSET 0 again, so that each figure is computed once a dose.
BINNED_DOSES = f"""
    SELECT promised.*,
           GREATEST(1, width_bucket(COALESCE(EXTRACT(EPOCH FROM issued_at - counted_from) / 60,
                                             'Infinity')::float8, %(bounds)s::float8[])) AS bin
      FROM ({PROMISED_DOSES}) promised OFFSET 0
"""  # noqa: S608


def window_parameters() -> dict[str, Any]:
    """The promised window in seconds, as the SQL takes it."""
    return {
        "delay": settings.CERTIFICATE_DELAY_SECONDS,
        "deadline": settings.CERTIFICATE_DEADLINE_SECONDS,
    }
