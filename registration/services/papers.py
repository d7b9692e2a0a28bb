"""Papers that were filed under the wrong person."""

from collections.abc import Sequence

from django.db import transaction

from registration.models import Citizen, IdentityDocument
from registration.services.citizens import Paper


@transaction.atomic
def move_papers(*, papers: Sequence[Paper], of: Citizen, to: Citizen) -> int:
    """File those of `papers` that stand under `of` under `to`; returns how many that were."""
    return sum(
        IdentityDocument.objects.filter(
            citizen=of, kind=paper.kind, number_index=paper.index
        ).update(citizen=to)
        for paper in papers
    )
