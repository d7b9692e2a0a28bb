"""Why a site's step was refused: stable codes and sentences for people."""

from django.utils.translation import gettext_lazy as _

from sites.import_exceptions import (  # noqa: F401 - one place to name refusals from
    CellMissing,
    CellTooLong,
    ColumnNotMapped,
    DoseClockUnreadable,
    DoseDayUnreadable,
    DoseGivenElsewhere,
    DoseNumberUnreadable,
    DoseOnRecord,
    DoseWasVoided,
    DoseYearIsBuddhist,
    FileDamaged,
    FileEmpty,
    FileForgotten,
    FileHasMacros,
    FileProtected,
    FileRefused,
    FileTakenBack,
    FileTooLarge,
    HeadingsNotFound,
    ImportNotReady,
    NoDoseInRow,
    NotASpreadsheet,
    OtherDose,
    OtherDoseElsewhere,
    PlaceUnreadable,
    ProductUnreadable,
    RowAlreadyDecided,
    RowLeftOut,
    RowMustBeMended,
    RowTwiceInFile,
    SameLotSeveralDates,
    SexUnreadable,
    SimilarPersonOnRecord,
    TooManyRows,
)
from vaxplatform.errors import DomainError, InvalidInput


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    message = _("This request number was used before for a different dose.")


class VaccineUnknown(DomainError):
    code = "vaccine_unknown"
    message = _("There is no vaccine with this product code.")
    field = "vaccine"


class LotUnknown(DomainError):
    code = "lot_unknown"
    message = _("This site has no lot with this number of this vaccine.")
    field = "lot_number"


class LotExpired(DomainError):
    code = "lot_expired"
    message = _("This lot expired before the day of the dose.")
    field = "lot_number"


class LotRecalled(DomainError):
    code = "lot_recalled"
    message = _("This lot was recalled. Set it aside and use another.")
    field = "lot_number"


class LotExhausted(DomainError):
    code = "lot_exhausted"
    message = _("No dose of this lot is left at this site.")
    field = "lot_number"


class DoseInFuture(DomainError):
    code = "dose_in_future"
    message = _("The time of the injection lies in the future.")
    field = "administered_at"


class DoseTooOld(DomainError):
    code = "dose_too_old"
    message = _("Vaccination against COVID-19 in Viet Nam began on 8 March 2021.")
    field = "administered_at"


class DoseBeforeBirth(DomainError):
    code = "dose_before_birth"
    message = _("The injection lies before the person's date of birth.")
    field = "administered_at"


class DoseNumberTaken(DomainError):
    code = "dose_number_taken"
    message = _("A dose with this number is already on record for this person.")
    field = "dose_number"


class DoseOnSameDay(DomainError):
    code = "dose_on_same_day"
    message = _("Another dose of this person is on record for the same day.")
    field = "administered_at"


class DoseOutOfOrder(DomainError):
    code = "dose_out_of_order"
    message = _("By date, this dose does not fit between the person's other doses.")
    field = "dose_number"


class IntervalTooShort(DomainError):
    code = "interval_too_short"
    message = _(
        "Only %(days)s days after the previous dose;"
        " at least %(min_days)s are required (%(citation)s)."
    )
    field = "administered_at"


class VaccinesNotInterchangeable(DomainError):
    code = "vaccines_not_interchangeable"
    message = _("No rule allows this vaccine after the previous one.")
    field = "vaccine"


class SiteNotActive(DomainError):
    code = "site_not_active"
    message = _("This site is not active.")


class SessionNotOpen(DomainError):
    code = "session_not_open"
    message = _("This session is not open today.")


class SessionFull(DomainError):
    code = "session_full"
    message = _("No seat is left in this session.")


class AlreadyCheckedIn(DomainError):
    code = "already_checked_in"
    message = _("This person is already checked in to this session.")


class NotCheckedIn(DomainError):
    code = "not_checked_in"
    message = _("This person is not waiting for screening.")


class AlreadyScreened(DomainError):
    code = "already_screened"
    message = _("This person has been screened already.")


class NotCleared(DomainError):
    code = "not_cleared"
    message = _("This person has not passed the screening today.")


class OverrideNeedsReason(DomainError):
    code = "override_needs_reason"
    message = _("You decide against what the form proposes: give the reason.")
    field = "override_reason"


class SamePersonScreensAndInjects(DomainError):
    code = "same_person_screens_and_injects"
    message = _(
        "Screening and injection are done by two people. If nobody else is here, give the reason."
    )
    field = "override_reason"


class NotUnderObservation(DomainError):
    code = "not_under_observation"
    message = _("This person is not under observation.")


class ObservationNotOver(DomainError):
    code = "observation_not_over"
    message = _(
        "The observation is not over before %(until)s. To let the person go now, give the reason."
    )
    field = "reason"


class DoseAlreadyVoided(DomainError):
    code = "dose_already_voided"
    message = _("This dose has been voided already.")


class ReasonMissing(DomainError):
    code = "reason_missing"
    message = _("Give the reason.")
    field = "reason"


class DoseBeforeScreening(DomainError):
    code = "dose_before_screening"
    message = _("The time of the injection lies before the screening of this visit.")
    field = "administered_at"


class VisitOver(DomainError):
    code = "visit_over"
    message = _("This visit is over already.")


class NoScreeningForm(DomainError):
    code = "no_screening_form"
    message = _("No screening form is in force today. An official must enter one.")


class AnswerMissing(InvalidInput):
    code = "answer_missing"
    message = _("Answer yes, no or unknown.")


class VitalMissing(InvalidInput):
    code = "vital_missing"
    message = _("Measure and enter this value.")


class VitalOutOfReach(InvalidInput):
    code = "vital_out_of_reach"
    message = _("This value cannot be measured on a living person.")


class LotExpiryDiffers(DomainError):
    code = "lot_expiry_differs"
    message = _("This lot is on record here with the expiry date %(expires_on)s.")
    field = "expires_on"


class NotSoManyLeft(DomainError):
    code = "not_so_many_left"
    message = _("Only %(left)s doses of this lot are left.")
    field = "doses"


class NoDosesGiven(InvalidInput):
    code = "no_doses_given"
    message = _("Enter a number of doses from 1 to 1,000,000.")
    field = "doses"


class LotNumberMissing(InvalidInput):
    code = "lot_number_missing"
    message = _("Enter the lot number as it stands on the box.")
    field = "number"


class SessionOver(DomainError):
    code = "session_over"
    message = _("This session is over.")


class AlreadyBooked(DomainError):
    code = "already_booked"
    message = _("This registration already has an appointment.")


class RegistrationNotLive(DomainError):
    code = "registration_not_live"
    message = _("This registration is no longer open.")


class AppointmentNotBooked(DomainError):
    code = "appointment_not_booked"
    message = _("This appointment is no longer open.")


class SessionExists(DomainError):
    code = "session_exists"
    message = _("This site already has a session on this day and part of the day.")
    field = "part"


class TooManyLookups(DomainError):
    code = "too_many_lookups"
    message = _(
        "This login has looked up %(limit)s people within the hour, the most that is allowed."
        " Scanning a check-in code still works."
    )
    field = "q"


class SearchNeedsMore(InvalidInput):
    code = "search_needs_more"
    message = _("With a name, type the year of birth too: nguyen van an 1987.")
    field = "q"


class PersonUnknown(DomainError):
    code = "person_unknown"
    message = _("No such person was found.")


class PersonAmbiguous(DomainError):
    code = "person_ambiguous"
    message = _("Several people fit. Add the date of birth or a document number.")


class SheetOfTomorrow(InvalidInput):
    code = "sheet_of_tomorrow"
    message = _("This day has not come yet.")
    field = "given_on"


class SheetTooLong(InvalidInput):
    code = "sheet_too_long"
    message = _("A sheet holds 1 to %(most)d doses. Enter a longer list as several sheets.")
    field = "doses_on_paper"


class SheetTakenByAnother(DomainError):
    code = "sheet_taken_by_another"
    message = _("Somebody else types this sheet already.")


class SheetTypedByYou(DomainError):
    code = "sheet_typed_by_you"
    message = _("You type this sheet yourself; its other entry must be somebody else's.")


class NotYourEntry(DomainError):
    code = "not_your_entry"
    message = _("Somebody else typed this. Nobody changes the entry of another person.")


class EntryFinished(DomainError):
    code = "entry_finished"
    message = _("You have finished typing this sheet.")


class SheetEmpty(DomainError):
    code = "sheet_empty"
    message = _("Nothing is typed yet.")


class SheetNotReady(DomainError):
    code = "sheet_not_ready"
    message = _("This sheet is still being typed or compared.")


class SheetRecorded(DomainError):
    code = "sheet_recorded"
    message = _("This sheet is recorded and can no longer be changed.")


class SheetForgotten(DomainError):
    code = "sheet_forgotten"
    message = _("Nobody touched this sheet for 90 days; what was typed is gone. Begin a new one.")


class SumsDiffer(DomainError):
    code = "sums_differ"
    message = _(
        "The paper says %(paper)d doses, and %(typed)d readable rows are typed. Mend the rows, or "
        "say why they differ."
    )
    field = "difference"


class QuestionsOpen(DomainError):
    code = "questions_open"
    message = _("Decide every cell. Still open: %(left)d.")


class DoseRecordedBefore(InvalidInput):
    """A correction would have the dose given after it was recorded."""

    code = "dose_recorded_before"
    message = _("This dose was recorded before that day, so it cannot have been given then.")
    field = "administered_on"


class DayOfAVisit(DomainError):
    """The platform itself saw the dose given: its visit names the day."""

    code = "day_of_a_visit"
    message = _(
        "This dose was recorded while it was given, in a visit of that day. Its day cannot be "
        "corrected. If there was no such dose, take it back."
    )
    field = "administered_on"
