"""An organisation registers its people with a spreadsheet: staged, looked at, then sent once.

The organisation's phone does not speak for the people it registers: they stand in nobody's
household by it, and their records are not changed. What the list is told of a person on record is
one answer, and few of those: it must not become a way to ask who is on record.
"""

import datetime
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.models import Count
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registration.models import (
    LIVE_REGISTRATION,
    Account,
    Citizen,
    PeopleList,
    PeopleListRow,
    PriorityGroup,
    RecordAccess,
    RowState,
    ShotRegistration,
)
from registration.people_sheet import Listed, RowReader, find_head
from registration.rules import plain_line
from registration.services.access import AccessPurpose
from registration.services.citizens import (
    IdentityDoesNotMatch,
    find_citizen_by_paper,
    resolve_citizens,
)
from registration.services.registrations import (
    ShotWish,
    check_day,
    check_wish,
    free_codes,
    made_of,
)
from registration.services.sms import queue_sms
from vaxplatform.errors import DomainError
from vaxplatform.sheets.files import open_rows
from vaxplatform.sheets.refusals import FileEmpty, FileRefused, FileTooLarge
from vaxplatform.vietnam import day_in_vietnam

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_ROWS: Final = 1_000
LISTED_A_DAY: Final = 3_000  # people of one phone
REFUSED_A_DAY: Final = 20  # people of one phone whose record did not fit
KEPT_FOR: Final = datetime.timedelta(days=30)


class TooManyPeople(FileRefused):
    code = "too_many_people"
    message = _("A list has %(most)d people at most. Split it.")


class TooManyListed(DomainError):
    code = "too_many_listed"
    message = _("A phone can register %(most)d people from lists a day. Send the rest tomorrow.")


class TooManyDoNotFit(DomainError):
    """More people do not fit what is on record than a list may be told of."""

    code = "too_many_do_not_fit"
    message = _(
        "Too many people of this list cannot be registered with these details, so nobody was. "
        "Check the numbers, names and dates of birth. If all is right, the response centre helps."
    )


class NothingToSend(DomainError):
    code = "nothing_to_send"
    message = _("No row of this list can be sent. Mend the file and send it again.")


@dataclass(frozen=True)
class ListAnswers:
    """What holds for everybody of a list."""

    organisation: str
    group: PriorityGroup
    wanted_on: datetime.date
    wanted_half: str
    dose_kind: str

    def as_json(self) -> dict[str, Any]:
        return {
            "group": self.group.number,
            "wanted_on": self.wanted_on.isoformat(),
            "wanted_half": self.wanted_half,
            "dose_kind": self.dose_kind,
        }


class _DoesNotFit(Exception):
    """Carries the people on record out of the transaction that is undone."""

    def __init__(self, people: Sequence[Citizen]) -> None:
        self.people = people
        super().__init__("refused")


def stage_list(
    *,
    account: Account,
    content: bytes,
    file_name: str,
    answers: ListAnswers,
    now: datetime.datetime,
) -> PeopleList:
    """Read the spreadsheet and keep its rows until they are sent.

    Raises FileRefused with the reason, or DayCannotBeWished; nothing is written then.
    """
    check_day(answers.wanted_on, now=now)
    if len(content) > MOST_BYTES:
        raise FileTooLarge
    head, rows = _rows_of(content)
    reader = RowReader(head.columns, today=day_in_vietnam(now))
    with transaction.atomic():
        staged = PeopleList.objects.create(
            account=account,
            organisation=answers.organisation,
            file_name=plain_line(file_name)[:120],
            headings=list(head.texts),
            columns={str(position): field for position, field in head.columns.items()},
            answers=answers.as_json(),
            created_at=now,
        )
        PeopleListRow.objects.bulk_create(
            [_staged_row(staged, reader, line, cells) for line, cells in rows], batch_size=500
        )
    return staged


def _rows_of(content: bytes) -> tuple[Any, list[tuple[int, list[Any]]]]:
    with tempfile.NamedTemporaryFile(suffix=".sheet") as file:
        file.write(content)
        file.flush()
        with open_rows(Path(file.name)) as found:
            head = find_head(found.first(15))
            rows = [(line, cells) for line, cells in found if line > head.line]
    if not rows:
        raise FileEmpty
    if len(rows) > MOST_ROWS:
        raise TooManyPeople(most=MOST_ROWS)
    return head, rows


def _staged_row(
    staged: PeopleList, reader: RowReader, line: int, cells: list[Any]
) -> PeopleListRow:
    listed, _faults = reader.read(cells)
    return PeopleListRow(
        people_list=staged,
        line=line,
        cells=json.dumps(cells[: len(staged.headings)], ensure_ascii=False),
        state=RowState.READY if listed else RowState.FAULTY,
    )


def reader_of(staged: PeopleList, *, now: datetime.datetime) -> RowReader:
    columns = {int(position): field for position, field in staged.columns.items()}
    return RowReader(columns, today=day_in_vietnam(now))


def counts_of(staged: PeopleList) -> dict[str, int]:
    """How many rows are in each state."""
    found = dict(staged.rows.order_by().values_list("state").annotate(Count("pk")))
    return {state.value: found.get(state.value, 0) for state in RowState}


def send_list(*, staged: PeopleList, consent: bool, now: datetime.datetime) -> None:
    """Register everybody whose row is right; sending twice is one sending.

    Raises ConsentIsNeeded, DayCannotBeWished, NothingToSend, TooManyListed or TooManyDoNotFit;
    nobody is registered then. Not to be called within a transaction: the traces of people whose
    record did not fit must stay.
    """
    account = staged.account
    _check_limits(account, staged, now=now)
    try:
        with transaction.atomic():
            _send(staged, consent=consent, now=now)
    except _DoesNotFit as refusal:
        _log(account, refusal.people[:REFUSED_A_DAY], AccessPurpose.CLAIM_REFUSED)
        raise TooManyDoNotFit from None


def _check_limits(account: Account, staged: PeopleList, *, now: datetime.datetime) -> None:
    since = now - datetime.timedelta(days=1)
    rows = PeopleListRow.objects.filter(people_list__account=account, registration__isnull=False)
    sent = rows.filter(people_list__sent_at__gt=since).count()
    if sent + staged.rows.filter(state=RowState.READY).count() > LISTED_A_DAY:
        raise TooManyListed(most=LISTED_A_DAY)
    if _refused_since(account, since) >= REFUSED_A_DAY:
        raise TooManyDoNotFit


def _refused_since(account: Account, since: datetime.datetime) -> int:
    refused = RecordAccess.objects.filter(
        account=account, purpose=AccessPurpose.CLAIM_REFUSED, at__gt=since
    )
    return refused[:REFUSED_A_DAY].count()


def _send(staged: PeopleList, *, consent: bool, now: datetime.datetime) -> None:
    unsent = PeopleList.objects.filter(pk=staged.pk, sent_at=None)
    if not unsent.update(sent_at=now):
        return
    reader = reader_of(staged, now=now)
    rows = list(staged.rows.filter(state=RowState.READY))
    read = [(row, reader.read(json.loads(row.cells))[0]) for row in rows]
    people = [(row, listed) for row, listed in read if listed is not None]
    if not people:
        raise NothingToSend
    group = PriorityGroup.objects.get(number=staged.answers["group"])
    for _row, listed in people:
        wish = _wish(staged, listed, group, consent=consent)
        check_wish(wish, date_of_birth=listed.details.date_of_birth, now=now)
    done = _register(staged, people, group, now=now)
    PeopleListRow.objects.bulk_update([row for row, _l in people], ["state", "registration"])
    _tell(staged, registered=done, now=now)


def _wish(staged: PeopleList, listed: Listed, group: PriorityGroup, *, consent: bool) -> ShotWish:
    answers = staged.answers
    return ShotWish(
        group=group,
        wanted_on=datetime.date.fromisoformat(answers["wanted_on"]),
        wanted_half=answers["wanted_half"],
        dose_number=listed.dose_number,
        dose_kind=answers["dose_kind"],
        medical_history={},
        consent=consent,
        guardian=listed.guardian,
    )


Row = tuple[PeopleListRow, Listed]


def _register(
    staged: PeopleList, people: Sequence[Row], group: PriorityGroup, *, now: datetime.datetime
) -> int:
    """Registrations for those whose record fits, and the rows marked; returns how many."""
    account = staged.account
    resolution = resolve_citizens(people=[listed.details for _row, listed in people])
    live = _with_live_registration(resolution.answers)
    taken: set[int] = set()
    good: list[int] = []
    for position, answer in enumerate(resolution.answers):
        if isinstance(answer, Citizen) and answer.pk not in live and id(answer) not in taken:
            taken.add(id(answer))
            good.append(position)
            _tell_work(answer, people[position][1], staged.organisation)
    _refuse(staged, people, resolution.answers, good)
    known = [answer for n in good if isinstance(answer := resolution.answers[n], Citizen)]
    on_record = [citizen for citizen in known if citizen.pk]
    resolution.save(positions=good)
    _log(account, on_record, AccessPurpose.LISTED)
    made = [
        made_of(
            account=account,
            citizen=citizen,
            wish=_wish(staged, people[position][1], group, consent=True),
            now=now,
        )
        for position, citizen in zip(good, known, strict=True)
    ]
    for registration, code in zip(made, free_codes(len(made)), strict=True):
        registration.code = code
    ShotRegistration.objects.bulk_create(made, batch_size=500)
    for position, registration in zip(good, made, strict=True):
        row = people[position][0]
        row.state, row.registration = RowState.REGISTERED, registration
    return len(made)


def _tell_work(citizen: Citizen, listed: Listed, organisation: str) -> None:
    """Work of somebody new; a record that exists is not changed by a list."""
    if citizen.pk is None:
        citizen.occupation, citizen.workplace = listed.occupation, organisation


def _with_live_registration(answers: Sequence[Citizen | IdentityDoesNotMatch]) -> set[int]:
    """Who of the people on record has a registration under way; they are held until the end."""
    keys = sorted(a.pk for a in answers if isinstance(a, Citizen) and a.pk)
    held = Citizen.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    list(held.values_list("pk", flat=True))
    live = ShotRegistration.objects.filter(citizen__in=keys, status__in=LIVE_REGISTRATION)
    return set(live.values_list("citizen", flat=True))


def _refuse(
    staged: PeopleList,
    people: Sequence[Row],
    answers: Sequence[Citizen | IdentityDoesNotMatch],
    good: Sequence[int],
) -> None:
    """Mark the rows that stay behind, and keep the attempt where its owner can read it."""
    owners: list[Citizen] = []
    for position in sorted(set(range(len(people))).difference(good)):
        row, listed = people[position]
        row.state = RowState.REFUSED
        answer = answers[position]
        if isinstance(answer, IdentityDoesNotMatch):
            found = (find_citizen_by_paper(paper=paper) for paper in listed.details.papers)
            owners += [next((owner for owner in found if owner), None)]  # type: ignore[list-item]
        elif answer.pk:
            owners.append(answer)
    owners = [owner for owner in owners if owner]
    if len(owners) >= REFUSED_A_DAY:
        raise _DoesNotFit(owners)
    _log(staged.account, owners, AccessPurpose.CLAIM_REFUSED)


def _log(account: Account, people: Sequence[Citizen], purpose: AccessPurpose) -> None:
    RecordAccess.objects.bulk_create(
        [RecordAccess(citizen=citizen, account=account, purpose=purpose) for citizen in people]
    )


def _tell(staged: PeopleList, *, registered: int, now: datetime.datetime) -> None:
    account = staged.account
    if account.phone is None or not registered:
        return
    with translation.override(account.language):
        text = gettext("Your list is received: %(count)d people are registered for a shot.")
        queue_sms(phone=account.phone, text=text % {"count": registered}, now=now)


def purge_lists(now: datetime.datetime) -> int:
    """Delete lists of more than 30 days, with what their rows said; returns how many."""
    old = PeopleList.objects.filter(created_at__lt=now - KEPT_FOR)
    PeopleListRow.objects.filter(people_list__in=old).delete()
    return old.delete()[0]
