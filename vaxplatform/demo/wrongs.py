"""What went wrong in the demo, and who reported it."""

import datetime
from random import Random

from public_portal.services.reports import ReportRow, file_reports
from registration.models import Account, Citizen
from response_center.models import CaseKind
from response_center.services.cases import ask_site, claim_case
from response_center.services.opening import Report, open_case
from sites.models import Site
from vaxplatform.demo import logins

DAYS_ON_PAPER = 21


def report_wrongs(
    *,
    now: datetime.datetime,
    family: dict[str, Citizen],
    site: Site,
    paper_site: Site,
    agent: Account,
) -> None:
    """Cases of every age: one with the site, one claimed, one overdue, one fresh."""
    hour = datetime.timedelta(hours=1)
    day = datetime.timedelta(days=1)
    account = Account.objects.get(phone=logins.PHONE)
    father = family["Nguyễn Văn Lợi"]
    at_site = open_case(
        report=Report(
            kind=CaseKind.NO_CERTIFICATE,
            phone=logins.PHONE,
            citizen=father,
            site=site,
            administered_on=(now - 9 * day).date(),
            dose_number=1,
        ),
        by=account,
        now=now - 20 * hour,
    )
    claim_case(case=at_site, agent=agent, now=now - 19 * hour)
    ask_site(
        case=at_site,
        agent=agent,
        question="Điểm tiêm kiểm tra giúp danh sách giấy ngày này.",
        now=now - 19 * hour,
    )
    reports = [
        (
            60,
            CaseKind.NO_CERTIFICATE,
            "Lò Thị Xôm",
            "1969",
            "Tôi tiêm đã hơn hai tuần.",
        ),
        (30, CaseKind.WRONG_DATA, "Trần Đỗ Quỳnh Như", "1994-11-02", "Ngày sinh bị ghi sai."),
        (5, CaseKind.NOT_MY_DOSE, "Phạm Văn Hòa", "1990-01-15", "Tôi chưa tiêm mũi này."),
        (2, CaseKind.REACTION, "K’Brếu", "1985", "Sốt 38,5 °C từ tối qua, tay sưng đỏ."),
    ]
    for number, (hours, kind, name, born, words) in enumerate(reports):
        opened = open_case(
            report=Report(
                kind=kind,
                phone=f"+8490008{number:04d}",
                full_name=name,
                date_of_birth=born,
                description=words,
                site=paper_site,
                administered_on=(now - 15 * day).date(),
                dose_number=1,
            ),
            now=now - hours * hour,
        )
        if kind == CaseKind.WRONG_DATA:
            claim_case(case=opened, agent=agent, now=now)


def report_from_paper(
    *, site: Site, today: datetime.date, now: datetime.datetime, random: Random
) -> None:
    """The paper site's daily totals: far more than it has entered."""
    rows = []
    for days in range(1, DAYS_ON_PAPER + 1):
        doses = random.randint(90, 240)
        rows.append(
            ReportRow(
                line=days,
                province_code=site.province.code,
                site_code=site.code,
                date=(today - datetime.timedelta(days=days)).isoformat(),
                vaccine="",
                doses=str(doses),
                first_doses=str(doses // 2),
            )
        )
    file_reports(rows=rows, reported_by=None, now=now)
