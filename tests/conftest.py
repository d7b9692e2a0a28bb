"""What every test may rely on: real PostgreSQL, with places, vaccines and rules loaded."""

import datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone

from certificates.services.keys import ensure_signing_key

# Loaded once a run, and never emptied.
REFERENCE_TABLES = {
    "registration_administrativeunit",
    "registration_unitsuccession",
    "registration_prioritygroup",
    "registration_medicalhistoryquestion",
    "vaccination_sites_vaccine",
    "vaccination_sites_vaccinespelling",
    "vaccination_sites_intervalrule",
    "vaccination_sites_screeningform",
    "vaccination_sites_screeningquestion",
    "vaccination_sites_vitalbound",
    "response_center_answertemplate",
    "django_content_type",
    "auth_permission",
    "django_migrations",
}


def _empty_all_but_the_reference_tables(_self: TransactionTestCase) -> None:
    tables = set(connection.introspection.table_names()) - REFERENCE_TABLES
    names = ", ".join(connection.ops.quote_name(table) for table in sorted(tables))
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY")


# Tests take their rows back: autovacuum would find full tables empty, and the planner believe it.
_LEAVE_STATISTICS_ALONE = """
    DO $$ DECLARE name regclass; BEGIN
        FOR name IN SELECT c.oid FROM pg_class c
                     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        LOOP EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', name); END LOOP;
    END $$
"""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Load the reference data once; tests that commit leave it where it is."""
    TransactionTestCase._fixture_teardown = _empty_all_but_the_reference_tables  # type: ignore[method-assign]
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        call_command("load_reference_data", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute(_LEAVE_STATISTICS_ALONE)
            cursor.execute(f"ANALYZE {', '.join(sorted(REFERENCE_TABLES))}")


@pytest.fixture
def now() -> datetime.datetime:
    """A moment to hand to services: 6 November 2021, 10:00 in Viet Nam."""
    return datetime.datetime(2021, 11, 6, 3, 0, tzinfo=datetime.UTC)


@pytest.fixture
def signing_keys(settings, tmp_path):
    """This process may sign, with keys of its own."""
    settings.SIGNING_KEYS_DIR = str(tmp_path / "keys")
    settings.SIGNING_PASSPHRASE = "mật khẩu của khóa"


@pytest.fixture
def signing_key(db, signing_keys):
    """There is a key to sign with, as after the first start."""
    return ensure_signing_key(now=timezone.now())
