"""Vaccines, intervals and screening forms, from sites/data."""

import datetime
from decimal import Decimal
from pathlib import Path

from registration.models import AdministrativeUnit, UnitKind
from sites.models import (
    IntervalRule,
    ScreeningForm,
    ScreeningQuestion,
    Vaccine,
    VaccineSpelling,
    VitalBound,
)
from vaxplatform.reference import rows_of
from vaxplatform.vietnam import search_key

DATA = Path(__file__).resolve().parent.parent / "data"


def _date(text: str) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def load_vaccines() -> int:
    """The products of sites/data/vaccines.csv."""
    vaccines = [
        Vaccine(
            code=row["code"],
            name=row["name"],
            vietnamese_name=row["vietnamese_name"],
            manufacturer=row["manufacturer"],
            holder_code=row["holder_ma"],
            prophylaxis_code=row["prophylaxis_vp"],
            primary_doses=int(row["primary_doses"]),
            source=row["source"],
        )
        for row in rows_of(DATA / "vaccines.csv")
    ]
    Vaccine.objects.bulk_create(vaccines, ignore_conflicts=True)
    return len(vaccines)


def load_vaccine_spellings() -> int:
    """The names of sites/data/vaccine_spellings.csv under which vaccines stand in sheets."""
    ids = dict(Vaccine.objects.values_list("code", "pk"))
    spellings = [
        VaccineSpelling(
            vaccine_id=ids[row["code"]], spelling=row["spelling"], key=search_key(row["spelling"])
        )
        for row in rows_of(DATA / "vaccine_spellings.csv")
    ]
    VaccineSpelling.objects.bulk_create(spellings, ignore_conflicts=True)
    return len(spellings)


def load_interval_rules() -> int:
    """Days between doses, with their dates and citations."""
    vaccines = dict(Vaccine.objects.values_list("code", "pk"))
    provinces = dict(
        AdministrativeUnit.objects.of_scheme(2021)
        .filter(kind=UnitKind.PROVINCE)
        .values_list("code", "pk")
    )
    rules = [
        IntervalRule(
            first_vaccine_id=vaccines[row["first_vaccine"]] if row["first_vaccine"] else None,
            next_vaccine_id=vaccines[row["next_vaccine"]] if row["next_vaccine"] else None,
            dose_kind=row["dose_kind"],
            min_days=int(row["min_days"]),
            max_days=int(row["max_days"]) if row["max_days"] else None,
            province_id=provinces[row["province_code"]] if row["province_code"] else None,
            valid_from=_date(row["valid_from"]),
            valid_to=_date(row["valid_to"]),
            citation=row["citation"],
            to_confirm=row["to_confirm"] == "yes",
        )
        for row in rows_of(DATA / "interval_rules.csv")
    ]
    IntervalRule.objects.bulk_create(rules, ignore_conflicts=True)
    return len(rules)


def load_screening_forms() -> int:
    """The versions of the screening form, their questions and bounds."""
    forms = [
        ScreeningForm(
            version=row["version"],
            citation=row["citation"],
            valid_from=datetime.date.fromisoformat(row["valid_from"]),
            valid_to=_date(row["valid_to"]),
            to_confirm=row["to_confirm"] == "yes",
        )
        for row in rows_of(DATA / "screening_forms.csv")
    ]
    ScreeningForm.objects.bulk_create(forms, ignore_conflicts=True)
    by_version = {form.version: form for form in ScreeningForm.objects.all()}
    questions = [
        ScreeningQuestion(form=by_version[row.pop("form_version")], **row)
        for row in rows_of(DATA / "screening_questions.csv")
    ]
    ScreeningQuestion.objects.bulk_create(questions, ignore_conflicts=True)
    bounds = [
        VitalBound(
            form=by_version[row["form_version"]],
            sign=row["sign"],
            minimum=_decimal(row["minimum"]),
            maximum=_decimal(row["maximum"]),
            unit=row["unit"],
            applies=row["applies"],
            outcome=row["outcome"],
        )
        for row in rows_of(DATA / "screening_bounds.csv")
    ]
    VitalBound.objects.bulk_create(bounds, ignore_conflicts=True)
    return len(questions) + len(bounds)
