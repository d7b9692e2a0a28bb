"""What the tests of issued certificates share; those of the codec stand apart in hcert/."""

import pytest

from certificates.card import card_of
from certificates.models import Certificate, CertificateStatus
from certificates.services.issuance import drain_due
from sites.models import Dose
from tests.factories import make_dose


@pytest.fixture
def certificate(db, signing_keys) -> Certificate:
    """The live certificate of a first dose, with its dose and citizen."""
    return issued(make_dose())


def issued(dose: Dose) -> Certificate:
    drain_due()
    live = Certificate.objects.select_related("dose__citizen")
    return live.get(dose=dose, status=CertificateStatus.LIVE)


def signed_text(certificate: Certificate) -> dict:
    return card_of(certificate).signed
