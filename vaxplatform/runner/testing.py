"""The checks and the tests, against PostgreSQL and Redis of their own in DATA_DIR/test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from vaxplatform.runner import browser, locks
from vaxplatform.runner.environment import BASE_DIR, export_secrets, read_environment
from vaxplatform.runner.errors import RunnerError
from vaxplatform.runner.place import discard
from vaxplatform.runner.services import running_services
from vaxplatform.runner.terminal import coloured, say

# What `check --deploy` is asked about: an installation with people in it.
DEPLOYED = {
    "DEBUG": "0",
    "DEMO": "0",
    "HTTPS": "1",
    "ALLOWED_HOSTS": "vaccination.example.vn",
    "PUBLIC_URL": "https://vaccination.example.vn",
}
TOOLS = Path(sys.executable).parent
MANAGE = (sys.executable, "manage.py")
CHECKS: tuple[tuple[str, tuple[str, ...], dict[str, str]], ...] = (
    ("style", (str(TOOLS / "ruff"), "check", "--quiet"), {}),
    ("format", (str(TOOLS / "ruff"), "format", "--check", "--quiet"), {}),
    ("imports", (str(TOOLS / "lint-imports"),), {}),
    ("types", (str(TOOLS / "mypy"), "--no-error-summary"), {}),
    ("models and migrations agree", (*MANAGE, "makemigrations", "--check", "--dry-run"), {}),
    ("migrations are safe", (sys.executable, "-m", "vaxplatform.runner.migration_lint"), {}),
    ("deployment", (*MANAGE, "check", "--deploy", "--fail-level", "WARNING"), DEPLOYED),
    ("translations", (*MANAGE, "make_messages", "--check"), {}),
)


def check(_arguments: Sequence[str]) -> int:
    """Every static check, in order; the first that finds something ends it with its output."""
    with own_services("test", fresh=False):
        for title, command, environment in CHECKS:
            began = time.monotonic()
            result = subprocess.run(
                list(command),
                cwd=BASE_DIR,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if result.returncode:
                sys.stdout.buffer.write(result.stdout)
                sys.stdout.flush()
                raise RunnerError(f"✗ {title}: `{_shown(command)}` found the above")
            say(f"{title} ✓ {coloured(f'{time.monotonic() - began:.1f} s', 'grey', stream=2)}")
    return 0


def test(arguments: Sequence[str]) -> int:
    """pytest with these arguments. With --reuse-db the data of the last time is kept."""
    command = [sys.executable, "-m", "pytest", *arguments]
    if chromium := browser.find_or_install():
        os.environ["CHROMIUM"] = chromium
    else:
        say(coloured("NO CHROMIUM: the browser tests are left out", "red", stream=2))
        say(browser.HOW_TO_GET_IT)
        command += ["-m", "not browser", "-p", "vaxplatform.runner.left_out"]
    with own_services("test", fresh="--reuse-db" not in arguments):
        subprocess.run([*MANAGE, "compile_messages"], cwd=BASE_DIR, stdout=sys.stderr, check=True)
        return _run(command)


def bench(arguments: Sequence[str]) -> int:
    """The figures named by the arguments, or all."""
    with own_services("bench", fresh=True):
        return _run([sys.executable, "-m", "bench", *arguments])


def _run(command: Sequence[str]) -> int:
    process = subprocess.Popen(list(command), cwd=BASE_DIR)
    # Ctrl-C reaches the command by itself; here it must not end the servers under its feet.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    return process.wait()


@contextmanager
def own_services(name: str, *, fresh: bool) -> Iterator[None]:
    """Servers of one's own in DATA_DIR/name, unless DATABASE_URL and REDIS_URL name others."""
    outer = read_environment()
    lock = locks.take(outer / "run" / f"{name}.lock", exclusive=True, wait=False)
    if lock is None:
        raise RunnerError(
            f"This already runs with DATA_DIR {outer}. For a second one beside it: "
            f"make {name} DATA_DIR=.data-2"
        )
    if fresh and (outer / name).exists():
        discard(outer / name)
    os.environ["DATA_DIR"] = str(outer / name)
    os.environ.setdefault("DEBUG", "0")
    data_dir = read_environment()
    export_secrets(data_dir)
    try:
        with running_services(data_dir, see_off=True):
            yield
    finally:
        lock.release()


def _shown(command: Sequence[str]) -> str:
    return " ".join([Path(command[0]).name, *command[1:]])
