"""Killed, started twice, sent twice, failing midway: every dose once, no row without an outcome."""

import datetime
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DataError, connection
from django.utils import timezone

from registration.models import Citizen
from registration.services.citizens import CitizenDetails, find_or_create_citizen
from registration.services.similar import Candidate, find_similar
from sites import exceptions
from sites.models import (
    Dose,
    DoseImport,
    ImportedChunk,
    ImportedRow,
    ImportState,
    MatchedBy,
    RowOutcome,
    Site,
)
from sites.services import import_outcomes, import_queue, imports
from tests import dirty_sheets
from tests.factories import make_lot, make_site, make_staff
from tests.sites.imports.making import record_file, row, write
from vaxplatform.invariants import INVARIANTS

pytestmark = pytest.mark.django_db(transaction=True)
LOTS = ["ABW001", "ABW002"]


def make_busy_site() -> Site:
    site = make_site()
    for number in LOTS:
        make_lot(site=site, number=number, doses=100_000)
    return site


@pytest.fixture
def command() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts the real command on this test's database, in a session of its own."""
    started = []
    address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)

    def start(path: Path, site: Site) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [
                sys.executable, "manage.py", "import_doses", str(path), "--site", site.code,
                "--json", "--errors", str(path.with_suffix(f".{len(started)}.errors.xlsx")),
            ],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


def broken() -> list[str]:
    """What `check_invariants` says of the stock, the doses and the imports."""
    ours = ("stock", "import", "citizen")
    return [
        violation
        for name, check in INVARIANTS.items()
        if any(word in name for word in ours) and "certificate" not in name
        for violation in check.violations()
    ]


def is_exact(batch: DoseImport, truths: list[dirty_sheets.Truth]) -> None:
    """Every row has the outcome it must have, every dose is there once, all counts agree."""
    found = {r.line: r.outcome for r in batch.rows.all()}
    assert found == {truth.line: truth.outcome for truth in truths}
    expected = dirty_sheets.expected(truths)
    assert Dose.objects.count() == expected["recorded"]
    assert batch.state == ImportState.DONE
    assert batch.rows_done == len(truths)
    assert broken() == []


@pytest.mark.parametrize("whom", ["parent", "everybody"])
def test_a_command_killed_midway_and_started_again_records_every_dose_once(
    command: Any, tmp_path: Path, whom: str
) -> None:
    site, path = make_busy_site(), tmp_path / "a.xlsx"
    truths = dirty_sheets.write_sheet(path, count=3_500, lots=LOTS)
    first = command(path, site)
    assert until(ImportedChunk.objects.exists)
    (os.kill if whom == "parent" else os.killpg)(first.pid, signal.SIGKILL)
    first.communicate()
    half = DoseImport.objects.get()
    assert half.state == ImportState.RUNNING
    assert 0 < half.rows_done < len(truths)
    second = command(path, site)
    said, _nothing = second.communicate(timeout=120)
    assert second.returncode == 0, said
    is_exact(DoseImport.objects.get(), truths)


def test_workers_of_a_killed_command_do_not_stay_behind(command: Any, tmp_path: Path) -> None:
    site, path = make_busy_site(), tmp_path / "a.xlsx"
    dirty_sheets.write_sheet(path, count=3_000, lots=LOTS, faults=False)
    first = command(path, site)
    assert until(ImportedChunk.objects.exists)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate(timeout=60)  # ends when the last process has closed the pipe

    def nobody_is_left() -> bool:
        try:
            os.killpg(first.pid, 0)
        except ProcessLookupError:
            return True
        return False

    assert until(nobody_is_left)


def test_two_commands_on_one_file_at_once_record_every_dose_once(
    command: Any, tmp_path: Path
) -> None:
    site, path = make_busy_site(), tmp_path / "a.xlsx"
    truths = dirty_sheets.write_sheet(path, count=2_200, lots=LOTS)
    both = [command(path, site), command(path, site)]
    answers = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert Dose.objects.count() == dirty_sheets.expected(truths)["recorded"]
    whole = [b for b in DoseImport.objects.all() if b.recorded]
    assert len(whole) == 1  # a second one, begun when the first was done, met duplicates only
    is_exact(whole[0], truths)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(n: int, call: Callable[[], Any]) -> None:
        gate.wait()
        try:
            answers[n] = call()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, call)) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_two_files_that_share_rows_sent_at_once_record_each_dose_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 40)
    site = make_busy_site()
    one = write(tmp_path / "a.xlsx", *(row(n) for n in range(1, 181)))
    other = write(tmp_path / "b.xlsx", *(row(n) for n in reversed(range(91, 271))))
    batches = at_once(lambda: record_file(one, site), lambda: record_file(other, site))
    assert Dose.objects.count() == 270
    assert sum(batch.recorded for batch in batches) == 270
    others = ImportedRow.objects.exclude(outcome__in=[RowOutcome.RECORDED, RowOutcome.DUPLICATE])
    assert list(others.values_list("line", "outcome", "reasons")) == []
    assert sum(batch.duplicates for batch in batches) == 90
    assert broken() == []


def test_somebody_put_on_record_between_two_looks_is_known_and_not_held_for_a_likeness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*, people: Sequence[CitizenDetails]) -> list[list[Candidate]]:
        for details in people:
            find_or_create_citizen(details=details)
        return find_similar(people=people)

    monkeypatch.setattr(import_outcomes, "find_similar", meanwhile)
    batch = record_file(write(tmp_path / "a.xlsx", row(1), row(2)), make_busy_site())
    assert (batch.recorded, batch.held) == (2, 0)
    assert set(batch.rows.values_list("matched_by", flat=True)) == {MatchedBy.CCCD}
    assert Citizen.objects.count() == 2


def sent(site: Site, tmp_path: Path, count: int = 220) -> tuple[DoseImport, list[Any]]:
    path = tmp_path / "a.xlsx"
    truths = dirty_sheets.write_sheet(path, count=count, lots=LOTS)
    batch = import_queue.send_file(
        site=site, content=path.read_bytes(), file_name="a.xlsx", by=make_staff(site=site)
    )
    return imports.begin(batch=batch, now=timezone.now()), truths


def test_a_round_that_fails_between_chunks_is_taken_up_by_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 50)
    batch, truths = sent(make_busy_site(), tmp_path)
    real, calls = imports.record_chunk, []

    def fails_at_the_third(**given: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise DataError("invalid: Nguyễn Thị Ánh")
        return real(**given)

    monkeypatch.setattr(imports, "record_chunk", fails_at_the_third)
    import_queue.work_on_files(timezone.now())
    batch.refresh_from_db()
    assert batch.rows_done == 100
    assert batch.leased_until is not None
    assert import_queue.work_on_files(timezone.now()) == 0  # not at once again
    DoseImport.objects.update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
    assert import_queue.work_on_files(timezone.now()) > 0
    batch.refresh_from_db()
    assert batch.content is None
    is_exact(batch, truths)


def test_a_file_that_fails_every_time_does_not_hold_up_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, _truths = sent(make_busy_site(), tmp_path, count=20)
    (tmp_path / "next").mkdir()
    good, _truths = sent(make_busy_site(), tmp_path / "next", count=30)
    real = imports.record_chunk

    def fails(*, batch: DoseImport, **given: Any) -> Any:
        if batch.pk == poison.pk:
            raise DataError
        return real(batch=batch, **given)

    monkeypatch.setattr(imports, "record_chunk", fails)
    import_queue.work_on_files(timezone.now())
    good.refresh_from_db()
    assert good.state == ImportState.DONE


def test_a_worker_that_died_holds_its_file_for_the_lease_only(tmp_path: Path) -> None:
    batch, truths = sent(make_busy_site(), tmp_path, count=30)
    assert import_queue._claim() == batch
    assert import_queue._claim() is None
    assert import_queue.work_on_files(timezone.now()) == 0
    DoseImport.objects.update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
    import_queue.work_on_files(timezone.now())
    batch.refresh_from_db()
    is_exact(batch, truths)


def test_a_stopped_file_records_no_further_row_and_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 50)
    site, path = make_busy_site(), tmp_path / "a.xlsx"
    dirty_sheets.write_sheet(path, count=150, lots=LOTS, faults=False)
    half = record_file(path, site, most_chunks=1)
    imports.refuse(batch=half, refusal=exceptions.FileTakenBack(), now=timezone.now())
    assert imports.record_chunk(batch=half, rows=[(52, row(1))], now=timezone.now()) == {}
    half = imports.finish(batch=half, now=timezone.now())
    assert (half.state, half.recorded) == (ImportState.REFUSED, 50)
    assert Dose.objects.count() == 50
    assert half.refusal["code"] == "file_taken_back"
    assert record_file(path, site).recorded == 100  # sent again, the rest goes in


def test_files_that_nobody_began_with_are_forgotten(tmp_path: Path) -> None:
    site, path = make_busy_site(), tmp_path / "a.xlsx"
    dirty_sheets.write_sheet(path, count=5, lots=LOTS)
    batch = import_queue.send_file(
        site=site, content=path.read_bytes(), file_name="a.xlsx", by=make_staff(site=site)
    )
    assert import_queue.forget_files(timezone.now()) == 0
    assert import_queue.forget_files(timezone.now() + datetime.timedelta(days=31)) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.content) == (ImportState.REFUSED, None)
    assert batch.refusal["code"] == "file_forgotten"


def test_a_kept_file_is_sealed(tmp_path: Path) -> None:
    batch, _truths = sent(make_busy_site(), tmp_path, count=5)
    kept = bytes(batch.content or b"")
    plain = (tmp_path / "a.xlsx").read_bytes()
    assert plain[:2] == b"PK"
    assert kept
    assert plain[:64] not in kept
    with import_queue.content_of(batch) as path:
        assert path.read_bytes() == plain
        assert path.stat().st_mode & 0o077 == 0
    assert not path.exists()
