"""Why a certificate was not issued, in the reader's language."""

import pytest
from django.utils import translation

from certificates.causes import CAUSES, cause_in_words
from certificates.models import IssuanceJob, JobState
from certificates.services.issuance import MAX_ATTEMPTS, drain_due
from tests.factories import make_details, make_dose


@pytest.mark.django_db
def test_a_name_without_a_latin_letter_is_explained_with_what_to_do(signing_key):
    job = make_dose(citizen=make_details(full_name="Иван Петров")).issuance
    for _attempt in range(MAX_ATTEMPTS):
        IssuanceJob.objects.update(next_at=job.due_at)
        drain_due()
    job.refresh_from_db()
    assert job.state == JobState.NEEDS_REVIEW
    with translation.override("en"):
        assert "passport" in cause_in_words(job.last_error)


@pytest.mark.parametrize("code", CAUSES)
def test_a_cause_is_said_in_vietnamese(code):
    with translation.override("en"):
        english = cause_in_words(code)
    with translation.override("vi"):
        assert cause_in_words(code) != english


def test_an_unknown_cause_is_named_as_it_was_noted():
    assert "ZeroDivisionError" in cause_in_words("ZeroDivisionError")
    assert cause_in_words("") == ""
