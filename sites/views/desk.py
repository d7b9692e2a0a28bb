"""What the desks share: which session this browser works on, and a person as the desk sees her."""

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from registration.models import Account, Citizen, IdentityDocument
from sites.models import Session, Visit
from sites.rights import staff_page
from sites.scoping import posting_of, scope_to_posting
from sites.selectors import SessionCounts, counts_of, open_sessions_on
from vaxplatform.vietnam import age_on, day_in_vietnam, mask_id, mask_phone

CHOSEN = "vaccination_session"  # key in the login's session
TOKEN_SALT = "sites.person-shown"  # noqa: S105 - a name
TOKEN_SECONDS = 15 * 60
PAPER_ORDER = ("cccd", "cmnd", "passport", "bhyt")


def current_session(request: HttpRequest) -> Session | None:
    """The open session of today that this login works on: the only one, or the chosen one."""
    if not hasattr(request, "_vaccination_session"):
        request._vaccination_session = _find_session(request)  # type: ignore[attr-defined]
    found: Session | None = request._vaccination_session  # type: ignore[attr-defined]
    return found


def _find_session(request: HttpRequest) -> Session | None:
    posting = getattr(request, "posting", None) or posting_of(request.user)
    if posting is None or posting.site is None:
        return None
    sessions = list(open_sessions_on(site=posting.site, on=day_in_vietnam(timezone.now())))
    chosen = request.session.get(CHOSEN)
    for session in sessions:
        if str(session.public_id) == chosen:
            return session
    return sessions[0] if len(sessions) == 1 else None


View = Callable[..., HttpResponse]


def desk(*actions: str) -> Callable[[View], View]:
    """A work page of a session: rights first, then a session, which the view gets third.

    Without a session the picker comes first; staff of no site have none to pick from.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def with_session(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            session = current_session(request)
            if session is None:
                return redirect("sites_staff:session")
            return view(request, session, *args, **kwargs)

        return staff_page(*actions)(with_session)

    return decorate


def counts_for(request: HttpRequest) -> SessionCounts | None:
    """People of the current session by where they are; asked once a request."""
    if not hasattr(request, "_session_counts"):
        session = current_session(request)
        counts = counts_of(session) if session else None
        request._session_counts = counts  # type: ignore[attr-defined]
    found: SessionCounts | None = request._session_counts  # type: ignore[attr-defined]
    return found


def frame(request: HttpRequest, session: Session | None, **context: Any) -> dict[str, Any]:
    """The context of a work page; `session` names site and hours in the bar."""
    return {"session": session, "posting": getattr(request, "posting", None), **context}


def uuid_or_none(text: str | None) -> uuid.UUID | None:
    """A forged value is a row that is not there, and no error."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def visit_here(session: Session, public_id: Any) -> Visit:
    """A visit of this session; 404 for any other, be it of this site or not."""
    return get_object_or_404(
        Visit.objects.select_related("citizen", "session__site", "session__vaccine"),
        public_id=public_id,
        session=session,
    )


def scoped(request: HttpRequest, rows: Any, *, site: str = "site") -> Any:
    """`rows` within the posting of a request that passed `staff_page`."""
    return scope_to_posting(rows, request.posting, site=site)  # type: ignore[attr-defined]


# ── persons on screens ────────────────────────────────────────────────────────────────────────
def person_token(citizen: Citizen, account: Account) -> str:
    """Proof that this login was shown this person a moment ago."""
    return signing.dumps([citizen.pk, account.pk], salt=TOKEN_SALT)


def person_of(token: str, account: Account) -> Citizen | None:
    """The person of a token of this login, for a quarter of an hour."""
    try:
        citizen_id, account_id = signing.loads(token, salt=TOKEN_SALT, max_age=TOKEN_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    if account_id != account.pk:
        return None
    return Citizen.objects.filter(pk=citizen_id).first()


@dataclass(frozen=True)
class PersonLine:
    """A person in a list: enough to tell twins of a name apart, numbers masked."""

    name: str
    date_of_birth: str
    sex: Any
    age: int
    paper: str
    phone: str


def person_line(citizen: Citizen, *, on: datetime.date) -> PersonLine:
    """One query, for the paper; most trusted kind first."""
    papers = IdentityDocument.objects.filter(citizen=citizen)
    documents = {paper.kind: str(paper.number) for paper in papers}
    kind = next((kind for kind in PAPER_ORDER if kind in documents), "")
    return PersonLine(
        name=citizen.full_name,
        date_of_birth=citizen.date_of_birth,
        sex=citizen.get_sex_display(),
        age=age_on(citizen.date_of_birth, on),
        paper=mask_id(documents[kind]) if kind else "",
        phone=mask_phone(citizen.phone) if citizen.phone else "",
    )
