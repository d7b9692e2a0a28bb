import gc
import json
import multiprocessing
import os
import sys
import threading
import time
from argparse import BooleanOptionalAction
from collections import Counter, deque
from multiprocessing.pool import AsyncResult, Pool
from pathlib import Path
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils import timezone

from sites.imports.rows import Row
from sites.management.places import site_by_code
from sites.models import DoseImport, ImportState
from sites.services import imports
from sites.services.import_answers import errors_file
from vaxplatform.database import retried
from vaxplatform.errors import DomainError
from vaxplatform.sheets.files import Rows, open_rows

AHEAD = 2  # chunks that wait for each worker, so that none is idle and none piles up


class Command(BaseCommand):
    help = "Record the doses of a spreadsheet (.xlsx, .xls, .ods, .csv) that a site gave on paper."
    requires_system_checks = [Tags.models, Tags.database]  # the rest loads every page

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--site", required=True, metavar="CODE")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument("--workers", type=int, default=2, help="processes that record")
        parser.add_argument(
            "--create-lots",
            action=BooleanOptionalAction,
            default=False,
            help="take in lots that only other sites hold",
        )
        parser.add_argument(
            "--all-here",
            action="store_true",
            help="every dose was given at this site, whatever place its row names",
        )
        parser.add_argument(
            "--errors", type=Path, help="where to write the rows to mend (beside the file)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            with open_rows(path) as rows:  # once: to open a workbook is to read it all
                batch = self._begin(path, rows, options)
                self._work(batch, rows, options["workers"])
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        batch = imports.finish(batch=batch, now=timezone.now())
        target = options["errors"] or path.with_name(f"{path.stem}-errors.xlsx")
        written = errors_file(batch=batch, target=target)
        self._tell(batch, target if written else None, as_json=options["json"])

    def _begin(self, path: Path, rows: Rows, options: dict[str, Any]) -> DoseImport:
        batch = imports.take_in(
            site=site_by_code(options["site"]),
            path=path,
            file_name=path.name,
            by=None,
            creates_lots=options["create_lots"],
            all_here=options["all_here"],
            rows=rows,
        )
        if batch.state == ImportState.UNMAPPED:
            missing = ", ".join(imports.headings_of(batch).missing)
            raise CommandError(f"Columns not found: {missing}. Map them in the page once.")
        return imports.begin(batch=batch, now=timezone.now())

    def _work(self, batch: DoseImport, rows: Rows, workers: int) -> None:
        """Read here, record there: one process reads, the others record chunks."""
        connections.close_all()  # a forked process must not share ours
        # A chunk is many thousand objects that reference counting frees; the search for cycles
        # among them would be a quarter of the work, here and in the workers.
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        progress = _Progress(batch)
        context = multiprocessing.get_context("fork")
        with context.Pool(workers, _become_worker, [os.getpid()]) as pool:
            waiting: deque[AsyncResult[Counter[str]]] = deque()
            for chunk in imports.chunks_left(batch, rows):
                waiting.append(_send(pool, batch.pk, chunk))
                while len(waiting) > AHEAD * workers:
                    progress.add(waiting.popleft().get())
            while waiting:
                progress.add(waiting.popleft().get())
        progress.end()

    def _tell(self, batch: DoseImport, errors: Path | None, *, as_json: bool) -> None:
        said = {
            "batch": str(batch.public_id),
            "rows": batch.rows_done,
            "recorded": batch.recorded,
            "duplicates": batch.duplicates,
            "held": batch.held,
            "refused": batch.refused,
            "seconds": round(batch.seconds, 3),
            "errors_file": str(errors) if errors else None,
        }
        if as_json:
            self.stdout.write(json.dumps(said))
            return
        for name, value in said.items():
            self.stdout.write(f"{name:12} {value}")


def _become_worker(parent: int) -> None:
    """A worker whose parent was killed would wait for its next chunk for ever: it looks."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _send(pool: Pool, batch_id: int, chunk: list[Row]) -> "AsyncResult[Counter[str]]":
    return pool.apply_async(_record, (batch_id, chunk))


def _record(batch_id: int, chunk: list[Row]) -> Counter[str]:
    batch = DoseImport.objects.select_related("site", "by").get(pk=batch_id)
    return retried(lambda: imports.record_chunk(batch=batch, rows=chunk, now=timezone.now()))


class _Progress:
    """One line on a terminal, in place; nothing elsewhere."""

    def __init__(self, batch: DoseImport) -> None:
        self.total = batch.rows_total
        self.began = time.monotonic()
        self.counts: Counter[str] = Counter()

    def add(self, counts: Counter[str]) -> None:
        self.counts += counts
        if not sys.stderr.isatty():
            return
        done = self.counts.total()
        rate = done / max(time.monotonic() - self.began, 0.001)
        left = f", {max(self.total - done, 0) / rate:.0f} s left" if self.total else ""
        print(f"\r\x1b[K{done:,} doses, {rate:,.0f}/s{left}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if sys.stderr.isatty():
            print(file=sys.stderr)
