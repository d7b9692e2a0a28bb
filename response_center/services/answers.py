"""The texts that answers start from: loaded, chosen for a case, and filled with its facts."""

import re
from collections.abc import Sequence
from pathlib import Path

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext

from response_center.models import AnswerTemplate, AnswerUse, Case
from response_center.rules import PLACEHOLDERS
from vaxplatform import formatting
from vaxplatform.reference import rows_of

DATA = Path(__file__).resolve().parent.parent / "data"
_PLACE = re.compile(r"\{([a-z_]+)\}")


def load_answer_templates() -> int:
    """The texts of response_center/data/answer_templates.csv; one that was edited stays."""
    templates = [
        AnswerTemplate(
            code=row["code"],
            use=row["use"],
            kinds=row["kinds"],
            cause=row["cause"],
            title_vi=row["title_vi"],
            title_en=row["title_en"],
            text_vi=row["text_vi"],
            text_en=row["text_en"],
            position=int(row["position"]),
        )
        for row in rows_of(DATA / "answer_templates.csv")
    ]
    AnswerTemplate.objects.bulk_create(templates, ignore_conflicts=True)
    return len(templates)


def unknown_places(text: str) -> list[str]:
    """The `{names}` in a text that stand for nothing."""
    return [name for name in _PLACE.findall(text) if name not in PLACEHOLDERS]


def facts_of(case: Case) -> dict[str, str]:
    """What each placeholder is in this case, in the language of the moment; a fact that is not
    known reads as words that fit into a sentence."""
    dose, said = case.dose, case.said_administered_on
    day = formatting.day(dose.administered_at) if dose else said and formatting.day(said)
    number = dose.dose_number if dose else case.said_dose_number
    person = case.citizen.full_name if case.citizen else case.said_full_name
    return {
        "number": case.number,
        "person": person or gettext("the person"),
        "site": case.site.name if case.site else gettext("the vaccination site"),
        "day": day or gettext("the day of the shot"),
        "dose": str(number) if number else gettext("(not named)"),
        "due": formatting.moment(case.due_at),
    }


def fill(text: str, case: Case, language: str) -> str:
    """`text` with the case's facts in `language`; what is no placeholder stays as it stands."""
    with translation.override(language):
        facts = facts_of(case)
    return _PLACE.sub(lambda found: facts.get(found[1], found[0]), text)


def fill_template(template: AnswerTemplate, case: Case) -> str:
    """The text in the citizen's language, with the case's facts."""
    language = "en" if case.language == "en" else "vi"
    text = template.text_en if language == "en" else template.text_vi
    return fill(text, case, language)


def templates_for(
    case: Case, uses: Sequence[str] = tuple(AnswerUse.values)
) -> list[AnswerTemplate]:
    """The active texts that are offered for this kind of case, in their order."""
    rows = AnswerTemplate.objects.filter(Q(use__in=uses), is_active=True)
    return [row for row in rows if not row.kinds or case.kind in row.kinds.split()]
