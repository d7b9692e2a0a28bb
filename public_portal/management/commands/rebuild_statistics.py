from typing import Any

from django.core.management.base import BaseCommand

from public_portal.services.rollups import rebuild_statistics


class Command(BaseCommand):
    help = "Count every statistic anew, print the rows that had drifted, and put them right."

    def handle(self, *args: Any, **options: Any) -> None:
        drifted = rebuild_statistics(report=self.stdout.write)
        self.stdout.write(f"{drifted} rows had drifted." if drifted else "No drift.")
