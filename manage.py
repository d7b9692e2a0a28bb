#!/usr/bin/env python
"""Django's command line, with the embedded PostgreSQL and Redis at hand where no other is named."""

import os
import sys


def main() -> None:
    """Run a management command against the services of this DATA_DIR, started here if need be."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaxplatform.settings")
    from vaxplatform.runner.services import services_at_hand

    with services_at_hand():
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
