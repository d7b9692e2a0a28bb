"""Which session to work on; the manager plans, opens and closes them here."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from sites import rights
from sites.forms import SessionForm
from sites.models import Session, SessionStatus
from sites.rights import StaffRequest, own_site, staff_page
from sites.selectors import sessions_on
from sites.services.sessions import close_session, open_session, plan_session
from sites.views.desk import CHOSEN, current_session, frame, uuid_or_none
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.rights import may
from vaxplatform.vietnam import day_in_vietnam

WORK = (rights.CHECK_IN, rights.SCREEN, rights.GIVE_DOSE, rights.OBSERVE)


@staff_page(*WORK)
def pick_session(request: StaffRequest) -> HttpResponse:
    """The sessions of today at this site: choose one; who plans may also open, close and add."""
    now = timezone.now()
    today = day_in_vietnam(now)
    planner = may(request.user, rights.PLAN_SESSIONS)
    form = SessionForm(request.POST if request.POST.get("step") == "plan" else None)
    if request.method == "POST":
        if request.POST.get("step") != "plan":
            return _act(request, planner)
        if planner and form.is_valid():
            try:
                session = plan_session(site=own_site(request), held_on=today, **form.cleaned_data)
                open_session(session=session, now=now)
            except DomainError as refusal:
                add_to_form(form, refusal)
            else:
                request.session[CHOSEN] = str(session.public_id)
                return redirect("sites_staff:check_in")
    return render(
        request,
        "sites/session.html",
        frame(
            request,
            current_session(request),
            sessions=sessions_on(site=own_site(request), on=today),
            today=today,
            planner=planner,
            form=form,
        ),
    )


def _act(request: StaffRequest, planner: bool) -> HttpResponse:
    """Choose, open or close the session whose button was pressed."""
    now = timezone.now()
    session: Any = get_object_or_404(
        Session, site=own_site(request), public_id=uuid_or_none(request.POST.get("session"))
    )
    step = request.POST.get("step")
    try:
        if step == "open" and planner:
            session = open_session(session=session, now=now)
        elif step == "close" and planner:
            close_session(session=session, now=now)
            messages.success(request, _("The session is closed."))
            return redirect("sites_staff:session")
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("sites_staff:session")
    if session.status != SessionStatus.OPEN:
        messages.error(request, _("This session is not open today."))
        return redirect("sites_staff:session")
    request.session[CHOSEN] = str(session.public_id)
    return redirect("sites_staff:check_in")
