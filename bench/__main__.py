"""`make bench`: every figure beside its reference, as a table and as bench/results.json.

Run by the runner with PostgreSQL at hand; works in a database of its own, dropped at the end.
"""

import json
import os
import pkgutil
import sys
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

DATABASE = f"vax_bench_{os.getpid()}"  # two runs at once do not drop each other's
RESULTS = Path(__file__).parent / "results.json"
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))


def _admin(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def main() -> int:
    server = os.environ["DATABASE_URL"]
    _admin(server, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    _admin(server, f"CREATE DATABASE {DATABASE}")
    os.environ["DATABASE_URL"] = urlunsplit(urlsplit(server)._replace(path=f"/{DATABASE}"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "vaxplatform.settings"
    os.environ["LOG_LEVEL"] = "WARNING"
    try:
        return _measure(sys.argv[1:])
    finally:
        _admin(server, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def _measure(chosen: list[str]) -> int:
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_reference_data", verbosity=0)
    import bench.figures
    from bench.result import table

    results = []
    for module in pkgutil.iter_modules(bench.figures.__path__):
        if not chosen or module.name in chosen:
            print(f"· {module.name}", file=sys.stderr, flush=True)
            results += import_module(f"bench.figures.{module.name}").measure(SECONDS)
    connection.close()
    RESULTS.write_text(json.dumps([r.as_dict() for r in results], indent=2) + "\n")
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
