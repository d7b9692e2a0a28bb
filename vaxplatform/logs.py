"""Logs without persons: JSON lines in production, readable ones in development, each with its
request or task id, and each scrubbed before it is written.

Scrubbed are: values under keys that name a personal field, runs of 9 to 15 digits (phones, identity
and insurance numbers) anywhere, query strings, the secrets in addresses (`/s/…` opens a shared
certificate, `/c/…` is a check-in code), and the messages of exceptions, which quote what
they choked on (PostgreSQL's DETAIL lists whole rows). Type, place, SQLSTATE and constraint stay.
"""

import logging
import logging.config
import re
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

if TYPE_CHECKING:
    from celery import Celery
    from django.http import HttpRequest, HttpResponse

HIDDEN = "[hidden]"
PERSONAL_KEYS = frozenset(
    {
        "address", "authorization", "bhyt", "body", "citizen", "citizen_name", "cookie", "data",
        "date_of_birth", "email", "error", "exception", "full_name", "guardian_name",
        "health_insurance_number", "hcert", "id_number", "ip", "number", "one_time_code",
        "otp", "password", "patient", "payload", "person", "phone", "phone_number", "query",
        "reason", "result", "search", "text", "to", "token", "user_agent", "username",
    }
)  # fmt: skip
OUR_KEYS = frozenset({"timestamp", "level", "logger"})  # made by the processors themselves
# Separators between digits are allowed, so "0912 345 678" counts; an ISO date does not, nor do the
# parts of a UUID.
LONG_NUMBER = re.compile(r"(?<![\w\-])(?!\d{4}-\d\d-\d\d(?!\d))\+?\d(?:[ .\-]?\d){8,14}(?![\w\-])")
INSURANCE_NUMBER = re.compile(r"\b[A-Z]{2}\d{13}\b")
SECRET_IN_PATH = re.compile(r"(/[sc]/)[a-z2-7]{26,}", re.IGNORECASE)
QUERY_STRING = re.compile(r"(/[^\s?]*)\?\S*")
# Exceptions whose message speaks of code and configuration, never of what a person entered.
OUTSPOKEN = (ImportError, AttributeError, NameError, NotImplementedError, OSError)
DEEPEST = 6

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def hide_secrets(path: str) -> str:
    """The path without what alone would open a page to whoever reads it."""
    return SECRET_IN_PATH.sub(rf"\1{HIDDEN}", path)


def scrub_text(text: str) -> str:
    """The text with long numbers, secrets and query strings taken out."""
    text = hide_secrets(QUERY_STRING.sub(r"\1", text))
    return INSURANCE_NUMBER.sub(HIDDEN, LONG_NUMBER.sub(HIDDEN, text))


def scrub_value(value: Any, depth: int = 0) -> Any:
    """The value, of plain types only, with personal data taken out at every level."""
    if depth > DEEPEST:
        return HIDDEN
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return HIDDEN if abs(value) >= 10**8 else value
    if isinstance(value, Mapping):
        return {
            key: HIDDEN if str(key).lower() in PERSONAL_KEYS else scrub_value(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub_value(item, depth + 1) for item in value]
    return scrub_text(str(value))


def scrub(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Processor: the last before rendering, after `name_exception`."""
    for key, value in event.items():
        if key in OUR_KEYS or key.startswith("_"):
            continue
        event[key] = HIDDEN if key.lower() in PERSONAL_KEYS else scrub_value(value)
    return event


def name_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Processor: `exc_info` becomes `traceback` (frames and types, no foreign messages)."""
    event.pop("exception", None)
    found = _exc_info(event.pop("exc_info", None))
    if found is not None:
        event["traceback"] = describe_exception(found[1])
    return event


def _exc_info(given: Any) -> ExcInfo | None:
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    if isinstance(given, tuple) and isinstance(given[1], BaseException):
        return given
    current = sys.exc_info() if given else (None, None, None)
    return None if current[1] is None else current


def describe_exception(error: BaseException) -> str:
    """Frames, then one line for the error and each of its causes."""
    lines = [
        f"{frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause: BaseException | None = error
    while cause is not None and len(lines) < 200:
        lines.append(_headline(cause))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(lines)


def _headline(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    facts = [
        getattr(error, "code", None) if hasattr(error, "detail") else None,
        getattr(error, "pgcode", None),
        getattr(getattr(error, "diag", None), "constraint_name", None),
        str(error) if isinstance(error, OUTSPOKEN) else None,
    ]
    told = ", ".join(scrub_text(str(fact)) for fact in facts if fact)
    return f"{name}: {told}" if told else name


def shared_processors() -> list[Processor]:
    """What both our own and the libraries' log records pass through."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def final_processors(*, debug: bool) -> list[Processor]:
    """What renders a record: the same scrubbing in both, since a developer's data may be real."""
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if debug
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return [
        name_exception,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        scrub,
        renderer,
    ]


def logging_settings(*, debug: bool, level: str = "INFO") -> dict[str, Any]:
    """Django's LOGGING: everything to standard error through one formatter."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "platform": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared_processors(),
                "processors": final_processors(debug=debug),
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "platform"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers (mail to admins with the whole request in it) are replaced.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "django.db.backends": {"level": "WARNING"},  # SQL parameters are personal data
            "celery": {"level": level},
            "axes": {"level": "ERROR"},  # logs usernames and addresses; it keeps its own table
        },
    }


def configure_structlog() -> None:
    """Route structlog through the standard library, so that one formatter sees everything."""
    from django_structlog.signals import bind_extra_request_finished_metadata

    bind_extra_request_finished_metadata.connect(
        finish_request, weak=False, dispatch_uid="vaxplatform.logs"
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def finish_request(
    *, request: "HttpRequest", response: "HttpResponse", log_kwargs: dict[str, Any], **_kwargs: Any
) -> None:
    """The last line of a request names the account, if the page loaded one (loading it only for
    the log would cost every page two queries), and the answer names the request."""
    user = getattr(request, "_cached_user", None)
    if user is not None and user.pk is not None:
        log_kwargs["user_id"] = user.pk
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if request_id:
        response["X-Request-ID"] = request_id


def configure_celery_logs(app: "Celery") -> None:
    """Give Celery our logging and the request id that caused a task; call after making `app`."""
    from celery.signals import setup_logging
    from django_structlog.celery.steps import DjangoStructLogInitStep

    app.steps["worker"].add(DjangoStructLogInitStep)
    setup_logging.connect(_use_django_logging, weak=False, dispatch_uid="vaxplatform.logs")


def _use_django_logging(**_kwargs: Any) -> None:
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
