"""Locks on files. The kernel lets them go when the holder dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class HeldLock:
    """An flock held until `release()` or the end of the process; children do not inherit it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        os.close(self._descriptor)


def take(path: Path, *, exclusive: bool, wait: bool = True) -> HeldLock | None:
    """The lock, or None where it is held otherwise and `wait` is False."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    mode = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    try:
        fcntl.flock(descriptor, mode if wait else mode | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return HeldLock(descriptor)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time, the others wait."""
    lock = take(path, exclusive=True)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock for himself right now."""
    lock = take(path, exclusive=False, wait=False)
    if lock is None:
        return True
    lock.release()
    return False
