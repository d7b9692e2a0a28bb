"""The back office of imports shows no cell; nothing that a sheet says lies about in the clear."""

import logging
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sites.models import DoseImport, ImportedRow, Role, Site, VaccineSpelling
from sites.services import import_queue, imported_rows, imports
from sites.services.import_answers import errors_file
from tests.factories import COMIRNATY, make_lot, make_site, make_staff, vaccine
from tests.sites.imports.making import LOT, nobody, row, send, write

pytestmark = pytest.mark.django_db
NAME, PHONE, PAPER, STREET = "Đoàn Thị Canary", "0987123987", "079187654321", "12 ngõ Bí Mật"
SECRETS = ("Canary", "canary", "987123987", PAPER, "Bí Mật", "1987-03-12", "12/03/1987")


def secret_rows() -> list[list[Any]]:
    """Recorded, matched, held and refused, each with the canary in it."""
    who = {"name": NAME, "birth": "12/03/1987", "sex": "Nữ", "address": STREET}
    return [
        row(**who, phone=PHONE, id_number=PAPER),
        nobody(**who),
        row(**who, phone=PHONE, id_number=PAPER, number=2, lot="KHONG-CO"),
        row(**{**who, "name": f"{NAME} 4"}, phone=PHONE, id_number=PAPER),
        row(**who, phone=PHONE, id_number=PAPER, vaccine=f"{NAME} {PHONE}"),
        row(**who, phone=f"{PHONE}9999", id_number=PAPER, day=PHONE),
    ]


@pytest.fixture
def site() -> Site:
    site = make_site()
    make_lot(site=site, number=LOT)
    return site


def signed_in(client: Client, role: Role, **place: Any) -> Client:
    client.force_login(make_staff(role=role, **place))
    return client


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"admin:vaccination_sites_{name}", args=args), query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_rows_are_read_there_without_their_cells_and_changed_by_nobody(
    client: Client, site: Site, tmp_path: Path
) -> None:
    rows = send(tmp_path, site, *secret_rows())
    signed_in(client, Role.NATIONAL_OFFICER)
    text = page(client, "doseimport_changelist") + page(client, "importedrow_changelist")
    text += page(client, "doseimport_change", rows[0].batch_id)
    text += "".join(page(client, "importedrow_change", r.pk) for r in rows)
    assert not [secret for secret in SECRETS if secret in text]
    for name, pk in (("importedrow", rows[0].pk), ("doseimport", rows[0].batch_id)):
        change = reverse(f"admin:vaccination_sites_{name}_change", args=[pk])
        assert client.post(change, {"outcome": "refused"}).status_code == 403
        delete = reverse(f"admin:vaccination_sites_{name}_delete", args=[pk])
        assert client.post(delete, {"post": "yes"}).status_code == 403
        add = reverse(f"admin:vaccination_sites_{name}_add")
        assert client.get(add).status_code == 403


def test_a_site_reads_its_own_files_only(client: Client, site: Site, tmp_path: Path) -> None:
    own = send(tmp_path, site, row(1))[0].batch
    other_site = make_site()
    other = send(tmp_path, other_site, row(2))[0].batch
    signed_in(client, Role.SITE_RECORDER, site=site)
    text = page(client, "doseimport_changelist")
    assert str(own.pk) in text or site.name in text
    assert other_site.name not in text
    there = reverse("admin:vaccination_sites_doseimport_change", args=[other.pk])
    assert client.get(there).status_code in (302, 404)


def post_spellings(client: Client, *texts: str) -> Any:
    """Send the vaccine's form with further spellings below those that are there."""
    product = vaccine()
    old = list(product.spellings.all())
    fields = (
        "code", "name", "vietnamese_name", "manufacturer", "holder_code", "prophylaxis_code",
        "primary_doses", "source",
    )  # fmt: skip
    body = {name: getattr(product, name) for name in fields}
    body |= {
        "spellings-TOTAL_FORMS": len(old) + len(texts),
        "spellings-INITIAL_FORMS": len(old),
    }
    for n, spelling in enumerate(old):
        body |= {
            f"spellings-{n}-id": spelling.pk,
            f"spellings-{n}-vaccine": product.pk,
            f"spellings-{n}-spelling": spelling.spelling,
        }
    for n, text in enumerate(texts, start=len(old)):
        body[f"spellings-{n}-spelling"] = text
    return client.post(reverse("admin:vaccination_sites_vaccine_change", args=[product.pk]), body)


def test_an_official_adds_a_spelling_and_the_rows_that_waited_for_it_go_in(
    client: Client, site: Site, tmp_path: Path
) -> None:
    (refused,) = send(tmp_path, site, row(vaccine="Át tờ ra"))
    assert refused.outcome == "refused"
    signed_in(client, Role.NATIONAL_OFFICER)
    assert post_spellings(client, "Át Tờ-ra").status_code == 302
    assert VaccineSpelling.objects.get(key="at to ra").vaccine == vaccine()
    staff = make_staff(site=site)
    counts = imported_rows.try_all_again(batch=refused.batch, by=staff, now=timezone.now())
    assert counts == {"recorded": 1}


@pytest.mark.parametrize("text", ["Pfizer", "!!!", COMIRNATY, "ASTRA ZENECA"])
def test_a_spelling_that_means_another_vaccine_or_stands_there_is_refused_in_words(
    client: Client, text: str
) -> None:
    signed_in(client, Role.NATIONAL_OFFICER)
    before = VaccineSpelling.objects.count()
    assert post_spellings(client, text).status_code == 200
    assert post_spellings(client, "moi 1", "MỚI 1").status_code == 200
    assert VaccineSpelling.objects.count() == before


def test_a_site_does_not_edit_spellings(client: Client, site: Site) -> None:
    signed_in(client, Role.SITE_MANAGER, site=site)
    assert post_spellings(client, "Lạ").status_code == 403


# ── the canary ────────────────────────────────────────────────────────────────────────────────
def test_no_cell_of_a_sheet_stands_in_the_clear_in_the_tables_of_imports(
    site: Site, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.xlsx", *secret_rows())
    staff = make_staff(site=site)
    batch = import_queue.send_file(
        site=site, content=path.read_bytes(), file_name="a.xlsx", by=staff
    )
    imports.begin(batch=batch, now=timezone.now())

    def stored() -> str:
        tables = ("doseimport", "importedrow", "importedchunk", "columnmapping", "stockmovement")
        with connection.cursor() as cursor:
            texts = []
            for table in tables:
                cursor.execute(f"SELECT t::text FROM vaccination_sites_{table} t")  # noqa: S608
                texts += [text for (text,) in cursor.fetchall()]
        return "\n".join(texts)

    before = stored()
    import_queue.work_on_files(timezone.now())
    assert ImportedRow.objects.filter(cells__isnull=False).exists()
    outcomes = set(ImportedRow.objects.values_list("outcome", flat=True))
    assert outcomes == {"recorded", "duplicate", "held", "refused"}
    text = before + stored()
    assert batch.sha256 in text
    assert not [secret for secret in SECRETS if secret in text]
    assert not [s for s in SECRETS if s.encode().hex() in text]


def test_no_cell_of_a_sheet_comes_into_a_log_whatever_fails(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.xlsx", *secret_rows())
    batch = import_queue.send_file(
        site=site, content=path.read_bytes(), file_name="a.xlsx", by=make_staff(site=site)
    )
    imports.begin(batch=batch, now=timezone.now())
    real = imports.record_chunk

    def fails(**given: Any) -> Any:
        raise DataError(f"invalid value: {given['rows']}")

    with caplog.at_level(logging.DEBUG):
        monkeypatch.setattr(imports, "record_chunk", fails)
        import_queue.work_on_files(timezone.now())
        monkeypatch.setattr(imports, "record_chunk", real)
        DoseImport.objects.update(leased_until=None)
        import_queue.work_on_files(timezone.now())
        errors_file(batch=batch, target=tmp_path / "back.xlsx")
    assert "import_failed" in caplog.text
    assert not [secret for secret in SECRETS if secret in caplog.text]
    for refused in ImportedRow.objects.all():
        assert not [s for s in SECRETS if s in f"{refused} {refused!r} {refused.batch}"]
