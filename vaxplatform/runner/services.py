"""PostgreSQL and Redis at hand for a command: given by the environment, found, or started."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from vaxplatform.runner import locks, processes
from vaxplatform.runner.environment import BASE_DIR, export_secrets, read_environment
from vaxplatform.runner.errors import RunnerError
from vaxplatform.runner.keeper import SERVERS, START_SECONDS, Files, Server
from vaxplatform.runner.terminal import say

VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
# Commands that touch neither PostgreSQL nor Redis; they get the addresses all the same.
WITHOUT_SERVICES = {
    *("help", "version", "--help", "-h", "--version", "diffsettings", "collectstatic"),
    *("makemessages", "compilemessages", "make_messages", "compile_messages", "spectacular"),
}


@contextmanager
def services_at_hand() -> Iterator[None]:
    """For manage.py: the environment is complete and the servers answer while the block runs.

    Ends the process with a sentence where that cannot be had.
    """
    try:
        data_dir = read_environment()
        export_secrets(data_dir)
    except RunnerError as error:
        raise SystemExit(f"{error}") from error
    with ExitStack() as stack:
        try:
            if needs_services(sys.argv):
                stack.enter_context(running_services(data_dir))
            else:
                export_addresses(data_dir)
        except RunnerError as error:
            raise SystemExit(f"{error}") from error
        yield


def needs_services(argv: list[str]) -> bool:
    """Whether this command line of manage.py will ask PostgreSQL or Redis for anything."""
    if len(argv) < 2 or argv[1] in WITHOUT_SERVICES or {"--help", "-h"} & set(argv[2:]):
        return False
    return not (argv[1] == "check" and "--database" not in argv)


def export_addresses(data_dir: Path) -> list[Server]:
    """Complete DATABASE_URL and REDIS_URL; returns the embedded servers these name."""
    embedded: list[Server] = []
    for name, variable in VARIABLES.items():
        if not os.environ.get(variable):
            server = SERVERS[name](data_dir)
            os.environ[variable] = server.url
            embedded.append(server)
    return embedded


@contextmanager
def running_services(data_dir: Path, *, see_off: bool = False) -> Iterator[list["Use"]]:
    """The servers that the environment does not name, running while the block runs.

    They stop after their last user. With `see_off`, or where this call started them, it returns
    only when they are down, unless others still use them.
    """
    uses = [
        Use(Files(data_dir, server.name), server, see_off=see_off)
        for server in export_addresses(data_dir)
    ]
    with ExitStack() as stack:
        for use in uses:
            stack.callback(use.end)
            use.begin()
            os.environ[VARIABLES[use.server.name]] = str(use.files.read_state()["url"])
            if see_off and (notice := use.server.notice()):
                say(notice)
        yield uses


class Use:
    """One command's use of one embedded server."""

    def __init__(self, files: Files, server: Server, *, see_off: bool) -> None:
        self.files, self.server, self.see_off = files, server, see_off
        self._lock: locks.HeldLock | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Count as a user, start the keeper where there is none, wait until the server answers.

        Raises RunnerError with the reason where it does not come up.
        """
        self._lock = locks.take(self.files.users, exclusive=False, wait=False)
        if self._lock is None:  # the last user has just gone, the keeper is stopping the server
            self._lock = locks.take(self.files.users, exclusive=False)
        with locks.alone(self.files.starting):
            if not locks.is_held(self.files.keeper):
                self._start_keeper()
                self.see_off = True
            self._wait_until_ready()

    def keep_alive(self) -> None:
        """Start a new keeper where the present one was killed; does not wait for it."""
        if not locks.is_held(self.files.keeper):
            with locks.alone(self.files.starting):
                if not locks.is_held(self.files.keeper) and not self._keeper_is_starting():
                    self._start_keeper()

    def end(self) -> None:
        """Stop counting as a user; see the server off where that is ours and nobody else's."""
        if self._lock is not None:
            self._lock.release()
        if not self.see_off:
            return
        processes.wait_until(lambda: self._status() != "ready", seconds=0.6)
        if self._status() != "ready":
            processes.wait_until(lambda: not locks.is_held(self.files.keeper), seconds=80)
        if self._keeper is not None:
            self._keeper.poll()

    def _status(self) -> object:
        return self.files.read_state().get("status")

    def _keeper_is_starting(self) -> bool:
        return self._keeper is not None and self._keeper.poll() is None

    def _start_keeper(self) -> None:
        self.files.state.unlink(missing_ok=True)
        kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "DATA_DIR")
        with self.files.log.open("ab") as log:
            # In a session of its own: Ctrl-C in the terminal is for the commands, not for it.
            self._keeper = subprocess.Popen(
                [sys.executable, "-u", "-m", "vaxplatform.runner.keeper", self.server.name],
                cwd=BASE_DIR,
                env={name: os.environ[name] for name in kept if name in os.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + START_SECONDS
        while self._status() != "ready":
            state = self.files.read_state()
            if state.get("status") == "failed":
                raise RunnerError(str(state.get("reason")))
            ended = self._keeper is not None and self._keeper.poll() is not None
            if ended or time.monotonic() > end:
                raise RunnerError(f"{self.server.title} did not start.\n{self._end_of_log()}")
            time.sleep(0.03)

    def _end_of_log(self) -> str:
        try:
            lines = self.files.log.read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        return "\n".join([f"The end of {self.files.log}:", *lines[-15:]])
