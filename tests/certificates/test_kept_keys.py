"""Public keys are parsed once a process, and what changes among them is known at once."""

import datetime

import pytest
from django.utils import timezone

from certificates.hcert.trust import TrustedKey
from certificates.models import KeyStatus, SigningKey
from certificates.services import keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def parsed(monkeypatch) -> list[bytes]:
    """The certificates that were parsed, in order."""
    seen = []
    from_der = TrustedKey.from_der

    def noted(der: bytes, **over: str) -> TrustedKey:
        seen.append(der)
        return from_der(der, **over)

    monkeypatch.setattr(TrustedKey, "from_der", noted)
    return seen


def test_a_key_is_parsed_once_however_often_it_is_asked_for(signing_key, parsed):
    for _again in range(3):
        assert [key.kid.hex() for key in keys.all_keys()] == [signing_key.kid]
        assert len(keys.published_keys()) == 1
    assert len(parsed) == 1


def test_a_new_key_and_a_called_back_one_are_known_at_the_next_question(signing_key, parsed):
    assert len(keys.published_keys()) == 1
    later = timezone.now() + datetime.timedelta(seconds=1)
    new = keys.rotate_signing_key(now=later)
    SigningKey.objects.filter(pk=signing_key.pk).update(status=KeyStatus.COMPROMISED)
    assert [key.kid.hex() for key in keys.published_keys()] == [new.kid]
    assert {key.kid.hex() for key in keys.all_keys()} == {signing_key.kid, new.kid}
    assert len(parsed) == 2
