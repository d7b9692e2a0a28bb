"""A file of 100,000 dirty rows recorded by the command, beside the plain floor and
django-import-export with the same file and checks. One million people are on record; four in five
of the rows are about one of them.

Everything runs as a process of its own and is watched from outside: by the clock, and by the
seconds of CPU that it and its PostgreSQL backends take. BENCH_ROWS says how many rows.
"""

import datetime
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from bench.people import ROWS, register_everybody
from bench.result import Result
from bench.watched import Watched, watched
from registration.models import AdministrativeUnit, UnitKind
from sites.models import Lot, MovementKind, Site, StockMovement, Vaccine
from tests.dirty_sheets import expected, write_sheet

COUNT = int(os.environ.get("BENCH_ROWS", str(ROWS)))
SAMPLE = 2_000  # rows of it for the slow one
SITE = "BENCH"
LOTS = [f"LOT{n:03d}" for n in range(20)]
MOST_MEGABYTES = 500


def measure(_seconds: int) -> list[Result]:
    register_everybody()
    _make_site()
    with tempfile.TemporaryDirectory() as folder:
        files = [_sheet(Path(folder), part, count) for part, count in enumerate((COUNT, COUNT))]
        sample = _sheet(Path(folder), 2, SAMPLE)
        ours = watched(["manage.py", "import_doses", str(files[0][0]), "--site", SITE, "--json"])
        _same(json.loads(ours.said), files[0][1])
        floor = watched(["-m", "bench.floor", str(files[1][0]), SITE])
        _same(json.loads(floor.said), files[1][1])
        peer = watched(["-m", "bench.by_resource", str(sample[0]), SITE])
    said = json.loads(peer.said)
    _same(said["outcomes"], sample[1])
    return _results(ours, floor, peer, said)


def _results(ours: Watched, floor: Watched, peer: Watched, said: dict[str, Any]) -> list[Result]:
    if ours.megabytes > MOST_MEGABYTES:
        raise RuntimeError(f"the import held {ours.megabytes:.0f} MB")
    figure = f"import {COUNT:,} rows, {ours.megabytes:.0f} MB"
    plain, library = "calamine, COPY and set SQL", "django-import-export"
    of_floor, of_peer = COUNT / floor.seconds, SAMPLE / said["seconds"]
    peer_cpu = said["cpu"] + peer.backends  # Python's own start is no part of a sample
    by_cpu, rate = "the same, by second of CPU", COUNT / ours.cpu
    return [
        Result(figure, "rows", COUNT / ours.seconds, plain, of_floor, 5_000),
        Result(figure, "rows", COUNT / ours.seconds, library, of_peer, 5_000),
        Result(by_cpu, "rows", rate, plain, COUNT / floor.cpu, 2_500, 0.3),
        Result(by_cpu, "rows", rate, library, SAMPLE / peer_cpu, 2_500, 20),
    ]


def _make_site() -> None:
    site = Site.objects.create(
        code=SITE,
        name="Benchmark of imports",
        province=AdministrativeUnit.objects.get(scheme=2021, kind=UnitKind.PROVINCE, code="79"),
    )
    for number in LOTS:
        lot = Lot.objects.create(
            site=site,
            vaccine=Vaccine.objects.get(code="EU/1/21/1529"),
            number=number,
            expires_on=datetime.date(2099, 12, 31),
            doses_received=1_000_000_000,
        )
        StockMovement.objects.create(lot=lot, kind=MovementKind.RECEIVED, doses=1_000_000_000)


def _sheet(folder: Path, part: int, count: int) -> tuple[Path, dict[str, int]]:
    """A file about people of its own, and how many of its rows must come to what."""
    path = folder / f"rows-{part}.xlsx"
    truths = write_sheet(path, count=count, lots=LOTS, first_person=part * ROWS)
    return path, expected(truths)


def _same(said: dict[str, int], truth: dict[str, int]) -> None:
    """No figure without the right answer."""
    for outcome, rows in truth.items():
        name = "duplicates" if outcome == "duplicate" and "batch" in said else outcome
        if said.get(name, 0) != rows:
            raise RuntimeError(f"{outcome}: {said.get(name, 0)} rows instead of {rows}")
