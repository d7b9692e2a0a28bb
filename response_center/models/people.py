"""People who are on record twice: found, judged by two persons, joined, and taken apart again."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models import Citizen
from vaxplatform.rows import row_name


class DuplicateSign(models.TextChoices):
    """What speaks for two records being one person."""

    SAME_ID = "same_id", _("The same number of the same paper")
    OLD_AND_NEW_ID = "old_and_new_id", _("An old and a new identity card of one person")
    CONTACT = "contact", _("The same phone, name and date of birth")
    SIMILAR = "similar", _("Similar name and date of birth")
    TOLD = "told", _("The person said so")


class PairStatus(models.TextChoices):
    """See docs/states.md for who moves a pair from one to the next."""

    FOUND = "found", _("To be looked at")
    PROPOSED = "proposed", _("One person said: the same; waits for a second")
    MERGED = "merged", _("Joined")
    DIFFERENT = "different", _("Two persons")
    REVERSED = "reversed", _("Taken apart again")


class DuplicatePair(models.Model):
    """Two records that may be one person. `kept` is the record that stays when they are joined,
    `merged` the one that then leads to it. `score` 0 to 1. `moved`: what the merge moved, table →
    primary keys, to take it apart again."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    kept = models.ForeignKey(
        Citizen, verbose_name=_("record that stays"), on_delete=models.PROTECT, related_name="+"
    )
    merged = models.ForeignKey(
        Citizen, verbose_name=_("record that is joined"), on_delete=models.PROTECT, related_name="+"
    )
    sign = models.CharField(_("found by"), max_length=14, choices=DuplicateSign)
    score = models.FloatField(_("likeness"), default=1)
    status = models.CharField(
        _("status"), max_length=9, choices=PairStatus, default=PairStatus.FOUND
    )
    found_at = models.DateTimeField(_("found at"), default=timezone.now)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("proposed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    proposed_at = models.DateTimeField(_("proposed at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("taken apart by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reversed_at = models.DateTimeField(_("taken apart at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    moved = models.JSONField(_("what was moved"), default=dict, editable=False)

    class Meta:
        verbose_name = _("pair of records")
        verbose_name_plural = _("pairs of records")
        ordering = ["-score", "found_at"]
        constraints = [
            models.CheckConstraint(
                name="a_person_is_not_paired_with_itself", condition=~Q(kept=F("merged"))
            ),
            models.CheckConstraint(
                name="two_persons_join_two_records",
                condition=~Q(status__in=["merged", "reversed"])
                | (
                    Q(proposed_by__isnull=False, decided_by__isnull=False)
                    & ~Q(decided_by=F("proposed_by"))
                ),
            ),
            models.UniqueConstraint(
                models.functions.Least("kept", "merged"),
                models.functions.Greatest("kept", "merged"),
                name="two_records_are_paired_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-score", "found_at"],
                name="pair_to_judge",
                condition=Q(status__in=["found", "proposed"]),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.public_id)


class DuplicateSearch(models.Model):
    """How far the search for pairs has come; one row. Looked through: every version of a person
    up to `reached_version` (the event's number), every paper up to `reached_paper`."""

    reached_version = models.BigIntegerField(_("versions of people looked through"), default=0)
    reached_paper = models.BigIntegerField(_("papers looked through"), default=0)

    class Meta:
        verbose_name = _("search for pairs of records")
        verbose_name_plural = _("search for pairs of records")
        constraints = [
            models.CheckConstraint(name="there_is_one_search_for_pairs", condition=Q(pk=1)),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
