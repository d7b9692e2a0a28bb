"""Files sent through the page: kept sealed, and recorded by the workers, some seconds at a time."""

import datetime
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from registration.models import Account
from sites import exceptions
from sites.models import DoseImport, ImportState, Site
from sites.services import imports
from vaxplatform.crypto import seal_bytes, unseal_bytes
from vaxplatform.database import retried, sqlstate
from vaxplatform.sheets.files import open_rows

log = structlog.get_logger(__name__)

MOST_BYTES = 20 * 1024 * 1024  # of an upload; larger files go through the command
BUDGET_SECONDS = 8.0  # of a round: the certificates of others wait meanwhile
LEASE_SECONDS = 60
AFTER_FAILURE_SECONDS = 300
KEEP_UNSTARTED = datetime.timedelta(days=30)  # a file that nobody said yes to


def send_file(
    *,
    site: Site,
    content: bytes,
    file_name: str,
    by: Account,
    creates_lots: bool = False,
    all_here: bool = False,
) -> DoseImport:
    """Take in an uploaded file and keep it until it is recorded; `creates_lots` and `all_here` as
    in `imports.take_in`. Raises FileRefused."""
    if len(content) > MOST_BYTES:
        raise exceptions.FileTooLarge
    with _as_file(content) as path:
        batch = imports.take_in(
            site=site,
            path=path,
            file_name=file_name,
            by=by,
            creates_lots=creates_lots,
            all_here=all_here,
        )
    DoseImport.objects.filter(pk=batch.pk, content=None).update(content=seal_bytes(content))
    return batch


@contextmanager
def content_of(batch: DoseImport) -> Iterator[Path]:
    """The kept file, in the clear for as long as the block lasts. Raises ImportNotReady."""
    if batch.content is None:
        raise exceptions.ImportNotReady
    with _as_file(unseal_bytes(bytes(batch.content))) as path:
        yield path


@contextmanager
def _as_file(content: bytes) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(prefix="doses-") as file:  # readable by us alone
        file.write(content)
        file.flush()
        yield Path(file.name)


def work_on_files(_now: datetime.datetime) -> int:
    """Chore: record the next rows of the file that waits longest; returns how many doses."""
    until = time.monotonic() + BUDGET_SECONDS
    done = 0
    while time.monotonic() < until and (batch := _claim()) is not None:
        try:
            done += _work(batch)
        except Exception as error:  # of the database, or a fault of ours
            # The message may quote a row, so it is not logged; the files behind this one go on.
            log.error(
                "import_failed",
                batch=str(batch.public_id),
                kind=type(error).__name__,
                sqlstate=sqlstate(error),
            )
            _lease(batch, AFTER_FAILURE_SECONDS)
        else:
            _lease(batch, 0)
    return done


def _lease(batch: DoseImport, seconds: int) -> None:
    """Nobody takes the file up before so many seconds are over."""
    until = Now() + datetime.timedelta(seconds=seconds) if seconds else None
    DoseImport.objects.filter(pk=batch.pk).update(leased_until=until)


def _claim() -> DoseImport | None:
    """The running file that waits longest and is nobody's, for a minute ours."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE vaccination_sites_doseimport
               SET leased_until = clock_timestamp() + make_interval(secs => %s)
             WHERE id = (SELECT id FROM vaccination_sites_doseimport
                          WHERE state = 'running' AND content IS NOT NULL
                            AND (leased_until IS NULL OR leased_until < clock_timestamp())
                          ORDER BY created_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
            RETURNING id
            """,
            [LEASE_SECONDS],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    return DoseImport.objects.select_related("site", "by").get(pk=found[0])


def _work(batch: DoseImport) -> int:
    """Chunks until the time is over; a file that turns out unreadable midway is refused, and what
    was recorded of it stays."""
    done = 0
    try:
        with content_of(batch) as path, open_rows(path) as rows:
            until = time.monotonic() + BUDGET_SECONDS  # a large file takes its time to open
            for chunk in imports.chunks_left(batch, rows):
                counts = retried(
                    lambda chunk=chunk: imports.record_chunk(  # type: ignore[misc]
                        batch=batch, rows=chunk, now=timezone.now()
                    )
                )
                done += counts.total()
                if time.monotonic() >= until or _was_stopped(batch):
                    return done
    except exceptions.FileRefused as refusal:
        log.info("import_refused", batch=str(batch.public_id), code=refusal.code)
        imports.refuse(batch=batch, refusal=refusal, now=timezone.now())
        return done
    imports.finish(batch=batch, now=timezone.now())
    return done


def forget_files(now: datetime.datetime) -> int:
    """Chore: files that were sent and never begun are not kept for ever; returns how many went."""
    forgotten = 0
    old = DoseImport.objects.filter(
        state__in=(ImportState.UNMAPPED, ImportState.CHECKED),
        created_at__lt=now - KEEP_UNSTARTED,
    )
    for batch in old.defer("content"):
        imports.refuse(batch=batch, refusal=exceptions.FileForgotten(), now=now)
        forgotten += 1
    return forgotten


def _was_stopped(batch: DoseImport) -> bool:
    """Somebody took the file back meanwhile."""
    return not DoseImport.objects.filter(pk=batch.pk, state=ImportState.RUNNING).exists()
