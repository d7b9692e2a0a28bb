"""The runner with real servers and real kills."""

import functools
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from vaxplatform.runner import environment, locks, place, ports, processes, run, services
from vaxplatform.runner.errors import RunnerError
from vaxplatform.runner.postgres import Postgres

ROOT = Path(__file__).resolve().parent.parent
HOLD = """
import os, sys
from vaxplatform.runner.environment import read_environment
from vaxplatform.runner.services import running_services
with running_services(read_environment()):
    print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], flush=True)
    sys.stdin.read()
"""


class Command:
    """A command that uses the services of a DATA_DIR until it is told to end."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD],
            cwd=ROOT,
            env=bare_environment(data_dir),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.database, self.redis = self.process.stdout.readline().split()

    def end(self) -> None:
        self.process.communicate(timeout=60)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def bare_environment(data_dir: Path, **more: str) -> dict[str, str]:
    given = {"DATABASE_URL", "REDIS_URL", "PORT", "DEBUG", *environment.SECRETS}
    kept = {name: value for name, value in os.environ.items() if name not in given}
    return {**kept, "DATA_DIR": str(data_dir), **more}


def state(data_dir: Path, name: str = "postgres") -> dict:
    return json.loads((data_dir / "run" / f"{name}.json").read_text())


def answers(url: str) -> bool:
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def soon(condition: Callable[[], bool], seconds: float = 15) -> bool:
    return processes.wait_until(condition, seconds=seconds)


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A DATA_DIR whose servers are gone, and whose files are deleted, after the test."""
    path = tmp_path / "data"
    path.mkdir()
    (path / "run").mkdir()
    yield path
    for name in ("postgres", "valkey"):
        assert soon(lambda n=name: not locks.is_held(path / "run" / f"{n}.keeper")), "still up"
    place.discard(path)


@pytest.fixture
def start(data_dir: Path) -> Iterator[Callable[[], Command]]:
    started: list[Command] = []

    def begin() -> Command:
        started.append(Command(data_dir))
        return started[-1]

    yield begin
    for command in started:
        command.kill()


def test_two_commands_share_the_servers_and_the_last_one_stops_them(start, data_dir):
    first, second = start(), start()
    assert first.database == second.database
    first.end()
    time.sleep(0.5)
    assert answers(second.database), "the first command cut the second one off"
    second.end()
    assert soon(lambda: not answers(second.database))


def test_a_command_that_is_killed_leaves_no_server_behind(start, data_dir):
    command = start()
    pid = state(data_dir)["server_pid"]
    command.kill()
    assert soon(lambda: not processes.alive(pid))


@pytest.mark.parametrize("server", ["postgres", "valkey"])
def test_a_server_that_is_killed_comes_back_on_its_port(start, data_dir, server):
    command = start()
    before = state(data_dir, server)
    os.kill(before["server_pid"], signal.SIGKILL)
    assert soon(lambda: state(data_dir, server)["server_pid"] not in (None, before["server_pid"]))
    assert soon(lambda: state(data_dir, server)["status"] == "ready")
    assert state(data_dir, server)["url"] == before["url"]
    assert answers(command.database)


def test_what_was_committed_survives_the_kill_of_everything(start, data_dir):
    command = start()
    connection = psycopg2.connect(command.database)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    connection.commit()
    pids = [state(data_dir)["keeper_pid"], state(data_dir)["server_pid"], command.process.pid]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    cursor = psycopg2.connect(start().database).cursor()
    cursor.execute("SELECT answer FROM kept")
    assert cursor.fetchone() == (42,)


def test_a_killed_keeper_is_replaced_by_the_next_command_on_the_same_port(start, data_dir):
    first = start()
    os.kill(state(data_dir)["keeper_pid"], signal.SIGKILL)
    second = start()
    assert second.database == first.database
    assert answers(second.database)


def test_killed_keepers_do_not_pile_up_socket_folders(data_dir, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    environment.read_environment()
    first = Postgres(data_dir)._short_folder()
    assert Postgres(data_dir)._short_folder() == first
    first.rmdir()
    second = Postgres(data_dir)._short_folder()
    assert second.is_dir()
    assert second != first
    second.rmdir()


def test_the_embedded_server_keeps_every_promise_of_durability(start):
    cursor = psycopg2.connect(start().database).cursor()
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        cursor.execute(f"SHOW {name}")
        assert cursor.fetchone() == ("on",)


def test_nobody_gets_in_without_the_password(start):
    url = start().database
    assert answers(url)
    assert not answers(re.sub(r":[0-9a-f]{48}@", ":wrong@", url))
    assert not answers(re.sub(r":[0-9a-f]{48}@", "@", url))


def test_servers_that_are_given_are_used_and_none_is_started(data_dir, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/vax")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    with services.running_services(data_dir) as uses:
        assert uses == []
        assert os.environ["DATABASE_URL"] == "postgres://elsewhere/vax"


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("manage.py --help", False),
        ("manage.py migrate --help", False),
        ("manage.py compile_messages", False),
        ("manage.py check --deploy", False),
        ("manage.py check --database default", True),
        ("manage.py migrate", True),
        ("manage.py drain_certificates --once", True),
    ],
)
def test_only_commands_that_use_the_servers_start_them(line, needed):
    assert services.needs_services(line.split()) is needed


def test_secrets_are_made_once_and_only_their_owner_reads_them(data_dir, monkeypatch):
    names = [*environment.SECRETS, *environment.SIGNING_VARIABLES]
    seen = []
    for _ in range(2):
        for name in names:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DATA_DIR", str(data_dir))
        environment.export_secrets(environment.read_environment())
        seen.append([os.environ[name] for name in names])
    assert seen[0] == seen[1]
    for path in (data_dir / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((data_dir / "secrets").stat().st_mode) == 0o700


def test_a_secret_of_the_environment_wins(data_dir, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    monkeypatch.setenv("SECRET_KEY", "given")
    environment.export_secrets(environment.read_environment())
    assert os.environ["SECRET_KEY"] == "given"


def test_the_web_process_never_gets_the_signing_keys(data_dir, monkeypatch):
    monkeypatch.setenv("SIGNING_KEYS_DIR", "/keys")
    monkeypatch.setenv("SIGNING_PASSPHRASE", "open sesame")
    children = {child.name: child.environment for child in run.the_children(data_dir, 8000)}
    for name, variables in children.items():
        signs = name in ("worker", "certs")
        assert bool(variables["SIGNING_PASSPHRASE"]) is signs
        assert bool(variables["SIGNING_KEYS_DIR"]) is signs


def test_a_taken_port_is_said_in_a_sentence(data_dir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "vaxplatform.runner", "run"],
            cwd=ROOT,
            env=bare_environment(data_dir, PORT=str(port)),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr == (
        f"Port {port} is taken by another program. Choose another: make run PORT={port + 1}\n"
    )


def test_a_second_run_of_one_data_dir_is_refused_and_told_where_the_first_one_is(data_dir):
    lock = run.lock_run(data_dir, 8765)
    with pytest.raises(RunnerError, match="http://localhost:8765/"):
        run.lock_run(data_dir, 8766)
    lock.release()
    run.lock_run(data_dir, 8766).release()


def test_what_a_killed_run_left_behind_is_ended(data_dir):
    mine, others = (
        subprocess.Popen(["sleep", "600"], env={run.MARK: value, "PATH": os.environ["PATH"]})
        for value in (str(data_dir), "/somewhere/else")
    )
    run.end_leftovers(data_dir)
    assert mine.wait(timeout=10) == -signal.SIGTERM
    assert others.poll() is None
    others.kill()
    others.wait()


def test_a_shell_that_stands_in_the_servers_folder_is_left_alone(tmp_path):
    # A test run in the background of a shell ignores SIGINT, and so would its children.
    heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    shell = subprocess.Popen(["sleep", "600"], cwd=tmp_path, preexec_fn=heed)
    assert processes.working_in(tmp_path, "postgres") == []
    assert processes.working_in(tmp_path, "sleep") == [shell.pid]
    processes.clear_out(tmp_path, "postgres")
    assert shell.poll() is None
    processes.clear_out(tmp_path, "sleep", patience_seconds=2)
    assert shell.wait(timeout=5) == -signal.SIGINT


def test_a_port_is_remembered(tmp_path):
    first = ports.remembered(tmp_path / "port")
    assert ports.remembered(tmp_path / "port") == first


SUPERVISE = """
import pathlib, sys
from vaxplatform.runner.supervisor import Child, Supervisor
log = pathlib.Path(sys.argv[1])
steady = (
    f"open({str(log)!r}, 'a').write('start\\\\n'); "
    "import time; print('hello'); time.sleep(600)"
)
children = [Child("steady", "green", [sys.executable, "-u", "-c", steady], {})]
pids = log.with_suffix(".pid")
Supervisor(children, directory=log.parent).run(
    meanwhile=lambda: pids.write_text(str(children[0].process.pid))
)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[tuple[subprocess.Popen, Path]]:
    log = tmp_path / "log"
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(log)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert soon(lambda: log.exists() and (log.with_suffix(".pid")).exists())
    yield process, log
    process.kill()
    process.communicate()


def child_of(log: Path) -> int:
    return int(log.with_suffix(".pid").read_text() or 0)


def test_a_child_that_crashes_is_started_again_and_ended_with_the_run(supervisor):
    process, log = supervisor
    first = child_of(log)
    os.kill(first, signal.SIGKILL)
    assert soon(lambda: log.read_text() == "start\nstart\n")
    assert soon(lambda: child_of(log) not in (0, first))
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert output.splitlines() == [" steady │ hello"] * 2
    assert not processes.alive(child_of(log))


def test_a_killed_run_takes_its_children_with_it(supervisor):
    process, log = supervisor
    process.kill()
    assert soon(lambda: not processes.alive(child_of(log)))


def test_postgresql_runs_as_an_ordinary_user(start, data_dir):
    start()
    uid = Path(f"/proc/{state(data_dir)['server_pid']}").stat().st_uid
    way = json.loads((data_dir / "postgres" / "place.json").read_text())["way"]
    ours = os.geteuid()
    assert (way, uid) in {("dropped", place.NOBODY), ("namespace", ours), ("direct", ours)}
    assert (way == "direct") is (ours != 0)


def test_the_example_lists_every_setting():
    listed = set(re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    read = set()
    for path in (ROOT / "vaxplatform").rglob("*.py"):
        read |= set(re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)\"", path.read_text()))
    assert read
    assert read - listed == set()
