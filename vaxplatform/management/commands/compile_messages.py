"""Compile the catalogues that changed: .po to .mo, with no gettext on the machine."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from vaxplatform.catalogues import compile_catalogue
from vaxplatform.management.commands.make_messages import project_apps


class Command(BaseCommand):
    help = "Compile locale/<app>/vi/LC_MESSAGES/django.po where its .mo is missing or older."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("apps", nargs="*", help="folder names; all apps when none is named")

    def handle(self, *args: Any, **options: Any) -> None:
        sources = [app.catalogue for app in project_apps(options["apps"])]
        written = sum(compile_catalogue(po) for po in sources if po.exists())
        self.stdout.write(f"{written} catalogues compiled")
