"""A day is a day in Viet Nam: 17:30 UTC is already tomorrow there."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

TIME_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def day_in_vietnam(moment: datetime) -> date:
    """The calendar day in Viet Nam of an aware moment. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("A moment without a time zone has no day.")
    return moment.astimezone(TIME_ZONE).date()


def start_of_day(day: date) -> datetime:
    """The aware moment at which `day` begins in Viet Nam."""
    return datetime.combine(day, time.min, tzinfo=TIME_ZONE)
