"""Sealed identifiers and their blind index."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection, models
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from vaxplatform.crypto import CannotUnseal, SealedTextField, blind_index, seal, unseal


def key(byte: int) -> str:
    return base64.b64encode(bytes([byte]) * 32).decode()


@pytest.fixture(autouse=True, scope="module")
def _keys() -> Iterator[None]:
    with override_settings(IDENTIFIER_KEYS=[f"1:{key(1)}"], BLIND_INDEX_KEY=key(9)):
        yield


@given(st.text(max_size=200).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_what_is_sealed_is_read_again(text: str) -> None:
    assert unseal(seal(text)) == text


def test_the_same_number_sealed_twice_looks_different_and_never_holds_the_number() -> None:
    first, second = seal("001187012345"), seal("001187012345")
    assert first != second
    assert b"001187012345" not in first


def test_a_new_key_seals_while_the_old_one_still_reads(settings: Settings) -> None:
    old = seal("001187012345")
    settings.IDENTIFIER_KEYS = [f"2:{key(2)}", f"1:{key(1)}"]
    assert unseal(old) == "001187012345"
    assert seal("001187012345")[0] == 2


def test_without_its_key_a_number_cannot_be_read(settings: Settings) -> None:
    sealed = seal("001187012345")
    settings.IDENTIFIER_KEYS = [f"1:{key(3)}"]
    with pytest.raises(CannotUnseal):
        unseal(sealed)
    settings.IDENTIFIER_KEYS = [f"2:{key(1)}"]
    with pytest.raises(CannotUnseal):
        unseal(sealed)


@pytest.mark.parametrize("place", [0, 1, 13, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    sealed = bytearray(seal("001187012345"))
    sealed[place] ^= 1
    with pytest.raises(CannotUnseal):
        unseal(bytes(sealed))


def test_the_version_is_part_of_what_is_sealed(settings: Settings) -> None:
    settings.IDENTIFIER_KEYS = [f"1:{key(1)}", f"2:{key(1)}"]
    sealed = seal("001187012345")
    with pytest.raises(CannotUnseal):
        unseal(b"\x02" + sealed[1:])


def test_too_few_bytes_are_noticed() -> None:
    with pytest.raises(CannotUnseal):
        unseal(b"")
    with pytest.raises(CannotUnseal):
        unseal(seal("")[:-1])


@pytest.mark.parametrize(
    "keys", [[], ["1"], ["1:short"], ["0:" + key(1)], ["256:" + key(1)], [f"1:{key(1)}"] * 2]
)
def test_a_key_ring_that_cannot_be_right_is_refused(settings: Settings, keys: list[str]) -> None:
    settings.IDENTIFIER_KEYS = keys
    with pytest.raises(ImproperlyConfigured):
        seal("001187012345")


def test_the_blind_index_is_the_same_for_the_same_and_only_the_same_kind_and_value() -> None:
    index = blind_index("cccd", "001187012345")
    assert len(index) == 32
    assert index == blind_index("cccd", "001187012345")
    assert index != blind_index("passport", "001187012345")
    assert index != blind_index("cccd", "001187012346")


def test_the_blind_index_depends_on_its_key(settings: Settings) -> None:
    index = blind_index("cccd", "001187012345")
    settings.BLIND_INDEX_KEY = key(8)
    assert blind_index("cccd", "001187012345") != index
    settings.BLIND_INDEX_KEY = ""
    with pytest.raises(ImproperlyConfigured):
        blind_index("cccd", "001187012345")


class Paper(models.Model):
    """A table of this test only."""

    number = SealedTextField(null=True)

    class Meta:
        app_label = "vaxplatform_tests"


@pytest.fixture
def papers(db: None) -> Any:
    with connection.schema_editor() as editor:
        editor.create_model(Paper)
    return Paper._default_manager


def stored_bytes() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM vaxplatform_tests_paper")
        return bytes(cursor.fetchone()[0])


def test_postgresql_holds_a_sealed_field_only_sealed(papers: Any) -> None:
    papers.bulk_create([Paper(number="001187012345")])
    assert papers.get().number == "001187012345"
    assert b"001187012345" not in stored_bytes()
    assert unseal(stored_bytes()) == "001187012345"


def test_an_update_seals_too(papers: Any) -> None:
    papers.create(number="001187012345")
    papers.update(number="012345678")
    assert papers.get().number == "012345678"
    assert unseal(stored_bytes()) == "012345678"


def test_a_sealed_field_can_be_asked_for_null_and_for_nothing_else(papers: Any) -> None:
    papers.create(number=None)
    assert papers.filter(number__isnull=True).count() == 1
    with pytest.raises(FieldError):
        papers.filter(number="001187012345").count()


def test_a_fixture_holds_the_number_sealed(papers: Any) -> None:
    dumped = serializers.serialize("json", [papers.create(number="001187012345")])
    assert "001187012345" not in dumped
    loaded = json.loads(dumped)[0]["fields"]["number"]
    assert Paper._meta.get_field("number").to_python(loaded) == "001187012345"
