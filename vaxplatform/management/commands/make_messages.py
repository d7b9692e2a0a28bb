"""Bring the Vietnamese catalogues up to date with code and templates, or check that they are."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from vaxplatform.catalogues import AppSources, check, write


def project_apps(names: list[str]) -> list[AppSources]:
    """The apps that live in this repository; all, or those named. Raises CommandError."""
    root = Path(settings.BASE_DIR)
    known = {
        config.name: AppSources(config.name, root)
        for config in apps.get_app_configs()
        if Path(config.path).parent == root
    }
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise CommandError(f"No such app here: {', '.join(unknown)}. Known: {', '.join(known)}.")
    return [known[name] for name in names or known]


class Command(BaseCommand):
    help = "Write locale/<app>/vi/LC_MESSAGES/django.po, keeping translations."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("apps", nargs="*", help="folder names; all apps when none is named")
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; exit 1 when a message is missing, untranslated, fuzzy or differs "
            "in its placeholders",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = project_apps(options["apps"])
        if options["check"]:
            self.check_catalogues(chosen)
        else:
            self.write_catalogues(chosen)

    def check_catalogues(self, chosen: list[AppSources]) -> None:
        findings = [finding for app in chosen for finding in check(app)]
        for finding in findings:
            self.stderr.write(str(finding))
        if findings:
            raise CommandError(f"{len(findings)} messages are not ready in Vietnamese.")
        self.stdout.write("Every message is ready in Vietnamese.")

    def write_catalogues(self, chosen: list[AppSources]) -> None:
        lenders = project_apps([])
        for app in chosen:
            result = write(app, lenders)
            state = "written" if result.changed else "unchanged"
            self.stdout.write(
                f"{app.name}: {result.messages} messages, {result.untranslated} not translated, "
                f"{len(result.dropped)} dropped, {state}"
            )
