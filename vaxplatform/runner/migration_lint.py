"""Whether our migrations can run while the old version still serves (expand, then contract).

`python -m vaxplatform.runner.migration_lint` uses django-migration-linter without making it an
app of the project: it is a tool of the tests, not of the platform. Exit 1 where it finds an error.
"""

import logging
import os
import sys

import django

# The number of the last migration of each app that belongs to the first release: no older version
# ever runs beside these. Migrations after them must suit the version that still serves.
FIRST_RELEASE = {
    "registration": 3,
    "vaccination_sites": 2,
    "certificates": 2,
    "public_portal": 1,
    "response_center": 2,
}

# What the linter finds fault with, and why the version that still serves lives with it.
REVIEWED = {
    "0010_one_key_signs_for_each_group": "it retires every other key when it makes one, as before",
}


def of_the_first_release() -> list[str]:
    """The names of the migrations that need not suit an older version."""
    from django.db.migrations.loader import MigrationLoader

    return [
        name
        for app, name in MigrationLoader(None).disk_migrations
        if name[:4].isdigit() and int(name[:4]) <= FIRST_RELEASE.get(app, 0)
    ]


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaxplatform.settings")
    logging.disable(logging.WARNING)
    django.setup()
    from django_migration_linter import MigrationLinter

    linter = MigrationLinter(
        include_apps=list(FIRST_RELEASE),
        ignore_name=[*of_the_first_release(), *REVIEWED],
        no_cache=True,
        quiet=["ok", "ignore"],
    )
    linter.lint_all_migrations()
    linter.print_summary()
    return int(linter.has_errors)


if __name__ == "__main__":
    sys.exit(main())
