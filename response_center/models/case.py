"""Cases: what citizens report, who has it, and how it ended."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models import AdministrativeUnit, Citizen, DoseKind
from sites.models import Dose, Site, Vaccine


class CaseKind(models.TextChoices):
    NO_CERTIFICATE = "no_certificate", _("I have no certificate")
    WRONG_DATA = "wrong_data", _("Something on my record is wrong")
    NOT_MY_DOSE = "not_my_dose", _("A dose on my record is not mine")
    REACTION = "reaction", _("A reaction after the shot")
    QUESTION = "question", _("A question")
    COMPLAINT = "complaint", _("A complaint")
    STUCK_CERTIFICATE = "stuck_certificate", _("A certificate that cannot be issued")


class CaseStatus(models.TextChoices):
    """See docs/states.md for who moves a case from one to the next."""

    OPEN = "open", _("Waiting for an agent")
    WITH_SITE = "with_site", _("With the vaccination site")
    AWAITING = "awaiting", _("Dose confirmed, certificate on its way")
    RESOLVED = "resolved", _("Resolved")
    REJECTED = "rejected", _("Rejected")
    MERGED = "merged", _("Joined with another report")


class CaseLevel(models.TextChoices):
    """Who answers (Công văn 9458/BYT-CNTT): the site, else its district, else its province."""

    SITE = "site", _("Vaccination site")
    DISTRICT = "district", _("District")
    PROVINCE = "province", _("Province")
    MINISTRY = "ministry", _("Ministry")


class CaseChannel(models.TextChoices):
    """How the report reached us."""

    WEB = "web", _("By the person, on the page")
    HOTLINE = "hotline", _("By telephone, written down by an agent")
    PLATFORM = "platform", _("Noticed by the platform itself")


class CaseCause(models.TextChoices):
    """What was found to be behind a report: the machine's guess first, then who closed the case."""

    NOT_DUE = "not_due", _("The certificate was not due yet")
    SITE_BACKLOG = "site_backlog", _("The site had not entered the dose from its paper yet")
    NOT_ENTERED = "not_entered", _("The site had forgotten the dose")
    OTHER_SITE = "other_site", _("The dose was given at another site")
    OTHER_IDENTITY = "other_identity", _("The dose was entered under other details")
    TWO_RECORDS = "two_records", _("The person was on record twice")
    TYPING_ERROR = "typing_error", _("A detail was typed wrong")
    WRONG_PERSON = "wrong_person", _("The dose was entered for somebody else")
    CERTIFICATE_STUCK = "certificate_stuck", _("The certificate could not be made")
    BAD_LOT = "bad_lot", _("A lot with a problem")
    OUTAGE = "outage", _("A fault of the platform")
    NO_DOSE = "no_dose", _("There was no dose")
    ALREADY_RIGHT = "already_right", _("Everything was right already")
    OTHER = "other", _("Something else")


class CaseUrgency(models.IntegerChoices):
    """What is taken first; rules.urgency_of says how it is found. The lowest number comes first."""

    DANGER = 1, _("Health in danger")
    HIGH = 2, _("High")
    NORMAL = 3, _("Normal")
    LOW = 4, _("Low")


class RejectionReason(models.TextChoices):
    """The reasons of Công văn 9458/BYT-CNTT: a rejection always names one."""

    NAME_WITHOUT_ACCENTS = "name_without_accents", _("The name was given without accents")
    EVIDENCE_UNREADABLE = "evidence_unreadable", _("The evidence is missing or unreadable")
    NO_SUCH_DOSE = "no_such_dose", _("The site's list has no such dose")
    WRONG_SITE = "wrong_site", _("Another site was meant")
    DUPLICATE = "duplicate", _("The same request was sent before")
    ALREADY_RIGHT = "already_right", _("The data is already right")
    ID_NOT_VALID = "id_not_valid", _("The identity number is not valid")
    NOT_VACCINATED = "not_vaccinated", _("The person was not vaccinated")
    OTHER = "other", _("Another reason, given in words")


class CaseVerb(models.TextChoices):
    """What happened to a case, as its log names it."""

    OPENED = "opened", _("Report received")
    CLAIMED = "claimed", _("Taken by an agent")
    RELEASED = "released", _("Given back to the queue")
    ASKED_SITE = "asked_site", _("Sent to the vaccination site")
    ANSWERED = "answered", _("Answered by the vaccination site")
    DOSE_CONFIRMED = "dose_confirmed", _("The site confirmed the dose")
    DOSE_VOIDED = "dose_voided", _("The confirmed dose was taken back")
    RETRIED = "retried", _("The certificate is tried again")
    STUCK_AGAIN = "stuck_again", _("The certificate failed again")
    ESCALATED = "escalated", _("Passed to a higher level")
    NOTED = "noted", _("Note between staff")
    INFORMED = "informed", _("A message to the person")
    HANDED_OVER = "handed_over", _("Handed to another agent")
    SITE_REFUSED = "site_refused", _("The site did not find the dose")
    EVIDENCE_SENT = "evidence_sent", _("A photo was added")
    MORE_SAID = "more_said", _("The person wrote more")
    CORRECTION_PROPOSED = "correction_proposed", _("A correction waits for a second person")
    CORRECTION_APPLIED = "correction_applied", _("The record was corrected")
    CORRECTION_REFUSED = "correction_refused", _("The correction was refused")
    OBJECTED = "objected", _("The person objected")
    MERGED = "merged", _("Joined with another report")
    SPLIT = "split", _("Taken apart from another report")
    RESOLVED = "resolved", _("Resolved")
    REJECTED = "rejected", _("Rejected")


CLOSED_CASE = (CaseStatus.RESOLVED, CaseStatus.REJECTED, CaseStatus.MERGED)
LIVE_CASE = (CaseStatus.OPEN, CaseStatus.WITH_SITE, CaseStatus.AWAITING)


class Case(models.Model):
    """One report. `number` is what a person writes down; `claimed_until` is the agent's lease.

    The `said_*` fields are what the citizen says of the dose: unproven until the site confirms.
    `citizen` is empty where somebody without an account reported; then `said_full_name` and
    `said_date_of_birth` ("YYYY[-MM[-DD]]") name the person, and `phone` was proven by
    a code, or given to the agent `opened_by` on the telephone. `district` and `province` are the
    site's, or the person's.
    """

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    number = models.CharField(_("case number"), max_length=12, unique=True)
    kind = models.CharField(_("about"), max_length=20, choices=CaseKind)
    status = models.CharField(
        _("status"), max_length=10, choices=CaseStatus, default=CaseStatus.OPEN
    )
    level = models.CharField(_("level"), max_length=8, choices=CaseLevel, default=CaseLevel.SITE)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    language = models.CharField(_("language"), max_length=2, default="vi")
    citizen = models.ForeignKey(
        Citizen,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cases",
    )
    dose = models.ForeignKey(
        Dose,
        verbose_name=_("dose"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cases",
    )
    site = models.ForeignKey(
        Site,
        verbose_name=_("site"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cases",
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
    channel = models.CharField(
        _("channel"), max_length=8, choices=CaseChannel, default=CaseChannel.WEB
    )
    urgency = models.PositiveSmallIntegerField(
        _("urgency"), choices=CaseUrgency, default=CaseUrgency.NORMAL
    )
    cause = models.CharField(_("cause"), max_length=20, choices=CaseCause, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("written down by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("joined with"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged_cases",
    )
    description = models.TextField(_("in the citizen's words"), blank=True)
    said_full_name = models.CharField(_("full name"), max_length=100, blank=True)
    said_date_of_birth = models.CharField(_("date of birth"), max_length=10, blank=True)
    said_vaccine = models.ForeignKey(
        Vaccine,
        verbose_name=_("vaccine, as told"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    said_lot_number = models.CharField(_("lot number, as told"), max_length=30, blank=True)
    said_administered_on = models.DateField(_("day of the shot, as told"), null=True, blank=True)
    said_dose_number = models.PositiveSmallIntegerField(
        _("dose number, as told"), null=True, blank=True
    )
    said_dose_kind = models.CharField(
        _("kind of dose, as told"), max_length=10, choices=DoseKind, default=DoseKind.PRIMARY
    )
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    due_at = models.DateTimeField(_("answer due"))
    first_answer_at = models.DateTimeField(_("first answer at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    objected_at = models.DateTimeField(_("objected at"), null=True, blank=True)
    reopened = models.PositiveSmallIntegerField(_("how often reopened"), default=0)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("claimed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="claimed_cases",
    )
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    rejection_reason = models.CharField(
        _("rejection reason"), max_length=20, choices=RejectionReason, blank=True
    )

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(
                name="one_live_case_per_stuck_dose",
                fields=["dose"],
                condition=Q(kind=CaseKind.STUCK_CERTIFICATE, status__in=LIVE_CASE),
            ),
            models.CheckConstraint(
                name="a_rejected_case_names_its_reason",
                condition=~Q(status=CaseStatus.REJECTED) | ~Q(rejection_reason=""),
            ),
            models.CheckConstraint(
                name="a_case_that_awaits_its_certificate_names_the_dose",
                condition=~Q(status=CaseStatus.AWAITING) | Q(dose__isnull=False),
            ),
            models.CheckConstraint(
                name="a_claim_names_an_agent_and_a_time",
                condition=Q(claimed_by__isnull=True, claimed_until__isnull=True)
                | Q(claimed_by__isnull=False, claimed_until__isnull=False),
            ),
            models.CheckConstraint(
                name="a_closed_case_says_when",
                condition=Q(status__in=LIVE_CASE, closed_at__isnull=True)
                | Q(status__in=CLOSED_CASE, closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_merged_case_names_the_one_that_goes_on",
                condition=Q(status=CaseStatus.MERGED, merged_into__isnull=False)
                | (~Q(status=CaseStatus.MERGED) & Q(merged_into__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="live_case_by_due_at",
                condition=Q(status__in=LIVE_CASE),
            ),
            models.Index(
                fields=["urgency", "due_at"],
                name="live_case_by_urgency",
                condition=Q(status__in=LIVE_CASE),
            ),
            models.Index(
                fields=["province", "urgency", "due_at"],
                name="live_case_by_province",
                condition=Q(status__in=LIVE_CASE),
            ),
            models.Index(fields=["opened_at"], name="case_by_opened_at"),
            models.Index(fields=["closed_at"], name="case_by_closed_at"),
            models.Index(fields=["citizen"], name="case_by_citizen"),
            models.Index(fields=["phone"], name="case_by_phone", condition=~Q(phone="")),
        ]

    def __str__(self) -> str:
        return self.number


class CaseEvent(models.Model):
    """A step in a case's history. Insert only; `is_public` ones are shown to the citizen."""

    case = models.ForeignKey(
        Case, verbose_name=_("case"), on_delete=models.CASCADE, related_name="events"
    )
    at = models.DateTimeField(_("at what time"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by whom"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    verb = models.CharField(_("step"), max_length=20, choices=CaseVerb)
    note = models.TextField(_("note"), blank=True)
    is_public = models.BooleanField(_("shown to the citizen"), default=True)

    class Meta:
        verbose_name = _("step of a case")
        verbose_name_plural = _("steps of cases")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.verb} of case {self.case_id}"
