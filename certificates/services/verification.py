"""Judging a certificate against our own keys and revocations, and other countries' keys.

A key vouches for its own country only. What one of our keys signed must name Viet Nam as its
issuer; what a foreign key signed must name the country whose list brought the key, which is never
Viet Nam, and its identifier must not be one of ours. So nobody's key, stolen or generous, makes a
certificate of another country. Where the dose was given (``co``) is another matter: a country may
certify what was given elsewhere.
"""

from datetime import datetime
from functools import lru_cache

from certificates.hcert.revocation import Identity
from certificates.hcert.signer_lists import normal_country
from certificates.hcert.trust import TrustList
from certificates.hcert.uvci import COUNTRY, PREFIX
from certificates.hcert.verify import Reason, Refused, VerificationResult, read_message, verify
from certificates.models import Certificate, SigningKey
from certificates.models.key import KeyStatus
from certificates.services.foreign import foreign_keys

# With these, another key of the same identifier may still be the right one.
_NOT_THIS_KEY = (Reason.UNKNOWN_KEY, Reason.KEY, Reason.SIGNATURE)


def check_certificate(*, text: str, at: datetime) -> VerificationResult:
    """The verdict on any text as of `at`; nothing of it is stored.

    Our own keys are tried first, then those of other countries with the same identifier. A
    certificate of ours that a corrected one replaced counts as revoked; one that was renewed counts
    until its own end. What other countries revoked is not known here.
    """
    kid = _kid(text)
    result = _judged_as_ours(text, kid, at)
    if result.reason not in _NOT_THIS_KEY or kid is None:
        return result
    for country, trusted in foreign_keys(kid).items():
        foreign = _vouched_for(verify(text, TrustList(trusted), at), country)
        if foreign.reason not in _NOT_THIS_KEY:
            return foreign
        result = foreign if result.reason == Reason.UNKNOWN_KEY else result
    return result


def _kid(text: str) -> bytes | None:
    """The key identifier that a text claims, if it can be read that far."""
    try:
        kid = read_message(text).kid
    except Refused:
        return None
    return kid if isinstance(kid, bytes) else None


def _judged_as_ours(text: str, kid: bytes | None, at: datetime) -> VerificationResult:
    own = SigningKey.objects.filter(kid=kid.hex()).first() if kid is not None else None
    # Of a lost key nothing else is said: whoever has it may have made up the rest.
    is_lost = own is not None and own.status == KeyStatus.COMPROMISED
    result = verify(
        text,
        _trust(own.certificate_pem) if own else TrustList(),
        at,
        is_revoked=lambda identity: not is_lost and _has_ended(identity),
        is_key_revoked=lambda _identity: is_lost,
    )
    return _vouched_for(result, COUNTRY)


@lru_cache(maxsize=256)
def _trust(pem: str) -> TrustList:
    """One key of ours; parsed once per process."""
    return TrustList.from_pem(pem)


def _vouched_for(result: VerificationResult, country: str) -> VerificationResult:
    """The result, unless its key spoke for another country than its own."""
    signed = result.certificate
    if signed is None:
        return result
    is_own_issuer = normal_country(signed["issuer"]) == country
    takes_ours = country != COUNTRY and signed["uvci"].upper().startswith(PREFIX)
    if is_own_issuer and not takes_ours:
        return result
    return VerificationResult("invalid", Reason.KEY_USAGE)


def _has_ended(identity: Identity) -> bool:
    return Certificate.objects.called_back().filter(uvci=identity.uvci).exists()
