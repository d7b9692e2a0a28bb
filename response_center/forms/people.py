"""Forms of the pages that join two records of one person."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registration.selectors import provinces_in_use
from response_center.models import DuplicateSign
from response_center.selectors.people import PairFilters
from vaxplatform.forms import Form

ANY = ("", _("All"))


class PairFilterForm(Form):
    """GET: which pairs the list shows; what cannot be read narrows nothing."""

    sign = forms.ChoiceField(
        label=_("Found by"), choices=[ANY, *DuplicateSign.choices], required=False
    )
    province = forms.ModelChoiceField(
        provinces_in_use(),
        label=_("Province or city"),
        required=False,
        to_field_name="code",
        empty_label=ANY[1],
    )

    @property
    def filters(self) -> PairFilters:
        self.is_valid()
        values: dict[str, Any] = self.cleaned_data
        return PairFilters(values.get("sign", ""), values.get("province"))

    @property
    def chosen(self) -> list[str]:
        """What narrows the list, in words."""
        filters = self.filters
        words = [str(DuplicateSign(filters.sign).label)] if filters.sign else []
        return [*words, filters.province.full_name] if filters.province else words


class DifferentForm(Form):
    """Two persons; what shows it may be written down."""

    reason = forms.CharField(
        label=_("What shows that they are two persons"),
        required=False,
        max_length=300,
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class ApartForm(Form):
    """Taking apart what was joined needs a reason."""

    reason = forms.CharField(
        label=_("Why the records are taken apart"),
        help_text=_("Whoever looks at these records later reads this."),
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
    )
