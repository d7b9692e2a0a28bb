"""The round trip to the population database: lists that go out, answers that come back."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models.citizen import Citizen, IdentityCheck
from registration.models.place import AdministrativeUnit
from vaxplatform.rows import row_name


class MismatchedField(models.TextChoices):
    """What does not agree with the population database."""

    FULL_NAME = "full_name", _("Full name")
    DATE_OF_BIRTH = "date_of_birth", _("Date of birth")
    SEX = "sex", _("Sex")
    ID_NUMBER = "id_number", _("Number of the identity paper")
    ADDRESS = "address", _("Address")


class IdentityCheckList(models.Model):
    """A list of people that was exported to be checked; `rows` people of one province or all."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    province = models.ForeignKey(
        AdministrativeUnit,
        verbose_name=_("province"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    rows = models.PositiveIntegerField(_("people"), default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    answered_at = models.DateTimeField(_("answers read at"), null=True, blank=True)
    answers = models.JSONField(_("answers by result"), default=dict, editable=False)

    class Meta:
        verbose_name = _("list for the identity check")
        verbose_name_plural = _("lists for the identity check")
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return row_name(self, self.public_id)


class IdentityCheckRow(models.Model):
    """A person on a list, and what came back. `mismatched`: MismatchedField values. `seen`: a keyed
    digest of what was sent; an answer about other details than today's is stale.

    Answered without a result: the details changed, and what comes back does not count.
    """

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    check_list = models.ForeignKey(
        IdentityCheckList,
        verbose_name=_("list"),
        on_delete=models.PROTECT,
        related_name="people",
    )
    citizen = models.ForeignKey(
        Citizen, verbose_name=_("person"), on_delete=models.CASCADE, related_name="identity_checks"
    )
    seen = models.BinaryField(max_length=32, editable=False)
    result = models.CharField(_("result"), max_length=12, choices=IdentityCheck, blank=True)
    mismatched = models.JSONField(_("what does not agree"), default=list)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("identity check of a person")
        verbose_name_plural = _("identity checks of people")
        constraints = [
            models.UniqueConstraint(
                name="a_person_stands_once_on_a_list", fields=["check_list", "citizen"]
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.public_id)


class ListAct(models.TextChoices):
    """What somebody did with a list."""

    TAKEN = "taken", _("Taken as a file")
    ANSWERED = "answered", _("Answers read")


class IdentityCheckEvent(models.Model):
    """Who took a list, or handed in answers, and what came of them. Insert only.

    `counts` of answers: by_result, by_field, applied, again, changed, empty, not_applied (code →
    rows) and lines ([row of the file, code], the first of them). Of a file: people, left_out.
    """

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    check_list = models.ForeignKey(
        IdentityCheckList, verbose_name=_("list"), on_delete=models.PROTECT, related_name="events"
    )
    act = models.CharField(_("what was done"), max_length=8, choices=ListAct)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    at = models.DateTimeField(_("at what time"), default=timezone.now)
    counts = models.JSONField(_("counts"), default=dict)

    class Meta:
        verbose_name = _("work on a list for the identity check")
        verbose_name_plural = _("work on lists for the identity check")
        triggers = [
            pgtrigger.Protect(name="insert_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return row_name(self, self.public_id)


class IdentityTally(models.Model):
    """People of a province by the result of their check, counted again every few minutes.

    `mismatched` empty: all people of that result; else those of whom this field does not agree.
    Records that were joined with another are not counted.
    """

    province = models.ForeignKey(
        AdministrativeUnit, verbose_name=_("province"), on_delete=models.CASCADE, related_name="+"
    )
    result = models.CharField(_("result"), max_length=12, choices=IdentityCheck)
    mismatched = models.CharField(
        _("what does not agree"), max_length=13, choices=MismatchedField, blank=True
    )
    people = models.PositiveIntegerField(_("people"))
    counted_at = models.DateTimeField(_("counted at"))

    class Meta:
        verbose_name = _("count of identity checks")
        verbose_name_plural = _("counts of identity checks")
        constraints = [
            models.UniqueConstraint(
                name="a_province_has_one_count_of_each_result",
                fields=["province", "result", "mismatched"],
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
