"""Which record is meant by name, birth and sex with a phone or the number of a paper.

The one way in which a look-up without an account, a claim, and the portal of 2021 find a person.
Found is told only to whoever has proven the phone on record (docs/adr/0021, 0023).
"""

from dataclasses import dataclass

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from registration.dose_facts import doses_on_record
from registration.models import Account, Citizen, DocumentKind, IdentityDocument, Sex
from registration.services.citizens import Paper
from registration.services.joined import only_who_go_on
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import InvalidIdNumber, is_vietnamese_mobile, normalise_id_number

ID_KINDS = (DocumentKind.CCCD, DocumentKind.CMND, DocumentKind.PASSPORT)


class NoSuchRecord(DomainError):
    """One answer for every way in which there is nothing to show to this phone."""

    code = "no_such_record"
    message = _(
        "Nothing is on record with these details for this phone number. Check the name, the date "
        "of birth and the number against the paper, or ask the response centre."
    )


@dataclass(frozen=True)
class Question:
    """A person as the asker names her; every text normalised. Papers are empty where none is given.

    `phone` E.164, or empty where a paper is named instead; `date_of_birth` YYYY[-MM[-DD]].
    `identification` as each kind of paper that its spelling allows, the likeliest first.
    """

    search_name: str
    date_of_birth: str
    sex: str
    phone: str
    identification: tuple[Paper, ...] = ()
    insurance: tuple[Paper, ...] = ()

    @property
    def key(self) -> str:
        """What a code is bound to: it opens nothing for another name, birth, sex or phone."""
        texts = (self.search_name, self.date_of_birth, self.sex, self.contact)
        digest = salted_hmac("registration.own_record", "|".join(texts), algorithm="sha256")
        return f"look_up:{digest.hexdigest()[:40]}"

    @property
    def contact(self) -> str:
        """What limits are counted by: the phone, or a keyed hash of the paper; 16 characters at
        most, and never both."""
        return self.phone or f"id:{self.identification[0].index.hex()[:13]}"


def papers_meant(text: str, *, field: str) -> tuple[Paper, ...]:
    """The papers that this spelling of a number may be. Raises InvalidIdNumber."""
    papers = []
    for kind in ID_KINDS:
        try:
            papers.append(Paper(kind, normalise_id_number(kind, text)))
        except InvalidIdNumber:
            continue
    if not papers:
        raise InvalidIdNumber(field=field)
    return tuple(papers)


@dataclass(frozen=True)
class Found:
    """The person on record, and which of the papers that were named are hers."""

    citizen: Citizen
    papers: frozenset[Paper]


def find_record(question: Question) -> Found | None:
    """The person, by the phone or, where none is named, by the paper.

    Of several records that fit, twins that nobody has joined yet, the one with most doses.
    """
    people = (
        people_of_phone(question.phone) if question.phone else _holders(question.identification)
    )
    fitting = []
    for citizen in people:
        known = _papers_on_record(citizen, question)
        if known is not None and _fits(citizen, question):
            fitting.append((doses_on_record(citizen), -citizen.pk, known))
    if not fitting:
        return None
    _doses, number, papers = max(fitting, key=lambda found: found[:2])
    citizen = Citizen.objects.select_related("province", "ward__parent").get(pk=-number)
    return Found(citizen, papers)


def phones_of(citizen: Citizen) -> list[str]:
    """The numbers that may be told of this record: the one on it, then those of its households in
    the order in which they joined. Without those whose account an official closed."""
    households = Account.objects.filter(household__citizen=citizen).order_by("household__joined_at")
    known = [citizen.phone, *households.values_list("phone", flat=True)]
    phones = [phone for phone in dict.fromkeys(known) if phone and is_vietnamese_mobile(phone)]
    closed = Account.objects.filter(phone__in=phones, is_active=False)
    shut = set(closed.values_list("phone", flat=True))
    return [phone for phone in phones if phone not in shut]


def people_of_phone(phone: str) -> list[Citizen]:
    """Whom the phone speaks for: its number is on their record, or they are of its household; each
    as the record that goes on. Nobody, where an official closed its account."""
    if Account.objects.filter(phone=phone, is_active=False).exists():
        return []
    named = Citizen.objects.filter(phone=phone).exclude(phone="")  # as the index is
    household = Citizen.objects.filter(households__account__phone=phone)
    return only_who_go_on((*named, *household))


def _holders(papers: tuple[Paper, ...]) -> list[Citizen]:
    indexes = [paper.index for paper in papers]
    kinds = {(paper.kind, paper.index) for paper in papers}
    documents = IdentityDocument.objects.filter(number_index__any=indexes)
    rows = documents.select_related("citizen")
    return only_who_go_on(
        row.citizen for row in rows if (row.kind, bytes(row.number_index)) in kinds
    )


def _fits(citizen: Citizen, question: Question) -> bool:
    """Name, sex, and the date of birth as far as it is on record."""
    return (
        citizen.search_name == question.search_name
        and question.date_of_birth.startswith(citizen.date_of_birth)
        and citizen.sex in (question.sex, Sex.OTHER)
    )


def _papers_on_record(citizen: Citizen, question: Question) -> frozenset[Paper] | None:
    """Which of the named papers are on the person's record; None where one contradicts it."""
    on_record = {
        (kind, bytes(index))
        for kind, index in IdentityDocument.objects.filter(citizen=citizen).values_list(
            "kind", "number_index"
        )
    }
    kinds = {kind for kind, _index in on_record}
    found = set()
    for spellings in (question.identification, question.insurance):
        hers = [paper for paper in spellings if (paper.kind, paper.index) in on_record]
        if spellings and not hers and spellings[0].kind in kinds:
            return None
        found.update(hers)
    return frozenset(found)
