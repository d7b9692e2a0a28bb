"""Children of `make run`: started, their lines shown, started again when they crash, stopped."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vaxplatform.runner import processes
from vaxplatform.runner.terminal import coloured, say

LOOK_SECONDS = 0.2
STEADY_SECONDS = 30  # who ran this long before it crashed is started again at once
LONGEST_PAUSE_SECONDS = 15.0
GRACE_SECONDS = 20


@dataclass
class Child:
    """One long-running process, and how to start it again."""

    name: str
    colour: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    start_again_at: float | None = None
    crashes: int = 0
    unfinished: bytes = field(default=b"", repr=False)

    def pause(self) -> float:
        """Seconds to wait before the next start: 0.5, 1, 2, 4 … after quick crashes."""
        return min(0.5 * float(2 ** min(self.crashes - 1, 10)), LONGEST_PAUSE_SECONDS)


class Supervisor:
    """Runs children until it is told to stop. Must live in the main thread."""

    def __init__(self, children: Sequence[Child], *, directory: Path) -> None:
        self.children, self.directory = children, directory
        self.stopping = self.in_a_hurry = False
        self._selector = selectors.DefaultSelector()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    def _asked_to_stop(self, *_: object) -> None:
        self.in_a_hurry = self.stopping
        self.stopping = True

    def run(self, *, meanwhile: Callable[[], None]) -> None:
        """Start every child and look after them until a signal comes; then stop them.

        `meanwhile` is called five times a second.
        """
        try:
            for child in self.children:
                self._start(child)
            while not self.stopping:
                self._show_lines(LOOK_SECONDS)
                for child in self.children:
                    self._look_after(child)
                meanwhile()
        finally:
            self._stop_all()

    def _start(self, child: Child) -> None:
        child.start_again_at, child.started_at = None, time.monotonic()
        # A session of its own: Ctrl-C reaches only us, and what it forks can be found and ended.
        child.process = subprocess.Popen(
            list(child.command),
            cwd=self.directory,
            env=dict(child.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=processes.die_with_parent(signal.SIGTERM),
        )
        if child.process.stdout is not None:
            os.set_blocking(child.process.stdout.fileno(), False)
            self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.start_again_at is not None:
            if now >= child.start_again_at:
                self._end_group(child, signal.SIGKILL)
                self._start(child)
            return
        if child.process is None or child.process.poll() is None:
            return
        child.crashes = 1 if now - child.started_at > STEADY_SECONDS else child.crashes + 1
        child.start_again_at = now + child.pause()
        self._end_group(child, signal.SIGTERM)  # what it forked goes with it
        how = describe_end(child.process.returncode)
        say(coloured(f"{child.name} {how}; starting it again", "red", stream=2))

    def _end_group(self, child: Child, number: int) -> None:
        if child.process is None:
            return
        try:
            os.killpg(child.process.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def _show_lines(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            child: Child = key.data
            try:
                data = os.read(key.fd, 65536)
            except BlockingIOError:
                continue
            if not data:
                self._selector.unregister(key.fileobj)
                continue
            *lines, child.unfinished = (child.unfinished + data).split(b"\n")
            for line in lines:
                show_line(child, line)

    def _stop_all(self) -> None:
        running = [child for child in self.children if child.process is not None]
        for child in running:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        end = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < end and not self.in_a_hurry:
            self._show_lines(0.05)
            if all(child.process is None or child.process.poll() is not None for child in running):
                break
        for child in running:
            self._end_group(child, signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def show_line(child: Child, line: bytes) -> None:
    """One line of a child's output with its name before it."""
    text = line.decode(errors="replace").rstrip("\r")
    print(f"{coloured(f'{child.name:>7} │', child.colour)} {text}", flush=True, file=sys.stdout)


def describe_end(return_code: int) -> str:
    """'ended with status 1' or 'was killed by SIGKILL'."""
    if return_code < 0:
        return f"was killed by {signal.Signals(-return_code).name}"
    return f"ended with status {return_code}"
