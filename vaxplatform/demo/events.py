"""Adverse events of the demo: a plain one, and a serious one that nobody has sent on in time."""

import datetime

from registration.models import Account
from sites.models import AefiReport, Dose, DoseStatus, Seriousness, Site
from sites.services.aefi import report_aefi

HOUR = datetime.timedelta(hours=1)


def report_events(*, site: Site, by: Account, now: datetime.datetime) -> list[AefiReport]:
    """At `site`: of doses on record there; fewer where it has none of that age."""
    doses = Dose.objects.filter(site=site, status=DoseStatus.RECORDED).order_by("-administered_at")
    seated = doses.filter(visit__isnull=False).first()
    older = doses.filter(administered_at__lt=now - 48 * HOUR).first()
    reports = []
    if seated:
        reports.append(
            report_aefi(
                dose=seated,
                onset_at=max(seated.administered_at, now - HOUR / 12),
                symptoms=["faint", "headache"],
                treatment="Cho nằm nghỉ, uống nước",
                by=by,
                now=now,
            )
        )
    if older:
        reports.append(
            report_aefi(
                dose=older,
                onset_at=max(older.administered_at, now - 54 * HOUR),
                symptoms=["fever", "tight_chest", "fast_heart"],
                seriousness=Seriousness.HOSPITALISED,
                description="Đau ngực tăng khi nằm, người nhà đưa đi khám.",
                treatment="Đo điện tim, thở oxy",
                referred_to="Bệnh viện Bạch Mai",
                by=by,
                now=now - 30 * HOUR,
            )
        )
    return reports
