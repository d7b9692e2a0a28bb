"""docs/integration/client.py against our running server: a dirty file, killed midway, run again."""

import csv
import datetime
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from certificates.services.changes import forget_old_changes
from certificates.services.issuance import drain_due
from certificates.services.revocation import revoke_certificate
from registration.models import Citizen
from sites.models import Dose, Lot
from sites.services.access import create_api_client
from tests.factories import make_lot, make_site

pytestmark = pytest.mark.django_db(transaction=True)

CLIENT = Path(settings.BASE_DIR) / "docs" / "integration" / "client.py"
COLUMNS = (
    *("full_name", "date_of_birth", "sex", "phone", "id_type", "id_number", "province_code"),
    *("dose_number", "dose_kind", "vaccine", "lot_number", "administered_at", "vaccinator"),
    "source",
)
ROWS = 1_200
VIETNAM = datetime.timezone(datetime.timedelta(hours=7))


class Hospital:
    """A folder with a file of doses, a site with its lots and a token."""

    def __init__(self, folder: Path, server: str) -> None:
        self.file, self.server = folder / "doses.csv", server
        self.site = make_site()
        self.lot = make_lot(site=self.site, doses=10_000)
        self.expired = make_lot(site=self.site, expires_on=datetime.date(2021, 6, 1))
        _client, self.token = create_api_client(name="HIS", site=self.site)

    def row(self, n: int, **over: object) -> dict[str, object]:
        given_at = datetime.datetime(2021, 8, 2, 8, tzinfo=VIETNAM) + datetime.timedelta(
            minutes=n % 500
        )
        return {
            "full_name": "Nguyễn Thị Ánh Tuyết",
            "date_of_birth": "1987-03-12",
            "sex": "female",
            "phone": f"09{n:08d}",
            "id_type": "cccd",
            "id_number": f"079187{n:06d}",
            "province_code": "79",
            "dose_number": 1,
            "dose_kind": "primary",
            "vaccine": self.lot.vaccine.code,
            "lot_number": self.lot.number,
            "administered_at": f"{given_at:%d/%m/%Y %H:%M}",
            "vaccinator": "Lê Thị Mẫu",
            "source": "paper",
            **over,
        }

    def write(self, rows: list[dict[str, object]]) -> None:
        with self.file.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for n, row in enumerate(rows):
                writer.writerow(row)
                if n % 40 == 0:
                    file.write("\r\n" + "," * (len(COLUMNS) - 1) + "\r\n")

    def start(self, *options: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(CLIENT), str(self.file), "--server", self.server, *options]
        environment = {"VAX_TOKEN": self.token, "PATH": os.environ["PATH"]}
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def run(self, *options: str) -> dict[str, int]:
        process = self.start(*options)
        out, _err = process.communicate(timeout=120)
        assert process.returncode == 0
        return json.loads(out)

    def kept(self, query: str) -> list[tuple]:
        with sqlite3.connect(f"{self.file}.sqlite3") as store:
            return store.execute(query).fetchall()


@pytest.fixture
def hospital(tmp_path, live_server, signing_keys):
    return Hospital(tmp_path, live_server.url)


def dirty(hospital: Hospital) -> tuple[list[dict[str, object]], Counter[str]]:
    """Rows, and what must become of them. Every tenth row has a fault, each kind in its turn."""
    kinds = (
        ("lot_unknown", {"lot_number": "KHONG-CO"}),
        ("lot_expired", {"lot_number": hospital.expired.number}),
        ("vaccine_unknown", {"vaccine": "EU/0/00/0000"}),
        ("dose_in_future", {"administered_at": "01/01/2099 08:00"}),
        ("dose_too_old", {"administered_at": "01/01/2021 08:00"}),
        ("invalid", {"date_of_birth": "31/02/1987"}),
        ("invalid", {"dose_number": "hai"}),
        ("invalid", {"id_number": "12"}),
        ("invalid", {"administered_at": "2021-08-02 08:00"}),
        ("recorded", {"full_name": unicodedata.normalize("NFD", "  Nguyễn  Thị Ánh Tuyết ")}),
        ("recorded", {"id_type": "none", "id_number": ""}),
        ("recorded", {"administered_at": "2021-08-02T01:00:00Z"}),
    )
    rows, expected = [], Counter()
    for n in range(ROWS):
        status, over = kinds[n // 10 % len(kinds)] if n % 10 == 0 else ("recorded", {})
        rows.append(hospital.row(n, **over))
        expected[status] += 1
    rows += [hospital.row(1), hospital.row(2)]  # twice in the file: the same key, so one row
    rows.append(hospital.row(3, vaccinator="Trần Văn Khác"))  # the same dose, said differently
    expected["dose_number_taken"] += 1
    return rows, expected


def test_killed_midway_and_run_again_every_row_has_one_answer(hospital):
    rows, expected = dirty(hospital)
    hospital.write(rows)
    process = hospital.start("--set", "50")
    until = time.monotonic() + 60
    while Dose.objects.count() < 150 and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    kept = len(hospital.kept("SELECT key FROM row"))
    assert 0 < kept < ROWS, "it was killed midway"

    counts = hospital.run("--set", "50")
    counts["recorded"] += counts.pop("duplicate", 0)  # sent before, answered after
    without = counts.pop("without certificate")
    assert counts == expected
    assert without == expected["recorded"]
    assert Dose.objects.count() == Citizen.objects.count() == expected["recorded"]
    assert Lot.objects.get(pk=hospital.lot.pk).doses_used == expected["recorded"]
    check_rows_to_mend(hospital, expected)

    assert drain_due() == expected["recorded"], "late entries are due at once"
    again = hospital.run("--wait", "30")
    assert again["without certificate"] == 0
    assert Dose.objects.count() == expected["recorded"]
    for dose_id, text in hospital.kept("SELECT dose_id, hcert FROM certificate LIMIT 20"):
        assert Dose.objects.get(public_id=dose_id).certificates.get().hcert == text


def check_rows_to_mend(hospital, expected):
    with open(f"{hospital.file}.mend.csv", newline="", encoding="utf-8-sig") as file:
        to_mend = list(csv.DictReader(file))
    assert len(to_mend) == expected.total() - expected["recorded"]
    assert all(row["why"] for row in to_mend)
    unknown = [row for row in to_mend if row["lot_number"] == "KHONG-CO"]
    assert len(unknown) == expected["lot_unknown"]


def test_a_mended_row_and_a_lot_that_came_later_are_recorded(hospital):
    hospital.write([hospital.row(1, lot_number="MOI01"), hospital.row(2, date_of_birth="x")])
    assert hospital.run() == {"lot_unknown": 1, "invalid": 1, "without certificate": 0}
    make_lot(site=hospital.site, number="MOI01")
    hospital.write([hospital.row(1, lot_number="MOI01"), hospital.row(2)])
    assert hospital.run()["recorded"] == 2
    assert Dose.objects.count() == 2


def test_the_time_in_the_file_is_that_of_viet_nam(hospital):
    hospital.write([hospital.row(1, administered_at="02/08/2021 00:30")])
    hospital.run()
    given_at = Dose.objects.get().administered_at
    assert given_at == datetime.datetime(2021, 8, 1, 17, 30, tzinfo=datetime.UTC)


def test_a_certificate_that_is_revoked_later_is_known_as_such(hospital):
    hospital.write([hospital.row(1)])
    hospital.run()
    drain_due()
    hospital.run()
    assert hospital.kept("SELECT status FROM certificate") == [("live",)]
    revoke_certificate(uvci=Dose.objects.get().certificates.get().uvci, reason="Cấp nhầm người")
    hospital.run()
    assert hospital.kept("SELECT status FROM certificate") == [("revoked",)]


def test_after_months_of_sleep_it_asks_for_each_dose_and_begins_anew(hospital, settings):
    hospital.write([hospital.row(1)])
    hospital.run()
    drain_due()
    with sqlite3.connect(f"{hospital.file}.sqlite3") as store:
        store.execute("INSERT INTO place VALUES (0)")
    settings.CERTIFICATE_CHANGES_KEPT_DAYS = 0
    assert forget_old_changes(timezone.now()) == 1
    assert hospital.run()["without certificate"] == 0
    assert hospital.kept("SELECT cursor FROM place") == [(1,)]


def test_with_a_wrong_token_it_stops_and_says_so(hospital):
    hospital.write([hospital.row(1)])
    hospital.token = "khong-phai"
    process = hospital.start()
    process.communicate(timeout=60)
    assert process.returncode == 1


def test_it_is_short_and_needs_nothing_but_the_standard_library():
    lines = CLIENT.read_text(encoding="utf-8").splitlines()
    assert len(lines) < 200
    imported = {
        line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))
    }
    assert imported <= sys.stdlib_module_names
