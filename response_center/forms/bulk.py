"""One answer to many: which reports, then the answer in both languages."""

import uuid
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField
from registration.selectors import districts_in_use, provinces_in_use
from response_center.forms.queue import EVERYTHING
from response_center.models import Case, CaseCause, CaseKind
from response_center.rules import PLACEHOLDERS
from response_center.selectors import sites_named
from response_center.services.answers import unknown_places
from sites.models import Site, StaffPosting
from vaxplatform.forms import Form

DAY_INPUT = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
TEXT = forms.Textarea({"rows": 5})


class WhichForm(Form):
    """GET: the reports that one cause explains. Something must be chosen: an answer to everybody
    is never meant."""

    kind = forms.ChoiceField(
        label=_("About"),
        choices=[EVERYTHING, *((kind, kind.label) for kind in CaseKind if "stuck" not in kind)],
        required=False,
    )
    site = LineField(
        label=_("Vaccination site"),
        required=False,
        max_length=120,
        help_text=_("Its code, or a part of its name."),
    )
    lot = LineField(label=_("Lot number"), required=False, max_length=30)
    since = forms.DateField(label=_("Shots from"), required=False, widget=DAY_INPUT)
    until = forms.DateField(label=_("Shots until"), required=False, widget=DAY_INPUT)
    province = forms.ModelChoiceField(
        provinces_in_use(),
        label=_("Province or city"),
        required=False,
        to_field_name="code",
        empty_label=EVERYTHING[1],
    )
    district = forms.ModelChoiceField(
        districts_in_use(),
        label=_("District"),
        required=False,
        to_field_name="code",
        empty_label=EVERYTHING[1],
    )

    def __init__(self, data: Any, *, posting: StaffPosting) -> None:
        super().__init__(data)
        if posting.province_id or posting.district_id:
            del self.fields["province"]
        if posting.province_id:
            field: Any = self.fields["district"]
            field.queryset = districts_in_use().filter(parent=posting.province)
        else:
            del self.fields["district"]

    def clean_site(self) -> Site | None:
        typed = self.cleaned_data["site"]
        if not typed:
            return None
        by_code = Site.objects.filter(code__iexact=typed).first()
        found = [by_code] if by_code else sites_named(typed, limit=5)
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(_("No vaccination site has this name."), code="unknown")
        names = "; ".join(f"{site.code} {site.name}" for site in found)
        raise forms.ValidationError(
            gettext("Several sites have this name. Write the code of one: %(names)s")
            % {"names": names},
            code="several",
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not any(values.values()):
            self.add_error(
                None, forms.ValidationError(_("Choose which reports are meant."), code="nothing")
            )
        return values

    def apply(self, rows: "QuerySet[Case]") -> "QuerySet[Case]":
        """The rows that a valid form means; days are those of the shot, as recorded or as told."""
        values = self.cleaned_data
        for name in ("kind", "site", "province", "district"):
            if values.get(name):
                rows = rows.filter(**{name: values[name]})
        if lot := values.get("lot"):
            rows = rows.filter(Q(said_lot_number__iexact=lot) | Q(dose__lot__number__iexact=lot))
        for name, rule in (("since", "gte"), ("until", "lte")):
            if day := values.get(name):
                told = Q(**{f"said_administered_on__{rule}": day})
                recorded = Q(**{f"dose__administered_at__date__{rule}": day})
                rows = rows.filter(recorded | Q(dose=None) & told)
        return rows


class ManyForm(Form):
    """The cause, the answer in both languages, and whether the cases end with it."""

    cause = forms.ChoiceField(
        label=_("What was behind it"), choices=[("", _("Choose")), *CaseCause.choices]
    )
    text_vi = forms.CharField(
        label=_("Answer in Vietnamese"),
        help_text=_("For who reported in Vietnamese."),
        max_length=2000,
        widget=TEXT,
    )
    text_en = forms.CharField(
        label=_("Answer in English"),
        help_text=_("For who reported in English."),
        max_length=2000,
        widget=TEXT,
    )
    closes = forms.BooleanField(
        label=_("The cases are resolved with this answer"),
        help_text=_("Without it they stay open, and the people are told how it stands."),
        required=False,
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def _text(self, name: str) -> str:
        text: str = self.cleaned_data[name]
        if unknown := unknown_places(text):
            raise forms.ValidationError(
                gettext("%(name)s stands for nothing here. Use %(places)s.")
                % {
                    "name": f"{{{unknown[0]}}}",
                    "places": ", ".join(f"{{{name}}}" for name in PLACEHOLDERS),
                },
                code="unknown_place",
            )
        return text

    def clean_text_vi(self) -> str:
        return self._text("text_vi")

    def clean_text_en(self) -> str:
        return self._text("text_en")
