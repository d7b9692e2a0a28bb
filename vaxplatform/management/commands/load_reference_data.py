from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from vaxplatform.reference import LOADERS


class Command(BaseCommand):
    help = (
        "Load places, priority groups, vaccines and rules; adds what is missing, changes nothing."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for name, load in LOADERS.items():
            self.stdout.write(f"{name}: {load()} rows")
