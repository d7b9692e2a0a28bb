"""`make bench`: every figure beside its reference, as a table; a whole run is also written to
bench/results.json and docs/benchmarks.md. `make bench FIGURES="sign verify"` measures some of them.

Run by the runner with PostgreSQL at hand; works in a database of its own, dropped at the end.
"""

import datetime
import json
import os
import pkgutil
import platform
import sys
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

DATABASE = f"vax_bench_{os.getpid()}"  # two runs at once do not drop each other's
RESULTS = Path(__file__).parent / "results.json"
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
MARK = "<!-- the last whole run, written by `make bench` -->\n"
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
    from bench.result import markdown, table

    machine = _machine()

    results = []
    for module in pkgutil.iter_modules(bench.figures.__path__):
        if not chosen or module.name in chosen:
            print(f"· {module.name}", file=sys.stderr, flush=True)
            results += import_module(f"bench.figures.{module.name}").measure(SECONDS)
    connection.close()
    print(table(results))
    if not chosen:
        figures = [result.as_dict() for result in results]
        RESULTS.write_text(json.dumps({**machine, "figures": figures}, indent=2) + "\n")
        words = ", ".join(f"{name} {value}" for name, value in machine.items())
        before, mark, _last = PAGE.read_text().partition(MARK)
        PAGE.write_text(f"{before}{mark}\n{words}.\n\n{markdown(results)}\n")
    return 0


def _machine() -> dict[str, object]:
    """What the figures depend on, as it is before the first of them."""
    return {
        "date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "Python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main())
