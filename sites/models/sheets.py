"""Paper lists of doses, typed in a grid: the sheet with its photo, who typed it, and the rows."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from registration.models import AdministrativeUnit
from sites.models.imports import DoseImport
from sites.models.site import Site
from sites.models.stock import Lot
from vaxplatform.crypto import SealedTextField

MOST_LINES = 60  # of one sheet; a longer list is several sheets, or a spreadsheet


class SheetState(models.TextChoices):
    OPEN = "open", _("Being typed")
    TYPED = "typed", _("Typed")
    COMPARED = "compared", _("Compared")
    RECORDED = "recorded", _("Recorded")


class PaperSheet(models.Model):
    """One sheet of paper of one site: what its rows have in common, and how far it is.

    `photo`: sealed JPEG without metadata. `agreed`: the rows that a comparison of two entries came
    to, sealed JSON {line: cells}. `batch`: the import that recorded the rows; what became of each
    stands there. `dose_number`: of the rows that leave it open. Photo, rows and `agreed` are
    forgotten 90 days after the last touch (`forgotten_at`).
    """

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    site = models.ForeignKey(
        Site, verbose_name=_("site"), on_delete=models.PROTECT, related_name="paper_sheets"
    )
    lot = models.ForeignKey(
        Lot, verbose_name=_("lot"), on_delete=models.PROTECT, related_name="paper_sheets"
    )
    given_on = models.DateField(_("day of the injections"))
    vaccinator = models.CharField(_("vaccinator"), max_length=100)
    province = models.ForeignKey(
        AdministrativeUnit, verbose_name=_("province"), on_delete=models.PROTECT, related_name="+"
    )
    doses_on_paper = models.PositiveSmallIntegerField(_("doses on the paper"))
    dose_number = models.PositiveSmallIntegerField(_("dose number"), null=True, blank=True)
    double_entry = models.BooleanField(_("typed by two people"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=SheetState, default=SheetState.OPEN)
    photo = models.BinaryField(_("photo"), null=True, editable=False)
    agreed = SealedTextField(null=True)
    difference = models.CharField(_("why the sums differ"), max_length=300, blank=True)
    batch = models.OneToOneField(
        DoseImport,
        verbose_name=_("import"),
        null=True,
        on_delete=models.PROTECT,
        related_name="paper_sheet",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by whom"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField(_("begun at"), db_default=Now())
    touched_at = models.DateTimeField(_("last touched at"), db_default=Now())
    compared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("compared by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("recorded by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    recorded_at = models.DateTimeField(_("recorded at"), null=True, blank=True)
    forgotten_at = models.DateTimeField(_("forgotten at"), null=True, blank=True)

    class Meta:
        verbose_name = _("paper sheet")
        verbose_name_plural = _("paper sheets")
        constraints = [
            models.CheckConstraint(
                name="a_sheet_holds_1_to_60_doses",
                condition=Q(doses_on_paper__gte=1) & Q(doses_on_paper__lte=MOST_LINES),
            ),
            models.CheckConstraint(
                name="the_dose_number_of_a_sheet_is_1_to_9",
                condition=Q(dose_number=None) | (Q(dose_number__gte=1) & Q(dose_number__lte=9)),
            ),
            models.CheckConstraint(
                name="a_sheet_is_recorded_with_its_import_and_by_somebody",
                condition=Q(
                    state=SheetState.RECORDED,
                    batch__isnull=False,
                    recorded_at__isnull=False,
                    recorded_by__isnull=False,
                )
                | (~Q(state=SheetState.RECORDED) & Q(batch=None, recorded_at=None)),
            ),
            models.CheckConstraint(
                name="only_a_sheet_typed_twice_is_compared",
                condition=~Q(state=SheetState.COMPARED)
                | Q(double_entry=True, compared_by__isnull=False),
            ),
            models.CheckConstraint(
                name="nothing_is_left_of_a_forgotten_sheet",
                condition=Q(forgotten_at=None) | Q(photo__isnull=True, agreed__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["site", "-created_at"], name="sheet_by_site"),
            models.Index(
                fields=["touched_at"], name="sheet_to_forget", condition=Q(forgotten_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"sheet {self.public_id}"


class SheetEntry(models.Model):
    """What one person typed of a sheet. Of a sheet typed twice there are two, of two people.

    `cells_compared`: cells that either entry filled; `cells_wrong`: those that the comparison
    decided against this entry. Null until the sheet is compared.
    """

    sheet = models.ForeignKey(
        PaperSheet, verbose_name=_("sheet"), on_delete=models.CASCADE, related_name="entries"
    )
    number = models.PositiveSmallIntegerField(_("entry"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("typed by"),
        on_delete=models.PROTECT,
        related_name="sheet_entries",
    )
    started_at = models.DateTimeField(_("begun at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    cells_compared = models.PositiveIntegerField(_("cells compared"), null=True)
    cells_wrong = models.PositiveIntegerField(_("cells decided otherwise"), null=True)

    class Meta:
        verbose_name = _("entry of a sheet")
        verbose_name_plural = _("entries of sheets")
        constraints = [
            models.UniqueConstraint(
                name="a_sheet_has_one_entry_of_a_number", fields=["sheet", "number"]
            ),
            models.UniqueConstraint(
                name="nobody_types_the_same_sheet_twice", fields=["sheet", "by"]
            ),
            models.CheckConstraint(
                name="an_entry_is_the_first_or_the_second", condition=Q(number__in=(1, 2))
            ),
            models.CheckConstraint(
                name="no_more_cells_are_wrong_than_were_compared",
                condition=Q(cells_compared=None, cells_wrong=None)
                | Q(cells_wrong__lte=models.F("cells_compared")),
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.number} of sheet {self.sheet_id}"


class SheetTakeover(models.Model):
    """An entry of a sheet went from one typist to another: who typed it until then, and when."""

    entry = models.ForeignKey(
        SheetEntry, verbose_name=_("entry"), on_delete=models.CASCADE, related_name="takeovers"
    )
    typed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("typed until then by"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("taken over by"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    at = models.DateTimeField(_("taken over at"), db_default=Now())

    class Meta:
        verbose_name = _("entry of a sheet taken over")
        verbose_name_plural = _("entries of sheets taken over")
        constraints = [
            models.CheckConstraint(
                name="nobody_takes_an_entry_over_from_herself",
                condition=~Q(typed_by=models.F("taken_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"takeover of entry {self.entry_id}"


class SheetRow(models.Model):
    """A row as somebody typed it: sealed JSON, a text for each of the grid's columns."""

    entry = models.ForeignKey(
        SheetEntry, verbose_name=_("entry"), on_delete=models.CASCADE, related_name="rows"
    )
    line = models.PositiveSmallIntegerField(_("row"))
    cells = SealedTextField()

    class Meta:
        verbose_name = _("row of a sheet")
        verbose_name_plural = _("rows of sheets")
        constraints = [
            models.UniqueConstraint(
                name="a_line_of_an_entry_stands_once", fields=["entry", "line"]
            ),
            models.CheckConstraint(
                name="a_line_of_a_sheet_is_1_to_60",
                condition=Q(line__gte=1) & Q(line__lte=MOST_LINES),
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.line} of entry {self.entry_id}"
