from typing import Any

from django.core.management.base import BaseCommand

from certificates.services import keys


class Command(BaseCommand):
    help = "Print the trust list (JSON like the EU gateway's): the keys that may be believed."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(keys.published_keys().to_json())
