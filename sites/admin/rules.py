"""Vaccines, intervals and screening forms: the medical rules, as rows with their citations."""

from typing import Any

from django.contrib import admin
from django.forms import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from sites import rights
from sites.admin.base import ScopedAdmin
from sites.models import (
    IntervalRule,
    ScreeningForm,
    ScreeningQuestion,
    Vaccine,
    VaccineSpelling,
    VitalBound,
)
from vaxplatform.admin import BaseTabularInline, ByRight
from vaxplatform.vietnam import search_key


class RuleAdmin(ScopedAdmin):
    site_path = None
    may_change = rights.EDIT_RULES
    may_add = rights.EDIT_RULES


class RuleInline(ByRight, BaseTabularInline):
    """Part of its parent: whoever edits the rules edits it."""

    show_change_link = False
    may_see = (rights.SEE_RECORDS,)
    may_change = may_add = rights.EDIT_RULES


class SpellingForms(BaseInlineFormSet):  # type: ignore[type-arg]
    """A spelling means one vaccine: refused here, before the database has to."""

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            spelling = form.cleaned_data.get("spelling") if hasattr(form, "cleaned_data") else None
            if not spelling:
                continue
            key = search_key(spelling)
            if not key or key in seen or self._means_another(key, form.instance.pk):
                form.add_error("spelling", _("This spelling names a vaccine already, or nothing."))
            seen.add(key)

    def _means_another(self, key: str, own: Any) -> bool:
        if VaccineSpelling.objects.filter(key=key).exclude(pk=own).exists():
            return True
        others = Vaccine.objects.exclude(pk=self.instance.pk)
        names = others.values_list("code", "name", "vietnamese_name")
        return any(key == search_key(name) for row in names for name in row)


class SpellingInline(RuleInline):
    """How people write the vaccine in their sheets; rows that waited for one are tried again."""

    model = VaccineSpelling
    formset = SpellingForms
    fields = ("spelling",)


@admin.register(Vaccine)
class VaccineAdmin(RuleAdmin):
    inlines = (SpellingInline,)
    list_display = ("code", "name", "manufacturer", "primary_doses")
    search_fields = ("code", "name", "vietnamese_name")


@admin.register(IntervalRule)
class IntervalRuleAdmin(RuleAdmin):
    list_display = (
        "dose_kind", "first_vaccine", "next_vaccine", "min_days", "max_days", "province",
        "valid_from", "valid_to", "citation", "to_confirm",
    )  # fmt: skip
    list_select_related = ("first_vaccine", "next_vaccine", "province")
    list_filter = ("dose_kind", "to_confirm")
    search_fields = ("citation",)
    autocomplete_fields = ("province",)


class QuestionInline(RuleInline):
    model = ScreeningQuestion


class BoundInline(RuleInline):
    model = VitalBound


@admin.register(ScreeningForm)
class ScreeningFormAdmin(RuleAdmin):
    list_display = (
        "version", "citation", "valid_from", "valid_to", "observation_minutes", "to_confirm",
    )  # fmt: skip
    search_fields = ("version", "citation")
    inlines = (QuestionInline, BoundInline)
