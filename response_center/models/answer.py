"""Answers: the texts that agents start from, and one answer to many cases."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from response_center.models.case import Case, CaseCause
from vaxplatform.rows import row_name


class AnswerUse(models.TextChoices):
    """What a text is for."""

    RESOLVE = "resolve", _("Resolving a report")
    REJECT = "reject", _("Not accepting a report")
    ASK_SITE = "ask_site", _("Asking the site")
    SITE_ANSWER = "site_answer", _("The site's answer")


class AnswerTemplate(models.Model):
    """A text in both languages that a person may change before sending.

    `{name}` in it stands for a fact of the case (rules.PLACEHOLDERS). `kinds`: the kinds of case it
    is offered for, separated by blanks; empty for all.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    use = models.CharField(_("used for"), max_length=12, choices=AnswerUse)
    kinds = models.CharField(_("kinds of report"), max_length=200, blank=True)
    cause = models.CharField(_("cause"), max_length=20, choices=CaseCause, blank=True)
    title_vi = models.CharField(_("title in Vietnamese"), max_length=100)
    title_en = models.CharField(_("title in English"), max_length=100)
    text_vi = models.TextField(_("text in Vietnamese"), max_length=2000)
    text_en = models.TextField(_("text in English"), max_length=2000)
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("template of an answer")
        verbose_name_plural = _("templates of answers")
        ordering = ["use", "position", "code"]

    def __str__(self) -> str:
        return self.code


class BulkAnswer(models.Model):
    """One answer that was given to many cases with the same cause."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    cause = models.CharField(_("cause"), max_length=20, choices=CaseCause)
    text_vi = models.TextField(_("text in Vietnamese"), max_length=2000)
    text_en = models.TextField(_("text in English"), max_length=2000)
    closes = models.BooleanField(_("closes the cases"), default=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answered by"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    answered_at = models.DateTimeField(_("answered at"), default=timezone.now)
    cases = models.ManyToManyField(Case, verbose_name=_("cases"), related_name="bulk_answers")

    class Meta:
        verbose_name = _("answer to many")
        verbose_name_plural = _("answers to many")
        ordering = ["-answered_at"]

    def __str__(self) -> str:
        return row_name(self, self.public_id)
