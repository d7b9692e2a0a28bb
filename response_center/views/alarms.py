"""The alarms of the command board: what somebody must act on, and what runs as it should."""

import datetime
from dataclasses import dataclass

from django.utils.translation import gettext as _t
from django.utils.translation import ngettext

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
        *_silent_alarms(sites, now),
    ]
    order = {"bad": 0, "warn": 1, "ok": 2}
    return sorted(found, key=lambda alarm: order[alarm.kind])


def _certificate_alarms(queue: figures_of.CertificateQueue) -> list[Alarm]:
    stuck, late, lost = queue.needs_review, queue.past_deadline, queue.without_job
    lines = (
        (
            stuck,
            ngettext("%(count)s certificate is stuck", "%(count)s certificates are stuck", stuck),
            _t("each has a case at the Ministry's level"),
        ),
        (
            late,
            ngettext("%(count)s certificate is late", "%(count)s certificates are late", late),
            _t("past the promised time and not issued"),
        ),
        (
            lost,
            ngettext(
                "%(count)s dose is outside the queue", "%(count)s doses are outside the queue", lost
            ),
            _t("of the last two days"),
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
        last = _t("last sign %(time)s") % {"time": formatting.clock(workers.last_beat_at)}
        return Alarm(title % {"count": workers.alive}, last, "ok", "check")
    if workers.last_beat_at is None:
        return Alarm(
            _t("No worker has shown life yet"), _t("no certificate is made"), "bad", "alert"
        )
    since = _t("since %(time)s") % {"time": formatting.moment(workers.last_beat_at)}
    return Alarm(_t("No worker shows life"), since, "bad", "alert")


def _sms_alarm(outbox: figures_of.Outbox, now: datetime.datetime) -> Alarm:
    title = ngettext("%(count)s SMS is waiting", "%(count)s SMS are waiting", outbox.waiting) % {
        "count": formatting.number(outbox.waiting)
    }
    if outbox.oldest_at is None:
        return Alarm(_t("No SMS is waiting"), "", "ok", "check")
    since = _t("the oldest since %(time)s") % {"time": formatting.clock(outbox.oldest_at)}
    is_late = now - outbox.oldest_at > SMS_LATE
    return Alarm(title, since, "warn" if is_late else "ok", "mail" if is_late else "check")


def _silent_alarms(sites: figures_of.SitesToday, now: datetime.datetime) -> list[Alarm]:
    lines = [
        Alarm(
            _t("%(site)s is silent") % {"site": site.name},
            f"{site.province} · "
            + (
                _t("last dose %(time)s") % {"time": formatting.clock(site.last_dose_at)}
                if site.last_dose_at
                else _t("no dose yet today")
            ),
            "warn",
            "clock",
        )
        for site in sites.silent[:SILENT_SHOWN]
    ]
    more = len(sites.silent) - len(lines)
    if more > 0:
        title = ngettext("%(count)d more site is silent", "%(count)d more sites are silent", more)
        lines.append(
            Alarm(title % {"count": more}, _t("open session, no dose for an hour"), "warn", "clock")
        )
    return lines
