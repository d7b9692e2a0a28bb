"""Naming a vaccination site by a part of its name; several that fit come back as cards."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField
from registration.selectors import provinces_in_use
from response_center.selectors import sites_named
from sites.models import Site
from vaxplatform.forms import Form
from vaxplatform.widgets import RadioCards

SITES_OFFERED = 12
SITE_FIELDS = ("province", "site_name", "site")


class SiteChoiceForm(Form):
    """A form that asks for a site; a valid one has it as `chosen_site` in its cleaned data.

    A form that does not ask drops SITE_FIELDS, then has no site. `offer_sites` comes last in
    `__init__`, when the fields are known.
    """

    province = forms.ModelChoiceField(
        provinces_in_use(), label=_("Province or city of the vaccination site"), required=False
    )
    site_name = LineField(
        label=_("Vaccination site"),
        required=False,
        max_length=120,
        help_text=_("A part of its name is enough; accents are not needed."),
    )
    site = forms.ChoiceField(
        label=_("Which of these sites?"), required=False, widget=RadioCards, choices=()
    )
    offered_sites: list[Site]

    def offer_sites(self) -> None:
        """Look the typed name up; the cards are shown only where it fits several sites."""
        self.offered_sites = []
        if "site_name" not in self.fields:
            return
        typed = self.data.get(self.add_prefix("site_name"), "")[:120] if self.is_bound else ""
        if typed:
            self.offered_sites = self._sites_named(typed)
        if len(self.offered_sites) < 2:
            del self.fields["site"]
            return
        cards: Any = self.fields["site"]
        cards.choices = [
            (str(site.public_id), f"{site.name}, {site.province.name}")
            for site in self.offered_sites
        ]

    def _sites_named(self, typed: str) -> list[Site]:
        code = self.data.get(self.add_prefix("province"), "")
        province = provinces_in_use().filter(pk=code).first() if code.isdecimal() else None
        return sites_named(typed, province=province, limit=SITES_OFFERED)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        values["chosen_site"] = self._choose(values) if values.get("site_name") else None
        return values

    def _choose(self, values: dict[str, Any]) -> Site | None:
        if not self.offered_sites:
            self.add_error("site_name", _NO_SITE)
            return None
        if len(self.offered_sites) == 1:
            return self.offered_sites[0]
        by_id = {str(site.public_id): site for site in self.offered_sites}
        chosen = by_id.get(values.get("site", ""))
        if chosen is None:
            self.add_error("site", _SEVERAL_SITES)
        return chosen


_NO_SITE = forms.ValidationError(
    _(
        "No vaccination site has this name here. Try another part of the name, or leave it empty "
        "and we will look for it."
    ),
    code="site_unknown",
)
_SEVERAL_SITES = forms.ValidationError(
    _("Several sites have this name. Choose yours."), code="site_ambiguous"
)
