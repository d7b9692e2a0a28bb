"""Why a file of doses, or a row of it, was refused or held."""

from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import DomainError, InvalidInput
from vaxplatform.sheets.refusals import (  # noqa: F401 - one place to name refusals from
    CellMissing,
    CellTooLong,
    FileDamaged,
    FileEmpty,
    FileHasMacros,
    FileProtected,
    FileRefused,
    FileTooLarge,
    NotASpreadsheet,
    SexUnreadable,
    TooManyRows,
)


class HeadingsNotFound(FileRefused):
    code = "headings_not_found"
    message = _("No row of headings was found in the first 30 rows of the first sheet.")


class FileTakenBack(FileRefused):
    code = "file_taken_back"
    message = _("Somebody stopped this file. What was recorded of it before stays recorded.")


class FileForgotten(FileRefused):
    code = "file_forgotten"
    message = _("Nobody began with this file for 30 days. Send it again if it is still needed.")


class DoseDayUnreadable(InvalidInput):
    code = "dose_day_unreadable"
    message = _("Write the day of the dose as day/month/year, for example 06/11/2021.")
    field = "given_on"


class DoseYearIsBuddhist(InvalidInput):
    code = "dose_year_is_buddhist"
    message = _("%(year)s is a year of the Buddhist calendar. Write %(christian_year)s.")
    field = "given_on"


class DoseClockUnreadable(InvalidInput):
    code = "dose_clock_unreadable"
    message = _("Write the time as hours and minutes, for example 9:05.")
    field = "given_at"


class DoseNumberUnreadable(InvalidInput):
    code = "dose_number_unreadable"
    message = _("Write the number of the dose, 1 to 9.")
    field = "dose_number"


class ProductUnreadable(InvalidInput):
    code = "product_unreadable"
    message = _("No vaccine is known by this name. Write it as in the list of vaccines.")
    field = "vaccine"


class PlaceUnreadable(InvalidInput):
    code = "place_unreadable"
    message = _("There is no province with this code or name.")
    field = "province_code"


class DoseGivenElsewhere(DomainError):
    """Held: the row names a place that is not known to be this site."""

    code = "dose_given_elsewhere"
    message = _(
        "Another place is named for this dose. If it was given here, say so;"
        " if not, the site that gave it records it."
    )
    field = "place"


class NoDoseInRow(InvalidInput):
    code = "no_dose_in_row"
    message = _("No dose stands in this row.")
    field = "vaccine"


class SimilarPersonOnRecord(DomainError):
    """Held: somebody on record may be the same person."""

    code = "similar_person_on_record"
    message = _("Somebody very like this person is on record. Say whether they are the same.")
    field = "full_name"


class RowTwiceInFile(DomainError):
    code = "row_twice_in_file"
    message = _("The same dose stands in this file already, in row %(line)d.")


class DoseOnRecord(DomainError):
    code = "dose_on_record"
    message = _("This dose is on record already: dose %(number)d, recorded on %(day)s.")


class DoseWasVoided(DomainError):
    """Held: the very same row was recorded once, and its dose taken back since."""

    code = "dose_was_voided"
    message = _(
        "This dose was on record as dose %(number)d and was taken back since. Leave the row out,"
        " or enter the dose by hand if it was given all the same."
    )


class OtherDose(DomainError):
    """Beside a conflict: which dose on record it is with."""

    code = "other_dose"
    message = _("On record: dose %(number)d of %(day)s, given at this site.")


class OtherDoseElsewhere(DomainError):
    code = "other_dose_elsewhere"
    message = _("On record: dose %(number)d of %(day)s, given at a site in %(province)s.")


class SameLotSeveralDates(DomainError):
    """Held: other sites hold a lot of this number with different expiry dates."""

    code = "same_lot_several_dates"
    message = _(
        "Other sites hold this lot with different expiry dates. Receive it with the date on the"
        " box, then try this row again."
    )
    field = "lot_number"


class ImportNotReady(DomainError):
    code = "import_not_ready"
    message = _("This file is not waiting for that.")


class RowAlreadyDecided(DomainError):
    code = "row_already_decided"
    message = _("Somebody has decided about this row already.")


class RowLeftOut(DomainError):
    code = "row_left_out"
    message = _("Left out by a person: %(reason)s")


class RowMustBeMended(DomainError):
    code = "row_must_be_mended"
    message = _("This row cannot be read. Mend it in the file and send it again.")


class ColumnNotMapped(DomainError):
    code = "column_not_mapped"
    message = _("Choose the column for: %(columns)s.")
