"""Vaccines, intervals and screening forms: the medical rules, as rows with their citations."""

from django.contrib import admin

from sites import rights
from sites.admin.base import ScopedAdmin
from sites.models import IntervalRule, ScreeningForm, ScreeningQuestion, Vaccine, VitalBound
from vaxplatform.admin import BaseTabularInline, ByRight


class RuleAdmin(ScopedAdmin):
    site_path = None
    may_change = rights.EDIT_RULES
    may_add = rights.EDIT_RULES


@admin.register(Vaccine)
class VaccineAdmin(RuleAdmin):
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


class RuleInline(ByRight, BaseTabularInline):
    """Part of a form's version: whoever edits the rules edits it."""

    show_change_link = False
    may_see = (rights.SEE_RECORDS,)
    may_change = may_add = rights.EDIT_RULES


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
