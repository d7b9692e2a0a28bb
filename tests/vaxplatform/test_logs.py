"""Logs without persons."""

import io
import json
import logging
import logging.config
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse

from vaxplatform.errors import DomainError
from vaxplatform.logs import (
    configure_structlog,
    finish_request,
    logging_settings,
    scrub_text,
    scrub_value,
)

PERSONAL = ["Nguyễn Thị Canary", "0912345678", "001187012345", "Canary"]


class Written:
    """What the platform's handler wrote."""

    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.text.splitlines()[-1])
        return line


@pytest.fixture(params=[False, True], ids=["production", "development"])
def written(request: pytest.FixtureRequest) -> Iterator[Written]:
    """Our real configuration, writing into a text."""
    yield from _capture(debug=request.param)


@pytest.fixture
def production() -> Iterator[Written]:
    yield from _capture(debug=False)


def _capture(*, debug: bool) -> Iterator[Written]:
    stream = io.StringIO()
    config = logging_settings(debug=debug)
    formatter = config["formatters"]["platform"]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=formatter["foreign_pre_chain"], processors=formatter["processors"]
        )
    )
    before = structlog.get_config()
    configure_structlog()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel("INFO")
    yield Written(stream)
    root.removeHandler(handler)
    root.setLevel(level)
    structlog.configure(**before)


def test_a_line_is_json_with_time_level_logger_and_request(production: Written) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        structlog.get_logger("sites.services").info("dose_recorded", doses=3)
    line = production.last
    assert line["event"] == "dose_recorded"
    assert line["doses"] == 3
    assert line["request_id"] == "r-1"
    assert (line["level"], line["logger"]) == ("info", "sites.services")
    assert line["timestamp"].endswith("Z")


def test_the_standard_library_s_records_are_scrubbed_the_same_way(production: Written) -> None:
    logging.getLogger("some.library").warning("could not reach %s", "+84 912 345 678")
    assert production.last["event"] == "could not reach [hidden]"


def test_no_personal_field_is_written_whatever_its_depth(written: Written) -> None:
    structlog.get_logger("x").info(
        "seen",
        full_name="Nguyễn Thị Canary",
        row={"Phone": "0912345678", "nested": [{"id_number": "001187012345"}]},
        request="GET /account/?q=Canary&phone=0912345678",
    )
    assert written.text
    assert not [secret for secret in PERSONAL if secret in written.text]
    assert "GET /account/" in written.text


def test_no_exception_tells_what_it_choked_on(written: Written) -> None:
    try:
        try:
            int("Nguyễn Thị Canary 0912345678")
        except ValueError as error:
            raise KeyError("Canary") from error
    except KeyError:
        structlog.get_logger("x").exception("broke")
        logging.getLogger("django.request").exception("Internal Server Error: %s", "/account/")
    assert not [secret for secret in PERSONAL if secret in written.text]
    assert "builtins.KeyError" in written.text
    assert "builtins.ValueError" in written.text
    assert "test_logs.py" in written.text


def test_a_refusal_is_told_by_its_code(production: Written) -> None:
    class LotExpired(DomainError):
        code = "lot_expired"

    try:
        raise LotExpired(lot="Canary")
    except LotExpired:
        structlog.get_logger("x").exception("refused")
    assert production.last["traceback"].endswith("LotExpired: lot_expired")


@pytest.mark.django_db
def test_postgresql_s_detail_is_left_out_and_the_constraint_named(production: Written) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE canary (phone text CONSTRAINT one_phone UNIQUE)")
        try:
            with transaction.atomic():
                cursor.execute("INSERT INTO canary VALUES ('Canary'), ('Canary')")
        except IntegrityError:
            structlog.get_logger("x").exception("refused")
    assert "Canary" not in production.text
    assert "23505, one_phone" in production.last["traceback"]


def test_a_task_s_failure_does_not_carry_its_message(production: Written) -> None:
    try:
        raise ValueError("Canary")
    except ValueError as error:
        structlog.get_logger("x").exception("task_failed", error=str(error), exception=error)
    assert "Canary" not in production.text


@pytest.mark.parametrize(
    "text",
    ["0912345678", "+84912345678", "0912 345 678", "091.234.5678", "0912-345-678", "001187012345",
     "012345678", "０９１２３４５６７８", "DN4010123456789", "tel:0912345678,", "(0912345678)"],
)  # fmt: skip
def test_a_phone_or_an_identity_number_is_hidden(text: str) -> None:
    scrubbed = scrub_text(f"before {text} after")
    assert "[hidden]" in scrubbed
    assert "345678" not in scrubbed
    assert "12345" not in scrubbed


@pytest.mark.parametrize(
    "text",
    ["2021-11-06", "2021-11-06T03:00:00+00:00", "3600 doses", "lot AB1234", "10.0.0.12",
     "URN:UVCI:01:VN:ABC", "HTTP 503 after 12.345 s"],
)  # fmt: skip
def test_dates_counts_and_lots_stay_readable(text: str) -> None:
    assert scrub_text(text) == text


def test_a_uuid_stays_readable() -> None:
    for _ in range(200):
        public_id = str(uuid.uuid4())
        assert scrub_text(f"citizen {public_id}") == f"citizen {public_id}"


def test_numbers_of_nine_digits_are_hidden_as_numbers_too() -> None:
    assert scrub_value({"ids": [912345678, 1187012345], "pk": 1234567}) == {
        "ids": ["[hidden]", "[hidden]"],
        "pk": 1234567,
    }


def test_a_value_that_contains_itself_does_not_hang_the_log() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "[hidden]" in str(scrub_value(endless))


def test_celery_uses_our_logging_and_not_its_own() -> None:
    from celery import Celery
    from celery.signals import setup_logging

    from vaxplatform.logs import configure_celery_logs

    configure_celery_logs(Celery("test"))
    assert setup_logging.receivers


@pytest.mark.parametrize(("loaded", "told"), [(7, {"user_id": 7}), (None, {})])
def test_the_account_is_named_only_where_the_page_loaded_it(
    loaded: int | None, told: dict[str, int]
) -> None:
    request = HttpRequest()
    if loaded is not None:
        request._cached_user = SimpleNamespace(pk=loaded)  # type: ignore[attr-defined]
    log_kwargs: dict[str, Any] = {}
    finish_request(request=request, response=HttpResponse(), log_kwargs=log_kwargs)
    assert log_kwargs == told
