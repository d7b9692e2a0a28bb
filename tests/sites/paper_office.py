"""A site that sends sheets of doses from paper, for the tests of the pages of the import."""

import datetime
import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import Workbook

from registration.models import Citizen
from registration.services.citizens import Paper
from sites.models import DoseImport, ImportedRow, Role
from sites.services import import_queue, imports
from tests.dirty_sheets import HEADINGS
from tests.factories import make_citizen, make_lot, make_site, make_staff

LOT = "ABW001"


def cells(**over: Any) -> list[Any]:
    """A good row of the long form; `over` by the names below."""
    values = {
        "name": "Nguyễn Thị Ánh", "birth": "12/03/1987", "sex": "Nữ", "phone": "0912345678",
        "kind": "CCCD", "number": "079187012345", "bhyt": None, "province": "79", "ward": None,
        "address": "12 Lê Lợi", "group": "09", "dose": 1, "vaccine": "AstraZeneca", "lot": LOT,
        "day": datetime.date(2021, 8, 14), "clock": "08:30", "by": "Lê Thị Mai", "notes": None,
    }  # fmt: skip
    assert set(over) <= set(values)
    return list({**values, **over}.values())


def sheet(*rows: list[Any], headings: tuple[str, ...] = HEADINGS) -> bytes:
    book = Workbook()
    page = book.active
    page.append(headings)
    for row in rows:
        page.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


class PaperOffice:
    """A site with a lot, somebody who types and a manager."""

    def __init__(self, *, doses: int = 10_000) -> None:
        self.site = make_site()
        self.lot = make_lot(site=self.site, number=LOT, doses=doses)
        self.nurse = make_staff(site=self.site)
        self.manager = make_staff(role=Role.SITE_MANAGER, site=self.site)

    def send(self, content: bytes, name: str = "buoi-tiem.xlsx", **over: Any) -> DoseImport:
        return import_queue.send_file(
            site=self.site, content=content, file_name=name, by=self.nurse, **over
        )

    def record(self, content: bytes, **over: Any) -> DoseImport:
        """Send a file, say yes, and let a worker do it."""
        batch = self.send(content, **over)
        imports.begin(batch=batch, now=timezone.now())
        work()
        batch.refresh_from_db()
        return batch

    def alike(self, **over: Any) -> Citizen:
        """Somebody on record like the person of a row without a number: the day of birth differs
        where `over` does not say else."""
        values = {
            "full_name": "Nguyễn Thị Ánh",
            "date_of_birth": "1987-03-12",
            "phone": "",
            "papers": (),
        }
        return make_citizen(**{**values, **over})

    def held_row(self) -> ImportedRow:
        """A row without a number, whose name and birth are those of somebody on record."""
        self.alike()
        batch = self.record(sheet(cells(kind=None, number=None, phone=None)))
        return batch.rows.get()

    def wrong_number_row(self) -> ImportedRow:
        """A row whose number is on record for somebody of another name."""
        make_citizen(
            full_name="Trần Văn Khác",
            date_of_birth="1950-01-01",
            papers=(Paper("cccd", "079187012345"),),
        )
        return self.record(sheet(cells(phone=None))).rows.get()


def work() -> None:
    """What the worker's chore does."""
    import_queue.work_on_files(timezone.now())


def upload(content: bytes, name: str = "buoi-tiem.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)
