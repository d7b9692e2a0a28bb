"""Whatever is shown to the reader, signed or not, it answers with a verdict."""

import copy
import zlib
from typing import Any

import cbor2
from hypothesis import given
from hypothesis import strategies as st

from certificates.hcert import base45, keys
from certificates.hcert.trust import TrustList

from . import hostile
from .hostile import reason


@given(text=st.text())
def test_any_text_gets_a_verdict(text: str, trust_list: TrustList) -> None:
    assert reason(text, trust_list) != "ok"
    assert reason("HC1:" + text, trust_list) != "ok"


@given(data=st.data())
def test_a_certificate_cut_or_changed_in_its_text_gets_a_verdict(
    data: st.DataObject, hcert: str, trust_list: TrustList
) -> None:
    place = data.draw(st.integers(0, len(hcert) - 1))
    character = data.draw(st.sampled_from(base45.ALPHABET + "é\n"))
    changed = hcert[:place] + character + hcert[place + 1 :]
    if changed != hcert:
        assert reason(changed, trust_list) != "ok"
    assert reason(hcert[:place], trust_list) != "ok"
    assert reason(hcert[:place] + hcert[place + 1 :], trust_list) != "ok"


@given(data=st.data())
def test_a_certificate_changed_inside_gets_a_verdict(
    data: st.DataObject, hcert: str, trust_list: TrustList
) -> None:
    inside = bytearray(zlib.decompress(base45.decode(hcert[4:])))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(inside) - 1))
        inside[place] = data.draw(st.integers(0, 255))
    reason(hostile.packed(bytes(inside)), trust_list)


@given(payload=st.binary(max_size=120))
def test_any_signed_bytes_get_a_verdict(
    payload: bytes, signer: keys.FileSigner, trust_list: TrustList
) -> None:
    text = hostile.text(hostile.message(signer, payload))
    assert reason(text, trust_list) in ("cwt", "content")


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.integers(-300, 9), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(data=st.data(), odd=_JSON)
def test_signed_content_with_any_odd_field_gets_a_verdict(
    data: st.DataObject, odd: Any, signer: keys.FileSigner, trust_list: TrustList
) -> None:
    claims: Any = copy.deepcopy(hostile.claims())
    place = claims
    while True:
        key = data.draw(st.sampled_from(sorted(place, key=str)))
        deeper = place[key][0] if isinstance(place[key], list) else place[key]
        if not isinstance(deeper, dict) or data.draw(st.booleans()):
            break
        place = deeper
    place[key] = odd
    parts = hostile.message(signer, cbor2.dumps(claims))
    reason(hostile.text(parts), trust_list)
