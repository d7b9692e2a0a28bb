import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates import published
from certificates.models import RevocationBatch
from certificates.services import keys
from certificates.services.publishing import KEY_SET, SIGNED_KEY_SET

FILES = {"jwks": KEY_SET, "jws": SIGNED_KEY_SET}
FORMATS = ("dgcg", *FILES, "revocations")


class Command(BaseCommand):
    help = "Print what verifiers need: the keys that may be believed, or the revocation batches."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--format",
            choices=FORMATS,
            default="dgcg",
            help="dgcg: JSON like the EU gateway's trust list (as of now); jwks and jws: the key "
            "set, plain and signed, as published last; revocations: every batch in force",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(_text(options["format"]))


def _text(form: str) -> str:
    if form == "dgcg":
        return keys.published_keys().to_json()
    if form == "revocations":
        in_force = RevocationBatch.objects.filter(deleted_at__isnull=True).select_related("key")
        batches = in_force.order_by("pk").iterator(chunk_size=100)
        return json.dumps([published.batch_as_dict(batch) for batch in batches], indent=1)
    content = published.file_content(FILES[form])
    if content is None:
        raise CommandError("Nothing has been published yet: a worker does it (publish_lists).")
    return content.decode()
