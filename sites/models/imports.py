"""Files of doses given on paper: the file, how far it was read, what became of each row."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from registration.models import Citizen
from sites.models.dose import Dose
from sites.models.site import Site
from vaxplatform.crypto import SealedTextField


class ImportState(models.TextChoices):
    UNMAPPED = "unmapped", _("Waiting for its columns")
    CHECKED = "checked", _("Waiting for a yes")
    RUNNING = "running", _("Being recorded")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class DoseImport(models.Model):
    """One file of one site. `content` is the sealed file, kept until all its rows are decided.

    `rows_done` counts the rows of the file that are behind us, `recorded` … `refused` the doses in
    them (a row of the wide form holds several). `columns`: position → [field, dose].
    `leased_until`: a worker is on it.
    """

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    site = models.ForeignKey(
        Site, verbose_name=_("site"), on_delete=models.PROTECT, related_name="imports"
    )
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    size = models.PositiveBigIntegerField(_("bytes"))
    content = models.BinaryField(_("content"), null=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=ImportState)
    refusal = models.JSONField(_("why it was refused"), null=True, blank=True)
    headings_line = models.PositiveIntegerField(_("row of the headings"), null=True)
    headings = ArrayField(
        models.CharField(max_length=100), verbose_name=_("headings"), default=list
    )
    columns = models.JSONField(_("columns"), default=dict)
    creates_lots = models.BooleanField(
        _("take in lots that other sites hold"),
        default=False,
        help_text=_("A lot that this site does not hold is taken from its entry at another site."),
    )
    all_here = models.BooleanField(
        _("all doses were given here"),
        default=False,
        db_default=False,
        help_text=_("Whatever place the rows name, their doses were given at this site."),
    )
    rows_total = models.PositiveIntegerField(_("rows"), null=True)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    recorded = models.PositiveIntegerField(_("recorded"), default=0)
    duplicates = models.PositiveIntegerField(_("already on record"), default=0)
    held = models.PositiveIntegerField(_("held for a person"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by whom"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField(_("sent at"), db_default=Now())
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    seconds = models.FloatField(_("seconds of work"), default=0)
    leased_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("file of doses")
        verbose_name_plural = _("files of doses")
        constraints = [
            models.CheckConstraint(
                name="a_refused_file_says_why",
                condition=~Q(state=ImportState.REFUSED) | Q(refusal__isnull=False),
            ),
            models.CheckConstraint(
                name="an_import_that_runs_has_started",
                condition=~Q(state__in=(ImportState.RUNNING, ImportState.DONE))
                | Q(started_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_open_import_per_site_and_file",
                fields=["site", "sha256"],
                condition=~Q(state__in=(ImportState.DONE, ImportState.REFUSED)),
            ),
        ]
        indexes = [
            models.Index(fields=["site", "-created_at"], name="import_by_site"),
            models.Index(
                fields=["created_at"],
                name="import_running",
                condition=Q(state=ImportState.RUNNING),
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.public_id}"


class ImportedChunk(models.Model):
    """Rows of a file that were dealt with in one transaction; the first line names them."""

    batch = models.ForeignKey(DoseImport, on_delete=models.CASCADE, related_name="chunks")
    first_line = models.PositiveIntegerField()
    last_line = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("chunk of a file")
        verbose_name_plural = _("chunks of a file")
        constraints = [
            models.UniqueConstraint(name="a_chunk_is_done_once", fields=["batch", "first_line"]),
        ]

    def __str__(self) -> str:
        return f"lines {self.first_line} to {self.last_line}"


class RowOutcome(models.TextChoices):
    RECORDED = "recorded", _("Recorded")
    DUPLICATE = "duplicate", _("Already on record")
    HELD = "held", _("Held for a person")
    REFUSED = "refused", _("Refused")


class MatchedBy(models.TextChoices):
    """How the person of a row was known."""

    CCCD = "cccd", _("Citizen card number")
    CMND = "cmnd", _("Old identity card number")
    PASSPORT = "passport", _("Passport number")
    BHYT = "bhyt", _("Health insurance number")
    CONTACT = "contact", _("Phone, name and date of birth")
    ADDRESS = "address", _("Name, date of birth, sex and address")
    FILE = "file", _("The same person in another row of the file")
    NEW = "new", _("Nobody like this was on record")
    DECIDED = "decided", _("Decided by a person")


class ImportedRow(models.Model):
    """What became of one dose of a file. `part`: which dose of a row of the wide form, else 0.

    `reasons`: a list of {code, field, params}. `cells` (sealed) stay as long as somebody must deal
    with the row. `candidates`: people who may be meant, [{citizen, score, same}], best first.
    """

    batch = models.ForeignKey(
        DoseImport,
        verbose_name=_("file"),
        on_delete=models.CASCADE,
        related_name="rows",
        db_index=False,  # the row's own name begins with it
    )
    line = models.PositiveIntegerField(_("row"))
    part = models.PositiveSmallIntegerField(_("dose"), default=0)
    outcome = models.CharField(_("outcome"), max_length=10, choices=RowOutcome)
    reasons = models.JSONField(_("reasons"), default=list)
    matched_by = models.CharField(_("person known by"), max_length=8, choices=MatchedBy, blank=True)
    cells = SealedTextField(null=True)
    candidates = models.JSONField(_("people who may be meant"), null=True)
    citizen = models.ForeignKey(
        Citizen, verbose_name=_("person"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    dose = models.ForeignKey(
        Dose,
        verbose_name=_("dose"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("row of a file")
        verbose_name_plural = _("rows of files")
        constraints = [
            models.UniqueConstraint(
                name="a_dose_of_a_row_has_one_outcome", fields=["batch", "line", "part"]
            ),
            models.CheckConstraint(
                name="a_recorded_row_has_its_dose",
                condition=~Q(outcome=RowOutcome.RECORDED) | Q(dose__isnull=False),
            ),
            models.CheckConstraint(
                name="a_row_that_waits_says_why",
                condition=~Q(outcome__in=(RowOutcome.HELD, RowOutcome.REFUSED)) | ~Q(reasons=[]),
            ),
        ]
        indexes = [
            models.Index(fields=["dose"], name="imported_row_by_dose"),
            models.Index(
                fields=["batch", "line"],
                name="imported_row_open",
                condition=Q(outcome__in=("held", "refused")),
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.line} of import {self.batch_id}"


class ColumnMapping(models.Model):
    """What the columns of a site's own sheet mean, as a person there said once."""

    site = models.ForeignKey(
        Site, verbose_name=_("site"), on_delete=models.CASCADE, related_name="column_mappings"
    )
    headings_digest = models.CharField(max_length=64)
    columns = models.JSONField(_("columns"))
    saved_at = models.DateTimeField(_("saved at"), db_default=Now())

    class Meta:
        verbose_name = _("mapping of columns")
        verbose_name_plural = _("mappings of columns")
        constraints = [
            models.UniqueConstraint(
                name="one_mapping_per_site_and_headings", fields=["site", "headings_digest"]
            ),
        ]

    def __str__(self) -> str:
        return f"mapping {self.pk}"
