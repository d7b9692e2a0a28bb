"""The embedded PostgreSQL of one DATA_DIR."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg2

from vaxplatform.runner import ports, processes
from vaxplatform.runner.environment import kept_secret
from vaxplatform.runner.errors import RunnerError
from vaxplatform.runner.place import find_place, noted_outside

USER = DATABASE = "vax"
MEGABYTE = 1 << 20
LONGEST_SOCKET_FOLDER = 80  # bytes; a socket's whole path may have 107


class Postgres:
    """Starts, asks and stops the server; `keeper.py` decides when."""

    name = "postgres"
    title = "PostgreSQL"

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.password = kept_secret(data_dir, "POSTGRES_PASSWORD", lambda: secrets.token_hex(24))
        self.port_file = data_dir / "run" / "postgres.port"
        self.port = ports.remembered(self.port_file)

    @property
    def url(self) -> str:
        return f"postgres://{USER}:{quote(self.password)}@127.0.0.1:{self.port}/{DATABASE}"

    def notice(self) -> str | None:
        if outside := noted_outside(self.data_dir):
            return (
                f"an unprivileged user cannot reach {self.data_dir}, so PostgreSQL's files are "
                f"in {outside}; keep the two together"
            )
        return None

    def prepare(self) -> None:
        """Make the data folder on first use; end what a killed predecessor left running."""
        self.place = find_place(self.data_dir)
        processes.clear_out(self.place.data, "postgres")
        if not self.place.data.exists():
            self._initialise()
        version = (self.place.data / "PG_VERSION").read_text().strip()
        if version != "18":
            raise RunnerError(
                f"{self.place.data} was made by PostgreSQL {version}; this is 18. Dump it with "
                "the old version and load the dump into a new DATA_DIR."
            )
        (self.place.data / "postmaster.pid").unlink(missing_ok=True)  # nobody works there
        if not ports.is_free(self.port):
            self.port = ports.choose(self.port_file)
        self.sockets = self._socket_folder()

    def start(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        processes.clear_out(
            self.place.data, "postgres"
        )  # backends that outlived a killed postmaster
        (self.place.data / "postmaster.pid").unlink(missing_ok=True)
        options = [f"-c{name}={value}" for name, value in self._settings().items()]
        return subprocess.Popen(
            self.place.command("postgres", "-D", str(self.place.data), *options),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=processes.die_with_parent(signal.SIGINT),
            **self.place.popen_options(),
        )

    def answers(self) -> bool:
        """Whether it takes a connection and a query; the database is made on the way.

        Raises RunnerError where it answers but not to our password.
        """
        try:
            self._query(DATABASE, "SELECT 1")
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise RunnerError(
                    f"{self.data_dir / 'secrets' / 'POSTGRES_PASSWORD'} is not the password of "
                    f"the database in {self.place.data}."
                ) from error
            if f'database "{DATABASE}" does not exist' in str(error):
                self._query("postgres", f"CREATE DATABASE {DATABASE}")
                return True
            return False
        return True

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Fast shutdown: open transactions are rolled back, a checkpoint is written."""
        processes.stop(process, (signal.SIGINT, 60), (signal.SIGQUIT, 10))
        if self.sockets.parent != self.place.home:
            shutil.rmtree(self.sockets.parent, ignore_errors=True)

    def _query(self, database: str, statement: str) -> None:
        connection = psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self.password,
            dbname=database,
            connect_timeout=3,
        )
        connection.autocommit = True
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def _initialise(self) -> None:
        """initdb into a draft folder: a kill in between leaves nothing half-made behind."""
        draft, password_file = self.place.home / "data.draft", self.place.home / "password"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        self.place.give(draft)
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        self.place.give(password_file)
        result = subprocess.run(
            self.place.command(
                "initdb",
                *("-D", str(draft), "-U", USER, "-E", "UTF8", "-k", "--no-instructions"),
                *("--auth=scram-sha-256", f"--pwfile={password_file}"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **self.place.popen_options(),
        )
        password_file.unlink(missing_ok=True)
        if result.returncode:
            raise RunnerError(f"initdb could not make {draft}:\n{result.stdout}{result.stderr}")
        draft.rename(self.place.data)

    def _socket_folder(self) -> Path:
        folder = self.place.home / "sockets"
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
            folder = self._short_folder() / "sockets"
        folder.mkdir(exist_ok=True)
        self.place.give(folder)
        return folder

    def _short_folder(self) -> Path:
        """One under the temporary folder: that of a killed predecessor, or a new one, noted."""
        note = self.data_dir / "run" / "postgres.sockets"
        if note.exists():
            noted = Path(note.read_text())
            if noted.is_dir() and not noted.is_symlink() and noted.stat().st_uid == os.geteuid():
                return noted
        made = Path(tempfile.mkdtemp(prefix="vaxplatform-"))
        made.chmod(0o711)
        note.write_text(str(made))
        return made

    def _settings(self) -> dict[str, str]:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
        return {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.sockets),
            "max_connections": "200",
            "shared_buffers": f"{min(max(memory // 16, 64), 512)}MB",
            "effective_cache_size": f"{max(memory // 2, 128)}MB",
            "random_page_cost": "1.1",
            "max_wal_size": "2GB",
            "dynamic_shared_memory_type": _shared_memory_type(),
            "timezone": "UTC",
            "log_timezone": "UTC",
            # An acknowledged dose is on disk.
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            # No values from statements, keys or parameters in the log: they are personal data.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            "log_parameter_max_length_on_error": "0",
            "log_lock_waits": "on",
        }


def _shared_memory_type() -> str:
    """posix, unless /dev/shm is as small as containers like to make it."""
    try:
        space = os.statvfs("/dev/shm")  # noqa: S108 - the kernel's shared memory, not a file
    except OSError:
        return "mmap"
    return "posix" if space.f_frsize * space.f_blocks >= 256 * MEGABYTE else "mmap"
