"""People, their papers, and the phones that speak for them."""

import uuid
from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models.account import Account
from registration.models.place import AdministrativeUnit
from vaxplatform.crypto import SealedTextField
from vaxplatform.rows import row_name
from vaxplatform.vietnam import search_key
from vaxplatform.wires import after_delete, after_insert, after_update


class Sex(models.TextChoices):
    MALE = "male", _("Male")
    FEMALE = "female", _("Female")
    OTHER = "other", _("Other")


class IdentityCheck(models.TextChoices):
    """What the population database said of this person (a check made outside, see DOMAIN)."""

    NOT_CHECKED = "not_checked", _("Not checked")
    MATCHED = "matched", _("Matched")
    MISMATCHED = "mismatched", _("Mismatched")
    MALFORMED_ID = "malformed_id", _("Malformed ID")
    NO_ID = "no_id", _("No ID")


# What the population database said is of the details that it was asked about: whoever changes them,
# by whatever way, the person counts as not asked. A paper is written under the lock that reading
# answers takes, so that no answer is kept for a paper that came meanwhile.
_ASK_AGAIN = """
    PERFORM 1 FROM registration_citizen c
      WHERE c.id IN ({people}) ORDER BY c.id FOR KEY SHARE;
    UPDATE registration_citizen c SET identity_check = 'not_checked'
     WHERE c.id IN ({people}) AND c.identity_check <> 'not_checked';
    RETURN NULL;
"""
_OF_NEW = "SELECT citizen_id FROM new_rows WHERE kind <> 'bhyt'"
_OF_OLD = "SELECT citizen_id FROM old_rows WHERE kind <> 'bhyt'"
_OF_CHANGED = """
    SELECT unnest(ARRAY[n.citizen_id, o.citizen_id])
      FROM new_rows n JOIN old_rows o ON o.id = n.id
     WHERE (n.citizen_id, n.kind, n.number_index)
           IS DISTINCT FROM (o.citizen_id, o.kind, o.number_index)
       AND NOT (n.kind = 'bhyt' AND o.kind = 'bhyt')
"""


@pghistory.track(exclude=["search_name"], level=pghistory.Statement)
class Citizen(models.Model):
    """One person. Several phones may speak for a person, and one phone for several people.

    `merged_into`: the record that goes on, where this one was found to be the same person; nothing
    new is written to a merged record.
    """

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    full_name = models.CharField(_("full name"), max_length=100)
    search_name = models.CharField(_("name for searching"), max_length=100, editable=False)
    date_of_birth = models.CharField(
        _("date of birth"), max_length=10, help_text=_("YYYY, YYYY-MM or YYYY-MM-DD")
    )
    sex = models.CharField(_("sex"), max_length=6, choices=Sex)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    nationality = models.CharField(_("nationality"), max_length=2, default="VN")
    ethnicity = models.CharField(_("ethnicity"), max_length=40, blank=True)
    occupation = models.CharField(_("occupation"), max_length=100, blank=True)
    workplace = models.CharField(_("workplace"), max_length=160, blank=True)
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
    identity_check = models.CharField(
        _("identity check"), max_length=12, choices=IdentityCheck, default=IdentityCheck.NOT_CHECKED
    )
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("joined with"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged_records",
        editable=False,
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("citizen")
        verbose_name_plural = _("citizens")
        constraints = [
            models.CheckConstraint(
                name="a_date_of_birth_is_a_year_a_month_or_a_day",
                condition=Q(date_of_birth__regex=r"^(19|20)\d\d(-(0[1-9]|1[0-2])(-[0-3]\d)?)?$"),
            ),
            models.CheckConstraint(
                name="a_citizen_phone_is_e164_or_empty",
                condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{7,14}$"),
            ),
            models.CheckConstraint(name="a_citizen_has_a_name", condition=~Q(full_name="")),
            models.CheckConstraint(
                name="a_citizen_is_not_merged_into_itself",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("pk")),
            ),
        ]
        indexes = [
            GinIndex(
                OpClass(F("search_name"), name="gin_trgm_ops"), name="citizen_search_name_trgm"
            ),
            models.Index(fields=["search_name", "date_of_birth"], name="citizen_name_and_birth"),
            models.Index(fields=["date_of_birth", "province"], name="citizen_birth_and_province"),
            models.Index(fields=["phone"], name="citizen_phone", condition=~Q(phone="")),
            models.Index(
                fields=["identity_check", "province", "id"],
                name="citizen_by_identity_check",
                condition=Q(merged_into__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="changed_details_are_not_checked",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("full_name", "date_of_birth", "sex"),
                condition=pgtrigger.Q(old__full_name__df=pgtrigger.F("new__full_name"))
                | pgtrigger.Q(old__date_of_birth__df=pgtrigger.F("new__date_of_birth"))
                | pgtrigger.Q(old__sex__df=pgtrigger.F("new__sex")),
                func="NEW.identity_check = 'not_checked'; RETURN NEW;",
            )
        ]

    def __str__(self) -> str:
        return row_name(self, self.public_id)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_name = search_key(self.full_name)
        super().save(*args, **kwargs)


class HouseholdMember(models.Model):
    """`account` may see and act for `citizen`."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="household")
    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="households")
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("household member")
        verbose_name_plural = _("household members")
        constraints = [
            models.UniqueConstraint(
                name="a_citizen_stands_once_in_a_household", fields=["account", "citizen"]
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)


class DocumentKind(models.TextChoices):
    CCCD = "cccd", _("Citizen identity card (CCCD)")
    CMND = "cmnd", _("Old identity card (CMND)")
    PASSPORT = "passport", _("Passport")
    BHYT = "bhyt", _("Health insurance card (BHYT)")


class IdentityDocument(models.Model):
    """A paper's number: sealed for reading, and as a keyed hash for looking up."""

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=8, choices=DocumentKind)
    number = SealedTextField()
    number_index = models.BinaryField(max_length=32)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("identity document")
        verbose_name_plural = _("identity documents")
        constraints = [
            models.UniqueConstraint(
                name="a_document_number_belongs_to_one_citizen", fields=["kind", "number_index"]
            ),
        ]
        triggers = [
            after_insert("ask_again_of_new_papers", _ASK_AGAIN.format(people=_OF_NEW)),
            after_update("ask_again_of_changed_papers", _ASK_AGAIN.format(people=_OF_CHANGED)),
            after_delete("ask_again_of_removed_papers", _ASK_AGAIN.format(people=_OF_OLD)),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)


class RecordAccess(models.Model):
    """Who looked at a person's record, when and why. Insert only; the citizen can read it."""

    citizen = models.ForeignKey(
        Citizen, verbose_name=_("person"), on_delete=models.CASCADE, related_name="accesses"
    )
    account = models.ForeignKey(
        Account, verbose_name=_("account"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    client = models.CharField(_("system"), max_length=80, blank=True)
    purpose = models.CharField(_("purpose"), max_length=40)
    at = models.DateTimeField(_("at what time"), default=timezone.now)

    class Meta:
        verbose_name = _("record access")
        verbose_name_plural = _("record accesses")
        indexes = [models.Index(fields=["citizen", "-at"], name="record_access_by_citizen")]
        triggers = [
            pgtrigger.Protect(name="insert_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
