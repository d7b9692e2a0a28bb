"""The phone's verifier gives the reason that the server's gives: about every published vector, and
about thousands of certificates that were damaged, forged or written by careless countries."""

import base64
import random
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from playwright.sync_api import Page

from certificates.conformance.vectors import read_vectors, sample_of_viet_nam
from certificates.hcert import base45, cose, keys
from certificates.hcert.revocation import offline_value, write_offline
from certificates.hcert.trust import TrustList
from certificates.hcert.verify import Reason, verify
from tests.certificates.hcert import hostile
from tests.certificates.hcert.conftest import (
    NOW,
    ONE_YEAR,
    THIRD_PARTY_DATA,
    WHY_SKIPPED,
    make_payload,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

JUDGE = """async (cases) => {
  const [{ verify }, { readKeys }] = await Promise.all(
    ["verify", "keys"].map((name) => import(`/static/certificates/verify/${name}.js`)));
  const found = [];
  for (const { text, x5c, now } of cases) {
    const keys = await readKeys(x5c.map((item) => ({ x5c: [item] })));
    const { reason, certificate } = await verify(text, { keys, now, isRevoked: async () => false });
    const { name, date_of_birth: born, uvci } = certificate || {};
    found.push([reason, certificate && [name, born, uvci]]);
  }
  return found;
}"""


@dataclass(frozen=True)
class Case:
    """A text to judge by these keys at this time."""

    name: str
    text: str
    trusted: TrustList
    at: datetime = NOW

    def for_script(self) -> dict[str, Any]:
        ders = [base64.b64encode(key.der).decode() for key in self.trusted]
        return {"text": self.text, "x5c": ders, "now": self.at.timestamp()}

    def by_server(self) -> list[Any]:
        result = verify(self.text, self.trusted, self.at)
        shown = result.certificate
        return [
            str(result.reason),
            shown and [shown["name"], shown["date_of_birth"], shown["uvci"]],
        ]


@pytest.fixture
def verifier(chromium, live_server) -> Iterator[Page]:
    page = chromium.new_page()
    page.goto(f"{live_server.url}/verify/")
    yield page
    page.close()


def compare(page: Page, cases: list[Case]) -> Counter[str]:
    """See that phone and server agree about all; returns how often each reason was given."""
    by_phone = page.evaluate(JUDGE, [case.for_script() for case in cases])
    by_server = [case.by_server() for case in cases]
    differing = [
        (case.name, case.text, phone, server)
        for case, phone, server in zip(cases, by_phone, by_server, strict=True)
        if phone != server
    ]
    assert differing == []
    return Counter(reason for reason, _certificate in by_phone)


@pytest.fixture(scope="module")
def ours() -> hostile.Foreign:
    return hostile.foreign()


@pytest.fixture(scope="module")
def trusted(ours: hostile.Foreign) -> TrustList:
    return TrustList([ours.trusted])


@pytest.mark.skipif(THIRD_PARTY_DATA is None, reason=WHY_SKIPPED)
def test_published_vectors_are_judged_alike(verifier):
    cases = [
        Case(f"{v.folder} {v.number}", v.text, v.trust_list, v.clock)
        for v in read_vectors(THIRD_PARTY_DATA)
        if v.given("TESTCTX") and v.given("PREFIX") and v.data["TESTCTX"].get("CERTIFICATE")
        if v.data["TESTCTX"].get("VALIDATIONCLOCK")
    ]
    cases.append(Case("VN", sample_of_viet_nam(THIRD_PARTY_DATA), TrustList()))
    found = compare(verifier, cases)
    assert found[Reason.OK] > 10
    assert len(found) > 10  # many kinds of failure are among them


def handmade(ours: hostile.Foreign, trusted: TrustList) -> list[Case]:
    """One certificate or more for each reason."""
    p384 = hostile.foreign(key=ec.generate_private_key(ec.SECP384R1()))
    weak = hostile.foreign(key=rsa.generate_private_key(65537, 1024))  # noqa: S505
    pss = hostile.foreign(cose.PS256)
    tests_only = hostile.foreign(oids=[f"{keys.USAGE_ARCS[1]}.1"])
    both = hostile.foreign(oids=[f"{keys.USAGE_ARCS[0]}.1", f"{keys.USAGE_ARCS[0]}.2"])
    good = hostile.certificate(ours)
    payload = cbor2.dumps(hostile.claims())
    raw = cbor2.dumps(hostile.message(ours, payload))
    kid_outside = hostile.message(
        ours, payload, protected={1: cose.ES256}, unprotected={4: ours.kid}
    )
    texts = {
        "good": good,
        "line breaks": f"\r\n{good}\n",
        "a space before": f" {good}",
        "lower case": good.lower(),
        "too long": "HC1:" + "A" * 4293,
        "many emoji": "HC1:" + "💉" * 2200,
        "nothing": "",
        "no prefix": good[4:],
        "only the prefix": "HC1:",
        "base45 of one digit": good[:5],
        "a bomb": hostile.packed(bytes(70_000)),
        "bytes after": "HC1:" + base45.encode(zlib.compress(raw) + b"x"),
        "cut off": "HC1:" + base45.encode(zlib.compress(raw)[:-3]),
        "no zlib": "HC1:" + base45.encode(raw),
        "an empty message": hostile.packed(b""),
        "nested": hostile.packed(b"\x81" * 40 + b"\x00"),
        "a float as key": hostile.packed(cbor2.dumps({1.0: 2})),
        "kid outside": hostile.text(kid_outside),
        "a token around": hostile.text(hostile.message(ours, payload), (18, 61)),
        "no tags": hostile.text(hostile.message(ours, payload), ()),
        "critical": hostile.text(
            hostile.message(ours, payload, protected={1: -7, 4: ours.kid, 2: [1]})
        ),
        "an empty header": hostile.text(
            hostile.message(ours, payload, protected=b"\xa0", unprotected={1: -7, 4: ours.kid})
        ),
        "another algorithm": hostile.text(
            hostile.message(ours, payload, protected={1: -8, 4: ours.kid})
        ),
        "the other algorithm": hostile.text(
            hostile.message(ours, payload, protected={1: -37, 4: ours.kid})
        ),
        "an algorithm as float": hostile.text(
            hostile.message(ours, payload, protected={1: -7.0, 4: ours.kid})
        ),
        "not yet": hostile.certificate(ours, issued=NOW + timedelta(seconds=301)),
        "just": hostile.certificate(ours, issued=NOW + timedelta(seconds=299)),
        "expired": hostile.certificate(ours, expires=NOW - timedelta(seconds=301)),
        "not quite expired": hostile.certificate(ours, expires=NOW - timedelta(seconds=299)),
        "before its key": hostile.certificate(ours, issued=NOW - 2 * ONE_YEAR),
        "a time as text": hostile.certificate(ours, issued="today"),
        "a time with a fraction": hostile.certificate(ours, issued=NOW.timestamp() + 0.5),
        "a huge time": hostile.certificate(ours, expires=2**63),
        "a negative time": hostile.certificate(ours, issued=-1),
        "nan": hostile.certificate(ours, expires=float("nan")),
        "another issuer": hostile.certificate(ours, issuer=84),
        "a text as content": hostile.certificate(ours, "v"),
        "two vaccinations": hostile.certificate(
            ours, make_payload() | {"v": make_payload()["v"] * 2}
        ),
        "nothing inside": hostile.certificate(ours, make_payload() | {"v": []}),
        "two kinds": hostile.certificate(ours, make_payload() | {"r": []}),
    }
    others = [
        Case("P-384", hostile.certificate(p384), TrustList([p384.trusted])),
        Case("RSA 1024", hostile.certificate(weak), TrustList([weak.trusted])),
        Case("PS256", hostile.certificate(pss), TrustList([pss.trusted])),
        Case("unknown", hostile.certificate(pss), trusted),
        Case("for tests only", hostile.certificate(tests_only), TrustList([tests_only.trusted])),
        Case("for both", hostile.certificate(both), TrustList([both.trusted])),
        *(
            Case(f"content {kind}", hostile.certificate(ours, hostile.content_of(kind)), trusted)
            for kind in "vtr"
        ),
        Case("key expired", hostile.certificate(ours, expires=NOW + 3 * ONE_YEAR), trusted),
    ]
    at_end = [Case("key ended", others[-1].text, trusted, NOW + 2 * ONE_YEAR)]
    return [Case(name, text, trusted) for name, text in texts.items()] + others + at_end


def test_each_reason_is_found_by_both(verifier, ours, trusted):
    found = compare(verifier, handmade(ours, trusted))
    offline = set(Reason) - {Reason.REVOKED, Reason.KEY_REVOKED, Reason.SIGNATURE, Reason.SCHEMA}
    assert set(found) >= {str(reason) for reason in offline}


FIELD_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        "",
        0,
        1,
        2,
        -1,
        2.0,
        1.5,
        2**63,
        [],
        [1],
        {},
        b"",
        "x" * 80,
        "x" * 81,
        "ABC<DEF",
    ),
    *("ABC\n", "Nguyễn", "VN", "vn", "2021-11-05", "2021-02-29", "2020-02-29", "0000-01-01"),
    *("2021-13-01", "2021-11-05T08:00:00Z", "2021-11-05T24:00:00Z", "2021-11-05T08:00:60+07"),
    *("1987", "1987-03", "2187", "1987-99-99", "1.3.0", "1.3", "💉" * 80, "💉" * 81),
)


def with_a_field_changed(luck: random.Random) -> dict[str, Any]:
    """A health content of some kind, one of whose fields is missing or something else."""
    content = hostile.content_of(luck.choice("vtr"))
    kind = next(kind for kind in "vtr" if kind in content)
    entry = dict(content[kind][0])
    content = content | {"nam": dict(content["nam"]), kind: [entry]}
    place = luck.choice([content, content["nam"], entry, entry, entry])
    field = luck.choice([*place, "fn", "gnt", "nm", "ma", "t", "r"])
    if luck.random() < 0.2:
        place.pop(field, None)
    else:
        place[field] = luck.choice(FIELD_VALUES)
    return content


def test_fields_of_every_kind_are_judged_alike(verifier, ours, trusted):
    luck = random.Random(5772)
    cases = [
        Case(f"field {number}", hostile.certificate(ours, with_a_field_changed(luck)), trusted)
        for number in range(1500)
    ]
    found = compare(verifier, cases)
    assert found[Reason.SCHEMA] > 100
    assert found[Reason.OK] > 100
    assert found[Reason.CONTENT] > 10


def damaged(data: bytes, luck: random.Random) -> bytes:
    """Some bytes changed, taken out or put in."""
    changed = bytearray(data)
    for _time in range(luck.randint(1, 3)):
        at = luck.randrange(len(changed))
        match luck.randrange(3):
            case 0:
                changed[at] = luck.randrange(256)
            case 1:
                del changed[at]
            case _:
                changed.insert(at, luck.randrange(256))
    return bytes(changed)


def test_damage_at_every_layer_is_judged_alike(verifier, ours, trusted):
    luck = random.Random(1847)
    payload = cbor2.dumps(hostile.claims())
    message = cbor2.dumps(cbor2.CBORTag(18, hostile.message(ours, payload)))
    cases = []
    for number in range(700):
        text = damaged(hostile.packed(message).encode(), luck).decode("latin-1")
        packed = "HC1:" + base45.encode(damaged(zlib.compress(message), luck))
        signed = hostile.text(hostile.message(ours, damaged(payload, luck)))
        header = damaged(cbor2.dumps({1: -7, 4: ours.kid}), luck)
        headed = hostile.text(hostile.message(ours, payload, protected=header))
        texts = (text, packed, hostile.packed(damaged(message, luck)), signed, headed)
        cases += [Case(f"damage {number} {layer}", t, trusted) for layer, t in enumerate(texts)]
    found = compare(verifier, cases)
    wanted = {"base45", "inflate", "cbor", "cose", "signature", "cwt", "unknown_key", "alg"}
    assert set(found) >= wanted


def test_keys_that_share_a_kid_are_each_tried(verifier, ours):
    """No two real certificates share one, so the map is made by hand."""
    found = verifier.evaluate(
        """async ({ text, right, wrong, now }) => {
          const { verify } = await import("/static/certificates/verify/verify.js");
          const { readKeys } = await import("/static/certificates/verify/keys.js");
          const first = [...(await readKeys([{ x5c: [wrong] }])).values()][0];
          const [kid, second] = [...(await readKeys([{ x5c: [right] }])).entries()][0];
          const keys = new Map([[kid, [...first, ...second]]]);
          return (await verify(text, { keys, now, isRevoked: async () => false })).reason;
        }""",
        {
            "text": hostile.certificate(ours),
            "right": base64.b64encode(ours.trusted.der).decode(),
            "wrong": base64.b64encode(hostile.foreign(cose.PS256).trusted.der).decode(),
            "now": NOW.timestamp(),
        },
    )
    assert found == "ok"


READ = """async ({ file, x5c, asked }) => {
  const { readKeys } = await import("/static/certificates/verify/keys.js");
  const { readRevocations, isListed } = await import("/static/certificates/verify/revocations.js");
  const signer = [...(await readKeys([{ x5c: [x5c] }])).values()][0][0].key;
  const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0));
  try {
    const list = await readRevocations(bytes, signer);
    const listed = [];
    for (const uvci of asked) listed.push(await isListed(list, uvci));
    const { version, madeAt, freshUntil } = list;
    return { count: list.values.length, version, madeAt, freshUntil, listed };
  } catch (error) {
    return error.message;
  }
}"""


@pytest.mark.parametrize("count", [0, 1, 2, 5000])
def test_the_revocation_file_is_read_as_it_was_written(verifier, ours, count):
    listed = [f"URN:UVCI:01:VN:{number}" for number in range(count)]
    others = [f"URN:UVCI:01:VN:OTHER{number}" for number in range(50)]
    file = write_offline(
        map(offline_value, listed),
        version=7,
        made_at=NOW,
        fresh_until=NOW + timedelta(days=1),
        sign=ours.sign,
    )
    x5c = base64.b64encode(ours.trusted.der).decode()

    def read(data: bytes) -> Any:
        encoded = base64.b64encode(data).decode()
        asked = [*listed[:50], *listed[-50:], *others]
        return verifier.evaluate(READ, {"file": encoded, "x5c": x5c, "asked": asked})

    asked = len(listed[:50]) + len(listed[-50:])
    assert read(file) == {
        "count": count,
        "version": 7,
        "madeAt": NOW.timestamp(),
        "freshUntil": (NOW + timedelta(days=1)).timestamp(),
        "listed": [True] * asked + [False] * len(others),
    }
    assert read(file[:-1] + bytes([file[-1] ^ 1])) == "not signed by this key"
    assert read(file[:40]) == "shorter than header and signature"
    longer = file[:-64] + b"\x00"
    assert read(longer + ours.sign(longer)) == "more than the values"
    if count:
        shorter = file[:36]
        assert read(shorter + ours.sign(shorter)) == "fewer bytes than the count needs"


def test_a_certificate_without_a_trusted_key_of_its_kind_is_never_believed(verifier, ours):
    """A JWK set whose certificate cannot be read gives no key, and stops no other."""
    case = Case("broken", hostile.certificate(ours), TrustList([ours.trusted]))
    broken = base64.b64encode(ours.trusted.der[:100]).decode()
    script = case.for_script()
    assert verifier.evaluate(JUDGE, [script | {"x5c": [broken]}])[0][0] == "unknown_key"
    assert verifier.evaluate(JUDGE, [script | {"x5c": [broken, *script["x5c"]]}])[0][0] == "ok"
