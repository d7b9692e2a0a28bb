"""The alarms of the command board: what somebody must act on, and what runs as it should."""

import datetime
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from response_center.selectors import board as figures_of
from vaxplatform import formatting

SMS_LATE = datetime.timedelta(minutes=5)
SILENT_SHOWN = 3


@dataclass(frozen=True)
class Alarm:
    """A line of the alarms: what, since when; kinds bad, warn, ok."""

    title: str
    detail: str
    kind: str
    symbol: str


def alarms_of(
    queue: figures_of.CertificateQueue, sites: figures_of.SitesToday, now: datetime.datetime
) -> list[Alarm]:
    """What somebody must act on, worst first; then what runs as it should."""
    found = [
        *_certificate_alarms(queue),
        _worker_alarm(figures_of.workers(now=now), now),
        _sms_alarm(figures_of.sms_outbox(now=now), now),
        *_silent_alarms(sites),
    ]
    order = {"bad": 0, "warn": 1, "ok": 2}
    return sorted(found, key=lambda alarm: order[alarm.kind])


def _certificate_alarms(queue: figures_of.CertificateQueue) -> list[Alarm]:
    stuck, late, lost = queue.needs_review, queue.past_deadline, queue.without_job
    lines = (
        (
            stuck,
            ngettext("%(count)s certificate is stuck", "%(count)s certificates are stuck", stuck),
            gettext("each has a case at the Ministry's level"),
        ),
        (
            late,
            ngettext("%(count)s certificate is late", "%(count)s certificates are late", late),
            gettext("past the promised time and not issued"),
        ),
        (
            lost,
            ngettext(
                "%(count)s dose is outside the queue", "%(count)s doses are outside the queue", lost
            ),
            gettext("of the last two days"),
        ),
    )
    return [
        Alarm(title % {"count": formatting.number(count)}, detail, "bad", "alert")
        for count, title, detail in lines
        if count
    ]


def _worker_alarm(workers: figures_of.Workers, now: datetime.datetime) -> Alarm:
    if workers.alive:
        title = ngettext("%(count)d worker is awake", "%(count)d workers are awake", workers.alive)
        last = gettext("last sign %(time)s") % {"time": formatting.clock(workers.last_beat_at)}
        return Alarm(title % {"count": workers.alive}, last, "ok", "check")
    if workers.last_beat_at is None:
        return Alarm(
            gettext("No worker has shown life yet"),
            gettext("no certificate is made"),
            "bad",
            "alert",
        )
    since = gettext("since %(time)s") % {"time": formatting.moment(workers.last_beat_at)}
    return Alarm(gettext("No worker shows life"), since, "bad", "alert")


def _sms_alarm(outbox: figures_of.Outbox, now: datetime.datetime) -> Alarm:
    title = ngettext("%(count)s SMS is waiting", "%(count)s SMS are waiting", outbox.waiting) % {
        "count": formatting.number(outbox.waiting)
    }
    if outbox.oldest_at is None:
        return Alarm(gettext("No SMS is waiting"), "", "ok", "check")
    since = gettext("the oldest since %(time)s") % {"time": formatting.clock(outbox.oldest_at)}
    is_late = now - outbox.oldest_at > SMS_LATE
    return Alarm(title, since, "warn" if is_late else "ok", "mail" if is_late else "check")


def _silent_alarms(sites: figures_of.SitesToday) -> list[Alarm]:
    """One line for all silent sites; it names those that are silent longest."""
    count = len(sites.silent)
    if not count:
        return []
    title = ngettext("%(count)s site is silent", "%(count)s sites are silent", count)
    named = [
        f"{site.name} ({formatting.clock(site.last_dose_at)})"
        for site in sites.silent[:SILENT_SHOWN]
    ]
    more = "…" if count > SILENT_SHOWN else ""
    detail = gettext("open session, no dose for an hour; last dose: %(sites)s") % {
        "sites": "; ".join(named) + more
    }
    return [Alarm(title % {"count": formatting.number(count)}, detail, "warn", "clock")]
