"""The alarms of the command board: what somebody must act on, and what runs as it should."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext, ngettext

from response_center.models import AlarmAcknowledgement
from response_center.selectors import board as figures_of
from response_center.selectors.board_alarms import in_hand
from response_center.selectors.board_stock import (
    PlaceStock,
    SignIns,
    events_to_send_on,
    signals,
)
from vaxplatform import formatting
from vaxplatform.alarms import raised_alarms

SMS_LATE = datetime.timedelta(minutes=5)
NAMED = 3
SHORT_DAYS = 2


@dataclass(frozen=True)
class Alarm:
    """A line of the alarms: what, since when; kinds bad, warn, seen, ok.

    `key` names it from one minute to the next, `size` is what it counts, `url` its list.
    """

    title: str
    detail: str
    kind: str
    symbol: str
    key: str = ""
    size: int = 0
    url: str = ""
    seen: AlarmAcknowledgement | None = None

    @property
    def is_open(self) -> bool:
        return self.kind in ("bad", "warn")


def alarms_of(
    queue: figures_of.CertificateQueue,
    sites: figures_of.SitesToday,
    signing_in: SignIns,
    stock: Sequence[PlaceStock],
    *,
    links: Mapping[str, str],
    now: datetime.datetime,
    province_id: int | None = None,
) -> list[Alarm]:
    """What somebody must act on, worst first; what is in hand; then what runs as it should.
    `links`: the list behind an alarm, by what stands before the colon in its key."""
    found = [
        *_certificate_alarms(queue),
        *_event_alarms(events_to_send_on(now=now, province_id=province_id)),
        *_lot_alarms(now),
        _worker_alarm(figures_of.workers(now=now), now),
        _sms_alarm(figures_of.sms_outbox(now=now), now),
        *_code_alarms(signing_in),
        *_stock_alarms([place for place in stock if place.days < SHORT_DAYS]),
        *_silent_alarms(sites),
        *([] if province_id else _registered_alarms(now)),
    ]
    found = [replace(each, url=links.get(each.key.partition(":")[0], "")) for each in found]
    seen = in_hand(now=now, province_id=province_id)
    order = {"bad": 0, "warn": 1, "seen": 2, "ok": 3}
    return sorted((_marked(alarm, seen) for alarm in found), key=lambda alarm: order[alarm.kind])


def _marked(alarm: Alarm, seen: dict[str, AlarmAcknowledgement]) -> Alarm:
    """An alarm that grew since somebody took note of it is open again."""
    note = seen.get(alarm.key)
    if note is None or not alarm.is_open or alarm.size > note.size:
        return alarm
    return replace(alarm, kind="seen", symbol="user", seen=note)


def _event_alarms(late: int) -> list[Alarm]:
    if not late:
        return []
    title = ngettext(
        "%(count)s serious event was not sent on in time",
        "%(count)s serious events were not sent on in time",
        late,
    )
    return [
        Alarm(
            title % {"count": formatting.number(late)},
            gettext("due within 24 hours of its notice"),
            "bad",
            "alert",
            "aefi_overdue",
            late,
        )
    ]


def _lot_alarms(now: datetime.datetime) -> list[Alarm]:
    """Of the whole country on every board: a lot lies in many provinces."""
    detail = gettext("%(reports)s events reported of %(doses)s doses: more than of its other lots")
    return [
        Alarm(
            gettext("%(vaccine)s, lot %(lot)s stands out")
            % {"vaccine": lot.vaccine, "lot": lot.lot_number},
            detail
            % {
                "reports": formatting.number(lot.reports),
                "doses": formatting.number(lot.doses),
            },
            "bad",
            "alert",
            f"lot_signal:{lot.vaccine}:{lot.lot_number}"[:80],
            lot.reports,
        )
        for lot in signals(now=now)
    ]


def _code_alarms(signing_in: SignIns) -> list[Alarm]:
    failed = signing_in.failed_codes
    if not failed:
        return []
    title = ngettext(
        "%(count)s code could not be sent", "%(count)s codes could not be sent", failed
    )
    detail = gettext("of %(count)s in the last hour") % {
        "count": formatting.number(signing_in.codes)
    }
    title = title % {"count": formatting.number(failed)}
    return [Alarm(title, detail, "warn", "mail", "codes", failed)]


def _stock_alarms(short: Sequence[PlaceStock]) -> list[Alarm]:
    if not short:
        return []
    title = ngettext(
        "Vaccine runs out within two days in %(count)s place",
        "Vaccine runs out within two days in %(count)s places",
        len(short),
    ) % {"count": formatting.number(len(short))}
    named = [f"{place.name} ({formatting.number(place.days, 1)})" for place in short[:NAMED]]
    detail = gettext("days left: %(places)s") % {"places": _cut(named, len(short))}
    return [Alarm(title, detail, "warn", "box", "stock", len(short))]


def _cut(named: Sequence[str], count: int) -> str:
    return "; ".join(named) + ("…" if count > NAMED else "")


def _certificate_alarms(queue: figures_of.CertificateQueue) -> list[Alarm]:
    stuck, late, lost = queue.needs_review, queue.past_deadline, queue.without_job
    lines = (
        (
            "stuck",
            stuck,
            ngettext("%(count)s certificate is stuck", "%(count)s certificates are stuck", stuck),
            gettext("each has a case at the Ministry's level"),
        ),
        (
            "late",
            late,
            ngettext("%(count)s certificate is late", "%(count)s certificates are late", late),
            gettext("past the promised time and not issued"),
        ),
        (
            "outside_queue",
            lost,
            ngettext(
                "%(count)s dose is outside the queue", "%(count)s doses are outside the queue", lost
            ),
            gettext("of the last two days"),
        ),
    )
    return [
        Alarm(title % {"count": formatting.number(count)}, detail, "bad", "alert", key, count)
        for key, count, title, detail in lines
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
            "workers",
        )
    since = gettext("since %(time)s") % {"time": formatting.moment(workers.last_beat_at)}
    return Alarm(gettext("No worker shows life"), since, "bad", "alert", "workers")


def _sms_alarm(outbox: figures_of.Outbox, now: datetime.datetime) -> Alarm:
    title = ngettext("%(count)s SMS is waiting", "%(count)s SMS are waiting", outbox.waiting) % {
        "count": formatting.number(outbox.waiting)
    }
    if outbox.oldest_at is None:
        return Alarm(gettext("No SMS is waiting"), "", "ok", "check")
    since = gettext("the oldest since %(time)s") % {"time": formatting.clock(outbox.oldest_at)}
    is_late = now - outbox.oldest_at > SMS_LATE
    kind, symbol = ("warn", "mail") if is_late else ("ok", "check")
    return Alarm(title, since, kind, symbol, "sms", outbox.waiting)


def _registered_alarms(now: datetime.datetime) -> list[Alarm]:
    """What other apps raise (vaxplatform.alarms); it is of the country."""
    return [
        Alarm(each.title, each.detail, "bad" if each.is_bad else "warn", "alert", key, each.size)
        for key, each in raised_alarms(now).items()
    ]


def _silent_alarms(sites: figures_of.SitesToday) -> list[Alarm]:
    """One line for all silent sites; it names those that are silent longest."""
    count = len(sites.silent)
    if not count:
        return []
    title = ngettext("%(count)s site is silent", "%(count)s sites are silent", count)
    named = [
        f"{site.name} ({formatting.clock(site.last_dose_at)})" for site in sites.silent[:NAMED]
    ]
    detail = gettext("open session, no dose for an hour; last dose: %(sites)s") % {
        "sites": _cut(named, count)
    }
    title = title % {"count": formatting.number(count)}
    return [Alarm(title, detail, "warn", "clock", "silent_sites", count)]
