"""What the pages of registration must know of doses, asked of the app that records them.

registration knows no doses: `sites` hands in the two answers in `AppConfig.ready()`. Without it
nobody has a dose, and no fact of one proves anything.
"""

import datetime
from collections.abc import Callable

from registration.models import Citizen

Count = Callable[[Citizen], int]
IsGiven = Callable[[Citizen, datetime.date, str], bool]
_COUNT: list[Count] = []
_IS_GIVEN: list[IsGiven] = []


def register_dose_facts(*, count: Count, is_given: IsGiven) -> None:
    """`count(citizen)`: the doses on record; `is_given(citizen, day, lot_number)`: whether one of
    that day in Viet Nam came from that lot."""
    _COUNT[:] = [count]
    _IS_GIVEN[:] = [is_given]


def doses_on_record(citizen: Citizen) -> int:
    return sum(count(citizen) for count in _COUNT)


def is_dose_of(citizen: Citizen, *, day: datetime.date, lot_number: str) -> bool:
    """Whether the person had a dose on this day, from the lot with this number."""
    return any(is_given(citizen, day, lot_number) for is_given in _IS_GIVEN)
