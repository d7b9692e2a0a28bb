"""What is particular to Viet Nam: its days, names, phones, dates of birth and identity numbers.

Everything here is pure: text and dates in, normal forms out, refusals as `InvalidInput`.
"""

from vaxplatform.vietnam.births import (
    InvalidDateOfBirth,
    age_on,
    birth_span,
    normalise_date_of_birth,
    parse_date_of_birth,
)
from vaxplatform.vietnam.days import TIME_ZONE, day_in_vietnam, start_of_day
from vaxplatform.vietnam.identity import (
    CccdFinding,
    CccdScan,
    InvalidIdNumber,
    cccd_warnings,
    mask_id,
    normalise_id_number,
    parse_cccd_qr,
)
from vaxplatform.vietnam.names import InvalidName, normalise_name, search_key
from vaxplatform.vietnam.phones import (
    InvalidPhone,
    is_vietnamese_mobile,
    mask_phone,
    normalise_phone,
)

__all__ = [
    "TIME_ZONE",
    "CccdFinding",
    "CccdScan",
    "InvalidDateOfBirth",
    "InvalidIdNumber",
    "InvalidName",
    "InvalidPhone",
    "age_on",
    "birth_span",
    "cccd_warnings",
    "day_in_vietnam",
    "is_vietnamese_mobile",
    "mask_id",
    "mask_phone",
    "normalise_date_of_birth",
    "normalise_id_number",
    "normalise_name",
    "normalise_phone",
    "parse_cccd_qr",
    "parse_date_of_birth",
    "search_key",
    "start_of_day",
]
