"""People on their way through a session, for the tests of the desks."""

import datetime
import threading
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from registration.models import Account, Citizen
from sites.models import Lot, Role, Session, Visit
from sites.services.doses import Recorded
from sites.services.visits import check_in, form_in_force, record_visit_dose, screen
from tests.factories import make_citizen, make_lot, make_session, make_site, make_staff
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import day_in_vietnam

HEALTHY = {
    "temperature": Decimal("36.6"),
    "pulse": Decimal(76),
    "systolic": Decimal(120),
    "diastolic": Decimal(80),
    "breathing": Decimal(18),
}


class Desk:
    """A site with an open session, a lot and a person for each role."""

    def __init__(self, **lot: Any) -> None:
        self.site = make_site()
        self.session: Session = make_session(site=self.site)
        self.lot: Lot = make_lot(site=self.site, **lot)
        self.recorder = make_staff(site=self.site)
        self.doctor = make_staff(role=Role.SITE_DOCTOR, site=self.site)
        self.manager = make_staff(role=Role.SITE_MANAGER, site=self.site)

    def arrive(self, citizen: Citizen | None = None, **over: Any) -> Visit:
        values = {"by": self.recorder, "now": timezone.now(), "session": self.session, **over}
        return check_in(citizen=citizen or make_citizen(), **values).visit

    def clear(self, visit: Visit | None = None, **over: Any) -> Visit:
        visit = visit or self.arrive()
        examine(visit, by=over.pop("by", self.doctor), **over)
        visit.refresh_from_db()
        return visit

    def inject(self, visit: Visit, **over: Any) -> Recorded:
        values: dict[str, Any] = {
            "lot": self.lot,
            "dose_number": 1,
            "dose_kind": "primary",
            "vaccinator": "ĐD. Hoàng Thị Mẫu",
            "idempotency_key": uuid.uuid4(),
            "by": self.recorder,
            "now": timezone.now(),
        }
        return record_visit_dose(visit=visit, **{**values, **over})


def all_no(now: datetime.datetime | None = None) -> dict[str, str]:
    form = form_in_force(on=day_in_vietnam(now or timezone.now()))
    return {question.code: "no" for question in form.questions.all()}


def examine(visit: Visit, *, by: Account, **over: Any) -> Any:
    now = over.pop("now", timezone.now())
    answers = {**all_no(now), **over.pop("answers", {})}
    vitals = {**HEALTHY, **over.pop("vitals", {})}
    values = {"decision": "inject", "override_reason": "", **over}
    return screen(visit=visit, answers=answers, vitals=vitals, by=by, now=now, **values)


def at_once(times: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work(n)` answers, or the code of its refusal, done by threads that start together."""
    barrier, answers = threading.Barrier(times), [None] * times

    def run(n: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            answers[n] = work(n)
        except DomainError as refusal:
            answers[n] = refusal.code
        except Exception as error:
            answers[n] = repr(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers
