"""Who looked at whose record, when and why: insert only, and shown to the person."""

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registration.models import Account, Citizen, RecordAccess


class AccessPurpose(TextChoices):
    """Why a record was opened. Apps up the stream may hand in words of their own."""

    ADMIN = "admin", _("Opened in the staff records")
    CHECK_IN = "check_in", _("Check-in at the vaccination site")
    SCREENING = "screening", _("Screening before the dose")
    DOSE = "dose", _("Recording a dose")
    OBSERVATION = "observation", _("Observation after the dose")
    ADVERSE_EVENT = "adverse_event", _("Report of an adverse event after the dose")
    IMPORT = "import", _("Matching doses from a site's file")
    CASE = "case", _("Work on a reported problem")
    IDENTITY_CHECK = "identity_check", _("Compared with the population database")
    SEARCH = "search", _("Search by staff")
    API = "api", _("Look-up by a connected system")
    OWN_PHONE = "own_phone", _("Looked up with a code sent to your phone")
    SHARE_LINK = "share_link", _("Certificate opened by a link that your household shared")
    OWN_DATA = "own_data", _("Taken as a file by your household")
    LET_IN = "let_in", _("Another phone was let in to this record")
    PHONE_ENDED = "phone_ended", _("A phone no longer sees this record")
    NUMBER_CHANGED = "number_changed", _("The phone number was changed")
    CLAIM_REFUSED = "claim_refused", _("Somebody tried to add this person and was refused")


def log_access(
    *, citizen: Citizen, account: Account | None, purpose: str, client: str = ""
) -> RecordAccess:
    """Keep that `account` (or the API client named `client`) looked at the record.

    `purpose`: an AccessPurpose, or a word of at most 40 characters.
    """
    return RecordAccess.objects.create(
        citizen=citizen, account=account, client=client[:80], purpose=purpose[:40]
    )


def purpose_in_words(purpose: str) -> "str | Promise":
    """What the person reads; a purpose without words of ours is called a look at the record."""
    known = dict(AccessPurpose.choices)
    return known.get(purpose, _("Looked at the record"))
