"""The work queue: one row a dose, written by the database in the dose's own transaction."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sites.models import Dose
from vaxplatform.rows import row_name


class JobState(models.TextChoices):
    PENDING = "pending", _("Waiting or in work")
    ISSUED = "issued", _("Issued")
    NEEDS_REVIEW = "needs_review", _("Needs a person")
    CANCELLED = "cancelled", _("Cancelled: the dose was voided, or its certificate revoked")


class JobCause(models.TextChoices):
    """Why a certificate is owed; it becomes the `end_reason` of the one that it replaces."""

    FIRST = "first", _("A new dose")
    CORRECTED = "corrected", _("Dose or person corrected")
    RENEWED = "renewed", _("Renewed before its end")
    KEY_COMPROMISED = "key_compromised", _("Signing key compromised")
    ASKED = "asked", _("Asked for by a person")


# Somebody waits for these within the promised window; the others come by the million while the old
# certificate is at hand, and wait until none of these is due.
PROMISED = (JobCause.FIRST, JobCause.CORRECTED, JobCause.ASKED)
IN_BULK = (JobCause.RENEWED, JobCause.KEY_COMPROMISED)


class IssuanceJob(models.Model):
    """What is owed to a dose. Filled by the trigger of `QueuedDose`, drained by workers.

    `due_at`..`deadline_at` is the promised window; `next_at` is when a worker may take it next:
    taking it counts the attempt and pushes `next_at` out by the lease, before any work, so that a
    row that kills its worker shows. The partial indexes are the queues: each claim reads the head
    of one, so that it costs what it takes and not what waits.
    """

    dose = models.OneToOneField(
        Dose,
        verbose_name=_("dose"),
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="issuance",
    )
    state = models.CharField(
        _("state"), max_length=12, choices=JobState, db_default=JobState.PENDING
    )
    cause = models.CharField(_("cause"), max_length=16, choices=JobCause, db_default=JobCause.FIRST)
    due_at = models.DateTimeField(_("due at"))
    deadline_at = models.DateTimeField(_("promised by"))
    next_at = models.DateTimeField(_("next attempt at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), db_default=0)
    last_error = models.CharField(_("last error"), max_length=300, db_default="")
    queued_at = models.DateTimeField(_("queued at"), db_default=Now())

    class Meta:
        verbose_name = _("certificate in the making")
        verbose_name_plural = _("certificates in the making")
        constraints = [
            models.CheckConstraint(
                name="a_certificate_is_due_before_its_deadline",
                condition=Q(deadline_at__gte=F("due_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="job_promised_by_due_at",
                condition=Q(state="pending", attempts=0, cause__in=PROMISED),
            ),
            models.Index(
                fields=["deadline_at"],
                name="job_in_bulk_by_deadline",
                condition=Q(state="pending", attempts=0, cause__in=IN_BULK),
            ),
            models.Index(
                fields=["next_at"],
                name="job_tried_by_next_at",
                condition=Q(state="pending", attempts__gt=0),
            ),
            models.Index(
                fields=["due_at"], name="job_pending_by_due_at", condition=Q(state="pending")
            ),
            models.Index(
                fields=["state"], name="job_needing_review", condition=Q(state="needs_review")
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.dose_id)


class WorkerHeartbeat(models.Model):
    """A worker's sign of life, one row a process, kept by the drain loop."""

    worker = models.CharField(max_length=120, primary_key=True)
    beat_at = models.DateTimeField(db_default=Now())
    issued = models.PositiveBigIntegerField(db_default=0)

    class Meta:
        verbose_name = _("worker heartbeat")
        verbose_name_plural = _("worker heartbeats")

    def __str__(self) -> str:
        return self.worker
