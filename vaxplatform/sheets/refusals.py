"""Why a spreadsheet, or a person's cell of it, cannot be read."""

from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import InvalidInput


class FileRefused(InvalidInput):
    """A file whose rows cannot be read at all; nothing of it was taken in."""

    field = "file"


class FileEmpty(FileRefused):
    code = "file_empty"
    message = _("There is nothing in this file: its first sheet has no rows.")


class FileDamaged(FileRefused):
    code = "file_damaged"
    message = _("This file is damaged. Open it in the program that made it and save it again.")


class FileHasMacros(FileRefused):
    code = "file_has_macros"
    message = _("This file holds macros. Save it as an Excel workbook (.xlsx) without macros.")


class FileProtected(FileRefused):
    code = "file_protected"
    message = _("This file is locked with a password. Save it without one.")


class FileTooLarge(FileRefused):
    code = "file_too_large"
    message = _("This file is too large to be opened. Split it, or save it as CSV.")


class TooManyRows(FileRefused):
    code = "too_many_rows"
    message = _("This sheet has more than %(most)d rows. Split it, or save it as CSV.")


class NotASpreadsheet(FileRefused):
    code = "not_a_spreadsheet"
    message = _("This is not a spreadsheet. Send an .xlsx, .xls, .ods or .csv file.")


class CellTooLong(InvalidInput):
    code = "cell_too_long"
    message = _("There is far too much text in this cell.")


class CellMissing(InvalidInput):
    code = "cell_missing"
    message = _("This cell is empty.")


class SexUnreadable(InvalidInput):
    code = "sex_unreadable"
    message = _("Write Nam or Nữ.")
    field = "sex"
