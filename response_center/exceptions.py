"""Refusals of the case desk."""

from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import DomainError, InvalidInput


class CaseHeld(DomainError):
    """Another agent has the case; the lease names who and until when."""

    code = "case_held"
    message = _("%(holder)s is working on this case until %(time)s.")


class CaseNotClaimed(DomainError):
    """Only who holds the claim moves an open case."""

    code = "case_not_claimed"
    message = _("Take the case first: the time to hold it is over, or you did not take it.")


class CaseHasMoved(DomainError):
    """Somebody did something else with the case meanwhile."""

    code = "case_has_moved"
    message = _("This case has moved on meanwhile. It is now: %(status)s.")


class CaseClosed(DomainError):
    code = "case_closed"
    message = _("This case is closed.")


class CaseHasNoSite(DomainError):
    """There is nobody to ask."""

    code = "case_has_no_site"
    message = _("Name the vaccination site to ask.")
    field = "site_name"


class NotAboutAMissingDose(DomainError):
    code = "not_about_a_missing_dose"
    message = _("This case is not about a missing dose, so there is no dose to confirm.")


class AlreadyAtTheTop(DomainError):
    code = "already_at_the_top"
    message = _("This case is with the Ministry already.")


class AlreadyReported(DomainError):
    """The same person has reported the same thing, and it is still open."""

    code = "already_reported"
    message = _("You have reported this already: %(number)s. You need not send it again.")

    def __init__(self, *, number: str) -> None:
        self.number = number
        super().__init__(number=number)


class TooManyOpenCases(DomainError):
    code = "too_many_open_cases"
    message = _("%(limit)d of your reports are still open. Please wait for an answer first.")


class PersonMissing(InvalidInput):
    code = "person_missing"
    message = _("Write the name and the date of birth of the person who was vaccinated.")
    field = "full_name"


class WordsMissing(InvalidInput):
    code = "words_missing"
    message = _("Write a few words.")
    field = "words"


class ReasonMissing(InvalidInput):
    code = "reason_missing"
    message = _("Choose the reason.")
    field = "reason"


class DayInFuture(InvalidInput):
    code = "day_in_future"
    message = _("The day of the shot cannot be in the future.")
    field = "administered_on"


class DayTooEarly(InvalidInput):
    code = "day_too_early"
    message = _("The day of the shot cannot be before 8 March 2021, when vaccination began.")
    field = "administered_on"


class CannotTakeOver(DomainError):
    """The colleague does not work cases of this level or place."""

    code = "cannot_take_over"
    message = _("This colleague cannot take the case over.")
    field = "colleague"


class NotTheSameReport(DomainError):
    """Only reports of one person or one phone are joined."""

    code = "not_the_same_report"
    message = _("%(number)s is of another person and another phone. It cannot be joined.")


class NothingToJoin(InvalidInput):
    code = "nothing_to_join"
    message = _("Choose at least one report to join.")
    field = "cases"


class CaseNotJoined(DomainError):
    code = "case_not_joined"
    message = _("This case is not joined with another one.")


class NobodyToAnswer(DomainError):
    """Meanwhile somebody answered them, or works on them."""

    code = "nobody_to_answer"
    message = _("No report is left that this answer could go to.")


class TooManyToAnswer(DomainError):
    code = "too_many_to_answer"
    message = _("At most %(limit)d reports are answered at once. Narrow the choice, then repeat.")


class ValueNotReadable(InvalidInput):
    code = "value_not_readable"
    message = _("This value cannot be read. Write it as it stands on the paper.")


class NothingToCorrect(DomainError):
    """All the values proposed stand on record already."""

    code = "nothing_to_correct"
    message = _("The record says this already. There is nothing to correct.")


class NobodyToCorrect(DomainError):
    """The case names no person, or no dose, on record."""

    code = "nobody_to_correct"
    message = _("Say first which person and which dose on record are meant.")


class DoseOfSomebodyElse(DomainError):
    code = "dose_of_somebody_else"
    message = _("This dose is not on the record of the person of this report.")


class OwnerStandsAlone(InvalidInput):
    """A dose that goes to somebody else is corrected there, not in the same breath."""

    code = "owner_stands_alone"
    message = _("Give the dose to the right person first. Then correct the rest, there.")
    field = "dose_owner"


class CorrectionWaiting(DomainError):
    code = "correction_waiting"
    message = _("A correction of this report waits for a second person already.")


class CorrectionHasMoved(DomainError):
    code = "correction_has_moved"
    message = _("Somebody has decided this correction meanwhile. It is now: %(status)s.")


class SecondPersonNeeded(DomainError):
    """Who proposed it, or asked for it, does not decide it."""

    code = "second_person_needed"
    message = _("You proposed this correction. Another person has to decide it.")


class RecordHasChanged(DomainError):
    """Since the correction was proposed, what it wants to change was changed otherwise."""

    code = "record_has_changed"
    message = _("The record was changed meanwhile. Refuse this correction and look at it anew.")


class AlreadyObjected(DomainError):
    code = "already_objected"
    message = _("You have objected to this answer once. This answer is final.")


class NotToObjectTo(DomainError):
    code = "not_to_object_to"
    message = _("You can object to an answer for %(days)d days after it was given.")


class TooManyPhotos(DomainError):
    code = "too_many_photos"
    message = _("A report holds at most %(limit)d photos.")


class SaidEnough(DomainError):
    code = "said_enough"
    message = _("You have added a lot to this report already. Please wait for the answer.")


class HoursNotOffered(DomainError):
    """An alarm is in hand for one of the times offered."""

    code = "hours_not_offered"
    message = _("Choose one of the times offered.")
    field = "hours"


class PairHasMoved(DomainError):
    """Somebody decided about these two records meanwhile."""

    code = "pair_has_moved"
    message = _("Somebody has decided about these two records meanwhile. They are now: %(status)s.")


class PairNeedsAnother(DomainError):
    code = "pair_needs_another"
    message = _("You said that these two records are one person. Another person has to decide it.")


class RecordJoinedAlready(DomainError):
    code = "record_joined_already"
    message = _("One of these records was joined with another one. Take that apart first.")


class SameDoseNumbers(DomainError):
    code = "same_dose_numbers"
    message = _(
        "Both records have a dose with the number %(numbers)s. Correct or void one of them first."
    )


class BothRegistered(DomainError):
    code = "both_registered"
    message = _("Both records have an open registration for a shot. Cancel one of them first.")


class BothVisited(DomainError):
    code = "both_visited"
    message = _("Both records were checked in at one session. Cancel one of these visits first.")
