"""Reports of every kind and state, worked on by the demo's people with the desk's own services."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from registration.models import Account, Citizen, DoseKind
from registration.services.citizens import CitizenDetails
from response_center.models import Case, CaseCause, CaseKind, CaseLevel, RejectionReason
from response_center.services.bulk import answer_many
from response_center.services.cases import (
    answer_case,
    ask_site,
    claim_case,
    escalate,
    hand_over,
    inform_citizen,
    note_case,
    reject_case,
    resolve_case,
)
from response_center.services.corrections import propose_correction
from response_center.services.merging import merge_cases
from response_center.services.missing_dose import PaperDose, confirm_dose
from response_center.services.objections import object_to
from response_center.services.opening import Report, open_case
from sites.models import Dose, DoseStatus, Lot, Site

HOUR = datetime.timedelta(hours=1)
FIRST_PHONE = 70_000  # after those of report_wrongs


@dataclass
class Desk:
    """One run: `open_all` adds the cases, the oldest steps first."""

    now: datetime.datetime
    staff: Mapping[str, Account]
    site: Site
    paper_site: Site

    def __post_init__(self) -> None:
        self.numbers = count(FIRST_PHONE)
        self.agent, self.colleague = self.staff["dapung"], self.staff["dapung2"]

    def open_all(self) -> None:
        self._waiting()
        self._going_up()
        self._at_work()
        self._being_mended()
        self._ended()
        self._backlog()

    def _open(
        self, kind: str, name: str, born: str, words: str, *, hours: float, **over: object
    ) -> Case:
        values: dict[str, object] = {
            "kind": kind,
            "phone": f"+8490{next(self.numbers):07d}",
            "full_name": name,
            "date_of_birth": born,
            "description": words,
            "site": self.site,
            "administered_on": (self.now - 12 * 24 * HOUR).date(),
            "dose_number": 1,
        }
        values["is_serious"] = "khó thở" in words
        report = Report(**{**values, **over})  # type: ignore[arg-type]
        return open_case(report=report, now=self.now - hours * HOUR)

    def _held(self, case: Case, *, hours: float, by: Account | None = None) -> Case:
        return claim_case(case=case, agent=by or self.agent, now=self.now - hours * HOUR)

    def _waiting(self) -> None:
        self._open(
            "reaction", "Hoàng Thị Nga", "1961", "Mẹ tôi khó thở, nổi mẩn khắp người.", hours=0.2
        )
        self._open("no_certificate", "Giàng A Páo", "1936", "Ông tôi cần giấy để đi khám.", hours=7)
        self._open(
            "question",
            "Lâm Sóc Kha",
            "1992",
            "Tôi đổi căn cước, có phải khai lại không?",
            hours=3,
            site=None,
            administered_on=None,
            dose_number=None,
        )
        self._open(
            "complaint",
            "Bùi Thị Hạnh",
            "1988",
            "Người già phải đứng chờ dưới nắng.",
            hours=10,
            administered_on=None,
            dose_number=None,
        )
        self._open(
            "wrong_data",
            "Nguyễn Thị Anh Tuyet",
            "1978-03-12",
            "Tên tôi là Nguyễn Thị Ánh Tuyết, sinh năm 1987.",
            hours=21,
        )

    def _going_up(self) -> None:
        """One with each level above the site."""
        levels = (CaseLevel.DISTRICT, CaseLevel.PROVINCE, CaseLevel.MINISTRY)
        names = ("Vi Văn Thắng", "Đặng Thị Bích", "Mạc Văn Tuấn")
        for level, name in zip(levels, names, strict=True):
            case = self._open(
                "no_certificate", name, "1975", "Tôi hỏi mãi chưa ai trả lời.", hours=30
            )
            for step in range(len(levels)):
                if case.level == level:
                    break
                self._held(case, hours=20 - step)
                reason = "Điểm tiêm không nghe máy."
                moment = self.now - (20 - step) * HOUR
                escalate(case=case, agent=self.agent, reason=reason, now=moment)

    def _at_work(self) -> None:
        asked = self._open("no_certificate", "Đinh Thị Lụa", "1954", "", hours=26, dose_number=2)
        self._held(asked, hours=22)
        ask_site(
            case=asked,
            agent=self.agent,
            question="Nhờ tìm trong danh sách giấy.",
            now=self.now - 22 * HOUR,
        )
        answered = self._open("not_my_dose", "Y Blơ Niê", "1983", "Hôm đó tôi ở quê.", hours=40)
        self._held(answered, hours=30)
        ask_site(
            case=answered, agent=self.agent, question="Phiếu ghi tên ai?", now=self.now - 30 * HOUR
        )
        answer_case(
            case=answered,
            by=self.staff["truongdiem"],
            answer="Có thể nhập nhầm người trùng tên.",
            now=self.now - 6 * HOUR,
        )
        handed = self._open("wrong_data", "Hà Thị Ngân", "1999-10-02", "Sai ngày sinh.", hours=45)
        self._held(handed, hours=0.2)
        inform_citizen(
            case=handed,
            agent=self.agent,
            words="Nhờ bạn gửi ảnh căn cước.",
            now=self.now - 0.15 * HOUR,
        )
        note_case(
            case=handed,
            by=self.agent,
            words="Đã gọi, người nhà nghe máy, hẹn chiều gửi ảnh.",
            now=self.now - 0.15 * HOUR,
        )
        hand_over(
            case=handed,
            agent=self.agent,
            to=self.colleague,
            note="Chờ ảnh rồi sửa giúp mình.",
            now=self.now - 0.1 * HOUR,
        )

    def _being_mended(self) -> None:
        """One dose found in the paper, one correction that a second person has to decide."""
        found = self._open("no_certificate", "Tô Thị Mận", "1958", "Tôi giữ phiếu.", hours=18)
        self._held(found, hours=16)
        ask_site(
            case=found, agent=self.agent, question="Có trong sổ không?", now=self.now - 16 * HOUR
        )
        lot = Lot.objects.filter(site=self.site, expires_on__gt=self.now.date()).earliest("pk")
        paper = PaperDose(
            lot=lot,
            administered_at=self.now - 12 * 24 * HOUR,
            dose_number=1,
            dose_kind=DoseKind.PRIMARY,
            vaccinator="Ngô Thị Hạnh",
            person=CitizenDetails(
                full_name="Tô Thị Mận",
                date_of_birth="1958",
                sex="female",
                province_id=self.site.province_id,
                phone=found.phone,
            ),
        )
        moment = self.now - HOUR / 4
        confirm_dose(case=found, by=self.staff["truongdiem"], paper=paper, now=moment)
        person = Dose.objects.filter(site=self.site, status=DoseStatus.RECORDED).earliest("pk")
        self._wrong_year(person.citizen)

    def _wrong_year(self, citizen: Citizen) -> None:
        """A year of birth: asked for, checked by the agent, not yet decided."""
        year, dash, rest = citizen.date_of_birth.partition("-")
        right = f"{int(year) - 4}{dash}{rest}"
        case = self._open(
            "wrong_data",
            citizen.full_name,
            citizen.date_of_birth,
            "Năm sinh trên giấy sai.",
            hours=11,
            citizen=citizen,
            corrections=(("date_of_birth", right),),
        )
        self._held(case, hours=2)
        propose_correction(
            case=case,
            lines={"date_of_birth": right},
            grounds="Ảnh căn cước người dân gửi qua điểm tiêm.",
            by=self.agent,
            now=self.now - 2 * HOUR,
        )

    def _ended(self) -> None:
        twice = [
            self._open(
                "no_certificate",
                "Trịnh Công Sự",
                "1969",
                words,
                hours=hours,
                phone="+84900079999",
                dose_number=number,
            )
            for number, words, hours in ((1, "Chưa có mũi 1.", 9), (2, "Chưa có cả mũi 2.", 8))
        ]
        self._held(twice[1], hours=4)
        merge_cases(cases=[twice[0]], into=twice[1], by=self.agent, now=self.now - 4 * HOUR)
        done = self._open("wrong_data", "Đào Thị Hồng", "1990", "Sai số lô.", hours=70)
        self._held(done, hours=50)
        resolve_case(
            case=done,
            agent=self.agent,
            answer="Chúng tôi đã sửa số lô.",
            cause=CaseCause.TYPING_ERROR,
            now=self.now - 50 * HOUR,
        )
        refused = self._open("no_certificate", "Cao Văn Lực", "1981", "Mất phiếu.", hours=60)
        self._held(refused, hours=40)
        reject_case(
            case=refused,
            by=self.agent,
            reason=RejectionReason.EVIDENCE_UNREADABLE,
            words="Nhờ bạn chụp lại phiếu cho rõ.",
            now=self.now - 40 * HOUR,
        )
        unheard = self._open("no_certificate", "Ninh Văn Bảy", "1947", "Tiêm ở chợ.", hours=64)
        self._held(unheard, hours=52)
        reject_case(
            case=unheard,
            by=self.agent,
            reason=RejectionReason.NO_SUCH_DOSE,
            words="Điểm tiêm không tìm thấy mũi này.",
            now=self.now - 52 * HOUR,
        )
        words = "Tôi có phiếu đóng dấu, xin xem lại."
        object_to(case=unheard, words=words, now=self.now - 5 * HOUR)

    def _backlog(self) -> None:
        """What one cause explains: some answered together, some still waiting for it."""
        names = ("Lê Văn An", "Phùng Thị Bé", "Sùng A Chu", "Quách Thị Dung", "Kim Văn Em")
        for place, name in enumerate(names):
            self._open("no_certificate", name, "1970", "", hours=28 - place, site=self.paper_site)
        old = Case.objects.filter(
            kind=CaseKind.NO_CERTIFICATE, site=self.paper_site, opened_at__lte=self.now - 25 * HOUR
        )
        answer_many(
            cases=old,
            cause=CaseCause.SITE_BACKLOG,
            text_vi="{site} đang nhập dần mũi tiêm từ giấy. Bạn chỉ cần chờ.",
            text_en="{site} is entering its paper. You only need to wait.",
            closes=False,
            by=self.agent,
            now=self.now - 2 * HOUR,
        )
