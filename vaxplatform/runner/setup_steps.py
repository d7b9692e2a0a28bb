"""Brings the database and the files up to date, in one Django process so that it is quick.

`python -m vaxplatform.runner.setup_steps` expects a complete environment (services.py). Every step
is safe to repeat. Progress goes to stderr; stdout carries the demo's logins only.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import django

from vaxplatform.runner.environment import BASE_DIR
from vaxplatform.runner.terminal import say


def _migrate() -> bool:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not pending:
        return False
    say(f"bringing the database up to date ({len(pending)} migrations)")
    call_command("migrate", interactive=False, verbosity=0)
    return True


def _command(name: str, doing: str, **options: object) -> Callable[[], bool]:
    def step() -> bool:
        from django.core.management import call_command

        say(doing)
        call_command(name, stdout=sys.stderr, **options)
        return True

    return step


def _collect_static() -> bool:
    """Only where the pages are served from the collected files; in DEBUG they come from source."""
    from django.conf import settings

    if settings.DEBUG:
        return False
    return _command(
        "collectstatic", "collecting the static files", interactive=False, verbosity=0
    )()


def _print_logins() -> bool:
    from django.conf import settings
    from django.core.management import call_command

    if settings.DEBUG and settings.DEMO:
        call_command("demo_logins")
    return False


def _seed_demo() -> bool:
    from django.conf import settings

    if not settings.DEMO:
        return False
    return _command("seed_demo", "looking after the demo data")()


STEPS: tuple[Callable[[], bool], ...] = (
    _migrate,
    _command("load_reference_data", "loading places, vaccines and rules"),
    _collect_static,
    _seed_demo,
    _print_logins,
)


def compile_messages() -> None:
    """In a process of its own: Django reads the catalogues while it sets up, and keeps them."""
    say("compiling the translations")
    command = [sys.executable, "manage.py", "compile_messages"]
    subprocess.run(command, cwd=BASE_DIR, stdout=sys.stderr, check=True)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaxplatform.settings")
    compile_messages()
    django.setup()
    from django.core.management import CommandError

    for step in STEPS:
        began = time.monotonic()
        try:
            did_something = step()
        except CommandError as error:
            print(error, file=sys.stderr)
            return 1
        if did_something and (seconds := time.monotonic() - began) > 1:
            say(f"  {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
