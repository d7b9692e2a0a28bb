"""`make run`: everything on one machine until Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from vaxplatform.runner import locks, ports, processes
from vaxplatform.runner.environment import (
    BASE_DIR,
    SIGNING_VARIABLES,
    export_secrets,
    read_environment,
)
from vaxplatform.runner.errors import RunnerError
from vaxplatform.runner.services import Use, running_services
from vaxplatform.runner.supervisor import Child, Supervisor
from vaxplatform.runner.terminal import coloured, say

# In the environment of every child, so that what a killed run left behind can be told apart.
MARK = "VAXPLATFORM_RUN"
PAGES = (
    ("/", "home, in Vietnamese; English by the switch"),
    ("/account/", "citizens"),
    ("/staff/", "vaccination sites"),
    ("/statistics/", "the public figures"),
    ("/board/", "the command board"),
    ("/api/docs/", "the API"),
)


def run(_arguments: Sequence[str]) -> int:
    """Serve web, worker, beat and the certificate loop on PORT until Ctrl-C or SIGTERM."""
    began = time.monotonic()
    data_dir = read_environment()
    port = read_port()
    os.environ.setdefault("DEBUG", "1")
    lock = lock_run(data_dir, port)
    end_leftovers(data_dir)
    for host in hosts():
        if not ports.is_free(port, host=host):
            raise RunnerError(
                f"Port {port} is taken by another program. Choose another: make run PORT={port + 1}"
            )
    export_secrets(data_dir)
    os.environ[MARK] = str(data_dir)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running_services(data_dir, see_off=True) as uses:
            say("PostgreSQL and Redis answer")
            logins = set_up()
            serve(data_dir, port, uses, logins, began=began)
            say("stopping")
    except KeyboardInterrupt:
        say("stopped")
    finally:
        (data_dir / "run" / "run.json").unlink(missing_ok=True)
        lock.release()
    return 0


def read_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not (text.isdigit() and 0 < int(text) < 65536):
        raise RunnerError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def hosts() -> list[str]:
    """The addresses to listen on: BIND, or this machine only (the demo's passwords are known)."""
    if given := os.environ.get("BIND"):
        return [given.strip("[]")]
    return ["127.0.0.1", *(["::1"] if ports.is_free(0, host="::1") else [])]


def lock_run(data_dir: Path, port: int) -> locks.HeldLock:
    """Only one run for a DATA_DIR. Raises RunnerError that says where the other one answers."""
    note = data_dir / "run" / "run.json"
    lock = locks.take(data_dir / "run" / "run.lock", exclusive=True, wait=False)
    if lock is None:
        try:
            other = json.loads(note.read_text())
            where = f" (process {other['pid']}, http://localhost:{other['port']}/)"
        except (OSError, ValueError, KeyError):
            where = ""
        raise RunnerError(
            f"The platform already runs with DATA_DIR {data_dir}{where}. For a second one beside "
            "it choose both: make run PORT=8001 DATA_DIR=.data-2"
        )
    note.write_text(json.dumps({"pid": os.getpid(), "port": port}))
    return lock


def end_leftovers(data_dir: Path) -> None:
    """End what an earlier run of this DATA_DIR left behind when it was killed."""
    mark = f"{MARK}={data_dir}".encode()
    left = [pid for pid in _running_pids() if mark in _environment_of(pid) and pid != os.getpid()]
    if not left:
        return
    say(f"ending {len(left)} processes that an earlier run left behind")
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in left:
            processes.send(pid, number)
        if processes.wait_until(lambda: not any(map(processes.alive, left)), seconds=10):
            return


def _running_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def _environment_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def set_up() -> str:
    """Bring database and files up to date; returns the demo's logins as text to show."""
    with tempfile.TemporaryFile() as logins:
        process = subprocess.Popen(
            [sys.executable, "-m", "vaxplatform.runner.setup_steps"],
            cwd=BASE_DIR,
            env={**os.environ, "STATEMENT_TIMEOUT": "0"},
            stdin=subprocess.DEVNULL,
            stdout=logins,
            start_new_session=True,
            preexec_fn=processes.die_with_parent(signal.SIGTERM),
        )
        try:
            status = process.wait()
        except KeyboardInterrupt:
            processes.stop(process, (signal.SIGTERM, 10))
            raise
        if status:
            raise RunnerError("The set-up did not finish; the reason stands above.")
        logins.seek(0)
        return logins.read().decode()


def serve(data_dir: Path, port: int, uses: Sequence[Use], logins: str, *, began: float) -> None:
    """Run the children until a signal comes."""
    children = the_children(data_dir, port)
    supervisor = Supervisor(children, directory=BASE_DIR)
    say("starting " + ", ".join(child.name for child in children))
    answered = threading.Event()
    base = f"http://{'localhost' if len(hosts()) > 1 else hosts()[0]}:{port}"
    threading.Thread(target=_wait_for_page, args=(base, answered), daemon=True).start()
    greeted = False

    def meanwhile() -> None:
        nonlocal greeted
        if answered.is_set() and not greeted:
            greeted = True
            greet(base, logins, seconds=time.monotonic() - began)
        for use in uses:
            use.keep_alive()

    supervisor.run(meanwhile=meanwhile)


def the_children(data_dir: Path, port: int) -> list[Child]:
    """Web, worker, beat, and the certificate loop, which needs PostgreSQL only."""
    everything = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # Celery's advice to root is for machines that last; here PostgreSQL alone had to step down.
    everything["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser privileges"
    web = {**everything, "STATEMENT_TIMEOUT": os.environ.get("STATEMENT_TIMEOUT", "10s")}
    for name in SIGNING_VARIABLES:
        web[name] = ""  # empty, not missing: `.env` must not fill it in either
    work = {**everything, "STATEMENT_TIMEOUT": os.environ.get("STATEMENT_TIMEOUT", "60s")}
    # Each wake-up in three lines would bury the codes of the SMS; what was done is said by certs.
    quiet = {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")}
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "vaxplatform"]
    beat_file = data_dir / "run" / "beat-schedule"
    return [
        Child("web", "cyan", web_command(port), web),
        Child("worker", "green", [*celery, "worker", *WORKER_OPTIONS], {**work, **quiet}),
        Child("beat", "blue", [*celery, "beat", "--schedule", str(beat_file)], {**web, **quiet}),
        Child("certs", "yellow", [sys.executable, "manage.py", "drain_certificates"], work),
    ]


WORKER_OPTIONS = (
    *("--concurrency", "2", "-n", "worker@%h"),
    *("--without-gossip", "--without-mingle"),
)


def web_command(port: int) -> list[str]:
    binds = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host in hosts()]
    memory = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeat files must not wait for a disk
    return [
        *(sys.executable, "-m", "gunicorn", "vaxplatform.wsgi:application"),
        *(part for bind in binds for part in ("--bind", bind)),
        *("--workers", "2", "--threads", "4", "--worker-class", "gthread"),
        *("--timeout", "30", "--graceful-timeout", "10", "--log-level", "warning"),
        *(("--worker-tmp-dir", str(memory)) if os.access(memory, os.W_OK) else ()),
    ]


def _wait_for_page(base: str, answered: threading.Event) -> None:
    while not answered.is_set():
        try:
            with urllib.request.urlopen(f"{base}/", timeout=30):
                answered.set()
        except urllib.error.HTTPError as error:
            if error.code != 503:  # an answer all the same; 503 is a page that is not ready yet
                answered.set()
        except OSError:
            pass
        time.sleep(0.3)


def greet(base: str, logins: str, *, seconds: float) -> None:
    """Tell where everything is and who may sign in."""
    lines = [f"vaxplatform answers after {seconds:.0f} s", ""]
    lines += [f"  {base}{path:<14} {what}" for path, what in PAGES]
    lines += ["", *(f"  {line}" for line in logins.splitlines())] if logins else []
    lines += ["", "  Ctrl-C stops everything."]
    print("\n" + coloured(lines[0], "green"), *lines[1:], sep="\n", flush=True)
    print(flush=True)
