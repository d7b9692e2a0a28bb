"""Refusals as typed facts."""

import pytest
from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import DomainError, InvalidInput, add_to_form
from vaxplatform.vietnam import InvalidIdNumber
from vaxplatform.vietnam.identity import CccdNeedsTwelveDigits


class LotEmpty(DomainError):
    code = "lot_empty"
    message = _("The lot %(lot)s is used up.")
    field = "lot"


class LotForm(forms.Form):
    lot = forms.CharField(required=False)


def test_a_refusal_tells_its_sentence_with_its_values() -> None:
    assert LotEmpty(lot="AB12").detail == "The lot AB12 is used up."


def test_a_refusal_raised_without_parentheses_has_its_code_and_field() -> None:
    with pytest.raises(DomainError) as refusal:
        raise LotEmpty
    assert refusal.value.code == "lot_empty"
    assert refusal.value.field == "lot"


def test_what_a_person_typed_never_shows_in_the_text_of_the_exception() -> None:
    assert str(LotEmpty(lot="Nguyễn Văn A")) == "lot_empty"
    assert "Nguyễn" not in repr(LotEmpty(lot="Nguyễn Văn A"))


def test_a_form_shows_a_refusal_beside_its_field() -> None:
    form = LotForm({})
    assert form.is_valid()
    add_to_form(form, LotEmpty(lot="AB12"))
    assert form.errors == {"lot": ["The lot AB12 is used up."]}
    assert form.errors.as_data()["lot"][0].code == "lot_empty"


def test_a_form_without_the_field_shows_the_refusal_above_itself() -> None:
    form = LotForm({})
    add_to_form(form, LotEmpty(field="elsewhere", lot="AB12"))
    assert form.non_field_errors() == ["The lot AB12 is used up."]


def test_a_percent_sign_in_what_was_typed_does_no_harm() -> None:
    assert LotEmpty(lot="100%(x)s").detail == "The lot 100%(x)s is used up."


def test_a_person_reads_the_reason_in_the_language_of_the_page() -> None:
    error: InvalidIdNumber = CccdNeedsTwelveDigits(entered=11)
    with translation.override("vi"):
        assert error.detail == "Số căn cước cần đủ 12 chữ số. Bạn mới nhập 11."
    with translation.override("en"):
        assert error.detail == "A citizen card number has all of 12 digits. You entered 11."


def test_wrong_input_is_a_refusal_too() -> None:
    assert issubclass(InvalidInput, DomainError)
