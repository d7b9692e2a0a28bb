"""Files of doses and what became of their rows: read here, decided on the pages of the import.

The cells of a row, and the people who may be meant, are shown there only, to the site whose file it
is, and that is logged.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from sites.admin.base import ScopedAdmin
from sites.import_words import reason_sentence
from sites.models import DoseImport, ImportedRow


@admin.register(DoseImport)
class DoseImportAdmin(ScopedAdmin):
    list_display = (
        "created_at", "site", "state", "rows_total", "recorded", "duplicates", "held", "refused",
    )  # fmt: skip
    list_select_related = ("site",)
    list_filter = ("state",)
    search_fields = ("public_id__exact", "site__code__exact")
    search_help_text = _("The whole number of a file or the code of a site")
    fields = (
        "public_id", "site", "file_name", "sha256", "size", "state", "why", "creates_lots",
        "all_here", "rows_total", "rows_done", "recorded", "duplicates", "held", "refused", "by",
        "created_at", "started_at", "finished_at", "seconds",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("content")

    @admin.display(description=_("why it was refused"))
    def why(self, batch: DoseImport) -> str:
        return reason_sentence(batch.refusal) if batch.refusal else "–"


@admin.register(ImportedRow)
class ImportedRowAdmin(ScopedAdmin):
    site_path = "batch__site"
    list_display = ("batch", "line", "part", "outcome", "matched_by", "decided_by", "decided_at")
    list_select_related = ("batch", "decided_by")
    list_filter = ("outcome", "matched_by")
    search_fields = ("batch__public_id__exact",)
    search_help_text = _("The whole number of a file")
    fields = (
        "batch", "line", "part", "outcome", "why", "matched_by", "dose", "decided_by", "decided_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("cells", "candidates", "batch__content")

    @admin.display(description=_("reasons"))
    def why(self, row: ImportedRow) -> str:
        return " ".join(reason_sentence(reason) for reason in row.reasons) or "–"
