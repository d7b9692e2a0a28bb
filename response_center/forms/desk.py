"""The forms on a case's page, one an action."""

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField, NameField
from registration.models import DoseKind, Sex
from registration.services.citizens import CitizenDetails
from registration.services.own_record import papers_meant
from response_center.forms.site_choice import SITE_FIELDS, SiteChoiceForm
from response_center.models import Case, CaseCause, RejectionReason
from response_center.selectors import colleagues, duplicates_of
from response_center.services.missing_dose import PaperDose
from sites.forms.dose import ClockField, DayField
from sites.models import Lot, StaffPosting
from vaxplatform import formatting
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.forms import DateOfBirthField, Form
from vaxplatform.vietnam import TIME_ZONE
from vaxplatform.widgets import CheckboxCards, RadioCards

MERGED_AT_ONCE = 20
WORDS = forms.Textarea({"rows": 3})


class WordsForm(Form):
    """An action that needs nothing but words; `label` and `hint` say whom they are for."""

    words = forms.CharField(max_length=3000, widget=WORDS)

    def __init__(self, *args: Any, label: Any, hint: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = label
        self.fields["words"].help_text = hint


class LetInForm(Form):
    """Which record the phone of the report may see: by a number compared with the paper."""

    id_number = LineField(
        label=_("Number of the paper"),
        help_text=_("As the caller reads it out, or from the photo. Name and birth must fit it."),
        max_length=40,
    )
    input_classes = {"id_number": "w-14"}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("id_number"):
            try:
                data["papers"] = papers_meant(data["id_number"], field="id_number")
            except DomainError as refusal:
                add_to_form(self, refusal)
        return data


class AskForm(SiteChoiceForm):
    """A question to the case's site, or to the one that is named where the case has none."""

    words = forms.CharField(
        label=_("Question to the site"),
        help_text=_("Only the site reads this."),
        max_length=3000,
        widget=WORDS,
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if case.site_id is not None:
            for name in SITE_FIELDS:
                del self.fields[name]
        self.offer_sites()


class ResolveForm(WordsForm):
    """The answer, and what was behind the report: the measures count it."""

    cause = forms.ChoiceField(
        label=_("What was behind it"), choices=[("", _("Choose")), *CaseCause.choices]
    )
    field_order = ("cause", "words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            label=_("Answer to the person"),
            hint=_("What was found, and what is right now."),
            **kwargs,
        )


class ColleagueChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.account.get_full_name()} ({obj.get_role_display()})"


class HandOverForm(Form):
    """To a colleague by name, with a word on how far one came."""

    colleague = ColleagueChoice(StaffPosting.objects.none(), label=_("Colleague"))
    words = forms.CharField(
        label=_("What is done, and what is left"),
        help_text=_("Only staff read this."),
        max_length=3000,
        widget=WORDS,
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["colleague"]
        field.queryset = colleagues(case, but=case.claimed_by)


class CaseChoice(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        sent = formatting.moment(obj.opened_at).replace("\xa0", " ")  # a narrow column breaks it
        return f"{obj.number}: {obj.get_kind_display()}, {sent}"


class MergeForm(Form):
    """Other reports of the same person or phone; those of the same kind are ticked."""

    cases = CaseChoice(
        Case.objects.none(),
        label=_("Reports of the same person or phone"),
        help_text=_("Joined reports get the answer of this case. They can be taken apart again."),
        widget=CheckboxCards,
        required=False,
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["cases"]
        found = duplicates_of(Case.objects.all(), case)[:MERGED_AT_ONCE]
        field.queryset = Case.objects.filter(pk__in=[each.pk for each in found])
        self.initial["cases"] = [each.pk for each in found if each.kind == case.kind]
        self.has_any = bool(found)


class RejectForm(Form):
    reason = forms.ChoiceField(
        label=_("Reason"), choices=RejectionReason.choices, widget=RadioCards
    )
    words = forms.CharField(
        label=_("What the person can do"),
        help_text=_("The person reads this together with the reason."),
        max_length=3000,
        widget=WORDS,
    )


class LotChoice(forms.ModelChoiceField):
    """A lot with its product, and how long it is good."""

    def label_from_instance(self, obj: Any) -> str:
        until = gettext("expires %(day)s") % {"day": formatting.day(obj.expires_on)}
        return f"{obj.vaccine} · {obj.number} · {until}"


class ConfirmDoseForm(Form):
    """The missing dose as the site's paper has it, filled in with what the citizen said."""

    full_name = NameField()
    date_of_birth = DateOfBirthField()
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex.choices, widget=RadioCards(row=True))
    lot = LotChoice(Lot.objects.none(), label=_("Vaccine and lot"))
    administered_on = DayField(
        label=_("Day of the shot"),
        help_text=_("Day, month and year, as 03/11/2021."),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    administered_time = ClockField(
        label=_("Time of the shot"),
        help_text=_("As on the paper; if it has none, about the time."),
        max_length=5,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    dose_number = forms.IntegerField(
        label=_("Dose number"), min_value=1, max_value=9, localize=False
    )
    dose_kind = forms.ChoiceField(
        label=_("Kind of dose"), choices=DoseKind.choices, widget=RadioCards(row=True)
    )
    vaccinator = LineField(label=_("Who gave the shot"), max_length=100)
    input_classes = {
        "administered_on": "w-10",
        "administered_time": "w-4",
        "dose_number": "w-2",
        "vaccinator": "w-14",
    }

    # Where the dose's service names a field of its own, the input that is meant here.
    inputs: ClassVar[Mapping[str, str]] = {
        "lot_number": "lot",
        "vaccine": "lot",
        "administered_at": "administered_on",
    }

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        kwargs["initial"] = {**_as_told(case), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.case = case
        lots = Lot.objects.filter(site=case.site_id).select_related("vaccine")
        self.fields["lot"].queryset = lots.order_by("vaccine__name", "number")  # type: ignore[attr-defined]
        if case.citizen_id is not None:
            for name in ("full_name", "date_of_birth", "sex"):
                del self.fields[name]

    def paper(self) -> PaperDose:
        """The dose that a valid form holds; its day and time are those of Viet Nam."""
        values = self.cleaned_data
        moment = datetime.datetime.combine(values["administered_on"], values["administered_time"])
        return PaperDose(
            lot=values["lot"],
            administered_at=timezone.make_aware(moment, TIME_ZONE),
            dose_number=values["dose_number"],
            dose_kind=values["dose_kind"],
            vaccinator=values["vaccinator"],
            person=self._person(),
        )

    def refuse(self, refusal: DomainError) -> None:
        """Show a refusal of the dose's service beside the input it is about."""
        refusal.field = self.inputs.get(refusal.field or "", refusal.field)
        add_to_form(self, refusal)

    def _person(self) -> CitizenDetails | None:
        if self.case.citizen_id is not None or self.case.site is None:
            return None
        values = self.cleaned_data
        return CitizenDetails(
            full_name=values["full_name"],
            date_of_birth=values["date_of_birth"],
            sex=values["sex"],
            province_id=self.case.site.province_id,
            phone=self.case.phone,
        )


def _day(value: datetime.date | None) -> str:
    return f"{value:%d/%m/%Y}" if value else ""


def _as_told(case: Case) -> dict[str, Any]:
    """What the citizen said, for the staff to compare with the paper; the lot if it is certain."""
    lots = Lot.objects.filter(site=case.site_id)
    if case.said_vaccine_id:
        lots = lots.filter(vaccine=case.said_vaccine_id)
    if case.said_lot_number:
        lots = lots.filter(number__iexact=case.said_lot_number)
    only = list(lots[:2])
    return {
        "full_name": case.said_full_name,
        "date_of_birth": case.said_date_of_birth,
        "administered_on": _day(case.said_administered_on),
        "dose_number": case.said_dose_number,
        "dose_kind": case.said_dose_kind,
        "lot": only[0] if len(only) == 1 else None,
    }
