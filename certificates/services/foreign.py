"""Believing the document signers of other countries: importing their lists, finding their keys."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from django.db import transaction

from certificates.hcert.signer_lists import Listed, normal_country, read_signers
from certificates.hcert.trust import TrustedKey, TrustListError
from certificates.hcert.uvci import COUNTRY
from certificates.models import ForeignSigner


@dataclass
class Imported:
    """What became of the entries of a list. `refused`: place in the list, and why."""

    added: int = 0
    changed: int = 0
    known: int = 0
    removed: int = 0
    passed_over: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@transaction.atomic
def import_signers(*, text: str, country: str = "", replace: bool = False) -> Imported:
    """Believe the signers in `text` (a gateway's JSON, our own, PEM, a JWK set with x5c).

    `country` says whose list it is: entries that name another are refused, those that name none
    are its. `replace` forgets the signers (of that country, if one is given) that the list does
    not name. Entries that cannot be used are refused one by one and the rest is kept. Raises
    TrustListError, and writes nothing, when the text is no list, or when it would replace what is
    believed by nothing.
    """
    wanted = normal_country(country)
    if (country and not wanted) or wanted == COUNTRY:
        raise TrustListError("the country must be two letters, and another than Viet Nam's")
    outcome, believed = Imported(), dict[str, tuple[str, TrustedKey]]()
    for entry in read_signers(text):
        problem = entry.problem or _problem(entry, wanted)
        if entry.is_other:
            outcome.passed_over += 1
        elif problem or entry.key is None:
            outcome.refused.append((entry.place, problem))
        else:
            believed[entry.key.thumbprint] = (wanted or entry.country, entry.key)
    if replace and not believed:
        raise TrustListError("no entry can be used, so nothing was replaced")
    _write(believed, outcome)
    if replace:
        _forget_all_but(believed, wanted, outcome)
    return outcome


def foreign_keys(kid: bytes) -> dict[str, list[TrustedKey]]:
    """The believed signers with this identifier, by country; several may share it."""
    found: dict[str, list[TrustedKey]] = {}
    for signer in ForeignSigner.objects.filter(kid=kid.hex()).order_by("pk"):
        found.setdefault(signer.country, []).append(_trusted(bytes(signer.certificate)))
    return found


@lru_cache(maxsize=1024)
def _trusted(der: bytes) -> TrustedKey:
    """A signer's key; parsed once per process."""
    return TrustedKey.from_der(der)


def _problem(entry: Listed, wanted: str) -> str:
    """Why an entry that can be read is refused all the same, or ""."""
    own = entry.key.country if entry.key else ""
    if COUNTRY in (entry.country, normal_country(own)):
        return "a signer of Viet Nam: our own keys are not imported"
    if not wanted and not entry.country:
        return "names no country; say it with --country"
    if wanted and entry.country and entry.country != wanted:
        return f"of another country: {entry.country}"
    return ""


def _write(believed: dict[str, tuple[str, TrustedKey]], outcome: Imported) -> None:
    rows = ForeignSigner.objects.filter(thumbprint__in=believed)
    before = dict(rows.values_list("thumbprint", "country"))
    for thumbprint, (country, _key) in believed.items():
        if thumbprint not in before:
            outcome.added += 1
        elif before[thumbprint] != country:
            outcome.changed += 1
        else:
            outcome.known += 1
    ForeignSigner.objects.bulk_create(
        _rows(believed.values()),
        update_conflicts=True,
        unique_fields=["thumbprint"],
        update_fields=["country"],
        batch_size=500,
    )


def _rows(believed: Iterable[tuple[str, TrustedKey]]) -> list[ForeignSigner]:
    return [
        ForeignSigner(
            kid=key.kid.hex(), country=country, thumbprint=key.thumbprint, certificate=key.der
        )
        for country, key in believed
    ]


def _forget_all_but(
    believed: dict[str, tuple[str, TrustedKey]], country: str, outcome: Imported
) -> None:
    gone = ForeignSigner.objects.exclude(thumbprint__in=believed)
    if country:
        gone = gone.filter(country=country)
    outcome.removed, _by_model = gone.delete()
