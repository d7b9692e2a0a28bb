"""Vaccination sites, who works there, and which systems may record for them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models import AdministrativeUnit
from vaxplatform.rows import row_name


class Site(models.Model):
    """A place where people are vaccinated: a commune station, a hospital, a school hall."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=160)
    province = models.ForeignKey(
        AdministrativeUnit, verbose_name=_("province"), on_delete=models.PROTECT, related_name="+"
    )
    ward = models.ForeignKey(
        AdministrativeUnit,
        verbose_name=_("ward"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    on_platform = models.BooleanField(
        _("on the platform"),
        default=True,
        help_text=_("Off: the site works on paper and enters its doses later."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("vaccination site")
        verbose_name_plural = _("vaccination sites")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    SITE_RECORDER = "site_recorder", _("Site recorder")
    SITE_DOCTOR = "site_doctor", _("Site doctor")
    SITE_MANAGER = "site_manager", _("Site manager")
    DISTRICT_OFFICER = "district_officer", _("District officer")
    PROVINCE_OFFICER = "province_officer", _("Province officer")
    NATIONAL_OFFICER = "national_officer", _("National officer")
    AGENT = "agent", _("Response centre agent")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Administrator")


SITE_ROLES = (Role.SITE_RECORDER, Role.SITE_DOCTOR, Role.SITE_MANAGER)
NATIONAL_ROLES = (Role.NATIONAL_OFFICER, Role.AGENT, Role.AUDITOR, Role.ADMIN)


class StaffPosting(models.Model):
    """A staff login's role and where it holds: a site, a district, a province, or the nation.

    The one source of rights: see `sites.scoping`.
    """

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="posting",
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    site = models.ForeignKey(
        Site,
        verbose_name=_("site"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="postings",
    )
    province = models.ForeignKey(
        AdministrativeUnit,
        verbose_name=_("province"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    district = models.ForeignKey(
        AdministrativeUnit,
        verbose_name=_("district"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("staff posting")
        verbose_name_plural = _("staff postings")
        constraints = [
            models.CheckConstraint(
                name="a_posting_holds_where_its_role_works",
                condition=Q(
                    role__in=SITE_ROLES,
                    site__isnull=False,
                    district__isnull=True,
                    province__isnull=True,
                )
                | Q(
                    role=Role.DISTRICT_OFFICER,
                    site__isnull=True,
                    district__isnull=False,
                    province__isnull=True,
                )
                | Q(
                    role=Role.PROVINCE_OFFICER,
                    site__isnull=True,
                    district__isnull=True,
                    province__isnull=False,
                )
                | Q(
                    role__in=NATIONAL_ROLES,
                    site__isnull=True,
                    district__isnull=True,
                    province__isnull=True,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.get_role_display()}"


class ApiClient(models.Model):
    """A system that records doses for one site; its token is kept as a hash only."""

    name = models.CharField(_("name"), max_length=80)
    site = models.ForeignKey(
        Site, verbose_name=_("site"), on_delete=models.PROTECT, related_name="api_clients"
    )
    token_digest = models.BinaryField(max_length=32, unique=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")

    def __str__(self) -> str:
        return self.name


class LookupCount(models.Model):
    """How many people a login or a client has looked up in an hour: the cap on bulk reading."""

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    api_client = models.ForeignKey(ApiClient, null=True, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    lookups = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("count of look-ups")
        verbose_name_plural = _("counts of look-ups")
        constraints = [
            models.UniqueConstraint(
                name="one_count_per_looker_and_hour",
                fields=["account", "api_client", "hour"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="a_look_up_is_made_by_a_login_or_a_client",
                condition=Q(account__isnull=False, api_client__isnull=True)
                | Q(account__isnull=True, api_client__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
