"""Which database errors pass by themselves, and how often a lost transaction is tried again."""

import threading
from typing import Any

import psycopg2
import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from vaxplatform.database import is_temporary, retried, sqlstate


def django_error(kind: type[DatabaseError], pgcode: str | None) -> DatabaseError:
    """A Django error with PostgreSQL's behind it, as the driver raises it."""

    class FromPostgresql(psycopg2.Error):
        pass

    cause = FromPostgresql()
    cause.__setstate__({"pgcode": pgcode})
    error = kind("text")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "pgcode", ["40001", "40P01", "55P03", "57014", "57P01", "57P03", "53100", "53300", "08006",
               "25006", "25P03"]
)  # fmt: skip
def test_timeouts_deadlocks_restarts_and_full_disks_pass(pgcode: str) -> None:
    assert is_temporary(django_error(OperationalError, pgcode))


def test_a_lost_connection_has_no_code_and_passes() -> None:
    assert is_temporary(OperationalError("server closed the connection unexpectedly"))
    assert is_temporary(InterfaceError("connection already closed"))


@pytest.mark.parametrize("pgcode", ["23505", "23514", "42P01", "42703"])
def test_a_broken_rule_or_a_missing_table_does_not_pass(pgcode: str) -> None:
    assert not is_temporary(django_error(OperationalError, pgcode))
    assert not is_temporary(IntegrityError("text"))
    assert not is_temporary(ValueError("text"))


@pytest.mark.django_db
def test_a_real_statement_timeout_is_temporary() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        with pytest.raises(OperationalError) as raised, transaction.atomic():
            cursor.execute("SELECT pg_sleep(1)")
    assert sqlstate(raised.value) == "57014"
    assert is_temporary(raised.value)


@pytest.mark.django_db(transaction=True)
def test_a_real_lock_timeout_is_temporary() -> None:
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(4711)")
            holding.set()
            done.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert holding.wait(10)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '20ms'")
            with pytest.raises(OperationalError) as raised, transaction.atomic():
                cursor.execute("SELECT pg_advisory_xact_lock(4711)")
    finally:
        done.set()
        holder.join()
    assert is_temporary(raised.value)


def failing(times: int, error: Exception) -> tuple[Any, list[int]]:
    calls: list[int] = []

    def work() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return "done"

    return work, calls


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_three_times_in_all() -> None:
    work, calls = failing(2, django_error(OperationalError, "40P01"))
    assert retried(work) == "done"
    assert len(calls) == 3
    work, calls = failing(3, django_error(OperationalError, "40P01"))
    with pytest.raises(OperationalError):
        retried(work)
    assert len(calls) == 3


@pytest.mark.django_db(transaction=True)
def test_a_timeout_is_not_tried_again() -> None:
    work, calls = failing(1, django_error(OperationalError, "57014"))
    with pytest.raises(OperationalError):
        retried(work)
    assert len(calls) == 1


@pytest.mark.django_db
def test_inside_a_transaction_nothing_is_tried_again() -> None:
    work, calls = failing(1, django_error(OperationalError, "40P01"))
    with transaction.atomic(), pytest.raises(OperationalError):
        retried(work)
    assert len(calls) == 1
