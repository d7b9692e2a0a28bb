"""Stock and corrections, reached from the admin lists: receive, write off, recall, void."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from registration.services.access import AccessPurpose
from sites import rights
from sites.forms import ReasonForm, ReceiveForm, WasteForm
from sites.models import Dose, Lot, Site
from sites.rights import StaffRequest, staff_page
from sites.services.doses import void_dose
from sites.services.people import log_lookups
from sites.services.stock import recall_lots, receive_lot, waste_doses
from sites.services.visits import follow_voided_dose
from sites.views.desk import frame, person_line, scoped
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.rights import may
from vaxplatform.vietnam import day_in_vietnam

LOTS = "admin:vaccination_sites_lot_changelist"


@staff_page(rights.MANAGE_STOCK)
def receive(request: StaffRequest) -> HttpResponse:
    """Doses of a lot came in."""
    sites = scoped(request, Site.objects.filter(is_active=True), site="")
    form = ReceiveForm(request.POST or None, sites=sites)
    if request.method == "POST" and form.is_valid():
        try:
            lot = receive_lot(**form.cleaned_data, by=request.user, now=timezone.now())
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            values = {"number": lot.number, "left": lot.doses_left}
            messages.success(request, _("Lot %(number)s: %(left)s doses left.") % values)
            return redirect(LOTS)
    return render(request, "sites/receive_lot.html", frame(request, None, form=form))


@staff_page(rights.MANAGE_STOCK)
def waste(request: StaffRequest, pk: int) -> HttpResponse:
    """Doses that nobody can get any more, with the reason."""
    lot = get_object_or_404(scoped(request, Lot.objects.select_related("vaccine", "site")), pk=pk)
    form = WasteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            lot = waste_doses(lot=lot, **form.cleaned_data, by=request.user, now=timezone.now())
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            values = {"number": lot.number, "left": lot.doses_left}
            messages.success(request, _("Lot %(number)s: %(left)s doses left.") % values)
            return redirect(LOTS)
    return render(request, "sites/waste_doses.html", frame(request, None, form=form, lot=lot))


@staff_page(rights.MANAGE_STOCK, rights.RECALL_LOTS)
def recall(request: StaffRequest, pk: int) -> HttpResponse:
    """Forbid a lot: a site its own row, the nation's officers the lot at every site."""
    lot = get_object_or_404(scoped(request, Lot.objects.select_related("vaccine", "site")), pk=pk)
    everywhere = may(request.user, rights.RECALL_LOTS)
    same = Lot.objects.filter(vaccine=lot.vaccine_id, number=lot.number)
    lots = same if everywhere else same.filter(pk=lot.pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            recall_lots(lots=lots, reason=form.cleaned_data["reason"], now=timezone.now())
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            messages.success(request, _("Lot %(number)s is recalled.") % {"number": lot.number})
            return redirect(LOTS)
    context = frame(request, None, form=form, lot=lot, everywhere=everywhere, places=same.count())
    return render(request, "sites/recall_lot.html", context)


@staff_page(rights.VOID_DOSE)
def void(request: StaffRequest, pk: int) -> HttpResponse:
    """Take back a dose that was recorded wrongly; its certificate is revoked with it."""
    rows = Dose.objects.select_related("citizen", "vaccine", "lot", "site")
    dose = get_object_or_404(scoped(request, rows), pk=pk)
    now = timezone.now()
    form = ReasonForm(request.POST or None)
    if request.method == "GET":
        log_lookups(
            people=[dose.citizen], account=request.user, purpose=AccessPurpose.DOSE, now=now
        )
    elif form.is_valid() and _void(request, form, dose):
        return redirect("admin:vaccination_sites_dose_changelist")
    person: Any = person_line(dose.citizen, on=day_in_vietnam(now))
    context = frame(request, None, form=form, dose=dose, person=person)
    return render(request, "sites/void_dose.html", context)


def _void(request: StaffRequest, form: ReasonForm, dose: Dose) -> bool:
    try:
        with transaction.atomic():
            void_dose(dose=dose, reason=form.cleaned_data["reason"][:200])
            follow_voided_dose(dose=dose)
    except DomainError as refusal:
        add_to_form(form, refusal)
        return False
    messages.success(request, _("The dose is voided."))
    return True
