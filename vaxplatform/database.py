"""What a database error means to the person who waits: come back soon, or something is broken."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.db.utils import Error

T = TypeVar("T")

RETRY_AFTER_SECONDS = 5
ATTEMPTS = 3
BACKOFF_SECONDS = 0.05
CONFLICTS = frozenset({"40001", "40P01"})  # serialization failure, deadlock
TEMPORARY = CONFLICTS | {
    "25006",  # read-only: a standby not yet promoted
    "25P03",  # idle in transaction too long
    "55P03",  # lock_timeout
    "57014",  # statement_timeout
}
TEMPORARY_CLASSES = ("08", "53", "57P")  # connection, resources (disk, memory, slots), shutdown


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's five-character code of a Django database error; empty when it has none."""
    return getattr(error.__cause__, "pgcode", None) or getattr(error, "pgcode", None) or ""


def is_temporary(error: BaseException) -> bool:
    """Whether the same request may well succeed in a few seconds: a timeout, a deadlock, a full or
    restarting server, a lost connection (which comes without a code)."""
    if not isinstance(error, Error):
        return False
    state = sqlstate(error)
    if not state:
        return isinstance(error, OperationalError | InterfaceError)
    return state in TEMPORARY or state.startswith(TEMPORARY_CLASSES)


def retried(work: Callable[[], T]) -> T:
    """Do `work`, a whole transaction, and again after a deadlock or serialization failure: three
    times in all. Inside an open transaction it is done once, since that transaction is lost."""
    for attempt in range(1, ATTEMPTS):
        try:
            return work()
        except OperationalError as error:
            if connection.in_atomic_block or sqlstate(error) not in CONFLICTS:
                raise
            time.sleep(BACKOFF_SECONDS * attempt)
    return work()
