"""What a vector states of each stage beside what our reader finds there.

`hcert.verify` stops at the first check that fails, and its reasons are in the order of the
checks: a stage holds when the reason lies behind it. Where the file also holds the outcome of a
stage (bytes, content), ours must equal it. The stages are independent upstream: a vector that
makes no claim about time is judged at a time inside its own validity.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import cbor2

from certificates.conformance.vectors import Vector, texts_in
from certificates.hcert import base45, cbor, cose, issue, schema
from certificates.hcert.verify import Reason, read_claims, read_message, verify


class Outcome(StrEnum):
    """What came of one statement of a vector."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_REACHED = "not reached"  # an earlier stage differs already
    NOT_GIVEN = "not given"  # the file says so and holds nothing that could be looked at


@dataclass(frozen=True)
class Stage:
    """A stage by the vectors' name and ours.

    `until` is the last reason of the reader's checks in this stage (None: the reader has no part
    in it), `fails_with` the reasons that count when a vector says that it must fail here.
    `compare` asks the rest of the file, and is None where that holds nothing to compare with; it
    is asked only when the stage was passed.
    """

    key: str
    label: str
    compare: Callable[[Vector], bool | None]
    until: Reason | None = None
    fails_with: frozenset[Reason] = frozenset()


VERDICT: Final = "VERDICT"
"""Our own last statement: where nothing must fail, the certificate is valid as a whole."""
NOT_A_STATEMENT: Final = frozenset({"EXPECTEDRESULTS", "EXPTECTEDEXPIRED"})
"""Misspelled keys of Spanish vectors, which no check upstream reads."""


@dataclass(frozen=True)
class Examination:
    """A vector examined. `at_own_time`: the author's clock did not fit, and was not claimed."""

    vector: Vector
    reason: Reason
    at_own_time: bool
    outcomes: dict[str, Outcome]

    @property
    def differing(self) -> frozenset[str]:
        """The stages whose statement is not what we find."""
        return frozenset(key for key, out in self.outcomes.items() if out is Outcome.DIFFERS)

    @property
    def agreeing(self) -> int:
        """How many statements are what we find."""
        return sum(outcome is Outcome.AGREES for outcome in self.outcomes.values())

    @property
    def is_valid(self) -> bool:
        """Whether a person at the door would accept it: the picture is read, the text is good."""
        picture_must_fail = self.vector.stated.get("EXPECTEDPICTUREDECODE") is False
        return self.reason is Reason.OK and not picture_must_fail


def examine(vector: Vector) -> Examination:
    """Return what our reader finds of every stage the vector speaks of."""
    reason, at_own_time = _judge(vector)
    unknown = set(vector.stated) - set(STAGES) - NOT_A_STATEMENT
    if unknown:
        raise ValueError(f"{vector.folder} {vector.number} states unknown stages: {unknown}")
    outcomes = {
        stage.key: _outcome(stage, vector, reason)
        for stage in STAGES.values()
        if stage.key in vector.stated
    }
    if all(vector.stated.values()):
        outcomes[VERDICT] = _verdict(reason, outcomes)
    return Examination(vector, reason, at_own_time, outcomes)


def _judge(vector: Vector) -> tuple[Reason, bool]:
    """Return our reason, and whether it was judged at another time than the author's."""
    result = verify(vector.text, vector.trust_list, vector.clock)
    by_time = result.reason in (Reason.NOT_YET_VALID, Reason.EXPIRED)
    if "EXPECTEDEXPIRATIONCHECK" in vector.stated or not by_time or result.certificate is None:
        return result.reason, False
    inside = datetime.fromisoformat(result.certificate["issued_at"]) + timedelta(seconds=1)
    return verify(vector.text, vector.trust_list, inside).reason, True


def _outcome(stage: Stage, vector: Vector, reason: Reason) -> Outcome:
    """Return whether what is stated of `stage` is what we find."""
    stated = vector.stated[stage.key]
    if stage.until is None:
        found = stage.compare(vector)
        if found is None:
            return Outcome.NOT_GIVEN
        return Outcome.AGREES if found == stated else Outcome.DIFFERS
    if not stated:
        return Outcome.AGREES if reason in stage.fails_with else Outcome.DIFFERS
    if _rank(reason) > _rank(stage.until):
        return Outcome.DIFFERS if stage.compare(vector) is False else Outcome.AGREES
    return Outcome.DIFFERS if stage is _stage_of(reason) else Outcome.NOT_REACHED


def _verdict(reason: Reason, outcomes: dict[str, Outcome]) -> Outcome:
    """Return whether a certificate of which nothing must fail is valid as a whole."""
    if reason is Reason.OK:
        return Outcome.AGREES
    explained = Outcome.DIFFERS in outcomes.values()
    return Outcome.NOT_REACHED if explained else Outcome.DIFFERS


def _rank(reason: Reason) -> int:
    """Return the place of a reason in the order of the checks."""
    return list(Reason).index(reason)


def _stage_of(reason: Reason) -> Stage | None:
    """Return the first stage that `reason` refuses at."""
    for stage in STAGES.values():
        if stage.until is not None and _rank(reason) <= _rank(stage.until):
            return stage
    return None


def content_of(vector: Vector) -> Any:
    """Return the health content that we read, its signature not considered."""
    return read_claims(read_message(vector.text).payload).content


def _nothing(_: Vector) -> None:
    """The file holds nothing to compare with."""


def _same_picture(vector: Vector) -> bool | None:
    """Tell whether the QR code says the text."""
    picture = vector.given("2DCODE")
    return texts_in(base64.b64decode(picture)) == [vector.text] if picture else None


def _same_base45(vector: Vector) -> bool | None:
    """Tell whether the text without its prefix is the base45 in the file."""
    stated = vector.given("BASE45")
    return vector.text == issue.PREFIX + stated if stated else None


def _same_compressed(vector: Vector) -> bool | None:
    """Tell whether base45 decodes to the compressed bytes in the file."""
    stated = vector.given("COMPRESSED")
    packed = base45.decode(vector.text.removeprefix(issue.PREFIX))
    return packed == bytes.fromhex(stated) if stated else None


def _same_message(vector: Vector) -> bool | None:
    """Tell whether the inflated message is the one in the file."""
    stated = vector.given("COSE")
    return read_message(vector.text) == cose.parse(bytes.fromhex(stated)) if stated else None


def _same_claims(vector: Vector) -> bool | None:
    """Tell whether the claims, or the content in them, are the CBOR in the file."""
    stated = vector.given("CBOR")
    if not stated:
        return None
    ours = cbor.loads(read_message(vector.text).payload)
    return cbor.loads(bytes.fromhex(stated)) in (ours, content_of(vector))


def _same_json(vector: Vector) -> bool:
    """Tell whether the content is the JSON in the file."""
    return bool(content_of(vector) == vector.data["JSON"])


def _json_is_well_formed(vector: Vector) -> bool:
    """Tell whether the JSON in the file has one entry and satisfies our schema."""
    content = vector.data["JSON"]
    return schema.has_single_entry(content) and schema.is_valid(content)


def _json_survives_cbor(vector: Vector) -> bool:
    """Tell whether the JSON, written as CBOR, is read back the same."""
    return bool(cbor.loads(cbor2.dumps(vector.data["JSON"])) == vector.data["JSON"])


_MALFORMED: Final = frozenset({Reason.CONTENT, Reason.SCHEMA})
_UNREADABLE: Final = frozenset({Reason.CBOR, Reason.COSE, Reason.CWT})
STAGES: Final = {
    stage.key: stage
    for stage in (
        Stage("EXPECTEDPICTUREDECODE", "QR code", _same_picture),
        Stage(
            "EXPECTEDUNPREFIX",
            "prefix",
            _same_base45,
            Reason.NOT_A_CERTIFICATE,
            frozenset({Reason.NOT_A_CERTIFICATE}),
        ),
        Stage(
            "EXPECTEDB45DECODE",
            "base45",
            _same_compressed,
            Reason.BASE45,
            frozenset({Reason.BASE45}),
        ),
        Stage(
            "EXPECTEDCOMPRESSION",
            "zlib",
            _same_message,
            Reason.INFLATE,
            frozenset({Reason.INFLATE}),
        ),
        Stage(
            "EXPECTEDDECODE",
            "CBOR and COSE",
            _same_claims,
            Reason.COSE,
            _UNREADABLE | {Reason.CONTENT},
        ),
        Stage(
            "EXPECTEDVERIFY",
            "signature",
            _nothing,
            Reason.SIGNATURE,
            _UNREADABLE | {Reason.UNKNOWN_KEY, Reason.SIGNATURE},
        ),
        Stage(
            "EXPECTEDEXPIRATIONCHECK",
            "validity",
            _nothing,
            Reason.KEY_EXPIRED,
            frozenset({Reason.NOT_YET_VALID, Reason.EXPIRED}),
        ),
        Stage(
            "EXPECTEDKEYUSAGE",
            "key usage",
            _nothing,
            Reason.KEY_USAGE,
            frozenset({Reason.KEY_USAGE}),
        ),
        Stage("EXPECTEDSCHEMAVALIDATION", "schema", _nothing, Reason.SCHEMA, _MALFORMED),
        Stage("EXPECTEDVALIDJSON", "same content", _same_json),
        Stage("EXPECTEDVALIDOBJECT", "JSON well formed", _json_is_well_formed),
        Stage("EXPECTEDENCODE", "JSON to CBOR", _json_survives_cbor),
    )
}
"""The stages by the vectors' names, those of the reader in the order of its checks."""
