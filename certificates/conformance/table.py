"""The outcome of all vectors, as it stands in docs/certificates.md between two marks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Final

from certificates.conformance.stages import STAGES, VERDICT, Examination, Outcome, examine
from certificates.conformance.upstream import KNOWN, SLIPS
from certificates.conformance.vectors import (
    COMMON,
    listed_cases,
    read_vectors,
    sample_of_viet_nam,
)
from certificates.hcert import cose, schema
from certificates.hcert.trust import TrustList
from certificates.hcert.verify import Reason, read_claims, read_message, verify

BEGIN: Final = "<!-- conformance: begin, written by manage.py certificate_conformance -->"
END: Final = "<!-- conformance: end -->"
_ISSUES: Final = "https://github.com/eu-digital-green-certificates/dgc-testdata/issues"
_ALGORITHMS: Final = {cose.ES256: "ES256", cose.PS256: "PS256"}
_CASES: Final = {
    "Q1": "the picture holds no readable QR code",
    "H1": "prefix of another kind",
    "H2": "prefix of a later version",
    "H3": "no prefix",
    "B1": "characters that base45 has not",
    "Z1": "damaged compression",
    "Z2": "not compressed",
    "CO1": "PS256, RSA with 2048 bits",
    "CO2": "PS256, RSA with 3072 bits",
    "CO3": "ES256",
    "CO5": "signature over something else",
    "CO6": "key for tests, content a vaccination",
    "CO7": "key for tests, content a recovery",
    "CO8": "key for vaccinations, content a test",
    "CO9": "key for vaccinations, content a recovery",
    "CO10": "key for recoveries, content a vaccination",
    "CO11": "key for recoveries, content a test",
    "CO12": "key for tests, content a test",
    "CO13": "key for vaccinations, content a vaccination",
    "CO14": "key for recoveries, content a recovery",
    "CO15": "key for everything",
    "CO16": "looked at before it was issued",
    "CO17": "looked at after its end",
    "CO18": "kid in the protected header only",
    "CO19": "kid in the unprotected header only",
    "CO20": "the same kid in both headers",
    "CO21": "right kid protected, wrong kid unprotected",
    "CO22": "wrong kid protected, right kid unprotected",
    "CO23": "wrong kid, unprotected only",
    "CO28": "tags of COSE and CWT around it",
    "CBO1": "bytes where the health content should be",
    "CBO2": "bytes that are no message",
    "DGC1": "fields of the schema missing",
    "DGC2": "several entries in one certificate",
    "DGC3": "a test, PCR",
    "DGC4": "a test, antigen",
    "DGC5": "a recovery",
    "DGC6": "a vaccination",
}


class Label(StrEnum):
    """What a vector counts as."""

    PASS = "pass"  # noqa: S105 - a label
    KNOWN = "known upstream error"
    FAIL = "fail"


@dataclass(frozen=True)
class Conformance:
    """All vectors of a folder, examined; `listed` says which numbered cases should be valid."""

    examined: tuple[Examination, ...]
    listed: dict[str, bool]
    sample: str

    def label(self, examination: Examination) -> Label:
        """Return what a vector counts as; an error upstream counts only as long as it shows."""
        vector = examination.vector
        known = KNOWN.get((vector.folder, vector.number))
        if known is not None:
            proved = (
                examination.differing == known.stages
                and examination.reason is known.reason
                and known.shows(vector)
            )
            return Label.KNOWN if proved else Label.FAIL
        differs = bool(examination.differing)
        if vector.folder == COMMON:
            differs |= self.listed.get(vector.number) is not examination.is_valid
        return Label.FAIL if differs else Label.PASS

    @property
    def failures(self) -> list[str]:
        """What does not agree and is explained by nothing: missing files, too."""
        names = {(item.vector.folder, item.vector.number) for item in self.examined}
        missing = [f"{COMMON} {number}" for number in self.listed if (COMMON, number) not in names]
        missing += [" ".join(name) for name in KNOWN if name not in names]
        return [f"{name}: no such vector" for name in missing] + [
            f"{item.vector.folder} {item.vector.number}: {item.reason}, "
            f"{', '.join(sorted(item.differing)) or 'the list says otherwise'}"
            for item in self.examined
            if self.label(item) is Label.FAIL
        ]


def examine_folder(folder: Path) -> Conformance:
    """Examine every vector under `folder`. Raises OSError when it is not one of vectors."""
    return Conformance(
        examined=tuple(map(examine, read_vectors(folder))),
        listed=listed_cases(folder),
        sample=_sample(sample_of_viet_nam(folder)),
    )


def as_markdown(found: Conformance) -> str:
    """Return the tables in Markdown, between the two marks."""
    parts = [
        _figures(found),
        _cases(found),
        _countries(found),
        found.sample,
        _known(),
        _slips(found),
    ]
    return "\n\n".join([BEGIN, *parts, END])


def replace_in(document: str, table: str) -> str:
    """Return `document` with `table` in the place of the one before. Raises ValueError."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the document has no marks of the conformance table")
    return before + table + after


def _figures(found: Conformance) -> str:
    """Return the sums: vectors by label, statements by stage."""
    labels = Counter(map(found.label, found.examined))
    stages = {key: stage.label for key, stage in STAGES.items()} | {VERDICT: "valid as a whole"}
    counts = {
        label: Counter(item.outcomes[key] for item in found.examined if key in item.outcomes)
        for key, label in stages.items()
    }
    counts["together"] = sum(counts.values(), Counter())
    rows = [[label, *(count[outcome] for outcome in Outcome)] for label, count in counts.items()]
    return "\n\n".join(
        (
            f"{len(found.examined)} vectors: {labels[Label.PASS]} pass, "
            f"{labels[Label.KNOWN]} are known upstream errors, {labels[Label.FAIL]} fail.",
            _rows(["Stage, as stated and as found", *Outcome], rows),
        )
    )


def _cases(found: Conformance) -> str:
    """Return one row per numbered case, in the order of the published list."""
    by_number = {item.vector.number: item for item in found.examined if _is_common(item)}
    rows = [
        [
            number,
            _CASES.get(number, ""),
            "valid" if valid else "invalid",
            f"`{by_number[number].reason}`" if number != "Q1" else "no code in the picture",
            f"{by_number[number].agreeing} of {len(by_number[number].outcomes)}",
            found.label(by_number[number]),
        ]
        for number, valid in found.listed.items()
        if number in by_number
    ]
    return "### The numbered cases\n\n" + _rows(
        ["Case", "What it holds", "Should be", "Our reader says", "Statements", ""], rows
    )


def _countries(found: Conformance) -> str:
    """Return one row per country's folder."""
    theirs = (item for item in found.examined if not _is_common(item))
    rows = []
    for folder, group in groupby(theirs, key=lambda item: item.vector.folder):
        items = list(group)
        labels = Counter(map(found.label, items))
        rows.append(
            [
                folder,
                len(items),
                ", ".join(sorted({_algorithm(item) for item in items})),
                f"{sum(item.agreeing for item in items)} of "
                f"{sum(len(item.outcomes) for item in items)}",
                sum(item.at_own_time for item in items) or "",
                *(labels[label] or "" for label in Label),
            ]
        )
    head = ["Country", "Vectors", "Signed", "Statements", "At a time of its own", *Label]
    return "### The countries\n\n" + _rows(head, rows)


def _known() -> str:
    """Return the vectors that are wrong themselves, one by one."""
    rows = [
        [
            f"{folder} {number}",
            error.why,
            error.recognised,
            f"`{error.reason}`",
            f"[{error.issue}]({_ISSUES}/{error.issue})",
        ]
        for (folder, number), error in KNOWN.items()
    ]
    head = ["Vector", "What is wrong", "Seen by", "Our reader says", "Reported"]
    return "### Known upstream errors\n\n" + _rows(head, rows)


def _slips(found: Conformance) -> str:
    """Return slips of the vectors that change no result."""
    rows = [
        [what, "; ".join(_by_folder(item for item in found.examined if shows(item.vector)))]
        for what, shows in SLIPS
    ]
    return "### Slips upstream that change no result\n\n" + _rows(["Slip", "Vectors"], rows)


def _by_folder(items: Iterable[Examination]) -> list[str]:
    """Return the names of vectors, each folder named once."""
    names: dict[str, list[str]] = {}
    for item in items:
        names.setdefault(item.vector.folder, []).append(item.vector.number)
    return [f"{folder} {', '.join(numbers)}" for folder, numbers in names.items()]


def _sample(text: str) -> str:
    """Return what is known of Viet Nam's own sample, whose certificate is not published."""
    message = read_message(text)
    content = read_claims(message.payload).content
    well_formed = schema.has_single_entry(content) and schema.is_valid(content)
    verdict = verify(text, TrustList(), datetime(2022, 1, 1, tzinfo=UTC)).reason
    judged = "can be read to the end" if well_formed else "cannot be read to the end"
    believed = "is not believed without it" if verdict is Reason.UNKNOWN_KEY else "IS BELIEVED"
    return (
        "### Viet Nam's own sample\n\n"
        f"{len(text)} characters, {_ALGORITHMS[message.algorithm]}: picture, text, content and "
        f"schema {judged}. Its signing certificate is not published, so the signature cannot be "
        f"checked; the sample {believed} (`{verdict}`)."
    )


def _algorithm(item: Examination) -> str:
    """Return the algorithm that a vector names."""
    return _ALGORITHMS[read_message(item.vector.text).algorithm]


def _is_common(item: Examination) -> bool:
    return item.vector.folder == COMMON


def _rows(head: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
