"""Why a daily report was refused: stable codes and sentences for people."""

from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import DomainError, InvalidInput


class ProvinceUnknown(InvalidInput):
    code = "province_unknown"
    message = _("There is no province with the code “%(code)s”.")
    field = "province_code"


class SiteUnknown(InvalidInput):
    code = "site_unknown"
    message = _("There is no vaccination site with the code “%(code)s”.")
    field = "site_code"


class SiteOfAnotherProvince(InvalidInput):
    code = "site_of_another_province"
    message = _("The site %(site)s does not belong to this province.")
    field = "site_code"


class VaccineCodeUnknown(InvalidInput):
    code = "vaccine_unknown"
    message = _("There is no vaccine with the code “%(code)s”. Leave it empty for all together.")
    field = "vaccine"


class DayUnreadable(InvalidInput):
    code = "day_unreadable"
    message = _("“%(day)s” is not a day. Write it as 2021-11-06 or 06/11/2021.")
    field = "date"


class DayInFuture(InvalidInput):
    code = "day_in_future"
    message = _("%(day)s lies in the future.")
    field = "date"


class DayBeforeCampaign(InvalidInput):
    code = "day_before_campaign"
    message = _("Vaccination against COVID-19 in Viet Nam began on 8 March 2021.")
    field = "date"


class NotACount(InvalidInput):
    code = "not_a_count"
    message = _("“%(value)s” is not a number of doses: write a whole number, 0 or more.")


class TooManyDoses(InvalidInput):
    code = "too_many_doses"
    message = _("More than %(most)s doses on one day cannot be right.")
    field = "doses"


class MoreFirstDosesThanDoses(InvalidInput):
    code = "more_first_doses_than_doses"
    message = _("More first doses (%(first)s) than doses (%(doses)s).")
    field = "first_doses"


class SaidTwice(InvalidInput):
    code = "said_twice"
    message = _("Line %(line)s already reports this place, day and vaccine.")


class NotYoursToReport(DomainError):
    code = "not_yours_to_report"
    message = _("You can report for your own site or province only.")


class ColumnsMissing(InvalidInput):
    code = "columns_missing"
    message = _("The file has no column “%(column)s”.")
    field = "file"


class FileUnreadable(InvalidInput):
    code = "file_unreadable"
    message = _("This cannot be read as a CSV file in UTF-8. Save it as “CSV UTF-8” and try again.")
    field = "file"


class FileTooLarge(InvalidInput):
    code = "file_too_large"
    message = _("The file is larger than %(most)s MB. Send it in parts.")
    field = "file"
