"""Keeps one embedded server running for as long as anybody uses it.

`python -m vaxplatform.runner.keeper postgres|valkey` is started by the first command that needs
the server (services.py) and is nobody's child. Who uses the server holds a shared lock on
`run/<name>.users`; when the keeper can have that lock for itself, the last user is gone (also by
kill -9), and it stops the server and leaves. A server that dies is started again on its port. The
server dies with its keeper, and a keeper that finds a leftover ends it first.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Protocol

from vaxplatform.runner import locks, processes
from vaxplatform.runner.environment import read_environment
from vaxplatform.runner.errors import RunnerError
from vaxplatform.runner.postgres import Postgres
from vaxplatform.runner.valkey import Valkey

TICK_SECONDS = 0.1
START_SECONDS = 60
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0


class Server(Protocol):
    """What the keeper and the commands need to know of an embedded server."""

    name: str
    title: str

    @property
    def url(self) -> str: ...
    def notice(self) -> str | None: ...  # what the person who starts it should know
    def prepare(self) -> None: ...
    def start(self, log: IO[bytes]) -> subprocess.Popen[bytes]: ...
    def answers(self) -> bool: ...
    def stop(self, process: subprocess.Popen[bytes]) -> None: ...


SERVERS: dict[str, type[Postgres] | type[Valkey]] = {"postgres": Postgres, "valkey": Valkey}


class Files:
    """The files under DATA_DIR/run through which keepers and commands meet."""

    def __init__(self, data_dir: Path, name: str) -> None:
        run = data_dir / "run"
        self.users = run / f"{name}.users"  # shared by who uses the server
        self.keeper = run / f"{name}.keeper"  # held by the keeper
        self.starting = run / f"{name}.starting"  # held by who starts a keeper
        self.state = run / f"{name}.json"
        self.log = run / f"{name}.log"

    def write_state(self, **state: object) -> None:
        draft = self.state.with_suffix(".draft")
        draft.write_text(json.dumps(state))
        draft.rename(self.state)

    def read_state(self) -> dict[str, object]:
        """`status` is starting, ready, ending or failed; {} before the first start."""
        try:
            state = json.loads(self.state.read_text())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}


class Keeper:
    """The loop of one keeper process."""

    def __init__(self, server: Server, files: Files, log: IO[bytes]) -> None:
        self.server, self.files, self.log = server, files, log
        self.asked_to_leave = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._leave)

    def _leave(self, *_: object) -> None:
        self.asked_to_leave = True

    def run(self) -> None:
        """Start the server, keep it up, stop it when the last user has gone."""
        self._note("starting")
        self.server.prepare()
        process = self._start()
        pause = FIRST_PAUSE_SECONDS
        while not self._last_user_gone():
            time.sleep(TICK_SECONDS)
            if process.poll() is None:
                pause = FIRST_PAUSE_SECONDS
                continue
            print(f"{self.server.title} ended ({process.returncode}), starting it again")
            self._note("starting")
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            process = self._start()
        self._note("ending", process)
        self.server.stop(process)

    def _start(self) -> subprocess.Popen[bytes]:
        process = self.server.start(self.log)
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            if self.server.answers():
                self._note("ready", process)
                break
            time.sleep(0.03)
        return process

    def _last_user_gone(self) -> bool:
        # The lock, once had, is kept until this process ends: new users wait for that.
        return (
            self.asked_to_leave
            or locks.take(self.files.users, exclusive=True, wait=False) is not None
        )

    def _note(self, status: str, process: subprocess.Popen[bytes] | None = None) -> None:
        self.files.write_state(
            status=status,
            keeper_pid=os.getpid(),
            server_pid=process.pid if process else None,
            url=self.server.url,
        )


def main(name: str) -> int:
    data_dir = read_environment()
    files = Files(data_dir, name)
    # With some patience: whoever asks whether a keeper is there holds this lock for a moment.
    if not processes.wait_until(
        lambda: locks.take(files.keeper, exclusive=True, wait=False) is not None, seconds=3
    ):
        return 0  # there is one already
    with files.log.open("ab", buffering=0) as log:
        try:
            Keeper(SERVERS[name](data_dir), files, log).run()
        except RunnerError as error:
            files.write_state(status="failed", keeper_pid=os.getpid(), reason=str(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
