"""How people are after a dose: what they are asked, what they answer, and who looked at it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sites.models.aefi import AefiReport
from sites.models.dose import Dose
from vaxplatform.rows import row_name


class AefiAnswer(models.TextChoices):
    WELL = "well", _("I feel well")
    MILD = "mild", _("Mild signs")
    UNWELL = "unwell", _("I do not feel well")


class FollowUp(models.Model):
    """One day of the diary after a dose: the question of day 1, 3, 7 or 28, and the answer in the
    health book, which may come on any day. `day`: days since the dose; `asked_at`: when the SMS was
    queued, None where nobody asked. An answer "unwell" waits until the site has looked at it
    (`handled_at`); `report` is what the site made of it."""

    dose = models.ForeignKey(
        Dose, verbose_name=_("dose"), on_delete=models.PROTECT, related_name="follow_ups"
    )
    day = models.PositiveSmallIntegerField(_("day after the dose"))
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=6, choices=AefiAnswer, blank=True)
    symptoms = models.JSONField(_("signs"), default=list)
    words = models.CharField(_("in the person's words"), max_length=500, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    handled_at = models.DateTimeField(_("looked at"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("looked at by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    report = models.ForeignKey(
        AefiReport,
        verbose_name=_("report made of it"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="answers",
        db_index=False,
    )

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                name="a_dose_is_followed_up_once_a_day", fields=["dose", "day"]
            ),
            models.CheckConstraint(
                name="an_answered_follow_up_says_when",
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="an_answer_is_looked_at_after_it_came",
                condition=Q(handled_at__isnull=True)
                | Q(answered_at__isnull=False, handled_at__gte=F("answered_at")),
            ),
            models.CheckConstraint(
                name="a_report_of_an_answer_is_a_look_at_it",
                condition=Q(report__isnull=True) | Q(handled_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["answered_at"],
                name="follow_up_unwell_waiting",
                condition=Q(answer="unwell", handled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)


class FollowUpRound(models.Model):
    """How far the questions of a day have come: the sites up to `up_to_site` (a primary key) are
    done; one row a day, so that a round that was killed goes on where it stood."""

    asked_on = models.DateField(_("day of the questions"), unique=True)
    up_to_site = models.BigIntegerField(_("up to site"), default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("round of questions")
        verbose_name_plural = _("rounds of questions")

    def __str__(self) -> str:
        return row_name(self, self.asked_on)
