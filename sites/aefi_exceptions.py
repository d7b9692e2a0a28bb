"""Why a step of an adverse event's report was refused."""

from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import DomainError, InvalidInput


class EventReported(DomainError):
    code = "event_reported"
    message = _("This event is reported already as %(number)s. Add to that report.")


class SignsMissing(InvalidInput):
    code = "signs_missing"
    message = _("Tick at least one sign, or say in words what happened.")
    field = "symptoms"


class SignUnknown(InvalidInput):
    code = "sign_unknown"
    message = _("Choose signs from the list.")
    field = "symptoms"


class OnsetImpossible(InvalidInput):
    code = "onset_impossible"
    message = _("An event begins after the dose and not later than now.")
    field = "onset_time"


class NoticeImpossible(InvalidInput):
    code = "notice_impossible"
    message = _("An event is noticed when it begins or later, and not later than now.")
    field = "noticed_time"


class OutcomeDayImpossible(InvalidInput):
    code = "outcome_day_impossible"
    message = _("The day of the outcome lies between the start of the event and today.")
    field = "outcome_on"


class EventOfVoidedDose(DomainError):
    code = "event_of_voided_dose"
    message = _("This dose was taken back, so no event can be reported for it.")


class NothingToSendOn(DomainError):
    code = "nothing_to_send_on"
    message = _("This report has no clock, or somebody has sent it on already.")
