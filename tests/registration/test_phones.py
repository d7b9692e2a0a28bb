"""Phones that see a record, and a household's new number: nobody is locked out or let in."""

import datetime

import pytest

from registration.models import Account, CodePurpose, HouseholdMember, SmsMessage
from registration.selectors import household_of
from registration.services import codes
from registration.services.access import AccessPurpose
from registration.services.accounts import AccountClosed
from registration.services.codes import send_code
from registration.services.households import NotInHousehold
from registration.services.phones import (
    CannotEndThisPhone,
    NumberIsInUse,
    SameNumber,
    TooEarlyToReplace,
    end_phone,
    memberships_of,
    move_to_number,
    put_on_record,
)
from tests.factories import make_account, make_citizen

pytestmark = pytest.mark.django_db
NEW, CODE = "+84987654321", "123456"
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def fixed(monkeypatch, settings):
    settings.SMS_BACKEND, settings.SMS_FILE = "file", "/dev/null"
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _n: int(CODE))


def membership(account, citizen) -> HouseholdMember:
    return memberships_of(citizen).get(account=account)


def move(account, now, *, to=NEW):
    send_code(phone=to, purpose=CodePurpose.MOVE_TO, session_key="b", now=now)
    return move_to_number(account=account, phone=to, session_key="b", code=CODE, now=now)


def test_a_phone_ends_it_for_those_that_came_after_it_and_not_for_those_before(now):
    person = make_citizen(phone="")
    first, second = make_account(members=(person,)), make_account(members=(person,))
    with pytest.raises(CannotEndThisPhone):
        end_phone(account=second, membership=membership(first, person), now=now)
    end_phone(account=first, membership=membership(second, person), now=now)
    assert [row.account for row in memberships_of(person)] == [first]
    assert SmsMessage.objects.get().phone == second.phone
    assert person.accesses.get().purpose == AccessPurpose.PHONE_ENDED


def test_the_phone_on_record_ends_it_for_any_and_is_ended_by_none(now):
    person = make_citizen(phone=NEW)
    first = make_account(members=(person,))
    hers = make_account(phone=NEW, members=(person,))
    with pytest.raises(CannotEndThisPhone):
        end_phone(account=first, membership=membership(hers, person), now=now)
    end_phone(account=hers, membership=membership(first, person), now=now)
    assert list(household_of(hers)) == [person]


def test_a_phone_may_always_go_itself_and_strangers_end_nothing(now):
    person = make_citizen()
    account = make_account(members=(person,))
    with pytest.raises(NotInHousehold):
        end_phone(account=make_account(), membership=membership(account, person), now=now)
    end_phone(account=account, membership=membership(account, person), now=now)
    assert not household_of(account).exists()


def test_a_number_that_nobody_uses_here_is_replaced_on_the_record_and_told(now):
    person = make_citizen(phone=NEW)
    account = make_account(members=(person,))
    HouseholdMember.objects.update(joined_at=now)
    with pytest.raises(TooEarlyToReplace):
        put_on_record(account=account, citizen=person, now=now + 29 * DAY)
    put_on_record(account=account, citizen=person, now=now + 30 * DAY)
    person.refresh_from_db()
    assert person.phone == account.phone
    assert SmsMessage.objects.get().phone == NEW


def test_a_record_without_a_number_takes_one_at_once(now):
    person = make_citizen(phone="")
    account = make_account(members=(person,))
    put_on_record(account=account, citizen=person, now=now)
    person.refresh_from_db()
    assert person.phone == account.phone


def test_a_number_that_sees_the_record_itself_stays_on_it(now):
    person = make_citizen(phone=NEW)
    make_account(phone=NEW, members=(person,))
    account = make_account(members=(person,))
    with pytest.raises(NumberIsInUse):
        put_on_record(account=account, citizen=person, now=now)
    with pytest.raises(NotInHousehold):
        put_on_record(account=make_account(), citizen=person, now=now)


def test_a_household_moves_to_its_new_number_with_everybody_and_the_old_one_is_told(now):
    hers, other = make_citizen(phone="+84911222333"), make_citizen()
    account = make_account(phone="+84911222333", members=(hers, other))
    kept = other.phone
    moved = move(account, now)
    assert (moved, moved.phone) == (account, NEW)
    assert list(household_of(moved)) == [hers, other]
    hers.refresh_from_db()
    other.refresh_from_db()
    assert (hers.phone, other.phone) == (NEW, kept)
    assert SmsMessage.objects.get(is_code=False).phone == "+84911222333"
    assert NEW not in SmsMessage.objects.get(is_code=False).text


def test_other_browsers_of_the_household_are_signed_out_by_the_move(now, client):
    account = make_account(members=(make_citizen(),))
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/account/number/").status_code == 200
    move(account, now)
    assert client.get("/account/number/").status_code == 302


def test_where_the_new_number_has_a_household_the_people_join_it(now):
    target = make_account(phone=NEW, members=(make_citizen(),))
    account = make_account(members=(make_citizen(),))
    assert move(account, now) == target
    assert household_of(target).count() == 2
    assert not household_of(account).exists()


def test_the_same_number_and_a_closed_one_are_refused_and_nothing_moves(now):
    account = make_account(members=(make_citizen(),))
    with pytest.raises(SameNumber):
        move_to_number(account=account, phone=account.phone, session_key="b", code=CODE, now=now)
    Account.objects.create(phone=NEW, is_active=False)
    with pytest.raises(AccountClosed):
        move(account, now)
    assert household_of(account).count() == 1


def test_a_code_for_another_purpose_moves_nothing(now):
    account = make_account(members=(make_citizen(),))
    send_code(phone=NEW, purpose=CodePurpose.SIGN_IN, session_key="b", now=now)
    later = now + datetime.timedelta(seconds=1)
    with pytest.raises(codes.NoCode):
        move_to_number(account=account, phone=NEW, session_key="b", code=CODE, now=later)
