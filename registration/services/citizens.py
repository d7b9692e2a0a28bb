"""Finding and registering people, sets at a time."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from registration.models import Citizen, IdentityDocument
from registration.services.joined import who_go_on
from vaxplatform.bulk import insert_rows
from vaxplatform.crypto import blind_index
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import search_key


class IdentityDoesNotMatch(DomainError):
    """The number is on record for a person with another name or date of birth."""

    code = "identity_does_not_match"
    message = _(
        "The details do not fit what is on record for this document number. "
        "Check the number, the name and the date of birth against the paper."
    )


@dataclass(frozen=True)
class Paper:
    """A document number, already normalised (vaxplatform.vietnam)."""

    kind: str
    number: str

    @cached_property
    def index(self) -> bytes:
        return blind_index(self.kind, self.number)


@dataclass(frozen=True)
class CitizenDetails:
    """A person as a form, a file or another system names them; every text normalised.

    `phone` E.164 or empty; `date_of_birth` YYYY[-MM[-DD]]; `province_id`, `ward_id` are units.
    """

    full_name: str
    date_of_birth: str
    sex: str
    province_id: int
    ward_id: int | None = None
    phone: str = ""
    address: str = ""
    nationality: str = "VN"
    papers: tuple[Paper, ...] = ()

    @cached_property
    def search_name(self) -> str:
        return search_key(self.full_name)

    @property
    def contact_key(self) -> tuple[str, str, str] | None:
        """Name, birth and phone: enough to know a person again where no paper is given."""
        return (self.search_name, self.date_of_birth, self.phone) if self.phone else None

    @property
    def lock_keys(self) -> Iterable[int]:
        """Advisory lock numbers that two creations of the same person have in common."""
        texts = [paper.index.hex() for paper in self.papers]
        texts += ["|".join(self.contact_key)] if self.contact_key else []
        for text in texts:
            yield int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)


def agrees(citizen: Citizen, details: CitizenDetails) -> bool:
    """Whether name (accents aside) and date of birth (as far as both know it) are the same."""
    known, said = citizen.date_of_birth, details.date_of_birth
    return citizen.search_name == details.search_name and (
        known.startswith(said) or said.startswith(known)
    )


@dataclass(frozen=True)
class Recognised:
    """A citizen on record, and by what: the kind of a paper, or "contact" (phone, name and birth).

    `agrees`: whether name and date of birth are hers too; a number alone may be mistyped.
    `tells_nothing_new`: every paper named is on record.
    """

    citizen: Citizen
    by: str
    agrees: bool
    tells_nothing_new: bool = False


class _Known:
    """The citizens on record who may be among `people`, in four queries, and those met since."""

    def __init__(self, people: Sequence[CitizenDetails]) -> None:
        indexes = {paper.index for details in people for paper in details.papers}
        documents = IdentityDocument.objects.filter(number_index__any=indexes)
        holders = {
            (kind, bytes(index)): citizen_id
            for kind, index, citizen_id in documents.values_list(
                "kind", "number_index", "citizen_id"
            )
        }
        phones = {details.phone for details in people if details.phone}
        namesakes = Citizen.objects.filter(phone__any=phones).exclude(phone="")  # as the index is
        citizens = {c.pk: c for c in namesakes}
        go_on = who_go_on(citizens.values())
        self.by_contact: dict[tuple[str, str, str], Citizen] = {
            (c.search_name, c.date_of_birth, c.phone): go_on[c.pk]
            for c in sorted(citizens.values(), key=lambda c: c.merged_into_id is None)
        }
        others = Citizen.objects.filter(pk__any=set(holders.values()) - citizens.keys())
        citizens |= {c.pk: c for c in others}
        self.by_paper: dict[tuple[str, bytes], Citizen] = {
            paper: citizens[citizen_id]
            for paper, citizen_id in holders.items()
            if citizen_id in citizens
        }
        known = {c.pk for c in (*self.by_paper.values(), *self.by_contact.values())}
        self.kinds: defaultdict[int, set[str]] = defaultdict(set)
        on_file = IdentityDocument.objects.filter(citizen__any=known)
        for citizen_id, kind in on_file.values_list("citizen_id", "kind"):
            self.kinds[citizen_id].add(kind)
        self.on_record = frozenset(self.by_paper)

    def find(self, details: CitizenDetails) -> "Citizen | IdentityDoesNotMatch | None":
        found = self.recognise(details)
        if found is None:
            return None
        return found.citizen if found.agrees else IdentityDoesNotMatch()

    def recognise(self, details: CitizenDetails) -> "Recognised | None":
        for paper in details.papers:
            citizen = self.by_paper.get((paper.kind, paper.index))
            if citizen is not None:
                on_record = all((p.kind, p.index) in self.on_record for p in details.papers)
                return Recognised(citizen, paper.kind, agrees(citizen, details), on_record)
        namesake = self.by_contact.get(details.contact_key) if details.contact_key else None
        if namesake is None:
            return None
        # A paper of a kind that the namesake has with another number: another person.
        held = self.kinds[_key(namesake)]
        if any(paper.kind in held for paper in details.papers):
            return None
        return Recognised(namesake, "contact", True, not details.papers)

    def remember(self, details: CitizenDetails, citizen: Citizen) -> None:
        for paper in details.papers:
            self.by_paper.setdefault((paper.kind, paper.index), citizen)
            self.kinds[_key(citizen)].add(paper.kind)
        if details.contact_key:
            self.by_contact.setdefault(details.contact_key, citizen)


def _key(citizen: Citizen) -> int:
    """Names a person within a resolution, also before she is saved: rows above 0, others below."""
    return citizen.pk or -id(citizen)


def _lock(people: Iterable[CitizenDetails]) -> None:
    """Hold off whoever would create one of `people` meanwhile; sorted, so no deadlock."""
    keys = sorted({key for details in people for key in details.lock_keys})
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) WITH ORDINALITY"
                " AS keys(k, position) ORDER BY position",
                [keys],
            )


def _new_citizen(details: CitizenDetails) -> Citizen:
    return Citizen(
        full_name=details.full_name,
        search_name=details.search_name,
        date_of_birth=details.date_of_birth,
        sex=details.sex,
        phone=details.phone,
        address=details.address,
        nationality=details.nationality,
        province_id=details.province_id,
        ward_id=details.ward_id,
    )


class Resolution:
    """Who `people` are: `answers[i]` is the citizen of `people[i]`, perhaps not saved yet.

    Made inside a transaction by `resolve_citizens`; nothing is written until `save`.
    """

    def __init__(self, people: Sequence[CitizenDetails]) -> None:
        self.people = people
        self._known = _Known(people)
        strangers = [details for details in people if self._known.find(details) is None]
        if strangers:
            _lock(strangers)
            self._known = _Known(people)  # someone else may have created them while we waited
        self._given: dict[int, Citizen | IdentityDoesNotMatch] = {}
        self.answers = [self._answer(details) for details in people]

    def _answer(self, details: CitizenDetails) -> Citizen | IdentityDoesNotMatch:
        """The same details, handed in twice, are one person, whatever they lack."""
        if (answer := self._given.get(id(details))) is not None:
            return answer
        answer = self._known.find(details) or _new_citizen(details)
        if isinstance(answer, Citizen):
            self._known.remember(details, answer)
        self._given[id(details)] = answer
        return answer

    def save(self, *, positions: Iterable[int]) -> None:
        """Create the strangers at `positions` and file the papers given there, and no others."""
        chosen = [(self.people[i], self.answers[i]) for i in positions]
        people = [(details, c) for details, c in chosen if isinstance(c, Citizen)]
        strangers = {id(c): c for _d, c in people if c.pk is None}
        insert_rows(list(strangers.values()), key="public_id")
        new = {
            (paper.kind, paper.index): (paper, citizen)
            for details, citizen in people
            for paper in details.papers
            if (paper.kind, paper.index) not in self._known.on_record
        }
        documents = [
            IdentityDocument(
                citizen=citizen, kind=paper.kind, number=paper.number, number_index=index
            )
            for (_kind, index), (paper, citizen) in new.items()
        ]
        insert_rows(documents)


def resolve_citizens(*, people: Sequence[CitizenDetails]) -> Resolution:
    """Find each of `people` on record, or name a new citizen; twins in the set are one.

    A person is known by a document number, else by name, date of birth and phone together. Where
    a number is on record for somebody else, the answer is an IdentityDoesNotMatch. To be called
    in the transaction that saves: it keeps others from creating the same strangers until its end.
    """
    return Resolution(people)


def recognise_citizens(*, people: Sequence[CitizenDetails]) -> list[Recognised | None]:
    """Who of `people` is on record, and how that is known; None for those who are not.

    What a file's rows are judged by before anything is written: `resolve_citizens` decides.
    """
    known = _Known(people)
    return [known.recognise(details) for details in people]


@transaction.atomic
def find_or_create_citizen(*, details: CitizenDetails) -> Citizen:
    """The one citizen that `details` name; raises IdentityDoesNotMatch."""
    resolution = resolve_citizens(people=[details])
    (answer,) = resolution.answers
    if isinstance(answer, IdentityDoesNotMatch):
        raise answer
    resolution.save(positions=[0])
    return answer


def find_citizen_by_paper(*, paper: Paper) -> Citizen | None:
    """The person this document number is on record for."""
    document = (
        IdentityDocument.objects.filter(kind=paper.kind, number_index=paper.index)
        .select_related("citizen")
        .first()
    )
    return document.citizen if document else None
