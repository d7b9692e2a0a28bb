"""Logins: a citizen's phone or a member of staff. An account is not a person (see Citizen)."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AccountManager(BaseUserManager["Account"]):
    def create_user(self, username: str, password: str | None = None, **extra: Any) -> "Account":
        """A staff login with a user name; citizens' accounts come from `sign_in_by_phone`."""
        account = self.model(username=username, **extra)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, username: str, password: str, **extra: Any) -> "Account":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=username)


class Account(AbstractBaseUser, PermissionsMixin):
    """A login: a household's phone, or a staff user name. Never both."""

    username = models.CharField(_("user name"), max_length=64, unique=True, null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=16, unique=True, null=True, blank=True)
    full_name = models.CharField(_("full name"), max_length=100, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    language = models.CharField(_("language"), max_length=2, default="vi")
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = AccountManager()

    USERNAME_FIELD = "username"

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(
                name="an_account_is_a_phone_or_a_staff_login",
                condition=Q(phone__isnull=False, username__isnull=True, is_staff=False)
                | Q(phone__isnull=True, username__isnull=False),
            ),
            models.CheckConstraint(
                name="an_account_phone_is_e164",
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[1-9][0-9]{7,14}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.username or f"account {self.pk}"

    def get_full_name(self) -> str:
        return self.full_name or str(self)
