"""Other countries' lists, as strangers might write them: an entry is read or refused, no more."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.hcert import keys
from certificates.hcert.signer_lists import normal_country, read_signers
from certificates.hcert.trust import TrustedKey, TrustListError
from tests.certificates.hcert.conftest import trusting

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
FIELDS = ("rawData", "x5c", "kid", "thumbprint", "country", "certificateType", "signature")
items = st.dictionaries(st.sampled_from(FIELDS), anything)


@given(
    listed=st.lists(items | anything, max_size=5),
    form=st.sampled_from(["", "certificates", "keys"]),
)
def test_no_entry_whatever_is_in_it_raises(listed, form):
    entries = list(read_signers(json.dumps({form: listed} if form else listed)))
    assert [entry.place for entry in entries] == list(range(1, len(listed) + 1))
    assert all(entry.problem for entry in entries if entry.key is None)


@given(text=st.text(max_size=200))
def test_text_that_is_no_list_raises_the_typed_error_only(text):
    for whole in (text, "-----BEGIN CERTIFICATE-----" + text + "-----END CERTIFICATE-----"):
        with contextlib.suppress(TrustListError):
            list(read_signers(whole))


@given(item=items)
def test_a_good_entry_beside_a_bad_one_is_kept(signer, item):
    (good,) = trusting(signer)
    first, second = read_signers(json.dumps([item, good.as_item()]))
    assert second.key == TrustedKey.from_der(
        good.der, signature=first.key.signature if first.key == good else ""
    )
    assert (second.country, second.problem) == ("VN", "")


def test_a_broken_block_of_pem_does_not_spoil_the_others(signer):
    whole = keys.certificate_pem(signer.certificate)
    broken = whole.replace("MII", "!!!", 1)
    first, second = read_signers(broken + "text between\n" + whole)
    assert first.problem
    assert second.key is not None


@pytest.mark.parametrize(
    ("code", "normal"),
    [("de", "DE"), (" EL ", "GR"), ("UK", "GB"), ("DEU", ""), ("", ""), ("Ð1", ""), ("ß", "")],
)
def test_a_country_is_two_letters(code, normal):
    assert normal_country(code) == normal
