"""Vaccine products and the rules of giving them: rows with effective dates and citations."""

import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registration.models import AdministrativeUnit, DoseKind
from vaxplatform.vietnam import search_key


class Vaccine(models.Model):
    """A product, named by its EU code (value set vaccine-medicinal-product)."""

    code = models.CharField(_("EU product code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    vietnamese_name = models.CharField(_("Vietnamese name"), max_length=80)
    manufacturer = models.CharField(_("manufacturer"), max_length=80)
    holder_code = models.CharField(_("EU holder code"), max_length=60)
    prophylaxis_code = models.CharField(_("EU prophylaxis code"), max_length=20)
    primary_doses = models.PositiveSmallIntegerField(_("doses of the primary series"))
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("vaccine")
        verbose_name_plural = _("vaccines")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="a_primary_series_has_one_to_four_doses",
                condition=Q(primary_doses__range=(1, 4)),
            ),
        ]

    def __str__(self) -> str:
        return self.vietnamese_name


class VaccineSpelling(models.Model):
    """A name under which a vaccine stands in people's sheets. `key`: as `search_key` leaves it."""

    vaccine = models.ForeignKey(
        Vaccine, verbose_name=_("vaccine"), on_delete=models.CASCADE, related_name="spellings"
    )
    spelling = models.CharField(_("spelling"), max_length=80)
    key = models.CharField(max_length=80, unique=True, editable=False)

    class Meta:
        verbose_name = _("spelling")
        verbose_name_plural = _("spellings")

    def __str__(self) -> str:
        return self.spelling

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = search_key(self.spelling)
        super().save(*args, **kwargs)


class EffectiveQuerySet(models.QuerySet):
    def in_force_on(self, day: datetime.date) -> Self:
        """Rules in force on `day` (both bounds inclusive)."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day),
            Q(valid_to__isnull=True) | Q(valid_to__gte=day),
        )


class IntervalRule(models.Model):
    """How many days must, and should at most, lie between a dose and the one before it.

    `next_vaccine` empty means: any. A row with a province overrides those without one.
    """

    first_vaccine = models.ForeignKey(
        Vaccine,
        verbose_name=_("vaccine before"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    next_vaccine = models.ForeignKey(
        Vaccine,
        verbose_name=_("vaccine after"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    dose_kind = models.CharField(_("dose kind"), max_length=10, choices=DoseKind)
    min_days = models.PositiveSmallIntegerField(_("least days"))
    max_days = models.PositiveSmallIntegerField(_("most days"), null=True, blank=True)
    province = models.ForeignKey(
        AdministrativeUnit,
        verbose_name=_("province"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    citation = models.CharField(_("citation"), max_length=200)
    to_confirm = models.BooleanField(
        _("to be confirmed"),
        default=False,
        help_text=_("Not read in a primary text yet: an official must confirm it."),
    )

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        verbose_name = _("interval rule")
        verbose_name_plural = _("interval rules")
        constraints = [
            models.CheckConstraint(
                name="a_longest_interval_is_not_shorter_than_the_shortest",
                condition=Q(max_days__isnull=True) | Q(max_days__gte=F("min_days")),
            ),
            models.UniqueConstraint(
                name="one_interval_rule_per_case_and_start",
                fields=["first_vaccine", "next_vaccine", "dose_kind", "province", "valid_from"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_dose_kind_display()}: {self.min_days}"


class ScreeningForm(models.Model):
    """A version of the ministry's screening form."""

    version = models.CharField(_("version"), max_length=20, unique=True)
    citation = models.CharField(_("citation"), max_length=200)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    observation_minutes = models.PositiveSmallIntegerField(
        _("minutes of observation after the injection"), default=30
    )
    to_confirm = models.BooleanField(_("to be confirmed"), default=False)

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        verbose_name = _("screening form")
        verbose_name_plural = _("screening forms")

    def __str__(self) -> str:
        return self.version


class ScreeningOutcome(models.TextChoices):
    INJECT = "inject", _("Vaccinate now")
    CAUTION = "caution", _("Vaccinate with caution")
    DEFER = "defer", _("Defer")
    REFER = "refer", _("Refer to a hospital")
    CONTRAINDICATED = "contraindicated", _("Contraindicated")


class ScreeningQuestion(models.Model):
    """A yes/no question of a form, and what a yes proposes."""

    form = models.ForeignKey(
        ScreeningForm, verbose_name=_("form"), on_delete=models.CASCADE, related_name="questions"
    )
    code = models.SlugField(_("code"), max_length=40)
    position = models.PositiveSmallIntegerField(_("place in the list"))
    text_vi = models.CharField(_("text in Vietnamese"), max_length=300)
    text_en = models.CharField(_("text in English"), max_length=300)
    outcome_if_yes = models.CharField(
        _("outcome of a yes"), max_length=15, choices=ScreeningOutcome
    )

    class Meta:
        verbose_name = _("screening question")
        verbose_name_plural = _("screening questions")
        ordering = ["form", "position"]
        constraints = [
            models.UniqueConstraint(
                name="a_question_stands_once_on_a_form", fields=["form", "code"]
            ),
        ]

    def __str__(self) -> str:
        from django.utils.translation import get_language

        return self.text_en if get_language() == "en" else self.text_vi


class VitalSign(models.TextChoices):
    TEMPERATURE = "temperature", _("Temperature")
    PULSE = "pulse", _("Pulse")
    SYSTOLIC = "systolic", _("Systolic blood pressure")
    DIASTOLIC = "diastolic", _("Diastolic blood pressure")
    BREATHING = "breathing", _("Breathing rate")


class BoundApplies(models.TextChoices):
    ALWAYS = "always", _("Always")
    HISTORY_OR_OVER_65 = "history_or_over_65", _("With a history, or over 65")


class VitalBound(models.Model):
    """The range in which a vital sign allows vaccination on a form (both ends allowed)."""

    form = models.ForeignKey(
        ScreeningForm, verbose_name=_("form"), on_delete=models.CASCADE, related_name="bounds"
    )
    sign = models.CharField(_("vital sign"), max_length=12, choices=VitalSign)
    minimum = models.DecimalField(
        _("minimum"), max_digits=5, decimal_places=1, null=True, blank=True
    )
    maximum = models.DecimalField(
        _("maximum"), max_digits=5, decimal_places=1, null=True, blank=True
    )
    unit = models.CharField(_("unit"), max_length=12)
    applies = models.CharField(
        _("applies"), max_length=20, choices=BoundApplies, default=BoundApplies.ALWAYS
    )
    outcome = models.CharField(
        _("outcome"), max_length=15, choices=ScreeningOutcome, default=ScreeningOutcome.DEFER
    )

    class Meta:
        verbose_name = _("bound of a vital sign")
        verbose_name_plural = _("bounds of vital signs")
        constraints = [
            models.UniqueConstraint(name="one_bound_per_form_and_sign", fields=["form", "sign"]),
        ]

    def __str__(self) -> str:
        return self.get_sign_display()
