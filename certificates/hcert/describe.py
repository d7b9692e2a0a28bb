"""What a verified certificate says, in the form that pages and the API show."""

from datetime import UTC, datetime
from typing import Any, Final

from certificates.hcert import valuesets

KINDS: Final = {"v": "vaccination", "t": "test", "r": "recovery"}
"""The three groups of a health content and what we call them."""

_FIELDS: Final = {
    "v": ("tg", "vp", "mp", "ma", "dn", "sd", "dt", "co", "is", "ci"),
    "t": ("tg", "tt", "nm", "ma", "sc", "tr", "tc", "co", "is", "ci"),
    "r": ("tg", "fr", "df", "du", "co", "is", "ci"),
}
"""The fields that the schema has checked; what it does not know is not passed on."""
_LABELS: Final = {
    "v": {"tg": "diseases", "vp": "prophylaxis", "mp": "products", "ma": "holders"},
    "t": {"tg": "diseases", "tt": "test_types", "tr": "test_results"},
    "r": {"tg": "diseases"},
}


def describe(
    content: dict[str, Any], *, issuer: str, issued: float, expires: float, kid: bytes
) -> dict[str, Any]:
    """Return the description of a health content that satisfies the schema.

    Its keys are listed at `verify.VerificationResult`; `issued` and `expires` are seconds.
    """
    kind = next(kind for kind in KINDS if kind in content)
    entry = content[kind][0]
    return {
        "kind": KINDS[kind],
        **_names(content["nam"]),
        "date_of_birth": content["dob"],
        "uvci": entry["ci"],
        "issuer": issuer,
        "issued_by": entry["is"],
        "issued_at": _iso(issued),
        "expires_at": _iso(expires),
        "version": content["ver"],
        "kid": kid.hex(),
        "entry": {field: _whole(entry[field]) for field in _FIELDS[kind] if field in entry},
        "labels": {
            field: valuesets.label(values, entry[field]) for field, values in _LABELS[kind].items()
        },
    }


def _names(name: dict[str, str]) -> dict[str, str]:
    """Return the name whole and in parts, family name first as in Viet Nam.

    A part that was only given in its standardised spelling is shown in that.
    """
    family = name.get("fn") or name.get("fnt", "")
    given = name.get("gn") or name.get("gnt", "")
    return {
        "name": " ".join(part for part in (family, given) if part),
        "family_name": family,
        "given_name": given,
        "standardised_name": f"{name.get('fnt', '')}<<{name.get('gnt', '')}".strip("<"),
    }


def _whole(value: Any) -> Any:
    """Return a count as a whole number, also when its writer made it 2.0; anything else as is."""
    return int(value) if isinstance(value, float) else value


def _iso(seconds: float) -> str:
    """Return a time in ISO 8601, UTC, to the second."""
    return datetime.fromtimestamp(int(seconds), tz=UTC).isoformat()
