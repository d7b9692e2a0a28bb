"""Certificates of other countries give the results their authors state.

What each vector states and how it is compared is in certificates/conformance; here every
vector is one test, and the table in docs/certificates.md is made again and compared.
"""

import csv
import dataclasses
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command

from certificates.conformance import table
from certificates.conformance.stages import Outcome, examine
from certificates.conformance.table import Conformance, Label
from certificates.conformance.upstream import KNOWN
from certificates.conformance.vectors import (
    COMMON,
    Vector,
    read_vector,
    sample_of_viet_nam,
    vector_paths,
)
from certificates.hcert import cose, schema
from certificates.hcert.issue import CertificateBatchSigner
from certificates.hcert.trust import TrustList
from certificates.hcert.verify import Reason, read_claims, read_message, verify

from .conftest import NOW, ONE_YEAR, THIRD_PARTY_DATA, WHY_SKIPPED, Authority, trusting

DOCUMENT = Path(__file__).parents[3] / "docs" / "certificates.md"


def vectors(stating: str = "", holding: str = "") -> list[Any]:
    """Return the vectors that state a stage and hold a field as test parameters, or why none."""
    if THIRD_PARTY_DATA is None:
        return [pytest.param(None, marks=pytest.mark.skip(reason=WHY_SKIPPED))]
    found = map(read_vector, vector_paths(THIRD_PARTY_DATA))
    return [
        pytest.param(vector, id=f"{vector.folder}-{vector.number}")
        for vector in found
        if (not stating or vector.stated.get(stating))
        and (not holding or vector.given(holding) is not None)
    ]


@pytest.fixture(scope="module")
def found(third_party: Path) -> Conformance:
    return table.examine_folder(third_party)


@pytest.mark.parametrize("vector", vectors())
def test_a_vector_gives_the_result_its_author_states(vector: Vector) -> None:
    examination = examine(vector)
    known = KNOWN.get((vector.folder, vector.number))
    if known is None:
        assert examination.differing == frozenset()
        assert Outcome.NOT_REACHED not in examination.outcomes.values()
    else:
        assert (examination.differing, examination.reason) == (known.stages, known.reason)
        assert known.shows(vector)


@pytest.mark.parametrize("vector", vectors("EXPECTEDENCODE"))
def test_the_content_of_a_vector_can_be_signed_and_read_by_us(
    vector: Vector, authority: Authority
) -> None:
    content = vector.data["JSON"]
    signer = authority.signer(kinds=())
    batch = CertificateBatchSigner(signer)
    text = batch.sign(content, issued_at=NOW, expires_at=NOW + ONE_YEAR)
    assert verify(text, trusting(signer), NOW).is_valid
    assert read_claims(read_message(text).payload).content == content


@pytest.mark.parametrize("vector", vectors(holding="JSON"))
def test_our_schema_and_the_published_one_agree_about_a_vector(
    vector: Vector, third_party: Path
) -> None:
    content = vector.data["JSON"]
    text = (third_party / "schema/1.3.3/DCC.combined-schema.json").read_text()
    published = jsonschema.Draft202012Validator(json.loads(text)).is_valid(content)
    assert (schema.has_single_entry(content) and schema.is_valid(content)) == published


def test_the_table_in_the_document_is_the_one_that_the_command_makes(
    third_party: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "certificates.md"
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(table.BEGIN)
    after = rest.partition(table.END)[2]
    copy.write_text(f"{before}{table.BEGIN}\n\n{table.END}{after}", encoding="utf-8")
    call_command("certificate_conformance", third_party, write=copy)
    assert copy.read_text(encoding="utf-8") == DOCUMENT.read_text(encoding="utf-8")


def test_all_published_cases_are_there_and_none_fails(found: Conformance) -> None:
    assert len(found.listed) == 38
    assert found.failures == []
    labels = {found.label(item) for item in found.examined if item.vector.folder == COMMON}
    assert labels == {Label.PASS}


def test_each_known_error_is_listed_by_the_vectors_authors(third_party: Path) -> None:
    with (third_party / "dgc-testdata" / "known_issues.csv").open() as file:
        listed = {
            (row["country"], row["test_set"], row["test_name"], int(row["reason"].split("/")[-1]))
            for row in csv.DictReader(file)
        }
    for (folder, number), error in KNOWN.items():
        assert (folder, number, error.known_as, error.issue) in listed


def test_a_vector_that_differs_without_a_known_reason_fails_the_command(
    found: Conformance, third_party: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = next(item for item in found.examined if item.vector.number == "CO3")
    stated = good.vector.data | {"EXPECTEDRESULTS": {"EXPECTEDVERIFY": False}}
    wrong = examine(dataclasses.replace(good.vector, data=stated))
    others = tuple(item for item in found.examined if item is not good)
    changed = dataclasses.replace(found, examined=(*others, wrong))
    assert changed.failures == ["common CO3: ok, EXPECTEDVERIFY"]
    monkeypatch.setattr(
        "certificates.management.commands.certificate_conformance.examine_folder",
        lambda folder: changed,
    )
    printed = StringIO()
    with pytest.raises(CommandError, match="common CO3"):
        call_command("certificate_conformance", third_party, stdout=printed)
    assert "1 fail" in printed.getvalue()


def test_an_error_mended_upstream_and_a_missing_vector_are_failures(found: Conformance) -> None:
    wrong = next(item for item in found.examined if item.vector.folder == "RO")
    others = tuple(item for item in found.examined if item is not wrong)
    good = dataclasses.replace(
        next(item for item in others if item.vector.number == "CO3"),
        vector=dataclasses.replace(wrong.vector, number="2"),
    )
    mended = dataclasses.replace(
        found, examined=(*(i for i in others if i.vector.folder != "RO"), good)
    )
    assert mended.failures == ["RO 2: ok, the list says otherwise"]
    missing = dataclasses.replace(
        found, examined=tuple(i for i in found.examined if i.vector.folder not in ("RO", COMMON))
    )
    assert "RO 2: no such vector" in missing.failures
    assert "common Q1: no such vector" in missing.failures


def test_the_command_says_clearly_that_a_folder_holds_no_vectors(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no test vectors"):
        call_command("certificate_conformance", tmp_path)


def test_each_test_that_the_document_names_exists() -> None:
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", DOCUMENT.read_text(encoding="utf-8")))
    sources = Path(__file__).parents[2].rglob("test_*.py")
    written = set(re.findall(r"def (test_\w+)", "".join(path.read_text() for path in sources)))
    assert named
    assert named <= written


@pytest.mark.parametrize("name", ["certificates.md", "verifiers.md"])
def test_the_documents_name_every_reason_in_the_order_of_the_checks(name: str) -> None:
    text = (DOCUMENT.parent / name).read_text(encoding="utf-8")
    start = re.search(r"^## (What is checked|The order of checks)", text, re.MULTILINE)
    assert start is not None
    rows = [line for line in text[start.start() :].splitlines() if line.startswith("|")]
    codes = re.findall(r"`(\w+)`", "\n".join(rows[: len(Reason) + 2]))
    named = [code for code in codes if code in set(Reason)]
    reasons = [reason for reason in Reason if reason is not Reason.OK]
    assert list(dict.fromkeys(named))[: len(reasons)] == reasons


def test_the_sample_of_viet_nam_is_read_but_not_believed_without_its_key(
    third_party: Path,
) -> None:
    text = sample_of_viet_nam(third_party)
    message = read_message(text)
    assert message.algorithm == cose.PS256
    claims = read_claims(message.payload)
    assert claims.issuer == "VN"
    assert claims.content["nam"]["fnt"] == "NGUYEN"
    assert schema.has_single_entry(claims.content)
    assert schema.is_valid(claims.content)
    assert verify(text, TrustList(), NOW).reason == Reason.UNKNOWN_KEY
