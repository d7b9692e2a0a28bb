"""The identity check of the demo: lists that came back, and one that nobody has answered yet."""

import datetime
from collections.abc import Iterator
from random import Random

from registration.identity_words import COLUMNS
from registration.models import Account, IdentityCheckList
from registration.services.identity_answers import Line, read_answers
from registration.services.identity_checks import make_check_list, worklist_file
from registration.services.identity_tally import count_all_checks

DAY = datetime.timedelta(days=1)
# what comes back, and how often
ANSWERS = {
    ("khớp", ""): 78,
    ("không khớp", "ngày sinh"): 8,
    ("không khớp", "họ tên"): 5,
    ("không khớp", "họ tên, ngày sinh"): 2,
    ("không khớp", "giới tính"): 1,
    ("không tìm thấy", ""): 4,
    ("", ""): 2,
}


def check_people(*, by: Account, now: datetime.datetime, random: Random) -> int:
    """Most people are checked, some do not match, the rest waits on a list or for one."""
    sent = make_check_list(province=None, by=by, now=now - 6 * DAY).check_list
    if sent is None:
        return 0
    worklist_file(check_list=sent, by=by, now=now - 6 * DAY)
    lines = _lines(sent, random)
    counts = read_answers(check_list=sent, lines=lines, by=by, now=now - DAY).counts
    count_all_checks(now)
    return int(counts["applied"])


def _lines(sent: IdentityCheckList, random: Random) -> Iterator[Line]:
    yield 1, COLUMNS
    rows = sent.people.order_by("pk").values_list("public_id", flat=True)
    for line, row in enumerate(rows, start=2):
        result, fields = random.choices(list(ANSWERS), list(ANSWERS.values()))[0]
        cells = dict.fromkeys(COLUMNS, "")
        cells |= {"Mã dòng": str(row), "Kết quả": result, "Trường không khớp": fields}
        yield line, [*cells.values()]
