"""Processes: tied to the life of their parent, found again after a crash, ended for sure."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(signal_number: int) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends this signal to the child when its parent is gone.

    Holds for kill -9 of the parent too. The child must be started from the parent's main thread.
    """
    parent = os.getpid()

    def tie() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # the parent went away before the tie was made
            os._exit(1)

    return tie


def alive(pid: int) -> bool:
    """Whether a process with this number runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return sys.platform != "linux"
    return stat.rpartition(")")[2].split()[0] != "Z"


def working_in(directory: Path, program: str) -> list[int]:
    """The processes of this program whose working directory this is.

    PostgreSQL and its backends stand in their data folder, Valkey in its own, so this finds them
    even where a pid file is stale or missing.
    """
    found = []
    wanted = str(directory.resolve())
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            here = os.readlink(entry / "cwd") == wanted
            if here and Path(os.readlink(entry / "exe")).name.split()[0] == program:
                found.append(int(entry.name))
        except OSError:  # gone meanwhile, or somebody else's
            continue
    return [pid for pid in found if alive(pid)]


def clear_out(directory: Path, program: str, *, patience_seconds: float = 10) -> None:
    """Wait until the program does not work in the directory any more, asking ever less politely."""
    for signal_number in (None, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if signal_number is not None:
            for pid in working_in(directory, program):
                send(pid, signal_number)
        # Orphaned backends leave by themselves within moments; that is not worth a signal.
        wait = 1.0 if signal_number is None else patience_seconds
        if wait_until(lambda: not working_in(directory, program), seconds=wait):
            return


def wait_until(condition: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def stop(process: subprocess.Popen[bytes], *steps: tuple[int, float]) -> None:
    """Send each (signal, seconds of grace) in turn until the process has ended; kill it last."""
    for signal_number, grace in (*steps, (signal.SIGKILL, 10.0)):
        if process.poll() is not None:
            return
        send(process.pid, signal_number)
        try:
            process.wait(timeout=grace)
        except subprocess.TimeoutExpired:
            continue


def send(pid: int, signal_number: int) -> None:
    """The signal, where the process still is there and ours."""
    try:
        os.kill(pid, signal_number)
    except (ProcessLookupError, PermissionError):
        return
