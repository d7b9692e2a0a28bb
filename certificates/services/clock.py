"""The queue's clock is the database's: a worker whose own clock is wrong issues nothing early."""

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """The moment it is at the database, inside a transaction too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    assert isinstance(moment, datetime)  # noqa: S101 - narrows the driver's Any
    return moment.astimezone(UTC)
