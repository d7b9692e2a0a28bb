"""A command that is watched while it runs: its seconds by the clock, those of CPU that it, its
children and their PostgreSQL backends take, and the most memory that they hold at once."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

STEP = 0.1  # seconds between two looks


@dataclass(frozen=True)
class Watched:
    """`cpu` in all, `backends` the part of PostgreSQL. `megabytes`: the most at once, pages shared
    by several counted once."""

    seconds: float
    cpu: float
    backends: float
    megabytes: float
    said: str


def watched(arguments: Sequence[str]) -> Watched:
    """Run `python ARGUMENTS`; raises where it fails."""
    before, began = os.times(), time.perf_counter()
    backends: dict[int, float] = {}
    most = 0.0
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    while process.poll() is None:
        backends |= cpu_of_backends()
        most = max(most, sum(map(_megabytes, _tree(process.pid))))
        time.sleep(STEP)
    seconds, after = time.perf_counter() - began, os.times()
    said, _nothing = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{arguments} failed; its reason stands above")
    own = after.children_user + after.children_system
    own -= before.children_user + before.children_system
    theirs = sum(backends.values())
    return Watched(seconds, own + theirs, theirs, most, said)


def cpu_of_backends() -> dict[int, float]:
    """Process → seconds of CPU, of the other connections to this database on this machine."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        pids = [row[0] for row in cursor.fetchall()]
    found = {}
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[pid] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def _tree(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for each in found:
        try:
            tasks = Path(f"/proc/{each}/task")
            for task in tasks.iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _megabytes(pid: int) -> float:
    """The process's own share of what it holds in memory."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
