"""Administrative units as they were on each day, and what became of them."""

import datetime
from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class UnitKind(models.TextChoices):
    PROVINCE = "province", _("Province or city")
    DISTRICT = "district", _("District")
    WARD = "ward", _("Ward or commune")


class AdministrativeUnitQuerySet(models.QuerySet["AdministrativeUnit"]):
    def valid_on(self, day: datetime.date) -> Self:
        """Units that existed on `day` (both bounds inclusive)."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day),
            Q(valid_to__isnull=True) | Q(valid_to__gte=day),
        )

    def provinces(self) -> Self:
        return self.filter(kind=UnitKind.PROVINCE)

    def of_scheme(self, scheme: int) -> Self:
        return self.filter(scheme=scheme)


class AdministrativeUnit(models.Model):
    """A province, district or ward within the years it existed.

    `scheme` is the year of the reform that the unit belongs to: 2021 (63 provinces, districts,
    wards) or 2025 (34 provinces, wards, no districts: 19/2025/QĐ-TTg). A code may stand in both.
    """

    scheme = models.PositiveSmallIntegerField(_("reform"))
    kind = models.CharField(_("kind"), max_length=8, choices=UnitKind)
    code = models.CharField(_("code"), max_length=5)
    name = models.CharField(_("name"), max_length=100)
    full_name = models.CharField(_("full name"), max_length=120)
    search_name = models.CharField(_("name for searching"), max_length=120)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    population = models.PositiveIntegerField(_("population"), null=True, blank=True)
    population_18_plus = models.PositiveIntegerField(
        _("population aged 18 and over"), null=True, blank=True
    )
    successors: "models.ManyToManyField[AdministrativeUnit, UnitSuccession]" = (
        models.ManyToManyField(
            "self", through="UnitSuccession", symmetrical=False, related_name="predecessors"
        )
    )

    objects = AdministrativeUnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("administrative unit")
        verbose_name_plural = _("administrative units")
        ordering = ["scheme", "kind", "code"]
        constraints = [
            models.UniqueConstraint(
                name="one_unit_per_scheme_kind_and_code", fields=["scheme", "kind", "code"]
            ),
            models.CheckConstraint(
                name="a_unit_ends_after_it_begins",
                condition=Q(valid_to__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_to__gte=F("valid_from")),
            ),
        ]
        indexes = [
            GinIndex(OpClass(F("search_name"), name="gin_trgm_ops"), name="unit_search_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.name


class UnitSuccession(models.Model):
    """`successor` took over `predecessor`, whole or in part."""

    predecessor = models.ForeignKey(AdministrativeUnit, on_delete=models.CASCADE, related_name="+")
    successor = models.ForeignKey(AdministrativeUnit, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_row_per_predecessor_and_successor", fields=["predecessor", "successor"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"
