"""Record doses one by one over HTTP, beside pgbench writing the same rows one by one."""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

from django.utils import timezone

from bench.ground import VACCINE, make_lot, sql_of_doses
from bench.pgbench import transactions_per_second
from bench.result import Result
from sites.models import Lot
from sites.services.access import create_api_client

CLIENTS = 8


def measure(seconds: int) -> list[Result]:
    lot = make_lot()
    _client, token = create_api_client(name="benchmark", site=lot.site)
    with _web_server() as port:
        _drive(port, token, lot, seconds=2)  # warm
        recorded = _drive(port, token, lot, seconds=seconds)
    reference = transactions_per_second(
        sql_of_doses(lot=make_lot(), count=1), clients=CLIENTS, seconds=seconds
    )
    return [
        Result(
            "record one dose over HTTP",
            "doses",
            recorded / seconds,
            f"pgbench, {CLIENTS} clients",
            reference,
        )
    ]


@contextmanager
def _web_server() -> Iterator[int]:
    """gunicorn with two workers, as `make run` starts it, without the signing keys."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SIGNING_")}
    server = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "gunicorn"),
            *("vaxplatform.wsgi", "--workers", "2", "--threads", "4", "--log-level", "error"),
            *("--bind", f"127.0.0.1:{port}"),
        ],
        env={**environment, "DEBUG": "0"},
    )
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(port: int) -> None:
    """Until a worker answers; the port alone is open before any of them can."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/livez")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("the web server did not come up")


def _drive(port: int, token: str, lot: Lot, *, seconds: int) -> int:
    """Post doses from CLIENTS threads for `seconds`; returns how many were recorded."""
    until = time.monotonic() + seconds

    def client(_number: int) -> int:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        recorded = 0
        while time.monotonic() < until:
            connection.request("POST", "/api/v1/doses/", _body(lot), headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 201:
                raise RuntimeError(f"a dose was answered with {answer.status}")
            recorded += 1
        return recorded

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(client, range(CLIENTS)))


def _body(lot: Lot) -> str:
    key = uuid.uuid4()
    return json.dumps(
        {
            "idempotency_key": str(key),
            "citizen": {
                "full_name": "Nguyễn Thị Ánh Tuyết",
                "date_of_birth": "1987-03-12",
                "sex": "female",
                "id_type": "cccd",
                "id_number": f"{key.int % 10**12:012d}",
                "province_code": "01",
            },
            "dose_number": 1,
            "dose_kind": "primary",
            "vaccine": VACCINE,
            "lot_number": lot.number,
            "administered_at": timezone.localtime().isoformat(),
            "vaccinator": "Lê Thị Mai",
            "source": "live",
        }
    )
