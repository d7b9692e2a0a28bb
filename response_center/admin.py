"""Cases in the staff records: to read only; they are worked on at /staff/cases/."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from response_center.models import AnswerTemplate, BulkAnswer, Case, CaseEvent, CaseKind
from response_center.rules import PLACEHOLDERS
from response_center.selectors import cases_in_reach
from response_center.services.answers import unknown_places
from sites.rights import ANSWER_CASES, EDIT_RULES, SEE_BOARD, WORK_CASES
from sites.scoping import posting_of
from vaxplatform.admin import BaseModelAdmin, BaseTabularInline, ByRight


class _ReadOnly(ByRight):
    """Seen by who may see cases, within reach of their posting; changed by nobody here."""

    may_see = (WORK_CASES, ANSWER_CASES, SEE_BOARD)


class CaseEventInline(_ReadOnly, BaseTabularInline):
    model = CaseEvent
    fields = ("at", "verb", "by", "note", "is_public")
    readonly_fields = fields
    show_change_link = False


@admin.register(Case)
class CaseAdmin(_ReadOnly, BaseModelAdmin):
    list_display = ("number", "kind", "status", "level", "site", "due_at", "claimed_by")
    list_filter = ("status", "kind", "level")
    list_select_related = ["site", "claimed_by"]
    search_fields = ("number__exact",)
    ordering = ("due_at",)
    exclude = ("public_id", "phone")
    inlines = (CaseEventInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return cases_in_reach(posting_of(request.user))


class AnswerTemplateForm(forms.ModelForm):
    """Kinds by ticking them; a `{name}` that no case can fill is refused."""

    kinds = forms.MultipleChoiceField(
        label=_("kinds of report"),
        choices=[(kind, kind.label) for kind in CaseKind if kind != CaseKind.STUCK_CERTIFICATE],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None: offered for all kinds."),
    )

    class Meta:
        model = AnswerTemplate
        fields = (
            *("code", "use", "kinds", "cause", "title_vi", "title_en"),
            *("text_vi", "text_en", "position", "is_active"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["kinds"] = (self.instance.kinds or "").split()

    def clean_kinds(self) -> str:
        return " ".join(self.cleaned_data["kinds"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name in ("text_vi", "text_en"):
            if unknown := unknown_places(values.get(name, "")):
                self.add_error(name, _unknown_place(unknown[0]))
        return values


def _unknown_place(name: str) -> str:
    places = ", ".join(f"{{{place}}}" for place in PLACEHOLDERS)
    said = gettext("%(name)s stands for nothing here. Use %(places)s.")
    return said % {"name": f"{{{name}}}", "places": places}


@admin.register(AnswerTemplate)
class AnswerTemplateAdmin(ByRight, BaseModelAdmin):
    """The texts that agents and sites start from; the nation's officials keep them."""

    may_see = (WORK_CASES, EDIT_RULES)
    may_change = may_add = EDIT_RULES
    form = AnswerTemplateForm
    list_display = ("title_vi", "use", "kinds", "cause", "position", "is_active")
    list_filter = ("use", "is_active")
    ordering = ("use", "position", "code")


@admin.register(BulkAnswer)
class BulkAnswerAdmin(ByRight, BaseModelAdmin):
    """What was answered to many, by whom and when: read only."""

    may_see = (WORK_CASES,)
    list_display = ("answered_at", "cause", "closes", "answered_by")
    list_select_related = ["answered_by"]
    ordering = ("-answered_at",)
    fields = ("cause", "text_vi", "text_en", "closes", "answered_by", "answered_at")
