"""People whom an organisation registers with a spreadsheet: its rows, until they are sent."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models.account import Account
from registration.models.need import ShotRegistration
from vaxplatform.crypto import SealedTextField
from vaxplatform.rows import row_name


class PeopleList(models.Model):
    """One spreadsheet of an organisation. Its people are registered once, when it is sent.

    `answers`: what holds for all of its rows (wanted day and half of the day, group, dose kind), as
    the form typed it.
    """

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="people_lists"
    )
    organisation = models.CharField(_("organisation"), max_length=160)
    file_name = models.CharField(_("name of the file"), max_length=120)
    headings = ArrayField(models.CharField(max_length=100), verbose_name=_("headings"))
    columns = models.JSONField(_("columns"), help_text=_("position → field"))
    answers = models.JSONField(_("answers"))
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("list of people to register")
        verbose_name_plural = _("lists of people to register")
        indexes = [
            models.Index(fields=["account", "-created_at"], name="people_list_by_account"),
        ]

    def __str__(self) -> str:
        return row_name(self, self.public_id)


class RowState(models.TextChoices):
    READY = "ready", _("Can be sent")
    FAULTY = "faulty", _("To be mended")
    REGISTERED = "registered", _("Registered")
    REFUSED = "refused", _("Not registered")


class PeopleListRow(models.Model):
    """A row of the spreadsheet: its cells, sealed as JSON. What is wrong with them is read out of
    them each time, in the reader's language."""

    people_list = models.ForeignKey(PeopleList, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(_("row of the sheet"))
    cells = SealedTextField()
    state = models.CharField(_("state"), max_length=10, choices=RowState)
    registration = models.ForeignKey(
        ShotRegistration,
        verbose_name=_("registration"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("row of a list of people")
        verbose_name_plural = _("rows of lists of people")
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(
                name="a_line_stands_once_in_a_list_of_people", fields=["people_list", "line"]
            ),
            models.CheckConstraint(
                name="a_registered_row_has_its_registration",
                condition=Q(state="registered", registration__isnull=False)
                | (~Q(state="registered") & Q(registration__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
