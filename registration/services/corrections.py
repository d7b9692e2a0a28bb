"""Correcting a person's record, after somebody saw the papers."""

import datetime
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from registration.models import Citizen, IdentityCheck, IdentityDocument
from registration.services.citizens import Paper
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import search_key

# A change of one of these makes what the population database said of the person void.
CHECKED = frozenset({"full_name", "date_of_birth", "sex"})


class RecordWasJoined(DomainError):
    """Nothing new is written to a record that was joined with another one."""

    code = "record_was_joined"
    message = _("This record was joined with another one of the same person. Correct that one.")


class NumberNotAccepted(DomainError):
    """Somebody else's record has the number. Who that is is not said: `holder_id` is for the
    service that puts the two records before a person."""

    code = "number_not_accepted"
    message = _(
        "This number could not be put on record. It is being looked at by those who judge records "
        "of the same person."
    )

    def __init__(self, *, holder_id: int) -> None:
        self.holder_id = holder_id
        super().__init__()


@dataclass(frozen=True)
class CitizenChanges:
    """What is right of a person, every text normalised; None leaves a fact as it stands.

    Each of `papers` takes the place of the person's paper of its kind, or is the first of it.
    """

    full_name: str | None = None
    date_of_birth: str | None = None
    sex: str | None = None
    phone: str | None = None
    address: str | None = None
    papers: tuple[Paper, ...] = ()


@transaction.atomic
def correct_citizen(
    *, citizen: Citizen, changes: CitizenChanges, now: datetime.datetime
) -> Citizen:
    """Write what is right; certificates follow a changed name or birth by themselves.

    What the population database said counts as not asked yet, where the change touches it.
    Raises RecordWasJoined or NumberNotAccepted.
    """
    citizen = Citizen.objects.select_for_update(no_key=True, of=("self",)).get(pk=citizen.pk)
    if citizen.merged_into_id is not None:
        raise RecordWasJoined
    facts = ("full_name", "date_of_birth", "sex", "phone", "address")
    given = {name: getattr(changes, name) for name in facts}
    changed = {name: value for name, value in given.items() if value is not None}
    if changes.papers or CHECKED & changed.keys():
        changed["identity_check"] = IdentityCheck.NOT_CHECKED
    if "full_name" in changed:
        changed["search_name"] = search_key(changed["full_name"])
    for name, value in changed.items():
        setattr(citizen, name, value)
    if changed:
        citizen.save(update_fields=list(changed))
    for paper in changes.papers:
        _file(paper, citizen, now)
    return citizen


def _file(paper: Paper, citizen: Citizen, now: datetime.datetime) -> None:
    same = IdentityDocument.objects.filter(kind=paper.kind, number_index=paper.index)
    holder = same.values_list("citizen_id", flat=True).first()
    if holder == citizen.pk:
        return
    if holder is not None:
        raise NumberNotAccepted(holder_id=holder)
    row = citizen.documents.filter(kind=paper.kind).order_by("-pk").first()
    document = row or IdentityDocument(citizen=citizen, kind=paper.kind)
    document.number, document.number_index, document.added_at = paper.number, paper.index, now
    try:
        with transaction.atomic():
            document.save()
    except IntegrityError:  # somebody was registered with it meanwhile
        raise NumberNotAccepted(holder_id=same.get().citizen_id) from None
